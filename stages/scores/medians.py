"""The median absolute error, and what each row adds to it."""

import numpy as np

from stages.scores.statistic import Statistic, WeightedRows


class MedianAbsoluteError(Statistic):
    """The median of absolute errors; of several target columns the mean of theirs."""

    def value(self, rows: WeightedRows) -> float:
        """The score, in target units."""
        return float(np.mean([median(column, rows.weights) for column in np.abs(rows.errors).T]))

    def row_values(self, rows: WeightedRows, reference: np.ndarray) -> np.ndarray:
        """The median, and for each row on which side of it it lies."""
        del reference
        return np.mean([_sides(rows, column) for column in np.abs(rows.errors).T], axis=0)


def median(values: np.ndarray, weights: np.ndarray | None) -> float:
    """The median of values (n_rows,), by what each counts."""
    return quantile(values, 0.5, weights)


def quantile(values: np.ndarray, share: float, weights: np.ndarray | None) -> float:
    """The quantile of values (n_rows,) below which a share of them is, by what each counts.

    Where a share is reached exactly it is halfway between two values, as a median of two is.
    """
    if weights is None:
        return float(np.quantile(values, share, method="averaged_inverted_cdf"))
    ends = (sign * _least(sign * values, part, weights) for sign, part in ((1, share), (-1, 1 - share)))
    return float(sum(ends) / 2)


def _least(values: np.ndarray, share: float, weights: np.ndarray) -> float:
    """The least of these values at which the share is reached."""
    return float(np.quantile(values, share, weights=weights, method="inverted_cdf"))


def _sides(rows: WeightedRows, errors: np.ndarray) -> np.ndarray:
    """By how much a row on one side moves the median is 1 / (2 f), with f the density there.

    It is taken from the quantiles beside it at Bofinger's (1975) distance, for as many rows as there are that are no
    copies. The mean is the median exactly.
    """
    middle, n = median(errors, rows.weights), len(np.unique(errors))
    distance = min(0.6 * n**-0.2, 0.45)  # Bofinger's (4.5 φ(0)⁴ / n)^(1/5), whose factor at the median is 0.65 and less
    low, high = (quantile(errors, 0.5 + sign * distance, rows.weights) for sign in (-1, 1))
    sides = (errors > middle).astype(np.float64)
    return middle + (high - low) / (2 * distance) * (sides - rows.mean(sides))
