"""What seeds and rows add to the variance of a mean over both.

Two networks that test on the same row are not independent, nor are two rows tested by the same network. So the
variance of the mean is clustered both ways (Cameron, Gelbach & Miller 2011): that of the rows' sums, plus that of the
seeds' sums, less that of the cells (row × seed), which both of them hold. One formula serves seeds that all test the
same rows and seeds that take turns on folds. Where rows count as one by clusters, sums are by cluster.

A variance has fewer degrees of freedom where a few of the sums that it comes from hold most of it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

ONE_EACH = 0.1  # below this share of what cells of one cluster have in common, what it adds cannot be told from theirs
FREEDOM_OF_ONE = 2  # degrees of freedom of the variance that a single row of many gives: see `freedom_of_sums`
NEAR = 1e-12  # so near to all alike is alike


@dataclass(frozen=True, eq=False)
class Table:
    """How the cells of some seeds, each a seed and a cluster, deviate from their seed's mean.

    Attributes:
        seeds: bool (n_all_seeds,), which of all these are.
        seed_of: (n_cells,) the place of each cell's seed among these, ascending; each has a cell.
        cluster_of: (n_cells,) the number of each cell's cluster, from 0; each has a cell.
        deviations: (n_cells,), weighted; each seed's sum is 0.
        weights: (n_cells,) what each cell counts, 1 in all.
        is_crossed: whether all seeds test the same rows.
    """

    seeds: np.ndarray
    seed_of: np.ndarray
    cluster_of: np.ndarray
    deviations: np.ndarray
    weights: np.ndarray
    is_crossed: bool

    @cached_property
    def n_seeds(self) -> int:
        """Number of these seeds."""
        return int(self.seeds.sum())

    @cached_property
    def n_clusters(self) -> int:
        """Number of clusters."""
        return int(self.cluster_of.max()) + 1

    def without(self, some: np.ndarray) -> "Table":
        """The table of the others, in which they count for all: `some` are the numbers of seeds to leave out."""
        seeds = self.seeds.copy()
        seeds[some] = False
        kept, share = seeds[self.seeds], self.n_seeds / seeds.sum()
        cells = kept[self.seed_of]
        is_seen = np.zeros(self.n_clusters, bool)
        is_seen[self.cluster_of[cells]] = True
        places = ((np.cumsum(which) - 1)[of[cells]] for which, of in ((kept, self.seed_of), (is_seen, self.cluster_of)))
        return Table(seeds, *places, self.deviations[cells] * share, self.weights[cells] * share, self.is_crossed)

    @cached_property
    def scatter(self) -> np.ndarray:
        """How far the rows of each seed scatter about its mean (n_seeds,), whatever that is."""
        return np.sqrt(self._by_seed(self.deviations**2) / self._by_seed(self.weights**2))

    def by_cluster(self, means: np.ndarray) -> np.ndarray:
        """The centred sums of the clusters (n_clusters,) where all seeds have these means (n_all_seeds,)."""
        return self._sums + self._of_clusters(centred(means[self.seeds])[self.seed_of] * self.weights)

    def variances(self, fixed: np.ndarray, cut: np.ndarray, sign: int) -> tuple[np.ndarray, np.ndarray]:
        """The variances that the clusters' sums and the cells give, as functions of a level c.

        Args:
            fixed: with `cut`, what seeds' means are at c: ``fixed + c * cut``, each (n_lines, n_all_seeds).
            cut: see `fixed`.
            sign: of these means, 1, or -1 where they are those of the values with the other sign.

        Returns:
            Two arrays (n_lines, 3) of coefficients of 1, c and c².
        """
        rows, cells = np.zeros((2, len(fixed), 3))
        rows[:, 0], cells[:, 0] = self._squares
        if not self.is_crossed:  # else sums by cluster are free of the seeds' means
            u, v = (centred(means[:, self.seeds]) for means in (fixed, cut))
            along, beside, overlap = self._products
            rows += _quadratic(u, v, sign * along, overlap)
            cells += _quadratic(u, v, sign * beside, np.diag(overlap.diagonal()))
        n_seeds, n_clusters, n_cells = self.n_seeds, self.n_clusters, len(self.weights)
        free = (n_seeds - 1) * (n_clusters - 1) if self.is_crossed else n_cells - 1
        return rows * n_clusters / max(n_clusters - 1, 1), cells * n_cells / max(free, 1)

    def lasting_variance(self, means: np.ndarray) -> float:
        """What clusters would add to the variance if there were no end of seeds, with means (n_all_seeds,) as they are.

        Cells of one cluster have in common what it adds, however many there are, and differ by what each adds by
        itself; 0 where no cluster has two.
        """
        nothing = np.zeros((1, len(means)))
        [[rows, *_]], [[cells, *_]] = self.variances(means[None], nothing, 1)
        of_sums, of_cells = (float(shares @ shares) for shares in (self._of_clusters(self.weights), self.weights))
        if self.is_crossed:  # its cells are without what the clusters' sums hold
            return max(rows - cells, 0.0)
        several = 1 - of_cells / of_sums
        return max(rows - cells, 0.0) / several if several > ONE_EACH else 0.0

    @cached_property
    def _squares(self) -> tuple[float, float]:
        """Sums of squares: of clusters, and of cells; of these, where seeds and clusters are crossed, of the rest."""
        cells = self.deviations - self._sums[self.cluster_of] / self.n_seeds if self.is_crossed else self.deviations
        return float(self._sums @ self._sums), float(cells @ cells)

    @cached_property
    def _products(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the weights of each seed with the clusters' sums, with its own deviations, and with the weights of all."""
        along = self._by_seed(self.weights * self._sums[self.cluster_of])
        overlap, of_one = np.empty((self.n_seeds, self.n_seeds)), np.zeros(self.n_clusters)
        for seed, cells in enumerate(of_seeds(self.seed_of)):
            of_one[self.cluster_of[cells]] = self.weights[cells]
            overlap[seed] = self._by_seed(self.weights * of_one[self.cluster_of])
            of_one[self.cluster_of[cells]] = 0.0
        return along, self._by_seed(self.weights * self.deviations), overlap

    @cached_property
    def _sums(self) -> np.ndarray:
        """Of each cluster (n_clusters,)."""
        return self._of_clusters(self.deviations)

    def _by_seed(self, values: np.ndarray) -> np.ndarray:
        """Values of cells summed by seed: (n_seeds,)."""
        return by_seed(values, self.seed_of)

    def _of_clusters(self, values: np.ndarray) -> np.ndarray:
        """Values of cells summed by cluster: (n_clusters,)."""
        return np.bincount(self.cluster_of, values, self.n_clusters)


def of_seeds(seed_of: np.ndarray) -> list[slice]:
    """The cells of each seed, where cells of one stand together: `seed_of` is the seed of each, ascending."""
    ends = np.cumsum(np.bincount(seed_of))
    return [slice(start, end) for start, end in zip([0, *ends[:-1]], ends, strict=True)]


def by_seed(values: np.ndarray, seed_of: np.ndarray) -> np.ndarray:
    """Values of cells summed by seed: (n_seeds,), each as precisely as NumPy sums."""
    return np.array([values[cells].sum() for cells in of_seeds(seed_of)])


def centred(values: np.ndarray) -> np.ndarray:
    """Less their mean over the last axis."""
    return values - values.mean(axis=-1, keepdims=True)


def _quadratic(u: np.ndarray, v: np.ndarray, linear: np.ndarray, square: np.ndarray) -> np.ndarray:
    """Coefficients (n, 3) of 1, c and c² of 2 a·w + w·S·w, where w is u + c v.

    Args:
        u: (n, n_seeds).
        v: (n, n_seeds).
        linear: (n_seeds,) a.
        square: (n_seeds, n_seeds) S.
    """
    by_u = u @ square
    constant = 2 * u @ linear + (by_u * u).sum(axis=1)
    return np.stack([constant, 2 * (v @ linear + (by_u * v).sum(axis=1)), ((v @ square) * v).sum(axis=1)], axis=1)


def evenness(sums: np.ndarray) -> np.ndarray:
    """Of n sums (…, n) with a mean of 0 the number k that would, if all were alike but for their sign, vary as they do.

    It is (Σg²)² / Σg⁴: k where k of the sums differ alike and the others do not, n / 3 where they are normal; 0 where
    none differs.
    """
    largest = np.abs(sums).max(axis=-1, keepdims=True)
    squares = (sums / np.where(largest > 0, largest, 1)) ** 2
    return squares.sum(axis=-1) ** 2 / np.maximum((squares**2).sum(axis=-1), np.finfo(np.float64).tiny)


def freedom_of_sums(sums: np.ndarray) -> np.ndarray:
    """Degrees of freedom of the variance that n centred sums (…, n) give.

    A variance s² of n sums varies by (μ₄ − σ⁴) / n, as that of normal sums with 2 σ⁴ n / (μ₄ − σ⁴) degrees of
    freedom: 2 (Σg²)² / (Σg⁴ − (Σg²)² / n), which for k = (Σg²)² / Σg⁴ is 2 k / (1 − k / n).
    """
    n, even = sums.shape[-1], evenness(sums)
    uneven = np.maximum(1 - even / n, NEAR)
    return np.where((even > 0) & (uneven > NEAR), np.clip(2 * even / uneven, 1.0, n - 1.0), n - 1.0)


def satterthwaite(variance: np.ndarray, parts: list[tuple[np.ndarray, np.ndarray | float]]) -> np.ndarray:
    """Degrees of freedom of a variance (n,) made of parts, each with its own: those of Satterthwaite (1946).

    Where nothing varies they are those of the part that has the fewest.

    Args:
        variance: what the parts come to.
        parts: each part (n,), and its degrees of freedom.
    """
    spread = sum(part**2 / df for part, df in parts)
    fewest = np.minimum.reduce([np.broadcast_to(df, variance.shape) for _, df in parts]).astype(np.float64)
    return np.maximum(np.divide(variance**2, spread, out=fewest, where=spread > 0), 1.0)
