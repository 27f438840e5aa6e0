"""New arrays to predict, as networks were trained on such."""

from collections.abc import Iterator, Mapping

import numpy as np

from stages.arrays.held import shown
from stages.arrays.source import ArraySource
from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.records.array_facts import ArrayFacts

SHOWN = 3  # rows that a note names


ArrayRows = np.ndarray | Mapping[str, np.ndarray]  # of several inputs each by its name


def as_trained(rows: ArrayRows, facts: ArrayFacts, source: ArraySource) -> tuple[np.ndarray, list[str]]:
    """Make of new rows what they would be in ``data/raw``.

    Args:
        rows: as they are given; of several inputs each by its name.
        facts: what the networks were trained on.
        source: where that came from.

    Returns:
        Float32 (n_rows, …), channels last; and in a line each, what of them is not as it was in training.

    Raises:
        UserError: they are no numbers, of another shape, or an input is not there.
    """
    if not facts.inputs:
        return _as_trained(np.asarray(rows), facts, source)
    names = [each.name for each in facts.inputs]
    if not isinstance(rows, Mapping) or (missing := [name for name in names if name not in rows]):
        lacks = f"; {' and '.join(missing)} not given" if isinstance(rows, Mapping) else ""
        form = ", ".join(f'"{name}": …' for name in names)
        raise UserError(f"new rows are given by input: {{{form}}}{lacks}")
    laid_out, notes = [], []
    for each in facts.inputs:
        own = ArrayFacts(each.kind, each.shape, each.dtype, each.low, each.high, facts.missing, 0, each.source_shape)
        try:
            values, about = _as_trained(np.asarray(rows[each.name]), own, source)
        except UserError as error:
            raise UserError(f"{each.name}: {error}") from None
        laid_out.append(values.reshape(len(values), -1))
        notes += [f"{each.name}: {note}" for note in about]
    lengths = [len(values) for values in laid_out]
    if len(set(lengths)) > 1:
        said = " and ".join(f"{name} {length:,}" for name, length in zip(names, lengths, strict=True))
        raise UserError(f"each row needs all inputs; of rows {said}")
    return np.concatenate(laid_out, axis=1), notes


def _as_trained(rows: np.ndarray, facts: ArrayFacts, source: ArraySource) -> tuple[np.ndarray, list[str]]:
    """The same of one input."""
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
