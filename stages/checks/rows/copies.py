"""Copies of rows: rows that are equal in all columns that networks learn from and in the target, and not by chance."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.records.columns import screened
from stages.records.datasets import Column, Kind
from stages.records.findings import SHOWN_ROWS, Finding

_FEWEST = 10  # different rows; among fewer nothing tells copies from rows of few values
_FEW = 20  # different values; a column of no more hardly tells rows apart
_MOST, _NEARLY_ALL = 0.5, 0.9  # shares of the rows that differ
# how often targets may differ where all features are equal, next to how often those of any two rows do
_BY_ONE, _BY_HALVES = 0.05, 0.25
_ODD = np.uint64(0x9E3779B97F4A7C15)  # by which the hash of a row is multiplied before that of a column is added


def find(seen: Seen) -> list[Finding]:
    """That rows are copies of others, once `numbered` has told which."""
    if seen.copies is None:
        return []
    but_for = [
        name for name in seen.features if _differs(seen.columns[name][0][seen.kept], seen.uses[name], seen.copies)
    ]
    rows = np.flatnonzero(seen.kept)[pd.Series(seen.copies).duplicated()] + 1
    kind = "copies apart" if seen.copies_apart else "copies"
    return [Finding(kind, "", but_for, rows[:SHOWN_ROWS].tolist(), len(rows), len(seen.copies))]


def _differs(values: pd.Series, kind: Kind, numbers: np.ndarray) -> bool:
    """Whether values that are no part of what tells copies differ among them."""
    return _runs(values, kind) and bool((values.groupby(numbers).transform("first") != values).any())


def _runs(values: pd.Series, kind: Kind) -> bool:
    """Whether values (n_rows,) are whole numbers or dates that all differ, or dates in the order of the rows.

    So are the number of a row and the time when it was loaded, in which copies of it differ.
    """
    if not (kind == "date" or (kind == "number" and values.dtype.kind in "iu")) or values.isna().any():
        return False
    in_order = kind == "date" and (values.is_monotonic_increasing or values.is_monotonic_decreasing)
    return bool(in_order or values.is_unique)


def numbered(features: pd.DataFrame, columns: list[Column], labels: np.ndarray) -> np.ndarray | None:
    """Which rows are copies of each other.

    Rows may also be equal because columns have few values. They are copies where that cannot be: among the rows that
    differ, a column of numbers has a value of its own in most, or each of two halves of these columns tells nearly all
    apart. Where features are equal and targets are not, as often as if they were drawn, rows were measured more than
    once and not copied. Columns that are left out, since they only tell rows apart, do not count, nor do numbers
    of rows and times of loading.

    Args:
        features: (n_rows, n_columns) as ``data/raw`` holds them.
        columns: what they are.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices; not all alike.

    Returns:
        Integers (n_rows,): the number of each row among those that differ, in their order; None without copies.
    """
    targets = pd.DataFrame(labels)
    types = dict(features.dtypes)
    columns = [each for each in columns if types[each.name].kind == "f" or not _runs(features[each.name], each.kind)]
    measures = (features[column.name] for column in columns if column.kind in ("number", "date"))
    if any(each.is_unique for _, each in targets.items()) or any(each.is_unique for each in measures):
        return None  # what differs in every row is no constant, which would be left out
    used = [column for column in columns if screened(features[column.name], column).left_out is None]
    values = features[[column.name for column in used]]
    if not used or any(each.is_unique for _, each in values.items()):
        return None
    of_features = _hashed(values)
    of_rows = of_features * _ODD + _hashed(targets)
    numbers, different = pd.factorize(of_rows)
    if len(different) == len(numbers):
        return None
    first = np.unique(numbers, return_index=True)[1]
    measured = [values[column.name].iloc[first] for column in used if column.kind in ("number", "date")]
    values_of_target = [column.iloc[first] for _, column in targets.items()] if labels.ndim > 1 else []
    if _has_own(values_of_target):
        return numbers
    measured += values_of_target
    differ = _differ(of_features, of_rows) / _differ(np.zeros(len(of_rows)), _hashed(targets))
    is_copied = (_halves_tell(measured) and differ <= _BY_HALVES) or (_has_own(measured) and differ <= _BY_ONE)
    return numbers if is_copied else None


def _hashed(rows: pd.DataFrame) -> np.ndarray:
    """A number for each row (n_rows,), the same for those that are equal; what is missing equals what is missing."""
    hashed = np.zeros(len(rows), np.uint64)
    for name in rows:
        values = rows[name]
        plain = values + 0.0 if pd.api.types.is_float_dtype(values) else values  # -0 is 0
        hashed = hashed * _ODD + pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return hashed


def _has_own(columns: list[pd.Series]) -> bool:
    """Whether one of these columns has a value of its own in most rows."""
    own = [~each.duplicated(keep=False).to_numpy() & each.notna().to_numpy() for each in columns]
    return any(rows.sum() >= _FEWEST and rows.mean() > _MOST for rows in own)


def _halves_tell(columns: list[pd.Series]) -> bool:
    """Whether each of two halves of these columns, those of few values left out, tells nearly all rows apart."""
    counts = [each.nunique() for each in columns]
    order = [index for index in np.argsort(counts, kind="stable")[::-1] if counts[index] > _FEW]
    # in turn to one half and to the other, so that either has some of those with most values
    halves = [[columns[index] for place, index in enumerate(order) if place % 4 in mine] for mine in ((0, 3), (1, 2))]
    hashed = [pd.Series(_hashed(pd.concat(half, axis=1))) for half in halves if half]
    return len(hashed) == 2 and all((~each.duplicated(keep=False)).mean() >= _NEARLY_ALL for each in hashed)


def _differ(groups: np.ndarray, rows: np.ndarray) -> float:
    """How often two rows of one group differ: the mean over all rows that have another in their group."""
    in_group, alike = (pd.Series(each).groupby(each).transform("size").to_numpy() for each in (groups, rows))
    several = in_group > 1
    return float(((in_group - alike)[several] / (in_group - 1)[several]).mean())
