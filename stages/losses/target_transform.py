"""What a loss makes of a target of values before it is trained with: its target transform, and the way back.

A transform changes the values (``log``: the logarithm of 1 + value) and then puts them on a scale that is fitted on
train rows: ``(changed - center) / spread``. Losses of one comparison may have different transforms; what they predict
is put back into the target's own units, in which all of them are scored.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, get_args

import numpy as np

TargetTransform = Literal["standard", "minmax", "robust", "none", "ratio", "log"]
# of targets with a head each: numbers by ``standard``, yes/no targets, which are 0 and 1, as they are
Transform = TargetTransform | Literal["of heads"]
TARGET_TRANSFORMS: tuple[TargetTransform, ...] = get_args(TargetTransform)
# those that leave a target that is never negative so, as losses want it that are not defined below 0
NEVER_NEGATIVE: tuple[TargetTransform, ...] = ("minmax", "none", "ratio")

FURTHEST_LOG = 44.0  # e to this is 1e19, whose square float32 can hold; a network that goes further has diverged


class Scale(NamedTuple):
    """Numbers that scale a target, each (n_targets,): ``value = scaled * spread + center``."""

    center: np.ndarray
    spread: np.ndarray


def apply(transform: Transform | None, values: np.ndarray) -> np.ndarray:
    """Values (n_rows, n_targets), 0 or more for ``log``, as they are before they are scaled."""
    return np.log1p(values) if transform == "log" else values


def invert(transform: Transform | None, values: np.ndarray) -> np.ndarray:
    """The way back from `apply`, of arrays of any shape."""
    return np.expm1(np.minimum(values, FURTHEST_LOG)) if transform == "log" else values


def slope(transform: Transform | None, values: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """How many target units one scaled unit comes to at values, which `restored` gave.

    Args:
        transform: the target transform.
        values: (..., n_targets) in target units.
        spread: (n_targets,) of the `Scale`.
    """
    return np.broadcast_to(spread * (1 + values) if transform == "log" else spread, values.shape)


def fit(transform: Transform, values: np.ndarray) -> Scale:
    """Fit the scale of a target transform, as scikit-learn's scalers do; what has no spread has the spread 1.

    Args:
        transform: the target transform.
        values: (n_rows, n_targets) of the rows to fit on, in the target's own units.
    """
    center, spread = _FITTED[transform](apply(transform, values))
    return Scale(center, np.where(spread == 0, 1.0, spread))


def _standard(values: np.ndarray) -> Scale:
    return Scale(values.mean(axis=0), values.std(axis=0))


def _minmax(values: np.ndarray) -> Scale:
    return Scale(values.min(axis=0), np.ptp(values, axis=0))


def _robust(values: np.ndarray) -> Scale:
    low, middle, high = np.percentile(values, [25, 50, 75], axis=0)
    return Scale(middle, high - low)


def has_no_range(values: np.ndarray) -> np.ndarray:
    """Which columns of values (n_rows, n_columns) have no interquartile range: the middle half are one value."""
    low, high = np.percentile(values, [25, 75], axis=0)
    return low == high


def _none(values: np.ndarray) -> Scale:
    return Scale(np.zeros(values.shape[1]), np.ones(values.shape[1]))


def _ratio(values: np.ndarray) -> Scale:
    return Scale(np.zeros(values.shape[1]), values.mean(axis=0))


def _of_heads(values: np.ndarray) -> Scale:
    is_share, scale = np.isin(values, (0, 1)).all(axis=0), _standard(values)
    return Scale(np.where(is_share, 0.0, scale.center), np.where(is_share, 1.0, scale.spread))


_FITTED: dict[Transform, Callable[[np.ndarray], Scale]] = {
    "standard": _standard,
    "minmax": _minmax,
    "robust": _robust,
    "none": _none,
    "ratio": _ratio,
    "of heads": _of_heads,
    "log": _standard,  # around 0, where networks begin; the same objective as unscaled, but for a constant factor
}
