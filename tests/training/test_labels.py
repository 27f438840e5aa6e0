"""Several labels of one network: every copy becomes what Keras alone makes of as many outputs."""

from dataclasses import replace

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.training.backend import keras, tf
from stages.training.keras_parts import is_per_row, keras_loss, loss_maker, row_metric
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


def copies_of(loss):
    """A network with an output for each label, copies of it with two seeds, and which rows they learn from."""
    network = Network(4, hidden=(5,), n_outputs=1, activation=loss.activation, positions=(N_LABELS,))
    replicas = Replicas(
        network.build(0),
        network.initial_weights((3, 11)),
        loss=keras_loss(loss, (N_LABELS,)),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=optimizer_for(loss, "SGD"),
        per_row=is_per_row(loss, (N_LABELS,)),
    )
    return network, replicas, first_rows(2, N_TRAIN, N_ROWS)


def test_weights_of_labels_are_those_of_a_keras_model_with_an_output_for_each():
    weights, rng = (1.0, 5.0, 0.5), np.random.default_rng(0)
    loss = replace(LOSSES["binary_crossentropy"], label_weights=weights)
    labels = rng.integers(0, 2, (N_ROWS, N_LABELS)).astype(np.float32)
    features = rng.normal(size=(N_ROWS, 4)).astype(np.float32)
    network, replicas, view = copies_of(loss)
    history = fit(replicas, Rows(features, labels[..., None]), view, epochs=2, orders=in_file_order(view))

    before, last = network.build(11), keras.layers.Dense(N_LABELS, activation="sigmoid")
    inputs = keras.Input((4,))
    hidden = keras.layers.Dense(5, activation="relu")
    outputs = last(hidden(inputs))
    model = keras.Model(inputs, [outputs[:, place : place + 1] for place in range(N_LABELS)])
    model.set_weights(before.get_weights())
    model.compile(
        optimizer_for(loss, "SGD"),
        ["binary_crossentropy"] * N_LABELS,
        loss_weights=[weight / N_LABELS for weight in weights],  # ours is a mean over labels
        run_eagerly=True,
    )
    of_each = np.split(labels[:N_TRAIN], N_LABELS, axis=1)
    expected = model.fit(features[:N_TRAIN], of_each, epochs=2, batch_size=32, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history.loss[1], expected["loss"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(replicas.predict(features, view)[1][..., 0], np.hstack(model(features)), atol=1e-5)


def test_rows_count_as_copies_under_weights_of_labels_also_where_a_parameter_is_chosen():
    loss = replace(LOSSES["binary_focal_crossentropy"], label_weights=(1.0, 5.0, 0.5))
    rng = np.random.default_rng(1)
    labels, counts = rng.integers(0, 2, (N_ROWS, N_LABELS, 1)).astype(np.float32), rng.integers(0, 4, N_ROWS)
    outputs = rng.uniform(0.05, 0.95, (N_ROWS, N_LABELS, 1)).astype(np.float32)
    copies = [np.repeat(array, counts, axis=0) for array in (labels, outputs)]
    for measure in (keras_loss(loss, (N_LABELS,)), loss_maker(loss, ["gamma"], (N_LABELS,))(tf.constant([2.0]))):
        weighted = float(measure(labels, outputs, sample_weight=counts.astype(np.float32))) * N_ROWS
        assert weighted == pytest.approx(float(measure(*copies)) * counts.sum(), rel=1e-5)
        unweighted = keras_loss(LOSSES["binary_focal_crossentropy"], (N_LABELS,))
        of_each = [float(unweighted(labels[:, [label]], outputs[:, [label]])) for label in range(N_LABELS)]
        assert float(measure(labels, outputs)) == pytest.approx(np.dot([1, 5, 0.5], of_each) / N_LABELS, rel=1e-5)


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
    network, replicas, view = copies_of(loss)
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
