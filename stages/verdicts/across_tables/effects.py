"""Random effects: the mean of a difference over all tables there could be, and what a new one may bring.

Tables are drawn, as it were, from all tables there could be, of which each has a true difference between two losses.
How these scatter is found by Paule & Mandel (1982), the interval of their mean by Hartung & Knapp (2001), not narrower
than that of the tables' own variances alone. What a new table may bring takes in how badly the scatter is known, by the
distribution of the squares that it is made of (Nagashima, Noma & Furukawa 2019). After twelve tables it holds the next
in 94 % and more; by Higgins, Thompson & Spiegelhalter (2009), as is usual, it would in 90 %.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, ndtri, stdtrit

from stages.verdicts.intervals import ALPHA

_POINTS = 200  # of each of two distributions
_LEAST = 1e-12  # a variance of 0 counts as this, in squared shares of an error


@dataclass(frozen=True)
class Pooled:
    """A difference between two losses over tables, in shares of a table's error, positive in favour of the first.

    Attributes:
        mean: over all tables there could be.
        low: with `high`, the 95 % interval of `mean`.
        high: see `low`.
        spread: how tables scatter about it: a standard deviation.
        new_low: with `new_high`, where the true difference on a new table lies with 95 %.
        new_high: see `new_low`.
    """

    mean: float
    low: float
    high: float
    spread: float
    new_low: float
    new_high: float


def random_effects(means: np.ndarray, variances: np.ndarray, alpha: float = ALPHA) -> Pooled | None:
    """The mean over all tables there could be, and what a new one may bring; None of fewer than three.

    Args:
        means: (n_tables,).
        variances: (n_tables,) of these.
        alpha: how often the interval of the mean misses it; that of a new table does in 5 %.
    """
    n = len(means)
    if n < 3:
        return None
    variances = np.maximum(variances, _LEAST)
    between = _between(means, variances)
    weights = 1 / (variances + between)
    mean = float(weights @ means / weights.sum())
    new_low, new_high = _of_a_new_table(means, variances)
    scale = max(float(weights @ (means - mean) ** 2) / (n - 1), 1.0)
    error = math.sqrt(scale / weights.sum())
    half = float(-stdtrit(n - 1, alpha / 2)) * error
    return Pooled(mean, mean - half, mean + half, math.sqrt(between), new_low, new_high)


def _between(means: np.ndarray, variances: np.ndarray) -> float:
    """By how much tables vary beyond their own variances: where the weighted squares come to what is expected."""

    def beyond(between: float) -> float:
        weights = 1 / (variances + between)
        return float(weights @ (means - weights @ means / weights.sum()) ** 2) - (len(means) - 1)

    if beyond(0.0) <= 0:
        return 0.0
    from scipy.optimize import brentq  # takes a fifth of a second, which few reports need

    most = float(np.sum((means - means.mean()) ** 2))  # there the sum is below 1
    return float(brentq(beyond, 0.0, most, xtol=1e-12 * max(most, _LEAST)))


def _of_a_new_table(means: np.ndarray, variances: np.ndarray) -> tuple[float, float]:
    """Between what the true difference on a new table lies with 95 %.

    How tables vary is not known well, so it is what each of the squares that chance may give would make of it.
    """
    chances = (np.arange(_POINTS) + 0.5) / _POINTS
    squares = chdtri(len(means) - 1, chances)
    most = float(np.sum((means - means.mean()) ** 2)) / squares.min()
    between = np.append(0.0, most * np.geomspace(1e-8, 1, _POINTS))[:, None]
    weights = 1 / (variances + between)
    centers = (weights @ means) / weights.sum(axis=1)
    seen = (weights * (means - centers[:, None]) ** 2).sum(axis=1)  # falls as tables vary more
    of_squares = np.interp(-squares, -seen, between[:, 0])[:, None]
    weights = 1 / (variances + of_squares)
    total = weights.sum(axis=1)
    drawn = (weights @ means / total)[:, None] + np.sqrt(of_squares + 1 / total[:, None]) * ndtri(chances)
    low, high = np.quantile(drawn, [ALPHA / 2, 1 - ALPHA / 2])
    return float(low), float(high)


def critical_difference(n_losses: int, n_tables: int) -> float:
    """How far the mean ranks of two losses must be apart to be told apart at 5 % (Nemenyi 1963, Demšar 2006)."""
    from scipy.stats import studentized_range  # takes half a second

    apart = studentized_range.ppf(1 - ALPHA, n_losses, np.inf)
    return float(apart) * math.sqrt(n_losses * (n_losses + 1) / 12 / n_tables)
