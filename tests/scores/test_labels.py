import numpy as np
import pytest
from sklearn import metrics

from stages.losses.catalogue import LOSSES
from stages.scores import catalogue, measure
from stages.scores.families import labels as of_labels
from stages.scores.row_values import constant_values, reach, row_values
from stages.scores.seed_rows import SeedRows
from tests.scores.test_statistic import derivative

BCE = LOSSES["binary_crossentropy"]
NAMES = [score.name for score in of_labels.SCORES]
BY_SKLEARN = {
    "macro_f1": lambda y, p, w: metrics.f1_score(y, p > 0.5, average="macro", sample_weight=w),
    "micro_f1": lambda y, p, w: metrics.f1_score(y, p > 0.5, average="micro", sample_weight=w),
    "mean_average_precision": lambda y, p, w: metrics.average_precision_score(y, p, sample_weight=w),
    "subset_accuracy": lambda y, p, w: metrics.accuracy_score(y, p > 0.5, sample_weight=w),
    "hamming": lambda y, p, w: metrics.hamming_loss(y, p > 0.5, sample_weight=w),
    "accuracy": lambda y, p, w: 1 - metrics.hamming_loss(y, p > 0.5, sample_weight=w),
    "brier": lambda y, p, w: np.average(((p - y) ** 2).mean(axis=1), weights=w),
}


def drawn(seed=0, n_rows=50, grid=None):
    """Three labels, of which outputs know something, and what rows count."""
    generator = np.random.default_rng(seed)
    labels = (generator.random((n_rows, 3)) < [0.5, 0.3, 0.15]).astype(np.int8)
    labels[:3] = np.eye(3)
    outputs = 1 / (1 + np.exp(-generator.normal(size=(n_rows, 3)) - 1.5 * labels + 0.7))
    return labels, np.round(outputs * grid) / grid if grid else outputs, generator.gamma(3, size=n_rows)


@pytest.mark.parametrize("grid", [None, 8])
@pytest.mark.parametrize("are_weighed", [False, True])
def test_scores_of_labels_are_scikit_learns(are_weighed, grid):
    labels, outputs, weights = drawn(grid=grid)
    weights = weights if are_weighed else None
    outputs = np.where(outputs == 0.5, 0.51, outputs)
    found = measure.score(BCE, labels, outputs[None, ..., None], weights=weights)
    for name, by_sklearn in BY_SKLEARN.items():
        assert found[name] == pytest.approx([by_sklearn(labels, outputs, weights)]), name
    assert not {"f1", "roc_auc", "iou", "dice", "balanced_accuracy", "recall_1"} & set(found)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("are_weighed", [False, True])
def test_what_a_row_adds_is_the_derivative_of_the_score_by_what_it_counts(name, are_weighed):
    labels, outputs, weights = drawn(1, grid=20)
    rows = SeedRows(labels, outputs[..., None], BCE, np.zeros(1), np.ones(1), weights if are_weighed else None)
    statistic = catalogue.find(name, "binary").statistic
    value = statistic.value(rows)
    values = statistic.row_values(rows, statistic.reference(rows))
    np.testing.assert_allclose(values, value + derivative(statistic, rows), rtol=1e-6, atol=1e-6)
    assert rows.mean(values) == pytest.approx(value)


def test_a_label_that_no_row_has_is_left_out_of_the_mean():
    labels, outputs, _ = drawn(2)
    labels[:, 2] = 0
    found = measure.score(BCE, labels, outputs[None, ..., None])
    # F1 of a label that is neither there nor decided is not defined; one that is decided and not there has 0
    expected = metrics.average_precision_score(labels[:, :2], outputs[:, :2])
    assert found["mean_average_precision"] == pytest.approx([expected])
    assert found["macro_f1"] == pytest.approx([metrics.f1_score(labels, outputs > 0.5, average="macro")])


def test_a_constant_prediction_is_the_best_for_each_label():
    labels = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], np.int8)
    every = np.ones((1, 4), bool)
    hamming = constant_values("hamming", "binary", labels, every, every, n_classes=2)
    assert hamming.tolist() == [[0, 0, 0.5, 0.5]]  # always the first label, never the second
    f1 = constant_values("macro_f1", "binary", labels, every, every, n_classes=2)
    assert f1.mean() == pytest.approx((6 / 7 + 2 / 5) / 2)  # always both
    shares = constant_values("brier", "binary", labels, every, every, n_classes=2)
    assert shares.mean() == pytest.approx(3 / 16)  # 0.75 and 0.25


def test_how_far_a_row_reaches_by_hand():
    labels, tested = np.array([[1, 0], [1, 0], [1, 1], [0, 0]]), np.ones((1, 4), bool)
    assert reach("macro_f1", labels, tested).tolist() == [4 / 3 / 2, 4 / 1 / 2]
    assert reach("micro_f1", labels, tested).tolist() == [1]
    assert reach("hamming", labels, tested).tolist() == [1]
    assert reach("mean_average_precision", labels, tested).tolist() == []


def test_a_seed_that_failed_has_no_values():
    labels, outputs, _ = drawn()
    two = np.stack([outputs, np.full_like(outputs, np.nan)])[..., None]
    values = row_values("macro_f1", BCE, labels, two, np.ones((2, 50), bool))
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1]).all()
