"""Predictions that are the same for every row: what can be had without looking at a feature.

Each is the best there is for a score, made of the train rows: the estimate of what the score rewards.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from stages.losses.estimand import MEAN, Estimand
from stages.losses.outputs import LEVELS
from stages.scores.medians import median, quantile

# of (n_rows, n_targets) values or (n_rows,) class indices, the number of classes, and what each row counts or None:
# the outputs (n_outputs,) of a network that gives probabilities, or values in the unit of those given; None where the
# score of such a prediction would say nothing
Constant = Callable[[np.ndarray, int, np.ndarray | None], np.ndarray | None]


def none(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> None:
    """No prediction."""


def estimate_of(estimand: Estimand) -> Constant:
    """The estimate of an estimand of values, of each target column."""
    return partial(_estimates, estimand)


def _estimates(estimand: Estimand, labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    del n_classes
    columns = labels.reshape(-1, labels.shape[-1]).T
    return np.array([_estimate(estimand, column, _of_positions(weights, labels, columns[0])) for column in columns])


def _of_positions(weights: np.ndarray | None, labels: np.ndarray, flat: np.ndarray) -> np.ndarray | None:
    """What each of the targets of all rows counts, side by side, where rows have several."""
    return weights if weights is None else np.repeat(weights, len(flat) // len(labels))


def distribution(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """The quantiles of the values at `LEVELS`, of one target column."""
    del n_classes
    return np.array([quantile(labels[:, 0], share, weights) for share in LEVELS])


def shares(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """The shares of the classes, so that the most frequent is decided."""
    flat = labels.ravel()
    counts = np.bincount(flat, _of_positions(weights, labels, flat), minlength=n_classes)
    of_each = counts / counts.sum()
    return of_each[1:] if n_classes == 2 else of_each


def mean_or_shares(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """The mean of values, the shares of classes."""
    return (shares if n_classes else estimate_of(MEAN))(labels, n_classes, weights)


def shares_of_all(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray | None:
    """The shares of the classes, where every class has one."""
    return None if len(np.unique(labels)) < n_classes else shares(labels, n_classes, weights)


def median_class(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """Always the class in the middle, of classes in an order."""
    return np.eye(n_classes)[int(median(labels.astype(np.float64), weights))]


def class_1(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """Always class 1 of two."""
    del labels, n_classes, weights
    return np.ones(1)


def _expectile(values: np.ndarray, share: float, weights: np.ndarray) -> float:
    """The expectile of values (n_rows,): of a mean that weighs both sides otherwise, found in steps that only rise."""
    found, before = float(np.average(values, weights=weights)), np.inf
    while found != before and abs(found - before) > 1e-12 * max(abs(found), 1):
        before = found
        found = float(np.average(values, weights=weights * np.where(values > found, share, 1 - share)))
    return found


def _estimate(estimand: Estimand, values: np.ndarray, weights: np.ndarray | None) -> float:
    """An estimate from values (n_rows,), by what each counts; the mean where the estimand says no more."""
    match estimand.statistic:
        case "median":
            return median(values, weights)
        case "quantile":
            return quantile(values, estimand.share, weights)
        case "expectile":
            return _expectile(values, estimand.share, np.ones(len(values)) if weights is None else weights)
        case "mean of logarithms":
            return float(np.expm1(np.average(np.log1p(np.maximum(values, 0)), weights=weights)))
        case "below the median" if (values > 0).any():  # of shares of the target
            is_positive = values > 0
            counts = (1 if weights is None else weights[is_positive]) / values[is_positive]
            return median(values[is_positive], counts)
    return float(values.mean() if weights is None else np.average(values, weights=weights))
