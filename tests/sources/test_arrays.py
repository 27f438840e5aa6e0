"""Sources of arrays: what their rows are taken for, what is odd about them, and what is kept."""

import numpy as np
import pytest

from stages.basics.cli import UserError
from stages.params.load import ParamsError, check_params
from stages.params.schema import Dataset, Split
from stages.sources import arrays
from stages.wording.findings import in_words

RNG = np.random.default_rng(0)
Y = np.arange(20) % 2


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a dataset of arrays: its rows, what they are, and its features as they are written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/external").mkdir(parents=True)

    def of(x, y=Y, *, split=None, dataset=None, beside=None, **source):
        np.savez("data/external/own.npz", x=x, y=y, **(beside or {}))
        own = Dataset(source={"arrays": "data/external/own.npz", **source}, **(dataset or {}))
        splits = {"datasets.own.split": split or own.split}
        rows, description = arrays.load("own", own, splits, out=tmp_path / "x.npy")
        return rows, description, np.load(tmp_path / "x.npy")

    return of


def oddities(description):
    return [in_words(finding) for finding in description.findings]


@pytest.mark.parametrize(
    ("shape", "dtype", "kind", "kept"),
    [
        ((5,), float, "vectors", [5]),
        ((), float, "vectors", [1]),
        ((9, 9), float, "images", [9, 9, 1]),
        ((9, 12), np.uint8, "images", [9, 12, 1]),
        ((9, 12), float, "sequences", [9, 12]),
        ((9, 2), np.uint8, "sequences", [9, 2]),
        ((9, 12, 3), float, "images", [9, 12, 3]),
        ((3, 4, 5, 2), float, "arrays", [3, 4, 5, 2]),
    ],
)
def test_what_rows_are_shows_in_their_shape(load, shape, dtype, kind, kept):
    x = RNG.integers(0, 255, (20, *shape)).astype(dtype)
    _, description, features = load(x)
    facts = description.arrays
    assert (facts.kind, facts.shape) == (kind, kept)
    assert features.dtype == facts.dtype == ("uint8" if dtype is np.uint8 else "float32")
    np.testing.assert_array_equal(features, x.reshape(20, *kept))


def test_what_rows_are_can_be_said_and_channels_may_stand_first(load):
    x = RNG.normal(size=(20, 9, 9)).astype(np.float32)
    _, description, _ = load(x)
    assert "rows are taken for images of 9 × 9 pixels (if they are sequences of 9 steps and 9 channels: kind: " \
        "sequences beside arrays:)" in oddities(description)  # fmt: skip
    _, description, features = load(x, kind="sequences")
    assert (description.arrays.kind, features.shape, oddities(description)) == ("sequences", (20, 9, 9), [])
    x = RNG.normal(size=(20, 3, 9, 8)).astype(np.float32)
    _, description, _ = load(x)
    assert any("channels: first beside arrays:" in line for line in oddities(description))
    _, description, features = load(x, channels="first")
    np.testing.assert_array_equal(features, np.moveaxis(x, 1, -1))
    assert (description.arrays.source_shape, oddities(description)) == ([3, 9, 8], [])
    with pytest.raises(UserError, match=r"kind: sequences have 1 or 2 axes besides that of the rows; theirs are 3 × 9"):
        load(x, kind="sequences")


def test_what_is_odd_is_told_with_the_key_that_settles_it(load):
    x = RNG.uniform(0, 255, (20, 4, 4, 1))
    x[:, 0, 0] = 7
    x[3, 1, 1], x[5, 2, 2], x[5, 3, 3] = np.nan, np.nan, np.nan
    _, description, features = load(x, dataset={"scale": {"features": "none"}})
    constant, missing, unscaled = oddities(description)
    assert constant.startswith("1 of the 16 numbers of a row are the same in all images")
    assert missing == "numbers are missing (NaN) in 2 rows (4, 6); the mean of the channel stands for them"
    assert unscaled.endswith("(to scale them: scale: {features: standard} beside source:)")
    assert (description.arrays.low, description.arrays.missing) == (pytest.approx(np.nanmin(x)), 2)
    np.testing.assert_array_equal(features, x.astype(np.float32))


def test_copies_have_a_number_and_are_told(load):
    x = RNG.normal(size=(20, 4))
    x[7], x[9] = x[1], x[1]  # all three are of class 1
    x[2] = x[5]  # of another class, so no copy
    rows, description, _ = load(x)
    numbers = rows[description.copies]
    assert (numbers[7], numbers[9]) == (numbers[1], numbers[1])
    assert numbers.nunique() == 18
    [line] = oddities(description)
    assert line.startswith("2 rows of 20 are copies of those before (rows 8, 10); copies stay on one side")
    assert load(np.round(x[:, :1]))[1].copies is None  # rows of few values are alike by chance


def test_rows_without_a_target_or_a_weight_are_left_out_with_their_features(load):
    y, w = np.where(np.arange(20) == 4, np.nan, Y), np.where(np.arange(20) == 6, 0, np.arange(20) + 1.0)
    x = RNG.normal(size=(20, 3)).astype(np.float32)
    rows, description, features = load(x, y, weight="w", beside={"w": w})
    kept = ~np.isin(np.arange(20), (4, 6))
    np.testing.assert_array_equal(features, x[kept])
    np.testing.assert_array_equal(rows["target"], Y[kept])
    np.testing.assert_array_equal(rows[description.weight], w[kept])
    assert (description.n_read, description.n_weightless, description.n_without_target(len(rows))) == (20, 1, 1)


def test_rows_are_grouped_by_an_array(load):
    split = Split(method="group", column="patient")
    rows, description, _ = load(RNG.normal(size=(20, 3)), split=split, beside={"patient": np.arange(20) // 4})
    np.testing.assert_array_equal(rows[description.groups["patient"]], np.arange(20) // 4)
    with pytest.raises(UserError, match="holds no array 'doctor'"):
        load(RNG.normal(size=(20, 3)), split=Split(method="group", column="doctor"))


@pytest.mark.parametrize(
    ("y", "task", "classes"),
    [
        (Y, "binary", ["0", "1"]),
        (Y.astype(bool), "binary", ["False", "True"]),
        (np.array(["b", "a"])[Y], "binary", ["a", "b"]),
        (np.array([b"b", b"a"])[Y], "binary", ["a", "b"]),
        (np.arange(20)[:, None] % 3, "multiclass", ["0", "1", "2"]),
        (np.linspace(0, 1, 20), "regression", []),
        (Y.astype(">i8"), "binary", ["0", "1"]),  # as other machines write them
        (np.array(["b", "a"]).astype(">U1")[Y], "binary", ["a", "b"]),
        (np.linspace(0, 1, 20).astype(np.longdouble), "regression", []),
        (np.linspace(0, 1, 40).reshape(20, 2).astype(">f4"), "regression", []),
    ],
)
def test_the_target_decides_the_task(load, y, task, classes):
    _, description, _ = load(RNG.normal(size=(20, 3)), y)
    assert (description.task, description.classes) == (task, classes)


def test_an_array_of_several_columns_is_as_many_values(load):
    x, y = RNG.normal(size=(20, 3)), RNG.normal(size=(20, 2))
    rows, description, _ = load(x, y)
    np.testing.assert_array_equal(rows[["target_1", "target_2"]], y)
    assert (description.task, description.targets) == ("regression", ["y_1", "y_2"])
    assert load(x, y[:, 0], target=["y", "z"], beside={"z": y[:, 1]})[1].targets == ["y", "z"]


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((20, 3)), Y, "the features are 1 everywhere; there is nothing to learn from"),
        (np.full((20, 3), np.nan), Y, "the features hold nothing but NaN"),
        (np.ones((20, 0)), Y, "the features have the shape 20 × 0, which holds nothing"),
        (np.array([["a"]] * 20), Y, "the features are <U1, and networks need numbers"),
        (np.ones((20, 3), complex), Y, "the features are complex128, and networks need numbers"),
        (np.where(np.arange(60).reshape(20, 3) == 31, np.inf, 1), Y,
         "row 11 of the features holds numbers that are infinite, or too large for networks (float32)"),
        (np.arange(60).reshape(20, 3) * 1e37, Y, "too large for networks (float32)"),
        (np.ones((20, 3)), np.eye(2)[Y], "'y' has 2 columns of 0 and 1, one 1 in each row; save the number of its "
         "class instead: y.argmax(axis=1)"),
        (np.ones((20, 3)), np.ones((20, 4, 4)), "'y' has the shape 20 × 4 × 4; one number or text a row is needed"),
        (np.ones((20, 3)), np.ones(20, complex), "'y' holds complex128; one number or text a row is needed"),
        (np.ones((20, 3)), np.ones((20, 2), complex), "'y' holds complex128; one number or text a row is needed"),
        (np.ones((20, 3)), np.ones(20, [("a", "<f4")]), "'y' holds [('a', '<f4')]; one number or text a row"),
        (np.ones((20, 3)), np.ones(20), "'y' has a single value; there is nothing to learn"),
        (np.ones((20, 3)), np.full(20, np.nan), "there are 0 rows with a target; at least 2 are needed"),
    ],
)  # fmt: skip
def test_what_cannot_be_learned_from_is_told_in_a_line(load, x, y, message):
    with pytest.raises(UserError) as error:
        load(x, y)
    assert message in str(error.value)
    assert str(error.value).startswith("params.yaml: datasets.own.source")


@pytest.mark.parametrize(
    ("dataset", "comparison", "message"),
    [
        ({"source": {"arrays": "own.npz"}}, {}, "datasets.own.source.arrays: 'own.npz' is not in data/external"),
        ({"scale": {"features": "robust"}}, {}, "'robust' goes with a table; the channels of arrays are scaled by"),
        ({}, {"cost": {"missed": "price", "false_alarm": 1}}, "'price' needs a table's column; arrays has none"),
    ],
)
def test_contradictions_with_arrays_are_told(dataset, comparison, message):
    own = {"source": {"arrays": "data/external/own.npz"}} | dataset
    with pytest.raises(ParamsError) as error:
        check_params({"datasets": {"own": own}, "comparisons": {"own": {"losses": ["mse"]} | comparison}})
    assert message in str(error.value)


def test_angles_of_arrays_begin_anew_after_their_period_and_masks_have_none(load):
    angles = np.linspace(-170, 180, 20)
    _, description, _ = load(np.zeros((20, 5)) + np.arange(20)[:, None], angles, dataset={"period": 360})
    assert (description.task, description.period, description.turn_begins) == ("regression", 360, -180)
    with pytest.raises(
        UserError, match=r"datasets\.own\.period: goes with a value for each row, and 'y' has one for each"
    ):
        load(np.random.default_rng(0).normal(size=(20, 8, 8, 1)), np.tile(np.eye(8, dtype=int), (20, 1, 1)),
             dataset={"period": 360})  # fmt: skip
