"""What networks of one shape predict, all of them as one program."""

from collections.abc import Callable

import numpy as np

from stages.records.plans import Scaling
from stages.training.backend import keras
from stages.training.replicas import Replicas
from stages.training.views import View


def predict(network: keras.Model, weights: list[np.ndarray], scaling: Scaling) -> Callable[[np.ndarray], np.ndarray]:
    """Make ready what predicts.

    Args:
        network: of which all are copies; its own weights are not used.
        weights: of each of its variables the values (n_networks, *shape).
        scaling: of one split, the scale of all.

    Returns:
        A function of features, float64 (n_rows, n_features) in their own units, NaN where missing, that gives
        float32 (n_networks, n_rows, n_outputs).
    """
    replicas = Replicas(
        network,
        weights,
        loss=keras.losses.MeanSquaredError(),
        metric=lambda *_: 0.0,
        optimizer=keras.optimizers.SGD(),
    )
    view = View(np.zeros(len(weights[0]), np.int64), train=[], test=[], scaling=scaling)
    return lambda features: replicas.predict(features, view)
