from dataclasses import replace

import numpy as np
import pytest

from stages.scores import catalogue
from stages.verdicts.outcome import judge
from stages.verdicts.pairs import compare
from stages.verdicts.references import as_run
from tests.verdicts.beside import best_outputs, of_values, off_by, reference, with_references


@pytest.fixture
def comparison(make_comparison):
    return of_values(make_comparison)


def test_a_model_that_errs_less_is_better_and_one_that_errs_more_is_worse(comparison):
    found = with_references(comparison, linear=off_by(comparison, 1e-4), boosting=off_by(comparison, 9)).beside
    assert [each.reference.name for each in found] == ["linear", "boosting"]
    assert [each.pair.verdict for each in found] == ["better", "worse"]
    assert all(each.pair.against == comparison.outcome.advice.best for each in found)


def test_what_gives_the_same_as_the_networks_is_as_good(comparison):
    [found] = with_references(comparison, linear=best_outputs(comparison)).beside
    assert (found.pair.difference, found.pair.verdict) == (0, "equivalent")


def test_the_interval_is_that_of_verdicts_over_the_seeds_that_both_have(comparison):
    made = with_references(comparison, linear=off_by(comparison, 0.1, n_seeds=3))
    [found], best = made.beside, comparison.outcome.advice.best
    [run] = [run for run in comparison.runs if run.loss.name == best]
    values = {
        "linear": ((made.references[0].outputs - comparison.labels)[..., 0]) ** 2,
        best: ((run.outputs - comparison.labels)[..., 0]) ** 2,
    }
    tested = comparison.plan.tested
    values = {name: np.where(tested[: len(each)], each, np.nan).astype(float) for name, each in values.items()}
    settings = {"higher_is_better": False, "margin": 0.0, "same_objective": set(), "worst": 1.0}
    expected = compare(values, comparison.outcome.design, **settings)["linear", best]
    assert found.pair.n_seeds == 3
    assert (found.pair.low, found.pair.high) == pytest.approx((expected.low, expected.high), rel=1e-4)


def test_a_model_that_could_not_be_fitted_and_a_constant_are_not_compared(comparison):
    made = with_references(comparison, constant=off_by(comparison, 5), linear=off_by(comparison, 1))
    broken = replace(made.references[1], problem="it gives numbers that are not finite")
    assert replace(made, references=[made.references[0], broken]).beside == []


def test_where_losses_decide_at_thresholds_of_their_own_so_do_models(make_shifted):
    shifted = make_shifted()
    best = shifted.outcome.advice.best
    [run] = [run for run in shifted.runs if run.loss.name == best]
    [other] = [run for run in shifted.runs if run.loss.name != best]
    model = reference(shifted, "linear", other.outputs)
    [found] = replace(shifted, references=[model]).beside
    assert shifted.outcome.thresholds
    assert found.summary.mean == pytest.approx(shifted.outcome.summaries[other.loss.name].mean, abs=1e-9)
    assert abs(found.pair.difference) < 0.05
    assert as_run(model, run).loss.name not in shifted.losses


def test_thresholds_that_are_known_are_those_that_would_be_chosen_again(make_shifted):
    shifted = make_shifted()
    rows = (shifted.score, shifted.plan, shifted.description, shifted.labels)
    known = {loss: thresholds + 100 for loss, thresholds in shifted.outcome.thresholds.items()}
    again = judge(shifted.runs, *rows, thresholds=shifted.outcome.thresholds)
    for loss, scores in shifted.outcome.scores.items():
        np.testing.assert_array_equal(again.scores[loss], scores)
        np.testing.assert_array_equal(again.thresholds[loss], shifted.outcome.thresholds[loss])
    assert judge(shifted.runs, *rows, thresholds=known).scores[loss].max() < scores.min()  # and they are what is taken


def test_by_another_score_a_comparison_is_judged_once(comparison):
    score = catalogue.find("mae", "regression")
    judged = comparison.by(score)
    assert comparison.by(score) is judged
    rows = (comparison.plan, comparison.description, comparison.labels)
    fresh = judge(comparison.runs, score, *rows, weights=comparison.weights)
    assert {loss: each.mean for loss, each in judged.summaries.items()} == {
        loss: each.mean for loss, each in fresh.summaries.items()
    }
