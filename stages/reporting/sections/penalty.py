"""What each loss punishes, and how much."""

from typing import Any

import numpy as np

from stages.reporting import top_losses
from stages.reporting.drawing import plots
from stages.reporting.drawing.plots import Grid, side_by_side
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.comparison import Comparison

TEMPLATE = """
<details><summary>What each loss punishes</summary>

{{ figures }}

</details>
"""
UNLIKE = 20  # a loss so many times as high as another is drawn on a scale of its own


def _content(_: Subject, __: Report) -> dict[str, Any]:
    return {}


def _data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    # what is infinite somewhere is drawn where it is not
    runs = top_losses.runs(comparison)
    return {
        "curves": {run.loss.name: run.punishment.replace([np.inf, -np.inf], np.nan) for run in runs},
        "colors": top_losses.colors(comparison),
        "over": _punished_over(comparison),
    }


def _are_alike(data: dict[str, Any]) -> bool:
    """Whether one scale suits all: one in percent would flatten all others."""
    highest = [curve["value"].max() for curve in data["curves"].values() if curve["value"].notna().any()]
    return not highest or max(highest) <= UNLIKE * min(highest)


def _grid(data: dict[str, Any]) -> Grid:
    return side_by_side(len(data["curves"]), sharey=_are_alike(data))


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    curves = data["curves"]
    for ax, loss in zip(axes.flat, curves, strict=False):
        plots.punishment(ax, curves, data["colors"], loss)
        values = curves[loss]["value"].dropna()
        if not _are_alike(data) and len(values) and np.ptp(values):  # of a batch of one row some have no value but 0
            ax.set_ylim(values.min() - 0.05 * np.ptp(values), values.max() + 0.05 * np.ptp(values))
    for ax in axes[:, 0]:
        ax.set_ylabel("loss of one row")
    axes[0, 0].figure.supxlabel(data["over"], fontsize="medium")


def _punished_over(comparison: Comparison) -> str:
    match comparison.task:
        case "regression":
            return "prediction − target (scaled units)"
        case "binary":
            return "last layer's sum, positive towards the true class"
        case _ if all(run.loss.outputs_probability for run in comparison.runs):
            return "probability given to the true class"
        case _:
            return "output for the true class, the others sharing the rest to 1"


SECTION = Section(
    part="details",
    order=50,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="punishment",
            alt="What each loss punishes on {comparison}",
            heading="What Keras gives for one row",
            legend="asked for one at a time, with the others of the comparison faint; curves that lie on each other "
            "may be one objective",
            data=_data,
            grid=_grid,
            draw=_draw,
        ),
    ),
)
