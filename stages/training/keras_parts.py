"""What Keras trains with, made from a run's settings: its loss, the metric of each epoch, its optimizer."""

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from stages.losses import formulas
from stages.losses.catalogue import parts_of
from stages.losses.loss import Loss
from stages.losses.target_transform import FURTHEST_LOG
from stages.records.settings import OptimizerSettings
from stages.scores import catalogue
from stages.training.backend import keras, tf
from stages.training.replicas import RowMetric
from stages.usercode import loading


class _OwnLoss(keras.losses.Loss):
    """A Keras loss that averages the user's own function, which gives the loss of each row."""

    def __init__(self, function: Callable, **settings: Any) -> None:
        super().__init__(**settings)
        self._function = function

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of every row: (n_rows,)."""
        return self._function(y_true, y_pred)


class _SeeingLoss:
    """A user's own loss that sees more than targets and outputs: columns of the table, what rows count."""

    def __init__(self, loss: Loss, **settings: Any) -> None:
        self._loss, self._settings = loss, settings
        self._function, self._weighs = loading.find(loss.function), weighs_batch(loss)

    def __call__(
        self,
        y_true: tf.Tensor,
        y_pred: tf.Tensor,
        sample_weight: tf.Tensor | None = None,
        columns: tf.Tensor | None = None,
    ) -> tf.Tensor:
        """The loss, as of Keras' own.

        Args:
            y_true: targets as the loss wants them.
            y_pred: (n_rows, n_outputs).
            sample_weight: (n_rows,) what each row counts; None where all count alike.
            columns: (n_rows, n_columns), in the order of `Loss.columns`.
        """
        seen: dict[str, Any] = {}
        if self._loss.columns:
            values = tf.unstack(tf.cast(columns, tf.float32), num=len(self._loss.columns), axis=-1)
            seen["columns"] = dict(zip(self._loss.columns, values, strict=True))
        if self._weighs:
            seen["weights"] = tf.ones_like(y_pred[:, 0]) if sample_weight is None else sample_weight
        counted = sample_weight if self._loss.per_row else None
        return _OwnLoss(partial(self._function, **seen), **self._settings)(y_true, y_pred, sample_weight=counted)


class _OfFormula(keras.losses.Loss):
    """A loss that Keras lacks: by its formula, in scaled units."""

    def __init__(self, loss: Loss, **settings: Any) -> None:
        super().__init__(**settings)
        self._formula, self._decode = formulas.of(loss), loss.output.decode
        self._fn_kwargs = dict(loss.parameters)

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of every row: (n_rows,)."""
        numbers = self._decode(y_pred, keras.ops)
        return tf.reduce_mean(
            self._formula(tf.cast(y_true, y_pred.dtype), numbers, keras.ops, **self._fn_kwargs), axis=-1
        )


def weighs_batch(loss: Loss) -> bool:
    """Whether it is a user's own loss of a whole batch that is told what each row counts, as ``weights``."""
    return loss.is_custom and not loss.per_row and takes(loading.find(loss.function), "weights")


def takes(function: Callable, name: str) -> bool:
    """Whether a function takes an argument of this name."""
    arguments = inspect.signature(function).parameters.values()
    return any(one.name == name or one.kind is one.VAR_KEYWORD for one in arguments)


class _OverPositions:
    """A loss of rows that have targets at each of their positions: the mean over them, or what it gives of a row."""

    def __init__(self, loss: Callable[..., tf.Tensor], weights: Sequence[float] = ()) -> None:
        """Take a loss whose values are not reduced, and what each label's is multiplied by, if they differ."""
        self._loss, self._weights = loss, weights

    def __call__(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None) -> tf.Tensor:
        """The loss, as of Keras' own; Keras does not multiply the values of positions by weights of rows."""
        values = self._loss(y_true, y_pred)
        if self._weights:
            values *= tf.constant(self._weights, values.dtype)
        of_rows = tf.reduce_mean(values, axis=range(1, values.shape.rank))
        return tf.reduce_mean(of_rows if sample_weight is None else of_rows * sample_weight)


class _Sum:
    """A sum of losses, each times its weight."""

    def __init__(self, parts: Sequence[tuple[float, Callable[..., tf.Tensor]]]) -> None:
        """Take the weights and the losses."""
        self._parts = parts

    def __call__(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None) -> tf.Tensor:
        """The loss, as of Keras' own."""
        return tf.add_n([weight * loss(y_true, y_pred, sample_weight=sample_weight) for weight, loss in self._parts])


class _OfHeads:
    """A loss for each target, of its own output, times its weight; the sum, as by Keras' ``loss_weights``."""

    def __init__(self, loss: Loss, parts: Sequence[Callable[..., tf.Tensor]]) -> None:
        """Take the loss, and those of its targets."""
        self._output, self._parts = loss.output, parts
        self._fn_kwargs = dict(loss.parameters)  # the weights, in the order of the targets

    def __call__(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None) -> tf.Tensor:
        """The loss, as of Keras' own."""
        truths = tf.split(tf.cast(y_true, y_pred.dtype), len(self._parts), axis=-1)
        of_each = zip(self._parts, truths, self._output.of_each(y_pred, keras.ops), strict=True)
        values = [part(truth, output, sample_weight=sample_weight) for part, truth, output in of_each]
        return tf.add_n([weight * value for weight, value in zip(self._fn_kwargs.values(), values, strict=True)])


def is_per_row(loss: Loss, positions: Sequence[int] = ()) -> bool:
    """Whether a loss has a value for each row; of rows with positions each of Keras' has."""
    return loss.per_row or bool(positions and not loss.is_custom)


def keras_loss(loss: Loss, positions: Sequence[int] = (), **settings: Any) -> Callable[..., tf.Tensor]:
    """Make the Keras loss with its parameters; the user's own function is wrapped as one.

    Args:
        loss: one of the catalogue, or the user's own.
        positions: of a row, see `Table.positions`; a loss of a whole batch is then one of each row.
        settings: further arguments of the Keras loss.
    """
    if loss.heads:
        return _OfHeads(loss, [keras_loss(part, **settings) for _, part in parts_of(loss)])
    if loss.parts:
        settings = settings if loss.per_row else {}  # what gives a value for a batch has nothing to reduce
        return _Sum([(weight, keras_loss(part, positions, **settings)) for weight, part in parts_of(loss)])
    if positions and is_per_row(loss, positions):
        return _OverPositions(keras_loss(loss, **_unreduced(loss, positions)), loss.label_weights)
    if loss.is_custom and (loss.columns or not loss.per_row):
        return _SeeingLoss(loss, **settings)
    if loss.is_custom:
        return _OwnLoss(loading.find(loss.function), **settings)
    make = getattr(keras.losses, loss.function, None)
    return make(**loss.parameters | settings) if make else _OfFormula(loss, **settings)


def _unreduced(loss: Loss, positions: Sequence[int]) -> dict[str, Any]:
    """Arguments of a Keras loss that gives a value for each row or each of its positions."""
    axes = {} if loss.per_row else {"axis": tuple(range(1, len(positions) + 2))}
    return {"reduction": None, **axes}


def kept_loss(loss: Loss) -> keras.losses.Loss | None:
    """Make the Keras loss that a model's file stores; None where Keras would not restore it unchanged.

    What is not Keras' own cannot be read without our code, and of some Keras forgets the parameters (`Huber`: delta).
    """
    if loss.is_custom or not hasattr(keras.losses, loss.function):
        return None
    original = keras_loss(loss)
    restored = keras.losses.deserialize(keras.losses.serialize(original))
    return original if getattr(restored, "_fn_kwargs", None) == getattr(original, "_fn_kwargs", ()) else None


class _Smoothing:
    """A loss of classes that smooths its targets by a tensor; Keras takes a number only."""

    def __init__(self, loss: keras.losses.Loss, share: tf.Tensor, *, is_one_hot: bool) -> None:
        self._loss, self._share, self._is_one_hot = loss, share, is_one_hot

    def __call__(self, y_true: tf.Tensor, y_pred: tf.Tensor, sample_weight: tf.Tensor | None = None) -> tf.Tensor:
        n_classes = y_pred.shape[-1] if self._is_one_hot else 2
        smoothed = tf.cast(y_true, y_pred.dtype) * (1 - self._share) + self._share / n_classes
        return self._loss(smoothed, y_pred, sample_weight=sample_weight)


def loss_maker(loss: Loss, names: Sequence[str], positions: Sequence[int] = ()) -> Callable[[tf.Tensor], Callable]:
    """Give a function that makes the Keras loss from a tensor of some of its parameters.

    Args:
        loss: one of the catalogue.
        names: of these parameters; the others are as the loss has them.
        positions: see `keras_loss`.
    """
    settings = _unreduced(loss, positions) if positions else {}

    def make(values: tf.Tensor) -> Callable:
        function, parameters = keras_loss(loss, **settings), dict(zip(names, tf.unstack(values), strict=True))
        smoothing = parameters.pop("label_smoothing", None)
        function._fn_kwargs |= parameters  # a tensor would be compared with numbers where Keras checks it
        if smoothing is not None:
            function._fn_kwargs["label_smoothing"] = 0.0
            function = _Smoothing(function, smoothing, is_one_hot=loss.targets == "one_hot")
        return _OverPositions(function, loss.label_weights) if positions else function

    return make


def row_metric(loss: Loss, score: str, n_classes: int = 0) -> RowMetric:
    """Give what a score averages over rows while training, from encoded targets and outputs; of parts their mean.

    Args:
        loss: the loss that is trained with.
        score: one that is followed while training.
        n_classes: number of classes, which outputs that are ranks do not show.
    """
    of_rows = catalogue.find(score, loss.task).statistic.terms

    def metric(*of_replica: tf.Tensor) -> tf.Tensor:
        targets, outputs, *numbers = of_replica
        values = of_rows(_Rows(loss, targets, loss.decode(outputs, n_classes, keras.ops), *numbers))
        return tf.reduce_mean(values, axis=range(1, values.shape.rank))

    return metric


class _Rows:
    """One replica's rows as tensors: see `statistic.Rows`."""

    xp = keras.ops

    def __init__(self, loss: Loss, targets: tf.Tensor, outputs: tf.Tensor, numbers: tf.Tensor | None = None) -> None:
        """Take them as they are trained with.

        Args:
            loss: the loss that is trained with.
            targets: as the loss wants them.
            outputs: (n_rows, n_outputs), as `Loss.decode` has them.
            numbers: of values: see `View.own_units`; None where the target's units are the scaled ones.
        """
        self.loss, self.outputs = loss, outputs
        self._targets, self._numbers = targets, numbers

    @property
    def labels(self) -> tf.Tensor:
        """(n_rows, n_targets) in target units, or (n_rows,) class indices."""
        if self.loss.task == "regression":
            return self._in_target_units(self._targets)
        if self.loss.task == "binary":
            return tf.cast(self._targets >= self.loss.threshold, tf.int32)[..., 0]
        match self.loss.targets:
            case "class_index":
                return self._targets
            case "rank" | "levels":
                return tf.cast(tf.reduce_sum(self._targets, axis=-1), tf.int32)
            case _:
                return tf.argmax(self._targets, -1, tf.int32)

    @property
    def predictions(self) -> tf.Tensor:
        """(n_rows, n_targets) in target units."""
        return self._in_target_units(self._point)

    @property
    def errors(self) -> tf.Tensor:
        """(n_rows, n_targets) in target units."""
        scaled = self._point - self._targets
        if self._numbers is None:
            return scaled
        # of values far from 0 float32 has no digits left for what they differ by, so no two of them are subtracted
        apart = scaled * self._numbers[1]
        if self.loss.target_transform != "log":
            return apart
        center, spread = self._numbers[0], self._numbers[1]
        furthest = FURTHEST_LOG - (self._targets * spread + center)
        return (1 + self.labels) * tf.math.expm1(tf.minimum(apart, furthest))

    @property
    def scaled_errors(self) -> tf.Tensor:
        """(n_rows, n_targets) in the units of the dataset's scale."""
        is_scaled = self._numbers is None or not self.loss.target_transform
        return self._point - self._targets if is_scaled else self.errors / self._numbers[2]

    @property
    def decisions(self) -> tf.Tensor:
        """(n_rows,) class indices."""
        if self.loss.task == "binary":
            return tf.cast(self.outputs >= self.loss.threshold, tf.int32)[..., 0]
        return tf.argmax(self.outputs, -1, tf.int32)

    @property
    def of_truth(self) -> tf.Tensor:
        """(n_rows,) the probability of the row's class."""
        if self.loss.task == "binary":
            return tf.where(self._targets >= self.loss.threshold, self.outputs, 1 - self.outputs)[..., 0]
        return tf.gather(self.outputs, self.labels, axis=-1, batch_dims=self.labels.shape.rank) / tf.reduce_sum(
            self.outputs, axis=-1
        )

    @property
    def _point(self) -> tf.Tensor:
        """(n_rows, n_targets) in scaled units."""
        return self.loss.output.point(self.outputs, keras.ops)

    def _in_target_units(self, scaled: tf.Tensor) -> tf.Tensor:
        if self._numbers is None:
            return scaled
        values = scaled * self._numbers[1] + self._numbers[0]
        return tf.math.expm1(tf.minimum(values, FURTHEST_LOG)) if self.loss.target_transform == "log" else values


def make_optimizer(settings: OptimizerSettings, n_steps: int | None = None) -> keras.optimizers.Optimizer:
    """A new Keras optimizer.

    Args:
        settings: with one learning rate.
        n_steps: of the whole training, in which a rate that falls reaches 0; when not given, the rate is the first.
    """
    rate = settings.learning_rate
    if n_steps is not None and settings.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, n_steps)
    # a name of its own: Keras would number it
    return getattr(keras.optimizers, settings.name)(rate, name=settings.name.lower(), **settings.arguments)
