"""Averages are worked by hand on a few rows."""

from dataclasses import replace

import numpy as np
import pytest

from stages.records.plans import Part
from stages.scores import catalogue
from stages.verdicts.averaged import averaged


def of(comparison, outputs, tested, labels, *, score=None, failed=(), **settings):
    """The score of averages of networks that give these outputs (n_seeds, n_rows, n_outputs) for rows with labels."""
    [run], tested = comparison.runs, np.array(tested, bool)
    outputs, seeds = np.array(outputs, np.float32), tuple(range(len(tested)))
    run = replace(run, settings=run.settings.model_copy(update={"seeds": seeds}), outputs=outputs, failed=list(failed))
    scaling = comparison.plan.to_train.of_splits(np.zeros(len(seeds), int))
    plan = replace(
        comparison.plan,
        parts=np.where(tested, Part.TEST, Part.TRAIN).astype(np.uint8),
        split_of=np.arange(len(seeds)),
        to_train=scaling,
    )
    found = catalogue.find(score, run.loss.task) if score else comparison.score
    return averaged(run, found, plan, np.array(labels), **settings)


def test_values_are_averaged_in_target_units_over_the_seeds_that_tested_a_row(make_comparison):
    comparison = make_comparison("mse", headline="mae", center=5.0, spread=2.0)
    # in target units: the first row 7 and 11, the second 9 and 5, the third 6 alone
    outputs = [[[1], [2], [9]], [[3], [9], [0.5]], [[9], [0], [9]]]
    found = of(comparison, outputs, [[1, 1, 0], [1, 0, 1], [0, 1, 0]], [[8.0], [8], [8]])
    assert (found.fewest, found.most) == (1, 2)
    assert found.score == pytest.approx((1 + 1 + 2) / 3)
    weighed = of(
        comparison, outputs, [[1, 1, 0], [1, 0, 1], [0, 1, 0]], [[8.0], [8], [8]], weights=np.array([1.0, 1, 2])
    )
    assert weighed.score == pytest.approx((1 + 1 + 2 * 2) / 4)


def test_a_seed_that_failed_is_not_averaged_nor_a_row_that_none_tests(make_comparison):
    comparison, labels = make_comparison("mse", headline="mae"), [[0.0], [0], [0]]
    tested = [[1, 1, 0]] * 3
    found = of(comparison, [[[1], [1], [9]], [[3], [3], [9]], [[99], [99], [9]]], tested, labels, failed=[2])
    assert (found.score, found.fewest, found.most) == (2, 2, 2)
    infinite = of(comparison, [[[1], [1], [9]], [[3], [3], [9]], [[np.inf], [99], [9]]], tested, labels)
    assert infinite == found
    assert of(comparison, [[[1], [1], [9]], [[3], [3], [9]]], [[1, 0, 0], [0, 1, 0]], labels) is None
    assert of(comparison, [[[1], [1], [9]], [[3], [3], [9]]], tested[:2], labels, failed=[0, 1]) is None


def test_no_more_are_averaged_than_predict_new_rows(make_comparison):
    outputs = [[[float(seed)]] for seed in range(12)]
    found = of(make_comparison("mse", headline="mae"), outputs, [[1]] * 12, [[0.0]])
    assert (found.score, found.fewest, found.most) == (4.5, 10, 10)


def test_probabilities_are_averaged_and_where_there_are_none_votes_decide(make_comparison):
    # 0.9, 0.4 and 0.4: the mean says yes, as one network says it surely
    surely = [[[0.9]], [[0.4]], [[0.4]]]
    tested, labels = [[1]] * 3, [1]
    assert of(make_comparison("binary_crossentropy"), surely, tested, labels, score="accuracy").score == 1
    votes = [[[0.9]], [[-0.2]], [[-0.2]]]
    assert of(make_comparison("hinge"), votes, tested, labels, score="accuracy").score == 0
    several = [[[8.0, 1, 1]], [[0.1, 0.3, 0.6]], [[0.1, 0.3, 0.6]]]  # probabilities once they add up to 1
    made = of(make_comparison("categorical_crossentropy"), several, tested, [2], score="accuracy")
    assert made.score == 1


def test_an_average_decides_at_the_mean_of_its_networks_thresholds_and_a_vote_at_its_own(make_comparison):
    outputs, tested = [[[0.3], [0.3]], [[0.3], [0.6]]], [[1, 1], [1, 1]]
    comparison, known = make_comparison("binary_crossentropy"), {"labels": [1, 0], "score": "accuracy"}
    # means of 0.3 and 0.45 at a threshold of 0.2 are class 1, at 0.4 the first is class 0
    low, high = (np.array([[each - 0.1], [each + 0.1]]) for each in (0.2, 0.4))
    assert of(comparison, outputs, tested, **known, thresholds=low).score == 0.5
    assert of(comparison, outputs, tested, **known, thresholds=high).score == 0
    votes, known = make_comparison("hinge"), {"labels": [1, 0], "score": "accuracy"}
    assert (
        of(votes, outputs, tested, **known, thresholds=np.array([[0.5], [0.5]])).score == 0
    )  # an even vote is class 1
    assert of(votes, outputs, tested, **known, thresholds=np.array([[0.2], [0.9]])).score == 0.5
    several = make_comparison("categorical_crossentropy")
    of_three = [[[0.5, 0.3, 0.2]], [[0.5, 0.3, 0.2]]]
    offsets = np.array([[0.0, 1.1, 0], [0, 0, 0]])
    known = {"labels": [1], "score": "accuracy"}
    assert of(several, of_three, [[1], [1]], **known, thresholds=offsets).score == 1  # 0.55 is over log(0.5 / 0.3)
    assert of(several, of_three, [[1], [1]], **known).score == 0
