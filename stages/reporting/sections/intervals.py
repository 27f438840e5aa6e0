"""What intervals are worth: the share of targets that they hold, and how wide they are."""

import math
from typing import Any

import numpy as np

from stages.basics.markup import code
from stages.basics.words import number, percent
from stages.reporting import top_losses
from stages.reporting.drawing import charts
from stages.reporting.drawing.plots import Grid
from stages.reporting.markdown import Table
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.comparison import Comparison
from stages.verdicts.held_out.coverage import Coverage, of_loss

TEMPLATE = """
{% if table %}
Intervals of {{ asked }}, on rows not trained on{{ once(" (of a loss that gives one value they are as wide for every"
" row: from what it misses by on rows that a network is not scored on)") }}:

{{ table }}

{% endif %}
{{ figures }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    of_each = _of_each(comparison)
    rows = [
        (code(loss), percent(coverage.held), number(coverage.width), _origin(comparison, loss))
        for loss, coverage in of_each.items()
    ]
    asked = percent(next(iter(of_each.values())).asked) if of_each else ""
    return {"table": Table(("loss", "hold", "width", "from"), rows) if rows else "", "asked": asked}


def _origin(comparison: Comparison, loss: str) -> str:
    """From where a loss has intervals."""
    [run] = [run for run in comparison.runs if run.loss.name == loss]
    return "its networks" if run.loss.output.knows_quantiles else "what it misses by"


def _of_each(comparison: Comparison) -> dict[str, Coverage]:
    """What intervals come to of each loss that is shown, where there are any."""
    coverages = {run.loss.name: of_loss(comparison, run) for run in top_losses.runs(comparison)}
    return {loss: coverage for loss, coverage in coverages.items() if coverage and math.isfinite(coverage.held)}


def _data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    return {"intervals": _of_each(comparison), "colors": top_losses.colors(comparison)}


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    coverages = data["intervals"]
    charts.intervals(
        axes[0],
        {loss: (100 * coverage.held, coverage.width) for loss, coverage in coverages.items()},
        asked=100 * next(iter(coverages.values())).asked,
        colors=[data["colors"][loss] for loss in coverages],
    )


SECTION = Section(
    part="details",
    order=46,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="intervals",
            alt="How wide the intervals of each loss on {comparison} are, against the share of targets that they hold",
            heading="What intervals hold, and how wide they are",
            legend="test rows, means over seeds; the dashed line is the share that is asked for; of two that hold "
            "it the narrower is better",
            data=_data,
            grid=lambda data: Grid(7.5, 1.1 + 0.32 * len(data["intervals"]), n_columns=2, sharey=True),
            draw=_draw,
            applies=lambda subject: subject[0].score.needs_quantiles and bool(_of_each(subject[0])),
        ),
    ),
)
