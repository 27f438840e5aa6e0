"""New arrays to predict, as networks were trained on such."""

from collections.abc import Iterator

import numpy as np

from stages.arrays.held import shown
from stages.arrays.source import ArraySource
from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.records.array_facts import ArrayFacts

SHOWN = 3  # rows that a note names


def as_trained(rows: np.ndarray, facts: ArrayFacts, source: ArraySource) -> tuple[np.ndarray, list[str]]:
    """Make of new rows what they would be in ``data/raw``.

    Args:
        rows: as they are given.
        facts: what the networks were trained on.
        source: where that came from.

    Returns:
        Float32 (n_rows, …), channels last; and in a line each, what of them is not as it was in training.

    Raises:
        UserError: they are no numbers, or of another shape.
    """
    wanted = tuple(facts.source_shape if facts.source_shape is not None else facts.shape)
    if rows.dtype.kind not in "biuf":
        raise UserError(f"the new rows are {rows.dtype}, and networks need numbers")
    allowed = [wanted, tuple(facts.shape)]
    if facts.shape[-1] == 1:  # the one channel need not be an axis
        allowed.append(tuple(facts.shape[:-1]))
    if not rows.ndim or rows.shape[1:] not in allowed:
        one = " (one row needs an axis for the rows too: rows[None])" if rows.shape in allowed else ""
        given = shown(rows.shape[1:])
        raise UserError(f"each new row has the shape {given}; in training it was {shown(wanted)}{one}")
    numbers = rows.astype(np.float32)
    numbers[np.isinf(numbers)] = np.nan
    first = getattr(source, "channels", "last") == "first" and rows.shape[1:] == wanted
    laid_out = (np.moveaxis(numbers, 1, -1) if first and len(wanted) > 1 else numbers).reshape(len(rows), *facts.shape)
    return laid_out, list(_notes(laid_out.reshape(len(rows), -1), facts))


def _notes(rows: np.ndarray, facts: ArrayFacts) -> Iterator[str]:
    """What of rows (n_rows, n_values) is not as it was in training."""
    missing = np.isnan(rows).any(axis=1)
    if missing.any() and not facts.missing:
        yield f"numbers are missing in {_places(missing)}, in training in none; the mean of the channel stands for them"
    out = (rows < facts.low).any(axis=1) | (rows > facts.high).any(axis=1)
    if out.any():
        low, high = np.nanmin(rows[out]), np.nanmax(rows[out])
        yield (
            f"numbers from {low:.6g} to {high:.6g} in {_places(out)}, out of the range of training, {facts.low:.6g} to "
            f"{facts.high:.6g}"
        )
    elif len(rows) and np.nanmax(rows, initial=-np.inf) <= 1 < facts.high / 16:
        yield f"no number is above 1, and in training they went to {facts.high:.6g}; were they scaled otherwise?"


def _places(which: np.ndarray) -> str:
    """How many rows, and the first of them: bool (n_rows,)."""
    rows = np.flatnonzero(which) + 1
    more = ", …" * (len(rows) > SHOWN)
    return f"{counted(len(rows), 'row')} ({', '.join(f'{row:,}' for row in rows[:SHOWN])}{more})"
