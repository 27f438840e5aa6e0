"""Several labels of one network: every copy becomes what Keras alone makes of as many outputs."""

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.training.backend import keras
from stages.training.keras_parts import is_per_row, keras_loss, row_metric
from stages.training.networks import Network
from stages.training.replicas import Replicas
from stages.training.views import Rows
from tests.training.test_replicas import (
    assert_is_alone,
    first_rows,
    fit,
    in_file_order,
    keras_fit,
    optimizer_for,
    taken,
)

N_TRAIN, N_ROWS, N_LABELS = 40, 59, 3


@pytest.mark.parametrize(
    "name",
    [
        "binary_crossentropy",
        pytest.param("binary_focal_crossentropy", marks=pytest.mark.thorough),
        pytest.param("squared_hinge", marks=pytest.mark.thorough),
    ],
)
def test_histories_equal_those_of_keras_fit(name):
    loss, rng = LOSSES[name], np.random.default_rng(2)
    labels = rng.integers(0, 2, (N_ROWS, N_LABELS)).astype(np.int8)
    features = (rng.normal(size=(N_ROWS, 4)) + np.pad(labels, ((0, 0), (0, 1)))).astype(np.float32)
    network = Network(4, hidden=(5,), n_outputs=1, activation=loss.activation, positions=(N_LABELS,))
    replicas = Replicas(
        network.build(0),
        network.initial_weights((3, 11)),
        loss=keras_loss(loss, (N_LABELS,)),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=optimizer_for(loss, "SGD"),
        per_row=is_per_row(loss, (N_LABELS,)),
    )
    view = first_rows(2, N_TRAIN, N_ROWS)
    rows = Rows(features, loss.encode(labels, 2))
    history = fit(replicas, rows, view, epochs=2, orders=in_file_order(view))

    dense = [
        keras.layers.Dense(5, activation="relu"),
        keras.layers.Dense(N_LABELS, activation=loss.activation),
    ]
    model = keras.Sequential([keras.Input((4,)), *dense])
    model.set_weights(network.build(11).get_weights())
    plain = Rows(features, rows.targets[..., 0])
    train, test = taken(plain, slice(N_TRAIN)), taken(plain, slice(N_TRAIN, None))
    expected = keras_fit(model, loss, optimizer_for(loss, "SGD"), train=[train] * 2, test=test)
    # Keras' own accuracy of several outputs asks which is the largest
    assert_is_alone(history, replicas, 1, {key: expected[key] for key in ("loss", "val_loss")}, model)
    predicted = replicas.predict(features, view)
    np.testing.assert_allclose(predicted[1][..., 0], model(features), rtol=0, atol=1e-5)
