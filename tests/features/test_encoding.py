from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.features import encoding
from stages.records.datasets import Column, Treatment

ROOT = Path(__file__).parents[2]
METHODS = ["none", "standard", "minmax", "robust"]


def texts(*values):
    """A column of texts, as `data/raw` holds it."""
    return pd.Series(values, dtype="str")


def dates(*values):
    return pd.to_datetime(pd.Series(values), format="ISO8601").astype("datetime64[us]")


def fit(kinds, *, method="standard", **values):
    """The encoder fitted on columns of these values, whose kinds stand in their order."""
    rows = pd.DataFrame(values)
    described = [
        Column(name, kind, missing=int(rows[name].isna().sum())) for name, kind in zip(rows, kinds.split(), strict=True)
    ]
    return encoding.fit(rows, described, method)


def inputs(fitted, **values):
    """What the pipeline makes of rows, (n_rows, n_inputs)."""
    return fitted.pipeline.transform(pd.DataFrame(values)).tolist()


def encoded(n_inputs, n_categories, *, n_rare=0, missing=0, missing_as=None):
    """What was done to the texts of a column city."""
    return Treatment(
        "city", "category", n_inputs, missing=missing, n_categories=n_categories, n_rare=n_rare, missing_as=missing_as
    )


# --- numbers and booleans


@pytest.mark.parametrize("kind", ["number", "boolean"])
def test_numbers_and_booleans_stay_as_they_are_and_what_is_missing_stays_so(kind):
    fitted = fit(kind, x=[0.0, None, 1.0])
    np.testing.assert_array_equal(inputs(fitted, x=[1.0, None, 7.25]), [[1], [np.nan], [7.25]])


def test_whole_numbers_of_any_size_become_numbers():
    for dtype in ("int8", "int64", "uint64", "Int64"):
        fitted = fit("number", x=pd.Series([1, 2, 5], dtype=dtype))
        made = fitted.pipeline.transform(pd.DataFrame({"x": pd.Series([1, 2, 5], dtype=dtype)}))
        assert (made.dtype, made.tolist()) == (np.float64, [[1], [2], [5]])
    made = fitted.pipeline.transform(pd.DataFrame({"x": pd.Series([1, None, 5], dtype="Int64")}))
    np.testing.assert_array_equal(made, [[1], [np.nan], [5]])


@pytest.mark.parametrize("method", METHODS)
def test_what_a_split_will_do_to_a_column_is_a_fact(method):
    values = {"x": [0.0, None, 1.0], "day": dates("2020-01-01", None, "2020-01-03"), "new": [1.0, 0.0, None]}
    number, day, new = fit("number date boolean", method=method, **values).treatments
    scaled = None if method == "none" else method
    assert number == Treatment("x", "number", 1, missing=1, imputed="median", scaled=scaled)
    assert day == Treatment("day", "date", 1, missing=1, imputed="median", scaled=scaled)
    assert new == Treatment("new", "boolean", 1, missing=1, imputed="most frequent")
    [whole] = fit("number", method=method, x=[0.0, 1.0]).treatments
    assert whole == Treatment("x", "number", 1, scaled=scaled)


# --- dates


def test_dates_become_days_since_1970():
    fitted = fit("date", x=dates("1970-01-03", "1969-12-31T12:00"))
    assert inputs(fitted, x=dates("1970-01-03", "1969-12-31T12:00", "2070-01-01")) == [[2], [-0.5], [36525]]
    np.testing.assert_array_equal(inputs(fitted, x=dates(None, "1970-01-02")), [[np.nan], [1]])


# --- texts


def test_texts_are_one_hot():
    fitted = fit("category", city=texts("Bonn", "Kiel", "Kiel", "Bonn", "Ærø", "Ærø"))
    assert fitted.names == ["city=Bonn", "city=Kiel", "city=Ærø"]
    assert inputs(fitted, city=texts("Kiel", "Ærø", "Bonn")) == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert fitted.treatments == [encoded(3, 3)]


def test_texts_in_one_row_only_are_one_input():
    fitted = fit("category", city=texts("Bonn", "Bonn", "Kiel", "Genf", "Ulm"))
    assert fitted.names == ["city=Bonn", "city=rare"]
    assert inputs(fitted, city=texts("Genf", "Bonn", "Ulm")) == [[0, 1], [1, 0], [0, 1]]
    assert fitted.treatments == [encoded(2, 4, n_rare=3)]


@pytest.mark.parametrize(("n_rows", "needed"), [(10, 2), (200, 2), (201, 3), (300, 3), (1000, 10), (1001, 11)])
def test_a_text_is_rare_below_a_hundredth_of_the_rows(n_rows, needed):
    for count, name in ((needed, "city=few"), (needed - 1, "city=rare")):
        fitted = fit("category", city=texts(*["few"] * count, *["many"] * (n_rows - count)))
        assert set(fitted.names) == {"city=many", name}


def test_of_very_many_texts_the_most_frequent_are_kept():
    often = [f"often {i}" for i in range(49)]
    fitted = fit("category", city=texts(*often * 30, *[f"seldom {i}" for i in range(60)] * 20))
    assert fitted.names == [*sorted(f"city={text}" for text in often), "city=rare"]
    assert fitted.treatments == [encoded(50, 109, n_rare=60)]


def test_a_text_that_was_not_seen_counts_as_rare():
    fitted = fit("category", city=texts("Bonn", "Bonn", "Kiel", "Genf"))
    assert inputs(fitted, city=texts("Atlantis")) == inputs(fitted, city=texts("Genf")) == [[0, 1]]


def test_a_text_that_was_not_seen_is_no_input_where_none_was_rare():
    fitted = fit("category", city=texts("Bonn", "Bonn", "Kiel", "Kiel"))
    assert inputs(fitted, city=texts("Atlantis", None)) == [[0, 0], [0, 0]]


def test_missing_is_a_text_of_its_own():
    fitted = fit("category", city=texts("Bonn", None, "Bonn", None, "Kiel", "Kiel"))
    assert fitted.names == ["city=Bonn", "city=Kiel", "city=missing"]
    assert inputs(fitted, city=texts(None, "Kiel")) == [[0, 0, 1], [0, 1, 0]]
    assert fitted.treatments == [encoded(3, 3, missing=2, missing_as="a category")]


def test_missing_in_one_row_is_rare():
    fitted = fit("category", city=texts("Bonn", None, "Bonn", "Kiel"))
    assert inputs(fitted, city=texts(None, "Kiel", "Bonn")) == [[0, 1], [0, 1], [1, 0]]
    assert fitted.treatments == [encoded(2, 3, n_rare=2, missing=1, missing_as="rare")]


def test_one_text_and_nothing_tell_rows_apart():
    fitted = fit("category", pool=texts("yes", None, None, "yes"))
    assert fitted.names == ["pool=yes", "pool=missing"]


@pytest.mark.parametrize("text", ["", " ", "a|b", 'q"q', "two\nlines", "漢", "🙂", "nan", "None", "1"])
def test_a_text_may_be_anything(text):
    fitted = fit("category", city=texts(text, text, "Bonn", "Bonn"))
    assert inputs(fitted, city=texts(text))[0][fitted.names.index(f"city={text}")] == 1


# --- what is left out


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        ("number", [7.0, 7.0, 7.0], "constant"),
        ("number", [7.0, None, 7.0], "constant"),
        ("number", [None, None, None], "empty"),
        ("boolean", [1.0, 1.0, 1.0], "constant"),
        ("boolean", [None, None, None], "empty"),
        ("date", dates("2020-01-01", None, "2020-01-01"), "constant"),
        ("date", dates(None, None, None), "empty"),
        ("category", texts("CH", "CH", "CH"), "always"),
        ("category", texts(None, None, None), "empty"),
        ("category", texts("a", "b", "c"), "rare"),
        ("category", texts("a", None, "c"), "rare"),
        ("identifier", [1, 2, 3], "identifier"),
    ],
)
def test_a_column_that_tells_nothing_is_left_out(kind, values, reason):
    values = pd.Series(values, dtype=None if kind in ("date", "category", "identifier") else "float64")
    fitted = fit(f"{kind} number", odd=values, x=[1.0, 2.0, 4.0])
    assert fitted.names == ["x"]
    missing, value = int(values.isna().sum()), "CH" if reason == "always" else ""
    assert fitted.treatments[0] == Treatment("odd", kind, 0, missing=missing, left_out=reason, value=value)
    rows = pd.DataFrame({"odd": values, "x": [1.0, 2.0, 4.0]})
    assert fitted.pipeline.transform(rows).shape == (3, 1)
    with pytest.raises(UserError, match=r"^no column is left to learn from: odd \(left out: .+\); "):
        fit(kind, odd=values)


def test_a_column_that_was_left_out_may_vary_or_lack_in_new_rows():
    fitted = fit("number number", odd=[7.0, 7.0], x=[1.0, 2.0])
    assert inputs(fitted, odd=[7.0, 9.0], x=[1.0, 2.0]) == [[1], [2]]


def test_of_many_columns_that_are_left_out_ten_are_told():
    with pytest.raises(UserError) as raised:
        fit(" ".join(["number"] * 12), **{f"x{i}": [1.0, 1.0] for i in range(12)})
    assert str(raised.value).count("constant") == 10
    assert "x9 (left out: constant); which columns" in str(raised.value)


# --- the inputs together


MIXED = {
    "city": texts("Bonn", "Kiel", "Kiel", "Bonn", None),
    "new": [1.0, 0.0, 0.0, None, 1.0],
    "day": dates("2020-01-01", "2020-01-03", "2020-01-01", None, "2020-02-01"),
    "id": [1, 2, 3, 4, 5],
    "size": [1.5, None, 2.5, 9.0, 1.0],
    "rooms": [3, 1, 1, 2, 2],
}
KINDS = "category boolean date identifier number number"


def test_inputs_come_in_the_order_of_their_kinds_and_treatments_in_that_of_the_table():
    fitted = fit(KINDS, **MIXED)
    assert fitted.names == ["size", "rooms", "day", "new", "city=Bonn", "city=Kiel", "city=rare"]
    assert [each.column for each in fitted.treatments] == list(MIXED)
    assert [each.n_inputs for each in fitted.treatments] == [3, 1, 1, 0, 1, 1]


def test_every_input_is_a_number_and_has_the_kind_of_its_column():
    fitted = fit(KINDS, **MIXED)
    made = fitted.pipeline.transform(pd.DataFrame(MIXED))
    assert (made.dtype, made.shape) == (np.float64, (5, len(fitted.names)))
    assert fitted.kinds == ["number", "number", "date", "boolean", "category", "category", "category"]


def test_each_input_is_that_of_its_column():
    fitted = fit(KINDS, **MIXED)
    made = pd.DataFrame(fitted.pipeline.transform(pd.DataFrame(MIXED)), columns=fitted.names)
    assert made["rooms"].tolist() == [3, 1, 1, 2, 2]
    np.testing.assert_array_equal(made["size"], [1.5, np.nan, 2.5, 9.0, 1.0])
    np.testing.assert_array_equal(made["new"], [1, 0, 0, np.nan, 1])
    assert made["city=Kiel"].tolist() == [0, 1, 1, 0, 0]
    assert made["city=rare"].tolist() == [0, 0, 0, 0, 1]
    np.testing.assert_array_equal(made["day"] - made["day"][0], [0, 2, 0, np.nan, 31])


def test_columns_are_looked_up_by_name_in_new_rows():
    fitted = fit(KINDS, **MIXED)
    rows = pd.DataFrame(MIXED)
    turned = rows[rows.columns[::-1]].assign(more=1)
    np.testing.assert_array_equal(fitted.pipeline.transform(turned), fitted.pipeline.transform(rows))


def test_the_rows_given_are_not_changed():
    rows = pd.DataFrame(MIXED)
    before = rows.copy()
    fit(KINDS, **MIXED).pipeline.transform(rows)
    pd.testing.assert_frame_equal(rows, before)


def test_nothing_is_warned_of():
    fitted = fit(KINDS, **MIXED)
    fitted.pipeline.transform(pd.DataFrame(MIXED).assign(city=texts("new", None, "Bonn", "x", "y")))


def test_where_no_column_is_left_it_is_said_what_to_write():
    rows = pd.DataFrame({"nr": [1, 2, 3], "c": [1.0, 1.0, 1.0]})
    with pytest.raises(UserError) as raised:
        encoding.fit(rows, [Column("nr", "identifier", 0), Column("c", "number", 0)], "standard")
    assert str(raised.value) == (
        "no column is left to learn from: nr (left out: it only tells rows apart), c (left out: constant); to learn "
        "from one all the same: columns: {nr: number}; which columns there are to learn from, features: and "
        "drop: beside file: say"
    )


def test_a_column_without_an_interquartile_range_is_told_where_it_is_to_be_scaled_by_it():
    flat = [0.0, 0.0, 0.0, np.nan, 9.0]
    rows = pd.DataFrame({"flat": flat, "wide": [1.0, 2.0, 3.0, 4.0, 5.0]})
    columns = [Column("flat", "number", 1), Column("wide", "number", 0)]
    for method, expected in (("robust", [True, False]), ("standard", [False, False])):
        assert [each.no_spread for each in encoding.fit(rows, columns, method).treatments] == expected
