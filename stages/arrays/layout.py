"""How the features of a row lie: what a row is, its channels last, and as which numbers they are kept."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.arrays.held import shown
from stages.arrays.source import ArraySource, Given
from stages.basics.cli import UserError
from stages.records.array_facts import ArrayFacts, ArrayKind, Stored
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
    shape, dtype = given.rows.shape[1:], given.rows.dtype
    if dtype.kind not in "biuf":
        raise UserError(f"{key}: the features are {dtype}, and networks need numbers")
    if not all(shape):
        raise UserError(f"{key}: the features have the shape {shown(given.rows.shape)}, which holds nothing")
    shape = shape or (1,)
    asked = getattr(source, "kind", None)
    kind, findings = (asked or given.kind, []) if asked or given.kind else _kind(shape, dtype)
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
    written = list(given.rows.shape[1:])
    facts = ArrayFacts(kind, list(own), stored, 0.0, 0.0, source_shape=written if written != list(own) else None)

    def as_kept(rows: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            numbers = rows.astype(stored)
        return (np.moveaxis(numbers, 1, -1) if first else numbers).reshape(len(rows), *own)

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
