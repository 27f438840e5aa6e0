"""The numbers that scale features and targets, fitted on each split's own train rows by scikit-learn's scalers."""

import math

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages.features.channels import Channels
from stages.params.division import Scale, Scaler
from stages.records.datasets import Kind

BLOCK = 1 << 22  # values that are fitted on at once, 32 MB: it bounds the memory

Numbers = tuple[np.ndarray, ...]

# each scaler, and the (center, spread) it fitted: value = scaled * spread + center
_SCALERS = {
    "standard": (StandardScaler, lambda scaler: (scaler.mean_, scaler.scale_)),
    # MinMaxScaler's own scale_ multiplies
    "minmax": (MinMaxScaler, lambda scaler: (scaler.data_min_, 1 / scaler.scale_)),
    "robust": (RobustScaler, lambda scaler: (scaler.center_, scaler.scale_)),
}


class KnownScaler(TransformerMixin, BaseEstimator):
    """Scales by numbers that were fitted before: the last step of what makes a network's inputs of new rows.

    Attributes:
        fill: (n_features,), what stands for a missing value.
        center: (n_features,).
        spread: (n_features,).
    """

    def __init__(self, fill: np.ndarray, center: np.ndarray, spread: np.ndarray) -> None:
        self.fill = fill
        self.center = center
        self.spread = spread

    def fit(self, features: np.ndarray, targets: np.ndarray | None = None) -> "KnownScaler":  # noqa: ARG002
        """Do nothing, as scikit-learn wants it done."""
        return self

    def transform(self, features: np.ndarray) -> np.ndarray:
        """Scale features, (n_rows, n_features)."""
        return (np.where(np.isnan(features), self.fill, features) - self.center) / self.spread

    def __sklearn_is_fitted__(self) -> bool:
        return True


def fit(
    features: np.ndarray | Channels, kinds: list[Kind], values: np.ndarray | Channels, rows: np.ndarray, settings: Scale
) -> Numbers:
    """Fit the numbers of one split: one line of each array of a `Scaling`.

    A feature that none of the rows has is filled and scaled as in all rows, which says nothing of the target and
    keeps the inputs of a network small.

    Args:
        features: float64 or float32 (n_rows, n_features) in their own units, NaN where missing; or the channels of
            arrays.
        kinds: (n_features,) the kind of the column that each comes from; empty for arrays.
        values: (n_rows, n_targets) the target in its own units, or the channels of targets of positions; (n_rows, 0)
            where it is classes.
        rows: the numbers of the rows to fit on.
        settings: how features and target are scaled.
    """
    if isinstance(features, Channels):
        return *features.fit(rows, settings.features), *_fit_target(values, rows, settings.target or "standard")
    of_column, n_features = np.array(kinds), features.shape[1]
    numbers = np.empty((3, n_features))
    for columns in np.array_split(np.arange(n_features), max(1, math.ceil(len(rows) * n_features / BLOCK))):
        own = features[np.ix_(rows, columns)].astype(np.float64, copy=False)
        empty = np.isnan(own).all(axis=0)
        for chosen, block in ((columns[~empty], own[:, ~empty]), (columns[empty], features[:, columns[empty]])):
            if len(chosen):
                numbers[:, chosen] = _fit_features(
                    block.astype(np.float64, copy=False), of_column[chosen], settings.features
                )
    return *numbers, *_fit_target(values, rows, settings.target or "standard")


def _fit_target(values: np.ndarray | Channels, rows: np.ndarray, method: Scaler) -> Numbers:
    """Center and spread of a target, (n_targets,) each."""
    if isinstance(values, Channels):
        _, center, spread = values.fit(rows, method)
        return center.ravel(), spread.ravel()
    return _fit_scaler(values[rows], method)


def _fit_features(features: np.ndarray, kinds: np.ndarray, method: Scaler) -> np.ndarray:
    """Fill, center and spread of features, (3, n_features); numbers and dates are scaled as they are once filled."""
    fill = np.array([_fill(column, kind) for column, kind in zip(features.T, kinds, strict=True)])
    numbers = np.stack([fill, np.zeros(len(fill)), np.ones(len(fill))])
    scaled = np.isin(kinds, ("number", "date"))
    if scaled.any():
        own = features[:, scaled]
        numbers[1:, scaled] = _fit_scaler(np.where(np.isnan(own), fill[scaled], own), method)
    return numbers


def _fill(values: np.ndarray, kind: Kind) -> float:
    """What stands for a missing value: the median, of booleans the more frequent; no text is missing any more."""
    match kind:
        case "category":
            return 0.0
        case "boolean":
            return float(np.nanmean(values) > 0.5)
    return float(np.median(values[~np.isnan(values)]))


def _fit_scaler(values: np.ndarray, method: Scaler) -> Numbers:
    """Center and spread of columns (n_rows, n_columns); a constant has the spread 1."""
    if method == "none" or not values.shape[1]:
        return np.zeros(values.shape[1]), np.ones(values.shape[1])
    make, fitted = _SCALERS[method]
    return fitted(make().fit(values))
