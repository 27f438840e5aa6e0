"""Rows on the scale of each seed.

Features and targets are held once, whatever the number of seeds. Where all seeds scale them alike, that is
done once, in NumPy. Otherwise they are held on a scale common to all seeds, and each seed's rows are put on
its own scale as they are gathered. The common scale is computed in float64, so that float32 loses nothing of
columns far from 0, such as seconds since 1970.
"""

import math
from typing import NamedTuple

import numpy as np

from stages.training.backend import tf
from stages.training.views import Rows, View

# rows that are put on a scale at once, and numbers of rows with many: it bounds the memory
SCALED_ROWS, SCALED_VALUES = 65_536, 1 << 24


class Scale(NamedTuple):
    """Numbers that put each seed's values on its own scale, ``(value - center) * factor``.

    Each is float32 (n_seeds, 1, …), of as many axes as the values, along some of which it may have a single number.
    """

    center: tf.Tensor
    factor: tf.Tensor
    fill: tf.Tensor | None = None  # what stands for a missing value, where any is missing

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """Values (n_rows, …) or (n_seeds, n_rows, …) as each seed sees them: (n_seeds, n_rows, …)."""
        if self.fill is not None:
            values = tf.where(tf.math.is_nan(values), self.fill, values)
        return (values - self.center) * self.factor


def shared_features(features: np.ndarray, view: View) -> tuple[np.ndarray, Scale | None]:
    """Give the features that all seeds share, float32 (n_rows, …), and each seed's scale, if they differ."""
    if view.scaling is None:
        return features, None
    return _shared(features, view.split_of, view.scaling.center, view.scaling.spread, view.scaling.fill)


def shared_targets(targets: np.ndarray, view: View) -> tuple[np.ndarray, Scale | None]:
    """Give the targets that all seeds share, and each seed's scale, if they differ."""
    if view.scaling is None or not view.scaling.target_center.size:
        return targets, None
    # where each position of a row has targets, all positions share a scale
    shape = -1, *[1] * (targets.ndim - 2), targets.shape[-1]
    center, spread = view.scaling.target_center.reshape(shape), view.scaling.target_spread.reshape(shape)
    return _shared(targets, view.split_of, center, spread, center)


def _shared(
    values: np.ndarray, split_of: np.ndarray, center: np.ndarray, spread: np.ndarray, fill: np.ndarray
) -> tuple[np.ndarray, Scale | None]:
    missing = _missing(values)
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
    return shared, Scale(by_seed((center - common) / unit), by_seed(unit / spread), own_fill)


def _missing(values: np.ndarray) -> np.ndarray:
    """Which numbers of a row are missing in any: bool, of the shape of a row, or a single one where none can be."""
    return np.isnan(values).any(axis=0) if values.dtype.kind == "f" else np.zeros((), bool)


def _scaled(values: np.ndarray, center: np.ndarray, spread: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """Values (n_rows, …) on one scale, float32, computed in float64; `fill` stands for missing ones."""
    scaled = np.empty(values.shape, np.float32)
    size = max(1, min(SCALED_ROWS, SCALED_VALUES // max(1, math.prod(values.shape[1:]))))
    for start in range(0, len(values), size):
        block = values[start : start + size].astype(np.float64)
        scaled[start : start + size] = (np.where(np.isnan(block), fill, block) - center) / spread
    return scaled


class Shared(NamedTuple):
    """What training reads in every epoch.

    Attributes:
        rows: of all rows their ``features`` and ``targets``, where they count differently their `View.weights`, and
            where the loss sees some their `Rows.columns`.
        scales: of features and targets, those that seeds do not share.
        tested: int32 (n_lines, n_test), see `View.tested`.
        counts: float32 (n_lines, n_test), 1 where a row of `tested` counts, else 0.
        totals: by what sums over `tested` are divided, see `_totals`.
        own_units: of values: (n_replicas, 3, n_targets), see `View.own_units`.
        parameters: (n_replicas, n_parameters), those of the loss that candidates differ in.
    """

    rows: dict[str, tf.Tensor]
    scales: dict[str, Scale]
    tested: tf.Tensor
    counts: tf.Tensor
    totals: tf.Tensor
    own_units: tuple[tf.Tensor, ...]
    parameters: tf.Tensor


def share(rows: Rows, view: View, parameters: np.ndarray) -> Shared:
    """Collect the arrays that every epoch of a training reads.

    Args:
        rows: the rows.
        view: what each seed sees of them.
        parameters: (n_replicas, n_parameters), see `Shared`.
    """
    features, feature_scale = shared_features(rows.features, view)
    targets, target_scale = shared_targets(rows.targets, view)
    tested, n_tested = view.tested()
    seen = {"features": features, "targets": targets, "weights": view.weights, "columns": rows.columns}
    scales = {"features": feature_scale, "targets": target_scale}
    units, n_candidates = () if view.own_units is None else (view.own_units,), len(parameters) // len(view.split_of)
    return Shared(
        rows={name: tf.constant(values) for name, values in seen.items() if values is not None},
        scales={name: scale for name, scale in scales.items() if scale is not None},
        tested=tf.constant(tested),
        counts=tf.constant(np.arange(tested.shape[1]) < n_tested[:, None], tf.float32),
        totals=_totals(n_tested, tested, view.weights, len(parameters)),
        own_units=tuple(
            tf.constant(np.repeat(numbers[view.split_of], n_candidates, axis=0), tf.float32) for numbers in units
        ),
        parameters=tf.constant(parameters),
    )


def _totals(n_tested: np.ndarray, tested: np.ndarray, weights: np.ndarray | None, n_replicas: int) -> tf.Tensor:
    """Count what sums over rows are divided by: float32 (n_replicas, 1), or of the loss and the metric (n_replicas, 2).

    Args:
        n_tested: (n_lines,) how many of the first of `tested` count.
        tested: (n_lines, n_test) row numbers.
        weights: as `View.weights`.
        n_replicas: a multiple of the lines.
    """
    totals = n_tested[:, None].astype(np.float64)
    if weights is not None:
        counted = [weights[line[:size], 2].sum(dtype=np.float64) for line, size in zip(tested, n_tested, strict=True)]
        totals = np.column_stack([totals, np.maximum(counted, np.finfo(np.float32).tiny)])
    return tf.constant(np.repeat(totals, n_replicas // len(totals), axis=0), tf.float32)
