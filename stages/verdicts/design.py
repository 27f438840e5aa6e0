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
        """What each cell counts, a seed and a cluster of which it tests a row: (n_cells,), 1 in all."""
        return self.sums(np.ones(self.tested.shape))

    @cached_property
    def seed_of(self) -> np.ndarray:
        """The seed of each cell: integers (n_cells,), ascending."""
        return self._cells[0]

    @cached_property
    def cluster_of(self) -> np.ndarray:
        """The cluster of each cell: integers (n_cells,), from 0 to `n_clusters` less 1."""
        return self._cells[1]

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Values (n_seeds, n_rows), weighted, summed over each cell: (n_cells,), whose total is the mean.

        Those that are not tested are not read.
        """
        weighted = values[self._places] * self._of_a_row
        return weighted if self.clusters is None else np.add.reduceat(weighted, self._cells[2])

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
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """The seed and the row of all that is tested and counts, seed by seed, and the rows of one cluster together."""
        seeds, places = np.nonzero(self.tested[:, self._rows])
        return seeds, self._rows[places]

    @cached_property
    def _cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each cell its seed, its cluster, and where in `_places` it begins: integers (n_cells,)."""
        seeds, rows = self._places
        number = np.empty(self.tested.shape[1], np.intp)  # of a row's cluster
        number[self._rows] = np.repeat(np.arange(self.n_clusters), np.diff([*self._starts, len(self._rows)]))
        clusters = number[rows]
        begins = np.flatnonzero(np.diff(seeds, prepend=-1) | np.diff(clusters, prepend=-1))
        return seeds[begins], clusters[begins], begins

    @cached_property
    def _of_a_row(self) -> np.ndarray:
        """What each of `_places` counts."""
        seeds, rows = self._places
        counts = np.ones(len(rows)) if self.counts is None else self.counts[rows]
        return counts / (self.n_seeds * np.bincount(seeds, counts))[seeds]


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
