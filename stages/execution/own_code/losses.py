"""What a user's own loss must pass before it is trained: its arguments, its shape, its value and its gradient."""

import inspect
from collections.abc import Callable, Iterator

import numpy as np

from stages.execution.own_code.trial import TOLERANCE, Trial, not_finite
from stages.training.backend import tf
from stages.training.keras_parts import takes, weighs_batch
from stages.training.unit import Unit
from stages.usercode import loading

_OF_A_BATCH = (
    ". Take means over the last axis alone (axis=-1); what exists for a whole batch only says so: "
    "per: batch beside loss:"
)


def check(unit: Unit, features: np.ndarray, targets: np.ndarray, trial: Trial) -> None:
    """Check a unit's own loss on its rows.

    Args:
        unit: with a few rows.
        features: (n_rows, n_features) of all of them as a network sees them, scaled.
        targets: theirs, as the loss wants them.
        trial: what says that it is refused.
    """
    function = loading.find(unit.loss.function)
    if inspect.isclass(function):
        trial.refuse("it is a class; a function (y_true, y_pred) is needed")
    _check_arguments(unit, function, trial)
    # a plain tensor: Keras' crossentropies would else use the sums that it remembers of a layer's outputs
    outputs = tf.identity(unit.network().build(unit.settings.seeds[0])(tf.constant(features), training=False))
    every, measure = np.arange(len(targets)), _measure(unit, function, targets, outputs)
    with trial.step("calling it"):
        values, gradient = measure(every)
    _check_shape(unit, tuple(values.shape), trial)
    _check_finite(values, "a train row" if unit.loss.per_row else "a batch of train rows", trial)
    if unit.loss.per_row:
        with trial.step("calling it on one row"):
            alone, _ = measure(every[:1])
        if not np.allclose(alone, values[:1], rtol=TOLERANCE, atol=TOLERANCE):
            trial.refuse(
                f"shape: a row's value is another when the row stands alone; rows are mixed on the way{_OF_A_BATCH}"
            )
    with trial.step("its gradient"):
        slopes = gradient()
    _check_gradient(slopes, len(every), "a train row", trial)
    if not unit.loss.per_row:
        _check_batches(unit, measure, values, trial)


def _check_arguments(unit: Unit, function: Callable, trial: Trial) -> None:
    columns, arguments = unit.loss.columns, inspect.signature(function).parameters
    if columns and not takes(function, "columns"):
        trial.refuse("it takes no columns; a function (y_true, y_pred, columns) is needed")
    if not columns and "columns" in arguments and arguments["columns"].default is inspect.Parameter.empty:
        trial.refuse("it takes columns, and none are named; columns: [name] beside loss: names those that it sees")
    if unit.loss.per_row and "weights" in arguments:
        trial.refuse(
            "it takes weights, and gives a value for each row; what a row counts is multiplied with its value anyway, "
            "so leave weights out (per: batch is for losses that have one value for a whole batch)"
        )
    rows_differ = unit.table.weights is not None or unit.settings.class_weights
    if not unit.loss.per_row and rows_differ and not weighs_batch(unit.loss):
        trial.refuse(
            "rows count differently, and it has one value for a whole batch; a function (y_true, y_pred, weights) is "
            "needed, which weighs the rows itself: weights has the shape (n_rows,)"
        )


def _measure(unit: Unit, function: Callable, targets: np.ndarray, outputs: tf.Tensor) -> Callable:
    """What gives the loss of some rows, by their numbers, and what gives its gradient for their outputs."""
    loss = unit.loss

    def measure(rows: np.ndarray, weights: np.ndarray | None = None) -> tuple[tf.Tensor, Callable[[], object]]:
        seen, some = {}, tf.gather(outputs, rows)
        if loss.columns:
            seen["columns"] = {name: tf.constant(unit.columns[rows, i]) for i, name in enumerate(loss.columns)}
        if weighs_batch(loss):
            seen["weights"] = tf.constant(np.ones(len(rows)) if weights is None else weights, tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(some)
            values = tf.convert_to_tensor(function(tf.constant(targets[rows]), some, **seen))
        return values, lambda: tape.gradient(values, some)

    return measure


def _check_shape(unit: Unit, shape: tuple[int, ...], trial: Trial) -> None:
    n_rows = len(unit.table.labels)
    if unit.loss.per_row and shape != (n_rows,):
        trial.refuse(
            f"shape: it gave {shape} for {n_rows} rows; one value for each row, ({n_rows},), is needed"
            + (_OF_A_BATCH if not shape else "")
        )
    if not unit.loss.per_row and shape:
        trial.refuse(
            f"shape: it gave {shape} for a batch of {n_rows} rows; one value for the whole batch, (), is needed"
            + ("; a loss with a value for each row needs no per:" if shape == (n_rows,) else "")
        )


def _check_finite(values: object, of: str, trial: Trial, hint: str = "") -> None:
    if not np.isfinite(values).all():
        trial.refuse(f"finite: its value is {not_finite(values)} for {of} and an untrained network{hint}")


def _check_gradient(gradient: object, n_rows: int, of: str, trial: Trial) -> None:
    if gradient is None:
        trial.refuse("gradient: it has none; every step from y_pred must be an operation that has one")
    slopes = np.asarray(tf.convert_to_tensor(gradient))
    if not np.isfinite(slopes).all():
        trial.refuse(f"finite: its gradient is {not_finite(slopes)} for {of} and an untrained network")
    if not slopes.any():
        trial.refuse(f"gradient: it is 0 for every one of {n_rows} train rows, so nothing would be learned")


def _check_batches(unit: Unit, measure: Callable, value: tf.Tensor, trial: Trial) -> None:
    """Check a loss of whole batches on those that a network may meet, and that it heeds what rows count."""
    for rows, of in _poor_batches(unit):
        with trial.step(f"calling it on {of}"):
            poor, gradient = measure(rows)
            slopes = gradient()
        hint = "; where there is nothing to compare, give 0 by a finite gradient: divide by ops.maximum(n_pairs, 1)"
        _check_finite(poor, of, trial, hint)
        if slopes is not None and not np.isfinite(slopes := np.asarray(tf.convert_to_tensor(slopes))).all():
            trial.refuse(f"finite: its gradient is {not_finite(slopes)} for {of} and an untrained network{hint}")
    n_rows = len(unit.table.labels)
    if weighs_batch(unit.loss):
        with trial.step("calling it with weights"):
            weighed, _ = measure(np.arange(n_rows), np.linspace(0.5, 1.5, n_rows))
        if np.array_equal(weighed, value):
            trial.refuse("weights: its value is the same whatever rows count; weigh them, or leave them out")


def _poor_batches(unit: Unit) -> Iterator[tuple[np.ndarray, str]]:
    """Batches that hold little: a single row, and of classes rows of one class alone."""
    labels = unit.table.labels
    yield np.arange(1), "a batch of one row"
    for index in np.unique(labels) if unit.table.n_classes else ():
        yield np.flatnonzero(labels == index), f"a batch of rows of class {index} alone"
