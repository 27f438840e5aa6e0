"""How sure a mean over seeds and rows is for new seeds and new rows.

Its variance is clustered by rows and by seeds (`table`), and the ends of its interval are those over all cuts (`cuts`).

Losses that are told apart by decisions agree on most rows, and a class of a few rows may happen to hold none on which
they differ. So for each class half a row more is counted on which they do, as Jeffreys' prior for a share has it, with
the two degrees of freedom of a single row. Where they agree on all n rows that alone is the interval, ± 3 / n: the
rule of three. Where rows count by clusters, n is the number of clusters.

Neighbours in time are alike, and so are neighbouring blocks of them, if less so: their number says more of the degrees
of freedom than their sums do.

With ``seeds: {at_most: 60}`` seeds come in looks, and a comparison may end at each. Plain intervals at 10, 20 and 30
seeds would tell two equal losses apart in 11 of 100 comparisons. So every look has the same level, lower than 5 %, at
which a mean of independent, normal parts is taken for other than 0 in 5 % by any of the looks (Pocock 1977). What
looks have in common beside the earlier parts, as the same test rows, makes them more alike, and the error smaller.
"""

import math
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from stages.verdicts import cuts
from stages.verdicts.cuts import Cuts
from stages.verdicts.design import Design
from stages.verdicts.table import Table, by_seed, evenness

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
ROUNDING = 1e-12  # what is so much smaller than what it is the difference of is a matter of the last digits
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_TINY = 1e-10  # below, looks that err are so rare that no two of them do


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and rows, and how sure it is.

    Attributes:
        mean: over seeds, of the means over the rows that each tests.
        variance: of `mean`, clustered by rows and seeds; NaN for fewer than two seeds or two clusters of rows.
        lasting: the part of it that stays however many the seeds, as far as the same rows under several seeds tell; 0
            where no row was tested by two.
        df: degrees of freedom of `variance` (Satterthwaite).
        n_seeds: number of seeds.
        n_rows: number of rows that any seed tests.
        n_clusters: how many of these count.
        n_telling: how many of these, differing alike, would give as uneven a sum of squares: of a few that carry
            most of the variance their number.
        of_decisions: whether losses are told apart by decisions.
        below: the mean cut from above, which bounds it from below; None where there is no variance.
        above: the same of the mean with the other sign.
    """

    mean: float
    variance: float
    lasting: float
    df: float
    n_seeds: int
    n_rows: int
    n_clusters: int
    n_telling: float
    of_decisions: bool
    below: Cuts | None = field(compare=False)
    above: Cuts | None = field(compare=False)

    def interval(self, alpha: float = ALPHA) -> tuple[float, float]:
        """The interval that misses the true mean with probability `alpha`; NaN where there is no variance."""
        if self.below is None or self.above is None:
            return math.nan, math.nan
        return self.below.lower_end(alpha), -self.above.lower_end(alpha)

    @property
    def half_width(self) -> float:
        """How far the 95 % interval of the mean would reach to either side if no seed were cut."""
        return float(-stdtrit(self.df, ALPHA / 2)) * math.sqrt(self.variance) if self.variance else 0.0

    @cached_property
    def p(self) -> float:
        """Two-sided p-value of a mean of 0: at most alpha where the interval of that alpha excludes 0."""
        if self.below is None or self.above is None or not self.mean:
            return 1.0
        return (self.below if self.mean > 0 else self.above).p

    def lessened_by(self, n_seeds: int) -> float:
        """By what share of itself the variance would fall, if there were so many seeds in all; as far as is known."""
        if not self.variance > 0:
            return 0.0
        return (1 - self.n_seeds / n_seeds) * (1 - self.lasting / self.variance)

    def negated(self) -> "Estimate":
        """The same of the values with the other sign."""
        return replace(self, mean=-self.mean if self.mean else 0.0, below=self.above, above=self.below)


def estimate(values: np.ndarray, design: Design) -> Estimate:
    """Estimate the mean over seeds and rows.

    Args:
        values: (n_seeds, n_rows); those that are not tested are not read.
        design: which are.
    """
    sums, weights = design.sums(values), design.weights
    means = by_seed(sums, design.seed_of) * design.n_seeds
    rounding = ROUNDING * float(np.abs(sums).max() / weights.max())
    mean = float(means.mean()) if abs(means.mean()) > rounding else 0.0
    cells = design.seed_of, design.cluster_of, sums - weights * means[design.seed_of], weights
    table = Table(np.ones(len(means), bool), *cells, design.is_crossed)
    by_cluster, n = table.by_cluster(means), design.n_clusters
    unseen = (design.reach / n) ** 2 / 2
    result = Estimate(
        mean=mean,
        variance=math.nan,
        lasting=math.nan,
        df=math.nan,
        n_seeds=design.n_seeds,
        n_rows=design.n_rows,
        n_clusters=n,
        n_telling=float(evenness(by_cluster)) if (by_cluster**2).sum() > rounding**2 else 0.0,
        of_decisions=len(design.reach) > 0,
        below=None,
        above=None,
    )
    if design.n_seeds < 2 or n < 2:
        return result
    options = {"freedom_of_rows": n - 1.0 if design.in_time else None, "unseen": unseen}
    below, above = cuts.over_seeds_and_rows(means, table, **options)
    if below.variance <= rounding**2:
        nothing = replace(table, deviations=np.zeros_like(weights))
        below, above = cuts.over_seeds_and_rows(np.full_like(means, mean), nothing, **options)
    lasting = min(table.lasting_variance(means) + float(unseen.sum()), below.variance)
    return replace(result, variance=below.variance, lasting=lasting, df=below.df[0], below=below, above=above)


def over_seeds(values: np.ndarray, alpha: float = ALPHA) -> tuple[float, float]:
    """The interval of the mean of (n_seeds,) independent values, over all cuts; NaN for fewer than two."""
    if len(values) < 2:
        return math.nan, math.nan
    return cuts.over_seeds(values).lower_end(alpha), -cuts.over_seeds(-values).lower_end(alpha)


@cache
def level(n_looks: int) -> float:
    """How often the interval of one look may miss, so that one of `n_looks` does in 5 %: 0.0294 for 2 of them."""
    if n_looks == 1:
        return ALPHA
    from scipy.optimize import brentq  # takes a fifth of a second, which a single look does not need

    return float(brentq(lambda p: overall(p, n_looks) - ALPHA, ALPHA / n_looks, ALPHA))


def overall(p: float, n_looks: int) -> float:
    """How often one of `n_looks` has a two-sided p-value of at most `p` where there is no difference."""
    if n_looks == 1 or p >= 1:
        return min(p, 1.0)
    if p < _TINY:
        return n_looks * p
    bound = -float(ndtri(p / 2))
    # the density of the sum of the parts so far, where no look has erred, at points and with weights to integrate by
    points = bound * _NODES
    mass = np.exp(-(points**2) / 2) / math.sqrt(2 * math.pi) * bound * _WEIGHTS
    erred = p
    for look in range(2, n_looks + 1):
        end = bound * math.sqrt(look)
        erred += float(mass @ (ndtr(-end - points) + ndtr(-end + points)))
        onward = end * _NODES
        steps = np.exp(-((onward[:, None] - points) ** 2) / 2) / math.sqrt(2 * math.pi)
        points, mass = onward, (steps @ mass) * end * _WEIGHTS
    return min(erred, 1.0)
