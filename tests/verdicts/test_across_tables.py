from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import rankdata

from stages.losses.catalogue import LOSSES
from stages.verdicts.across_tables import effects
from stages.verdicts.across_tables import tables as over_tables


def test_of_tables_that_are_equally_sure_the_mean_and_its_interval_are_students():
    means, variance = np.array([0.1, 0.3, -0.1, 0.5, 0.2, 0.2]), 0.01
    pooled = effects.random_effects(means, np.full(6, variance))
    squares = means.var(ddof=1)
    assert squares > variance
    assert pooled.mean == pytest.approx(0.2)
    assert pooled.spread == pytest.approx(np.sqrt(squares - variance))
    half = -stdtrit(5, 0.025) * np.sqrt(squares / 6)
    assert (pooled.low, pooled.high) == pytest.approx((0.2 - half, 0.2 + half))
    # of tables that are sure what a new one brings is what one more draw would
    sure = effects.random_effects(means, np.full(6, 1e-9))
    half = -stdtrit(5, 0.025) * np.sqrt(squares + squares / 6)
    assert (sure.new_low, sure.new_high) == pytest.approx((0.2 - half, 0.2 + half), rel=0.01)
    assert sure.new_low < pooled.new_low < pooled.new_high < sure.new_high


def test_tables_that_differ_by_less_than_chance_have_the_interval_of_their_own_variances():
    pooled = effects.random_effects(np.array([0.1, 0.11, 0.09]), np.array([1.0, 1.0, 2.0]))
    assert pooled.spread == 0
    assert pooled.mean == pytest.approx((0.1 + 0.11 + 0.045) / 2.5)
    assert pooled.high - pooled.mean == pytest.approx(-stdtrit(2, 0.025) * np.sqrt(1 / 2.5))


def test_how_tables_scatter_is_where_their_weighted_squares_are_as_expected():
    generator = np.random.default_rng(0)
    variances = generator.gamma(2, size=12)
    means = generator.normal(1, np.sqrt(variances + 4))
    pooled = effects.random_effects(means, variances)
    weights = 1 / (variances + pooled.spread**2)
    assert weights @ (means - pooled.mean) ** 2 == pytest.approx(11)


def test_tables_that_are_alike_to_the_last_digit_have_no_interval_to_speak_of():
    pooled = effects.random_effects(np.zeros(10), np.zeros(10))
    assert (pooled.mean, pooled.spread) == (0, 0)
    assert pooled.high == pytest.approx(0, abs=1e-5)
    assert effects.random_effects(np.zeros(2), np.ones(2)) is None


def test_the_intervals_hold_the_mean_of_all_tables_and_the_next_table():
    generator, held, new = np.random.default_rng(1), [], []
    for _ in range(400):
        variances = generator.gamma(2, 0.5, size=12)
        true = generator.normal(0.3, 1, 13)
        pooled = effects.random_effects(true[:12] + generator.normal(0, np.sqrt(variances)), variances)
        held.append(pooled.low <= 0.3 <= pooled.high)
        new.append(pooled.new_low <= true[12] <= pooled.new_high)
    assert np.mean(held) > 0.92
    assert np.mean(new) > 0.92


def test_the_critical_difference_of_four_losses_on_fourteen_tables_is_demsars():
    assert effects.critical_difference(4, 14) == pytest.approx(2.569 * np.sqrt(4 * 5 / (6 * 14)), abs=1e-3)


@pytest.fixture
def tables(make_comparison):
    """A factory of comparisons of mse and mae on datasets of these names, on which mae is worse by 0, 0.1, 0.2 …."""

    def make(names, losses=("mse", "mae")):
        made = make_comparison(*losses)
        every = []
        for number, name in enumerate(names):
            runs = [
                replace(run, outputs=run.outputs * (1 + 0.1 * number * (run.loss.name == "mae"))) for run in made.runs
            ]
            every.append(replace(made, name=f"{name}_{number}", dataset=name, runs=runs))
        return every

    return make


def test_ten_datasets_with_the_same_losses_are_compared_and_of_each_the_first_comparison(tables):
    names = [f"table{number}" for number in range(10)]
    assert not over_tables.alike(tables(names[:9]))
    assert not over_tables.alike([*tables(names[:9]), *tables(names[:1], losses=("mse", "huber"))])
    assert not over_tables.alike(tables([*names[:9], names[0]]))
    [found] = over_tables.alike(tables([*names, names[0]]))
    assert [one.name for one in found.comparisons] == [f"table{number}_{number}" for number in range(10)]
    assert (found.losses, found.reference) == (["mse", "mae"], "mse")


def test_what_a_loss_costs_is_its_distance_to_the_best_in_shares_of_the_error():
    pair = SimpleNamespace(difference=-0.5, estimate=SimpleNamespace(mean=-0.5, variance=0.01))
    other = SimpleNamespace(difference=0.25, estimate=SimpleNamespace(mean=0.25, variance=0.01))
    one = _comparison({"mse": 2.0, "mae": 2.5, "huber": 1.75}, {"mae": pair, "huber": other})
    found = over_tables.over([one] * 10)
    # the smallest error is 1.75
    assert found.costs["mse"] == pytest.approx(np.full(10, 0.25 / 1.75))
    assert found.costs["mae"] == pytest.approx(np.full(10, 0.75 / 1.75))
    assert not found.costs["huber"].any()
    assert found.near["mse"].all()  # 0.25 is within the margin of 0.3
    assert not found.near["mae"].any()
    assert found.ranks.tolist() == [[2, 3, 1]] * 10
    assert found.pooled["huber"].mean == pytest.approx(0.25 / 1.75)
    # of two comparisons with the reference each has half of the 5 %
    half = -stdtrit(9, 0.0125) * 0.1 / 1.75 / np.sqrt(10)
    assert found.pooled["huber"].high == pytest.approx(0.25 / 1.75 + half)


def _comparison(means, pairs):
    outcome = SimpleNamespace(
        summaries={loss: SimpleNamespace(mean=mean, n=3) for loss, mean in means.items()},
        margin=0.3,
        pairs={(loss, "mse"): pair for loss, pair in pairs.items()},
    )
    runs = [SimpleNamespace(loss=LOSSES[loss]) for loss in means]
    score = SimpleNamespace(higher_is_better=False)
    return SimpleNamespace(outcome=outcome, runs=runs, losses=list(means), score=score)


def test_equal_losses_share_their_ranks():
    lost = np.array([[0.0, 1, 1, 2], [3, 0, 0, 0]])
    assert over_tables._ranks(lost).tolist() == rankdata(lost, axis=1).tolist()
