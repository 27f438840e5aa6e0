"""Some rows of a dataset that are images or sequences, where rows may be shown."""

from typing import Any

import numpy as np

from stages.reporting.drawing import rows
from stages.reporting.registry import Figure, Report, Section, Subject

TEMPLATE = """
{{ figures }}
"""


def _content(subject: Subject, report: Report) -> dict[str, Any] | None:
    return {} if report.cells and rows.can_be_drawn(subject[0]) else None


def _data(subject: Subject) -> rows.Examples:
    return rows.examples(subject[0])


def _draw(axes: np.ndarray, data: rows.Examples) -> None:
    rows.draw(axes, data)


SECTION = Section(
    part="data",
    order=20,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="examples",
            alt="Some rows of {dataset}: of each class the first, or from the lowest target to the highest",
            heading="Some rows",
            data=_data,
            grid=rows.grid,
            draw=_draw,
            about="{dataset}",
        ),
    ),
)
