"""How sure a mean over seeds and rows is for new seeds and new rows.

Two networks that test on the same row are not independent, nor are two rows tested by the same network. So the
variance of the mean is clustered both ways (Cameron, Gelbach & Miller 2011): that of the rows' sums, plus that of the
seeds' sums, less that of the cells (row × seed), which both of them hold. One formula serves seeds that all test the
same rows and seeds that take turns on folds.

Losses that are told apart by decisions agree on most rows, and a class of a few rows may happen to hold none on which
they differ. So for each class half a row more is counted on which they do, as Jeffreys' prior for a share has it, with
the two degrees of freedom of a single row. Where they agree on all n rows that alone is the interval, ± 3 / n: the
rule of three.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
FREEDOM_OF_ONE = 2  # degrees of freedom of the variance that a single row of many gives: see `_freedom`
ROUNDING = 1e-12  # what is so much smaller than what it is the difference of is a matter of the last digits


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and rows, and how sure it is.

    Attributes:
        mean: over seeds, of the means over the rows that each tests.
        variance: of `mean`, clustered by rows and seeds; NaN for fewer than two seeds or two rows.
        rows_variance: the part of it that more rows would lessen, however many the seeds.
        df: degrees of freedom of `variance` (Satterthwaite).
        n_seeds: number of seeds.
        n_rows: number of rows that any seed tests.
        n_telling: how many rows, differing alike, would give as uneven a sum of squares: of a few rows that carry
            most of the variance their number.
        of_decisions: whether losses are told apart by decisions.
    """

    mean: float
    variance: float
    rows_variance: float
    df: float
    n_seeds: int
    n_rows: int
    n_telling: float
    of_decisions: bool

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.mean - self._half_width(ALPHA / 2)

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.mean + self._half_width(ALPHA / 2)

    @property
    def p(self) -> float:
        """Two-sided p-value of a mean of 0: at most 0.05 where the 95 % interval excludes 0, and only there."""
        if math.isnan(self.variance) or self.mean == 0:
            return 1.0
        return float(2 * stdtr(self.df, -abs(self.mean) / math.sqrt(self.variance))) if self.variance else 0.0

    def upper_bound(self, alpha: float) -> float:
        """The one-sided upper bound that the true mean exceeds with probability `alpha` at most."""
        return self.mean + self._half_width(alpha)

    def negated(self) -> "Estimate":
        """The same of the values with the other sign."""
        return replace(self, mean=-self.mean if self.mean else 0.0)

    def _half_width(self, tail: float) -> float:
        """How far an interval reaches to a side on which it misses the true mean with probability `tail`."""
        return float(-stdtrit(self.df, tail)) * math.sqrt(self.variance) if self.variance else 0.0


def estimate(values: np.ndarray, tested: np.ndarray, *, reach: np.ndarray) -> Estimate:
    """Estimate the mean over seeds and rows.

    Args:
        values: (n_seeds, n_rows); those that are not tested are not read.
        tested: bool (n_seeds, n_rows), at least one row for each seed.
        reach: (n_kinds,) the most that a row of each kind can tell two losses apart, as of `row_values.reach`.
    """
    n_seeds, n_rows = tested.shape
    means, squares, largest = np.empty(n_seeds), np.empty(n_seeds), 0.0
    sums, weights = np.zeros(n_rows), np.zeros(n_rows)
    for seed in range(n_seeds):
        rows = np.flatnonzero(tested[seed])
        own, weight = values[seed, rows], 1 / (n_seeds * len(rows))
        means[seed] = own.mean()
        squares[seed] = weight**2 * ((own - means[seed]) ** 2).sum()
        sums[rows] += weight * own
        weights[rows] += weight
        largest = max(largest, float(np.abs(own).max()))
    mean = float(means.mean())
    seen, n_cells = weights > 0, int(tested.sum())
    by_row, by_seed = (sums - mean * weights)[seen], (means - mean) / n_seeds
    cells = float((squares + by_seed**2 / tested.sum(axis=1)).sum())
    rows_variance, seeds_variance = _clustered(by_row), _clustered(by_seed)
    if crossed := bool((tested == tested[0]).all()):
        # sums by row and by seed are free of each other's variance here, which the cells must not take off again
        cells -= float((by_row**2).sum() / n_seeds + (by_seed**2).sum() / len(by_row))
    free = (n_seeds - 1) * (len(by_row) - 1) if crossed else n_cells - 1
    cells *= n_cells / free if free else 0.0
    unseen = (reach / len(by_row)) ** 2 / 2
    variance = max(rows_variance + unseen.sum() + seeds_variance - cells, rows_variance + unseen.sum(), seeds_variance)
    if n_seeds < 2 or len(by_row) < 2:
        variance = df = math.nan
    elif variance <= (ROUNDING * largest) ** 2:
        variance, df = 0.0, math.inf
    else:
        rows, seeds = rows_variance**2 / _freedom(by_row), seeds_variance**2 / _freedom(by_seed)
        df = max(variance**2 / (rows + seeds + (unseen**2).sum() / FREEDOM_OF_ONE), 1.0)
    return Estimate(
        mean=mean if abs(mean) > ROUNDING * largest else 0.0,
        variance=float(variance),
        rows_variance=rows_variance + float(unseen.sum()),
        df=float(df),
        n_seeds=n_seeds,
        n_rows=len(by_row),
        n_telling=_evenness(by_row) if rows_variance > (ROUNDING * largest) ** 2 else 0.0,
        of_decisions=len(reach) > 0,
    )


def over_seeds(values: np.ndarray) -> tuple[float, float]:
    """The 95 % interval of the mean of (n_seeds,) independent values (Student's t); NaN for fewer than two."""
    n = len(values)
    if n < 2:
        return math.nan, math.nan
    half_width = float(stdtrit(n - 1, 1 - ALPHA / 2) * values.std(ddof=1) / math.sqrt(n))
    return float(values.mean()) - half_width, float(values.mean()) + half_width


def _clustered(sums: np.ndarray) -> float:
    """The variance of the total of n sums (n,) that are independent of each other and centred."""
    n = len(sums)
    return float((sums**2).sum()) * n / (n - 1) if n > 1 else 0.0


def _evenness(sums: np.ndarray) -> float:
    """Of n sums (n,) with a mean of 0 the number k that would, if all were alike but for their sign, vary as they do.

    It is (Σg²)² / Σg⁴: k where k of the sums differ alike and the others do not, n / 3 where they are normal.
    """
    largest = np.abs(sums).max()
    if not largest:
        return 0.0
    squares = (sums / largest) ** 2
    return float(squares.sum() ** 2 / (squares**2).sum())


def _freedom(sums: np.ndarray) -> float:
    """Degrees of freedom of the variance that n centred sums (n,) give: fewer where a few sums hold most of it.

    A variance s² of n sums varies by (μ₄ − σ⁴) / n, as that of normal sums with 2 σ⁴ n / (μ₄ − σ⁴) degrees of
    freedom: 2 (Σg²)² / (Σg⁴ − (Σg²)² / n), which for k = (Σg²)² / Σg⁴ is 2 k / (1 − k / n).
    """
    n, even = len(sums), _evenness(sums)
    return min(max(2 * even / (1 - even / n), 1.0), n - 1.0) if even < n * (1 - ROUNDING) else n - 1.0
