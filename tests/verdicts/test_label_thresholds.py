import numpy as np
import pytest
from sklearn import metrics

from stages.losses.catalogue import LOSSES
from stages.scores import catalogue, decisions
from stages.scores.seed_rows import SeedRows
from stages.verdicts.held_out import thresholds
from stages.verdicts.held_out.rows import HeldOut

BCE = LOSSES["binary_crossentropy"]


def drawn(n_rows=400):
    """Labels in half, a fifth and a twentieth of the rows, and their probabilities."""
    generator = np.random.default_rng(0)
    labels = (generator.random((n_rows, 3)) < [0.5, 0.2, 0.05]).astype(np.int8)
    odds = generator.normal(size=(n_rows, 3)) + 1.5 * labels + np.log([1, 0.25, 1 / 19]) - 1.125
    return labels, (1 / (1 + np.exp(-odds)))[..., None]


def chosen(score, labels, outputs, clusters=None):
    settings = {"n_classes": 2, "weights": None, "clusters": clusters, "seed": 0}
    held_out = HeldOut(np.arange(len(labels)), outputs)
    return thresholds.choose(catalogue.find(score, "binary"), BCE, labels, held_out, **settings)


def test_each_label_has_the_threshold_that_it_would_have_alone():
    labels, outputs = drawn()
    found = chosen("macro_f1", labels, outputs)
    assert found.shape == (3,)
    for label in range(3):
        assert found[label] == chosen("f1", labels[:, label], outputs[:, label])[0]
    assert found[0] > found[2]  # what is rare is decided sooner

    def f1(at):
        decided = decisions.decide(BCE, outputs, at)
        return metrics.f1_score(labels, decided, average="macro", zero_division=0)

    assert f1(found) > f1(np.full(3, 0.5)) + 0.03


def test_f1_of_all_labels_has_one_threshold_for_all_and_is_best_there():
    labels, outputs = drawn()
    found = chosen("micro_f1", labels, outputs)
    assert found[0] == found[1] == found[2]
    score = catalogue.find("micro_f1", "binary").statistic

    def value(at):
        rows = SeedRows(labels, outputs, BCE, np.zeros(1), np.ones(1), None, decisions.decide(BCE, outputs, at))
        return score.value(rows)

    best = max(value(np.full(3, cut)) for cut in np.linspace(0.05, 0.95, 91))
    assert value(found) == pytest.approx(best, abs=0.01)


def test_a_label_that_is_never_there_keeps_the_losss_own_threshold():
    labels, outputs = drawn()
    labels[:, 2] = 0
    assert chosen("macro_f1", labels, outputs)[2] == 0.5
    assert chosen("hamming", labels, outputs)[0] == chosen("accuracy", labels[:, 0], outputs[:, 0])[0]


def test_decisions_of_several_rows_have_thresholds_of_their_own():
    outputs = np.array([[[0.2], [0.4]], [[0.6], [0.8]]])
    assert decisions.decide(BCE, outputs, np.array([0.3, 0.9])).tolist() == [[0, 0], [1, 0]]
    assert decisions.decide(BCE, outputs, np.array([[0.3, 0.3], [0.7, 0.7]])).tolist() == [[0, 1], [0, 1]]
