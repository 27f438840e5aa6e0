"""Networks for rows of several axes: every copy becomes what Keras alone makes of it."""

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.records.networks import Attention, Augment, Conv, Recurrent, settled
from stages.records.settings import OptimizerSettings
from stages.training.backend import keras
from stages.training.keras_parts import is_per_row, keras_loss, make_optimizer, row_metric
from stages.training.networks import Network
from stages.training.replicas import Replicas
from stages.training.views import Rows, View
from tests.training.test_replicas import (
    assert_is_alone,
    first_rows,
    fit,
    in_file_order,
    keras_fit,
    make_replicas,
    optimizer_for,
    taken,
)

N_TRAIN, N_ROWS = 40, 59  # a batch and a smaller one train; no two numbers of rows are the same
IMAGES, SEQUENCES = (6, 5, 2), (5, 3)
PLAIN = Conv(kind="conv", filters=(3,))
AUGMENT = Augment(flip="horizontal_and_vertical", rotation=0.2, translation=0.1, zoom=0.3)
NETWORKS = {
    "convolution": (IMAGES, {"before": Conv(kind="conv", filters=(3, 4))}),
    "convolution, batch normalisation and dropout": (
        IMAGES,
        {"before": Conv(kind="conv", filters=(3,)), "hidden": (4,), "batch_norm": True, "dropout": 0.3},
    ),
    "convolution, images changed at random": (IMAGES, {"before": Conv(kind="conv", filters=(3,), augment=AUGMENT)}),
    "GRU": (SEQUENCES, {"before": Recurrent(kind="recurrent", units=(4,))}),
    "GRU and dropout": (SEQUENCES, {"before": Recurrent(kind="recurrent", units=(4, 3)), "dropout": 0.2}),
    "LSTM": (SEQUENCES, {"before": Recurrent(kind="recurrent", cell="lstm", units=(3,))}),
    "attention": (SEQUENCES, {"before": Attention(kind="attention", width=4), "dropout": 0.2}),
    "attention of images": (IMAGES, {"before": Attention(kind="attention", width=4, blocks=2)}),
    "dense": (IMAGES, {"hidden": (4,)}),
}


def network_of(name, n_outputs=3, activation="softmax", **more):
    shape, how = NETWORKS[name]
    return Network(shape, **{"hidden": (), "n_outputs": n_outputs, "activation": activation, **how, **more})


def rows_of(shape, loss, labels, n_classes=3):
    features = np.random.default_rng(1).normal(size=(len(labels), *shape)).astype(np.float32)
    features[..., 0] += labels.reshape(-1, *[1] * (len(shape) - 1)) - 1.0
    return Rows(features, loss.encode(labels, n_classes))


def assert_copies_are_alone(network, loss, rows, *, seeds, checked):
    epochs = 2
    view = first_rows(len(seeds), N_TRAIN, N_ROWS)
    replicas = make_replicas(network, loss, seeds)
    history = fit(replicas, rows, view, epochs=epochs, orders=in_file_order(view))
    predicted = replicas.predict(rows.features, view)
    train, test = taken(rows, slice(N_TRAIN)), taken(rows, slice(N_TRAIN, None))
    for i in checked:
        model = network.build(seeds[i])
        expected = keras_fit(model, loss, optimizer_for(loss, "SGD"), train=[train] * epochs, test=test)
        assert_is_alone(history, replicas, i, expected, model)
        np.testing.assert_allclose(predicted[i], model(rows.features, training=False), rtol=0, atol=1e-5)
    assert len(seeds) == 1 or np.abs(history.loss[0] - history.loss[1]).max() > 1e-3


@pytest.mark.parametrize(
    ("name", "seeds", "checked"),
    [
        ("convolution, batch normalisation and dropout", (3, 11), (1,)),
        *(pytest.param(name, (3, 11), (1,), marks=pytest.mark.thorough) for name in ("GRU", "attention")),
        *(
            pytest.param(name, seeds, checked, marks=pytest.mark.endurance)
            for name in NETWORKS
            for seeds, checked in (((5,), (0,)), (tuple(range(30)), (0, 17, 29)))
        ),
    ],
)
def test_copies_of_a_network_become_what_keras_makes_of_each(name, seeds, checked):
    loss, network = LOSSES["sparse_categorical_crossentropy"], network_of(name)
    labels = np.random.default_rng(0).integers(0, 3, N_ROWS)
    assert_copies_are_alone(network, loss, rows_of(network.n_features, loss, labels), seeds=seeds, checked=checked)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_seed_decides_the_weights_whatever_the_output_and_the_other_seeds(name):
    network = network_of(name)
    stacked = network.initial_weights((5, 1))
    for place, seed in enumerate((5, 1)):
        model = network_of(name, activation="linear").build(seed)
        assert [array.shape[1:] for array in stacked] == [tuple(variable.shape) for variable in model.variables]
        for array, variable in zip(stacked, model.variables, strict=True):
            np.testing.assert_array_equal(array[place], variable.numpy())


def test_images_are_changed_at_random_before_other_layers_while_a_network_learns_and_not_where_it_predicts():
    network = network_of("convolution, images changed at random")
    model, plain = network.build(0), network_of("convolution, images changed at random", before=PLAIN).build(0)
    changing = [(type(layer).__name__, layer.get_config()) for layer in model.layers[1:5]]
    assert [name for name, _ in changing] == ["RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"]
    (_, flip), (_, rotation), (_, translation), (_, zoom) = changing
    assert (flip["mode"], tuple(rotation["factor"])) == ("horizontal_and_vertical", (-0.2, 0.2))
    assert (translation["height_factor"], translation["width_factor"], zoom["height_factor"]) == (0.1, 0.1, 0.3)
    for variable, other in zip(plain.trainable_variables, model.trainable_variables, strict=True):
        variable.assign(other)
    images = np.random.default_rng(0).normal(size=(4, *IMAGES)).astype(np.float32)
    np.testing.assert_array_equal(model(images, training=False), plain(images, training=False))
    assert not np.allclose(model(images, training=True), plain(images, training=True))


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("gives_input", [False, True])
def test_where_each_position_has_a_target_each_has_outputs(name, gives_input):
    shape, _ = NETWORKS[name]
    model = network_of(name, n_outputs=2, positions=shape[:-1], gives_input=gives_input).build(0)
    assert model.output_shape == (None, *shape[:-1], 2)
    rows = np.random.default_rng(0).normal(size=(3, *shape)).astype(np.float32)
    np.testing.assert_allclose(model(rows).numpy().sum(axis=-1), 1, rtol=1e-5)  # softmax over the outputs of each


def test_a_network_that_gives_its_input_has_fewer_numbers_in_its_middle():
    network = network_of("convolution", positions=(6, 5), gives_input=True, n_outputs=2)
    model = network.build(0)
    code = model.get_layer("code").output
    assert np.prod(code.shape[1:]) <= np.prod(IMAGES) / 4
    # no rectifier on it, which few filters do not survive
    assert [type(layer).__name__ for layer in model.layers if layer.name.endswith("code")] == ["Conv2D"]
    assert model.get_layer("code").activation is keras.activations.linear
    # nothing passes beside it: every path from the input to the output goes through it
    assert not [layer for layer in model.layers if isinstance(layer, keras.layers.Concatenate)]


@pytest.mark.endurance
def test_networks_that_give_their_input_learn_whatever_their_seed():
    """A rectifier on the code of one filter would leave about half of them at the same output for all rows."""
    rng, seeds = np.random.default_rng(0), tuple(range(20))
    bright = np.abs(np.arange(8) - rng.uniform(1, 6, (150, 2, 1))) < 1.5
    images = (bright[:, 0, :, None] & bright[:, 1, None]) + rng.normal(0, 0.5, (150, 8, 8))
    images = ((images - images.mean()) / images.std()).astype(np.float32)[..., None]
    before = Conv(kind="conv", filters=(4,))
    network = Network((8, 8, 1), (), 1, "linear", before=before, positions=(8, 8), gives_input=True)
    replicas = Replicas(
        network.build(0),
        network.initial_weights(seeds),
        loss=keras_loss(LOSSES["mse"], (8, 8)),
        metric=row_metric(LOSSES["mse"], "mse"),
        optimizer=make_optimizer(OptimizerSettings(name="SGD", learning_rate=0.03, momentum=0.9, global_clipnorm=1.0)),
        per_row=True,
    )
    history = fit(replicas, Rows(images, images), first_rows(len(seeds), 120, 150), epochs=40)
    assert history.val_loss[:, -1].max() < 0.9  # of giving always the mean 1


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5,), None),
        ((8, 8, 1), Conv(kind="conv", filters=(8, 16))),
        ((3, 3, 1), Conv(kind="conv", filters=(8,))),
        ((40, 3), Conv(kind="conv", filters=(8, 16, 32))),
        ((4, 6, 6, 2), None),
    ],
)
def test_the_shape_of_a_row_decides_where_the_parameters_do_not(shape, expected):
    assert settled(None, [shape]) == expected


def keras_loss_of_positions(loss):
    """What a user of Keras alone passes to `compile` for masks of two axes."""
    function, per_image = getattr(keras.losses, loss.function), {} if loss.per_row else {"axis": (1, 2, 3)}
    return function(**loss.parameters, **per_image)


@pytest.mark.parametrize(
    ("name", "n_classes"),
    [
        ("binary_crossentropy", 2),
        ("dice", 2),
        *(
            pytest.param(name, n_classes, marks=pytest.mark.endurance)
            for name, n_classes in (
                ("binary_focal_crossentropy", 2),
                ("tversky", 2),
                ("squared_hinge", 2),
                ("sparse_categorical_crossentropy", 3),
                ("categorical_focal_crossentropy", 3),
                ("mse", 0),
                ("pinball", 0),
            )
        ),
    ],
)
def test_a_loss_of_masks_counts_every_position_and_dice_every_image(name, n_classes, monkeypatch):
    loss, n_rows, rng = LOSSES[name], 20, np.random.default_rng(3)
    labels = rng.integers(0, n_classes, (n_rows, 6, 5)) if n_classes else rng.normal(size=(n_rows, 6, 5, 2))
    images = rng.normal(size=(n_rows, *IMAGES)).astype(np.float32)
    images[..., 0] += labels if n_classes else labels[..., 0]
    rows = Rows(images, loss.encode(labels, n_classes))
    network = network_of("dense", loss.n_outputs(n_classes, 2), loss.activation, hidden=(), positions=(6, 5))
    # the second seed is measured on fewer images than the first, some of which it sees twice
    view = View(np.arange(2), [np.arange(12)] * 2, [np.arange(12, 20), np.arange(12, 17)])
    replicas = Replicas(
        network.build(0),
        network.initial_weights((3, 11)),
        loss=keras_loss(loss, (6, 5)),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=optimizer_for(loss, "SGD"),
        per_row=is_per_row(loss, (6, 5)),
    )
    history = fit(replicas, rows, view, epochs=2, batch_size=8)
    model = network.build(11)
    if hasattr(keras.losses, loss.function):
        monkeypatch.setattr("tests.training.test_replicas.keras_loss", keras_loss_of_positions)
    else:  # pinball is not one of Keras'
        monkeypatch.setattr("tests.training.test_replicas.keras_loss", keras_loss)
    monkeypatch.setattr("tests.training.test_replicas.BATCH_SIZE", 8)
    expected = keras_fit(
        model, loss, optimizer_for(loss, "SGD"), train=[taken(rows, slice(12))] * 2, test=taken(rows, view.test[1])
    )
    expected.pop("val_metric", None)  # Keras' name of it may mean another
    expected.pop("metric", None)
    assert_is_alone(history, replicas, 1, expected, model)
    assert set(expected) == {"loss", "val_loss"}
