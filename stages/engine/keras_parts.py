"""What Keras trains with, made from a run's settings: its loss, the metric of each epoch, its optimizer."""

from collections.abc import Callable
from typing import Any

from stages.basics import usercode
from stages.engine.backend import keras, tf
from stages.engine.replicas import RowMetric
from stages.losses.loss import Loss
from stages.records.settings import OptimizerSettings


class _OwnLoss(keras.losses.Loss):
    """A user's own function of one row's loss, averaged over a batch by Keras."""

    def __init__(self, function: Callable, **settings: Any) -> None:
        super().__init__(**settings)
        self._function = function

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of every row: (n_rows,)."""
        return self._function(y_true, y_pred)


def keras_loss(loss: Loss, **settings: Any) -> keras.losses.Loss:
    """The Keras loss with its parameters, or the user's own function made one."""
    if loss.is_custom:
        return _OwnLoss(usercode.find(loss.function), **settings)
    return getattr(keras.losses, loss.function)(**loss.parameters, **settings)


def row_metric(loss: Loss) -> RowMetric:
    """The metric that is followed epoch by epoch, of single rows, computed on the encoded targets while training."""
    if loss.task == "regression":
        return lambda targets, outputs: tf.reduce_mean(tf.square(targets - outputs), axis=-1)
    if loss.task == "binary":
        return lambda targets, outputs: tf.cast(
            tf.equal(targets >= loss.threshold, outputs >= loss.threshold), tf.float32
        )[:, 0]
    classes = (
        (lambda targets: targets)
        if loss.targets == "class_index"
        else (lambda targets: tf.argmax(targets, -1, tf.int32))
    )
    return lambda targets, outputs: tf.cast(tf.equal(classes(targets), tf.argmax(outputs, -1, tf.int32)), tf.float32)


def make_optimizer(settings: OptimizerSettings) -> keras.optimizers.Optimizer:
    """A new Keras optimizer."""
    return getattr(keras.optimizers, settings.name)(learning_rate=settings.learning_rate, **settings.arguments)
