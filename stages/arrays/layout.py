"""How the features of a row lie: what a row is, its channels last, and as which numbers they are kept.

Where a network has several inputs, a row is kept as the numbers of all, one input after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.arrays.held import shown
from stages.arrays.source import ArraySource, Given, Rows
from stages.basics.cli import UserError
from stages.records.array_facts import ArrayFacts, ArrayKind, Input, Stored, slices
from stages.records.findings import Finding

FEWEST_PIXELS = 8  # along each side of what is taken for an image of one channel, where nothing says what it is
CHANNELS = (1, 2, 3, 4)  # numbers of channels by which an axis is known for theirs
_AXES: dict[ArrayKind, tuple[int, ...]] = {"images": (2, 3), "sequences": (1, 2), "vectors": (1,), "arrays": ()}


@dataclass(frozen=True)
class Layout:
    """How the features of a row lie.

    Attributes:
        facts: what they are; nothing of their values is known yet.
        stored: takes some rows as their source gives them, gives them as they are kept.
        findings: what was taken for granted.
    """

    facts: ArrayFacts
    stored: Callable[[np.ndarray], np.ndarray]
    findings: list[Finding]


def of(given: Given, source: ArraySource, key: str) -> Layout:
    """How the features that a source gives lie.

    Raises:
        UserError: they are no numbers, or their shape is not that of what they are said to be.
    """
    if not given.inputs:
        return _of_rows(given.rows, source, given.kind, key)
    may_be = [name for name, rows in given.inputs.items() if _may_be(rows, getattr(source, "kind", None))]
    if not may_be:
        raise UserError(f"{key}.kind: no input can be {source.kind}; leave it out")
    every = {
        name: _of_rows(rows, source, None, f"{key}: '{name}'", asks=name in may_be)
        for name, rows in given.inputs.items()
    }
    return _side_by_side(every, given.inputs)


def _may_be(rows: Rows, kind: ArrayKind | None) -> bool:
    """Whether what a source says rows are can be said of these."""
    return kind is None or not _AXES[kind] or len(rows.shape) - 1 in _AXES[kind]


def _side_by_side(every: dict[str, Layout], given: dict[str, Rows]) -> Layout:
    """How several inputs lie in one row."""
    inputs = [
        Input(name, each.facts.kind, each.facts.shape, each.facts.dtype, source_shape=each.facts.source_shape)
        for name, each in every.items()
    ]
    are_small = all(each.facts.dtype == "uint8" for each in every.values())
    stored: Stored = "uint8" if are_small else "float32"
    facts = ArrayFacts("vectors", [sum(each.n_values for each in inputs)], stored, 0.0, 0.0, inputs=inputs)
    places = slices(tuple((name, rows.shape[1:]) for name, rows in given.items()))

    def as_kept(rows: np.ndarray) -> np.ndarray:
        blocks = [
            every[name].stored(rows[:, place].reshape(len(rows), *given[name].shape[1:]))
            for name, place in places.items()
        ]
        return np.concatenate([block.reshape(len(rows), -1).astype(stored, copy=False) for block in blocks], axis=1)

    return Layout(facts, as_kept, [finding for each in every.values() for finding in each.findings])


def _of_rows(rows: Rows, source: ArraySource, known: ArrayKind | None, key: str, *, asks: bool = True) -> Layout:
    """How rows of one array lie.

    Args:
        rows: the array.
        source: what it is of.
        known: what a row is, where the source knows it.
        key: what messages about mistakes begin with.
        asks: whether what a source says rows are is said of these.
    """
    shape, dtype = rows.shape[1:], rows.dtype
    if dtype.kind not in "biuf":
        raise UserError(f"{key}: the features are {dtype}, and networks need numbers")
    if not all(shape):
        raise UserError(f"{key}: the features have the shape {shown(rows.shape)}, which holds nothing")
    shape = shape or (1,)
    asked = getattr(source, "kind", None) if asks else None
    kind, findings = (asked or known, []) if asked or known else _kind(shape, dtype)
    if _AXES[kind] and len(shape) not in _AXES[kind]:
        axes = "1 axis" if _AXES[kind] == (1,) else f"{' or '.join(map(str, _AXES[kind]))} axes"
        raise UserError(f"{key}.kind: {kind} have {axes} besides that of the rows; theirs are {shown(shape)}")
    first = getattr(source, "channels", "last") == "first" and len(shape) > 1
    has_channels = (kind == "images" and len(shape) == 3) or (kind == "sequences" and len(shape) == 2)
    if not first and kind == "images" and len(shape) == 3 and shape[0] in CHANNELS and shape[-1] not in CHANNELS:
        findings.append(Finding("channels first", kind, [shown(shape), str(shape[0])]))
    own = (*shape[1:], shape[0]) if first else shape
    own = (*own, 1) if kind in ("images", "sequences") and not has_channels else own
    stored: Stored = "uint8" if dtype in (np.uint8, np.bool_) else "float32"
    written = list(rows.shape[1:])
    facts = ArrayFacts(kind, list(own), stored, 0.0, 0.0, source_shape=written if written != list(own) else None)

    def as_kept(some: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            numbers = some.astype(stored)
        return (np.moveaxis(numbers, 1, -1) if first else numbers).reshape(len(some), *own)

    return Layout(facts, as_kept, findings)


def _kind(shape: tuple[int, ...], dtype: np.dtype) -> tuple[ArrayKind, list[Finding]]:
    """What rows of this shape are taken for, and where it may be otherwise, that they are."""
    match len(shape):
        case 1:
            return "vectors", []
        case 2:
            is_image = min(shape) >= FEWEST_PIXELS and (shape[0] == shape[1] or dtype == np.uint8)
            kind: ArrayKind = "images" if is_image else "sequences"
            return kind, [Finding("taken for", kind, [f"{size:,}" for size in shape])]
        case 3:
            return "images", []
    return "arrays", []
