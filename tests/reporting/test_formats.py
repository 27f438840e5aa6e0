from dataclasses import replace

import numpy as np
import pytest

from stages.reporting.formats import (
    difference,
    interval,
    listed,
    number,
    p_cell,
    p_value,
    plus_minus,
    rate,
    signed,
)
from stages.verdicts.statistics import Summary


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0"),
        (0.00012345, "0.000123"),
        (0.8477, "0.848"),
        (-12.34, "-12.3"),
        (999.4, "999"),
        (999.7, "1,000"),
        (1234567.8, "1,234,568"),
    ],
)
def test_a_number_is_shown_in_three_digits(value, shown):
    assert number(value) == shown


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        (Summary(0.84733, 0.01, 0.00345, 30, 0), "0.8473 ± 0.0034"),
        (Summary(15432, 4000, 2345, 3, 0), "15,400 ± 2,300"),
        (Summary(0.84733, np.nan, np.nan, 1, 2), "0.847"),
        (Summary(np.nan, np.nan, np.nan, 0, 3), "–"),
        (Summary(1.82e-6, 1e-7, 1.6e-7, 30, 0), "1.82e-6 ± 0.16e-6"),
        (Summary(1.2e-7, 1e-6, 1.6e-6, 30, 0), "0.1e-6 ± 1.6e-6"),
    ],
)
def test_a_mean_is_shown_with_its_interval_where_it_has_one(summary, shown):
    assert plus_minus(summary) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0123, "+0.012"),
        (-0.15, "−0.15"),
        (-1.7e-5, "−0.000017"),
        (-3.4e-8, "−3.4e-8"),
        (-0.0, "0"),
        (0.5, "+0.50"),
        (-200.0, "−200"),
    ],
)
def test_a_difference_has_a_sign_and_two_digits(value, shown):
    assert signed(value) == shown


def test_an_interval_goes_from_end_to_end():
    assert interval((-0.17, 0.0)) == "−0.170 to 0"
    assert interval((-560.0, 150.0)) == "−560 to +150"
    assert interval((-31.2, -0.04)) == "−31.20 to −0.04"
    assert interval((0.6, 31.2)) == "+1 to +31"


def test_a_difference_is_shown_with_its_interval_where_it_has_one(make_comparison):
    pair = make_comparison("mse", "mae").outcome.pairs["mse", "mae"]
    near = replace(pair, estimate=replace(pair.estimate, mean=-213.4), low=-561.2, high=148.9)
    assert difference(near) == "−210 (−560 to +150)"
    tiny = replace(pair, estimate=replace(pair.estimate, mean=2.4e-7), low=-1.1e-6, high=1.6e-6)
    assert difference(tiny) == "+0.2e-6 (−1.1e-6 to +1.6e-6)"
    small = replace(pair, estimate=replace(pair.estimate, mean=0.00714), low=-0.0123, high=0.0264)
    assert difference(small) == "+0.007 (−0.012 to +0.026)"
    alone = make_comparison("mse", "mae", n_seeds=1).outcome.pairs["mse", "mae"]
    assert difference(alone) == signed(alone.difference)
    failed = make_comparison("mse", "mae", failed=(0, 1, 2)).outcome.pairs["mse", "mae"]
    assert difference(failed) == "no seed finished both"


def test_a_rate_is_shown_as_it_is_written():
    assert [rate(value) for value in (0.01, 0.3, 1e-4, 0.02 / 3)] == ["0.01", "0.3", "0.0001", "0.00666667"]


@pytest.mark.parametrize(
    ("p", "shown"), [(1.0, "p = 1"), (0.0234, "p = 0.023"), (0.001, "p = 0.001"), (0.0009, "p < 0.001")]
)
def test_p_values_are_shown_in_two_digits(p, shown):
    assert p_value(p) == shown


@pytest.mark.parametrize(("names", "shown"), [(["a"], "`a`"), (["a", "b"], "`a` and `b`"), ("abc", "`a`, `b` and `c`")])
def test_names_are_listed_as_in_a_sentence(names, shown):
    assert listed(list(names)) == shown


def test_below_its_heading_a_p_value_is_a_number():
    assert [p_cell(p) for p in (0.0009, 0.001, 0.0234, 1.0)] == ["< 0.001", "0.001", "0.023", "1"]
