"""Looks at a comparison while it is trained."""

import numpy as np

from stages.records.datasets import Description
from stages.records.plans import Plan
from stages.records.runs import Run
from stages.scores import catalogue
from stages.verdicts.comparison import check_headline
from stages.verdicts.outcome import judge
from stages.verdicts.settling import Look


class Looking:
    """Says which losses of a comparison go on, by the score that decides and the default margin.

    Attributes:
        look: what the last look came to; None before the first.
    """

    def __init__(
        self, headline: str, plan: Plan, description: Description, labels: np.ndarray, weights: np.ndarray | None
    ) -> None:
        """Begin.

        Args:
            headline: the name of the score that decides.
            plan: which rows each seed trains and tests on.
            description: what the dataset is.
            labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
            weights: (n_rows,) what each row counts; None where all count alike.
        """
        self._score = catalogue.find(headline, description.task)
        self._rows = (plan, description, labels)
        self._weights, self.look = weights, None

    def __call__(self, runs: list[Run]) -> tuple[str, ...]:
        """The losses of which more seeds are to be trained.

        Args:
            runs: of every loss, in the order of the parameters, with the seeds that it has so far.

        Raises:
            UserError: the score is not defined for them.
        """
        check_headline(runs, self._score)
        self.look: Look | None = judge(runs, self._score, *self._rows, weights=self._weights).look
        return self.look.going if self.look else ()
