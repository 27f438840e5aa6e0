import math
from dataclasses import replace

import numpy as np
import pytest

from stages.verdicts.comparison import by_dataset

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]


def test_the_row_values_of_a_seed_have_its_score_as_their_mean(make_comparison):
    for names, headline in ((["mse", "mae"], "mse"), (BINARY, "balanced_accuracy"), (["kl_divergence"], "f1_macro")):
        comparison = make_comparison(*names, headline=headline, center=5.0, spread=2.0, n_splits=3)
        for loss, scores in comparison.scores().items():
            values = comparison.values[loss]
            assert (np.isnan(values) == ~comparison.tested).all()
            np.testing.assert_allclose(np.nanmean(values, axis=1), scores, rtol=1e-5)


def test_a_seed_that_failed_has_no_score_even_where_its_outputs_are_finite(make_comparison):
    comparison = make_comparison("mse")
    comparison.runs[0].failed.append(1)
    assert np.isnan(comparison.values["mse"][1]).all()
    assert np.isnan(comparison.scores()["mse"]).tolist() == [False, True, False]
    assert comparison.summaries["mse"].n_failed == 1


@pytest.mark.parametrize(
    ("names", "off", "best"), [(["mse", "mae", "msle"], (2, 1, 3), "mae"), (["mae", "huber"], (1, 1), "mae")], ids=str
)
def test_the_loss_with_the_best_mean_is_recommended_of_equals_the_first(make_comparison, names, off, best):
    comparison = make_comparison(*names)
    for run, factor in zip(comparison.runs, off, strict=True):
        run.outputs[:] += factor
    assert comparison.advice.best == best


def test_of_equals_the_usual_loss_is_recommended_and_the_others_are_compared_with_it(make_comparison):
    comparison = replace(make_comparison("mae", "huber", "mse"), own_baseline=None)
    assert (comparison.advice.best, comparison.baseline) == ("mse", "mse")
    assert replace(comparison, own_baseline="huber").baseline == "huber"


def test_a_name_that_was_not_trained_stands_for_what_was(make_comparison):
    comparison = replace(make_comparison("kl_divergence"), other_names={"kl_divergence": ["categorical_crossentropy"]})
    assert comparison.names == ["kl_divergence", "categorical_crossentropy"]
    assert [comparison.trained_as(name) for name in (*comparison.names, "mse")] == ["kl_divergence"] * 2 + ["mse"]


def test_of_losses_that_do_alike_one_that_finished_is_recommended(make_comparison, make_run):
    comparison = make_comparison("mse", "mae")
    every_seed_failed = replace(comparison, runs=[make_run("mse", failed=(0, 1, 2)), comparison.runs[1]])
    assert every_seed_failed.advice.best == "mae"


def test_a_constant_prediction_is_that_of_each_seeds_train_rows_in_its_units(make_comparison):
    # the train rows' mean is 0 in scaled units, the test rows are -0.5, 0 and 0.5
    assert make_comparison("mse").constant == pytest.approx(0.5 / 3)
    assert make_comparison("mse", headline="rmse", spread=2.0).constant == pytest.approx(2 * math.sqrt(0.5 / 3))
    assert make_comparison("hinge").constant == 0.5
    assert make_comparison("hinge", headline="recall_1").constant is None


def test_the_margin_is_of_the_smaller_of_two_errors(make_comparison):
    comparison = make_comparison("mse", "mae")
    assert comparison.margin == pytest.approx(0.05 * 0.14 / 3, rel=1e-5)
    assert make_comparison("mse", failed=(0, 1, 2)).margin == pytest.approx(0.05 * 0.5 / 3)
    assert replace(comparison, own_margin=7).margin == 7


def test_what_a_loss_gains_over_a_constant_prediction_is_positive_where_it_is_better(make_comparison):
    assert make_comparison("mse").gain("mse").mean == pytest.approx((0.5 - 0.14) / 3, rel=1e-5)
    assert make_comparison("hinge").gain("hinge").mean == 0.5
    assert make_comparison("hinge", failed=(0, 1, 2)).gain("hinge") is None
    assert make_comparison("hinge", headline="recall_1").gain("hinge") is None


def test_accuracy_misleads_where_classes_are_unequal(make_comparison):
    comparison = make_comparison("hinge")
    assert not comparison.is_misleading
    unequal = replace(comparison, labels=np.array([0, 1, 0, 0, 0, 0, 0, 0, 0]))
    assert unequal.is_misleading
    assert not replace(unequal, score=make_comparison("hinge", headline="balanced_accuracy").score).is_misleading


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
    assert (comparison.task, comparison.headline, comparison.features is not None) == (task, headline, is_plane)
    assert comparison.summaries[loss].n == 3


@pytest.mark.parametrize(("losses", "perfect"), [(("mse", "mae"), 0), (("hinge", "squared_hinge"), 1)])
def test_what_a_loss_lacks_is_how_far_its_mean_is_from_a_perfect_score(make_comparison, losses, perfect):
    comparison = make_comparison(*losses)
    for loss in losses:
        assert comparison.lacking(loss) == pytest.approx(abs(comparison.summaries[loss].mean - perfect))


def test_a_loss_whose_every_seed_failed_has_no_bound_to_what_it_lacks(make_comparison):
    assert make_comparison("mse", "mae", failed=(0, 1, 2)).lacking("mse") == np.inf
