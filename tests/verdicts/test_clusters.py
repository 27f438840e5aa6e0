import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.verdicts.design import Design, blocks
from stages.verdicts.intervals import estimate
from tests.verdicts.designs import crossed, folds

NO_BOUND = np.empty(0)


def test_ten_blocks_of_neighbours_among_the_rows_that_are_tested():
    tested = np.zeros((2, 30), bool)
    tested[0, 6:20], tested[1, 20:28] = True, True
    found = blocks(tested)
    sizes = np.bincount(found[6:28])
    assert (len(sizes), sizes.min(), sizes.max()) == (10, 2, 3)
    assert (np.diff(found[6:28]) >= 0).all()
    assert len(np.unique(blocks(np.ones((1, 7), bool)))) == 7


def test_sums_by_cluster_worked_by_hand():
    tested = np.array([[1, 1, 1, 0, 0], [0, 1, 0, 1, 0]], bool)
    design = Design(tested, NO_BOUND, np.array([7, 2, 7, 2, 2]))
    values = np.array([[1.0, 2, 3, np.nan, 5], [np.nan, 4, 9, 6, np.nan]])
    # a seed counts a half, each of its rows as much; the cluster 2 stands before the cluster 7
    np.testing.assert_allclose(design.sums(values), [2 / 6, 4 / 6, 10 / 4])
    np.testing.assert_allclose(design.weights, [1 / 6, 2 / 6, 2 / 4])
    assert (design.seed_of.tolist(), design.cluster_of.tolist()) == ([0, 0, 1], [0, 1, 0])
    assert (design.n_rows, design.n_clusters, design.is_crossed) == (4, 2, False)
    assert estimate(values, design).mean == pytest.approx((2 + 5) / 2)


def test_two_seeds_and_three_groups_worked_by_hand():
    # four rows in groups of one, one and two; seeds' means are 2 and 4, rows' 1, 3, 3 and 5
    design = crossed(2, 4, clusters=np.array([0, 1, 2, 2]))
    found = estimate(np.array([[0.0, 2, 2, 4], [2, 4, 4, 6]]), design)
    assert found.mean == 3
    # sums by group, of deviations over four: -2 / 4, 0 and (0 + 2) / 4; of squares 1 / 2, times 3 / 2
    assert found.lasting == pytest.approx((1 / 4 + 1 / 4) * 3 / 2)
    assert (found.n_rows, found.n_clusters) == (4, 3)
    # the seeds' variance is that of 2 and 4 over two; group × seed is 0
    assert found.variance == pytest.approx(3 / 4 + 1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n_seeds=st.integers(2, 6), n_groups=st.integers(4, 8))
def test_of_folds_of_groups_the_variance_is_the_sum_over_cells_that_share_a_group_or_a_seed(seed, n_seeds, n_groups):
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(n_groups), generator.integers(1, 5, n_groups))
    tested = folds(n_seeds, n_groups, 2, seed).tested[:, groups]
    values = generator.normal(size=n_groups)[groups] + generator.normal(size=tested.shape)
    found = estimate(np.where(tested, values, np.nan), Design(tested, NO_BOUND, groups))
    weights = tested / tested.sum(axis=1, keepdims=True) / n_seeds
    cells = np.where(tested, weights * (values - (weights * values).sum()), 0)
    of_both = np.stack([cells[:, groups == group].sum(axis=1) for group in range(n_groups)], axis=1)
    every = of_both.sum(axis=0), of_both.sum(axis=1), of_both[of_both != 0]
    rows, seeds, both = ((sums**2).sum() * len(sums) / (len(sums) - 1) for sums in every)
    assert found.variance == pytest.approx(max(rows + seeds - both, rows, seeds))
    assert found.mean == pytest.approx((weights * values).sum())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), n_seeds=st.sampled_from([2, 5, 12]), size=st.integers(1, 4))
def test_groups_of_one_size_say_as_much_as_one_row_each_that_is_their_mean(seed, n_seeds, size):
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(15), size)[generator.permutation(15 * size)]
    values = generator.normal(size=(n_seeds, 15))[:, groups] + generator.normal(size=(n_seeds, 15 * size))
    means = np.stack([values[:, groups == group].mean(axis=1) for group in range(15)], axis=1)
    whole, alone = estimate(values, crossed(n_seeds, 15 * size, clusters=groups)), estimate(means, crossed(n_seeds, 15))
    assert whole.interval() == pytest.approx(alone.interval())
    assert (whole.p, whole.df) == pytest.approx((alone.p, alone.df))


def test_the_rule_of_three_counts_groups():
    groups = np.repeat(np.arange(50), 10)
    same = estimate(np.zeros((30, 500)), Design(np.ones((30, 500), bool), np.ones(1), groups))
    assert same.interval()[1] == pytest.approx(3 / 50, rel=0.02)


def in_time(generator, n_rows, correlation):
    """Values that each correlate with the one before."""
    values = generator.normal(size=n_rows)
    for row in range(1, n_rows):
        values[row] = correlation * values[row - 1] + (1 - correlation**2) ** 0.5 * values[row]
    return values


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("correlation", "n_rows", "at_least"), [(0.5, 160, 0.92), (0.8, 160, 0.89), (0.8, 250, 0.91), (0.0, 160, 0.93)]
)
def test_in_the_order_of_time_intervals_hold_the_truth(correlation, n_rows, at_least):
    generator, tested, held, naive = np.random.default_rng(0), np.ones((30, n_rows), bool), 0, 0
    for _ in range(400):
        values = in_time(generator, n_rows, correlation) + 0.3 * generator.normal(size=tested.shape)
        low, high = estimate(values, Design(tested, NO_BOUND, blocks(tested), in_time=True)).interval()
        held += low <= 0 <= high
        low, high = estimate(values, Design(tested, NO_BOUND)).interval()
        naive += low <= 0 <= high
    assert held / 400 >= at_least - 0.02
    if correlation:
        assert naive / 400 < 0.85


@pytest.mark.endurance
@pytest.mark.parametrize("n_folds", [1, 10])
@pytest.mark.parametrize("sizes", ["equal", "unequal"])
def test_in_twenty_groups_intervals_hold_the_truth(n_folds, sizes):
    generator, held, naive = np.random.default_rng(0), 0, 0
    for number in range(400):
        size = np.full(20, 12) if sizes == "equal" else (1 + 12 * generator.lognormal(0, 0.7, 20)).astype(int)
        groups = np.repeat(np.arange(20), size)
        tested = folds(30, 20, n_folds, number).tested[:, groups]
        values = generator.normal(size=20)[groups] + 0.5 * generator.normal(size=tested.shape)
        low, high = estimate(values, Design(tested, NO_BOUND, groups)).interval()
        held += low <= 0 <= high
        low, high = estimate(values, Design(tested, NO_BOUND)).interval()
        naive += low <= 0 <= high
    assert held / 400 >= 0.9
    assert naive / 400 < 0.85
