"""Targets of each position of a row: what they are taken for, how they are kept, what is refused."""

import json

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.budgets.asking import units_to_probe
from stages.losses.validity import Seen
from stages.offers.losses import offers
from stages.params.load import parse_params
from stages.params.schema import Dataset, Split
from stages.records import datasets
from stages.sources import arrays
from stages.sources.masks import find_classes

RNG = np.random.default_rng(0)
X = RNG.integers(0, 255, (12, 8, 9), np.uint8)
MASKS = RNG.integers(0, 2, (12, 8, 9), np.uint8)


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load images with masks: their rows, and what they are."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/external").mkdir(parents=True)

    def of(y, x=X, *, dataset=None, **source):
        np.savez("data/external/own.npz", x=x, y=y)
        own = Dataset(source={"arrays": "data/external/own.npz", **source}, **(dataset or {}))
        return arrays.load("own", own, {"datasets.own.split": own.split or Split()}, out=tmp_path / "x.npy")

    return of


@pytest.mark.parametrize(
    "masks",
    [
        MASKS,
        MASKS[..., None],
        MASKS[:, None],
        MASKS.astype(bool),
        255 * MASKS,
        MASKS.astype(float),
        MASKS.astype(">i4"),
    ],
)
def test_masks_are_classes_of_positions_however_they_are_saved(load, masks):
    rows, description = load(masks)
    assert (description.task, description.target_shape, description.n_targets) == ("binary", [8, 9], 1)
    assert description.classes == {"bool": ["False", "True"]}.get(masks.dtype.name, ["0", str(int(masks.max()))])
    labels = datasets.labels_of(rows, description)
    np.testing.assert_array_equal(labels, MASKS)
    assert labels.dtype == np.int8
    assert description.positive is None  # the rarer class is no more what is looked for than the other


def test_masks_of_several_classes_are_several_and_one_of_two_may_be_said_to_be_positive(load):
    several = np.searchsorted([60, 120, 180], X)
    rows, description = load(several)
    assert (description.task, description.classes) == ("multiclass", ["0", "1", "2", "3"])
    np.testing.assert_array_equal(datasets.labels_of(rows, description), several)
    rows, description = load(MASKS, dataset={"positive": "0"})
    assert (description.classes, description.positive) == (["1", "0"], "as said")
    np.testing.assert_array_equal(datasets.labels_of(rows, description), 1 - MASKS)


def test_masks_are_written_and_read_with_their_dataset(load, tmp_path):
    rows, description = load(MASKS)
    for folder in ("data/raw", "data/scaled"):
        (tmp_path / folder).mkdir(parents=True)
    datasets.write_raw("own", rows, description)
    table, read = datasets.read_raw("own")
    assert read == description
    np.testing.assert_array_equal(datasets.labels_of(table, read), MASKS)
    datasets.write_encoded("own", rows[[]], MASKS.astype(np.int8), datasets.Encoded(read, []))
    np.testing.assert_array_equal(datasets.read_labels("own", read), MASKS)


def test_images_without_a_mask_are_left_out_and_copies_have_the_same_mask_too(load):
    masks, x = MASKS.astype(float), X.copy()
    masks[3, 2, 2] = np.nan
    x[5], x[7], masks[7] = x[4], x[6], masks[6]  # the first differ in their masks
    rows, description = load(masks, x)
    assert len(rows) == 11
    assert description.n_without_target(len(rows)) == 1
    numbers = rows[description.copies].to_numpy()
    assert (numbers[5] == numbers[6]) & (len(set(numbers)) == 10)


@pytest.mark.parametrize(
    ("y", "dataset", "message"),
    [
        (MASKS[:, :4], {}, r"'y' has the shape 12 × 4 × 9, and the rows are of 8 × 9 positions"),
        (np.eye(3)[MASKS], {}, r"'y' has 3 numbers for each position; a mask has the number .* y.argmax\(axis=-1\)"),
        (RNG.random((12, 8, 9)), {}, "a mask has whole numbers, at most 20"),
        (MASKS / 2, {}, "such as 0 and 0.5; a mask has whole numbers"),
        (np.ones_like(MASKS), {}, "has a single value; there is nothing to learn"),
        (MASKS, {"task": "regression"}, "datasets.own.task: 'y' is masks of 2 classes; leave it out"),
        (MASKS, {"positive": "2"}, "'2' is not a class"),
        (MASKS * np.arange(12, dtype=np.uint8)[:, None, None], {"positive": "1"}, "positive: goes with two classes"),
        (MASKS, {"order": ["0", "1", "2"]}, "order: goes with a class for each row, and 'y' has one for each position"),
        (np.full((12, 8, 9), "a"), {}, "holds <U1; a mask has the number of a class"),
        (np.where(np.arange(12) > 10, 0, np.nan)[:, None, None] * MASKS, {}, "there is 1 row with a target"),
    ],
)
def test_what_is_no_mask_is_refused_in_a_line(load, y, dataset, message):
    with pytest.raises(UserError, match=message):
        load(y, dataset=dataset)


def test_many_values_are_seen_in_the_first_rows_alone_and_one_in_the_last_is_not_missed():
    masks = np.zeros((300, 2, 2), np.uint8)
    masks[250, 0, 0], masks[-1, 1, 1] = 1, 2
    assert find_classes(masks, "y", None, "k", None).classes == ["0", "1", "2"]


def test_the_features_may_be_the_target_and_rows_that_miss_a_number_are_left_out(load):
    x = RNG.normal(size=(12, 8, 9, 2)).astype(np.float32)
    x[4, 1, 1, 0] = np.nan
    rows, description = load(MASKS, x, target="features")
    assert (description.task, description.targets, description.target_shape) == ("regression", ["features"], [8, 9, 2])
    assert (description.n_targets, description.inferred, description.classes) == (2, None, [])
    labels = datasets.labels_of(rows, description)
    np.testing.assert_array_equal(labels, np.delete(x, 4, axis=0))
    assert labels.dtype == np.float32
    assert description.n_without_target(len(rows)) == 1


def test_features_of_vectors_are_as_many_targets(load):
    x = RNG.normal(size=(12, 3))
    rows, description = load(MASKS, x, target="features")
    assert (description.targets, description.target_shape) == (["features_1", "features_2", "features_3"], [])
    np.testing.assert_allclose(datasets.labels_of(rows, description), x, rtol=1e-6)


def test_an_array_that_is_called_features_is_meant_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/external").mkdir(parents=True)
    np.savez("data/external/own.npz", x=X, features=np.arange(12) % 2)
    own = Dataset(source={"arrays": "data/external/own.npz", "target": "features"})
    _, description = arrays.load("own", own, {}, out=None)
    assert (description.task, description.target_shape) == ("binary", [])


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"positive": "1"}, "positive: goes with classes, and the features are values; leave it out"),
        ({"task": "binary"}, "task: the features are values, which are a regression; leave it out"),
    ],
)
def test_what_goes_with_classes_is_refused_of_features(load, dataset, message):
    with pytest.raises(UserError, match=message):
        load(MASKS, target="features", dataset=dataset)


def test_losses_for_values_of_positions_are_offered_between_their_ends_too():
    labels = RNG.uniform(0, 255, (6, 3, 3, 1)).astype(np.float32)
    seen = Seen(labels.reshape(-1, 1) / 255, "regression", [], [255.0], 32, labels.reshape(-1, 1), has_positions=True)
    made = {offer.loss.name: offer for offer in offers("regression", labels, [seen])}
    assert set(made) == {"mse", "mae", "huber", "mse_sigmoid", "crossentropy_minmax"}
    assert made["crossentropy_minmax"].is_made
    assert made["mse_sigmoid"].loss.activation == "sigmoid"


@pytest.mark.parametrize(("target", "n_scaled"), [("mask", 0), ("features", 1)])
def test_how_fast_losses_train_is_measured_on_rows_of_such_targets(target, n_scaled):
    source = {"generator": "shapes", "n_samples": 12, "size": 8, "target": target}
    loss = "dice" if target == "mask" else "mse"
    params = parse_params(json.dumps({"datasets": {"s": {"source": source}}, "comparisons": {"s": {"losses": [loss]}}}))
    rows, description = arrays.load("s", params.datasets["s"], {}, out=None)
    [unit] = units_to_probe(params, "s", rows, description)
    assert unit.table.positions == (8, 8)
    assert unit.plan.to_train.target_center.shape == (1, n_scaled)
