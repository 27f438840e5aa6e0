"""What a user's own loss or network must pass before it is trained; the error says which check failed."""

from collections.abc import Callable
from typing import NoReturn

import numpy as np

from stages import paths, usercode
from stages.backend import keras, tf
from stages.cli import UserError
from stages.models import CustomNetwork
from stages.training import Unit

ROWS = 32  # train rows that a trial looks at
SEEDS = 2  # copies of a network that a trial compares with the networks themselves
TOLERANCE = 1e-4


def try_unit(unit: Unit) -> None:
    """Check the user's own loss and network of a unit on its first train rows.

    Raises:
        UserError: one does not pass.
    """
    if unit.settings.get("model"):
        _try_network(unit)
    if unit.loss.is_custom:
        _try_loss(unit)


def _try_network(unit: Unit) -> None:
    network, features = unit.network(0), tf.constant(unit.folds[0].features["train"][:ROWS])
    refuse = _refusing(unit, f"model {network.reference}")
    models = [refuse(lambda seed=seed: network.build(seed), "building it") for seed in unit.seeds(0)[:SEEDS]]
    for model in models:
        _check_shape(model, network, refuse)
    if len({tuple(tuple(variable.shape) for variable in model.variables) for model in models}) > 1:
        refuse.because("its variables have other shapes for another seed")
    stacked = [tf.stack([model.variables[i].value for model in models]) for i in range(len(models[0].variables))]
    trainable = [variable.trainable for variable in models[0].variables]
    weights = [array for array, trains in zip(stacked, trainable, strict=True) if trains]
    state = [array for array, trains in zip(stacked, trainable, strict=True) if not trains]
    if not weights:
        refuse.because("it has no weights to train")

    def forward(*, training: bool) -> Callable:
        return lambda values: models[0].stateless_call(*values, features, training=training)[0]

    refuse(lambda: tf.vectorized_map(forward(training=True), (weights, state)), "training its copies together")
    ours = refuse(lambda: tf.vectorized_map(forward(training=False), (weights, state)), "running its copies together")
    for one, model in zip(ours, models, strict=True):
        if not np.allclose(one, model(features, training=False), rtol=TOLERANCE, atol=TOLERANCE):
            refuse.because("its copies do not give what it gives alone; it keeps something that is not a variable")


def _check_shape(model: object, network: CustomNetwork, refuse: "_Refusing") -> None:
    if not isinstance(model, keras.Model):
        refuse.because(f"it gave {type(model).__name__}; a keras.Model is needed")
    if not model.built:
        refuse.because("its model is not built; begin with keras.Input((n_features,))")
    for what, shape, needed in (
        ("input", model.input_shape, (None, network.n_features)),
        ("output", model.output_shape, (None, network.n_outputs)),
    ):
        if shape != needed:
            refuse.because(f"its {what} has the shape {shape}; {needed} is needed")


def _try_loss(unit: Unit) -> None:
    loss, data = unit.loss, unit.folds[0]
    refuse = _refusing(unit, f"loss {loss.function}")
    function = usercode.find(loss.function)
    labels = data.labels["train"][:ROWS]
    targets = tf.constant(loss.encode(labels, data.n_classes))
    model = unit.network(0).build(unit.seeds(0)[0])
    features = tf.constant(data.features["train"][:ROWS])
    with tf.GradientTape() as tape:
        outputs = model(features, training=True)
        tape.watch(outputs)
        values = refuse(lambda: tf.convert_to_tensor(function(targets, outputs)), "calling it")
    gradient = refuse(lambda: tape.gradient(values, outputs), "its gradient")
    if values.shape != (len(labels),):
        refuse.because(
            f"shape: it gave {tuple(values.shape)} for {len(labels)} rows; one value for each row, "
            f"({len(labels)},), is needed"
        )
    if not np.isfinite(values).all():
        refuse.because(f"finite: its value is {_odd(values)} for a train row and an untrained network")
    if gradient is None:
        refuse.because("gradient: it has none; every step from y_pred must be an operation of Keras or TensorFlow")
    if not np.isfinite(gradient).all():
        refuse.because(f"finite: its gradient is {_odd(gradient)} for a train row and an untrained network")
    if not np.any(gradient):
        refuse.because("gradient: it is 0 for every one of the first train rows, so nothing would be learned")


def _odd(values: tf.Tensor) -> float:
    array = np.asarray(values)
    return float(array[~np.isfinite(array)].flat[0])


class _Refusing:
    """Runs what is the user's own; any failure becomes a line that says where."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __call__(self, run: Callable, doing: str) -> object:
        try:
            return run()
        except UserError:
            raise
        except Exception as error:
            lines = str(error).strip().splitlines() or ["no message"]
            raise UserError(f"{self._where}: {doing} failed: {type(error).__name__}: {lines[0]}") from error

    def because(self, reason: str) -> NoReturn:
        raise UserError(f"{self._where}: {reason}")


def _refusing(unit: Unit, what: str) -> _Refusing:
    return _Refusing(f"{paths.PARAMS}: comparisons.{unit.settings['dataset']}: {what} is refused")
