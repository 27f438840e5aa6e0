import math
from dataclasses import replace

import numpy as np
import pytest

from stages.reporting.formats import code, difference, listed, number, p_cell, p_value, plus_minus
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary

BASE = Pair(
    loss="a",
    against="b",
    difference=0.0123,
    low=0.0051,
    high=0.0204,
    p=0.01,
    p_holm=0.0234,
    beats=0.73,
    beats_low=0.55,
    beats_high=0.86,
    margin=0.00894,
    n_seeds=30,
    n_failed=0,
    seeds_needed=7,
    detectable=0.02,
    seeds_to_settle=None,
    verdict="inconclusive",
)


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
        (Summary(0.84733, 0.01, 0.00345, 30, 0), "0.847 ± 0.0034"),
        (Summary(15432, 4000, 2345, 3, 0), "15,432 ± 2,300"),
        (Summary(0.84733, np.nan, np.nan, 1, 2), "0.847"),
        (Summary(np.nan, np.nan, np.nan, 0, 3), "–"),
    ],
)
def test_a_mean_is_shown_with_its_interval_where_it_has_one(summary, shown):
    assert plus_minus(summary) == shown


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        ((0.0123, 0.0051, 0.0204), "+0.012 (+0.0051 to +0.02)"),
        ((-0.15, -0.17, -0.13), "−0.15 (−0.17 to −0.13)"),
        ((0.0015, -1.7e-5, 0.0028), "+0.0015 (−1.7e−05 to +0.0028)"),
        ((-0.0, -0.0, 0.0), "0 (0 to 0)"),
        ((0.5, math.nan, math.nan), "+0.5"),
    ],
)
def test_a_difference_is_shown_with_its_interval_where_it_has_one(numbers, shown):
    assert difference(replace(BASE, **dict(zip(("difference", "low", "high"), numbers, strict=True)))) == shown


@pytest.mark.parametrize(
    ("p", "shown"), [(1.0, "p = 1"), (0.0234, "p = 0.023"), (0.001, "p = 0.001"), (0.0009, "p < 0.001")]
)
def test_p_values_are_shown_in_two_digits(p, shown):
    assert p_value(p) == shown


@pytest.mark.parametrize(("names", "shown"), [(["a"], "`a`"), (["a", "b"], "`a` and `b`"), ("abc", "`a`, `b` and `c`")])
def test_names_are_listed_as_in_a_sentence(names, shown):
    assert listed(list(names)) == shown


def test_nothing_in_a_users_name_ends_the_code_or_the_cell():
    assert code("a `b` | c\n d") == "`a 'b' ¦ c d`"
    assert code("x" * 100) == f"`{'x' * 79}…`"


def test_below_its_heading_a_p_value_is_a_number():
    assert [p_cell(p) for p in (0.0009, 0.001, 0.0234, 1.0)] == ["< 0.001", "0.001", "0.023", "1"]
