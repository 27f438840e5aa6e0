"""After how many epochs each loss is as good as the recommended one is at its end."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.reporting import page
from stages.reporting.registry import Report
from stages.reporting.sections import epochs
from stages.reporting.texts.published import Reference

NOTHING = Reference("", {}, {}, {})  # was published


def with_curves(comparison, curves, failed=()):
    """The comparison with these test scores by epoch: by loss, (n_seeds, n_epochs)."""
    metric, runs = comparison.epoch_metric, []
    for run in comparison.runs:
        values = np.array(curves[run.loss.name], float)
        n_seeds, n_epochs = values.shape
        columns = {"seed": np.repeat(run.seeds, n_epochs), "epoch": np.tile(np.arange(1, n_epochs + 1), n_seeds)}
        scored = dict.fromkeys(("loss", "val_loss", metric, f"val_{metric}"), values.ravel())
        failures = [run.seeds[place] for place in failed] if run.loss.name == "mae" else run.failed
        runs.append(replace(run, history=pd.DataFrame({**columns, **scored}), failed=failures))
    return replace(comparison, runs=runs)


def reached(comparison):
    """The sentence, without its beginning."""
    said = epochs.SECTION.content([comparison], Report([comparison], NOTHING))["reached"]
    return said.partition("): ")[2], said


def test_it_is_the_first_epoch_whose_median_over_seeds_is_no_worse_than_the_recommended_loss_ends_with(
    make_comparison,
):
    # of mse, which all do alike and is therefore recommended, the medians are 8, 4, 2
    curves = {
        "mse": [[9, 5, 3], [8, 4, 2], [7, 3, 1]],
        "mae": [[2, 9, 9], [3, 2, 9], [9, 1, 9]],  # medians 3, 2, 9: better again does not count
        "huber": [[9, 9, 2.1], [9, 9, 2.1], [0, 0, 0]],  # medians 9, 9, 2.1
    }
    comparison = with_curves(make_comparison("mse", "mae", "huber"), curves)
    assert comparison.outcome.advice.best == "mse"
    assert reached(comparison) == (
        "`mse` 3, `mae` 2, `huber` never.",
        "Epochs until the median test mse is as good as that of `mse` at its end (2): `mse` 3, `mae` 2, `huber` never.",
    )


def test_of_a_score_where_more_is_better_it_is_the_first_that_is_no_lower(make_comparison):
    curves = {"binary_crossentropy": [[0.5, 0.75, 0.75]] * 3, "hinge": [[0.7, 0.74, 0.9]] * 3}
    comparison = with_curves(make_comparison("binary_crossentropy", "hinge"), curves)
    best = comparison.outcome.advice.best
    assert best == "binary_crossentropy"
    assert reached(comparison)[0] == "`binary_crossentropy` 2, `hinge` 3."


def test_losses_may_have_trained_for_different_numbers_of_epochs(make_comparison):
    curves = {"mse": [[4, 2]] * 3, "mae": [[5, 4, 3, 2, 1]] * 3}
    assert reached(with_curves(make_comparison("mse", "mae"), curves))[0] == "`mse` 2, `mae` 4."


def test_seeds_that_failed_have_no_part_in_it_and_a_loss_of_which_all_did_is_not_named(make_comparison):
    curves = {"mse": [[4, 2]] * 3, "mae": [[1, 1], [9, 2], [9, 2]]}
    made = make_comparison("mse", "mae")
    assert reached(with_curves(made, curves, failed=[0]))[0] == "`mse` 2, `mae` 2."
    assert reached(with_curves(made, curves, failed=[0, 1, 2]))[1] == ""


@pytest.mark.parametrize("names", [("mse",), ("mse", "mae")])
def test_it_stands_in_the_report_where_there_is_another_loss(make_comparison, names):
    text = page.markdown(Report([make_comparison(*names)], NOTHING))
    assert ("Epochs until the median test mse" in text) == (len(names) > 1)
