import json
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.special import expit

from stages.training.backend import keras
from stages.training.networks import CustomNetwork, Network, save_model


def assert_same_weights(some, others):
    for one, other in zip(some, others, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_a_seed_gives_the_weights_that_plain_keras_gives(seed):
    keras.utils.set_random_seed(seed)
    plain = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(25, activation="relu", kernel_initializer="he_uniform"),
            keras.layers.Dense(7, activation="relu", kernel_initializer="he_uniform"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    network = Network(20, (25, 7), 3, "softmax").build(seed)
    assert [array.shape for array in network.get_weights()] == [(20, 25), (25,), (25, 7), (7,), (7, 3), (3,)]
    assert_same_weights(network.get_weights(), plain.get_weights())
    rows = np.random.default_rng(0).normal(size=(5, 20)).astype(np.float32)
    np.testing.assert_array_equal(network(rows).numpy(), plain(rows).numpy())


def test_a_network_without_hidden_layers_is_a_linear_model():
    model = Network(4, (), 1, "linear").build(0)
    kernel, bias = model.get_weights()
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(model(rows).numpy(), rows @ kernel + bias, rtol=1e-5)


@pytest.mark.parametrize("activation", ["linear", "sigmoid", "tanh", "softmax"])
def test_initial_weights_do_not_depend_on_the_activation_or_on_the_other_seeds(activation):
    network = Network(2, (50,), 3, activation)
    stacked = network.initial_weights((5, 1))
    assert [array.shape for array in stacked] == [(2, 2, 50), (2, 50), (2, 50, 3), (2, 3)]
    for i, seed in enumerate((5, 1)):
        assert_same_weights([array[i] for array in stacked], network.build(seed).get_weights())
    assert not np.array_equal(stacked[0][0], stacked[0][1])


@pytest.mark.parametrize(
    "layers",
    [
        {"dropout": 0.5},
        {"batch_norm": True},
        {"batch_norm": True, "dropout": 0.25, "hidden_activation": "tanh"},
        {"hidden_activation": "gelu"},
    ],
    ids=["dropout", "batch_norm", "all", "gelu"],
)
def test_every_variable_begins_as_in_the_model_that_keras_builds(layers):
    network = Network(3, (8, 5), 2, "softmax", **layers)
    model = network.build(7)
    drawn = network.initial_weights((1, 7))
    assert [array.shape[1:] for array in drawn] == [tuple(variable.shape) for variable in model.variables]
    assert_same_weights([array[1] for array in drawn], [variable.numpy() for variable in model.variables])
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds.count("Dropout") == (2 if "dropout" in layers else 0)
    assert kinds.count("BatchNormalization") == (2 if "batch_norm" in layers else 0)


def test_hidden_layers_have_the_activation_asked_for():
    model = Network(3, (8,), 1, "linear", hidden_activation="silu", batch_norm=True).build(0)
    names = [layer.name for layer in model.layers]
    assert names == ["hidden_1", "normal_1", "activation_1", "output"]
    assert model.layers[0].activation is keras.activations.linear
    assert model.layers[2].activation is keras.activations.silu
    assert Network(3, (8,), 1, "linear", hidden_activation="elu").build(0).layers[0].activation is keras.activations.elu


def test_a_users_own_network_is_built_from_its_seed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stages/custom").mkdir(parents=True)
    (tmp_path / "stages/custom/nets_for_models_test.py").write_text(
        "import keras\n"
        "def build(n_features, n_outputs, activation):\n"
        "    return keras.Sequential([keras.Input((n_features,)), keras.layers.Dense(4),\n"
        "                             keras.layers.Dense(n_outputs, activation=activation)])\n"
    )
    network = CustomNetwork("nets_for_models_test:build", 3, 2, "softmax")
    model, stacked = network.build(5), network.initial_weights((5, 1))
    assert (model.input_shape, model.output_shape) == ((None, 3), (None, 2))
    assert_same_weights([array[0] for array in stacked], model.get_weights())
    assert_same_weights([array[1] for array in stacked], network.build(1).get_weights())
    assert not np.array_equal(stacked[0][0], stacked[0][1])


def test_networks_built_at_the_same_time_get_the_weights_of_their_own_seeds():
    network = Network(3, (8,), 1, "linear")
    seeds = range(16)
    one_by_one = [network.build(seed).get_weights() for seed in seeds]
    with ThreadPoolExecutor(4) as executor:
        for model, expected in zip(executor.map(network.build, seeds), one_by_one, strict=True):
            assert_same_weights(model.get_weights(), expected)


def test_a_saved_model_loads_and_predicts_the_same(tmp_path):
    model = Network(4, (6,), 3, "softmax").build(3)
    save_model(model, tmp_path / "model.keras")
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(rows, verbose=0), model.predict(rows, verbose=0))
    assert (loaded.name, [layer.name for layer in loaded.layers]) == ("network", ["hidden_1", "output"])


def test_the_same_model_is_saved_as_the_same_bytes(tmp_path):
    network, kept = Network(4, (6,), 1, "tanh"), []
    for name in ("once", "again", "another"):
        model = network.build(1 if name == "another" else 0)
        kept.append(model)  # so that the next one gets other addresses
        save_model(model, tmp_path / f"{name}.keras")
    once, again, another = ((tmp_path / f"{name}.keras").read_bytes() for name in ("once", "again", "another"))
    assert once == again
    assert once != another


def test_a_saved_model_holds_no_date_and_no_memory_address(tmp_path):
    save_model(Network(2, (3,), 1, "linear").build(0), tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        assert json.loads(archive.read("metadata.json"))["date_saved"] == "1980-01-01@00:00:00"
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        numbers = re.findall(rb'"shared_object_id": (\d+)', archive.read("config.json"))
    # objects that one process shares have one address, so bytes that differ between processes are the same in one
    assert {int(number) for number in numbers} == set(range(1, len(set(numbers)) + 1))
    assert numbers


def test_levels_share_their_weights_and_each_seed_begins_as_with_other_losses():
    plain, levels = Network(5, (6,), 4, "linear"), Network(5, (6,), 4, "sigmoid", has_levels=True)
    (weights, biases, *_), (same_weights, same_biases, slopes, steps) = plain.draw(3), levels.draw(3)
    np.testing.assert_array_equal(weights, same_weights)
    np.testing.assert_array_equal(biases, same_biases)
    assert (slopes.shape, steps.shape) == ((6,), (4,))
    model, rows = levels.build(3), np.random.default_rng(0).normal(size=(9, 5)).astype(np.float32)
    model.layers[-1].bias.assign([2.0, 1.0, 0.0, -3.0])
    outputs = np.asarray(model(rows))
    sums = np.maximum(rows @ weights + biases, 0) @ slopes
    np.testing.assert_allclose(outputs, expit(sums[:, None] + [2.0, 1.0, 0.0, -3.0]), rtol=1e-5)
    assert (np.diff(outputs) < 0).all()
