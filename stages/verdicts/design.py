"""Which rows each seed tests, and which of them count as one: those of a group or equal ones, and neighbours in time.

Rows that are alike say less than as many rows that are not. Taken for independent they give 23 to 31 % false calls at
5 % in groups, and 23 and 53 % in time (where a row's difference correlates by 0.5 and 0.8 with the row before it).

How long time remembers is not known, so rows in its order are divided into ten blocks, whose sums are nearly
independent where a block is much longer than that; with more, shorter blocks they are less so.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

BLOCKS = 10
# intervals are a little too narrow below: 85 % hold the truth with ten groups of unequal size, 90 % with twenty
FEWEST_GROUPS = 20
# 88, 91 and 93 % do with 100, 160 and 250 test rows that correlate by 0.8 with the row before
FEWEST_IN_TIME = 150


@dataclass(frozen=True, eq=False)
class Design:
    """What a mean over seeds and rows is over: each seed counts alike, and each of the rows that it tests.

    Attributes:
        tested: bool (n_seeds, n_rows), which rows each seed tests: at least one.
        reach: (n_kinds,) the most that a row of each kind can tell two losses apart, as of `row_values.reach`.
        clusters: integers (n_rows,): rows with the same number count as one; None where every row counts by itself.
        in_time: whether clusters are neighbours in the order of time, of which the number says all: see `intervals`.
        counts: (n_rows,) what each row counts, above 0 for one at least that each seed tests; None where all count
            alike. A row that counts k is as k rows that are one cluster.
    """

    tested: np.ndarray
    reach: np.ndarray
    clusters: np.ndarray | None = None
    in_time: bool = False
    counts: np.ndarray | None = None

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return len(self.tested)

    @property
    def n_rows(self) -> int:
        """Number of rows that any seed tests, and that count."""
        return len(self._rows)

    @cached_property
    def n_clusters(self) -> int:
        """Of these rows, how many count: clusters, or rows where each counts by itself."""
        return len(self._starts)

    @cached_property
    def is_crossed(self) -> bool:
        """Whether all seeds test the same rows."""
        return bool((self.tested == self.tested[0]).all())

    @cached_property
    def weights(self) -> np.ndarray:
        """What each cell counts, a seed and a cluster, 1 in all: (n_seeds, n_clusters)."""
        return self.sums(np.ones(self.tested.shape))

    @cached_property
    def overlap(self) -> np.ndarray:
        """How much two seeds share: (n_seeds, n_seeds), the products of their weights, summed over clusters."""
        return self.weights @ self.weights.T

    @cached_property
    def n_cells(self) -> int:
        """How many cells there are."""
        return int((self.weights > 0).sum())

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Values (n_seeds, n_rows), weighted, summed over each cluster: (n_seeds, n_clusters), whose total is the mean.

        Those that are not tested are not read.
        """
        weighted = np.where(self._cells, values[:, self._rows], 0.0)
        weighted *= self._of_a_row
        return weighted if self.clusters is None else np.add.reduceat(weighted, self._starts, axis=1)

    def means(self, values: np.ndarray) -> np.ndarray:
        """The mean of each seed (n_seeds,) over the rows that it tests, of (n_seeds, n_rows); NaN where it failed."""
        return scores_of(values, self.tested, self.counts)

    def of_seeds(self, which: np.ndarray) -> "Design":
        """The same with some of the seeds: bool (n_seeds,)."""
        return self if which.all() else replace(self, tested=self.tested[which])

    def first(self, n_seeds: int) -> "Design":
        """The same with the first seeds alone."""
        return self if n_seeds == self.n_seeds else replace(self, tested=self.tested[:n_seeds])

    @cached_property
    def _rows(self) -> np.ndarray:
        """The numbers of the rows that any seed tests, and that count, those of one cluster together."""
        is_seen = self.tested.any(axis=0)
        rows = np.flatnonzero(is_seen if self.counts is None else is_seen & (self.counts > 0))
        return rows if self.clusters is None else rows[np.argsort(self.clusters[rows], kind="stable")]

    @cached_property
    def _starts(self) -> np.ndarray:
        """Where among these each cluster begins."""
        if self.clusters is None:
            return np.arange(len(self._rows))
        return np.unique(self.clusters[self._rows], return_index=True)[1]

    @cached_property
    def _cells(self) -> np.ndarray:
        """Bool (n_seeds, n_rows that any seed tests)."""
        return self.tested[:, self._rows]

    @cached_property
    def _of_a_row(self) -> np.ndarray:
        """What each row counts that a seed tests: (n_seeds, 1 or as many as there are)."""
        if self.counts is None:
            return 1 / (self.n_seeds * self.tested.sum(axis=1, keepdims=True))
        counts = self.counts[self._rows]
        return counts / (self.n_seeds * (self._cells * counts).sum(axis=1, keepdims=True))


def scores_of(values: np.ndarray, tested: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """The score of each seed (n_seeds,) from its rows' values (n_seeds, n_rows); NaN where the seed failed.

    Args:
        values: those of rows that are not tested are not read.
        tested: bool (n_seeds, n_rows).
        counts: (n_rows,) what each row counts; None where all count alike.
    """
    shares = tested if counts is None else np.where(tested, counts, 0.0)
    return np.where(tested, values if counts is None else values * counts, 0.0).sum(axis=1) / shares.sum(axis=1)


def blocks(tested: np.ndarray) -> np.ndarray:
    """The block of each row, integers (n_rows,): ten of neighbours among the rows that any seed tests.

    Args:
        tested: bool (n_seeds, n_rows), of rows in the order of time.
    """
    numbers = np.zeros(tested.shape[1], int)
    for block, rows in enumerate(np.array_split(np.flatnonzero(tested.any(axis=0)), BLOCKS)):
        numbers[rows] = block
    return numbers
