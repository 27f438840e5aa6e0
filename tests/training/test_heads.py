"""Targets of different kinds of one network: every copy becomes what a Keras model with a head for each becomes."""

import numpy as np
import pytest

from stages.losses.catalogue import parts_of
from stages.params.loss_entry import resolve
from stages.training import probes
from stages.training.backend import keras, tf
from stages.training.keras_parts import keras_loss, loss_maker, row_metric
from stages.training.networks import Network
from stages.training.replicas import Replicas
from stages.training.views import Rows
from tests.training.test_replicas import BATCH_SIZE, first_rows, fit, in_file_order, optimizer_for

N_TRAIN, N_ROWS = 70, 107
ENTRY = {"losses": {"price": "huber", "sold": "binary_crossentropy", "area": "mse"}, "weights": [2, 0.3, 1]}


def drawn():
    rng = np.random.default_rng(2)
    features = rng.normal(size=(N_ROWS, 4)).astype(np.float32)
    price, area = features[:, 0] + rng.normal(size=N_ROWS), features[:, 1] * features[:, 2]
    sold = features[:, 3] + rng.normal(size=N_ROWS) > 0
    return features, np.column_stack([price, sold, area]).astype(np.float32)


def with_heads(loss, network):
    """A Keras model with an output for each target, of the weights that `network` has for all of them."""
    hidden, kernel, bias = network.layers[-2], *network.layers[-1].get_weights()
    inputs = keras.Input((4,))
    inner = keras.layers.Dense(5, activation="relu", name="inner")
    before = inner(inputs)
    heads = {name: keras.layers.Dense(1, activation=of, name=name) for name, of in loss.heads.items()}
    model = keras.Model(inputs, {name: head(before) for name, head in heads.items()})
    inner.set_weights(hidden.get_weights())
    for place, head in enumerate(heads.values()):
        head.set_weights([kernel[:, place : place + 1], bias[place : place + 1]])
    return model


def test_histories_and_outputs_equal_those_of_a_keras_model_with_heads_and_loss_weights():
    loss, (features, targets) = resolve(ENTRY, "regression"), drawn()
    network = Network(4, hidden=(5,), n_outputs=3, activation=loss.activation)
    replicas = Replicas(
        network.build(0),
        network.initial_weights((3, 11)),
        loss=keras_loss(loss),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=optimizer_for(loss, "SGD"),
    )
    view = first_rows(2, N_TRAIN, N_ROWS)
    history = fit(replicas, Rows(features, targets), view, epochs=3, orders=in_file_order(view))

    model = with_heads(loss, network.build(11))
    by_target = dict(zip(loss.heads, np.split(targets, 3, axis=1), strict=True))
    model.compile(
        optimizer_for(loss, "SGD"),
        dict(zip(loss.heads, ["huber", "binary_crossentropy", "mse"], strict=True)),
        loss_weights={"price": 2, "sold": 0.3, "area": 1},
        run_eagerly=True,
    )
    expected = model.fit(
        features[:N_TRAIN],
        {name: values[:N_TRAIN] for name, values in by_target.items()},
        validation_data=(features[N_TRAIN:], {name: values[N_TRAIN:] for name, values in by_target.items()}),
        epochs=3,
        batch_size=BATCH_SIZE,
        shuffle=False,
        verbose=0,
    ).history
    np.testing.assert_allclose(history.loss[1], expected["loss"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(history.val_loss[1], expected["val_loss"], rtol=0, atol=1e-5)
    outputs = loss.decode(replicas.predict(features, view), 0)[1]
    of_heads = model(features)
    np.testing.assert_allclose(outputs, np.hstack([of_heads[name] for name in loss.heads]), rtol=0, atol=1e-5)


def test_each_of_weights_to_choose_from_is_the_loss_with_that_weight():
    loss = resolve({**ENTRY, "weights": {"sold": [0.1, 10], "price": [1, 3]}}, "regression")
    assert loss.options == {"weight of price": (1, 3), "weight of sold": (0.1, 10)}
    outputs, (_, targets) = np.random.default_rng(0).normal(size=(N_ROWS, 3)).astype(np.float32), drawn()
    make = loss_maker(loss, ["weight of sold", "weight of price"])
    for price, sold in ((1.0, 0.1), (3.0, 10.0)):
        plain = keras_loss(resolve({**ENTRY, "weights": [price, sold, 1]}, "regression"))
        chosen = loss.at({"weight of sold": sold, "weight of price": price})
        values = [
            float(one(targets, outputs))
            for one in (make(tf.constant([sold, price], tf.float32)), plain, keras_loss(chosen))
        ]
        assert values == pytest.approx([values[0]] * 3, rel=1e-5)


def test_weighted_rows_count_as_copies_of_them():
    loss, (_, targets) = resolve(ENTRY, "regression"), drawn()
    rng = np.random.default_rng(1)
    outputs, counts = rng.normal(size=(N_ROWS, 3)).astype(np.float32), rng.integers(0, 4, N_ROWS)
    measure = keras_loss(loss, reduction="sum")
    copied = measure(np.repeat(targets, counts, axis=0), np.repeat(outputs, counts, axis=0))
    assert float(measure(targets, outputs, sample_weight=counts)) == pytest.approx(float(copied), rel=1e-5)


def test_what_a_loss_punishes_and_its_objective_are_finite_and_tell_weights_apart():
    loss = resolve(ENTRY, "regression")
    punished = probes.punishment(loss, 0, 3)
    assert np.isfinite(punished["value"]).all()
    other = resolve({**ENTRY, "weights": [2, 3, 1]}, "regression")
    first, second = (probes.objective(one, 0, 3) for one in (loss, other))
    assert np.isfinite(first).all()
    assert np.ptp(first / second) > 0.1


def test_parts_are_the_catalogues_and_follow_the_order_of_the_targets():
    loss = resolve(ENTRY, "regression").in_order(["area", "price", "sold"])
    assert [part.name for _, part in parts_of(loss)] == ["mse", "huber", "binary_crossentropy"]
    assert list(loss.heads.items()) == [("area", "linear"), ("price", "linear"), ("sold", "sigmoid")]
    assert loss.parameters == {"weight of area": 1, "weight of price": 2, "weight of sold": 0.3}
    assert loss.in_order(["area", "price"]) == loss
