"""What each column of a table was taken for, as a table of the console."""

import textwrap

import numpy as np
import pandas as pd
from rich import box
from rich.table import Table
from rich.text import Text

from stages.basics.words import distinct_numbers, printable
from stages.records.datasets import Description, Treatment, labels_of
from stages.reporting.texts import columns_text

SHOWN = 40  # columns of a table; more are counted
_EXAMPLE = 18  # characters of an example


def columns_table(table: pd.DataFrame, description: Description, treatments: list[Treatment]) -> Table:
    """Name, kind, example, how many are missing, and what is done, for each column and the target.

    Args:
        table: the features and the target, as ``data/raw`` holds them.
        description: what they are.
        treatments: what is done to each feature.
    """
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    for name, settings in _HEADINGS.items():
        shown.add_column(name, **settings)
    for treatment in treatments[:SHOWN]:
        example = _example(table[treatment.column], treatment.kind)
        shown.add_row(
            _text(treatment.column),
            treatment.kind,
            _text(example),
            _count(treatment.missing),
            _text(columns_text.done(treatment)),
        )
    without = description.n_without_target(len(table))
    labels = labels_of(table, description)
    for name, column in zip(description.targets, np.atleast_2d(labels.T), strict=True):
        values = pd.Series(column)
        if description.classes:
            values = values.map(lambda index: description.classes[int(index)])
        kind = "classes" if description.classes else "number"
        done = f"predicted ({description.task})" + ("; rows without it left out" if without else "")
        shown.add_row(_text(name), kind, _text(_example(values, kind)), _count(without), done)
    if len(treatments) > SHOWN:
        shown.caption = f"and {len(treatments) - SHOWN:,} more columns, which the report names"
    return shown


_HEADINGS = {
    "column": {"overflow": "fold", "max_width": 18},
    "kind": {"no_wrap": True},
    "example": {"overflow": "ellipsis", "max_width": _EXAMPLE},
    "missing": {"justify": "right", "no_wrap": True},
    "what is done": {"overflow": "fold"},
}


def _text(text: str) -> Text:
    """A text of the user's, which neither Rich nor the terminal takes for more."""
    return Text(printable(text))


def _count(number: int) -> str:
    return f"{number:,}" if number else ""


def _example(values: pd.Series, kind: str) -> str:
    """The first value of a column, as it was taken."""
    present = values.dropna()
    if not len(present):
        return ""
    first = present.iloc[0]
    match kind:
        case "date":
            return str(first.date()) if first == first.normalize() else str(first)
        case "boolean":
            return str(bool(first))
        case "number" | "identifier":
            return distinct_numbers(float(first))[0] if first % 1 or abs(first) >= 1e15 else f"{first:.0f}"
    return textwrap.shorten(str(first), _EXAMPLE, placeholder="…") or str(first)[:_EXAMPLE]
