"""What is known of features that are arrays, and how targets of each of their positions are kept."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

ArrayKind = Literal["images", "sequences", "vectors", "arrays"]
Stored = Literal["uint8", "float32"]


# what a network has of a row where it has several inputs: their names and shapes, channels last
Inputs = tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Input:
    """One of several arrays that are predicted from.

    Attributes:
        name: of it, and of the network's input.
        kind: what of a row it is.
        shape: of a row's, its channels last.
        dtype: as which it would be kept alone.
        low: the smallest number.
        high: the largest.
        source_shape: the shape of a row's as its source gives it, where that is another.
    """

    name: str
    kind: ArrayKind
    shape: list[int]
    dtype: Stored = "float32"
    low: float = 0.0
    high: float = 0.0
    source_shape: list[int] | None = None

    @property
    def n_values(self) -> int:
        """Numbers of a row."""
        return math.prod(self.shape)


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
        inputs: where a network has several inputs, what they are; a row is the numbers of all of them side by side.
    """

    kind: ArrayKind
    shape: list[int]
    dtype: Stored
    low: float
    high: float
    missing: int = 0
    constant: int = 0
    source_shape: list[int] | None = None
    inputs: list[Input] = field(default_factory=list)

    @property
    def n_values(self) -> int:
        """Numbers of a row."""
        return math.prod(self.shape)

    @property
    def shapes(self) -> list[list[int]]:
        """The shape of a row, or of what each of several inputs has of it."""
        return [one.shape for one in self.inputs] or [self.shape]


def inputs_of(facts: ArrayFacts | None) -> Inputs:
    """The names and shapes of several inputs; empty where there is one, and of a table."""
    return tuple((one.name, tuple(one.shape)) for one in facts.inputs) if facts else ()


def slices(inputs: Inputs) -> dict[str, slice]:
    """Where in a row the numbers of each of several inputs stand, by its name."""
    ends = np.cumsum([0, *(math.prod(shape) for _, shape in inputs)]).tolist()
    return {name: slice(*ends[place : place + 2]) for place, (name, _) in enumerate(inputs)}


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
