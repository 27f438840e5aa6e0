import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stages.verdicts.design import Design
from stages.verdicts.intervals import estimate, over_seeds

NO_BOUND, ONE = np.empty(0), np.ones(1)


def crossed(values, reach=NO_BOUND):
    values = np.array(values, float)
    return estimate(values, Design(np.ones(values.shape, bool), reach))


def folds(n_seeds, n_rows, n_folds, generator):
    """Which rows each seed tests: a fresh partition every `n_folds` seeds."""
    tested = np.zeros((n_seeds, n_rows), bool)
    for seed in range(n_seeds):
        if seed % n_folds == 0:
            order = generator.permutation(n_rows)
        tested[seed, order[seed % n_folds :: n_folds]] = True
    return tested


def test_two_seeds_and_three_rows_worked_by_hand():
    # the mean is 3; rows' means 1, 3, 5, seeds' means 2, 4, interaction 0
    found = crossed([[0, 2, 4], [2, 4, 6]])
    # rows: variance 4 of 3 means; seeds: variance 2 of 2 means
    assert found.mean == 3
    assert found.lasting == pytest.approx(4 / 3)
    assert found.variance == pytest.approx(4 / 3 + 2 / 2)
    # sums by row -2/3, 0, 2/3: 2 × (8/9)² / (32/81 − (8/9)² / 3) is 12, held at 2; by seed held at 1
    assert found.df == pytest.approx((7 / 3) ** 2 / ((4 / 3) ** 2 / 2 + 1))
    assert (found.n_seeds, found.n_rows, found.n_telling) == (2, 3, pytest.approx(2))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n_seeds=st.integers(2, 6), n_rows=st.integers(2, 8))
def test_of_crossed_seeds_and_rows_the_variance_is_that_of_the_two_way_analysis(seed, n_seeds, n_rows):
    d = np.random.default_rng(seed).normal(size=(n_seeds, n_rows))
    found = crossed(d)
    by_row, by_seed = d.mean(axis=0, keepdims=True), d.mean(axis=1, keepdims=True)
    rest = ((d - by_row - by_seed + d.mean()) ** 2).sum() / (n_seeds - 1) / (n_rows - 1)
    both = by_row.var(ddof=1) / n_rows + by_seed.var(ddof=1) / n_seeds
    expected = max(both - rest / d.size, by_row.var(ddof=1) / n_rows, by_seed.var(ddof=1) / n_seeds)
    assert found.variance == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n_seeds=st.integers(2, 6), n_rows=st.integers(4, 9))
def test_of_folds_the_variance_is_the_sum_over_cells_that_share_a_row_or_a_seed(seed, n_seeds, n_rows):
    generator = np.random.default_rng(seed)
    tested, d = folds(n_seeds, n_rows, 2, generator), generator.normal(size=(n_seeds, n_rows))
    found = estimate(np.where(tested, d, np.nan), Design(tested, NO_BOUND))
    weights = tested / tested.sum(axis=1, keepdims=True) / n_seeds
    cells = np.where(tested, weights * (d - (weights * d).sum()), 0)
    rows, seeds, each = (cells.sum(axis=0) ** 2).sum(), (cells.sum(axis=1) ** 2).sum(), (cells**2).sum()
    rows, seeds = rows * n_rows / (n_rows - 1), seeds * n_seeds / (n_seeds - 1)
    n_cells = tested.sum()
    assert found.variance == pytest.approx(max(rows + seeds - each * n_cells / (n_cells - 1), rows, seeds))
    assert found.mean == pytest.approx((weights * d).sum())


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), design=st.sampled_from(["crossed", "folds", "uneven"]))
def test_the_order_of_seeds_and_rows_and_the_sign_do_not_matter(seed, design):
    generator = np.random.default_rng(seed)
    d = generator.normal(size=(6, 20)).round(1)
    tested = {
        "crossed": np.ones(d.shape, bool),
        "folds": folds(6, 20, 3, generator),
        "uneven": (generator.random(d.shape) < 0.4) | (np.arange(20) == 0),
    }[design]
    one = estimate(d, Design(tested, NO_BOUND))
    seeds, rows = generator.permutation(6), generator.permutation(20)
    other = estimate(-d[seeds][:, rows], Design(tested[seeds][:, rows], NO_BOUND))
    numbers = ("variance", "lasting", "df", "p", "n_seeds", "n_rows", "n_telling")
    for name in numbers:
        assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-9, abs=1e-12)
    low, high = one.interval()
    assert (other.mean, *other.interval()) == pytest.approx((-one.mean, -high, -low))
    assert one.negated().interval() == pytest.approx((-high, -low))
    assert one.negated().negated() == one
    assert low <= one.mean <= high


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), shift=st.floats(-1, 1))
def test_the_p_value_and_the_interval_never_disagree(seed, shift):
    generator = np.random.default_rng(seed)
    d = generator.standard_t(3, size=(5, 30)) + generator.normal(size=(5, 1)) / 5 + shift
    found = crossed(d)
    for alpha in (0.05, 0.01, 0.3):
        low, high = found.interval(alpha)
        assert (found.p <= alpha) == (low > 0 or high < 0)
        half_width = stats.t.isf(alpha / 2, found.df) * math.sqrt(found.variance)
        assert (low, high) == pytest.approx((found.mean - half_width, found.mean + half_width))
    assert found.p == pytest.approx(2 * stats.t.sf(abs(found.mean) / math.sqrt(found.variance), found.df))
    assert found.half_width == pytest.approx(stats.t.isf(0.025, found.df) * math.sqrt(found.variance))


def test_rows_decided_alike_are_bounded_by_the_rule_of_three():
    same = crossed(np.zeros((30, 500)), ONE)
    assert (same.mean, same.p, same.n_telling, same.of_decisions) == (0, 1, 0, True)
    assert same.interval()[1] == -same.interval()[0] == pytest.approx(3 / 500, rel=0.02)
    assert crossed(np.zeros((30, 500)), np.array([10.0])).interval()[1] == pytest.approx(30 / 500, rel=0.02)
    # as many rows as are needed to exclude 0: 0.1 × 31 > 3.04
    assert crossed(np.full((4, 31), 0.1), ONE).interval()[0] > 0 > crossed(np.full((4, 30), 0.1), ONE).interval()[0]
    # nearly as sure where one row tells on one seed, and less where it tells on all
    d = np.zeros((30, 500))
    d[0, 0] = 1
    assert crossed(d, ONE).interval()[1] == pytest.approx(3.1 / 500, rel=0.05)
    d[:, 0] = 1
    assert crossed(d, ONE).interval()[1] == pytest.approx(1 / 500 + 4 / 500, rel=0.1)


def test_errors_that_differ_by_the_same_on_every_row_and_seed_are_sure():
    found = crossed(np.full((4, 30), 0.1))
    assert (found.p, found.of_decisions) == (0, False)
    assert found.interval() == pytest.approx((0.1, 0.1))


def test_each_class_counts_half_a_row_more_that_tells():
    # 400 rows, a tenth of them of a rarer class, of which none happens to tell two losses apart
    d = np.zeros((30, 400))
    d[:, 40:50] = 1 / 0.9 / 2
    reach = np.array([1 / 0.1, 1 / 0.9]) / 2
    plain, whole = crossed(d), crossed(d, reach)
    rare, usual = (1 / 40 / 2) ** 2 / 2, (1 / 360 / 2) ** 2 / 2
    assert whole.variance - plain.variance == pytest.approx(rare + usual)
    assert whole.lasting - plain.lasting == pytest.approx(rare + usual)
    assert (whole.mean, whole.n_telling) == (plain.mean, plain.n_telling)
    # the rarer class has most of the variance and two degrees of freedom
    assert whole.df == pytest.approx(whole.variance**2 / (plain.variance**2 / plain.df + (rare**2 + usual**2) / 2))


@pytest.mark.parametrize("few", [1, 5, 50])
def test_the_rows_that_carry_a_difference_are_counted(few):
    d = np.zeros((30, 500))
    d[:, :few] = np.where(np.arange(few) % 2, 1, -1)
    assert crossed(d).n_telling == pytest.approx(few, rel=0.01)
    assert crossed(np.tile(np.random.default_rng(0).normal(size=3000), (3, 1))).n_telling == pytest.approx(
        1000, rel=0.1
    )


def test_rounding_is_no_variance():
    noise = np.random.default_rng(0).random((30, 50))
    found = crossed((noise + 0.25) - noise)
    assert (found.mean, found.variance) == (pytest.approx(0.25), 0)


def test_where_one_row_carries_the_difference_few_degrees_of_freedom_are_left():
    d = np.zeros((30, 400))
    d[:, 7] = 1
    found = crossed(d)
    assert found.df == pytest.approx(2, abs=0.02)
    assert found.interval()[0] < 0 < found.mean
    assert found.n_telling == pytest.approx(1, abs=0.01)
    assert crossed(np.tile(np.random.default_rng(0).normal(size=400), (30, 1))).df > 100


@pytest.mark.parametrize("values", [[[1.0, 2.0, 4.0]], [[1.0], [2.0]], [[1.0]]])
@pytest.mark.filterwarnings("error")
def test_one_seed_or_one_row_has_no_interval(values):
    found = crossed(values)
    assert np.isnan(found.interval()).all()
    assert math.isnan(found.half_width)
    assert (found.mean, found.p) == (pytest.approx(np.mean(values)), 1)


def test_over_few_seeds_the_interval_is_students():
    sample = np.random.default_rng(0).normal(size=9)
    expected = stats.t.interval(0.95, 8, sample.mean(), stats.sem(sample))
    assert over_seeds(sample) == pytest.approx(expected)
    assert np.isnan(over_seeds(sample[:1])).all()


@pytest.mark.parametrize("n_seeds", [3, 30])
@pytest.mark.parametrize("seeds_sd", [0.0, 0.3])
@pytest.mark.parametrize("design", ["crossed", "folds"])
def test_the_interval_holds_the_truth_at_its_nominal_rate(n_seeds, seeds_sd, design):
    generator, covered = np.random.default_rng(0), 0
    for _ in range(300):
        tested = np.ones((n_seeds, 120), bool) if design == "crossed" else folds(n_seeds, 120, 3, generator)
        d = generator.normal(size=120) + seeds_sd * generator.normal(size=(n_seeds, 1))
        d = d + 0.5 * generator.normal(size=(n_seeds, 120))
        low, high = estimate(d, Design(tested, NO_BOUND)).interval()
        covered += low <= 0 <= high
    assert 0.91 <= covered / 300 <= 0.985


@pytest.mark.parametrize("design", ["crossed", "folds"])
def test_what_stays_of_the_variance_however_many_the_seeds_is_what_rows_alone_add(design):
    generator, found = np.random.default_rng(5), []
    tested = np.ones((30, 100), bool) if design == "crossed" else folds(30, 100, 10, generator)
    for _ in range(200):
        rows, cells = generator.normal(size=100), 4 * generator.normal(size=(30, 100))
        found.append(estimate(rows + cells + 0.1 * generator.normal(size=(30, 1)), Design(tested, NO_BOUND)))
    # rows add 1 of 100 of them, row × seed 16 of 3,000 cells or of 300
    assert np.mean([each.lasting for each in found]) == pytest.approx(0.01, rel=0.2)
    share = np.mean([each.lasting for each in found]) / np.mean([each.variance for each in found])
    assert np.mean([each.lessened_by(60) for each in found]) == pytest.approx((1 - share) / 2, abs=0.05)
    assert all(each.lessened_by(30) == 0 <= each.lasting <= each.variance for each in found)


def test_of_rows_that_one_seed_tests_each_nothing_is_known_to_stay():
    generator = np.random.default_rng(6)
    tested = folds(10, 100, 10, generator)
    assert estimate(generator.normal(size=(10, 100)), Design(tested, NO_BOUND)).lasting == 0
