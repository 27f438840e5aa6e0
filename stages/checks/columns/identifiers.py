"""Whole numbers that only tell rows apart, and those that go with the target although their name says so."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.records.findings import Finding

_FEW = 10  # rows; among fewer nothing is told


def find(seen: Seen) -> list[Finding]:
    """Of all features that the parameters do not name."""
    taken = seen.of_kind((name for name in seen.features if name not in seen.asked_for), "identifier")
    return [Finding("identifier" if seen.uses[name] == "identifier" else "kept", name) for name in taken]


def goes_with(values: pd.Series, labels: np.ndarray) -> bool:
    """Whether the numbers of an identifier go with the target far more than chance lets them."""
    kept = np.flatnonzero(values.notna().to_numpy())
    if len(kept) < _FEW:
        return False
    ranks = pd.Series(values.to_numpy(np.float64)[kept]).rank().to_numpy()
    labels, least = labels[kept], max(0.3, 4 / np.sqrt(len(kept) - 1))
    if labels.ndim == 1:
        return bool(np.sqrt(explained(ranks[:, None], labels)[0]) > least)
    return any(abs(correlation(ranks, pd.Series(column).rank().to_numpy())) > least for column in labels.T)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation of two columns (n_rows,); 0 where one has a single value."""
    if not (np.ptp(one) > 0 and np.ptp(other) > 0):
        return 0.0
    one, other = one - one.mean(), other - other.mean()
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def explained(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Share of the variance of values (n_rows, n_columns) that groups (n_rows,) explain: (n_columns,)."""
    _, places, counts = np.unique(groups, return_inverse=True, return_counts=True)
    means = np.column_stack([np.bincount(places, column) for column in values.T]) / counts[:, None]
    within, total = (((values - mean) ** 2).sum(axis=0) for mean in (means[places], values.mean(axis=0)))
    return np.where(total > 0, 1 - within / np.where(total > 0, total, 1), 0.0)
