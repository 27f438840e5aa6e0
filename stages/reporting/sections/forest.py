"""Every loss of every comparison against the recommended one, or the baseline, in units of the margin."""

from typing import Any

import numpy as np

from stages.reporting import top_losses
from stages.reporting.drawing import charts
from stages.reporting.drawing.charts import ForestRow
from stages.reporting.drawing.plots import Grid
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.comparison import Comparison
from stages.verdicts.pairs import Pair

TEMPLATE = """
{{ figures }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    return {} if rows(subject) else None


def rows(comparisons: Subject) -> list[ForestRow]:
    """Every loss's difference to its baseline in units of the margin, where there are both."""
    return [
        ForestRow(
            label=f"{comparison.name}: {pair.loss}",
            difference=pair.difference / pair.margin,
            low=pair.low / pair.margin,
            high=pair.high / pair.margin,
            verdict=pair.verdict,
            against=pair.against,
        )
        for comparison in comparisons
        if comparison.outcome.margin
        for pair in _against_baseline(comparison)
        if pair.n_failed < pair.n_seeds
    ]


def _against_baseline(comparison: Comparison) -> list[Pair]:
    pairs, baseline = comparison.outcome.pairs, comparison.outcome.baseline
    return [pairs[loss, baseline] for loss in top_losses.shown(comparison) if loss != baseline]


def _draw(axes: np.ndarray, data: list[ForestRow]) -> None:
    charts.forest(axes[0, 0], data)


SECTION = Section(
    part="all sure",
    order=10,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="forest",
            alt="Difference of each loss to the recommended one, or the baseline, with its 95 % interval for new rows, "
            "in units of the margin, coloured by verdict; the grey band holds differences that do not matter",
            heading="",
            data=rows,
            grid=lambda data: Grid(8.5, 1.1 + 0.42 * len(data)),
            draw=_draw,
            about="",
        ),
    ),
)
