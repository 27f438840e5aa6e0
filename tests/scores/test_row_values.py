import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from stages.losses.catalogue import LOSSES
from stages.scores import measure
from stages.scores.catalogue import names_for
from stages.scores.row_values import constant_values, reach, row_values
from stages.verdicts.design import Design
from stages.verdicts.intervals import estimate

LOSS_OF = {"regression": "mse", "binary": "binary_crossentropy", "multiclass": "categorical_crossentropy"}
CASES = [
    (task, name) for task in LOSS_OF for name in names_for(task) + ["recall_0", "recall_1"] * (task != "regression")
]
CASES += [("regression", "pinball_0.9")]
BOUNDED = {"accuracy", "balanced_accuracy", "f1", "f1_macro", "recall_0", "recall_1"}


def drawn(task, generator, *, n_seeds, n_rows, grid=None):
    """Labels in target units, outputs that know something of them, and each seed's scaling of the target."""
    if task == "regression":
        labels = generator.standard_t(4, size=(n_rows, 2)) * 3 + 10
        center, spread = generator.normal(10, 0.3, (n_seeds, 2)), generator.uniform(2, 4, (n_seeds, 2))
        outputs = (labels - center[:, None]) / spread[:, None] + generator.normal(0, 0.5, (n_seeds, n_rows, 2))
        return labels, outputs, {"center": center, "spread": spread}
    n_classes = 2 if task == "binary" else 3
    labels = generator.choice(n_classes, n_rows, p=[0.7, 0.3] if n_classes == 2 else [0.6, 0.3, 0.1])
    sums = generator.normal(size=(n_seeds, n_rows, n_classes)) + 2 * np.eye(n_classes)[labels]
    outputs = np.exp(sums) / np.exp(sums).sum(axis=-1, keepdims=True)
    if grid:  # ties
        outputs = np.maximum(np.round(outputs * grid), 1) / grid
    return labels, outputs[..., 1:] if task == "binary" else outputs, {}


def scored(score, task, labels, outputs, scaling, *, weights=None):
    """The score of one seed as the pipeline measures it."""
    return measure.score(LOSSES[LOSS_OF[task]], labels, outputs[None], also=(score,), weights=weights, **scaling)[
        score
    ][0]


@pytest.mark.parametrize(("task", "score"), CASES)
@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_rows=st.integers(1, 40),
    grid=st.sampled_from([None, 4]),
    are_weighed=st.booleans(),
)
def test_the_mean_over_the_rows_that_a_seed_tests_is_its_score(task, score, *, seed, n_rows, grid, are_weighed):
    generator = np.random.default_rng(seed)
    labels, outputs, scaling = drawn(task, generator, n_seeds=4, n_rows=n_rows, grid=grid)
    tested = generator.random((4, n_rows)) < 0.6
    tested[:, 0] = True
    weights = generator.gamma(2, size=n_rows) if are_weighed else None
    values = row_values(score, LOSSES[LOSS_OF[task]], labels, outputs, tested, **scaling, weights=weights)
    assert values.dtype == np.float64
    for s, rows in enumerate(tested):
        assert np.isnan(values[s, ~rows]).all()
        own = {key: value[s] for key, value in scaling.items()}
        counted = None if weights is None else weights[rows]
        expected = scored(score, task, labels[rows], outputs[s, rows], own, weights=counted)
        assert np.average(values[s, rows], weights=counted) == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.thorough
@pytest.mark.parametrize(("task", "score"), CASES)
def test_the_variance_is_that_of_a_bootstrap_of_rows_and_seeds(task, score):
    generator, n_seeds, n_rows = np.random.default_rng(1), 8, 120
    labels, ours, scaling = drawn(task, generator, n_seeds=n_seeds, n_rows=n_rows)
    theirs = ours + generator.normal(0, 0.2, (n_seeds, 1, 1)) + generator.normal(0, 0.4, (n_rows, 1))
    if task != "regression":
        theirs = np.clip(theirs, 0.01, 0.99)
    tested, loss = np.ones((n_seeds, n_rows), bool), LOSSES[LOSS_OF[task]]

    def difference(rows, seeds):
        own = {key: value[seeds] for key, value in scaling.items()}
        both = [row_values(score, loss, labels[rows], each[seeds][:, rows], tested, **own) for each in (ours, theirs)]
        return both[0] - both[1]

    d = difference(np.arange(n_rows), np.arange(n_seeds))
    found = estimate(d, Design(tested, np.empty(0)))
    resampled = [
        difference(generator.integers(0, n_rows, n_rows), generator.integers(0, n_seeds, n_seeds)).mean()
        for _ in range(120)
    ]
    # a bootstrap of both counts the cells three times (Owen 2007, the pigeonhole bootstrap)
    cells = (d - d.mean(axis=0) - d.mean(axis=1, keepdims=True) + d.mean()).var() / d.size
    assert np.std(resampled) == pytest.approx(math.sqrt(found.variance + 2 * cells), rel=0.22)
    assert np.mean(resampled) == pytest.approx(found.mean, abs=np.std(resampled) / 2)


def test_values_of_errors_are_the_errors():
    labels, outputs = np.array([[8.0], [16.0]]), np.array([[[-0.5], [0.5]]])
    tested, scaling, mse = np.ones((1, 2), bool), {"center": 12, "spread": 4}, LOSSES["mse"]
    assert row_values("mae", mse, labels, outputs, tested, **scaling).tolist() == [[2, 2]]
    assert row_values("mse", mse, labels, outputs, tested, **scaling).tolist() == [[0.25, 0.25]]


def test_the_root_of_a_mean_square_leans_on_the_rows_as_the_secant_does():
    # errors 3 and 4 of one seed, 0 and 1 of the other: rmse √12.5 and √0.5, reference their mean, 3√0.5
    labels, outputs = np.zeros((2, 1)), np.array([[[3.0], [4.0]], [[0.0], [1.0]]])
    values = row_values("rmse", LOSSES["mse"], labels, outputs, np.ones((2, 2), bool))
    r = 3 * math.sqrt(0.5)
    np.testing.assert_allclose(values[0], [r + (9 - 4.5) / (8 * r / 3), r + (16 - 4.5) / (8 * r / 3)])
    np.testing.assert_allclose(values.mean(axis=1), [math.sqrt(12.5), math.sqrt(0.5)])


def test_influences_are_centred_on_the_ratio_of_all_seeds():
    # each seed tests one row of class 1: one right, one wrong, so that the recall of both is 1/2
    labels, outputs = np.array([1, 0, 1, 0]), np.array([[[0.9], [0.1], [0], [0]], [[0], [0], [0.1], [0.1]]])
    tested = np.array([[True, True, False, False], [False, False, True, True]])
    values = row_values("recall_1", LOSSES["binary_crossentropy"], labels, outputs, tested)
    # half of the rows are of class 1: ½ ± 2 × ½ for those, ½ for the others
    np.testing.assert_array_equal(values, [[1.5, 0.5, math.nan, math.nan], [math.nan, math.nan, -0.5, 0.5]])


def test_the_variance_of_placement_values_is_delongs():
    generator = np.random.default_rng(0)
    labels = generator.random(200) < 0.2
    outputs = generator.normal(size=200) + labels
    values = row_values("roc_auc", LOSSES["hinge"], labels.astype(int), outputs[None, :, None], np.ones((1, 200), bool))
    above = np.array([(outputs[~labels] < one).mean() for one in outputs[labels]])
    below = np.array([(outputs[labels] > one).mean() for one in outputs[~labels]])
    delong = above.var() / labels.sum() + below.var() / (~labels).sum()
    assert values.var() / 200 == pytest.approx(delong)
    assert values.mean() == pytest.approx(metrics.roc_auc_score(labels, outputs))


def test_a_deviation_of_the_area_falls_on_the_rarer_class():
    # seed 0 ranks its one positive above all three others, seed 1 below: areas 1 and 0, reference 1/2
    labels, tested = np.array([1, 0, 0, 0]), np.ones((2, 4), bool)
    outputs = np.array([[0.9, 0.1, 0.2, 0.3], [0.1, 0.9, 0.8, 0.7]])[..., None]
    values = row_values("roc_auc", LOSSES["binary_crossentropy"], labels, outputs, tested)
    # the positive row takes 3/4 of the deviation of 1/2, times 4 rows; each of the others 1/4 of it, times 4/3
    np.testing.assert_allclose(values, [[2, 2 / 3, 2 / 3, 2 / 3], [-1, 1 / 3, 1 / 3, 1 / 3]])


@pytest.mark.parametrize(("task", "score"), CASES)
def test_a_seed_with_an_output_that_is_not_finite_has_no_values_and_leaves_the_others_alone(task, score):
    labels, outputs, scaling = drawn(task, np.random.default_rng(0), n_seeds=3, n_rows=30)
    tested = np.ones((3, 30), bool)
    tested[0, 5] = False
    outputs[0, 5], outputs[1, 5, 0] = np.nan, np.inf
    values = row_values(score, LOSSES[LOSS_OF[task]], labels, outputs, tested, **scaling)
    assert np.isnan(values[1]).all()
    assert np.isfinite(values[[0, 2]][tested[[0, 2]]]).all()
    outputs[0, 5], outputs[:, :, 0] = 0, np.nan
    assert np.isnan(row_values(score, LOSSES[LOSS_OF[task]], labels, outputs, tested, **scaling)).all()


@pytest.mark.parametrize(("task", "score"), [(task, score) for task, score in CASES if score in BOUNDED])
def test_no_row_reaches_further_than_it_can(task, score):
    generator = np.random.default_rng(2)
    labels, *_ = drawn(task, generator, n_seeds=1, n_rows=60)
    tested, loss = np.ones((1, 60), bool), LOSSES[LOSS_OF[task]]
    perfect = labels[None, :, None].astype(float) if task == "binary" else np.eye(3)[labels][None]
    base, bound = row_values(score, loss, labels, perfect, tested).mean(), reach(score, labels, tested)
    for row in range(60):
        spoilt = perfect.copy()
        spoilt[0, row] = 1 - perfect[0, row] if task == "binary" else np.roll(perfect[0, row], 1)
        changed = row_values(score, loss, labels, spoilt, tested).mean()
        assert abs(changed - base) * 60 <= bound.max() + 1e-9


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        ("accuracy", [1]),
        ("recall_0", [5 / 4]),
        ("recall_1", [5]),
        ("balanced_accuracy", [5 / 8, 5 / 2]),
        ("f1_macro", [5 / 8, 5 / 2]),
        ("f1", [5]),
        ("roc_auc", []),
        ("log_loss", []),
        ("rmse", []),
    ],
)
def test_how_far_a_row_of_each_class_reaches_by_hand(score, expected):
    labels, tested = np.array([0, 0, 0, 1, 0, 1, 1]), np.array([[True] * 5 + [False] * 2])
    assert reach(score, labels, tested).tolist() == expected


def test_where_a_constant_prediction_says_nothing_it_has_no_values():
    labels = np.array([0, 1, 0, 1])
    tested = np.array([[True, True, False, False]])
    assert constant_values("recall_1", "binary", labels, ~tested, tested, n_classes=2) is None
    tested = np.array([[True, False, True, False]])  # one class alone
    assert constant_values("roc_auc", "binary", labels, ~tested, tested, n_classes=2) is None
    assert constant_values("log_loss", "binary", labels, ~tested, tested, n_classes=2) is None
