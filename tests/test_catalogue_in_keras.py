import math

import numpy as np
import pytest

from stages.backend import keras
from stages.losses import LOSSES, canonical_name

# Keras clips probabilities at 1e-7, which moves a logarithm by a few parts in a million
TOLERANCE = 1e-5
LN2, E1 = math.log(2), math.e - 1
THREE_CLASSES = ([0, 2], [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], LN2)
# labels, outputs, and the mean over rows worked by hand
WORKED = {
    "mse": ([1, 2], [[1.5], [1.0]], (0.25 + 1) / 2),
    "mae": ([1, 2], [[1.5], [1.0]], (0.5 + 1) / 2),
    "msle": ([0, -3, E1], [[E1], [0.0], [E1]], (1 + 0 + 0) / 3),
    "binary_crossentropy": ([1, 0], [[0.5], [0.25]], (LN2 + math.log(4 / 3)) / 2),
    "hinge": ([1, 0], [[0.5], [0.5]], (0.5 + 1.5) / 2),
    "squared_hinge": ([1, 0], [[0.5], [0.5]], (0.25 + 2.25) / 2),
    "categorical_crossentropy": THREE_CLASSES,
    "sparse_categorical_crossentropy": THREE_CLASSES,
    "kl_divergence": THREE_CLASSES,
}


@pytest.mark.parametrize(
    ("name", "alias"),
    [(name, alias) for name, loss in LOSSES.items() for alias in (name, loss.keras_class, *loss.aliases)],
)
def test_every_name_of_a_loss_means_to_keras_what_was_worked_by_hand(name, alias):
    labels, outputs, expected = WORKED[name]
    encoded = LOSSES[name].encode(np.array(labels), 3)
    value = np.mean(keras.losses.get(alias)(encoded, np.array(outputs, np.float32)))
    assert value == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize("name", LOSSES)
def test_the_class_of_a_loss_gives_the_value_worked_by_hand(name):
    labels, outputs, expected = WORKED[name]
    encoded = LOSSES[name].encode(np.array(labels), 3)
    loss = getattr(keras.losses, LOSSES[name].keras_class)()
    assert float(loss(encoded, np.array(outputs, np.float32))) == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize("name", LOSSES)
def test_every_name_that_keras_has_for_a_loss_is_accepted(name):
    function = keras.losses.get(name)
    aliases = [alias for alias in dir(keras.losses) if getattr(keras.losses, alias) is function]
    assert {alias: canonical_name(alias) for alias in aliases} == dict.fromkeys(aliases, name)
