"""The networks that are compared, their initial weights, and the file of a trained one."""

import itertools
import re
import threading
import zipfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from stages.records.array_facts import Inputs
from stages.records.networks import Shaped
from stages.records.settings import Settings
from stages.training.backend import keras
from stages.training.layers import build, several
from stages.training.layers.sizes import Sizes, of_model
from stages.usercode import loading

# Keras draws initial weights from generators that the whole process shares
_drawing = threading.Lock()


# the initial weights that suit an activation; a saturating one wants smaller ones
_INITIALIZERS = {"tanh": "glorot_uniform"}


@dataclass(frozen=True)
class Network:
    """A multi-layer perceptron, or a network of other layers before the dense ones.

    Attributes:
        n_features: number of inputs; of rows of several axes their shape.
        hidden: units of each hidden layer.
        n_outputs: units of the last layer; where each position of a row has outputs of its own, those of a position.
        activation: activation of the last layer.
        hidden_activation: activation of the hidden layers.
        dropout: share of each hidden layer's outputs that are dropped while training.
        batch_norm: whether each hidden layer is normalised over the batch, before its activation.
        before: the layers before the hidden ones; None for none.
        positions: lengths of the axes along which each position has outputs; empty where a row has them.
        gives_input: whether it is to give what it is given.
        has_levels: whether its outputs are levels that differ in their biases alone.
        inputs: of which `n_features` numbers are made, where it has several.
    """

    n_features: int | tuple[int, ...]
    hidden: tuple[int, ...]
    n_outputs: int
    activation: str
    hidden_activation: str = "relu"
    dropout: float = 0.0
    batch_norm: bool = False
    before: Shaped | None = None
    positions: tuple[int, ...] = ()
    gives_input: bool = False
    has_levels: bool = False
    inputs: Inputs = ()

    @classmethod
    def of(
        cls,
        settings: Settings,
        n_features: int | tuple[int, ...],
        n_outputs: int,
        positions: tuple[int, ...] = (),
        inputs: Inputs = (),
    ) -> "Network":
        """The one that a run's settings describe, with the output activation of its loss."""
        return cls(
            n_features,
            settings.hidden,
            n_outputs,
            settings.loss.activation,
            hidden_activation=settings.hidden_activation,
            dropout=settings.dropout,
            batch_norm=settings.batch_norm,
            before=settings.network,
            positions=positions,
            # targets that are values at each position of a row, of the row's own shape, are the row
            gives_input=settings.loss.task == "regression" and n_features == (*positions, n_outputs),
            has_levels=settings.loss.targets == "levels" and not positions,
            inputs=inputs,
        )

    @property
    def _is_plain(self) -> bool:
        """Whether it is dense layers alone, on a row of one axis."""
        return not (self.before or self.positions or self.has_levels) and isinstance(self.n_features, int)

    def build(self, seed: int) -> keras.Model:
        """Build the Keras model whose initial weights `seed` decides, as ``keras.utils.set_random_seed`` does."""
        with _drawing:
            keras.utils.set_random_seed(seed)
            if not self._is_plain:
                return self._shaped()
            return keras.Sequential([keras.Input((self.n_features,), name="features"), *self._layers()], name="network")

    def draw(self, seed: int) -> list[np.ndarray]:
        """The values that the variables of ``build(seed)`` begin with, without the time that building takes."""
        if not self._is_plain:
            return [variable.numpy() for variable in self.build(seed).variables]
        with _drawing:
            keras.utils.set_random_seed(seed)
            values, width = [], self.n_features
            for layer in self._layers():
                match layer:
                    case keras.layers.Dense():
                        values += [layer.kernel_initializer((width, layer.units))]
                        values += [layer.bias_initializer((layer.units,))]
                        width = layer.units
                    case keras.layers.BatchNormalization():
                        values += [np.full(width, value, np.float32) for value in _BATCH_NORM]
                    case keras.layers.Dropout():
                        values += [layer.seed_generator.state.numpy()]
            return [keras.ops.convert_to_numpy(array) for array in values]

    def initial_weights(self, seeds: tuple[int, ...]) -> list[np.ndarray]:
        """What every seed begins with, stacked: one array (n_seeds, *shape) for each variable.

        It does not depend on the output's activation, so each seed starts every loss of a comparison alike.
        """
        return _initial_weights(replace(self, activation="linear"), seeds)

    def _shaped(self) -> keras.Model:
        start = _INITIALIZERS.get(self.hidden_activation, "he_uniform")
        shape = self.n_features if isinstance(self.n_features, tuple) else (self.n_features,)
        return build.build(
            self.before,
            shape,
            self.hidden,
            build.Outputs(self.n_outputs, self.activation, self.positions, self.gives_input, self.has_levels),
            build.Style(self.hidden_activation, start, self.dropout, batch_norm=self.batch_norm),
            inputs=self.inputs,
        )

    def _layers(self) -> list[keras.layers.Layer]:
        layers = keras.layers
        start = _INITIALIZERS.get(self.hidden_activation, "he_uniform")
        own_layers = []
        for i, units in enumerate(self.hidden, start=1):
            # a normalised layer has its activation after the normalisation
            activation = None if self.batch_norm else self.hidden_activation
            own_layers += [layers.Dense(units, activation=activation, kernel_initializer=start, name=f"hidden_{i}")]
            if self.batch_norm:
                own_layers += [
                    layers.BatchNormalization(name=f"normal_{i}"),
                    layers.Activation(self.hidden_activation, name=f"activation_{i}"),
                ]
            if self.dropout:
                own_layers += [layers.Dropout(self.dropout, name=f"dropout_{i}")]
        return [*own_layers, layers.Dense(self.n_outputs, activation=self.activation, name="output")]


# scale, shift, moving mean and moving variance of a layer that has seen nothing
_BATCH_NORM = (1, 0, 0, 1)


@dataclass(frozen=True)
class CustomNetwork:
    """A user's own network: a function ``build(n_features, n_outputs, activation)`` that gives a Keras model.

    Where it has several inputs, it is given their shapes by their names.

    Attributes:
        reference: ``module:function``, the module a file in ``stages/custom``.
        n_features: number of inputs; of rows of several axes their shape.
        n_outputs: units of the last layer; where each position of a row has outputs of its own, those of a position.
        activation: activation of the last layer.
        positions: as of `Network`.
        inputs: as of `Network`.
    """

    reference: str
    n_features: int | tuple[int, ...]
    n_outputs: int
    activation: str
    positions: tuple[int, ...] = ()
    inputs: Inputs = ()

    def build(self, seed: int) -> keras.Model:
        """Build the model after ``keras.utils.set_random_seed(seed)``."""
        function = loading.find(self.reference)
        with _drawing:
            keras.utils.set_random_seed(seed)
            return self.built_by(function)

    def built_by(self, function: Callable) -> keras.Model:
        """The model that the user's function gives; where it has several inputs, made one that takes a whole row."""
        model = function(dict(self.inputs) or self.n_features, self.n_outputs, self.activation)
        return several.taking_rows(model, self.inputs) if self.inputs else model

    def initial_weights(self, seeds: tuple[int, ...]) -> list[np.ndarray]:
        """What every seed begins with, stacked: one array (n_seeds, *shape) for each variable."""
        # the function is part of what is remembered: in another folder the same name is another one
        return _initial_weights(self, seeds, loading.find(self.reference))

    def draw(self, seed: int) -> list[np.ndarray]:
        """The values that the variables of ``build(seed)`` begin with."""
        return [variable.numpy() for variable in self.build(seed).variables]


def sizes_of(network: Network | CustomNetwork) -> Sizes:
    """Count what a network comes to."""
    return _sizes_of(network, loading.find(network.reference) if isinstance(network, CustomNetwork) else None)


@lru_cache(maxsize=64)
def _sizes_of(network: Network | CustomNetwork, _function: Callable | None) -> Sizes:
    return of_model(network.build(0))


@lru_cache(maxsize=64)  # each loss of a comparison asks for them, and tuning and training do
def _initial_weights(
    network: Network | CustomNetwork, seeds: tuple[int, ...], _function: Callable | None = None
) -> list[np.ndarray]:
    per_seed = [network.draw(seed) for seed in seeds]
    return [np.stack(arrays) for arrays in zip(*per_seed, strict=True)]


def save_model(model: keras.Model, path: Path) -> None:
    """Save a model as a ``.keras`` file whose bytes depend on the model alone.

    Keras writes the day of saving and memory addresses, which it uses as names of shared objects.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = re.sub(
        rb'("date_saved": ")[^"]*', rb"\g<1>1980-01-01@00:00:00", members["metadata.json"]
    )
    numbers = itertools.count(1)
    number_of: dict[bytes, bytes] = defaultdict(lambda: str(next(numbers)).encode())
    members["config.json"] = re.sub(
        rb'("shared_object_id": )(\d+)', lambda match: match[1] + number_of[match[2]], members["config.json"]
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
