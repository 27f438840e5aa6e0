import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from stages.features.channels import Channels

NAN = np.nan


def fit(features, rows=None, method="standard"):
    return Channels(features).fit(np.arange(len(features)) if rows is None else np.array(rows), method)


@settings(max_examples=30)
@given(
    seed=st.integers(0, 10_000),
    method=st.sampled_from(["standard", "minmax", "none"]),
    shape=st.sampled_from([(3,), (4, 2), (3, 5, 2), (2, 2, 2, 3)]),
    far=st.sampled_from([0, 1e4]),
)
def test_the_scale_of_a_channel_is_scikit_learns_of_all_its_numbers_in_the_rows(seed, method, shape, far):
    rng = np.random.default_rng(seed)
    features = (far + rng.normal(size=(20, *shape))).astype(np.float32)
    rows = rng.choice(20, 12, replace=False)
    fill, center, spread = fit(features, rows, method)
    assert center.shape == (*[1] * (len(shape) - 1), shape[-1])
    numbers = features[rows].reshape(-1, shape[-1]).astype(np.float64)
    np.testing.assert_allclose(fill.ravel(), numbers.mean(axis=0))
    if method == "none":
        assert (center == 0).all()
        assert (spread == 1).all()
        return
    scaler = {"standard": StandardScaler, "minmax": MinMaxScaler}[method]().fit(numbers)
    scaled = (features[rows] - center) / spread
    np.testing.assert_allclose(scaled.reshape(-1, shape[-1]), scaler.transform(numbers), atol=1e-6)


def test_pixels_of_eight_bits_are_scaled_as_numbers():
    features = np.array([[[0], [255]], [[255], [0]]], np.uint8)
    fill, center, spread = fit(features)
    assert [part.ravel().tolist() for part in (fill, center, spread)] == [[127.5]] * 3
    assert fit(features, method="minmax")[2].ravel().tolist() == [255]


def test_the_mean_of_a_channel_stands_for_what_is_missing_and_a_channel_that_rows_lack_is_as_in_all():
    features = np.array([[[1.0, NAN]], [[NAN, NAN]], [[3.0, 8.0]]], np.float32)
    fill, center, spread = fit(features, [0, 1])
    assert fill.ravel().tolist() == [1, 8]
    assert center.ravel().tolist() == [1, 8]
    assert spread.ravel().tolist() == [1, 1]


@pytest.mark.parametrize("method", ["standard", "minmax"])
def test_a_channel_that_is_constant_is_only_shifted(method):
    _, center, spread = fit(np.full((5, 2, 1), 0.1, np.float32), method=method)
    assert spread.ravel().tolist() == [1]
    assert center.ravel() == pytest.approx(0.1)
