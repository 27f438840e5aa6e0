"""Rows that are images or sequences, drawn: some of each class, or from the lowest target to the highest."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from stages.basics.words import distinct_numbers
from stages.reporting.drawing.plots import Grid, plain
from stages.verdicts.comparison import Comparison

CLASSES, EACH = 6, 6  # that are shown at most: classes, and rows of each
LONGEST = 14  # letters of a class
CHANNELS = 4  # of a sequence that are drawn at most
_SIDE = 1.1  # inches of an image


class Examples(NamedTuple):
    """Rows that are drawn.

    Attributes:
        rows: by group, at most `EACH` rows (n_rows, …).
        names: of the groups, or of the rows of a single one.
        is_image: whether they are images; else sequences.
        ends: the smallest number of all rows and the largest.
    """

    rows: list[np.ndarray]
    names: list[str]
    is_image: bool
    ends: tuple[float, float]


def can_be_drawn(comparison: Comparison) -> bool:
    """Whether the rows of a comparison are images or sequences, with a target that groups or orders them."""
    facts = comparison.description.arrays
    if comparison.arrays is None or facts is None or comparison.description.n_targets > 1:
        return False
    if comparison.description.target_shape:  # which has a figure of its own
        return False
    return facts.kind == "sequences" or (facts.kind == "images" and facts.shape[-1] in (1, 3))


def examples(comparison: Comparison) -> Examples:
    """The first rows of each class. Where targets are values: rows from the smallest to the largest, at even ranks.

    Args:
        comparison: one whose rows can be drawn.
    """
    arrays, labels, facts = comparison.arrays, comparison.labels, comparison.description.arrays
    classes = comparison.description.classes
    if classes:
        shown = range(min(CLASSES, len(classes)))
        rows = [np.array(arrays[np.flatnonzero(labels == label)[:EACH]]) for label in shown]
        names = [classes[label] for label in shown]
    else:
        by_target = np.argsort(labels[:, 0], kind="stable")
        some = by_target[np.linspace(0, len(by_target) - 1, min(EACH, len(by_target))).round().astype(int)]
        rows, names = [np.array(arrays[np.sort(some)])[np.argsort(np.argsort(some))]], []
        names = distinct_numbers(*labels[some, 0].tolist())
    return Examples(rows, names, facts.kind == "images", (facts.low, facts.high))


def grid(data: Examples) -> Grid:
    """The axes of examples: a line for each group."""
    width, n_columns = (_SIDE if data.is_image else 1.4), max(map(len, data.rows))
    return Grid(0.9 + width * n_columns, 0.3 + _SIDE * len(data.rows), len(data.rows), n_columns)


def draw(axes: np.ndarray, data: Examples) -> None:
    """Draw examples on axes (n_groups, n_rows)."""
    is_grouped = len(data.rows) == len(data.names) and len(data.rows) > 1
    for group, rows in enumerate(data.rows):
        for place, ax in enumerate(axes[group]):
            if place >= len(rows):
                ax.axis("off")
                continue
            draw_row(ax, rows[place], is_image=data.is_image, ends=data.ends)
            if is_grouped and not place:
                ax.set_ylabel(plain(data.names[group][:LONGEST]), rotation=0, ha="right", va="center")
            elif not is_grouped:
                ax.set_xlabel(data.names[place])


def draw_row(ax: Axes, row: np.ndarray, *, is_image: bool, ends: tuple[float, float]) -> None:
    """Draw an image, or a sequence, on the scale of these ends."""
    low, high = ends
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    if not is_image:
        ax.plot(row[:, :CHANNELS], linewidth=1)
        ax.set_ylim(low, high)
        return
    image(ax, shown_image(row, ends))


def shown_image(row: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    """An image (height, width, 1 or 3) in shares from the smallest number of all rows to the largest."""
    low, high = ends
    return np.clip(np.nan_to_num((row.astype(np.float64) - low) / ((high - low) or 1)), 0, 1)


def image(ax: Axes, shown: np.ndarray) -> None:
    """Draw an image as of `shown_image`."""
    values = {"X": shown[..., 0], "cmap": "gray"} if shown.shape[-1] == 1 else {"X": shown}
    ax.imshow(**values, vmin=0, vmax=1, interpolation="nearest")
