"""The rows that all replicas share, and what each seed sees of them: which rows, and in which units.

Features and targets are held once, whatever the number of seeds. Where all seeds scale them alike, that is
done once, in NumPy. Otherwise they are held on a scale common to all seeds, and each seed's rows are put on
its own scale as they are gathered. The common scale is computed in float64, so that float32 loses nothing of
columns far from 0, such as seconds since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stages.engine.backend import tf
from stages.records.plans import Scaling

# rows that are put on a scale at once: it bounds the memory
SCALED_ROWS = 65_536


@dataclass(frozen=True)
class Rows:
    """Features and targets of every row of a table.

    Attributes:
        features: (n_rows, n_features) in their own units, NaN where a value is missing; float32 where the view
            scales nothing, else float64.
        targets: classes as the loss wants them, (n_rows, n_outputs) or (n_rows,); or values (n_rows, n_targets),
            float64 in their own units where the view scales them.
    """

    features: np.ndarray
    targets: np.ndarray

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
    """

    split_of: np.ndarray
    train: Sequence[np.ndarray]
    test: Sequence[np.ndarray]
    scaling: Scaling | None = None
    own_units: np.ndarray | None = None

    @property
    def n_train(self) -> int:
        """Rows that every seed sees in an epoch: as many as the largest of their splits has."""
        return max(len(self.train[split]) for split in self.split_of)

    def in_order(self, orders: Sequence[np.ndarray]) -> np.ndarray:
        """The row numbers that each seed sees in an epoch: int32 (n_seeds, n_train).

        Args:
            orders: for each seed, a permutation of its number of train rows. A seed with fewer than the largest
                goes through its own again from the start.
        """
        numbers, n_train = np.empty((len(orders), self.n_train), np.int32), self.n_train
        for own, split, order in zip(numbers, self.split_of, orders, strict=True):
            own[:] = np.resize(self.train[split][order], n_train)
        return numbers

    def tested(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows to measure on: row numbers int32 (n_lines, n_test) and how many of them count (n_lines,).

        There is one line for all seeds where all have the same split, else one for each seed; where a seed has
        fewer than the largest, its line goes on from the start with rows that do not count.
        """
        splits = self.split_of[:1] if len(set(self.split_of)) == 1 else self.split_of
        numbers = [self.test[split] for split in splits]
        sizes = np.array([len(own) for own in numbers])
        return np.stack([np.resize(own, sizes.max()) for own in numbers]).astype(np.int32), sizes


class _Scale(NamedTuple):
    """Numbers that put each seed's values on its own scale, ``(value - center) * factor``; float32 (n_seeds, 1, n)."""

    center: tf.Tensor
    factor: tf.Tensor
    fill: tf.Tensor | None = None  # what stands for a missing value, where any is missing

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Values (n_rows, n) or (n_seeds, n_rows, n) as each seed sees them: (n_seeds, n_rows, n)."""
        if self.fill is not None:
            values = tf.where(tf.math.is_nan(values), self.fill, values)
        return (values - self.center) * self.factor


def shared_features(features: np.ndarray, view: View) -> tuple[np.ndarray, _Scale | None]:
    """Features as all seeds share them, float32 (n_rows, n_features), and the scale of each seed, if they differ."""
    if view.scaling is None:
        return features, None
    return _shared(features, view.split_of, view.scaling.center, view.scaling.spread, view.scaling.fill)


def shared_targets(targets: np.ndarray, view: View) -> tuple[np.ndarray, _Scale | None]:
    """Targets as all seeds share them, and the scale of each seed, if they differ."""
    if view.scaling is None or not view.scaling.target_center.size:
        return targets, None
    center, spread = view.scaling.target_center, view.scaling.target_spread
    return _shared(targets, view.split_of, center, spread, center)


def _shared(
    values: np.ndarray, split_of: np.ndarray, center: np.ndarray, spread: np.ndarray, fill: np.ndarray
) -> tuple[np.ndarray, _Scale | None]:
    missing = np.isnan(values).any(axis=0)
    # what stands for a missing value matters in columns that miss one
    numbers = center, spread, np.where(missing, fill, 0)
    if all((array[split_of] == array[split_of[0]]).all() for array in numbers):
        return _scaled(values, *(array[split_of[0]] for array in (center, spread, fill))), None
    # the middle one of the seeds' scales: whatever one seed's outlier does to its own, float32 holds the others
    common, unit = np.median(center[split_of], axis=0), np.median(spread[split_of], axis=0)
    shared = _scaled(values, common, unit, np.full_like(common, np.nan))

    def by_seed(array: np.ndarray) -> tf.Tensor:
        return tf.constant(array[split_of][:, None], tf.float32)

    own_fill = by_seed((fill - common) / unit) if missing.any() else None
    return shared, _Scale(by_seed((center - common) / unit), by_seed(unit / spread), own_fill)


def _scaled(values: np.ndarray, center: np.ndarray, spread: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """Values (n_rows, n) on one scale, float32, computed in float64; `fill` stands for missing ones."""
    scaled = np.empty(values.shape, np.float32)
    for start in range(0, len(values), SCALED_ROWS):
        block = values[start : start + SCALED_ROWS].astype(np.float64)
        scaled[start : start + SCALED_ROWS] = (np.where(np.isnan(block), fill, block) - center) / spread
    return scaled
