import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages.losses import framing
from stages.losses.framing import FRAMINGS, FURTHEST_LOG

VALUES = np.random.default_rng(0).gamma(2, 100, size=(50, 2))


@pytest.mark.parametrize(
    ("name", "scaler"), [("standard", StandardScaler()), ("minmax", MinMaxScaler()), ("robust", RobustScaler())]
)
def test_a_framing_that_scales_does_what_scikit_learns_scaler_does(name, scaler):
    center, spread = framing.fit(name, VALUES)
    np.testing.assert_allclose((VALUES - center) / spread, scaler.fit_transform(VALUES), rtol=1e-12, atol=1e-12)


def test_a_ratio_is_a_share_of_the_mean_and_is_not_shifted():
    center, spread = framing.fit("ratio", np.array([[1.0], [2.0], [6.0]]))
    assert (center.tolist(), spread.tolist()) == ([0], [3])


def test_none_leaves_the_target_as_it_is():
    assert [number.tolist() for number in framing.fit("none", VALUES)] == [[0, 0], [1, 1]]


def test_log_is_of_one_more_and_around_0_where_networks_begin():
    center, spread = framing.fit("log", VALUES)
    np.testing.assert_allclose(center, np.log1p(VALUES).mean(axis=0))
    np.testing.assert_allclose(spread, np.log1p(VALUES).std(axis=0))


@pytest.mark.parametrize("name", FRAMINGS)
def test_what_is_framed_comes_back(name):
    center, spread = framing.fit(name, VALUES)
    framed = (framing.changed(name, VALUES) - center) / spread
    np.testing.assert_allclose(framing.restored(name, framed * spread + center), VALUES, rtol=1e-10)


@pytest.mark.parametrize("name", FRAMINGS)
def test_a_target_without_spread_is_divided_by_1(name):
    assert framing.fit(name, np.zeros((4, 1))).spread.tolist() == [1]


def test_a_logarithm_far_beyond_any_target_comes_back_as_a_number_that_can_be_squared():
    far = framing.restored("log", np.array([1e4], np.float32))
    assert far == pytest.approx(np.expm1(FURTHEST_LOG))
    assert np.isfinite(np.square(far, dtype=np.float32))
