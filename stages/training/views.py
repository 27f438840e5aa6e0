"""The rows that all replicas share, and what each seed sees of them: which rows, and on which scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.records.plans import Scaling


@dataclass(frozen=True)
class Rows:
    """Features and targets of every row of a table.

    Attributes:
        features: (n_rows, n_features) in their own units, NaN where a value is missing; float32 where the view
            scales nothing, else float64.
        targets: classes as the loss wants them, (n_rows, n_outputs) or (n_rows,); or values (n_rows, n_targets),
            float64 in their own units where the view scales them.
        columns: float32 (n_rows, n_columns), what the loss sees of the table besides; None where it sees nothing.
    """

    features: np.ndarray
    targets: np.ndarray
    columns: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class View:
    """What each seed sees of the rows. Seeds of one split see the same.

    Attributes:
        split_of: integers (n_seeds,), each seed's split.
        train: by split, the numbers of the rows to learn from.
        test: by split, the numbers of the rows to measure on.
        scaling: the scale of each split, or None where rows are used as they are. Targets are left as they are
            where it has no numbers for them (classes).
        own_units: of values: (n_splits, 3, n_targets) numbers by which a metric measures in the target's own units:
            center and spread of the scaled target, and how many target units one unit of the dataset's scale is.
        weights: float32 (n_rows, 3), what each row counts in the loss that is learned from, in the loss that is
            measured, and in the metric; None where all count alike.
    """

    split_of: np.ndarray
    train: Sequence[np.ndarray]
    test: Sequence[np.ndarray]
    scaling: Scaling | None = None
    own_units: np.ndarray | None = None
    weights: np.ndarray | None = None

    @property
    def n_train(self) -> int:
        """Rows that every seed sees in an epoch: as many as the largest of their splits has."""
        return max(len(self.train[split]) for split in self.split_of)

    def n_steps(self, batch_size: int) -> int:
        """Batches of an epoch; the last holds what is left."""
        return -(-self.n_train // batch_size)

    def in_order(self, orders: Sequence[np.ndarray]) -> np.ndarray:
        """The row numbers that each seed sees in an epoch: int32 (n_seeds, n_train).

        Args:
            orders: for each seed, a permutation of its number of train rows. A seed with fewer than the largest
                goes through its own again from the start.
        """
        numbers, n_train = np.empty((len(orders), self.n_train), np.int32), self.n_train
        for line, split, order in zip(numbers, self.split_of, orders, strict=True):
            rows = self.train[split][order]
            line[:] = rows if len(rows) == n_train else np.resize(rows, n_train)
        return numbers

    def tested(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows to measure on: row numbers int32 (n_lines, n_test) and how many of them count (n_lines,).

        There is one line for all seeds where all have the same split, else one for each seed; where a seed has
        fewer than the largest, its line goes on from the start with rows that do not count.
        """
        splits = self.split_of[:1] if len(set(self.split_of)) == 1 else self.split_of
        numbers = [self.test[split] for split in splits]
        sizes = np.array([len(rows) for rows in numbers])
        return np.stack([np.resize(rows, sizes.max()) for rows in numbers]).astype(np.int32), sizes

    def numbers_of(self, wanted: np.ndarray) -> np.ndarray:
        """The numbers of rows that are wanted: of all (n_rows,) where they are half of them, else (n_seeds, n_wanted).

        Args:
            wanted: bool (n_splits, n_rows). Where a seed has fewer than another its line starts again.
        """
        if 2 * wanted.sum() >= wanted.size:
            return np.arange(wanted.shape[1])
        numbers = [np.flatnonzero(wanted[split]) for split in self.split_of]
        return np.stack([np.resize(rows, max(map(len, numbers))) for rows in numbers])
