"""What stands for nothing in some columns and for something in others: zeros, words and dashes."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.parsing.column_kinds import MISSING
from stages.parsing.number_columns import odd, shown
from stages.records.findings import Finding

_FEWEST = 20  # other rows; among fewer nothing is told
_NEAR = 0.4  # of the distance from the smallest other number to their median
_WORDS = frozenset(word for word in MISSING if any(map(str.isalpha, word)))
_DASHES = frozenset("-\u2013\u2014")
_GROUPED = r"[^\d-]*[($\u20ac\u00a3\u00a5]|.*\d[.,' ]\d{3}(?!\d)"  # as accountants write numbers


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets; zeros in those that are numbers, and not of two values alone."""
    with_zeros = seen.where(seen.of_kind(seen.used, "number"), lambda numbers: (numbers == 0).any(axis=0))
    findings = [each for name in with_zeros for each in zeros(seen.columns[name][0])]
    for name in (name for name in seen.used if name not in seen.said):
        values, kind = seen.columns[name]
        if kind == "category" and not _WORDS.isdisjoint(seen.different(name)):
            findings += words(values)
        elif kind == "number" and pd.api.types.is_string_dtype(seen.written[name]):
            findings += dashes(seen.written[name], values)
    return findings


def zeros(values: pd.Series) -> list[Finding]:
    """Zeros in two rows or more, far below numbers that follow each other more closely; so among negative ones.

    Args:
        values: (n_rows,).
    """
    present = values.dropna()
    others = present[present != 0]
    if not 2 <= len(present) - len(others) <= len(others) or len(others) < _FEWEST or others.min() < 0 < others.max():
        return []
    sizes = np.unique(others.abs().to_numpy(np.float64))
    middle = np.median(others.abs())
    below = sizes[sizes <= middle]
    gap = np.diff(below).max() if len(below) > 1 else np.inf
    is_apart = sizes[0] > _NEAR * (middle - sizes[0]) and sizes[0] > 2 * gap
    # what is further away than all others spread is told as far
    is_far = sizes[0] > 3 * (sizes[-1] - sizes[0])
    return [odd("zeros", present[present == 0].map(shown))] if is_apart and not is_far else []


def words(texts: pd.Series) -> list[Finding]:
    """Words that mean missing elsewhere, among texts that are kept as they are."""
    held = _WORDS.intersection(texts.unique())
    return [odd("perhaps missing", texts[texts == word]) for word in MISSING if word in held]


def dashes(written: pd.Series, values: pd.Series) -> list[Finding]:
    """Dashes among money and grouped digits, where accountants write them for 0.

    Args:
        written: (n_rows,) the column as it was read.
        values: the same as it is kept.
    """
    if not any(isinstance(cell, str) and cell.strip() in _DASHES for cell in written.to_numpy(object)):
        return []
    alone = written[written.str.strip().isin(_DASHES) & values.isna()]
    if not len(alone) or not written.str.match(_GROUPED, na=False).any():
        return []
    return [odd("dashes", alone.str.strip())]
