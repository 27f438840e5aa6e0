"""Scores: every loss of a comparison is measured by the same code on the same predictions.

Decisions are made by the catalogue's rule, never by Keras' ``"accuracy"`` string, which compares
±1 targets with {0, 1} decisions.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn import config_context, metrics

from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task


def score(
    loss: Loss, labels: np.ndarray, outputs: np.ndarray, *, center: np.ndarray | float = 0.0, spread: Any = 1.0
) -> dict[str, np.ndarray]:
    """Score the outputs of every seed.

    Args:
        loss: the loss the networks were trained with.
        labels: (n_rows, n_targets) scaled target values, or (n_rows,) class indices.
        outputs: (n_seeds, n_rows, n_outputs) as the networks gave them.
        center: (n_targets,) with `spread`, puts values back into the target's own units:
            ``value * spread + center``.
        spread: see `center`.

    Returns:
        For each metric its value for every seed (n_seeds,). Regression: ``mse`` on the scaled target;
        ``rmse``, ``mae`` and ``r2`` in the target's own units (several target columns: their mean, and
        ``cosine_similarity`` of the scaled vectors). Classes: ``recall_<index>`` of each, besides the
        others. Where outputs are not finite, or a metric is not defined (ROC AUC of a single class),
        the value is NaN.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    # scikit-learn looks at its input longer than it takes to measure it
    with config_context(assume_finite=True, skip_parameter_validation=True):
        scores = _SCORERS[loss.task](loss, labels, outputs[finite].astype(np.float64), center, spread)
    placed = {metric: np.full(len(outputs), np.nan) for metric in scores}
    for metric, values in scores.items():
        placed[metric][finite] = values
    return placed


def constant_prediction(metric: str, task: Task, train: np.ndarray, n_classes: int) -> tuple[Loss, np.ndarray] | None:
    """Make a prediction that is the same for every row: what can be had without looking at a feature.

    It is the mean of the train rows, for ``mae`` their median; the shares of their classes, so that the
    most frequent one is decided, for ``f1`` always class 1.

    Args:
        metric: one of those of `score`.
        task: the kind of problem.
        train: (n_train, n_targets) target values in any unit, or (n_train,) class indices.
        n_classes: number of classes; 0 for values.

    Returns:
        A loss whose outputs the prediction could be, and the prediction (n_outputs,), values in the unit of
        `train`; None where its score would say nothing (the recall of one class, a direction).
    """
    if metric == "cosine_similarity" or metric.startswith("recall_"):
        return None
    if metric == "log_loss" and len(np.unique(train)) < n_classes:
        return None
    if task == "regression":
        return LOSSES["mse"], np.median(train, axis=0) if metric == "mae" else train.mean(axis=0)
    if task == "binary":
        return LOSSES["binary_crossentropy"], np.array([1.0 if metric == "f1" else train.mean()])
    return LOSSES["categorical_crossentropy"], np.bincount(train, minlength=n_classes) / len(train)


def score_constant(
    metric: str, task: Task, train: np.ndarray, test: np.ndarray, n_classes: int, *, center: Any, spread: Any
) -> float | None:
    """Score the prediction of `constant_prediction`.

    Args:
        metric: one of those of `score`.
        task: the kind of problem.
        train: labels of the train rows, as in `score`.
        test: labels of the test rows.
        n_classes: number of classes; 0 for values.
        center: as in `score`.
        spread: as in `score`.

    Returns:
        The score; None where it is not defined, or says nothing.
    """
    made = constant_prediction(metric, task, train, n_classes)
    if made is None:
        return None
    loss, same = made
    outputs = np.broadcast_to(same, (1, len(test), len(same)))
    scored = float(score(loss, test, outputs, center=center, spread=spread)[metric][0])
    return scored if np.isfinite(scored) else None


def _regression(
    loss: Loss, labels: np.ndarray, outputs: np.ndarray, center: np.ndarray, spread: np.ndarray
) -> dict[str, np.ndarray]:
    predictions = loss.decide(outputs)
    own_labels, own_predictions = labels * spread + center, predictions * spread + center
    scores = {
        "mse": _each(metrics.mean_squared_error, labels, predictions),
        "rmse": _each(metrics.root_mean_squared_error, own_labels, own_predictions),
        "mae": _each(metrics.mean_absolute_error, own_labels, own_predictions),
        "r2": _each(metrics.r2_score, own_labels, own_predictions)
        if len(labels) > 1
        else np.full(len(outputs), np.nan),
    }
    if labels.shape[1] > 1:
        scores["cosine_similarity"] = _each(lambda *vectors: cosines(*vectors).mean(), labels, predictions)
    return scores


def cosines(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The cosines (n_rows,) of the angles between the rows of two (n_rows, n_targets); 0 where a row is 0."""
    lengths = np.linalg.norm(labels, axis=1) * np.linalg.norm(predictions, axis=1)
    products = (labels * predictions).sum(axis=1)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


def _binary(loss: Loss, labels: np.ndarray, outputs: np.ndarray, *_: Any) -> dict[str, np.ndarray]:
    decisions, values = loss.decide(outputs), outputs[..., 0]
    one_class = len(np.unique(labels)) == 1
    recalls = _recalls(labels, decisions, 2)
    scores = {
        "accuracy": _each(metrics.accuracy_score, labels, decisions),
        "roc_auc": np.full(len(outputs), np.nan) if one_class else _each(metrics.roc_auc_score, labels, values),
        "f1": _each(metrics.f1_score, labels, decisions, zero_division=0.0),
        "rounded_accuracy": (np.round(values) == loss.encode(labels, 2)[:, 0]).mean(axis=1),
    }
    if loss.outputs_probability:
        scores["log_loss"] = _each(metrics.log_loss, labels, values, labels=[0, 1])
    return scores | {"balanced_accuracy": _balanced(recalls)} | recalls


def _multiclass(loss: Loss, labels: np.ndarray, outputs: np.ndarray, *_: Any) -> dict[str, np.ndarray]:
    decisions, n_classes = loss.decide(outputs), outputs.shape[-1]
    recalls = _recalls(labels, decisions, n_classes)
    scores = {
        "accuracy": _each(metrics.accuracy_score, labels, decisions),
        "f1_macro": _each(metrics.f1_score, labels, decisions, average="macro", zero_division=0.0),
    }
    if loss.outputs_probability:
        probabilities = outputs / outputs.sum(axis=-1, keepdims=True)
        scores["log_loss"] = _each(metrics.log_loss, labels, probabilities, labels=range(n_classes))
    return scores | {"balanced_accuracy": _balanced(recalls)} | recalls


_SCORERS = {"regression": _regression, "binary": _binary, "multiclass": _multiclass}


def _recalls(labels: np.ndarray, decisions: np.ndarray, n_classes: int) -> dict[str, np.ndarray]:
    """The recall of each class for every seed; NaN where no row is of the class."""
    per_class = _each(
        metrics.recall_score, labels, decisions, average=None, labels=range(n_classes), zero_division=np.nan
    ).reshape(-1, n_classes)
    return {f"recall_{index}": values for index, values in enumerate(per_class.T)}


def _balanced(recalls: dict[str, np.ndarray]) -> np.ndarray:
    """The mean recall of the classes that there are, for every seed, as scikit-learn's balanced accuracy."""
    return np.nanmean(list(recalls.values()), axis=0)


def _each(metric: Callable[..., Any], truth: np.ndarray, per_seed: np.ndarray, **settings: Any) -> np.ndarray:
    """One of scikit-learn's metrics for every seed: (n_seeds,), or (n_seeds, n_classes) for one of each class."""
    return np.array([metric(truth, predictions, **settings) for predictions in per_seed])
