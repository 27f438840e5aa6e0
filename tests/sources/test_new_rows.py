"""New rows are read as those of training were, however few there are."""

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.params.schema import Dataset
from stages.params.source import Table
from stages.parsing import reading
from stages.parsing.column_kinds import plain
from stages.parsing.dates import as_dates, fit, moments_of
from stages.records.winners import Input
from stages.sources import describe, new_rows

SOURCE = Table(file="a.csv", target="y")


def by_known_form(texts, form):
    return pd.Series(moments_of(list(texts), form, texts.name), texts.index)


def known(kind="number", form=None, low=None, high=None, missing=1):
    return Input("x", "x", kind, form, low, high, missing)


def read(values, own, source=SOURCE, texts=(), decimal="."):
    rows = pd.DataFrame({"x": values})
    made = new_rows.as_trained(rows, [own], source, {"x": set(texts)}, decimal=decimal)
    return made.table["x"], made.notes


@pytest.mark.parametrize(
    ("texts", "decimal", "numbers"),
    [
        (["1.5", "-2", "1e3", ".5"], ".", [1.5, -2, 1000, 0.5]),
        (["$1,200", "1.2k", "5 %", "(7)"], ".", [1200, 1200, 0.05, -7]),
        (["1.680,50", "1.680", "0,5"], ",", [1680.5, 1680, 0.5]),
        (["1.234", "1,234"], ".", [1.234, 1234]),  # each as in a file with points
        (["234,56"], ".", [234.56]),  # which no point could make a number
        (["NA", "", "-", " ?"], ".", [np.nan] * 4),
        (["1e400", "inf"], ".", [np.nan] * 2),
        ([True, False], ".", [1, 0]),
        ([7, 8.5], ".", [7, 8.5]),
    ],
)
def test_numbers_as_people_write_them(texts, decimal, numbers):
    values, _ = read(texts, known(), decimal=decimal)
    np.testing.assert_allclose(values, numbers)


@pytest.mark.parametrize("text", ["1:30", "1:02:03", "2 h", "1h 30m"])
def test_a_duration_among_numbers_is_none(text):
    assert np.isnan(read([text], known())[0]).all()


@pytest.mark.parametrize(("form", "seconds"), [("hours", 5400), ("minutes", 90), ("seconds", 5400)])
def test_a_time_of_two_parts_is_what_it_was_in_training(form, seconds):
    assert read(["1:30"], known(form=form))[0].tolist() == [seconds]


@pytest.mark.parametrize(
    ("times", "form"), [(["1:30", "2:15", "3:05"], "hours"), (["1:30", "65:00", "3:05"], "minutes")]
)
def test_what_the_first_part_of_a_time_is_stands_in_the_description(tmp_path, times, form):
    path = tmp_path / "a.csv"
    pd.DataFrame({"x": times * 4, "y": np.arange(12) / 7}).to_csv(path, index=False)
    dataset = Dataset.model_validate({"source": {"file": str(path), "target": "y"}})
    [column] = describe.load("a", dataset, {})[1].columns
    assert (column.kind, column.form) == ("number", form)


def test_a_unit_is_the_one_of_training_and_no_other(tmp_path):
    path = tmp_path / "a.csv"
    fields = {"x": [f"{row} kg" for row in range(2, 14)], "y": [f"{row / 7:.2f} km/h" for row in range(12)]}
    pd.DataFrame(fields).to_csv(path, index=False)
    dataset = Dataset.model_validate({"source": {"file": str(path), "target": "y"}})
    _, description = describe.load("a", dataset, {})
    assert description.columns[0].form == "kg"
    values, notes = read(["15 kg", "16", "17kg", "18 lb"], known(form="kg"))
    np.testing.assert_array_equal(values, [15, 16, 17, np.nan])
    assert notes == ["x: '18 lb' (row 4), no number: taken as missing"]
    targets = new_rows.targets(pd.DataFrame({"y": ["2.5 km/h", "3"]}), description, dataset.source, ".")
    assert targets.tolist() == [[2.5], [3]]


def test_what_is_no_number_is_missing_and_told_once_for_each():
    values, notes = read(["1", "many", "many", "few", "some", "none at all"], known())
    assert values.isna().sum() == 5
    assert notes == ["x: 'many' (row 2), 'few' (row 4), 'some' (row 5) and 2 more rows, no number: taken as missing"]


def test_what_the_parameters_say_stands_for_nothing_is_missing():
    source = Table(file="a.csv", target="y", missing={"x": ["--", -200]})
    assert read(["--", "-200", "3"], known(), source)[0].isna().tolist() == [True, True, False]


def test_texts_are_called_as_the_parameters_say():
    source = Table(file="a.csv", target="y", labels={"x": {"N": "No"}})
    values, notes = read([" N", "No", "Yes"], known("category"), source, texts=["No", "Yes"])
    assert (values.tolist(), notes) == (["No", "No", "Yes"], [])


def test_categories_that_pandas_takes_for_numbers_are_texts():
    values, notes = read([12.0, 7.0], known("category"), texts=["12", "7"])
    assert (values.tolist(), notes) == (["12", "7"], [])


@pytest.mark.parametrize("texts", [["TRUE", "false", "1", "0"], [True, False, True, False], [1.0, 0.0, 1.0, 0.0]])
def test_booleans_in_every_way(texts):
    assert read(texts, known("boolean"))[0].tolist() == [1, 0, 1, 0]


def test_missing_is_told_where_training_had_none():
    assert read(["", "1"], known(missing=0))[1] == ["x: missing in 1 row (row 1), in training in none"]
    assert read(["", "1"], known(missing=1))[1] == []


def test_the_range_of_training_is_closed():
    assert read(["1", "5"], known(low=1, high=5))[1] == []
    assert read(["0.9", "5"], known(low=1, high=5))[1] == ["x: 0.9 (row 1), out of the range of training, 1 to 5"]


@pytest.mark.parametrize(
    ("trained", "form"),
    [
        (["02/13/1995", "03/04/1996"], "month first"),
        (["13.02.1995", "03.04.1996"], "day first"),
        (["13.02.95", "03.04.96"], "day first"),
        (["1995-02-13", "1996-04-03"], "ISO8601"),
        (["13 February 1995", "3 April 1996"], "named"),
        (["a", "b"], None),
    ],
)
def test_how_dates_are_written_is_known_from_training(trained, form):
    assert fit(pd.Series(trained))[0] == form
    if form:
        read_again = by_known_form(pd.Series(trained[::-1]), form)
        assert read_again.dt.strftime("%Y-%m-%d").tolist() == [
            "1996-04-03" if "/" not in trained[0] else "1996-03-04",
            "1995-02-13",
        ]


def test_a_date_alone_has_its_day_and_month_where_training_had_them():
    assert by_known_form(pd.Series(["03/04/1996"]), "day first").dt.month.tolist() == [4]
    assert by_known_form(pd.Series(["03/04/1996"]), "month first").dt.month.tolist() == [3]


FORMS = ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%y", "%m/%d/%y"]
FORMS += ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d %b %Y", "%b %d, %Y", "%B %Y", "%d-%b-%y"]


@given(
    form=st.sampled_from(FORMS),
    days=st.lists(st.dates(datetime.date(2000, 1, 1), datetime.date(2030, 1, 1)), min_size=2, max_size=9),
)
def test_dates_are_read_as_they_were_in_training(form, days):
    """Also where the first date alone tells that the day stands before the month."""
    texts = pd.Series([f"{day:{form}}" for day in days], name="born")
    dates = as_dates(texts)
    assert dates is not None
    assert by_known_form(texts, fit(texts)[0]).tolist() == dates.tolist()


def test_a_day_that_cannot_be_a_month_says_that_the_day_stands_first():
    form = fit(pd.Series(["13/01/1990", "05/04/1990"]))[0]
    assert by_known_form(pd.Series(["05/04/1990"]), form).dt.month.tolist() == [4]


@pytest.mark.parametrize("written", ["2020/05/04", "2020.05.04", "2020-05-04"])
def test_dates_that_begin_with_the_year_are_told_from_numbers(written):
    dates = by_known_form(pd.Series([written, "20200504", "5"]), "ISO8601")
    assert dates.notna().tolist() == [True, False, False]
    assert dates.dt.month.tolist()[0] == 5


def test_dates_that_are_none_do_not_change_the_others():
    texts = pd.Series(["x", "31/01/1990", "1995-02-03", "02/03/1995", "02/03/1995 10:00"])
    months = by_known_form(texts, "month first").dt.month
    assert months.isna().tolist() == [True, True, False, False, False]
    assert months.dropna().tolist() == [2, 2, 2]


def test_a_file_that_is_written_otherwise_than_training_is_read_as_any_other(tmp_path):
    source = Table(file="a.csv", target="y", skip=3, delimiter=";")
    (tmp_path / "new.csv").write_text("x,z\n1.5,a\n", encoding="utf-8")
    new = reading.read_new(tmp_path / "new.csv", source, None, ["x"])
    assert new.rows.to_dict("list") == {"x": ["1.5"], "z": ["a"]}
    assert new.written.delimiter == ","


@pytest.mark.parametrize("name", ["new.parquet", "new.jsonl", "new.csv.gz"])
def test_new_rows_come_in_every_kind_of_file(tmp_path, name):
    rows, path = pd.DataFrame({"x": [1.5, 2.5], "z": ["a", "b"]}), tmp_path / name
    match path.suffix:
        case ".parquet":
            rows.to_parquet(path)
        case ".jsonl":
            rows.to_json(path, orient="records", lines=True)
        case _:
            rows.to_csv(path, index=False)
    table = reading.read_new(path, SOURCE, None, ["x"]).rows
    values, _ = read(table["x"], known())
    assert values.tolist() == [1.5, 2.5]


NUMBERS = [1.0, 0.0, None, 3.0]
DAYS = [pd.Timestamp("2020-05-04"), None, pd.Timestamp("2020-05-05")]
ZONED = [pd.Timestamp("2020-05-04", tz="UTC"), None, pd.Timestamp("2020-05-05", tz="UTC")]


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        *(("number", pd.Series(NUMBERS, dtype=kind)) for kind in ("Int64", "Float64", "float32", "object")),
        *(("number", pd.Series(NUMBERS, dtype=kind)) for kind in ("int64[pyarrow]", "double[pyarrow]")),
        ("number", pd.Series(pd.Categorical([1, 0, None, 3]))),
        ("number", pd.Series(["1", "0", None, "3"], dtype="category")),
        ("number", pd.Series(["1", "0.0", None, 3], dtype=object)),
        ("number", pd.Series([True, False, None, 3], dtype=object)),
        ("number", pd.Series(["1", "0", None, "3"], dtype=pd.ArrowDtype(pa.dictionary(pa.int32(), pa.string())))),
        ("number", pd.Series(pd.arrays.SparseArray([1, 0, np.nan, 3]))),
        ("date", pd.Series(DAYS)),
        ("date", pd.Series(DAYS, dtype=object)),
        ("date", pd.Series(DAYS, dtype="timestamp[us][pyarrow]")),
        ("date", pd.Series(DAYS, dtype="date32[pyarrow]")),
        ("date", pd.Series(DAYS).astype("category")),
        ("date", pd.Series(ZONED)),
        ("date", pd.Series(ZONED, dtype=pd.ArrowDtype(pa.timestamp("us", tz="UTC")))),
        ("date", pd.Series(["2020-05-04", None, datetime.date(2020, 5, 5)], dtype=object)),
        *(("boolean", pd.Series([True, None, False], dtype=kind)) for kind in ("boolean", "object", "bool[pyarrow]")),
        ("boolean", pd.Series([True, None, False], dtype="category")),
        ("boolean", pd.Series(["true", None, "False"])),
        ("boolean", pd.Series([1, None, 0])),
        *(("category", pd.Series(["7", None, "8"], dtype=kind)) for kind in ("str", "category", "string[pyarrow]")),
        *(("category", pd.Series([7, None, 8], dtype=kind)) for kind in ("float64", "Int64", "int64[pyarrow]")),
        *(("category", pd.Series([7, None, 8], dtype=kind)) for kind in ("category", "double[pyarrow]", "object")),
    ],
)
def test_values_of_any_type_are_what_they_stand_for(kind, values):
    expected = {"number": NUMBERS, "date": DAYS, "boolean": [1.0, None, 0.0], "category": ["7", None, "8"]}[kind]
    made, notes = read(values, known(kind, "day first" if kind == "date" else None), texts=["7", "8"])
    assert made.astype(object).where(made.notna(), None).tolist() == expected
    assert notes == []


@pytest.mark.parametrize(
    ("values", "texts", "meant"),
    [
        ([7, 8], ["007", "008"], ["007", "008"]),
        ([7.0, None], ["007", "08"], ["007", None]),
        ([7], ["007", "07"], ["7"]),
        ([1.5], ["1.50", "2"], ["1.50"]),
        ([True, None], ["TRUE", "maybe"], ["TRUE", None]),
        (["7"], ["007"], ["7"]),
        (["", " "], ["a"], [None, None]),
        ([""], ["", "a"], [""]),
    ],
)
def test_a_category_that_was_read_as_a_number_or_a_boolean_is_found_again(values, texts, meant):
    made, _ = read(pd.Series(values, dtype=object).infer_objects(), known("category"), texts=texts)
    assert made.astype(object).where(made.notna(), None).tolist() == meant


@pytest.mark.parametrize("values", [pd.Categorical(["a", None, "b"]), pd.array([1, None, 2], "int64[pyarrow]")])
def test_a_column_of_any_type_keeps_its_name(values):
    assert plain(pd.Series(values, name="size")).name == "size"


def test_a_date_far_from_all_others_is_told_as_any_other():
    far = pd.Series([pd.Timestamp("9727-06-10"), pd.Timestamp("2020-05-04")]).astype("datetime64[us]")
    made, notes = read(far, known("date", "ISO8601", 0.0, 2_800_000.0))
    assert made.tolist() == far.tolist()
    assert notes == ["x: 9727-06-10 (row 1), out of the range of training, 1970-01-01 to 9636-02-21"]


@pytest.mark.parametrize(
    "values",
    [
        ["2021-05-06", "0001-01-01", "9999-12-31 12:30"],
        [datetime.datetime(2021, 5, 6), datetime.datetime(1, 1, 1), datetime.datetime(9999, 12, 31, 12, 30)],
        np.array(["2021-05-06", "0001-01-01", "9999-12-31T12:30"], "datetime64[s]"),
    ],
    ids=["texts", "objects", "seconds"],
)
def test_dates_far_from_all_others_are_told_and_end_nothing(values):
    made, notes = read(values, known("date", "ISO8601", low=17000.0, high=19000.0))
    assert made.dt.year.tolist() == [2021, 1, 9999]
    assert notes == [
        "x: 0001-01-01 (row 2), 9999-12-31 12:30:00 (row 3), out of the range of training, 2016-07-18 to 2022-01-08"
    ]
    _, [note] = read(values, known("date", "ISO8601", low=-719162.0, high=2932896.0))
    assert note == "x: 9999-12-31 12:30:00 (row 3), out of the range of training, 0001-01-01 to 9999-12-31"


@pytest.mark.parametrize(
    ("value", "low", "high", "note"),
    [
        (5812350.25, 5812345.081, 5812348.4, "5812350 (row 1), out of the range of training, 5812345 to 5812348"),
        (
            5812348.43,
            5812345.081,
            5812348.4,
            "5812348.43 (row 1), out of the range of training, 5812345.08 to 5812348.4",
        ),
        (2e18, 0.0, 1e18, "2e+18 (row 1), out of the range of training, 0 to 1e+18"),
        (2e-12, 0.0, 1e-12, "2e-12 (row 1), out of the range of training, 0 to 1e-12"),
    ],
)
def test_what_is_out_of_range_is_told_from_the_range(value, low, high, note):
    assert read([value], known(low=low, high=high))[1] == [f"x: {note}"]
