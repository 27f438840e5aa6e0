"""Some rows that networks give again, and what comes back by each loss, where rows may be shown."""

from typing import Any, NamedTuple

import numpy as np

from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.drawing import rows
from stages.reporting.drawing.plots import Grid, plain
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.verdicts.comparison import Comparison

TEMPLATE = """
{{ figures }}
"""
N_ROWS, N_LOSSES = 4, 6  # that are shown at most
_SIDE = 1.15  # inches of a row


class Returned(NamedTuple):
    """Rows, and what came back.

    Attributes:
        by_name: the rows (n_rows, …) themselves, and by loss what it gives again.
        is_image: whether they are images; else sequences.
        ends: the smallest number of all rows and the largest.
    """

    by_name: dict[str, np.ndarray]
    is_image: bool
    ends: tuple[float, float]


def _content(subject: Subject, report: Report) -> dict[str, Any] | None:
    return {} if report.cells and _can_be_drawn(subject[0]) else None


def _can_be_drawn(comparison: Comparison) -> bool:
    description, facts = comparison.description, comparison.description.arrays
    if facts is None or description.classes or description.target_shape != facts.shape:
        return False
    return facts.kind == "sequences" or (facts.kind == "images" and facts.shape[-1] in (1, 3))


def _data(subject: Subject) -> Returned:
    [comparison] = subject
    runs = [run for run in top_losses.runs(comparison) if run.finished.any()][:N_LOSSES]
    tested = np.flatnonzero(comparison.plan.tested.any(axis=0))[:N_ROWS]
    returned = {run.loss.name: np.stack([_returned(comparison, run, row) for row in tested]) for run in runs}
    facts = comparison.description.arrays
    by_name = {"row": np.array(comparison.arrays[tested], np.float64)} | returned
    return Returned(by_name, facts.kind == "images", (facts.low, facts.high))


def _returned(comparison: Comparison, run: Run, row: int) -> np.ndarray:
    """What the first seed that tests a row gives again of it, in own units: of those that did not fail, if any."""
    [seed, *_] = [*np.flatnonzero(comparison.plan.tested[: len(run.seeds), row] & run.finished), run.finished.argmax()]
    scaling = {name: np.asarray(numbers) for name, numbers in comparison.plan.target_scaling.items()}
    return run.outputs[seed, row].astype(np.float64) * scaling["spread"][seed] + scaling["center"][seed]


def _grid(data: Returned) -> Grid:
    n_rows, n_columns = len(data.by_name["row"]), len(data.by_name)
    return Grid(0.3 + _SIDE * n_columns, 0.6 + _SIDE * n_rows, n_rows, n_columns)


def _draw(axes: np.ndarray, data: Returned) -> None:
    for column, (name, values) in zip(axes.T, data.by_name.items(), strict=True):
        for ax, row in zip(column, values, strict=True):
            rows.draw_row(ax, row, is_image=data.is_image, ends=data.ends)
        column[0].set_title(plain(name).replace("_", "_\n"), fontsize="small")


SECTION = Section(
    part="details",
    order=36,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="reconstructions",
            alt="Some test rows of {comparison}, and what a network of each loss gives again",
            heading="What came back",
            legend="each loss by the first network that tests the row",
            data=_data,
            grid=_grid,
            draw=_draw,
        ),
    ),
)
