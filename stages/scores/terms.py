"""What the rows add to the means that scores are made of: written once, for arrays and for tensors while training.

Each function takes `statistic.Rows` and gives (n_rows, n_parts): of values a part for each target column. Where each
position of a row has a target, most give (n_rows, …, n_parts), of which the mean over positions is what the row adds.
"""

from typing import Any

import numpy as np

from stages.losses.formulas import tilted
from stages.scores.statistic import Rows, WeightedRows

_NOTHING = 1e-12  # what is left of a difference of squares of ranks where there is none
_LEAST = np.finfo(np.float64).eps  # a probability of 0 counts as this, as in scikit-learn's log loss


def squared_scaled_error(rows: Rows) -> Any:
    """In the units of the dataset's scale."""
    return rows.xp.square(rows.scaled_errors)


def squared_error(rows: Rows) -> Any:
    """In target units."""
    return rows.xp.square(rows.errors)


def absolute_error(rows: Rows) -> Any:
    """In target units."""
    return rows.xp.abs(rows.errors)


def squared_log_error(rows: Rows) -> Any:
    """Of the logarithms of 1 + value, for which values below 0 count as 0."""
    xp, labels = rows.xp, rows.labels
    # as a share of 1 + target, since of values far from 0 the logarithms differ by less than float32 has digits for
    error = xp.where(labels > 0, xp.maximum(rows.errors, -labels), xp.maximum(rows.predictions, 0))
    return xp.square(xp.log1p(error / (1 + xp.maximum(labels, 0))))


def pinball(rows: Rows, *, quantile: float) -> Any:
    """What is too low costs that share of the error, what is too high the rest to 1."""
    return tilted(rows.errors, quantile, rows.xp)


def is_covered(rows: Rows) -> Any:
    """Whether a target is not above what is predicted."""
    return rows.xp.where(rows.errors >= 0, 1.0, 0.0)


def relative_error(rows: Rows) -> Any:
    """In percent of the target; 0 where that is not above 0."""
    xp, positive = rows.xp, rows.labels > 0
    return xp.where(positive, 100 * (xp.abs(rows.errors) / xp.where(positive, rows.labels, 1.0)), 0.0)


def absolute_error_in_percent(rows: Rows) -> Any:
    """In percent of a target unit."""
    return 100 * rows.xp.abs(rows.errors)


def angle_of_relative_error(rows: WeightedRows) -> np.ndarray:
    """At most a quarter turn, which it is where the target is 0 and the prediction is not (Kim & Kim 2016)."""
    return np.arctan2(np.abs(rows.errors), np.abs(rows.labels))


def size(rows: Rows) -> Any:
    """Of the target, in target units."""
    return rows.xp.abs(rows.labels)


def is_sign_right(rows: Rows) -> Any:
    """Whether prediction and target are on one side of 0, of targets that are on one."""
    return rows.xp.where(rows.labels * rows.predictions > 0, 1.0, 0.0)


def has_sign(rows: Rows) -> Any:
    """Whether the target is other than 0."""
    return rows.xp.where(rows.labels != 0, 1.0, 0.0)


def is_positive(rows: Rows) -> Any:
    """Whether the target is above 0."""
    return rows.xp.where(rows.labels > 0, 1.0, 0.0)


def squared_error_of_r2(rows: WeightedRows) -> np.ndarray:
    """In target units; of several equal targets 0 if all are predicted, else 1, as scikit-learn has it."""
    squared = rows.errors**2
    return np.where(_are_alike(rows), squared.mean(axis=tuple(range(squared.ndim - 1))) > 0, squared)


def squared_deviation(rows: WeightedRows) -> np.ndarray:
    """From the mean of the targets, in target units; of several equal ones 1, and not defined of one row."""
    unit = 1.0 if len(rows.labels) > 1 else np.nan
    means = rows.mean(rows.labels)  # of each position, if there are several
    return np.where(_are_alike(rows), unit, (rows.labels - means.reshape(-1, means.shape[-1]).mean(axis=0)) ** 2)


def explained(parts: np.ndarray) -> np.number:
    """The mean share of the variance, from the shares that are left."""
    return 1 - parts.mean()


def _are_alike(rows: WeightedRows) -> np.ndarray:
    return np.ptp(rows.labels.reshape(-1, rows.labels.shape[-1]), axis=0) == 0


def cosine(rows: WeightedRows) -> np.ndarray:
    """Of the angle between target and prediction, as they are scaled; 0 where one of them is 0."""
    labels, outputs = rows.scaled_labels, rows.outputs
    lengths = np.linalg.norm(labels, axis=1) * np.linalg.norm(outputs, axis=1)
    products = (labels * outputs).sum(axis=1)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)[:, None]


def is_right(rows: Rows) -> Any:
    """Whether a row is decided as the class that it is of."""
    return rows.xp.where(rows.decisions == rows.labels, 1.0, 0.0)[..., None]


def rank_error(rows: Rows) -> Any:
    """How many classes the one that is decided is away from the row's."""
    return rows.xp.true_divide(rows.xp.abs(rows.decisions - rows.labels), 1)[..., None]


def moments_of_ranks(rows: WeightedRows) -> np.ndarray:
    """Rank of the row's class, of the one that is decided, their squares, and the square of their difference."""
    truth, decided = rows.labels.astype(np.float64), rows.decisions.astype(np.float64)
    return np.stack([truth, decided, truth**2, decided**2, (truth - decided) ** 2], axis=-1)


def quadratic_kappa(moments: np.ndarray) -> np.ndarray:
    """From the means (..., 5) of `moments_of_ranks`; NaN where all rows are of one class and decided as it."""
    truth, decided, truth_squared, decided_squared, apart = np.moveaxis(moments, -1, 0)
    by_chance = truth_squared + decided_squared - 2 * truth * decided
    kappa = 1 - np.divide(apart, by_chance, out=np.full_like(apart, np.nan), where=np.abs(by_chance) > _NOTHING)
    # one class for all rows has 0, of which rounding must leave nothing; an infinitesimal step must stay
    return kappa if np.iscomplexobj(kappa) else np.where(np.abs(kappa) < _NOTHING, 0.0, kappa)


def is_rounded_right(rows: WeightedRows) -> np.ndarray:
    """Whether the rounded output is the target as the loss has it: Keras' accuracy of old, which misjudges ±1."""
    return (np.round(rows.outputs) == rows.loss.encode(rows.labels, 2)).astype(np.float64)


def surprise(rows: Rows) -> Any:
    """Minus the logarithm of the probability of the row's class, in nats."""
    return -rows.xp.log(rows.xp.clip(rows.of_truth, _LEAST, 1 - _LEAST))[..., None]


def squared_error_of_probabilities(rows: Rows) -> Any:
    """Of class 1; of several classes the sum."""
    xp, outputs = rows.xp, rows.outputs
    if rows.loss.task == "binary":
        return xp.square(outputs - xp.where(rows.labels == 1, 1.0, 0.0)[..., None])
    is_class = xp.where(rows.labels[..., None] == np.arange(outputs.shape[-1]), 1.0, 0.0)
    return xp.sum(xp.square(outputs / xp.sum(outputs, axis=-1, keepdims=True) - is_class), axis=-1)[..., None]


def own_costs(rows: WeightedRows, *, name: str) -> np.ndarray:
    """By a user's own function."""
    return rows.costs(name)[:, None]


def is_of_class(rows: WeightedRows, *, index: int | None = None) -> np.ndarray:
    """Whether a row is of a class: of each class a part, or of one alone."""
    return (rows.labels[..., None] == _classes(rows, index)).astype(np.float64)


def is_hit(rows: WeightedRows, *, index: int | None = None) -> np.ndarray:
    """Whether a row is of a class and decided as it."""
    return is_of_class(rows, index=index) * _is_decided(rows, index)


def twice_hit(rows: WeightedRows, *, index: int | None = None) -> np.ndarray:
    """Twice that, as F1 has it."""
    return 2 * is_hit(rows, index=index)


def of_class_and_decided(rows: WeightedRows, *, index: int | None = None) -> np.ndarray:
    """How often a row is counted in F1: as of a class, and as decided as it."""
    return is_of_class(rows, index=index) + _is_decided(rows, index)


def of_class_1_and_decided(rows: WeightedRows) -> np.ndarray:
    """The same of class 1, whose F1 is 0 where it neither occurs nor is decided."""
    counts = of_class_and_decided(rows, index=1)
    return counts if counts.any() else np.ones_like(counts)


def _is_decided(rows: WeightedRows, index: int | None) -> np.ndarray:
    return (rows.decisions[..., None] == _classes(rows, index)).astype(np.float64)


def _classes(rows: WeightedRows, index: int | None) -> np.ndarray:
    return np.arange(max(rows.outputs.shape[-1], 2)) if index is None else np.array([index])
