"""How a comparison was made: its split, scaling, network and training, and how rates and epochs were chosen."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown
from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.drawing import charts
from stages.reporting.drawing.plots import Grid, side_by_side
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.reporting.texts import setup_text, tuning_text
from stages.scores import catalogue
from stages.verdicts.tuned import best_of_each_rate

TEMPLATE = """
{{ setup }}
{{ tuning }}

{{ figures }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    tuning = tuning_text.how_chosen(comparison) if comparison.is_tuned else Markdown()
    return {"setup": setup_text.setup(comparison), "tuning": tuning}


def _tuned(subject: Subject) -> list[Run]:
    return [run for run in top_losses.runs(subject[0]) if run.tuning]


def _data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    tuned = {run.loss.name: run.tuning for run in _tuned(subject)}
    of_their_own = {tuning.score for tuning in tuned.values()}
    one = next(iter(of_their_own)) if len(of_their_own) == 1 and of_their_own != {"loss"} else None
    colors = top_losses.in_color(comparison) if one else top_losses.colors(comparison)
    tried = {loss: best_of_each_rate(tuning) for loss, tuning in tuned.items()}
    values = {loss: np.array([each.value for each in points]) for loss, points in tried.items()}
    return {
        "tried": tried,
        "chosen": {loss: tuning.rate for loss, tuning in tuned.items()},
        "labels": {loss: f"validation {tuning.score}" for loss, tuning in tuned.items()},
        "log": {
            loss: charts.are_far_apart(catalogue.find(tuning.score, None), values[loss])
            for loss, tuning in tuned.items()
        },
        "one label": one and f"validation {catalogue.label_of(one)}",
        "one log": bool(one) and charts.are_far_apart(catalogue.find(one, comparison.task), *values.values()),
        "colors": colors,
    }


def _grid(data: dict[str, Any]) -> Grid:
    return Grid(8, 3.8) if data["one label"] else side_by_side(len(data["tried"]))


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    tried, chosen, colors = data["tried"], data["chosen"], data["colors"]
    if data["one label"]:
        charts.tuned(axes[0, 0], tried, chosen, colors, data["one label"], log=data["one log"])
        charts.legend(axes[0, 0])
        return
    # each loss has a unit of its own
    for ax, loss in zip(axes.flat, tried, strict=False):
        charts.tuned(ax, {loss: tried[loss]}, chosen, colors, data["labels"][loss], log=data["log"][loss])
        ax.set_title(loss)
        ax.tick_params(axis="x", rotation=45)


SECTION = Section(
    part="details",
    order=10,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="tuning",
            alt="Validation score against the learning rate for each loss on {comparison}",
            heading="The best validation score of any epoch at each learning rate; the ring marks the rate chosen:",
            data=_data,
            grid=_grid,
            draw=_draw,
            applies=lambda subject: bool(_tuned(subject)),
        ),
    ),
)
