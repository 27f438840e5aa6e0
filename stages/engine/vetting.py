"""What a user's own loss or network must pass before it is trained; the error says which check failed."""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

import numpy as np

from stages.basics import paths, usercode
from stages.basics.cli import UserError
from stages.engine.backend import keras, tf
from stages.engine.networks import CustomNetwork, save_model
from stages.engine.replicas import Replicas
from stages.engine.training import Unit, batch_orders, keras_loss, make_optimizer, objective, punishment, row_metric
from stages.engine.views import Rows, View
from stages.losses.validity import OUTPUTS

BATCH, LEFT = 32, 7  # train rows that a trial looks at: a batch, and a last one that is smaller
SEEDS = 2  # copies of a network that a trial trains together
TOLERANCE = 1e-4


def try_unit(unit: Unit) -> None:
    """Check the user's own loss and network of a unit on a few of its train rows.

    Raises:
        UserError: one does not pass.
    """
    own = [
        *([f"model {unit.settings.model}"] if unit.settings.model else []),
        *([f"loss {unit.loss.function}"] if unit.loss.is_custom else []),
    ]
    if not own:
        return
    refuse = _Refusing(f"{paths.PARAMS}: comparisons.{unit.settings.dataset}: {' with '.join(own)} is refused")
    if unit.settings.model:
        _try_network(unit, refuse)
    if unit.loss.is_custom:
        _try_loss(unit, refuse)
    _try_training(unit, refuse)
    if unit.loss.is_custom:
        sizes = unit.folds[0].n_classes, len(unit.folds[0].center)
        for measure in (punishment, objective):
            refuse(lambda measure=measure: measure(unit.loss, *sizes), "calling it on made-up rows")


def _few_rows(unit: Unit) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels of train rows, taken evenly from the lowest target to the highest."""
    features, labels = unit.folds[0].features["train"], unit.folds[0].labels["train"]
    by_target = np.argsort(labels.reshape(len(labels), -1)[:, 0], kind="stable")
    few = by_target[np.linspace(0, len(labels) - 1, min(BATCH + LEFT, len(labels))).round().astype(int)]
    return features[few], labels[few]


def _try_network(unit: Unit, refuse: "_Refusing") -> None:
    network, seeds = unit.network(0), unit.seeds(0)[:SEEDS]
    models = [refuse(lambda seed=seed: network.build(seed), "building it") for seed in seeds]
    for model in models:
        _check_kind(model, network, refuse)
    if len({id(variable) for model in models for variable in model.variables}) < sum(
        len(model.variables) for model in models
    ):
        refuse.because("it gives the same layers for every seed; build new ones each time")
    if len({tuple(tuple(variable.shape) for variable in model.variables) for model in models}) > 1:
        refuse.because("its variables have other shapes for another seed")
    if not models[0].trainable_variables:
        refuse.because("it has no weights to train")
    features = tf.constant(_few_rows(unit)[0])
    outputs = refuse(lambda: models[0](features, training=False), "calling it")
    outputs = outputs.numpy()
    if outputs.dtype != np.float32:
        refuse.because(f"its output is {outputs.dtype}; float32 is needed")
    low, high = OUTPUTS.get(network.activation, (-np.inf, np.inf))
    sums = outputs.sum(axis=-1) if network.activation == "softmax" else np.ones(1)
    if (outputs < low).any() or (outputs > high).any() or not np.allclose(sums, 1, atol=TOLERANCE):
        refuse.because(f"its output is not that of {network.activation}; use the activation that it is given")
    with TemporaryDirectory() as folder:
        refuse(lambda: save_model(models[0], Path(folder) / "model.keras"), "saving it")


def _check_kind(model: object, network: CustomNetwork, refuse: "_Refusing") -> None:
    if not isinstance(model, keras.Model):
        refuse.because(f"it gave {type(model).__name__}; a keras.Model is needed")
    for method in ("train_step", "test_step", "compute_loss"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            refuse.because(f"its class has a {method} of its own, which is not used")
    if not model.built:
        refuse.because("its model is not built; begin with keras.Input((n_features,))")
    for what, needed in (("input", (None, network.n_features)), ("output", (None, network.n_outputs))):
        # a model that is a class of its own has neither
        shape = getattr(model, f"{what}_shape", None)
        if shape is None:
            refuse.because(f"its {what} has no shape; make it with keras.Input and keras.Model or Sequential")
        kind = type(getattr(model, what, None))
        if kind in (dict, list, tuple):
            refuse.because(f"its {what} is a {kind.__name__}; one tensor is needed")
        if shape != needed:
            refuse.because(f"its {what} has the shape {shape}; {needed} is needed")


def _try_loss(unit: Unit, refuse: "_Refusing") -> None:
    loss, function = unit.loss, usercode.find(unit.loss.function)
    if inspect.isclass(function):
        refuse.because("it is a class; a function (y_true, y_pred) is needed")
    features, labels = _few_rows(unit)
    targets = tf.constant(loss.encode(labels, unit.folds[0].n_classes))
    model = unit.network(0).build(unit.seeds(0)[0])
    with tf.GradientTape() as tape:
        # Keras' crossentropies look behind the outputs of a layer
        outputs = tf.identity(model(tf.constant(features), training=False))
        tape.watch(outputs)
        values = refuse(lambda: tf.convert_to_tensor(function(targets, outputs)), "calling it")
    if values.shape != (len(labels),):
        refuse.because(
            f"shape: it gave {tuple(values.shape)} for {len(labels)} rows; one value for each row, "
            f"({len(labels)},), is needed"
        )
    if not np.isfinite(values).all():
        refuse.because(f"finite: its value is {_odd(values)} for a train row and an untrained network")
    alone = refuse(lambda: tf.convert_to_tensor(function(targets[:1], outputs[:1])), "calling it on one row")
    if not np.allclose(alone, values[:1], rtol=TOLERANCE, atol=TOLERANCE):
        refuse.because("shape: a row's value is another when the row stands alone; rows are mixed on the way")
    gradient = refuse(lambda: tape.gradient(values, outputs), "its gradient")
    if gradient is None:
        refuse.because("gradient: it has none; every step from y_pred must be an operation that has one")
    gradient = np.asarray(tf.convert_to_tensor(gradient))
    if not np.isfinite(gradient).all():
        refuse.because(f"finite: its gradient is {_odd(gradient)} for a train row and an untrained network")
    if not gradient.any():
        refuse.because(f"gradient: it is 0 for every one of {len(labels)} train rows, so nothing would be learned")


def _try_training(unit: Unit, refuse: "_Refusing") -> None:
    """Train two copies together on a few rows, twice: it must go, repeat itself, and be what each is alone."""
    network, loss, seeds = unit.network(0), unit.loss, unit.seeds(0)[:SEEDS]
    features, labels = _few_rows(unit)
    rows, every = Rows(features, loss.encode(labels, unit.folds[0].n_classes)), np.arange(len(features))
    view = View(np.zeros(len(seeds), np.int64), [every], [every])

    def train(chance: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
        replicas = Replicas(
            network.build(seeds[0]),
            network.initial_weights(seeds),
            loss=keras_loss(loss),
            metric=row_metric(loss),
            optimizer=make_optimizer(unit.settings.optimizer),
        )
        keras.utils.set_random_seed(chance)  # what draws from there would be another's chance
        history = replicas.fit(
            rows,
            view,
            epochs=1,
            batch_size=BATCH,
            orders=lambda epoch: batch_orders(seeds, epoch, len(rows)),
            on_epoch=lambda _: None,
        )
        return np.stack([history.loss, history.val_loss]), replicas.predict(features, view), replicas.weights

    once, again = (refuse(lambda chance=chance: train(chance), "training two copies together") for chance in (1, 2))
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(once[:2], again[:2], strict=True)):
        refuse.because(
            "training it twice from the same seed gives two results; draw random numbers from a "
            "keras.random.SeedGenerator that a layer holds"
        )
    if unit.settings.model:
        for seed, one, values in zip(seeds, once[1], zip(*once[2], strict=True), strict=True):
            model = network.build(seed)
            for variable, value in zip(model.variables, values, strict=True):
                variable.assign(value)
            alone = model(tf.constant(features), training=False)
            if not np.allclose(one, alone, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True):
                refuse.because("its copies do not give what it gives alone; it keeps something that is not a variable")


def _odd(values: Any) -> float:
    array = np.asarray(values)
    return float(array[~np.isfinite(array)].flat[0])


class _Refusing:
    """Runs what is the user's own; any failure becomes a line that says where."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __call__(self, run: Callable, doing: str) -> Any:
        try:
            return run()
        except UserError:
            raise
        except (Exception, SystemExit) as error:
            raise UserError(f"{self._where}: {doing} failed: {type(error).__name__}: {cause(error)}") from error

    def because(self, reason: str) -> NoReturn:
        raise UserError(f"{self._where}: {reason}")


def cause(error: BaseException) -> str:
    """The line of an error's message that says what is wrong, where Keras and TensorFlow put others around it."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no message"]
    if lines[0].startswith("in user code"):
        return lines[-1]
    if lines[0].startswith("Exception encountered") and len(lines) > 1:
        return lines[1]
    if lines[0].endswith("was created by passing"):  # a layer without get_config; what it needs is in the lines after
        return " ".join(lines[:4])
    return lines[0]
