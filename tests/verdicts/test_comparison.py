import math
from dataclasses import replace

import pytest

from stages.reporting.verdict_text import verdict_of

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]


@pytest.mark.parametrize(
    ("names", "factors", "best"),
    [(["mse", "mae", "msle"], (2, 1, 3), "mae"), (BINARY, (0.5, 0.25, 1), "squared_hinge")],
    ids=["mse", "accuracy"],
)
def test_the_loss_with_the_best_mean_leads(make_comparison, names, factors, best):
    comparison = make_comparison(*names)
    for run, factor in zip(comparison.runs, factors, strict=True):
        run.scores["value"] *= factor
    assert verdict_of(comparison).startswith(f"**Not settled: `{best}` has the best mean test {comparison.headline}")


def test_a_loss_whose_seeds_all_failed_is_not_the_best(make_comparison, make_run):
    comparison = make_comparison("mse")
    comparison.runs.insert(0, make_run("mae", failed=(0, 1, 2)))
    told = verdict_of(comparison)
    assert "`mse` has the best mean test mse" in told
    assert "3 of 3 seeds of `mae` failed and count as worse than any other." in told


def test_no_loss_is_recommended_where_none_beats_a_constant_prediction(make_comparison):
    comparison = make_comparison("mse", "mae")
    for run in comparison.runs:
        run.scores["value"] += 1
    assert verdict_of(comparison).startswith("**Train with none of these: no loss surely beats a constant")


def test_folds_count_for_a_constant_prediction_as_their_seeds_do_each_in_its_units(make_comparison):
    comparison, [fold] = (made := make_comparison("mse", headline="rmse")), made.scaled.folds
    folds = [fold, replace(fold, spread=[10.0]), replace(fold, spread=[1000.0])]
    in_folds = [
        replace(comparison, folds=[comparison.folds[0]] * n, scaled=replace(comparison.scaled, folds=folds[:n]))
        for n in (2, 3)
    ]
    one = math.sqrt(0.5 / 3)
    assert in_folds[0].constant == pytest.approx((one + 10 * one + one) / 3)  # seeds 0, 1 and 2
    two_seeds = comparison.runs[0].settings.model_copy(update={"seeds": (0, 1)})
    few = replace(in_folds[1], runs=[replace(comparison.runs[0], settings=two_seeds)])
    assert few.constant == pytest.approx((one + 10 * one) / 2)  # the third fold is not used


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
    assert (comparison.task, comparison.headline, comparison.is_plane) == (task, headline, is_plane)
    assert comparison.summaries("test")[loss].n == 3
