"""What is known of features that are arrays, and how targets of each of their positions are kept."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

ArrayKind = Literal["images", "sequences", "vectors", "arrays"]
Stored = Literal["uint8", "float32"]


@dataclass(frozen=True)
class ArrayFacts:
    """Features that are arrays.

    Attributes:
        kind: what a row is.
        shape: of a row, its channels last.
        dtype: as they are kept.
        low: the smallest number.
        high: the largest.
        missing: in how many rows a number is missing.
        constant: how many of the numbers of a row are the same in all rows.
        source_shape: the shape of a row as its source gives it, where that is another.
    """

    kind: ArrayKind
    shape: list[int]
    dtype: Stored
    low: float
    high: float
    missing: int = 0
    constant: int = 0
    source_shape: list[int] | None = None

    @property
    def n_values(self) -> int:
        """Numbers of a row."""
        return math.prod(self.shape)

    @property
    def scale_shape(self) -> tuple[int, ...]:
        """The shape of what has one number for each channel, as it goes with rows: 1 along all other axes."""
        return (*[1] * (len(self.shape) - 1), self.shape[-1])


def packed(labels: np.ndarray) -> list[bytes]:
    """The targets of rows (n_rows, …) as a column of a table holds them, where each position of a row has some."""
    return [row.tobytes() for row in np.ascontiguousarray(labels)]


def unpacked(column: Iterable[bytes], shape: Iterable[int], *, are_classes: bool) -> np.ndarray:
    """What `packed` was given: int8 class indices, or float32 values.

    Args:
        column: (n_rows,).
        shape: of the targets of a row.
        are_classes: whether they are classes.
    """
    return np.frombuffer(b"".join(column), np.int8 if are_classes else np.float32).reshape(-1, *shape)
