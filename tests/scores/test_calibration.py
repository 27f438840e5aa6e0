"""Calibration: against scikit-learn's logistic fit, and on outputs whose right probabilities are known."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss

from stages.scores import calibration


def drawn(n=4000, seed=0):
    generator = np.random.default_rng(seed)
    odds = 2 * generator.normal(size=n) - 1.5
    return odds, (generator.random(n) < expit(odds)).astype(int)


def of_two(values):
    return np.stack([np.zeros_like(values), values], axis=1)


def test_a_stretch_and_a_shift_of_the_log_odds_are_undone():
    odds, labels = drawn(40_000)
    fitted = calibration.fit(of_two(3 * odds + 2), labels, None)
    assert fitted.slope == pytest.approx(1 / 3, rel=0.05)
    assert fitted.offsets[1] == pytest.approx(-2 / 3, abs=0.05)


def test_of_two_classes_it_is_the_logistic_fit_but_for_the_targets():
    odds, labels = drawn()
    fitted = calibration.fit(of_two(0.5 * odds + 1), labels, None)
    theirs = LogisticRegression(C=np.inf).fit((0.5 * odds + 1)[:, None], labels)
    assert fitted.slope == pytest.approx(theirs.coef_[0, 0], rel=0.01)
    assert fitted.offsets[1] == pytest.approx(theirs.intercept_[0], rel=0.01)


def test_of_several_classes_a_temperature_and_shifts_are_undone():
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(30_000, 3)) * 1.5 + np.log([0.7, 0.2, 0.1])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probabilities.cumsum(axis=1) < generator.random((30_000, 1))).sum(axis=1)
    fitted = calibration.fit(2 * logits + [0, 1, 3], labels, None)
    assert fitted.slope == pytest.approx(0.5, rel=0.05)
    np.testing.assert_allclose(fitted.probabilities(2 * logits + [0, 1, 3]), probabilities, atol=0.03)


def test_weights_count_as_copies_do():
    odds, labels = drawn(500)
    counts = 1 + 2 * labels
    weighed = calibration.fit(of_two(odds), labels, counts.astype(float))
    copied = calibration.fit(of_two(odds.repeat(counts)), labels.repeat(counts), None)
    assert weighed.offsets[1] == pytest.approx(copied.offsets[1], abs=0.02)


def test_classes_that_are_apart_get_no_endless_slope():
    fitted = calibration.fit(of_two(np.array([-2.0, -1, 1, 2])), np.array([0, 0, 1, 1]), None)
    assert 0 < fitted.slope < 10


@pytest.mark.parametrize("labels", [[0, 0, 0, 0], [1, 1, 0, 0]], ids=["one class", "the wrong way round"])
def test_there_is_none_where_a_class_has_no_row_or_what_speaks_for_it_speaks_against_it(labels):
    assert calibration.fit(of_two(np.array([-2.0, -1, 1, 2])), np.array(labels), None) is None


def test_log_loss_and_brier_are_scikit_learns():
    odds, labels = drawn(200)
    probabilities = np.stack([1 - expit(odds), expit(odds)], axis=1)
    assert calibration.log_loss(probabilities, labels, None) == pytest.approx(log_loss(labels, probabilities))
    assert calibration.brier(probabilities, labels, None) == pytest.approx(brier_score_loss(labels, expit(odds)))
