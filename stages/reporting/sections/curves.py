"""The learning curves of each loss."""

import textwrap
from typing import Any

import numpy as np

from stages.basics.markup import Markdown, text
from stages.records.runs import Run
from stages.reporting.drawing import charts
from stages.reporting.drawing.plots import Grid
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.scores import catalogue

TEMPLATE = """
<details><summary>Learning curves of each loss</summary>

The loss above, {{ metric }} below.
{{ once("Train is blue, test orange. The line is the mean over seeds, the band holds the middle 80 % of them, single"
" seeds are faint. Losses have different units: compare the curves below, not those of the loss.") }}

{{ figures }}

</details>
"""

_WIDEST = 24  # letters of a line beside an axis


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    return {"metric": Markdown(text(subject[0].epoch_metric))}


def _data(_: Subject, run: Run) -> list[dict[str, Any]]:
    metric, is_regression = run.loss.epoch_metric, run.loss.task == "regression"
    return [
        {
            "train": run.epochs(name)[run.finished],
            "test": run.epochs(f"val_{name}")[run.finished],
            "label": label,
            "may be log": is_regression,
        }
        for name, label in (("loss", f"loss ({run.loss.name})"), (metric, catalogue.label_of(metric)))
    ]


def _draw(axes: np.ndarray, data: list[dict[str, Any]]) -> None:
    for ax, curve in zip(axes[:, 0], data, strict=True):
        train, test = curve["train"], curve["test"]
        if len(train):
            log = curve["may be log"] and min(train.min(), test.min()) > 0
            charts.curve(ax, train, test, textwrap.fill(curve["label"], _WIDEST), log=log)
            ax.legend()
    axes[1, 0].set_xlabel("epoch")


SECTION = Section(
    part="details",
    order=60,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="curves",
            alt="Loss and {metric} by epoch for {loss} on {comparison}",
            heading="{loss}",
            data=_data,
            grid=lambda _: Grid(6.5, 4.4, 2, 1, sharex=True),
            draw=_draw,
            of_losses=True,
        ),
    ),
)
