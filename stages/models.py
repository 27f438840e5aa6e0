"""The networks that are compared, and their initial weights."""

import itertools
import re
import threading
import zipfile
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from stages.backend import keras

# Keras draws initial weights from generators that the whole process shares
_drawing = threading.Lock()


@dataclass(frozen=True)
class Network:
    """A multi-layer perceptron.

    Attributes:
        n_features: number of inputs.
        hidden: units of each hidden layer (relu, He-uniform initial weights).
        n_outputs: units of the last layer.
        activation: activation of the last layer.
    """

    n_features: int
    hidden: tuple[int, ...]
    n_outputs: int
    activation: str

    def build(self, seed: int) -> keras.Model:
        """Build the Keras model whose initial weights `seed` decides, as ``keras.utils.set_random_seed`` does."""
        with _drawing:
            keras.utils.set_random_seed(seed)
            return keras.Sequential([keras.Input((self.n_features,), name="features"), *self._layers()], name="network")

    def draw(self, seed: int) -> list[np.ndarray]:
        """The initial weights of ``build(seed)``, without the time that building a model takes."""
        with _drawing:
            keras.utils.set_random_seed(seed)
            weights, width = [], self.n_features
            for layer in self._layers():
                weights += [layer.kernel_initializer((width, layer.units)), layer.bias_initializer((layer.units,))]
                width = layer.units
            return [keras.ops.convert_to_numpy(array) for array in weights]

    def _layers(self) -> list[keras.layers.Dense]:
        dense = keras.layers.Dense
        return [
            *(
                dense(units, activation="relu", kernel_initializer="he_uniform", name=f"hidden_{i + 1}")
                for i, units in enumerate(self.hidden)
            ),
            dense(self.n_outputs, activation=self.activation, name="output"),
        ]

    def initial_weights(self, seeds: tuple[int, ...]) -> list[np.ndarray]:
        """The initial weights of every seed, stacked: one array (n_seeds, *shape) for each variable.

        They do not depend on the output's activation, so each seed starts every loss of a comparison alike.
        """
        return _initial_weights(self.n_features, self.hidden, self.n_outputs, seeds)


@lru_cache(maxsize=4)
def _initial_weights(
    n_features: int, hidden: tuple[int, ...], n_outputs: int, seeds: tuple[int, ...]
) -> list[np.ndarray]:
    network = Network(n_features, hidden, n_outputs, "linear")
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
