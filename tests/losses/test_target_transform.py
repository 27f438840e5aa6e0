import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages.losses import target_transform
from stages.losses.target_transform import FURTHEST_LOG, TARGET_TRANSFORMS

VALUES = np.random.default_rng(0).gamma(2, 100, size=(50, 2))


@pytest.mark.parametrize(
    ("name", "scaler"), [("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())]
)
def test_a_transform_that_scales_does_what_scikit_learns_scaler_does(name, scaler):
    center, spread = target_transform.fit(name, VALUES)
    np.testing.assert_allclose((VALUES - center) / spread, scaler.fit_transform(VALUES), rtol=1e-12, atol=1e-12)


def test_a_ratio_is_a_share_of_the_mean_and_is_not_shifted():
    center, spread = target_transform.fit("ratio", np.array([[1.0], [2.0], [6.0]]))
    assert (center.tolist(), spread.tolist()) == ([0], [3])


def test_none_leaves_the_target_as_it_is():
    assert [number.tolist() for number in target_transform.fit("none", VALUES)] == [[0, 0], [1, 1]]


def test_log_is_of_one_more_and_around_0_where_networks_begin():
    center, spread = target_transform.fit("log", VALUES)
    np.testing.assert_allclose(center, np.log1p(VALUES).mean(axis=0))
    np.testing.assert_allclose(spread, np.log1p(VALUES).std(axis=0))


@pytest.mark.parametrize("name", TARGET_TRANSFORMS)
def test_what_is_transformed_comes_back(name):
    center, spread = target_transform.fit(name, VALUES)
    transformed = (target_transform.apply(name, VALUES) - center) / spread
    np.testing.assert_allclose(target_transform.invert(name, transformed * spread + center), VALUES, rtol=1e-10)


@pytest.mark.parametrize("name", TARGET_TRANSFORMS)
def test_a_target_without_spread_is_divided_by_1(name):
    assert target_transform.fit(name, np.zeros((4, 1))).spread.tolist() == [1]


def test_a_logarithm_far_beyond_any_target_comes_back_as_a_number_that_can_be_squared():
    far = target_transform.invert("log", np.array([1e4], np.float32))
    assert far == pytest.approx(np.expm1(FURTHEST_LOG))
    assert np.isfinite(np.square(far, dtype=np.float32))
