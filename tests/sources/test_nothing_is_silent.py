"""What a table lacks, or what is taken for nothing in it, is said, and digits that tell rows apart are kept."""

import json
import re
import zipfile

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from stages.basics.cli import UserError
from tests.sources.test_odd_tables import X, as_excel, lines, load, odd, refusal
from tests.sources.test_whatever_the_file import predicted_from, told

Y = [round(0.7 * row * row % 5, 2) for row in range(30)]
LONG = [2**53 + 1 + 2 * row for row in range(30)]


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# --- rows that are too short


def rows_of(*, short):
    rows = [f"{x},{y},{'ab'[number % 2]}" for number, (x, y) in enumerate(zip(X, Y, strict=True), 1)]
    return [row.rsplit(",", short.get(number, 0))[0] for number, row in enumerate(rows, 1)]


def test_rows_with_fewer_fields_than_the_heading_are_named_with_the_way_out():
    table, description = load("\n".join(["x,y,z", *rows_of(short={5: 1, 10: 2})]))
    assert told(description) == [
        "2 rows of 30 with fewer fields than the heading (rows 5, 10), the others taken for missing (if fields stand "
        "in wrong columns: drop_rows: [5, 10], or mend the file)"
    ]
    assert len(table) == 29  # a row without a target is none to learn from
    table, description = load(None, drop_rows=[5, 10])
    assert (len(table), told(description)) == (28, [])


def test_of_many_short_rows_the_first_are_named():
    _, description = load("\n".join(["x,y,z", *rows_of(short=dict.fromkeys(range(3, 20, 2), 1)), "", ""]))
    assert odd(description, "short rows") == [("short rows", "", [], [3, 5, 7])]
    assert "(rows 3, 5, 7, …)" in told(description)[0]
    assert "drop_rows: [3, 5, 7, …]" in told(description)[0]


@pytest.mark.parametrize("empty", [{2}, {2, 9}])
def test_fields_that_are_empty_and_empty_lines_are_no_short_rows(empty):
    rows = [
        f"{x},{y},{'' if number in empty else 'ab'[number % 2]}" for number, (x, y) in enumerate(zip(X, Y, strict=True))
    ]
    rows.insert(7, "")
    _, description = load("\n".join(["x,y,z", *rows]))
    assert told(description) == []
    assert description.columns[1].missing == len(empty)


def test_a_short_row_behind_an_empty_line_has_the_number_that_a_person_counts():
    rows = rows_of(short={5: 1})
    _, description = load("\n".join(["x,y,z", *rows[:2], "", *rows[2:]]))
    assert odd(description, "short rows")[0][3] == [6]


def test_a_delimiter_at_the_end_of_lines_makes_no_column_and_no_short_row():
    for ends in (("", ","), (",", ","), (",", "")):
        _, description = load("\n".join([f"x,y,z{ends[0]}", *(row + ends[1] for row in rows_of(short={}))]))
        assert [column.name for column in description.columns] == ["x", "z"], ends
        assert told(description) == [], ends


def test_a_row_that_is_too_long_is_refused_with_its_place_and_the_way_out():
    rows = rows_of(short={})
    rows[6] += ",5"
    with pytest.raises(Exception, match="row 7 has 4 fields") as raised:
        load("\n".join(["x,y,z", *rows]))
    assert str(raised.value) == (
        "own.csv cannot be read as CSV: row 7 has 4 fields, and the heading 3: '6.32,0.2,b,5'; put cells that hold "
        "',' into quotes, or say how the file is written with delimiter:, skip: or quoting: beside file:"
    )


# --- what a spreadsheet could not calculate, and digits that it shows


def test_errors_of_excel_are_named_in_columns_of_every_kind():
    error, lookup = ('t="e"', "<v>#DIV/0!</v>"), ('t="e"', "<f>VLOOKUP(1)</f><v>#N/A</v>")
    names, days = ["a", "b"] * 15, [f"2024-01-{day:02}" for day in range(1, 31)]
    rows = [list(row) for row in zip(X, names, days, Y, strict=True)]
    rows[3][0] = rows[8][0] = error
    rows[5][1], rows[6][2], rows[7][3] = lookup, error, error
    as_excel("own.xlsx", ("1", [["x", "name", "day", "y"], *rows]))
    table, description = load(None, file="own.xlsx")
    assert [(column.name, column.kind) for column in description.columns] == [
        ("x", "number"),
        ("name", "category"),
        ("day", "date"),
    ]
    assert [int(table[name].isna().sum()) for name in ("x", "name", "day")] == [2, 1, 1]
    assert len(table) == 29
    assert odd(description, "errors") == [
        ("errors", "x", ["#DIV/0!", "#DIV/0!"], [4, 9]),
        ("errors", "name", ["#N/A"], [6]),
        ("errors", "day", ["#DIV/0!"], [7]),
        ("errors", "y", ["#DIV/0!"], [8]),
    ]
    assert (
        told(description)[1] == "name: row 6 holds '#N/A', which a spreadsheet could not calculate; taken for missing"
    )


def test_errors_are_nothing_in_new_rows_too():
    load(lines("x,name,y", X, ["a", "b"] * 15, Y))
    _, description = load(None)
    with open("new.csv", "w", encoding="utf-8") as file:
        file.write("x,name\n1.5,#REF!\n2,a\n")
    assert predicted_from("new.csv", description).table["name"].isna().tolist() == [True, False]


def test_numbers_that_excel_shows_with_zeros_in_front_are_codes():
    rows = [
        [('s="2"', f"<v>{row % 7 + 1}</v>"), ('s="3"', f"<v>{row % 3 + 1201}</v>"), X[row], Y[row]] for row in range(30)
    ]
    as_excel("own.xlsx", ("A &amp; B", [["code", "part", "x", "y"], *rows]))
    table, description = load(None, file="own.xlsx")
    assert [column.kind for column in description.columns] == ["category", "category", "number"]
    assert table["code"].head(3).tolist() == ["0001", "0002", "0003"]
    assert table["part"].head(3).tolist() == ["012-01", "012-02", "012-03"]
    _, as_number = load(None, file="own.xlsx", columns={"code": "number"})
    assert as_number.columns[0].kind == "number"


def test_codes_and_errors_are_seen_where_tags_have_a_prefix():
    rows = [[('s="2"', f"<v>{row % 7 + 1}</v>"), X[row], Y[row]] for row in range(30)]
    rows[3][1] = 't="e"', "<v>#REF!</v>"
    as_excel("plain.xlsx", ("1", [["code", "x", "y"], *rows]))
    with zipfile.ZipFile("plain.xlsx") as plain, zipfile.ZipFile("own.xlsx", "w") as prefixed:
        for part in plain.namelist():
            content = plain.read(part).decode()
            if part.endswith(("s1.xml", "styles.xml", "workbook.xml")):
                content = re.sub(r"<(/?)(?=\w)", r"<\1x:", content).replace("xmlns=", "xmlns:x=")
            prefixed.writestr(part, content)
    table, description = load(None, file="own.xlsx")
    assert table["code"].head(2).tolist() == ["0001", "0002"]
    assert odd(description, "errors") == [("errors", "x", ["#REF!"], [4])]


# --- whole numbers beyond what a float tells apart


def in_file(kind, values):
    if kind == "parquet":
        whole = pyarrow.array(values, pyarrow.int64())
        pyarrow.parquet.write_table(pyarrow.table({"big": whole, "x": X, "y": Y}), "own.parquet")
        return None
    return lines("big,x,y", ["" if value is None else value for value in values], X, Y)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_long_whole_numbers_keep_their_digits_beside_missing_ones(kind):
    values = [None if row == 4 else LONG[row // 2] for row in range(30)]
    table, description = load(in_file(kind, values), file=f"own.{kind}")
    assert description.columns[0].kind == "number"
    assert [None if pd.isna(value) else int(value) for value in table["big"]] == values
    table, description = load(None, file=f"own.{kind}", columns={"big": "category"})
    assert table["big"].dropna().tolist() == [str(value) for value in values if value is not None]


def test_long_whole_numbers_keep_their_digits_beside_words_for_missing():
    table, _ = load(lines("big,x,y", ["n/a", *(LONG[row // 2] for row in range(1, 30))], X, Y))
    assert table["big"].dropna().map(int).tolist() == [LONG[row // 2] for row in range(1, 30)]


def test_long_whole_numbers_keep_their_digits_in_rows_that_are_read_later():
    values = [LONG[row % 30] for row in range(10_100)]
    values[10_050] = ""
    table, _ = load(lines("big,x,y", values, X * 336 + X[:20], Y * 336 + Y[:20]))
    assert table["big"].nunique() == 30
    assert set(table["big"].dropna().map(int)) == set(LONG)


def test_long_whole_numbers_of_a_column_that_has_all_are_whole():
    table, description = load(lines("big,x,y", [LONG[row // 2] for row in range(30)], X, Y))
    assert table["big"].dtype == np.int64
    assert table["big"].tolist() == [LONG[row // 2] for row in range(30)]
    assert description.columns[0].kind == "number"


def test_whole_numbers_too_long_for_64_bits_are_texts_where_floats_would_make_them_equal():
    values = [10**20 + row // 2 for row in range(30)]
    table, description = load(lines("big,x,y", values, X, Y))
    assert description.columns[0].kind == "category"
    assert table["big"].tolist() == list(map(str, values))
    _, description = load(lines("big,x,y", [10**20 * (row + 1) for row in range(30)], X, Y))
    assert description.columns[0].kind == "number"


def test_the_key_for_a_number_far_off_holds_all_its_digits():
    values = [1234567890123460 if row % 9 == 4 else row for row in range(30)]
    _, description = load(lines("c,x,y", values, X, Y))
    assert "missing: {c: [1234567890123460]}" in told(description)[0]
    _, description = load(None, missing={"c": [1234567890123460]})
    assert description.columns[0].missing == 3


# --- files of databases, and JSON in other shapes


@pytest.mark.parametrize("mark", [",", "|"])
def test_a_line_below_the_heading_is_no_row(mark):
    ends = mark if mark == "|" else ""
    rows = [mark.join(["x", "y"]), mark.join(["---", ":--"]), *(f"{x}{mark}{y}" for x, y in zip(X, Y, strict=True))]
    table, description = load("\n".join(f"{ends}{row}{ends}" for row in rows))
    assert [column.name for column in description.columns] == ["x"]
    assert told(description) == ["row 1 is a line below the heading, left out"]
    assert table["x"].tolist() == X


def test_the_null_of_databases_is_missing_among_numbers():
    _, description = load(lines("a,x,y", [r"\N" if row % 5 == 2 else X[row] for row in range(30)], X, Y))
    assert (description.columns[0].kind, description.columns[0].missing) == ("number", 6)


ROWS = [{"x": x, "y": y} for x, y in zip(X, Y, strict=True)]
UNDER = {f"a{number}": row for number, row in enumerate(ROWS)}


@pytest.mark.parametrize(
    ("held", "names"),
    [
        ({"meta": {"n": 3}, "result": {"items": ROWS}}, ["x"]),
        ({name: {key: row[name] for key, row in UNDER.items()} for name in ("x", "y")}, ["x"]),
        (UNDER, ["key", "x"]),
    ],
    ids=["wrapped beside others", "by columns under names of rows", "by rows under their names"],
)
def test_rows_of_json_are_found_in_what_is_around_them(held, names):
    table, description = load(json.dumps(held), file="own.json")
    assert [column.name for column in description.columns] == names
    assert table["x"].tolist() == X
    assert table["target"].tolist() == Y


def test_a_name_that_stands_twice_in_an_object_of_json_is_refused():
    text = json.dumps(ROWS).replace('"y": 0.7', '"x": 5, "y": 0.7')
    assert refusal(text, file="own.json") == "own.json cannot be read as JSON: 'x' stands twice in an object"


def test_a_name_without_its_invisible_letters_is_found():
    table, _ = load(lines("\u200bx,y\ufeff", X, Y), features=["x"])
    assert table["\u200bx"].tolist() == X


def test_a_word_of_two_alphabets_is_in_another_encoding():
    cells = [f"é{row % 3}" for row in range(30)]
    text = lines("x,naïve café,y", X, cells, Y).encode("latin-1")
    table, description = load(text)
    assert table["naïve café"].tolist() == cells
    assert told(description) == [
        "letters are read as cp1252 has them, as in 'naïve' (if they are wrong: encoding: cp1251)"
    ]


def test_a_month_and_a_short_year_behind_a_blank_are_a_date():
    months = pd.date_range("2023-01-01", periods=30, freq="MS")
    table, description = load(lines("m,x,y", [f"{month:%b} '{month:%y}" for month in months], X, Y))
    assert description.columns[0].kind == "date"
    assert table["m"].tolist() == months.tolist()


@pytest.mark.parametrize("word", ["0", "unknown", "later"])
def test_words_in_a_third_of_a_column_of_dates_are_named_with_the_key(word):
    days = [word if row % 3 == 0 else f"2024-01-{row + 1:02}" for row in range(30)]
    _, description = load(lines("day,x,y", days, X, Y))
    assert description.columns[0].kind == "category"
    assert [line for line in told(description) if line.startswith("day: 20 of 30 are dates; rows 1, 4, 7, … hold ")]
    _, description = load(None, missing={"day": [word]})
    assert (description.columns[0].kind, description.columns[0].missing) == ("date", 10)


@pytest.mark.parametrize("word", ["NaT", "none", "(null)", "nil", "[NULL]"])
@pytest.mark.parametrize(("kind", "cells"), [("date", "2024-01-05"), ("number", "1.5"), ("boolean", "true")])
def test_what_programs_write_for_nothing_is_missing(word, kind, cells):
    _, description = load(lines("a,x,y", [word if row % 3 == 0 else cells for row in range(30)], X, Y))
    assert (description.columns[0].kind, description.columns[0].missing) == (kind, 10)


def test_new_rows_may_end_in_a_delimiter_as_those_of_training_do():
    rows = [f"{x},{y},{'ab'[row % 2]}," for row, (x, y) in enumerate(zip(X, Y, strict=True))]
    _, description = load("\n".join(["x,y,z", *rows]))
    with open("new.csv", "w", encoding="utf-8") as file:
        file.write("z,x\na,1.5,\nb,2,\n")
    new = predicted_from("new.csv", description).table
    assert (new["x"].tolist(), new["z"].tolist()) == ([1.5, 2], ["a", "b"])
    with open("new.csv", "w", encoding="utf-8") as file:
        file.write("z,x\na,1,5\nb,2\n")
    with pytest.raises(UserError, match="row 1 has 3 fields, and the heading 2: 'a,1,5'"):
        predicted_from("new.csv", description)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n",
            "own.csv is a pointer of Git LFS, and the table is not here; git lfs pull brings it",
        ),
        (
            "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
            "own.csv is a page of the web; save the table that it shows or links to, as CSV or Excel",
        ),
    ],
)
def test_what_stands_for_a_table_that_is_elsewhere_is_named(content, told):
    assert refusal(content) == told


@pytest.mark.parametrize("quoted", ["b,\n", "b,"])
def test_short_rows_are_told_from_quoted_delimiters_and_lines(quoted):
    rows = [f'{x},{y},"{quoted}"' for x, y in zip(X, Y, strict=True)]
    rows[4], rows[6] = "1,2", f'1,2,"{quoted}"'
    _, description = load("\n".join(["x,y,z", *rows, ""]))
    assert odd(description, "short rows") == [("short rows", "", [], [5])]
