"""How the score of each loss moves from epoch to epoch."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.basics.words import number
from stages.reporting import top_losses
from stages.reporting.drawing import charts
from stages.reporting.drawing.plots import Grid
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.scores import catalogue
from stages.verdicts.comparison import Comparison

TEMPLATE = """
{{ figures }}

{{ reached }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    return {"reached": _reached(subject[0])}


def _reached(comparison: Comparison) -> Markdown:
    """The epochs that each loss needs to become as good as the recommended one ends, by the medians over seeds."""
    metric, best = comparison.epoch_metric, comparison.outcome.advice.best
    score = catalogue.find(metric, comparison.task)
    sign = 1 if score and score.higher_is_better else -1
    runs = {run.loss.name: run for run in comparison.runs}
    medians = {
        loss: np.median(runs[loss].epochs(f"val_{metric}")[runs[loss].finished], axis=0)
        for loss in [best, *(loss for loss in top_losses.shown(comparison) if loss != best)]
        if runs[loss].finished.any()
    }
    if best not in medians or len(medians) < 2:
        return Markdown()
    goal = medians[best][-1]
    epochs = {loss: np.flatnonzero(sign * values >= sign * goal) for loss, values in medians.items()}
    parts = [f"{code(loss)} {f'{reached[0] + 1:,}' if len(reached) else 'never'}" for loss, reached in epochs.items()]
    return Markdown(
        f"Epochs until the median test {text(metric)} is as good as that of {code(best)} at its end ({number(goal)}): "
        f"{', '.join(parts)}."
    )


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
            heading="The test {metric} of every loss by epoch",
            legend="the line is the median over seeds, the band holds the middle 80 %",
            data=_data,
            grid=lambda _: Grid(6.5, 3.6),
            draw=_draw,
        ),
    ),
)
