"""What Keras trains with, made from a run's settings: its loss, the metric of each epoch, its optimizer."""

from collections.abc import Callable
from typing import Any

import numpy as np

from stages.losses.framing import FURTHEST_LOG
from stages.losses.loss import Loss
from stages.records.settings import OptimizerSettings
from stages.scores.names import quantile_of
from stages.training.backend import keras, tf
from stages.training.replicas import RowMetric
from stages.usercode import loading


class _OwnLoss(keras.losses.Loss):
    """A user's own function of one row's loss, averaged over a batch by Keras."""

    def __init__(self, function: Callable, **settings: Any) -> None:
        super().__init__(**settings)
        self._function = function

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of every row: (n_rows,)."""
        return self._function(y_true, y_pred)


class _Pinball(keras.losses.Loss):
    """The pinball loss, whose best prediction is a quantile: too low costs ``quantile``, too high the rest to 1."""

    def __init__(self, quantile: float, **settings: Any) -> None:
        super().__init__(**settings)
        self._quantile = quantile

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of every row: (n_rows,)."""
        return tf.reduce_mean(_pinball(self._quantile, tf.cast(y_true, y_pred.dtype), y_pred), axis=-1)


def _pinball(quantile: float, targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    return tf.maximum(quantile * (targets - outputs), (quantile - 1) * (targets - outputs))


_OWN = {"Pinball": _Pinball}  # which Keras has not


def keras_loss(loss: Loss, **settings: Any) -> keras.losses.Loss:
    """The Keras loss with its parameters, or the user's own function made one."""
    if loss.is_custom:
        return _OwnLoss(loading.find(loss.function), **settings)
    make = _OWN.get(loss.function) or getattr(keras.losses, loss.function)
    return make(**loss.parameters, **settings)


def row_metric(loss: Loss, score: str, spread: np.ndarray | float = 1.0) -> RowMetric:
    """What a score averages over rows, computed on the encoded targets while training.

    Args:
        loss: the loss that is trained with.
        score: ``mse`` in units of the dataset's scale; ``mae``, or for ``rmse`` the squared error, in target units;
            what `_OF_VALUES` has; ``accuracy``; ``log_loss`` and ``brier``, for outputs that are probabilities.
        spread: (n_targets,) how many target units one scaled unit is, where the loss has no framing of its own.
    """
    if loss.task == "regression" and (loss.framing or score not in _SCALED):
        of_row = _of_values(score)
        return lambda targets, outputs, numbers: tf.reduce_mean(
            of_row(*(_own_units(loss, each, numbers) for each in (targets, outputs)), numbers[2]), axis=-1
        )
    spread = np.float32(spread)
    match score:
        case "mse":
            return lambda targets, outputs, *_: tf.reduce_mean(tf.square(targets - outputs), axis=-1)
        case "rmse":
            return lambda targets, outputs, *_: tf.reduce_mean(tf.square((targets - outputs) * spread), axis=-1)
        case "mae":
            return lambda targets, outputs, *_: tf.reduce_mean(tf.abs((targets - outputs) * spread), axis=-1)
        case "accuracy" if loss.task == "binary":
            return lambda targets, outputs, *_: tf.cast(
                tf.equal(targets >= loss.threshold, outputs >= loss.threshold), tf.float32
            )[:, 0]
        case "accuracy":
            return lambda targets, outputs, *_: tf.cast(
                tf.equal(_class_of(targets), tf.argmax(outputs, -1, tf.int32)), tf.float32
            )
        case "brier" if loss.task == "binary":
            return lambda targets, outputs, *_: tf.square(targets - outputs)[:, 0]
        case "brier":
            return lambda targets, outputs, *_: tf.reduce_sum(
                tf.square(tf.one_hot(_class_of(targets), outputs.shape[-1]) - _shares(outputs)), axis=-1
            )
        case _:
            return lambda targets, outputs, *_: -tf.math.log(tf.maximum(_probability(targets, outputs), _LEAST))


_SCALED = ("mse", "rmse", "mae")  # which can be had without leaving the scaled units
# by score: of targets and predictions (n_rows, n_targets) in target units, and how many of these one unit of the
# dataset's scale is
_OF_VALUES: dict[str, Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]] = {
    "mse": lambda targets, outputs, unit: tf.square((targets - outputs) / unit),
    "rmse": lambda targets, outputs, _: tf.square(targets - outputs),
    "mae": lambda targets, outputs, _: tf.abs(targets - outputs),
    "rmsle": lambda targets, outputs, _: tf.square(_log(targets) - _log(outputs)),
    "mape": lambda targets, outputs, _: tf.math.divide_no_nan(tf.abs(targets - outputs), tf.maximum(targets, 0.0)),
}


def _of_values(score: str) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    if share := quantile_of(score):
        return lambda targets, outputs, _: _pinball(share, targets, outputs)
    return _OF_VALUES[score]


def _log(values: tf.Tensor) -> tf.Tensor:
    return tf.math.log1p(tf.maximum(values, 0.0))


def _own_units(loss: Loss, scaled: tf.Tensor, numbers: tf.Tensor) -> tf.Tensor:
    """Targets or outputs (n_rows, n_targets) in the target's own units, by one replica's numbers."""
    values = scaled * numbers[1] + numbers[0]
    return tf.math.expm1(tf.minimum(values, FURTHEST_LOG)) if loss.framing == "log" else values


_LEAST = np.finfo(np.float64).eps  # a probability of 0 counts as this, as in scikit-learn's log loss


def _class_of(targets: tf.Tensor) -> tf.Tensor:
    """The class indices (n_rows,) of several classes' encoded targets."""
    return targets if targets.shape.rank == 1 else tf.argmax(targets, -1, tf.int32)


def _probability(targets: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
    """The probability (n_rows,) that outputs give to the true class."""
    if outputs.shape[-1] == 1:
        return tf.where(targets >= 0.5, outputs, 1 - outputs)[:, 0]
    return tf.gather(outputs, _class_of(targets), axis=-1, batch_dims=1) / tf.reduce_sum(outputs, axis=-1)


def _shares(outputs: tf.Tensor) -> tf.Tensor:
    """Probabilities of several classes, which add up to 1 but for rounding."""
    return outputs / tf.reduce_sum(outputs, axis=-1, keepdims=True)


def make_optimizer(settings: OptimizerSettings) -> keras.optimizers.Optimizer:
    """A new Keras optimizer."""
    return getattr(keras.optimizers, settings.name)(learning_rate=settings.learning_rate, **settings.arguments)
