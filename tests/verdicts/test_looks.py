import numpy as np
import pytest

from stages.verdicts import cuts, intervals

# two-sided nominal levels for 5 % in all, as they are tabulated since Pocock (1977)
TABULATED = {1: 0.05, 2: 0.0294, 3: 0.0221, 4: 0.0182, 5: 0.0158, 6: 0.0142, 10: 0.0106, 20: 0.0075}


@pytest.mark.parametrize(("n_looks", "level"), TABULATED.items())
def test_the_level_of_a_look_is_pococks(n_looks, level):
    assert intervals.level(n_looks) == pytest.approx(level, abs=5e-5)


def test_plain_intervals_at_six_looks_would_err_in_fifteen_percent():
    steps = np.random.default_rng(0).normal(size=(200_000, 6))
    sums = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, 7))
    assert intervals.overall(0.05, 6) == pytest.approx((np.abs(sums) > 1.959964).any(axis=1).mean(), abs=0.003)
    assert intervals.overall(0.05, 6) == pytest.approx(0.155, abs=0.001)


@pytest.mark.parametrize("n_looks", [1, 2, 6, 30])
def test_an_adjusted_p_rises_with_p_is_no_less_and_meets_five_percent_at_the_level(n_looks):
    ps = np.array([0, 1e-300, 1e-30, 1e-9, 1e-4, 0.01, 0.05, 0.3, 0.9, 1, 3])
    adjusted = [intervals.overall(float(p), n_looks) for p in ps]
    assert (np.diff(adjusted) >= 0).all()
    assert all(min(p, 1) <= each <= min(n_looks * p, 1) + 1e-12 for p, each in zip(ps, adjusted, strict=True))
    assert intervals.overall(intervals.level(n_looks), n_looks) == pytest.approx(0.05, abs=1e-9)


def test_looks_at_ten_twenty_and_thirty_equal_seeds_err_in_five_percent():
    values = np.random.default_rng(1).normal(size=(3_000, 30))
    level = intervals.level(3)
    erred = [
        any(max(cuts.over_seeds(sign * own[:n]).lower_end(level) for sign in (1, -1)) > 0 for n in (10, 20, 30))
        for own in values
    ]
    assert 0.03 < np.mean(erred) < 0.063  # 0.05 and three standard errors, and less where few seeds bound p from below
