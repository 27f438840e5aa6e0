import numpy as np
import pytest

from stages.records.plans import Scaling
from stages.training.scales import shared_features, shared_targets
from stages.training.views import View


def scaling(center, spread, fill=None, target_center=None, target_spread=None):
    """Numbers by split and column; no numbers for targets unless they are given."""
    center, spread = np.array(center, float), np.array(spread, float)
    none = np.zeros((len(center), 0))
    fill = np.zeros_like(center) if fill is None else np.array(fill, float)
    if target_center is None:
        return Scaling(fill, center, spread, none, none)
    return Scaling(fill, center, spread, np.array(target_center, float), np.array(target_spread, float))


def view(split_of, scales=None, train=(), test=()):
    return View(np.array(split_of), [np.array(own) for own in train], [np.array(own) for own in test], scales)


def seen(values, scale):
    """What each seed sees: (n_seeds, n_rows, n_columns)."""
    return scale(values).numpy()


def test_without_a_scale_rows_are_used_as_they_are():
    rows = np.ones((2, 1), np.float32)
    assert shared_features(rows, view([0, 0])) == (rows, None)
    assert shared_targets(rows, view([0, 0])) == (rows, None)


def test_where_all_seeds_scale_alike_it_is_done_once_in_float64():
    # in float32 1.6e9 + 1 is 1.6e9
    rows = np.array([[1.6e9 + 1, 5], [1.6e9 + 3, np.nan]])
    shared, own = shared_features(rows, view([0, 0], scaling([[1.6e9 + 2, 3]], [[2, 4]], fill=[[0, 7]])))
    assert own is None
    assert shared.dtype == np.float32
    np.testing.assert_array_equal(shared, [[-0.5, 0.5], [0.5, 1]])


def test_splits_that_scale_alike_or_differ_where_nothing_is_missing_count_as_one():
    scales = scaling([[1], [1], [9]], [[2], [2], [9]], fill=[[5], [6], [9]])
    shared, own = shared_features(np.array([[3.0]]), view([0, 1, 0], scales))
    assert own is None
    np.testing.assert_array_equal(shared, [[1]])


def test_each_seed_sees_the_rows_on_its_own_scale_and_its_own_number_for_a_missing_value():
    rows = np.array([[10.0, 1], [np.nan, 2]])
    scales = scaling([[10, 0], [8, 1], [0, 0]], [[2, 1], [4, 0.5], [1, 1]], fill=[[12, 0], [4, 0], [0, 0]])
    shared, own = shared_features(rows, view([1, 0], scales))
    np.testing.assert_allclose(seen(shared, own), [[[0.5, 0], [-1, 2]], [[0, 1], [1, 2]]], rtol=0, atol=1e-6)


def test_rows_of_each_seed_are_scaled_as_shared_ones_are():
    rows = np.array([[10.0], [8.0]])
    shared, own = shared_features(rows, view([0, 1], scaling([[10], [8]], [[2], [4]])))
    np.testing.assert_allclose(
        seen(shared[np.array([[0, 1], [1, 0]])], own), [[[0], [-1]], [[0], [0.5]]], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("far", [0, 1.6e9, -1e12])
def test_float32_loses_nothing_of_columns_far_from_0(far):
    rng = np.random.default_rng(0)
    rows = far + 100 * rng.normal(size=(50, 1))
    center, spread = far + np.array([[-3.0], [4.0], [1.0]]), np.array([[90.0], [101.0], [110.0]])
    shared, own = shared_features(rows, view([0, 1, 2], scaling(center, spread)))
    expected = (rows - center[:, None]) / spread[:, None]
    np.testing.assert_allclose(seen(shared, own), expected, rtol=0, atol=2e-6)


def test_one_seeds_outlying_scale_costs_the_others_no_digits():
    rows = np.array([[1.0], [2.0], [3.0]])
    center, spread = np.array([[2.0], [2.5], [1e9]]), np.array([[1.0], [0.8], [1e10]])
    shared, own = shared_features(rows, view([0, 1, 2], scaling(center, spread)))
    np.testing.assert_allclose(seen(shared, own), (rows - center[:, None]) / spread[:, None], rtol=0, atol=1e-6)


def test_the_lowest_value_of_a_seed_is_exactly_0_where_the_scale_begins_there():
    rows = np.array([[0.1], [0.3], [0.7]])
    shared, own = shared_features(rows, view([0, 1, 2], scaling([[0.1], [0.3], [0.7]], [[0.6], [0.4], [0.3]])))
    np.testing.assert_array_equal(seen(shared, own)[[0, 1, 2], [0, 1, 2]], 0)


def test_targets_are_scaled_by_numbers_of_their_own():
    scales = scaling([[0], [0]], [[1], [1]], target_center=[[10], [20]], target_spread=[[5], [10]])
    shared, own = shared_targets(np.array([[10.0], [30.0]]), view([0, 1], scales))
    np.testing.assert_allclose(seen(shared, own), [[[0], [4]], [[-1], [1]]], rtol=0, atol=1e-6)


def test_classes_are_left_as_they_are():
    classes = np.array([0, 2, 1], np.int32)
    assert shared_targets(classes, view([0, 1], scaling([[0], [1]], [[1], [2]]))) == (classes, None)


def test_an_epoch_is_as_long_as_the_largest_split_and_others_go_through_their_rows_again():
    plan = view([1, 0], train=[[7, 8, 9], [4, 5]])
    assert plan.n_train == 3
    order = plan.in_order([np.array([1, 0]), np.array([2, 0, 1])])
    assert order.dtype == np.int32
    np.testing.assert_array_equal(order, [[5, 4, 5], [9, 7, 8]])


def test_seeds_of_one_split_are_measured_on_one_line_of_rows():
    numbers, sizes = view([1, 1], test=[[7], [4, 5]]).tested()
    np.testing.assert_array_equal(numbers, [[4, 5]])
    np.testing.assert_array_equal(sizes, [2])


def test_a_line_of_rows_to_measure_on_is_filled_up_with_rows_that_do_not_count():
    numbers, sizes = view([1, 0], test=[[7], [4, 5]]).tested()
    np.testing.assert_array_equal(numbers, [[4, 5], [7, 7]])
    np.testing.assert_array_equal(sizes, [2, 1])
