"""A loss that gives one value has the spread of what it misses by on rows that its networks did not learn from."""

from dataclasses import replace

import numpy as np
import pytest

from stages.losses.outputs import LEVELS
from stages.records.plans import Part
from stages.scores import catalogue
from stages.verdicts.held_out import coverage, residuals

N_ROWS = 400


@pytest.fixture
def folds(make_comparison):
    """A comparison by intervals in four folds, of networks that miss by noise of a spread of 2 in target units."""
    made = make_comparison("mse", n_seeds=4, headline="interval_score_80", center=50.0, spread=4.0, n_splits=4)
    generator = np.random.default_rng(0)
    labels = generator.normal(50, 10, (N_ROWS, 1))
    parts = np.where(np.arange(4)[:, None] == np.arange(N_ROWS) % 4, Part.TEST, Part.TRAIN).astype(np.uint8)
    plan = replace(made.plan, method="kfold", fixed=False, parts=parts, split_of=np.arange(4), clusters=None)
    scaling = plan.target_scaling
    predicted = labels - generator.normal(0, 2, (4, N_ROWS, 1))
    outputs = (predicted - scaling["center"][:, None]) / scaling["spread"][:, None]
    runs = [replace(run, outputs=outputs.astype(np.float32)) for run in made.runs]
    return replace(made, labels=labels, plan=plan, runs=runs)


def test_what_is_missed_by_is_of_rows_that_the_seed_is_not_scored_on(folds):
    [run], plan, labels = folds.runs, folds.plan, folds.labels
    found = residuals.of_seeds(run, plan, labels, None)
    assert found.shape == (4, len(LEVELS))
    np.testing.assert_allclose(found[:, [20, 100, 180]], [[-2.53, 0.01, 2.57]] * 4, atol=0.5)
    # what a seed's own test rows are changes nothing of its own, and something of the others
    changed = labels + 1000.0 * (plan.parts[0] == Part.TEST)[:, None]
    again = residuals.of_seeds(run, plan, changed, None)
    np.testing.assert_array_equal(again[0], found[0])
    assert (again[1:, -1] > found[1:, -1] + 900).all()


def test_intervals_of_what_is_missed_by_hold_the_share_that_is_asked_for(folds):
    [run] = folds.runs
    found = coverage.of_loss(folds, run)
    assert found.asked == pytest.approx(0.8)
    assert found.held == pytest.approx(0.8, abs=0.04)
    assert found.width == pytest.approx(2 * 1.2816 * 2, rel=0.1)


def test_by_a_score_of_one_value_nothing_is_missed_by(folds):
    [run], plain = folds.runs, catalogue.find("rmse", "regression")
    assert residuals.of_runs([run], plain, folds.plan, folds.labels, None) == {}
    assert coverage.of_loss(replace(folds, score=plain), run) is None
