"""Rows are copies where they are equal in all that is learned from, and the columns have too many values for chance."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stages.checks.rows import copies
from stages.records.datasets import Column
from tests.columns import tidy


def found(table, *, classes=False):
    """The number of each row among those that differ, or None: the last column is the target."""
    table = table.reset_index(drop=True)
    *features, target = table.columns
    tidied = {name: tidy(table[name]) for name in features}
    columns = [Column(name, kind, int(values.isna().sum())) for name, (values, kind) in tidied.items()]
    labels = pd.factorize(table[target])[0] if classes else table[[target]].to_numpy(np.float64)
    return copies.numbered(pd.DataFrame({name: values for name, (values, _) in tidied.items()}), columns, labels)


def n_copies(table, *, classes=False):
    numbers = found(table, classes=classes)
    return 0 if numbers is None else len(numbers) - len(np.unique(numbers))


def noise(n_rows, n_columns=8, decimals=3, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(n_rows, n_columns)).round(decimals)).add_prefix("v")


def twice(table):
    return pd.concat([table, table], ignore_index=True)


# --- copies


@pytest.mark.parametrize("classes", [False, True])
@pytest.mark.parametrize(
    ("n_rows", "times", "decimals"), [(60, 5, 3), (12, 20, 3), (60, 5, 1), (400, 3, 2), (400, 3, 1), (5000, 2, 1)]
)
def test_rows_that_were_copied_are_found_however_coarse_their_numbers(n_rows, times, decimals, classes):
    table = noise(n_rows, decimals=decimals)
    table["y"] = np.arange(n_rows) % 2 if classes else noise(n_rows, 1, decimals, seed=1)["v0"]
    copied = pd.concat([table] * times).sample(frac=1, random_state=0)
    assert n_copies(copied, classes=classes) == n_rows * (times - 1)
    assert found(table, classes=classes) is None


def test_copies_have_one_number_in_the_order_of_the_rows_that_differ():
    table = noise(20)
    again = pd.concat([table.iloc[:3], table, table.iloc[[1, 19]]])
    assert found(again).tolist() == [0, 1, 2, 0, 1, 2, *range(3, 20), 1, 19]


def test_a_single_copy_is_found():
    table = noise(200)
    assert n_copies(pd.concat([table, table.iloc[[50]]])) == 1


def test_rows_of_a_rare_class_that_were_drawn_again_are_found():
    table = noise(300).assign(y=["yes"] * 12 + ["no"] * 288)
    rare = table[table["y"] == "yes"].sample(288, replace=True, random_state=0)
    assert n_copies(pd.concat([table, rare]), classes=True) == 288


@pytest.mark.parametrize(
    "identifier",
    [
        [*range(1, 121)],  # it counts on
        [f"P{row * 7 % 120:03}" for row in range(120)],
        [2**60 + 7 * row for row in range(120)],
    ],
    ids=["counts", "texts", "many digits"],
)
def test_a_column_that_only_tells_rows_apart_makes_no_difference(identifier):
    table = twice(noise(60, 4))
    table.insert(0, "code", identifier)
    assert n_copies(table) == 60


def test_any_other_column_makes_a_difference():
    table = twice(noise(60, 4))
    table.insert(0, "city", ["Bonn"] * 60 + ["Ulm"] * 60)
    assert found(table) is None
    assert n_copies(table.assign(city="Bonn")) == 60


@pytest.mark.parametrize(
    "written",
    [
        range(1001, 1121),
        [*range(1061, 1121), *range(1001, 1061)],
        [row * 7919 % 10**6 for row in range(1, 121)],
        pd.date_range("2024-01-01 10:00", periods=120, freq="37s"),
        pd.date_range("2024-01-01 10:00", periods=120, freq="37s")[::-1],
        pd.DatetimeIndex(["2024-01-31"] * 60 + ["2024-02-29"] * 60),
        pd.date_range("2024-01-01 10:00", periods=120, freq="37s")[np.random.default_rng(0).permutation(120)],
    ],
    ids=["running", "in another order", "with gaps", "loaded", "newest first", "exported twice", "shuffled times"],
)
def test_the_number_of_a_row_or_the_time_of_loading_makes_no_difference(written):
    table = twice(noise(60, 4))
    table.insert(0, "written", written)
    assert n_copies(table) == 60
    assert found(table.iloc[:60]) is None


def test_a_measure_or_a_date_that_does_not_rise_makes_a_difference():
    table = twice(noise(60, 4))
    assert found(table.assign(v4=noise(120, 1)["v0"])[["v4", *table]]) is None
    table.insert(0, "day", [*pd.date_range("2024-01-01", periods=60), *pd.date_range("2024-01-02", periods=60)])
    assert found(table) is None


def test_what_is_missing_equals_what_is_missing_and_0_is_0():
    table = noise(40, 3)
    table.loc[::3, "v0"] = None
    table["text"] = ["a", None] * 20
    table["day"] = pd.to_datetime(["2024-01-05", None, "9999-12-31", "0001-01-01"] * 10)
    table.loc[5, "v1"] = 0.0
    again = table.copy()
    again.loc[5, "v1"] = -0.0
    assert n_copies(pd.concat([table, again])[["text", "day", "v0", "v1", "v2"]]) == 40


def test_a_target_may_tell_that_rows_of_few_values_were_copied():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"a": rng.choice(list("xyz"), 100), "b": rng.integers(0, 4, 100), "y": rng.normal(size=100)})
    assert n_copies(twice(table)) == 100
    assert found(twice(table).assign(y=rng.integers(0, 3, 200))) is None


# --- no copies


def likert(n_rows, rng):
    return pd.DataFrame(rng.integers(1, 6, size=(n_rows, 5))).add_prefix("q")


def passengers(n_rows, rng):
    fare = rng.choice([7.25, 7.75, 7.9, 8.05, 10.5, 13.0, 26.0, 30.5, 52.0, 77.3], n_rows)
    sex, age = rng.choice(["m", "f"], n_rows), np.where(rng.random(n_rows) < 0.2, np.nan, rng.integers(18, 80, n_rows))
    y = (rng.random(n_rows) < np.where(sex == "f", 0.7, 0.2)).astype(int)
    return pd.DataFrame({"sex": sex, "class": rng.integers(1, 4, n_rows), "age": age, "fare": fare, "y": y})


def doses(n_rows, rng):
    dose = rng.choice(np.logspace(-2, 2, 25).round(3), n_rows)
    return pd.DataFrame({"dose": dose, "y": (rng.random(n_rows) < 1 / (1 + dose**-3)).astype(int)})


def twins(n_rows, rng):
    return twice(noise(n_rows // 2, 4)).assign(y=(rng.random(n_rows) < 0.06).astype(int))


def prices(n_rows, rng):
    kinds, shops = rng.choice(list("abcde"), n_rows), rng.choice(list("xyz"), n_rows)
    return pd.DataFrame({"kind": kinds, "shop": shops, "price": rng.choice([5, 7.5, 9.99, 19.99], n_rows)})


def hours(n_rows, rng):
    hour, day, degrees = rng.integers(0, 24, n_rows), rng.integers(1, 32, n_rows), rng.normal(10, 5, n_rows).round(0)
    return pd.DataFrame({"hour": hour, "day": day, "degrees": degrees, "y": rng.poisson(2, n_rows)})


@pytest.mark.parametrize("make", [likert, passengers, doses, twins, prices, hours], ids=lambda make: make.__name__)
@pytest.mark.parametrize("n_rows", [100, 600, 4000])
def test_a_table_of_few_values_has_no_copies(make, n_rows):
    table = make(n_rows, np.random.default_rng(n_rows))
    assert n_rows < 600 or table.duplicated().any()
    assert found(table) is None
    assert found(table, classes=True) is None


def test_rows_that_were_measured_more_than_once_are_no_copies():
    again = twice(noise(100, 4))
    assert found(again.assign(y=np.random.default_rng(0).normal(size=200))) is None
    assert found(again.assign(y=np.random.default_rng(0).integers(0, 6, 200)), classes=True) is None


@settings(max_examples=50)
@given(
    rows=st.lists(st.integers(0, 24), min_size=2, max_size=60),
    n_columns=st.integers(2, 4),
    seed=st.integers(0, 9),
)
def test_copies_are_the_rows_that_pandas_calls_duplicates_or_there_are_none(rows, n_columns, seed):
    assume(len(set(rows)) > 1)
    table = noise(25, n_columns, seed=seed).iloc[rows].reset_index(drop=True)
    numbers = found(table)
    if numbers is not None:
        assert (pd.Series(numbers).duplicated() == table.duplicated()).all()
        assert table.groupby(numbers).nunique(dropna=False).max(axis=None) <= 1
    elif table.drop_duplicates().shape[0] >= 10:
        assert not table.duplicated().any()
