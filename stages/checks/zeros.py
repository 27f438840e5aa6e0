"""Zeros in a column that else never comes near 0, which often stand for nothing."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.parsing.number_columns import odd, shown
from stages.records.findings import Finding

_FEWEST = 20  # other rows; among fewer nothing is told
_NEAR = 0.4  # of the distance from the smallest other number to their median


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets that are numbers, and not of two values alone."""
    names = [name for name in seen.used if seen.columns[name][1] == "number"]
    with_zeros = (np.array(some)[(numbers == 0).any(axis=0)] for some, numbers in seen.numbers(names))
    return [each for some in with_zeros for name in some for each in zeros(seen.columns[name][0])]


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
