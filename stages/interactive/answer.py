"""The answer to a comparison: its verdict, the table of its losses, figures, and networks for new rows."""

import sys
from functools import cached_property
from typing import Any

import pandas as pd

from stages.basics import cli, paths
from stages.basics.cli import UserError
from stages.basics.markup import plain
from stages.interactive.errors import CompareError
from stages.interactive.figures import Figures
from stages.interactive.keywords import in_keywords
from stages.interactive.project import Project, named
from stages.records import winners
from stages.reporting import data_files, html_page, page, registry
from stages.reporting.registry import Report
from stages.reporting.texts import answer_text
from stages.reporting.texts.published import NOTHING
from stages.verdicts.comparison import Comparison
from stages.winners.predictor import Predictor

PREDICT = "answer.predict(frame)"


class Answer:
    """What came of comparing losses. A notebook shows its first screen.

    Attributes:
        verdict: the verdict in a sentence.
        loss: the recommended loss; None where every network failed.
        facts: the recommended loss, its score, the score of always guessing, the cost of being wrong, the mean score
            of each loss, and where they were tuned what was chosen for each: as in ``reports/metrics.json``.
        table: one row a loss, the recommended first: its mean test score, and how it stands to the reference (a
            positive difference is in its favour, `low` and `high` are the ends of the 95 % interval for new rows).
        figures: by name the figures of the report, as objects of Matplotlib.
        lines: what was noticed of the table and in training.
    """

    def __init__(self, comparison: Comparison, project: Project, lines: list[str]) -> None:
        """Judge the losses.

        Args:
            comparison: what was trained.
            project: where.
            lines: see the attribute.
        """
        self._comparison, self._project, self.lines = comparison, project, lines
        self._report = Report([comparison], NOTHING, predict=PREDICT, is_linked=False)
        self.verdict = plain(answer_text.in_a_line(comparison))
        self.facts: dict[str, Any] = data_files.metrics([comparison])[comparison.name]
        self.loss: str | None = self.facts.get("use")
        self.table = _table(comparison)
        self.figures = Figures(registry.pictures(self._report), comparison.name)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Predict new rows by the average of ten networks that learned from all rows with the recommended loss.

        They are trained at the first call.

        Args:
            frame: (n_rows, n_columns) with the columns of the table; others are not used.

        Returns:
            (n_rows, …) with the frame's index: the prediction, its spread over the networks, and of classes the
            probability of each, or its share of the votes.

        Raises:
            CompareError: nothing was recommended, or none of the columns is there.
        """
        try:
            predicted = self._predictor.predict(named(frame))
        except UserError as error:
            raise CompareError(self._words(str(error))) from None
        for note in predicted.notes:
            cli.say(self._words(note))
        return predicted.table

    @cached_property
    def _predictor(self) -> Predictor:
        project, name = self._project, self._comparison.name
        winners.write_recommended({name: data_files.recommended(self._comparison)}, project.folder / paths.RECOMMENDED)
        lines = project.run("winner")
        path = project.folder / winners.path_of(name)
        if not path.is_file():
            raise UserError(*lines[:1])
        return Predictor(path)

    def _words(self, line: str) -> str:
        return in_keywords(line, self._comparison.name)

    def _repr_markdown_(self) -> str:
        return page.first_screens(self._report, figures=False)

    def _repr_html_(self) -> str:
        folder = self._project.folder / paths.REPORTS
        (folder / paths.FIGURES.name).mkdir(parents=True, exist_ok=True)
        if "losses" in self.figures:
            drawn = folder / paths.FIGURES.name / f"{self._comparison.name}-losses.svg"
            drawn.write_text(self.figures.svg("losses"), encoding="utf-8")
        return html_page.part(page.first_screens(self._report), folder)

    def __repr__(self) -> str:
        lines = self._repr_markdown_().split("\n")
        return "\n".join(line if line.startswith("|") else cli.wrapped(line, sys.stdout) for line in lines)


def _table(comparison: Comparison) -> pd.DataFrame:
    """One row a loss, the recommended first, the others by their score: see `Answer.table`."""
    outcome, score = comparison.outcome, comparison.score
    pairs = data_files.pairs([comparison]).set_index("loss")
    against = pairs.loc[pairs["against"] == outcome.baseline, ["difference", "low", "high", "p", "margin"]]
    sign = -1 if score.higher_is_better else 1

    def rank(loss: str) -> tuple[bool, bool, float]:
        summary = outcome.summaries[loss]
        return loss != outcome.advice.best, not summary.n, sign * summary.mean

    losses = sorted(comparison.losses, key=rank)
    summaries = [outcome.summaries[loss] for loss in losses]
    table = pd.DataFrame({score.name: [summary.mean for summary in summaries]}, index=pd.Index(losses, name="loss"))
    return table.join(against).assign(
        verdict=[data_files.word(comparison, loss) for loss in losses], networks=[summary.n for summary in summaries]
    )
