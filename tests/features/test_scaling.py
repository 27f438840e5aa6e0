import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages.features import scaling
from stages.features.scaling import KnownScaler
from stages.params.schema import Scale

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}
METHODS = ["none", *SCALERS]
NAN = np.nan


def fit(columns, method="standard", *, kinds=None, targets=(), target=None, rows=None):
    """Fill, center, spread, and center and spread of the target; columns are numbers, and all rows fitted on."""
    features = np.array(columns, float).T
    n_rows, n_features = features.shape
    return scaling.fit(
        features,
        kinds or ["number"] * n_features,
        np.array(targets, float).reshape(-1, n_rows).T,
        np.arange(n_rows) if rows is None else np.array(rows),
        Scale(features=method, target=target),
    )


# --- one split


@pytest.mark.parametrize(
    ("method", "center", "spread"), [("standard", 3, 2), ("minmax", 1, 4), ("robust", 3, 4), ("none", 0, 1)]
)
def test_center_and_spread_worked_by_hand(method, center, spread):
    # of 1, 1, 5, 5 the mean and the median are 3, the deviation 2, and the range and the quartiles' distance 4
    column = [1.0, 1.0, 5.0, 5.0]
    numbers = fit([column], method, targets=[column], target=method)
    assert [line.tolist() for line in numbers] == [[3], [center], [spread], [center], [spread]]


def test_the_median_stands_for_a_missing_number_and_counts_when_the_scale_is_fitted():
    # 0, 0, 3 and two medians of 0: the mean is 0.6, not 1
    fill, center, *_ = fit([[0.0, NAN, 0.0, 3.0, NAN]])
    assert (fill.tolist(), center.tolist()) == ([0], [pytest.approx(0.6)])


@pytest.mark.parametrize("method", METHODS)
def test_booleans_and_texts_are_not_scaled(method):
    columns = [[1.0, NAN, 1.0, 0.0], [1.0, 0.0, NAN, 0.0], [1.0, NAN, NAN, 0.0], [1.0, 0.0, 0.0, 0.0]]
    fill, center, spread, *_ = fit(columns, method, kinds=["boolean", "boolean", "boolean", "category"])
    assert fill.tolist() == [1, 0, 0, 0]
    assert (center.tolist(), spread.tolist()) == ([0] * 4, [1] * 4)


def test_dates_are_scaled_as_numbers_are():
    day = [1.0, NAN, 1.0, 5.0]
    np.testing.assert_array_equal(np.array(fit([day], kinds=["date"])[:3]), np.array(fit([day])[:3]))


def test_a_value_is_standardised_unless_something_else_is_asked_for():
    target = [1.0, 1.0, 5.0, 5.0]
    assert [line.tolist() for line in fit([target], targets=[target])[3:]] == [[3], [2]]


def test_classes_have_no_numbers():
    assert [line.shape for line in fit([[1.0, 2.0]])[3:]] == [(0,), (0,)]


def test_each_of_several_targets_has_numbers_of_its_own():
    numbers = fit([[1.0, 2.0]], targets=[[0.0, 4.0], [10.0, 11.0]], target="minmax")
    assert [line.tolist() for line in numbers[3:]] == [[0, 10], [4, 1]]


@pytest.mark.parametrize("method", METHODS)
def test_a_column_that_is_constant_on_the_rows_has_the_spread_1(method):
    fill, center, spread, *target = fit([[7.0, 7.0, 9.0]], method, rows=[0, 1], targets=[[2, 2, 5]], target=method)
    assert (fill.tolist(), spread.tolist(), target[1].tolist()) == ([7], [1], [1])
    assert center.tolist() == [0 if method == "none" else 7]


def test_what_none_of_the_rows_has_is_scaled_as_in_all_rows():
    columns = [[NAN, NAN, 1.0, 5.0], [1.0, 2.0, 3.0, NAN]]
    own, everywhere = fit(columns, rows=[0, 1])[:3], fit(columns)[:3]
    for mine, everyones in zip(own, everywhere, strict=True):
        assert mine[0] == everyones[0]
        assert mine[1] != everyones[1]


def test_no_feature_is_as_good_as_some():
    numbers = scaling.fit(np.empty((4, 0)), [], np.array([[1.0], [1.0], [5.0], [5.0]]), np.arange(4), Scale())
    assert [line.tolist() for line in numbers] == [[], [], [], [3], [2]]


TABLES = npst.arrays(
    np.float64, st.tuples(st.integers(2, 9), st.integers(1, 5)), elements=st.floats(-1e3, 1e3) | st.just(NAN)
)


@settings(max_examples=50, deadline=None)
@given(table=TABLES, method=st.sampled_from(sorted(SCALERS)), data=st.data())
def test_filling_and_scaling_is_scikit_learns(table, method, data):
    rows = data.draw(st.lists(st.integers(0, len(table) - 1), min_size=1, unique=True))
    table[rows[0]] = np.nan_to_num(table[rows[0]])  # a value of each is among the rows
    fill, center, spread, *_ = fit(table.T, method, rows=rows)
    expected = make_pipeline(SimpleImputer(strategy="median"), SCALERS[method]()).fit(table[rows]).transform(table)
    made = KnownScaler(fill, center, spread).fit(table).transform(table)
    np.testing.assert_allclose(made, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_a_table_too_large_for_a_block_has_the_same_numbers(monkeypatch, method):
    columns = np.random.default_rng(0).normal(3, 7, (5, 20))
    columns[0, :4] = NAN
    at_once = fit(columns, method)
    monkeypatch.setattr(scaling, "BLOCK", 40)
    np.testing.assert_allclose(fit(columns, method)[:3], at_once[:3], rtol=1e-12)
