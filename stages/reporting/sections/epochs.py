"""How the score of each loss moves from epoch to epoch."""

from typing import Any

import numpy as np

from stages.reporting import top_losses
from stages.reporting.drawing import charts
from stages.reporting.drawing.plots import Grid
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.scores import catalogue

TEMPLATE = """
{{ figures }}
"""


def _content(_: Subject, __: Report) -> dict[str, Any]:
    return {}


def _data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    metric = comparison.epoch_metric
    curves = {run.loss.name: run.epochs(f"val_{metric}")[run.finished] for run in top_losses.runs(comparison)}
    return {
        "curves": curves,
        "colors": top_losses.in_color(comparison),
        "label": f"test {catalogue.label_of(metric)}",
        "log": charts.are_far_apart(catalogue.find(metric, comparison.task), *curves.values()),
    }


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    charts.side_by_side(axes[0, 0], data["curves"], data["colors"], data["label"], log=data["log"])
    charts.legend(axes[0, 0])


SECTION = Section(
    part="details",
    order=30,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="epochs",
            alt="Test {metric} by epoch, every loss in one chart, on {comparison}",
            heading="The test {metric} of every loss by epoch: the line is the median over seeds, the band holds the "
            "middle 80 %:",
            data=_data,
            grid=lambda _: Grid(8, 3.8),
            draw=_draw,
        ),
    ),
)
