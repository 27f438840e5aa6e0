import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn import metrics
from sklearn.dummy import DummyClassifier, DummyRegressor

from stages.losses.catalogue import LOSSES
from stages.scores.catalogue import SCORES, find
from stages.scores.choosing import default_headline
from stages.scores.measure import score
from stages.scores.row_values import constant_values

OF_ORDER = [score.name for score in SCORES.values() if score.needs_order]
OF_POSITIVE = [score.name for score in SCORES.values() if score.is_measured == "never negative"]


def column(*values):
    """(n_rows, 1) targets of a regression."""
    return np.array(values, np.float64)[:, None]


def outputs(*seeds):
    """(n_seeds, n_rows, 1) from each seed's values."""
    return np.array(seeds, np.float32)[..., None]


def score_constant(metric, task, train, test, n_classes, *, center=0.0, spread=1.0):
    """The score of the best constant prediction on the train rows; None where it is not defined."""
    labels = np.concatenate([train, test])
    tested = (np.arange(len(labels)) >= len(train))[None]
    units = {"center": center, "spread": spread}
    values = constant_values(metric, task, labels, ~tested, tested, n_classes=n_classes, **units)
    return None if values is None else values[tested].mean()


def check(scores, expected):
    assert list(scores) == list(expected)
    for metric, values in expected.items():
        np.testing.assert_allclose(scores[metric], values, rtol=1e-6, atol=1e-12, err_msg=metric)


@pytest.mark.parametrize("loss", ["mse", "mae", "msle"])
def test_values_are_scored_scaled_and_in_their_own_units(loss):
    # errors: 0.5 and -0.5 for seed 0, none for seed 1; labels in own units are 8 and 16
    scores = score(LOSSES[loss], column(8, 16), outputs([-0.5, 0.5], [-1, 1]), center=12, spread=4)
    check(scores, {"mse": [0.25, 0], "rmse": [2, 0], "mae": [2, 0], "r2": [0.75, 1]})


# values 10, 12 and 20: mean 14, median 12; on a scale of two units
VALUES = column(10, 12, 20), column(12, 16), 0
# a quarter are of class 1
TWO = np.array([0, 0, 0, 1]), np.array([0, 1, 1]), 2
THREE = np.array([0, 2, 2, 1]), np.array([2, 1]), 3


@pytest.mark.parametrize(
    ("task", "rows", "metric", "expected"),
    [
        ("regression", VALUES, "mse", 1),
        ("regression", VALUES, "rmse", 2),
        ("regression", VALUES, "mae", 2),
        ("regression", (column(10, 12, 20), column(12, 12, 16), 0), "mae", 4 / 3),  # of the median
        ("regression", VALUES, "r2", 0),
        ("regression", VALUES, "cosine_similarity", None),
        ("regression", (column(10, 12), column(12), 0), "r2", None),  # of a single row
        ("binary", TWO, "accuracy", 1 / 3),
        ("binary", TWO, "balanced_accuracy", 1 / 2),
        ("binary", TWO, "roc_auc", 1 / 2),
        ("binary", TWO, "f1", 4 / 5),
        ("binary", TWO, "log_loss", (math.log(4 / 3) + 2 * math.log(4)) / 3),
        ("binary", TWO, "recall_1", None),
        ("binary", (np.array([0, 1]), np.array([1, 1]), 2), "roc_auc", None),
        ("binary", (np.array([1, 1]), np.array([0, 1]), 2), "log_loss", None),  # class 0 is infinitely unlikely
        ("multiclass", THREE, "accuracy", 1 / 2),
        ("multiclass", THREE, "balanced_accuracy", 1 / 2),
        ("multiclass", THREE, "f1_macro", 1 / 3),
        ("multiclass", THREE, "log_loss", (math.log(2) + math.log(4)) / 2),
    ],
)
def test_a_prediction_that_is_the_same_for_each_row_is_scored(task, rows, metric, expected):
    found = score_constant(metric, task, *rows, center=np.array([10.0]), spread=np.array([2.0]))
    assert found == (expected if expected is None else pytest.approx(expected))


def test_a_constant_prediction_is_as_scikit_learns():
    rng = np.random.default_rng(0)
    train, test = rng.exponential(size=(40, 1)), rng.exponential(size=(20, 1))
    for metric, strategy in (("mae", "median"), ("rmse", "mean")):
        values = DummyRegressor(strategy=strategy).fit(train, train).predict(test)
        scorer = metrics.mean_absolute_error if metric == "mae" else metrics.root_mean_squared_error
        assert score_constant(metric, "regression", train, test, 0) == pytest.approx(scorer(test, values))
    train, test = rng.integers(0, 4, 40), rng.integers(0, 4, 20)
    dummy = DummyClassifier(strategy="prior").fit(train[:, None], train)
    found = score_constant("log_loss", "multiclass", train, test, 4)
    assert found == pytest.approx(metrics.log_loss(test, dummy.predict_proba(test[:, None])))
    found = score_constant("accuracy", "multiclass", train, test, 4)
    assert found == pytest.approx(dummy.score(test[:, None], test))


def test_hinge_is_scored_by_sign_and_also_by_the_rounded_output():
    # rows:               right   right  wrong  right
    # rounds to the ±1:   yes     no     no     no (0)
    scores = score(LOSSES["hinge"], np.array([1, 0, 0, 1]), outputs([0.9, -0.3, 0.2, 0.0]))
    expected = {"accuracy": [3 / 4], "roc_auc": [3 / 4], "f1": [4 / 5], "rounded_accuracy": [1 / 4]}
    check(scores, expected | {"balanced_accuracy": [3 / 4], "recall_0": [1 / 2], "recall_1": [1]})


def test_binary_crossentropy_is_scored_at_one_half_and_by_its_probabilities():
    scores = score(LOSSES["binary_crossentropy"], np.array([1, 0]), outputs([0.5, 0.25], [0.25, 0.5]))
    expected = {
        "accuracy": [1, 0],
        "roc_auc": [1, 0],
        "f1": [1, 0],
        "rounded_accuracy": [0.5, 0.5],  # 0.5 rounds to 0
        "log_loss": [(math.log(2) + math.log(4 / 3)) / 2, (math.log(4) + math.log(2)) / 2],
        "brier": [(0.25 + 0.0625) / 2, (0.5625 + 0.25) / 2],
        "balanced_accuracy": [1, 0],
        "recall_0": [1, 0],
        "recall_1": [1, 0],
    }
    check(scores, expected)


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"])
def test_classes_are_scored_by_the_largest_output_and_by_their_probabilities(loss):
    rows = [[0.5, 0.25, 0.25], [0.5, 0.25, 0.25], [0.25, 0.25, 0.5]]
    scores = score(LOSSES[loss], np.array([0, 1, 2]), np.array([rows], np.float32))
    # f1 of class 0 is 2/3 (one of two decisions right), of class 1 0, of class 2 1
    expected = {"accuracy": [2 / 3], "f1_macro": [5 / 9], "log_loss": [(2 * math.log(2) + math.log(4)) / 3]}
    expected |= {"brier": [(0.375 + 0.875 + 0.375) / 3]}
    expected |= {"balanced_accuracy": [2 / 3], "recall_0": [1], "recall_1": [0], "recall_2": [1]}
    check(scores, expected)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_seed_with_an_output_that_is_not_finite_has_no_score_and_leaves_the_others_alone(loss, bad, make_run, labels):
    rows = labels[LOSSES[loss].task]["test"]
    good = make_run(loss, n_seeds=3).outputs[:, -len(rows) :]
    spoilt = good.copy()
    spoilt[1, 0, 0] = bad
    whole, scores = score(LOSSES[loss], rows, good), score(LOSSES[loss], rows, spoilt)
    for metric, values in scores.items():
        assert np.isnan(values[1])
        np.testing.assert_array_equal(values[[0, 2]], whole[metric][[0, 2]])


@pytest.mark.parametrize("loss", LOSSES)
def test_all_metrics_are_there_when_every_seed_failed(loss, make_run, labels):
    rows = labels[LOSSES[loss].task]["test"]
    good = make_run(loss, n_seeds=2).outputs[:, -len(rows) :]
    scores = score(LOSSES[loss], rows, np.full_like(good, np.nan))
    assert list(scores) == list(score(LOSSES[loss], rows, good))
    for values in scores.values():
        np.testing.assert_array_equal(values, [np.nan, np.nan])


@pytest.mark.parametrize("label", [0, 1])
def test_roc_auc_is_not_defined_for_rows_of_one_class(label):
    scores = score(LOSSES["binary_crossentropy"], np.array([label, label]), outputs([0.75, 0.25]))
    for undefined in ("roc_auc", f"recall_{1 - label}"):
        np.testing.assert_array_equal(scores.pop(undefined), [np.nan])
    assert all(np.isfinite(values).all() for values in scores.values())
    assert scores["accuracy"] == 0.5


def test_r2_is_not_defined_for_a_single_row():
    scores = score(LOSSES["mse"], column(1), outputs([3.0], [1.0]))
    check(scores, {"mse": [4, 0], "rmse": [2, 0], "mae": [2, 0], "r2": [np.nan, np.nan]})


def test_a_class_without_test_rows_still_has_a_probability():
    scores = score(LOSSES["kl_divergence"], np.array([0, 1]), np.array([[[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]]))
    np.testing.assert_allclose(scores["log_loss"], [math.log(2)])


@pytest.mark.thorough
@given(
    data=npst.arrays(
        np.float32, st.tuples(st.integers(1, 4), st.integers(2, 8)), elements=st.floats(-10, 10, width=32)
    ),
    center=st.floats(-100, 100),
    spread=st.floats(0.5, 100),
)
def test_the_target_units_scale_rmse_and_mae_and_leave_r2_alone(data, center, spread):
    labels = np.linspace(-1, 1, data.shape[1])[:, None]
    plain, own = (
        score(LOSSES["mse"], labels, data[..., None]),
        score(LOSSES["mse"], labels * spread + center, data[..., None], center=center, spread=spread),
    )
    np.testing.assert_allclose(own["mse"], plain["mse"], rtol=1e-9, atol=1e-20)
    np.testing.assert_allclose(own["rmse"], np.sqrt(plain["mse"]) * spread, atol=1e-9)
    np.testing.assert_allclose(own["mae"], plain["mae"] * spread, atol=1e-9)
    np.testing.assert_allclose(own["r2"], plain["r2"], rtol=1e-6, atol=1e-6)


@pytest.mark.thorough
@given(data=npst.arrays(np.float64, st.tuples(st.integers(1, 3), st.just(6)), elements=st.floats(-1, 1)))
def test_scores_of_classes_are_those_of_scikit_learn(data):
    labels = np.array([0, 1, 1, 0, 1, 0])
    scores = score(LOSSES["squared_hinge"], labels, data[..., None])
    for seed, values in enumerate(data):
        assert scores["accuracy"][seed] == metrics.accuracy_score(labels, values >= 0)
        assert scores["roc_auc"][seed] == pytest.approx(metrics.roc_auc_score(labels, values))
        assert scores["f1"][seed] == metrics.f1_score(labels, values >= 0, zero_division=0)


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_every_score_of_a_task_is_computed_and_every_score_computed_is_known(loss, make_run):
    computed = set(make_run(loss.name).scores["metric"])
    always = [score for score in SCORES.values() if score.is_measured == "always"]
    assert {score.name for score in always if score.suits(loss, n_targets=1)} <= computed
    for name in computed - {"rounded_accuracy"}:
        assert find(name, loss.task).name == name
    assert default_headline(loss.task) in computed
    assert loss.epoch_metric in computed


def test_recalls_of_the_classes_and_their_mean_are_worked_by_hand():
    # class 0: 2 of 3 right; class 1: 1 of 1; class 2 has no row
    decided = np.eye(3)[[0, 1, 0, 1]][None]
    scores = score(LOSSES["categorical_hinge"], np.array([0, 0, 0, 1]), decided)
    assert scores["recall_0"] == pytest.approx([2 / 3])
    assert scores["recall_1"] == [1]
    assert np.isnan(scores["recall_2"]).all()
    assert scores["balanced_accuracy"] == pytest.approx([(2 / 3 + 1) / 2])


@pytest.mark.filterwarnings("error")
def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    labels, values = (rng.random(200) < 0.1).astype(int), rng.normal(size=(3, 200, 1))
    scores = score(LOSSES["hinge"], labels, values)
    for seed in range(3):
        expected = metrics.balanced_accuracy_score(labels, values[seed, :, 0] >= 0)
        assert scores["balanced_accuracy"][seed] == pytest.approx(expected)


def test_several_target_columns_are_scored_by_their_mean_and_by_their_direction():
    labels = np.array([[3.0, 40.0], [0.0, 20.0]])
    # scaled, the first row is right; the second is (2, 0): at a right angle
    scores = score(LOSSES["mse"], labels, np.array([[[3.0, 4.0], [2.0, 0.0]]]), center=np.zeros(2), spread=[1.0, 10.0])
    assert scores["mse"] == pytest.approx([(2 + 2) / 2])
    assert scores["mae"] == pytest.approx([(1 + 10) / 2])
    assert scores["rmse"] == pytest.approx([(np.sqrt(2) + np.sqrt(200)) / 2])
    assert scores["cosine_similarity"] == pytest.approx([(1 + 0) / 2])


@pytest.mark.parametrize("loss", ["mse", "hinge", "binary_crossentropy", "categorical_crossentropy"])
def test_rows_that_count_twice_are_as_two_rows(loss):
    rng, loss = np.random.default_rng(4), LOSSES[loss]
    n_outputs = 3 if loss.task == "multiclass" else 1
    labels = rng.gamma(2, size=(30, 1)) if loss.task == "regression" else rng.integers(0, max(2, n_outputs), 30)
    given, counts = rng.uniform(0.1, 0.9, (2, 30, n_outputs)), rng.integers(1, 4, 30)
    also = [*OF_POSITIVE, *OF_ORDER]
    weighed = score(loss, labels, given, also=also, weights=counts.astype(float))
    repeated = score(loss, np.repeat(labels, counts, axis=0), np.repeat(given, counts, axis=1), also=also)
    assert (loss.task == "multiclass") == (set(OF_ORDER) <= set(weighed))
    for name in weighed:
        # the median of an even number of rows is between two of them, of weighted rows one of the two
        near = {"rtol": 0.2} if name == "median_absolute_error" else {"rtol": 1e-10}
        np.testing.assert_allclose(weighed[name], repeated[name], **near, err_msg=name)


def test_scores_of_positive_targets_are_scikit_learns():
    rng = np.random.default_rng(4)
    labels, given = rng.gamma(2, 50, size=(40, 1)), rng.normal(80, 60, (2, 40, 1))
    labels[::7] = 0
    scores = score(LOSSES["mse"], labels, given, also=OF_POSITIVE)
    above = labels[:, 0] > 0
    for seed, own in enumerate(given):
        rmsle = metrics.root_mean_squared_log_error(labels, np.maximum(own, 0))
        assert scores["rmsle"][seed] == pytest.approx(rmsle)
        mape = metrics.mean_absolute_percentage_error(labels[above], own[above])
        assert scores["mape"][seed] == pytest.approx(100 * mape)
        assert scores["median_absolute_error"][seed] == pytest.approx(metrics.median_absolute_error(labels, own))


@pytest.mark.parametrize("metric", ["mae", "rmsle", "mape"])
def test_a_constant_prediction_is_the_best_constant_on_the_train_rows(metric):
    train = np.random.default_rng(1).gamma(1, 30, size=(99, 1)) + 1
    units = {"center": np.array([3.0]), "spread": np.array([2.0])}
    best = score_constant(metric, "regression", train, train, 0, **units)
    for other in np.quantile(train, [0.3, 0.4, 0.6, 0.7]):
        outputs = np.full((1, 99, 1), (other - 3) / 2)
        assert score(LOSSES["mse"], train, outputs, also=(metric,), **units)[metric][0] >= best - 1e-9


def test_the_brier_score_is_scikit_learns():
    rng = np.random.default_rng(0)
    labels, given = rng.integers(0, 2, 30), rng.uniform(0.05, 0.95, (2, 30, 1))
    scores = score(LOSSES["binary_crossentropy"], labels, given)
    for seed, own in enumerate(given):
        assert scores["brier"][seed] == pytest.approx(metrics.brier_score_loss(labels, own[:, 0]))
    labels, given = rng.integers(0, 3, 30), rng.dirichlet([1, 1, 1], (2, 30))
    scores = score(LOSSES["categorical_crossentropy"], labels, given)
    for seed, own in enumerate(given):
        assert scores["brier"][seed] == pytest.approx(metrics.brier_score_loss(labels, own))
    assert "brier" not in score(LOSSES["hinge"], np.array([0, 1]), outputs([0.5, 0.25]))


@pytest.mark.parametrize(("name", "expected"), [("wape", 100 * (1 + 0 + 3 + 6) / 10), ("sign_accuracy", 2 / 3)])
def test_scores_for_targets_that_may_be_0_are_those_worked_by_hand(name, expected):
    labels, outputs = np.array([[-2.0], [0.0], [3.0], [5.0]]), np.array([[[-1.0], [0.0], [6.0], [-1.0]]])
    assert score(LOSSES["mse"], labels, outputs, also=[name])[name] == pytest.approx([expected])
