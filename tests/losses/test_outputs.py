import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from stages.losses.outputs import HURDLE, LEAST_SPREAD, MEAN_AND_SPREAD, POINT, Direction, Quantiles
from stages.training.backend import keras, tf

OUTPUTS = {
    "point": (POINT, 1),
    "quantiles": (Quantiles([0.1, 0.5, 0.9]), 3),
    "two quantiles": (Quantiles([0.05, 0.95]), 2),
    "mean and spread": (MEAN_AND_SPREAD, 2),
    "hurdle": (HURDLE, 2),
    "direction": (Direction(200), 2),
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_numbers_are_the_same_of_arrays_and_of_tensors(kind):
    output, n_outputs = OUTPUTS[kind]
    raw = np.random.default_rng(0).normal(0, 3, (2, 40, n_outputs))
    numbers = output.decode(raw, np)
    tensors = output.decode(tf.constant(raw), keras.ops)
    np.testing.assert_allclose(tensors, numbers, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(output.point(tensors, keras.ops), output.point(numbers, np), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", OUTPUTS)
def test_outputs_that_are_made_of_numbers_or_of_a_value_say_these(kind):
    output, n_outputs = OUTPUTS[kind]
    numbers = output.decode(np.random.default_rng(0).normal(0, 3, (40, n_outputs)), np)
    np.testing.assert_allclose(output.decode(output.encode(numbers), np), numbers, rtol=1e-4, atol=1e-4)
    values = np.array([[0.3], [7.0], [120.0]])
    np.testing.assert_allclose(output.point(output.decode(output.saying(values), np), np), values, rtol=1e-6)


@given(npst.arrays(np.float32, (5, 4), elements=st.floats(-1e4, 1e4, width=32)))
def test_quantiles_never_cross_whatever_a_network_gives(raw):
    output = Quantiles([0.05, 0.25, 0.75, 0.95])
    assert (np.diff(output.decode(raw, np), axis=-1) >= 0).all()
    others = output.quantiles(output.decode(raw, np).astype(np.float64), np.array([0.01, 0.4, 0.6, 0.99]))
    assert (np.diff(others, axis=-1) >= -1e-9).all()


@pytest.mark.parametrize(
    ("levels", "value"),
    [([0.1, 0.5, 0.9], 2.0), ([0.1, 0.9], 3.0), ([0.5, 0.9], 1.0), ([0.2, 0.4, 0.8], 2.0)],
)
def test_the_one_value_of_quantiles_is_the_median_or_what_is_in_the_middle(levels, value):
    numbers = np.array([1.0, 2.0, 5.0]) if len(levels) == 3 else np.array([1.0, 5.0])
    assert Quantiles(levels).point(numbers, np).tolist() == [value]


def test_quantiles_between_and_beyond_are_those_of_a_normal_where_these_are_of_one():
    shares, normal = np.array([0.01, 0.1, 0.3, 0.5, 0.77, 0.999]), stats.norm(3, 2)
    levels = [0.1, 0.5, 0.9]
    found = Quantiles(levels).quantiles(normal.ppf(levels), shares)
    np.testing.assert_allclose(found, normal.ppf(shares), rtol=1e-9)
    np.testing.assert_allclose(MEAN_AND_SPREAD.quantiles(np.array([3.0, 2.0]), shares), normal.ppf(shares), rtol=1e-9)


def test_a_scale_has_center_and_spread_for_values_the_spread_for_distances_and_nothing_for_shares():
    center, spread = np.array([[10.0], [20.0]]), np.array([[2.0], [4.0]])
    found = MEAN_AND_SPREAD.scale(center, spread)
    np.testing.assert_array_equal(found, [[[10, 0], [20, 0]], [[2, 2], [4, 4]]])
    np.testing.assert_array_equal(HURDLE.scale(np.zeros((1, 1)), np.full((1, 1), 3.0)), [[[0, 0]], [[1, 3]]])


def test_a_spread_is_never_0_and_a_probability_never_beyond_1():
    assert MEAN_AND_SPREAD.decode(np.array([0.0, -1e6]), np)[1] == LEAST_SPREAD
    assert HURDLE.decode(np.array([1e9, 0.0], np.float32), np).tolist() == pytest.approx([1, math.log(2)])
