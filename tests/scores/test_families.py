import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from stages.losses.catalogue import LOSSES
from stages.losses.outputs import LEVELS
from stages.params import loss_entry
from stages.scores import catalogue, choosing, constants
from stages.scores.measure import score
from stages.scores.row_values import constant_values, row_values
from stages.scores.score import Score

MSE, GAUSSIAN, QUANTILES = LOSSES["mse"], LOSSES["gaussian"], LOSSES["quantiles"]


def scored(name, loss, labels, numbers, **settings):
    """One score of one network that gives these numbers."""
    return score(loss, np.asarray(labels, float), np.asarray(numbers, float)[None], also=[name], **settings)[name][0]


def test_the_ranked_probability_score_of_a_normal_is_that_of_its_formula():
    generator = np.random.default_rng(0)
    mean, spread = generator.normal(size=(50, 1)), generator.uniform(0.5, 2, (50, 1))
    labels = generator.normal(0, 2, (50, 1))
    z = (labels - mean) / spread
    exact = spread * (z * (2 * stats.norm.cdf(z) - 1) + 2 * stats.norm.pdf(z) - 1 / math.sqrt(math.pi))
    found = scored("crps", GAUSSIAN, labels, np.hstack([mean, spread]))
    assert found == pytest.approx(exact.mean(), rel=1e-3)
    # in another unit it is as much larger
    settings = {"center": 100.0, "spread": 7.0}
    in_unit = scored("crps", GAUSSIAN, 100 + 7 * labels, np.hstack([mean, spread]), **settings)
    assert in_unit == pytest.approx(7 * found)


def test_of_one_value_the_distribution_is_what_it_misses_by_on_other_rows():
    misses = np.random.default_rng(0).gamma(2, size=2000) - 2
    levels, labels, predicted = np.quantile(misses, LEVELS), np.array([[1.0], [5.0]]), np.array([[2.0], [3.0]])
    every = predicted + misses  # CRPS of a sample: mean |x - y| less half the mean distance of two
    exact = np.abs(every - labels).mean(axis=1) - np.abs(misses[:, None] - misses).mean() / 2
    assert scored("crps", MSE, labels, predicted, residuals=levels) == pytest.approx(exact.mean(), rel=5e-3)
    assert "crps" not in score(MSE, labels, predicted[None], also=["crps"])


def test_an_interval_costs_its_width_and_beyond_it_ten_times_how_far():
    # of 80 %: 0 to 4, a target within, one below by 1, one above by 0.5
    numbers, labels = [[0.0, 1, 4]] * 3, [[2.0], [-1], [4.5]]
    assert scored("interval_score_80", QUANTILES, labels, numbers) == pytest.approx(4 + (10 * 1 + 10 * 0.5) / 3)
    assert scored("coverage_80", QUANTILES, labels, numbers) == pytest.approx(1 / 3)
    assert scored("width_80", QUANTILES, labels, numbers) == pytest.approx(4)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("poisson_deviance", metrics.mean_poisson_deviance),
        ("gamma_deviance", metrics.mean_gamma_deviance),
        ("tweedie_deviance_1.5", lambda *rows: metrics.mean_tweedie_deviance(*rows, power=1.5)),
        ("tweedie_deviance_1.9", lambda *rows: metrics.mean_tweedie_deviance(*rows, power=1.9)),
        ("pinball_0.9", lambda *rows: metrics.mean_pinball_loss(*rows, alpha=0.9)),
    ],
)
def test_deviances_are_those_of_scikit_learn(name, expected):
    generator = np.random.default_rng(0)
    labels, predicted = generator.gamma(2, 3, (40, 1)), generator.gamma(2, 3, (40, 1))
    if name != "gamma_deviance":
        labels[:9] = 0
    assert scored(name, MSE, labels, predicted) == pytest.approx(expected(labels, predicted))


def test_a_prediction_below_0_counts_as_a_thousandth_of_the_scale():
    expected = metrics.mean_poisson_deviance([2.0], [0.005])
    assert scored("poisson_deviance", MSE, [[2.0]], [[-4.0]], spread=5.0) == pytest.approx(expected)


def test_a_gamma_deviance_is_not_defined_where_a_target_is_0():
    assert math.isnan(scored("gamma_deviance", MSE, [[0.0], [1.0]], [[1.0], [1.0]]))


def test_of_an_expectile_what_is_too_low_counts_its_share_and_the_best_constant_is_it():
    # too high by 1, too low by 2
    assert scored("expectile_0.9", MSE, [[0.0], [3.0]], [[1.0], [1.0]]) == pytest.approx((0.1 * 1 + 0.9 * 4) / 2)
    labels, weights = np.random.default_rng(0).gamma(1, 4, (200, 1)), np.random.default_rng(1).gamma(2, size=200)
    [found] = catalogue.find("expectile_0.9", "regression").constant(labels, 0, weights)
    apart = labels[:, 0] - found
    assert 0.9 * (weights * np.maximum(apart, 0)).sum() == pytest.approx(0.1 * (weights * np.maximum(-apart, 0)).sum())


def test_linex_is_exponential_on_the_side_of_its_slope_and_a_line_on_the_other():
    [high, low] = [scored("linex_2", MSE, [[0.0]], [[error]]) for error in (3.0, -3.0)]
    assert [high, low] == pytest.approx([math.exp(6) - 7, math.exp(-6) + 5])
    assert scored("linex_-2", MSE, [[0.0]], [[-3.0]]) == pytest.approx(high)


@pytest.mark.parametrize(("predicted", "error"), [(23.0, 2), (1.0, 0), (13.0, 12), (14.0, 11), (-0.5, 1.5), (49.0, 0)])
def test_on_a_circle_an_error_is_that_of_the_shorter_way(predicted, error):
    assert scored("circular_error_24", MSE, [[1.0]], [[predicted]]) == pytest.approx(error)


@pytest.mark.parametrize("name", ["mse", "circular_mse", "gaussian"])
def test_on_a_circle_no_error_of_more_than_half_a_turn_is_scored(name):
    loss = loss_entry.resolve(name, "regression", period=24)
    asked = choosing.asked_for(choosing.default_headline("regression", losses=[loss], period=24), loss, period=24)
    assert asked == ["circular_error_24"]
    assert choosing.also_measured(asked, np.array([[1.0], [23.0]])) == asked
    measured = choosing.measured(loss, n_classes=0, n_targets=1, also=asked)
    assert [score.name for score in measured] == asked
    assert choosing.asked_for("rmse", loss, period=24) == ["circular_error_24", "rmse"]


@pytest.mark.parametrize("period", [0.5, 1, 24, 2 * math.pi, 86_400])
def test_a_period_of_any_size_has_its_score(period):
    name = choosing.default_headline("regression", period=period)
    assert loss_entry.resolve("von_mises", "regression", period=period).own_score == name
    assert scored(name, MSE, [[0.1 * period]], [[0.9 * period]]) == pytest.approx(0.2 * period, rel=1e-6)


def test_the_best_constant_on_a_circle_is_the_mean_direction():
    constant = catalogue.find("circular_error_24", "regression").constant
    assert constant(np.array([[23.0], [1.0], [0.5], [23.5]]), 0, None) % 24 == pytest.approx(0, abs=1e-9)
    assert constant(np.array([[6.0], [12.0]]), 0, np.array([1.0, 1.0])) == pytest.approx(9)


def test_maape_is_a_quarter_turn_where_the_target_is_0_and_missed():
    angles = [math.pi / 2, math.pi / 4, 0, 0]
    found = scored("maape", MSE, [[0.0], [2.0], [3.0], [0.0]], [[1.0], [4.0], [3.0], [0.0]])
    assert found == pytest.approx(np.mean(angles))


@pytest.mark.parametrize(
    "name",
    ["interval_score_0", "interval_score_100", "interval_score_8.5", "expectile_0", "expectile_1", "linex_0", "linex_",
     "tweedie_deviance_1", "tweedie_deviance_2.5", "tweedie_deviance", "crps_80"],
)  # fmt: skip
def test_a_name_that_says_no_score_is_none(name):
    assert catalogue.find(name, None) is None


def test_quantiles_are_scored_of_one_target_column_alone():
    assert catalogue.find("crps", "regression", n_targets=2) is None
    assert catalogue.find("interval_score_80", "regression", n_targets=1).name == "interval_score_80"


@pytest.mark.parametrize("name", ["coverage_80", "width_80"])
def test_coverage_and_width_decide_nothing(name):
    assert catalogue.find(name, "regression") is None
    assert isinstance(catalogue.find(name, "regression", any_use=True), Score)


def test_the_best_constant_distribution_is_that_of_the_train_rows():
    labels = np.random.default_rng(0).gamma(2, size=(20_000, 1))
    trained = np.arange(20_000)[None] < 15_000
    every = constant_values("interval_score_90", "regression", labels, trained, ~trained, n_classes=0, spread=3.0)
    low, high = np.quantile(labels[:15_000], [0.05, 0.95])
    numbers = np.broadcast_to(np.array([low, (low + high) / 2, high]) / 3, (1, 20_000, 3))
    of_ends = row_values("interval_score_80", QUANTILES, labels, numbers, ~trained, spread=3.0)
    # the same ends, of which 90 % are asked for and not 80
    beyond = np.maximum(low - labels, 0) + np.maximum(labels - high, 0)
    np.testing.assert_allclose((every - of_ends)[0, 15_000:], 10 * beyond[15_000:, 0], atol=0.15)
    assert constants.distribution(labels, 0, None).shape == LEVELS.shape
