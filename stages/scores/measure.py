"""Scores: every loss of a comparison is measured by the same code on the same predictions.

Decisions are made by the catalogue's rule, never by Keras' ``"accuracy"`` string, which compares
±1 targets with {0, 1} decisions.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from sklearn import config_context, metrics

from stages.basics import paths
from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task
from stages.scores import names
from stages.usercode import loading


def score(
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    *,
    center: np.ndarray | float = 0.0,
    spread: Any = 1.0,
    also: Sequence[str] = (),
    weights: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Score the outputs of every seed.

    Args:
        loss: the loss the networks were trained with.
        labels: (n_rows, n_targets) scaled target values, or (n_rows,) class indices.
        outputs: (n_seeds, n_rows, n_outputs) as the networks gave them.
        center: (n_targets,) with `spread`, puts values back into the target's own units:
            ``value * spread + center``.
        spread: see `center`.
        also: further scores to measure, which not every target has.
        weights: (n_rows,) what each row counts; None where all count alike.

    Returns:
        For each metric its value for every seed (n_seeds,). Regression: ``mse`` on the scaled target;
        ``rmse``, ``mae`` and ``r2`` in the target's own units (several target columns: their mean, and
        ``cosine_similarity`` of the scaled vectors). Classes: ``recall_<index>`` of each, besides the
        others. Where outputs are not finite, or a metric is not defined (ROC AUC of a single class),
        the value is NaN.
    """
    finite = np.isfinite(outputs).all(axis=(1, 2))
    good = outputs[finite].astype(np.float64)
    # scikit-learn looks at its input longer than it takes to measure it
    with config_context(assume_finite=True, skip_parameter_validation=True):
        if loss.task == "regression":
            scores = _regression(loss, labels, good, center=center, spread=spread, also=also, weights=weights)
        else:
            scores = (_binary if loss.task == "binary" else _multiclass)(loss, labels, good, weights)
            for name in filter(names.is_own, also):
                scores[name] = _each(_also(name), labels, loss.decide(good), weights=weights)
    placed = {metric: np.full(len(outputs), np.nan) for metric in scores}
    for metric, values in scores.items():
        placed[metric][finite] = values
    return placed


def constant_prediction(
    metric: str, task: Task, train: np.ndarray, n_classes: int, *, weights: np.ndarray | None = None
) -> tuple[Loss, np.ndarray] | None:
    """Make a prediction that is the same for every row: what can be had without looking at a feature.

    It is what is best for the score: the mean of the train rows, for ``mae`` and its like their median, for ``rmsle``
    the mean of their logarithms; the shares of their classes, so that the most frequent one is decided, for ``f1``
    always class 1.

    Args:
        metric: one of those of `score`.
        task: the kind of problem.
        train: (n_train, n_targets) target values in any unit, or (n_train,) class indices.
        n_classes: number of classes; 0 for values.
        weights: (n_train,) what each row counts; None where all count alike.

    Returns:
        A loss whose outputs the prediction could be, and the prediction (n_outputs,), values in the unit of
        `train`; None where its score would say nothing (the recall of one class, a direction).
    """
    if metric == "cosine_similarity" or metric.startswith("recall_"):
        return None
    if metric == "log_loss" and len(np.unique(train)) < n_classes:
        return None
    if task == "regression":
        return LOSSES["mse"], np.array([_best_constant(metric, column, weights) for column in train.T])
    if task == "binary":
        share = train.mean() if weights is None else np.average(train, weights=weights)
        return LOSSES["binary_crossentropy"], np.array([1.0 if metric == "f1" else share])
    counts = np.bincount(train, weights, minlength=n_classes)
    return LOSSES["categorical_crossentropy"], counts / counts.sum()


def _best_constant(metric: str, values: np.ndarray, weights: np.ndarray | None) -> float:
    """The constant that is best for a score on values (n_rows,)."""
    if share := names.quantile_of(metric):
        if weights is None:
            return float(np.quantile(values, share))
        return float(np.quantile(values, share, weights=weights, method="inverted_cdf"))
    match metric:
        case "mae" | "median_absolute_error":
            return median(values, weights)
        case "rmsle":
            return float(np.expm1(np.average(logarithms(values), weights=weights)))
        case "mape" if (values > 0).any():
            positive = values > 0
            return median(values[positive], (1 if weights is None else weights[positive]) / values[positive])
    return float(values.mean() if weights is None else np.average(values, weights=weights))


def median(values: np.ndarray, weights: np.ndarray | None) -> float:
    """The median of values (n_rows,), by what each counts."""
    if weights is None:
        return float(np.median(values))
    return float(np.quantile(values, 0.5, weights=weights, method="inverted_cdf"))


def logarithms(values: np.ndarray) -> np.ndarray:
    """The logarithms of 1 + value, for which values below 0 count as 0."""
    return np.log1p(np.maximum(values, 0))


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
    is_values = task == "regression"
    made = constant_prediction(metric, task, train * spread + center if is_values else train, n_classes)
    if made is None:
        return None
    loss, same = made
    outputs = np.broadcast_to((same - center) / spread if is_values else same, (1, len(test), len(same)))
    scored = float(score(loss, test, outputs, center=center, spread=spread, also=(metric,))[metric][0])
    return scored if np.isfinite(scored) else None


def _regression(
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    *,
    center: np.ndarray | float,
    spread: Any,
    also: Sequence[str],
    weights: np.ndarray | None,
) -> dict[str, np.ndarray]:
    predictions = loss.decide(outputs)
    own_labels, own_predictions = labels * spread + center, predictions * spread + center
    scores = {
        "mse": _each(metrics.mean_squared_error, labels, predictions, sample_weight=weights),
        "rmse": _each(metrics.root_mean_squared_error, own_labels, own_predictions, sample_weight=weights),
        "mae": _each(metrics.mean_absolute_error, own_labels, own_predictions, sample_weight=weights),
        "r2": _each(metrics.r2_score, own_labels, own_predictions, sample_weight=weights)
        if len(labels) > 1
        else np.full(len(outputs), np.nan),
    }
    if labels.shape[1] > 1:
        scores["cosine_similarity"] = _each(
            lambda *vectors: np.average(cosines(*vectors), weights=weights), labels, predictions
        )
    return scores | {
        name: _each(_also(name), own_labels, own_predictions, weights=weights) for name in also if name not in scores
    }


def _also(name: str) -> Callable[..., float]:
    """A further score of targets and predictions (n_rows, n_targets) in target units."""
    if share := names.quantile_of(name):
        return lambda truth, predictions, weights: metrics.mean_pinball_loss(
            truth, predictions, alpha=share, sample_weight=weights
        )
    if names.is_own(name):
        return lambda truth, predictions, weights: np.average(own_costs(name, truth, predictions), weights=weights)
    return _ALSO[name]


def own_costs(name: str, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """What each row costs by a user's own score.

    Args:
        name: ``module:function``, the module a file in ``stages/custom``.
        truth: (n_rows, n_targets) values in target units, of one target handed on as (n_rows,); or class indices.
        predictions: the same as predicted.

    Returns:
        float64 (n_rows,), 0 or more.

    Raises:
        UserError: the function fails, or gives something else.
    """
    function, where = loading.find(name), f"{paths.CUSTOM / name.partition(':')[0]}.py: {name.partition(':')[2]}"
    given = [each[:, 0] if each.ndim == 2 and each.shape[1] == 1 else each for each in (truth, predictions)]
    try:
        costs = np.asarray(function(*given), np.float64)
    except Exception as error:
        raise UserError(f"{where}: calling it failed: {type(error).__name__}: {loading.cause(error)}") from error
    if costs.shape != (len(truth),):
        raise UserError(f"{where}: it gave {costs.shape} for {len(truth)} rows; a cost for each is needed")
    if not (costs >= 0).all() or not np.isfinite(costs).all():
        odd = costs[~((costs >= 0) & np.isfinite(costs))][0]
        raise UserError(f"{where}: it gave {odd:g} for a row; what a row costs is a number, 0 or more")
    return costs


def _coverage(truth: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None) -> float:
    return float(np.average(truth <= predictions, axis=0, weights=weights).mean())


def _rmsle(truth: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None) -> float:
    squares = np.square(logarithms(predictions) - logarithms(truth))
    return float(np.sqrt(np.average(squares, axis=0, weights=weights)).mean())


def _mape(truth: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None) -> float:
    """In percent, of the targets above 0; of several columns the mean of those that have one."""
    counted = (truth > 0) * (1.0 if weights is None else weights[:, None])
    shares = np.divide(np.abs(predictions - truth), truth, out=np.zeros_like(truth), where=truth > 0)
    totals = counted.sum(axis=0)
    some = totals > 0
    return float(100 * np.mean((shares * counted).sum(axis=0)[some] / totals[some])) if some.any() else np.nan


def _median_absolute_error(truth: np.ndarray, predictions: np.ndarray, weights: np.ndarray | None) -> float:
    return float(np.mean([median(column, weights) for column in np.abs(predictions - truth).T]))


# of targets and predictions (n_rows, n_targets) in target units
_ALSO: dict[str, Callable[..., float]] = {
    "rmsle": _rmsle,
    "mape": _mape,
    "median_absolute_error": _median_absolute_error,
    names.COVERAGE: _coverage,
}


def cosines(labels: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """The cosines (n_rows,) of the angles between the rows of two (n_rows, n_targets); 0 where a row is 0."""
    lengths = np.linalg.norm(labels, axis=1) * np.linalg.norm(predictions, axis=1)
    products = (labels * predictions).sum(axis=1)
    return np.divide(products, lengths, out=np.zeros_like(products), where=lengths > 0)


def _binary(loss: Loss, labels: np.ndarray, outputs: np.ndarray, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    decisions, values = loss.decide(outputs), outputs[..., 0]
    one_class = len(np.unique(labels)) == 1
    counted, recalls = {"sample_weight": weights}, _recalls(labels, decisions, 2, weights)
    scores = {
        "accuracy": _each(metrics.accuracy_score, labels, decisions, **counted),
        "roc_auc": np.full(len(outputs), np.nan)
        if one_class
        else _each(metrics.roc_auc_score, labels, values, **counted),
        "f1": _each(metrics.f1_score, labels, decisions, zero_division=0.0, **counted),
        "rounded_accuracy": _weighted(np.round(values) == loss.encode(labels, 2)[:, 0], weights),
    }
    if loss.outputs_probability:
        scores["log_loss"] = _each(metrics.log_loss, labels, values, labels=[0, 1], **counted)
        scores["brier"] = _weighted((values - labels) ** 2, weights)
    return scores | {"balanced_accuracy": _balanced(recalls)} | recalls


def _multiclass(
    loss: Loss, labels: np.ndarray, outputs: np.ndarray, weights: np.ndarray | None
) -> dict[str, np.ndarray]:
    decisions, n_classes = loss.decide(outputs), outputs.shape[-1]
    counted, recalls = {"sample_weight": weights}, _recalls(labels, decisions, n_classes, weights)
    scores = {
        "accuracy": _each(metrics.accuracy_score, labels, decisions, **counted),
        "f1_macro": _each(metrics.f1_score, labels, decisions, average="macro", zero_division=0.0, **counted),
    }
    if loss.outputs_probability:
        probabilities = outputs / outputs.sum(axis=-1, keepdims=True)
        scores["log_loss"] = _each(metrics.log_loss, labels, probabilities, labels=range(n_classes), **counted)
        scores["brier"] = _weighted(((probabilities - np.eye(n_classes)[labels]) ** 2).sum(axis=-1), weights)
    return scores | {"balanced_accuracy": _balanced(recalls)} | recalls


def _weighted(per_seed: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """The mean over rows of (n_seeds, n_rows), of which there may be no seed."""
    return per_seed.mean(axis=1) if weights is None else per_seed @ weights / weights.sum()


def _recalls(
    labels: np.ndarray, decisions: np.ndarray, n_classes: int, weights: np.ndarray | None
) -> dict[str, np.ndarray]:
    """The recall of each class for every seed; NaN where no row is of the class."""
    settings = {"average": None, "labels": range(n_classes), "zero_division": np.nan, "sample_weight": weights}
    per_class = _each(metrics.recall_score, labels, decisions, **settings).reshape(-1, n_classes)
    return {f"recall_{index}": values for index, values in enumerate(per_class.T)}


def _balanced(recalls: dict[str, np.ndarray]) -> np.ndarray:
    """The mean recall of the classes that there are, for every seed, as scikit-learn's balanced accuracy."""
    return np.nanmean(list(recalls.values()), axis=0)


def _each(metric: Callable[..., Any], truth: np.ndarray, per_seed: np.ndarray, **settings: Any) -> np.ndarray:
    """One of scikit-learn's metrics for every seed: (n_seeds,), or (n_seeds, n_classes) for one of each class."""
    return np.array([metric(truth, predictions, **settings) for predictions in per_seed])
