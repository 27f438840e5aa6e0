"""A look at a comparison while it trains: which losses go on, and which one to train with."""

from contextlib import suppress

import numpy as np

from stages.basics.cli import UserError
from stages.records.datasets import Description
from stages.records.plans import Plan
from stages.records.runs import Run
from stages.scores.score import Score
from stages.verdicts.comparison import check_headline
from stages.verdicts.held_out.cache import NOTHING_KEPT, Cache
from stages.verdicts.outcome import Outcome, judge
from stages.verdicts.settling import Look


class Looking:
    """Says which losses of a comparison go on, and which to train with, by the deciding score and the default margin.

    Attributes:
        look: what the last look came to; None before the first.
    """

    def __init__(
        self,
        score: Score,
        plan: Plan,
        description: Description,
        labels: np.ndarray,
        *,
        weights: np.ndarray | None,
        cache: Cache = NOTHING_KEPT,
    ) -> None:
        """Begin.

        Args:
            score: the one that decides.
            plan: which rows each seed trains and tests on.
            description: what the dataset is.
            labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
            weights: (n_rows,) what each row counts; None where all count alike.
            cache: of thresholds, from which the report has them.
        """
        self.score, self._rows, self._settings = (
            score,
            (plan, description, labels),
            {"weights": weights, "cache": cache},
        )
        self.look, self._judged = None, ([], None)  # the last is by losses and numbers of seeds, which decide it

    def __call__(self, runs: list[Run]) -> tuple[str, ...]:
        """The losses of which more seeds are to be trained.

        Args:
            runs: of every loss, in the order of the parameters, with the seeds that it has so far.

        Raises:
            UserError: the score is not defined for them.
        """
        self.look: Look | None = self._outcome(runs).look
        return self.look.going if self.look else ()

    def recommend(self, runs: list[Run]) -> str | None:
        """The name of the loss to train with, of these with runs; None where the score is not defined for them."""
        with suppress(UserError):
            return self._outcome(runs).advice.best
        return None

    def _outcome(self, runs: list[Run]) -> Outcome:
        if (sizes := [(run.loss.name, len(run.seeds)) for run in runs]) != self._judged[0]:
            check_headline(runs, self.score)
            self._judged = sizes, judge(runs, self.score, *self._rows, **self._settings)
        return self._judged[1]
