"""The threshold of masks: the best for a score over images, chosen on images that a network is not scored on."""

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.scores import catalogue
from stages.scores.measure import score as measured
from stages.scores.seed_rows import SeedRows
from stages.verdicts.held_out import mask_thresholds, thresholds
from stages.verdicts.held_out.rows import HeldOut, Unseen

BCE = LOSSES["binary_crossentropy"]
SCORES = ("iou", "dice", "accuracy", "balanced_accuracy", "f1")


def drawn(n_images=40, *, share=0.1, shift=0.0, seed=0):
    """Masks (n, 8, 8) and probabilities that tell them well, shifted on the scale of logits."""
    generator = np.random.default_rng(seed)
    labels = (generator.random((n_images, 8, 8)) < share).astype(np.int8)
    logits = 2.5 * labels - 1.5 + generator.normal(size=labels.shape) - shift
    return labels, (1 / (1 + np.exp(-logits)))[..., None]


def rows_of(labels, outputs, **settings):
    return SeedRows(labels, outputs, BCE, np.zeros(1), np.ones(1), **settings)


@pytest.mark.parametrize("name", SCORES)
def test_what_images_add_at_each_threshold_is_what_the_score_of_its_decisions_is(name):
    labels, outputs = drawn(6)
    labels[2] = 0
    tried = np.array([0.05, 0.3, 0.5, 0.8, 1.1])
    above, below = mask_thresholds.by_threshold(catalogue.find(name, "binary"), rows_of(labels, outputs), tried)
    for place, cut in enumerate(tried):
        decided = (outputs[..., 0] >= cut).astype(int)[None]
        sums = (part[:, place].sum(axis=0) for part in (above, below))
        values = catalogue.find(name, "binary").statistic.of_sums(*sums)
        assert values == pytest.approx(measured(BCE, labels, outputs[None], decided=decided)[name][0])


def chosen(name, labels, outputs, **settings):
    own = HeldOut(np.arange(len(labels)), outputs)
    settings = {"n_classes": 2, "weights": None, "clusters": None, "seed": 0} | settings
    return thresholds.choose(catalogue.find(name, "binary"), BCE, labels, own, **settings)[0]


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("share", [0.02, 0.2])
def test_the_threshold_is_nearly_as_good_on_fresh_images_as_the_best_of_them(name, share):
    cut = chosen(name, *drawn(60, share=share, shift=1.5))
    labels, outputs = drawn(400, share=share, shift=1.5, seed=1)

    def at(threshold):
        return measured(BCE, labels, outputs[None], decided=(outputs[..., 0] >= threshold)[None].astype(int))[name][0]

    best = max(map(at, np.linspace(0.01, 0.9, 40)))
    assert at(cut) > best - 0.02
    if name == "iou" and share == 0.2:
        assert at(0.5) < best - 0.02  # what the shift costs at the loss's own rule


def test_recall_is_at_the_threshold_that_calls_as_many_positions_class_1_as_are():
    labels, outputs = drawn(10)
    cut = chosen("recall_1", labels, outputs)
    assert (outputs >= cut).sum() == labels.sum()


def test_each_seed_decides_at_a_threshold_from_other_images_and_rows_that_weigh_nothing_have_no_say():
    labels, outputs = drawn(12)
    wrong = outputs.copy()
    wrong[6:] = 1 - wrong[6:]
    weights = np.repeat([1.0, 0.0], 6)
    of_half = chosen("iou", labels[:6], outputs[:6])
    assert chosen("iou", labels, wrong, weights=weights) == pytest.approx(of_half, abs=0.2)
    tested = np.array([[True] * 6 + [False] * 6, [False] * 6 + [True] * 6])
    both = np.stack([outputs, outputs])
    decided, cuts = thresholds.decide(
        catalogue.find("iou", "binary"), BCE, labels, both, of_others=Unseen(both, tested), tested=tested, n_classes=2
    )
    assert decided.dtype == np.int8
    assert decided.shape == (2, 12, 8, 8)
    assert cuts[0] == chosen("iou", labels[6:], outputs[6:])
    np.testing.assert_array_equal(decided[1], outputs[..., 0] >= cuts[1])


def test_new_images_are_decided_by_means_of_those_that_did_not_learn_from_them():
    outputs = np.stack([np.full((2, 3, 3, 1), value) for value in (0.2, 0.4, 0.9)])
    unseen = Unseen(outputs, np.array([[True, True], [True, False], [False, False]]))
    held_out = unseen.for_new_rows()
    np.testing.assert_allclose(held_out.outputs[:, 0, 0, 0], [0.3, 0.2])
