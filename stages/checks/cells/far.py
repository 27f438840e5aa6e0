"""Numbers or dates that lie far from all others, among them those that often stand for nothing."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen, as_floats
from stages.parsing.number_columns import odd, shown
from stages.records.findings import Finding

_FEW = 10  # rows; among fewer nothing is far from all others
_CODES = {*(sign * (10**digits - 1) for digits in (2, 3, 4, 5) for sign in (1, -1)), -200, 8888, -8888, -1}
_NO_DATES = ["0001-01-01", "1601-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"]
_NO_DATES += ["2099-12-31", "2999-12-31", "9999-12-31"]  # which often stand for nothing
_DATE_CODES = set(np.array(_NO_DATES, "datetime64[us]").astype(np.float64))


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets."""
    findings = []
    for name in seen.where(seen.used, _may_be_far):
        values, kind = seen.columns[name]
        if kind != "boolean":
            findings += far(values, seen.written[name] if kind == "date" else None)
    return findings


def _may_be_far(numbers: np.ndarray) -> np.ndarray:
    """In which columns (n_rows, n_columns) the least or the most lies further from all others than these lie apart."""
    missing = np.isnan(numbers)
    least, most = np.where(missing, np.inf, numbers).min(axis=0), np.where(missing, -np.inf, numbers).max(axis=0)
    with np.errstate(invalid="ignore"):  # of a column that is missing in every row
        middle = least / 2 + most / 2
    is_least, is_most = ((missing | (numbers == end)) for end in (least, most))
    return (is_least | (numbers >= middle)).all(axis=0) | (is_most | (numbers <= middle)).all(axis=0)


def far(values: pd.Series, written: pd.Series | None = None) -> list[Finding]:
    """Numbers or dates that lie far from all others, as -200 among values from 1 to 4 does.

    A value is far where its distance from the next is over three times the range of all others, or over that range
    where it often stands for nothing, as -999 or 1900-01-01 does, in two rows or more.

    Args:
        values: (n_rows,).
        written: of dates, as they were read.
    """
    present = values.dropna()
    codes = _CODES
    if written is not None:
        present, codes = pd.Series(as_floats(present), present.index, name=present.name), _DATE_CODES
    if len(present) < _FEW:
        return []
    numbers, odd_ones = np.unique(present.to_numpy(np.float64)), []
    while len(numbers) > 5 and len(odd_ones) < 3:
        for value, nearest, rest in ((numbers[0], numbers[1], numbers[1:]), (numbers[-1], numbers[-2], numbers[:-1])):
            gap, spread = abs(nearest - value), rest[-1] - rest[0]
            is_far = gap > 3 * spread or (value in codes and gap > spread and (present == value).sum() > 1)
            if is_far and np.isfinite(gap):
                odd_ones.append(value)
                numbers = rest
                break
        else:
            break
    if written is not None:
        return [odd("far", written[present[present == value].index].astype(str)) for value in odd_ones]
    return [odd("far", present[present == value].map(shown)) for value in odd_ones]
