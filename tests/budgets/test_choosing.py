from itertools import pairwise

import pytest

from stages.budgets.choosing import batch_size, choose, grid, least
from stages.budgets.work import Asked, Speed, seconds_of, seconds_of_all
from stages.params.budget import Sizes
from stages.params.seeds import AtMost, most

SPEEDS = {"mse": Speed(1e-3, 5e-7, 1.0, 3.0), "mae": Speed(1e-3, 1e-6, 1.0, 3.0)}


def asked(rows=370_800, *, is_tuned=True, **changes):
    candidates = (12,) if is_tuned else (1,)
    facts = {"test_rows": rows // 9, "epochs": 50, "batch_size": 32, "is_batch_chosen": False, "seeds": 60}
    return Asked(
        **facts | changes,
        rows=rows,
        is_tuned=is_tuned,
        candidates=dict.fromkeys(SPEEDS, candidates),
        schedules=2 if is_tuned else 1,
    )


def takes(wanted, speeds=SPEEDS):
    return lambda sizes: seconds_of(sizes, wanted, speeds, 2)


def chosen(minutes, wanted=None):
    wanted = wanted or asked()
    return choose(wanted, 60 * minutes, takes(wanted))


def test_batches_grow_with_rows_from_32_to_256():
    found = [batch_size(rows) for rows in (500, 5_000, 10_000, 20_000, 50_000, 99_999, 100_000, 1_000_000)]
    assert found == [32, 32, 32, 64, 128, 128, 256, 256]


def test_the_grid_has_numbers_of_one_digit_and_the_most():
    assert grid(1_000, 12_345) == [1_000, 2_000, 5_000, 10_000, 12_345]
    assert grid(10, 10) == [10]


@pytest.mark.parametrize("minutes", [1, 2, 5, 10, 30, 120])
def test_a_plan_keeps_the_budget_and_one_of_its_numbers_raised_does_not(minutes):
    wanted, sizes = asked(), chosen(minutes)
    time = takes(wanted)
    assert time(sizes) <= 60 * minutes
    more_steps = sizes.model_copy(update={"horizons": [3 * each for each in sizes.horizons]})
    more_seeds = sizes.model_copy(update={"seeds": AtMost(at_most=most(sizes.seeds) + 10)})
    assert time(more_steps) > 60 * minutes
    assert most(sizes.seeds) == 60 or time(more_seeds) > 60 * minutes


def test_a_larger_budget_trains_no_less():
    plans = [chosen(minutes) for minutes in (1, 2, 5, 10, 30, 120, 600)]
    for smaller, larger in pairwise(plans):
        assert smaller.rows * smaller.horizons[-1] <= larger.rows * larger.horizons[-1]
    assert plans[0].rows < plans[-1].rows
    assert plans[0].horizons[-1] < plans[-1].horizons[-1]


@pytest.mark.parametrize("minutes", [2, 10, 60])
def test_horizons_are_a_ninth_a_third_and_all_and_go_over_the_rows_twice_at_least(minutes):
    sizes = chosen(minutes)
    ninth, third, longest = sizes.horizons
    assert (9 * ninth, 3 * third) == (longest, longest)
    assert longest * sizes.batch_size >= 2 * sizes.rows


def test_rates_are_halved_on_at_most_20000_rows_and_five_seeds():
    assert [(each.rungs.rows, each.rungs.seeds) for each in (chosen(1), chosen(600))] == [
        (min(20_000, chosen(1).rows), 5),
        (20_000, 5),
    ]


def test_no_more_than_100000_rows_are_tested_on():
    assert chosen(60, asked(2_000_000)).test_rows == 100_000


def test_less_than_the_least_is_no_plan_and_the_least_is_one():
    wanted = asked()
    time = takes(wanted)(least(wanted))
    assert choose(wanted, time - 0.1, takes(wanted)) is None
    assert choose(wanted, time + 0.1, takes(wanted)) == least(wanted)


def test_a_batch_size_that_the_user_chose_stays():
    assert chosen(10, asked(batch_size=48, is_batch_chosen=True)).batch_size == 48


def test_with_one_rate_there_is_one_horizon():
    assert len(chosen(1, asked(is_tuned=False)).horizons) == 1


def test_a_number_of_seeds_below_ten_stays():
    sizes = chosen(10, asked(seeds=4))
    assert (sizes.seeds, sizes.rungs.seeds) == (4, 4)


def test_time_grows_with_rows_losses_and_seeds_and_falls_with_workers():
    sizes = {"test_rows": 10, "batch_size": 32, "horizons": [10, 30, 90], "seeds": {"at_most": 10}}

    def time(rows=1_000, speeds=SPEEDS, n_workers=1, **changes):
        rungs = {"rows": rows, "seeds": 5}
        return seconds_of(Sizes.model_validate({**sizes, "rows": rows, "rungs": rungs, **changes}), asked(), speeds,
                          n_workers)  # fmt: skip

    assert time() < time(horizons=[100, 300, 900])
    assert time() < time(seeds={"at_most": 20})
    assert time() > time(speeds={"mse": SPEEDS["mse"]})
    assert time() > time(n_workers=2)
    assert seconds_of_all(asked(), SPEEDS, 2) > seconds_of_all(asked(1_000), SPEEDS, 2)


def test_the_time_of_one_chunk_worked_by_hand():
    """Two epochs of 3 steps (70 rows in batches of 32), of 5 networks, measured on 20 rows at 0.4 of the time each."""
    speed = Speed(step=0.1, row=0.01, program=2.0, start=3.0)
    assert speed.seconds(5, 2, 70, 20, 32) == pytest.approx(2 * (3 * 0.1 + 5 * 0.01 * (70 + 0.4 * 20)))
