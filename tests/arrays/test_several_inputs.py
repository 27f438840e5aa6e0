"""Several inputs of a network by name: from the arrays of a file to what networks see, and to new rows."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from stages.arrays import held
from stages.basics.cli import UserError
from stages.features.channels import Channels
from stages.losses.catalogue import LOSSES
from stages.params.load import load_params
from stages.params.schema import Dataset
from stages.records.array_facts import inputs_of
from stages.records.networks import Conv, settled
from stages.sources import array_rows, arrays
from stages.training.backend import keras
from stages.training.keras_parts import keras_loss
from stages.training.networks import CustomNetwork, Network
from stages.training.views import Rows
from stages.usercode import loading
from stages.wording.datasets import rows_of, scaled_by_channel
from tests.training.test_replicas import BATCH_SIZE, first_rows, fit, make_replicas, optimizer_for

N_ROWS, N_TRAIN = 59, 40
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (N_ROWS, 2, 9, 8)).astype(np.uint8)  # channels first
META = RNG.normal(3, 2, (N_ROWS, 3))
AGES = RNG.integers(18, 90, N_ROWS)
CLASSES = np.arange(N_ROWS) % 3
BESIDE = {"image": IMAGES, "meta": META, "age": AGES}
INPUTS = (("image", (9, 8, 2)), ("meta", (3,)), ("age", (1,)))
FORM = r'^new rows are given by input: {"image": …, "meta": …, "age": …}'
OWN = """import keras


def both(shapes, n_outputs, activation):
    assert shapes == {"image": (9, 8, 2), "meta": (3,), "age": (1,)}
    layers = keras.layers
    # in another order than in the file, and without the age
    meta, image = (keras.Input(shapes[name], name=name) for name in ("meta", "image"))
    seen = layers.Flatten()(layers.Conv2D(3, 3, activation="relu")(image))
    last = layers.Dropout(0.2)(layers.Concatenate()([seen, layers.Dense(4, activation="relu")(meta)]))
    return keras.Model(INPUTS, layers.Dense(n_outputs, activation=activation)(last))
"""


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a dataset of several arrays: what it is, and its features as they are written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/external").mkdir(parents=True)

    def of(*, changes=None, y=CLASSES, **source):
        np.savez("data/external/own.npz", y=y, **(BESIDE | (changes or {})))
        given = {"arrays": "data/external/own.npz", "features": list(BESIDE), "channels": "first"} | source
        own = Dataset(source=given)
        _, description = arrays.load("own", own, {"datasets.own.split": own.split}, out=tmp_path / "x.npy")
        return own.source, description, np.load(tmp_path / "x.npy")

    return of


def test_a_row_is_the_numbers_of_all_inputs_and_each_is_told(load):
    _, description, features = load()
    facts = description.arrays
    expected = [np.moveaxis(IMAGES, 1, -1).reshape(N_ROWS, -1), META, AGES[:, None]]
    np.testing.assert_array_equal(features, np.concatenate(expected, axis=1).astype(np.float32))
    assert inputs_of(description.arrays) == INPUTS
    assert [each.kind for each in facts.inputs] == ["images", "vectors", "vectors"]
    assert rows_of(N_ROWS, description) == (
        "59 rows of 3 inputs, image (images of 9 × 8 pixels and 2 channels), meta (3 numbers), age (1 number)"
    )
    assert scaled_by_channel(facts, "minmax") == (
        f"numbers of image from {IMAGES.min()} to {IMAGES.max()}, of meta from {META.min():.6g} to {META.max():.6g}, "
        f"of age from {AGES.min()} to {AGES.max()} are scaled to 0 to 1 by channel"
    )


def test_each_channel_of_each_input_has_a_scale_of_its_own(load):
    _, description, features = load()
    rows = np.arange(30)
    fill, center, spread = Channels(features, inputs_of(description.arrays)).fit(rows, "standard")
    images, meta = np.moveaxis(IMAGES[rows], 1, -1).astype(float), META[rows].astype(np.float32).astype(float)
    center_of = [np.tile(images.mean(axis=(0, 1, 2)), 72), meta.mean(axis=0), [AGES[rows].mean()]]
    spread_of = [np.tile(images.std(axis=(0, 1, 2)), 72), meta.std(axis=0), [AGES[rows].std()]]
    np.testing.assert_allclose(center, np.concatenate(center_of))
    np.testing.assert_allclose(spread, np.concatenate(spread_of))
    np.testing.assert_array_equal(fill, center)


@pytest.mark.parametrize(
    ("changes", "source", "message"),
    [
        ({"meta": META[:5]}, {}, "'image' has 59 rows and 'meta' 5; each row needs its own"),
        ({"meta": META.astype(str)}, {}, r"source: 'meta': the features are <U\d+, and networks need numbers"),
        ({"meta": META * np.nan}, {}, "source.features: 'meta' holds nothing but NaN; leave it out"),
        ({}, {"features": ["image", "mita"]}, r"holds no array 'mita'; did you mean 'meta'\?"),
        ({}, {"target": "features"}, "what is predicted from goes with one input, and there are 3"),
        ({"y": IMAGES[:, 0] > 99}, {}, "a class for each position goes with one input, and there are 3"),
        ({}, {"features": ["meta", "age"], "kind": "images"}, "kind: no input can be images; leave it out"),
    ],
)
def test_what_does_not_go_together_is_told(load, changes, source, message):
    with pytest.raises(UserError, match=message):
        load(changes=changes, y=changes.pop("y", CLASSES), **source)


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (["image", "image"], r"source.features: image stands twice$"),
        (["image", "y"], r"source.features: 'y' is the target; allowed: other arrays$"),
        ([], r"source.features: is empty; allowed: at least one$"),
    ],
)
def test_names_that_cannot_be_inputs_are_refused(tmp_path, monkeypatch, features, message):
    monkeypatch.chdir(tmp_path)
    source = {"arrays": "data/external/own.npz", "features": features}
    params = {"datasets": {"own": {"source": source}}, "comparisons": {"own": {"losses": ["mse"]}}}
    Path("params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    with pytest.raises(UserError, match=message):
        load_params()


def rows_of_inputs():
    loss, features = LOSSES["sparse_categorical_crossentropy"], RNG.normal(size=(N_ROWS, 9 * 8 * 2 + 3 + 1))
    features[:, 0] += CLASSES
    return loss, Rows(features.astype(np.float32), loss.encode(CLASSES, 3))


def by_input(features):
    return {"image": features[:, :144].reshape(-1, 9, 8, 2), "meta": features[:, 144:147], "age": features[:, 147:]}


def test_the_users_own_network_gets_its_inputs_by_name_and_becomes_what_model_fit_makes_of_it(write_own):
    write_own("nets", OWN.replace("INPUTS", "[image, meta]"))
    loss, rows = rows_of_inputs()
    network = CustomNetwork("nets:both", rows.features.shape[1], 3, "softmax", inputs=INPUTS)
    view = first_rows(2, N_TRAIN, N_ROWS)
    replicas = make_replicas(network, loss, (3, 11))
    history = fit(replicas, rows, view, epochs=2)

    keras.utils.set_random_seed(11)
    alone = loading.find("nets:both")(dict(INPUTS), 3, "softmax")
    given = by_input(rows.features)
    train, test = ([given[name][some] for name in ("image", "meta")] for some in (slice(40), slice(40, None)))
    alone.compile(optimizer_for(loss, "SGD"), keras_loss(loss), run_eagerly=True)
    targets = {"y": rows.targets[:40], "validation_data": (test, rows.targets[40:])}
    expected = alone.fit(train, **targets, batch_size=BATCH_SIZE, epochs=2, shuffle=False, verbose=0).history
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(history, name)[1], values, rtol=0, atol=1e-5)
    outputs = replicas.predict(rows.features, view)
    np.testing.assert_allclose(outputs[1, 40:], alone(test), rtol=0, atol=1e-5)


def test_inputs_may_be_a_dictionary(write_own):
    write_own("nets", OWN.replace("INPUTS", '{"image": image, "meta": meta}'))
    _, rows = rows_of_inputs()
    network = CustomNetwork("nets:both", rows.features.shape[1], 3, "softmax", inputs=INPUTS)
    keras.utils.set_random_seed(4)
    alone, given = loading.find("nets:both")(dict(INPUTS), 3, "softmax"), by_input(rows.features)
    expected = alone({name: given[name] for name in ("meta", "image")})
    np.testing.assert_allclose(network.build(4)(rows.features), expected, rtol=0, atol=1e-6)


def test_a_network_with_another_input_is_refused_by_its_name(write_own):
    write_own("nets", OWN.replace("INPUTS", "[image, meta]").replace("name=name) for", "name=name[:3]) for"))
    network = CustomNetwork("nets:both", 148, 3, "softmax", inputs=INPUTS)
    with pytest.raises(ValueError, match=r"it has keras.Input\(\(9, 8, 2\), name='ima'\); there are keras.Input"):
        network.build(0)


def test_the_networks_that_are_here_have_layers_for_each_input_and_join_them():
    before = settled(None, [shape for _, shape in INPUTS])
    assert before == Conv(kind="conv", filters=(8, 16))
    network = Network(148, (5,), 3, "softmax", before=before, inputs=INPUTS)
    model, features = network.build(4), RNG.normal(size=(6, 148)).astype(np.float32)
    outputs = model(features).numpy()
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    for place in (10, 145, 147):  # every input counts
        changed = features.copy()
        changed[:, place] += 9
        assert np.abs(model(changed).numpy() - outputs).max() > 1e-4
    stacked = network.initial_weights((4, 1))
    for array, variable in zip(stacked, model.variables, strict=True):
        np.testing.assert_array_equal(array[0], variable.numpy())


def test_new_rows_are_given_by_input_and_lie_as_in_training(load):
    source, description, features = load()
    rows, notes = array_rows.as_trained(BESIDE, description.arrays, source)
    np.testing.assert_array_equal(rows, features)
    assert notes == []
    _, notes = array_rows.as_trained(BESIDE | {"age": AGES + 100}, description.arrays, source)
    [note] = notes
    assert note.startswith("age: numbers from")
    assert note.endswith(f"out of the range of training, {AGES.min()} to {AGES.max()}")
    for given, message in (
        (IMAGES, FORM),
        ({"image": IMAGES}, f"{FORM}; meta and age not given$"),
        (BESIDE | {"meta": META[:, :2]}, "^meta: each new row has the shape 2; in training it was 3"),
        (BESIDE | {"age": AGES[:7]}, "^each row needs all inputs; of rows image 59 and meta 59 and age 7$"),
    ):
        with pytest.raises(UserError, match=message):
            array_rows.as_trained(given, description.arrays, source)


def test_a_file_of_new_rows_holds_each_input(tmp_path):
    np.savez(tmp_path / "new.npz", **BESIDE, y=CLASSES)
    given = held.new_rows(tmp_path / "new.npz", list(BESIDE), ["y"])
    assert {name: rows.shape for name, rows in given.inputs.items()} == {k: v.shape for k, v in BESIDE.items()}
    np.testing.assert_array_equal(given.beside["y"], CLASSES)
    np.savez(tmp_path / "new.npz", image=IMAGES)
    with pytest.raises(UserError, match="holds no array 'meta'"):
        held.new_rows(tmp_path / "new.npz", list(BESIDE), ["y"])
