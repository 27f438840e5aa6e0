"""What probabilities are worth after calibration, which knows nothing of the rows that a seed is scored on."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from stages.reporting import data_files
from stages.reporting.sections import calibration as section
from stages.reporting.sections import thresholds
from stages.reporting.texts.verdict_text import verdict
from stages.scores import costs
from stages.verdicts.held_out.calibrated import calibrate

FOCAL = "binary_focal_crossentropy"


def test_probabilities_that_are_shifted_are_right_after_calibration_and_right_ones_stay(make_shifted):
    comparison = make_shifted(n_rows=2000)
    plain, focal = (comparison.calibrated[loss].scores["log_loss"].mean(axis=1) for loss in comparison.losses)
    assert focal[0] > 1.5 * plain[0]
    assert focal[1] == pytest.approx(plain[1], rel=0.02)
    assert plain[1] == pytest.approx(plain[0], rel=0.02)


def test_scores_are_those_of_scikit_learn_on_the_rows_that_a_seed_tests(make_shifted):
    comparison = make_shifted()
    own, [_, run] = comparison.calibrated[FOCAL], comparison.runs
    for seed, tested in enumerate(comparison.plan.tested):
        labels = comparison.labels[tested]
        for row, given in enumerate((run.outputs[seed, tested, 0].astype(float), own.probabilities[seed, tested, 1])):
            assert own.scores["log_loss"][row, seed] == pytest.approx(log_loss(labels, given), rel=1e-5)
            assert own.scores["brier"][row, seed] == pytest.approx(brier_score_loss(labels, given), rel=1e-5)


def test_a_calibration_knows_nothing_of_the_rows_that_its_seed_is_scored_on(make_shifted):
    comparison = make_shifted()
    [_, run], tested = comparison.runs, comparison.plan.tested[3]
    turned = np.where(tested, 1 - comparison.labels, comparison.labels)
    before, after = (calibrate(run, comparison.plan, each, None) for each in (comparison.labels, turned))
    assert (before.probabilities[3] == after.probabilities[3]).all()
    assert (before.probabilities[4] != after.probabilities[4]).any()


def test_the_winner_is_given_a_calibration_where_it_is_better_on_held_out_rows(make_shifted):
    comparison = replace(make_shifted(), own_baseline=None)
    comparison = replace(comparison, runs=comparison.runs[1:])
    told = data_files.recommended(comparison).calibration
    assert told.offsets[1] == pytest.approx(-2.2 * told.slope, abs=0.5)
    assert told.log_loss[1] < 0.7 * told.log_loss[0]


def test_a_seed_that_failed_has_no_probabilities(make_shifted):
    comparison = make_shifted()
    run = replace(comparison.runs[1], failed=[2])
    own = calibrate(run, comparison.plan, comparison.labels, None)
    assert np.isnan(own.probabilities[2]).all()
    assert np.isnan(own.scores["log_loss"]).tolist() == [[seed == 2 for seed in range(10)]] * 2


def test_the_report_shows_both_scores_before_and_after(make_shifted):
    table = section.SECTION.content([make_shifted()], None)["table"]
    assert table.head == ("loss", "log_loss", "calibrated", "brier", "calibrated")
    assert float(table.rows[1][2]) < 0.7 * float(table.rows[1][1])


COSTS = costs.score(((0.0, 1.0), (20.0, 0.0)))


def test_where_decisions_cost_the_verdict_is_in_the_cost_of_those_that_are_expected_to_cost_least(make_shifted):
    comparison = replace(make_shifted(), score=COSTS)
    outcome, [plain, _] = comparison.outcome, comparison.runs
    for seed, score in enumerate(outcome.scores[plain.loss.name]):
        tested = comparison.plan.tested[seed]
        decided = comparison.calibrated[plain.loss.name].probabilities[seed, tested, 1] > 1 / 21
        labels = comparison.labels[tested]
        assert score == pytest.approx((20 * (labels & ~decided) + (1 - labels) * decided).mean())
    assert outcome.by_rule.pairs[FOCAL, plain.loss.name].verdict == "better"
    assert outcome.pairs[FOCAL, plain.loss.name].verdict != "better"
    assert "ahead at 0.5 only; its outputs are shifted" in str(verdict(comparison))


def test_the_winner_decides_by_costs_and_the_report_says_what_they_are(make_shifted):
    comparison = replace(make_shifted(), score=COSTS, own_baseline=None)
    told = data_files.recommended(comparison)
    assert told.costs == [[0, 1], [20, 0]]
    assert told.calibration is not None
    assert told.threshold is None
    shown = thresholds.SECTION.content([comparison], None)
    assert shown["costs"] == "`0` taken for `1` 1; `1` taken for `0` 20"
    assert shown["table"].head == ("loss", "cost", "cost at 0.5", "verdict at 0.5")
