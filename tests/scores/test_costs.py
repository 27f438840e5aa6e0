"""Costs of decisions: how they are said, the score that comes of them, and decisions that cost about the least."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from stages.losses.catalogue import LOSSES
from stages.scores import calibration, costs, decisions
from stages.scores.row_values import constant_values, row_values

BCE = LOSSES["binary_crossentropy"]
OUTPUTS = {
    "right": (BCE, expit),
    "shifted": (BCE, lambda odds: expit(1.4 * odds + 2)),
    "linear": (replace(LOSSES["hinge"], activation="linear"), lambda odds: 0.3 * odds + 1),
}


def test_costs_of_two_kinds_of_error_are_of_what_is_missed_and_of_false_alarms():
    assert costs.of_classes({"missed": 100, "false_alarm": 2}, ["no", "yes"]) == ((0, 2), (100, 0))
    assert costs.of_classes({"missed": 100}, ["no", "yes"]) == ((0, 1), (100, 0))
    assert {type(entry) for line in costs.of_classes({"missed": 100}, ["no", "yes"]) for entry in line} == {float}


def test_costs_by_class_are_of_the_class_and_what_it_is_taken_for_and_1_where_nothing_is_said():
    made = costs.of_classes({"ill": {"well": 50}, "well": {"ill": 3, "well": 0.5}}, ["ill", "unsure", "well"])
    assert made == ((0, 1, 50), (1, 0, 1), (3, 1, 0.5))


def test_a_column_stands_for_what_each_row_holds_by_kind_of_error_by_class_or_for_every_error():
    columns = {"loss": np.array([5.0, 7.0]), "call": np.array([1.0, 2.0])}
    by_kind = costs.of_classes({"missed": "loss", "false_alarm": "call"}, ["no", "yes"])
    assert by_kind == ((0, "call"), ("loss", 0))
    assert costs.of_rows(by_kind, columns).tolist() == [[[0, 1], [5, 0]], [[0, 2], [7, 0]]]
    by_class = costs.of_classes({"ill": {"well": "loss", "unsure": 3}}, ["ill", "unsure", "well"])
    assert costs.of_rows(by_class, columns)[1].tolist() == [[0, 3, 7], [1, 0, 1], [1, 1, 0]]
    every = costs.of_classes("loss", ["a", "b", "c"])
    assert costs.of_rows(every, columns)[0].tolist() == [[0, 5, 5], [5, 0, 5], [5, 5, 0]]
    written = (
        {"missed": "loss", "false_alarm": "call"},
        {"ill": {"well": "loss", "unsure": 3}},
        "loss",
        {"missed": 3},
        None,
    )
    assert [costs.columns_of(each) for each in written] == [["loss", "call"], ["loss"], ["loss"], [], []]


def test_each_row_is_decided_by_its_own_cost_and_the_score_is_their_mean():
    of_two = costs.of_classes({"missed": "loss", "false_alarm": 2}, ["no", "yes"])
    loss = np.array([1.0, 9.0, 30.0, 3.0, 100.0])
    by_row = costs.of_rows(of_two, {"loss": loss})
    probability = np.array([0.6, 0.1, 0.1, 0.5, 0.01])
    # at p the other decision costs p times the loss, this one 1 - p times 2
    expected = (probability * loss > (1 - probability) * 2).astype(int)
    assert expected.tolist() == [0, 0, 1, 1, 0]
    assert costs.cheapest(np.stack([1 - probability, probability], axis=1), by_row).tolist() == expected.tolist()
    score, labels = costs.score(of_two, {"loss": loss}), np.array([1, 0, 0, 1, 1])
    tested = np.array([[True, True, True, True, False], [False, True, False, False, True]])
    outputs = np.broadcast_to(probability[:, None], (2, 5, 1))
    values = row_values(score, BCE, labels, outputs, tested, decided=np.array([expected, expected]))
    np.testing.assert_array_equal(values, [[1, 0, 2, 0, np.nan], [np.nan, 0, np.nan, np.nan, 100]])


def test_the_constant_that_costs_least_is_of_the_train_rows_own_costs():
    of_two = costs.of_classes({"missed": "loss", "false_alarm": 1}, ["no", "yes"])
    labels, loss = np.array([0, 0, 0, 1, 0, 1]), np.array([0.0, 0, 0, 2, 0, 50])
    score, tested = costs.score(of_two, {"loss": loss}), np.ones((1, 6), bool)
    few = np.array([[True, True, True, True, False, False]])  # of these, class 0 costs 2 and class 1 costs 3
    assert constant_values(score, "binary", labels, few, tested, n_classes=2).sum() == 52
    assert constant_values(score, "binary", labels, tested, tested, n_classes=2).sum() == 4
    twice = np.array([1.0, 1, 1, 2, 1, 1])
    counted = constant_values(score, "binary", labels, few, tested, n_classes=2, weights=twice)
    assert counted[0, 4] > 0  # the row of class 1 counts twice, so that class 1 is cheaper


def test_what_one_row_can_tell_at_most_is_the_dearest_of_its_class():
    of_two = costs.of_classes({"missed": "loss", "false_alarm": 1}, ["no", "yes"])
    score = costs.score(of_two, {"loss": np.array([3.0, 70.0])})
    assert score.reach(np.array([1, 1])).tolist() == [1, 70]


def test_the_score_is_the_mean_cost_of_a_row():
    score, labels = costs.score(((0, 2), (100, 0))), np.array([0, 0, 1, 1, 0])
    outputs, tested = np.array([[0.9, 0.1, 0.2, 0.8, 0.3]])[..., None], np.ones((1, 5), bool)
    assert row_values(score, BCE, labels, outputs, tested).tolist() == [[2, 0, 100, 0, 0]]
    decided = np.array([[1, 1, 1, 0, 0]])
    assert row_values(score, BCE, labels, outputs, tested, decided=decided).tolist() == [[2, 2, 0, 100, 0]]


@pytest.mark.parametrize(("missed", "cost"), [(10, 0.9), (2, 0.2)])
def test_a_constant_prediction_is_the_class_that_costs_least(missed, cost):
    labels, tested = np.array([0] * 9 + [1]), np.ones((1, 10), bool)
    score = costs.score(costs.of_classes({"missed": missed, "false_alarm": 1}, ["no", "yes"]))
    made = constant_values(score, "binary", labels, tested, tested, n_classes=2)
    assert made.mean() == pytest.approx(cost)


def drawn(n, seed, share=0.075):
    generator = np.random.default_rng(seed)
    labels = (generator.random(n) < share).astype(int)
    odds = 2 * (generator.normal(size=n) + 2 * labels) - 2 + logit(share)
    return labels, odds + 0.5 * generator.normal(size=n)


@pytest.mark.parametrize("outputs", OUTPUTS)
@pytest.mark.parametrize("missed", [3, 10, 100])
def test_decisions_cost_within_two_percent_of_the_best_threshold_on_100_000_fresh_rows(outputs, missed):
    (loss, made), of_two = OUTPUTS[outputs], costs.of_classes({"missed": missed, "false_alarm": 1}, ["no", "yes"])
    (fresh, theirs), over = drawn(100_000, 99), []
    descending = np.argsort(-theirs)
    missed_at = fresh.sum() - np.concatenate([[0], np.cumsum(fresh[descending])])
    alarms_at = np.concatenate([[0], np.cumsum(1 - fresh[descending])])
    best = (missed * missed_at + alarms_at).min()
    for seed in range(12):
        labels, odds = drawn(5000, seed)
        fitted = calibration.fit(decisions.strengths(loss, made(odds)[:, None]), labels, None)
        decided = costs.cheapest(
            fitted.probabilities(decisions.strengths(loss, made(theirs)[:, None])), costs.of_rows(of_two, {})
        )
        over.append(np.array(of_two)[fresh, decided].sum() / best - 1)
    assert np.mean(over) < 0.02


def test_of_several_classes_the_cheapest_is_not_always_the_most_probable():
    probabilities = np.array([[0.6, 0.3, 0.1], [0.9, 0.09, 0.01]])
    made = costs.of_classes({"ill": {"well": 20, "unsure": 5}}, ["well", "unsure", "ill"])
    # well costs 0.3 + 2, unsure 0.6 + 0.5, ill 0.6 + 0.3; then 0.09 + 0.2, 0.9 + 0.05, 0.9 + 0.09
    assert costs.cheapest(probabilities, costs.of_rows(made, {})).tolist() == [2, 0]
