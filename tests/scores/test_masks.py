"""Scores of masks: each image counts as one, and what positions add to a score is their mean."""

import numpy as np
import pytest
from sklearn import metrics

from stages.losses.catalogue import LOSSES
from stages.scores import catalogue
from stages.scores.choosing import default_headline
from stages.scores.constants import shares
from stages.scores.families import overlap
from stages.scores.measure import score
from stages.scores.row_values import constant_values, reach, row_values
from stages.scores.seed_rows import SeedRows
from stages.scores.terms import is_of_class

BCE, SOFTMAX = LOSSES["binary_crossentropy"], LOSSES["categorical_crossentropy"]
# two of three found and one wrong; nothing there and nothing decided; nothing there and one decided; one missed
TRUTH = np.array([[[1, 1], [1, 0]], [[0, 0], [0, 0]], [[0, 0], [0, 0]], [[0, 1], [0, 0]]], np.int8)
GIVEN = np.array([[[0.9, 0.6], [0.2, 0.7]], [[0.1] * 2] * 2, [[0.1, 0.8], [0.3, 0.1]], [[0.2] * 2] * 2])[..., None]
RNG = np.random.default_rng(0)
LABELS, OUTPUTS = RNG.integers(0, 2, (9, 5, 4)).astype(np.int8), RNG.uniform(0.01, 0.99, (3, 9, 5, 4, 1))


def test_overlap_is_of_each_image_and_nothing_there_and_nothing_decided_is_right():
    scores = score(BCE, TRUTH, GIVEN[None])
    assert scores["iou"][0] == pytest.approx((2 / 4 + 1 + 0 + 0) / 4)
    assert scores["dice"][0] == pytest.approx((4 / 6 + 1 + 0 + 0) / 4)
    assert scores["accuracy"][0] == pytest.approx((2 + 4 + 3 + 3) / 16)
    assert "roc_auc" not in scores


@pytest.mark.parametrize(("name", "by_sklearn"), [("iou", metrics.jaccard_score), ("dice", metrics.f1_score)])
def test_overlap_is_scikit_learns_of_each_image(name, by_sklearn):
    decided = OUTPUTS[..., 0] >= 0.5
    for seed, value in enumerate(score(BCE, LABELS, OUTPUTS)[name]):
        of_images = [by_sklearn(t.ravel(), d.ravel()) for t, d in zip(LABELS, decided[seed], strict=True)]
        assert value == pytest.approx(np.mean(of_images))
    labels = RNG.integers(0, 3, (6, 4, 4)).astype(np.int8)
    outputs = RNG.dirichlet(np.ones(3), (1, 6, 4, 4))
    of_images = [
        by_sklearn(t.ravel(), d.ravel(), average="macro")
        for t, d in zip(labels, outputs[0].argmax(axis=-1), strict=True)
    ]
    assert score(SOFTMAX, labels, outputs)[name][0] == pytest.approx(np.mean(of_images))


@pytest.mark.parametrize("n_positions", [2, 40])
def test_classes_are_counted_by_what_networks_give_not_by_the_positions(n_positions):
    labels, outputs = RNG.integers(0, 4, (9, n_positions, 3)), RNG.dirichlet(np.ones(4), (1, 9, n_positions, 3))
    rows = SeedRows(labels, outputs[0], SOFTMAX, 0.0, 1.0, None, None, None)
    assert is_of_class(rows).shape == (9, n_positions, 3, 4)
    decided = outputs[0].argmax(axis=-1).ravel()
    scores = score(SOFTMAX, labels, outputs)
    assert scores["f1_macro"][0] == pytest.approx(metrics.f1_score(labels.ravel(), decided, average="macro"))
    assert scores["balanced_accuracy"][0] == pytest.approx(metrics.balanced_accuracy_score(labels.ravel(), decided))


@pytest.mark.parametrize("loss", [BCE, SOFTMAX, LOSSES["hinge"]])
@pytest.mark.parametrize("weights", [None, np.arange(1.0, 10)])
def test_the_scores_of_positions_are_those_of_as_many_rows_and_every_row_value_has_them_as_its_mean(loss, weights):
    outputs = OUTPUTS if loss is not SOFTMAX else np.concatenate([1 - OUTPUTS, OUTPUTS], axis=-1)
    scores = score(loss, LABELS, outputs, weights=weights)
    each = None if weights is None else np.repeat(weights, 20)
    flat = score(loss, LABELS.ravel(), outputs.reshape(3, 180, -1), weights=each)
    tested = np.ones((3, 9), bool)
    for name, values in scores.items():
        if name not in overlap.MEASURES:
            np.testing.assert_allclose(values, flat[name], rtol=1e-12, err_msg=name)
        if name == "rounded_accuracy":  # which no verdict is by
            continue
        of_rows = row_values(name, loss, LABELS, outputs, tested)
        np.testing.assert_allclose(of_rows.mean(axis=1), score(loss, LABELS, outputs)[name], rtol=1e-12, err_msg=name)
    assert {"iou", "dice", "accuracy", "f1" if loss.task == "binary" else "f1_macro", "recall_1"} <= set(scores)


def test_values_at_each_position_are_scored_as_so_many_rows():
    labels, outputs = RNG.normal(size=(7, 3, 2, 2)), RNG.normal(size=(2, 7, 3, 2, 2))
    scores = score(LOSSES["mse"], labels, outputs)
    flat = score(LOSSES["mse"], labels.reshape(-1, 2), outputs.reshape(2, -1, 2))
    for name in ("mse", "rmse", "mae", "r2"):
        np.testing.assert_allclose(scores[name], flat[name], rtol=1e-12)
        values = row_values(name, LOSSES["mse"], labels, outputs, np.ones((2, 7), bool))
        np.testing.assert_allclose(values.mean(axis=1), scores[name], rtol=1e-12)


def test_the_best_constant_mask_is_all_or_nothing_by_what_images_hold():
    rare, most = np.zeros((4, 2, 2), np.int8), np.ones((4, 2, 2), np.int8)
    rare[0, 0, 0] = 1  # nothing decided is right in three of four
    for labels, decided, value in ((rare, 0, 3 / 4), (most, 1, 1.0)):
        assert overlap.one_class(labels, 2, None) == [decided]
        everywhere = np.ones((1, 4), bool)
        values = constant_values("iou", "binary", labels, everywhere, everywhere, n_classes=2)
        assert values.mean() == value
    np.testing.assert_allclose(shares(rare, 2, np.array([3.0, 1, 1, 1])), [3 / 24])


def test_masks_are_judged_by_iou_and_only_they():
    assert default_headline("binary", has_positions=True) == "iou"
    assert reach("iou", TRUTH, np.ones((1, 4), bool)).tolist() == [1]
    assert "iou" not in score(BCE, LABELS[:, 0, 0], OUTPUTS[:, :, 0, 0])
    assert catalogue.find("dice", "binary").of_positions == "alone"
