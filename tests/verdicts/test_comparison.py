import math
from dataclasses import replace

import numpy as np
import pytest

from stages.records.plans import Part
from stages.verdicts import outcome
from stages.verdicts.comparison import by_dataset, is_misleading, names, trained_as


def values_of(comparison, loss):
    [run] = [run for run in comparison.runs if run.loss.name == loss]
    return outcome.values_of(run, comparison.score, comparison.plan, comparison.labels, comparison.weights)


BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]


def test_the_row_values_of_a_seed_have_its_score_as_their_mean(make_comparison):
    for losses, headline in ((["mse", "mae"], "mse"), (BINARY, "balanced_accuracy"), (["kl_divergence"], "f1_macro")):
        comparison = make_comparison(*losses, headline=headline, center=5.0, spread=2.0, n_splits=3)
        for loss, scores in comparison.outcome.scores.items():
            values = values_of(comparison, loss)
            assert (np.isnan(values) == ~comparison.plan.tested).all()
            np.testing.assert_allclose(np.nanmean(values, axis=1), scores, rtol=1e-5)


def test_a_seed_that_failed_has_no_score_even_where_its_outputs_are_finite(make_comparison):
    comparison = make_comparison("mse")
    comparison.runs[0].failed.append(1)
    assert np.isnan(values_of(comparison, "mse")[1]).all()
    assert np.isnan(comparison.outcome.scores["mse"]).tolist() == [False, True, False]
    assert comparison.outcome.summaries["mse"].n_failed == 1


@pytest.mark.parametrize(
    ("names", "off", "best"), [(["mse", "mae", "msle"], (2, 1, 3), "mae"), (["mae", "huber"], (1, 1), "mae")], ids=str
)
def test_the_loss_with_the_best_mean_is_recommended_of_equals_the_first(make_comparison, names, off, best):
    comparison = make_comparison(*names)
    for run, factor in zip(comparison.runs, off, strict=True):
        run.outputs[:] += factor
    assert comparison.outcome.advice.best == best


def test_of_equals_the_usual_loss_is_recommended_and_the_others_are_compared_with_it(make_comparison):
    comparison = replace(make_comparison("mae", "huber", "mse"), own_baseline=None)
    assert (comparison.outcome.advice.best, comparison.outcome.baseline) == ("mse", "mse")
    assert replace(comparison, own_baseline="huber").outcome.baseline == "huber"


def test_a_name_that_was_not_trained_stands_for_what_was(make_comparison):
    comparison = replace(make_comparison("kl_divergence"), other_names={"kl_divergence": ["categorical_crossentropy"]})
    assert names(comparison) == ["kl_divergence", "categorical_crossentropy"]
    assert [trained_as(comparison, name) for name in (*names(comparison), "mse")] == ["kl_divergence"] * 2 + ["mse"]


def test_of_losses_that_do_alike_one_that_finished_is_recommended(make_comparison, make_run):
    comparison = make_comparison("mse", "mae")
    every_seed_failed = replace(comparison, runs=[make_run("mse", failed=(0, 1, 2)), comparison.runs[1]])
    assert every_seed_failed.outcome.advice.best == "mae"


def test_a_constant_prediction_is_that_of_each_seeds_train_rows_in_its_units(make_comparison):
    # the train rows' mean is 0 in scaled units, the test rows are -0.5, 0 and 0.5
    assert make_comparison("mse").outcome.constant == pytest.approx(0.5 / 3)
    assert make_comparison("mse", headline="rmse", spread=2.0).outcome.constant == pytest.approx(2 * math.sqrt(0.5 / 3))
    assert make_comparison("hinge").outcome.constant == 0.5
    assert make_comparison("hinge", headline="recall_1").outcome.constant is None


def test_the_margin_is_of_the_smaller_of_two_errors(make_comparison):
    comparison = make_comparison("mse", "mae")
    assert comparison.outcome.margin == pytest.approx(0.05 * 0.14 / 3, rel=1e-5)
    assert make_comparison("mse", failed=(0, 1, 2)).outcome.margin == pytest.approx(0.05 * 0.5 / 3)
    assert replace(comparison, own_margin=7).outcome.margin == 7


def test_what_a_loss_gains_over_a_constant_prediction_is_positive_where_it_is_better(make_comparison):
    assert make_comparison("mse").outcome.gains["mse"].mean == pytest.approx((0.5 - 0.14) / 3, rel=1e-5)
    assert make_comparison("hinge").outcome.gains["hinge"].mean == 0.5
    assert make_comparison("hinge", failed=(0, 1, 2)).outcome.gains["hinge"] is None
    assert make_comparison("hinge", headline="recall_1").outcome.gains["hinge"] is None


def test_accuracy_misleads_where_classes_are_unequal(make_comparison):
    comparison = make_comparison("hinge")
    assert not is_misleading(comparison)
    unequal = replace(comparison, labels=np.array([0, 1, 0, 0, 0, 0, 0, 0, 0]))
    assert is_misleading(unequal)
    assert not is_misleading(replace(unequal, score=make_comparison("hinge", headline="balanced_accuracy").score))


def test_comparisons_on_one_dataset_stand_together(make_comparison):
    names = ["regression", "circles", "fair"]
    made = [make_comparison("mse"), make_comparison("hinge"), make_comparison("mse", comparison="fair")]
    assert [each.name for each in made] == names
    assert [each.name for each in by_dataset(made)] == ["regression", "fair", "circles"]


@pytest.mark.parametrize(
    ("loss", "task", "headline", "is_plane"),
    [
        ("mae", "regression", "mse", False),
        ("hinge", "binary", "accuracy", True),
        ("kl_divergence", "multiclass", "accuracy", True),
    ],
)
def test_a_comparison_knows_its_kind_of_problem(make_comparison, loss, task, headline, is_plane):
    comparison = make_comparison(loss)
    assert (comparison.task, comparison.score.name, comparison.features is not None) == (task, headline, is_plane)
    assert comparison.outcome.summaries[loss].n == 3


LOOKS = {"n_seeds": 20, "looks": (10, 20)}


def test_a_loss_that_was_settled_sooner_is_compared_by_the_seeds_that_both_have(make_comparison):
    whole = make_comparison("mse", "mae", "huber", **LOOKS)
    whole.runs[2].outputs[:] += 5
    fewer = replace(whole.runs[2], **first(whole.runs[2], 10))
    sooner = replace(whole, runs=[*whole.runs[:2], fewer])
    outcome = sooner.outcome
    assert sooner.seeds == list(range(20))
    assert [outcome.pairs[pair].n_seeds for pair in (("mse", "mae"), ("mse", "huber"))] == [20, 10]
    alone = replace(whole, runs=[replace(run, **first(run, 10)) for run in whole.runs]).outcome
    for name in ("difference", "low", "high", "p", "verdict", "n_failed"):
        ours, theirs = (getattr(each.pairs["mse", "huber"], name) for each in (outcome, alone))
        assert ours == theirs if name == "verdict" else ours == pytest.approx(theirs, rel=1e-12)
    assert (outcome.summaries["huber"].n, outcome.gains["huber"].n_seeds) == (10, 10)


def first(run, n_seeds):
    """What the run of the first seeds alone has."""
    scores, history = (table[table["seed"] < n_seeds].reset_index(drop=True) for table in (run.scores, run.history))
    settings = run.settings.model_copy(update={"seeds": tuple(range(n_seeds))})
    return {"settings": settings, "outputs": run.outputs[:n_seeds], "scores": scores, "history": history}


def test_where_seeds_come_in_looks_intervals_are_wider_and_p_is_adjusted_for_every_look(make_comparison):
    once, looks = (make_comparison("mse", "mae", **{**LOOKS, "looks": each}) for each in ((), (10, 20)))
    for comparison in (once, looks):
        for seed in range(20):
            comparison.runs[1].outputs[seed] += 0.05 * (seed - 4)
    plain, wider = (comparison.outcome.pairs["mse", "mae"] for comparison in (once, looks))
    assert (plain.n_looks, wider.n_looks) == (1, 2)
    assert wider.low < plain.low < wider.difference < plain.high < wider.high
    assert plain.p < wider.p < 2 * plain.p
    assert once.outcome.look is None


def test_whether_more_seeds_are_needed_does_not_depend_on_the_users_margin(make_comparison):
    comparison = make_comparison("mse", "mae", **LOOKS)
    for seed in range(20):
        comparison.runs[1].outputs[seed] += 0.3 * (-1) ** seed
    looks = [replace(comparison, own_margin=margin).outcome.look for margin in (None, 1e-9, 1e9)]
    assert looks[0] == looks[1] == looks[2]
    assert looks[0].at_most == 20
    assert replace(comparison, own_margin=1e9).outcome.pairs["mse", "mae"].verdict == "equivalent"


def test_one_loss_alone_is_not_looked_at(make_comparison):
    assert make_comparison("mse", **LOOKS).outcome.look is None


def among_others(comparison, n_others=50):
    """The comparison among rows that no seed uses, of which nothing is known."""
    n_rows = len(comparison.labels)
    where = np.sort(np.random.default_rng(0).choice(n_rows + n_others, n_rows, replace=False))

    def spread(values, axis, other):
        shape = [*values.shape]
        shape[axis] += n_others
        wider = np.full(shape, other, values.dtype)
        wider[(slice(None),) * axis + (where,)] = values
        return wider

    runs = [replace(run, outputs=spread(run.outputs, 1, np.nan)) for run in comparison.runs]
    plan = replace(comparison.plan, parts=spread(comparison.plan.parts, 1, Part.UNUSED))
    return replace(comparison, runs=runs, labels=spread(comparison.labels, 0, 0), plan=plan)


def test_rows_that_no_seed_uses_change_no_verdict(make_comparison, make_shifted):
    for comparison in (make_comparison("mse", "mae", "msle"), make_shifted()):
        wider = among_others(comparison)
        assert wider.outcome.pairs == comparison.outcome.pairs
        assert wider.outcome.summaries == comparison.outcome.summaries
        assert wider.outcome.train == comparison.outcome.train
        assert wider.outcome.constant == comparison.outcome.constant
        for loss, thresholds in comparison.outcome.thresholds.items():
            np.testing.assert_array_equal(wider.outcome.thresholds[loss], thresholds)
        assert comparison.outcome.thresholds or comparison.task == "regression"
        assert {name: each and each.score for name, each in wider.averages.items()} == {
            name: each and each.score for name, each in comparison.averages.items()
        }
