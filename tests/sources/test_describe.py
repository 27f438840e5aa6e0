import bz2
import datetime
import decimal
import gzip
import lzma
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.params.schema import Dataset, Split
from stages.params.source import Table
from stages.parsing import reading
from stages.parsing.delimited import dialect
from stages.records.datasets import Column, CsvFormat, Description, Inference
from stages.sources import describe
from stages.sources.target import find_target
from tests import columns
from tests.columns import tidy

KEY = "params.yaml: datasets.own"
ROWS = [["city", "size", "price"], ["Zürich", "12", "0.5"], ["Ærø", "7", "1.5"], ["Bonn", "3", "2.5"]]
CITIES = pd.DataFrame(
    {"city": ["Zürich", "Ærø", "Bonn"], "size": [12, 7, 3], "price": [0.5, 1.5, 2.5]},
).astype({"city": "str"})


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def joined(rows, delimiter):
    return "".join(delimiter.join(row) + "\n" for row in rows)


def table_at(file, content):
    """Write text, bytes or what a table holds."""
    if isinstance(content, str):
        Path(file).write_text(content, encoding="utf-8", newline="")
    elif isinstance(content, bytes):
        Path(file).write_bytes(content)
    elif file.endswith(".parquet"):
        pd.DataFrame(content).to_parquet(file)
    else:
        pd.DataFrame(content).to_csv(file, index=False)
    return file


def read(content, file="own.csv", **source):
    """What a file is read as, and how it was taken to be written."""
    path = table_at(file, content)
    return columns.read(Table(file=path, target="price", **source), f"{KEY}.source")[::2]


def read_files(source, key):
    """What several files are read as, which they are, and how they were taken to be written."""
    return columns.read(source, key)


def load(content, *, file="own.parquet", target="y", task=None, split=None, **source):
    """The rows and the description of a dataset whose table holds this."""
    source = Table(file=table_at(file, content), target=target, **source)
    return describe.load("own", Dataset(source=source, task=task), {"datasets.own.split": split} if split else {})


def target_of(*values, task=None, **other):
    """What a target of these values is: its labels, and the description."""
    table, description = load({"x": [f"{i}" for i in range(len(values))], "y": list(values)}, task=task, **other)
    return table["target"].tolist(), description


def kind_of(values):
    """What a column of these values is kept as, and its kind."""
    table, description = load({"a": values, "y": np.arange(len(values)) / 2})
    [column] = description.columns
    assert column.missing == table["a"].isna().sum()
    return table["a"].tolist(), column.kind


def refusal(function, *arguments, **settings):
    """The one line that a table is refused with."""
    with pytest.raises(UserError) as raised:
        function(*arguments, **settings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


# --- CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out(delimiter):
    table, written = read(joined(ROWS, delimiter))
    pd.testing.assert_frame_equal(table, CITIES)
    assert written == CsvFormat(delimiter, "utf-8", ".")


@pytest.mark.parametrize(
    ("delimiter", "between"), [(",", ","), (";", ";"), ("~", "~"), (" ", " "), ("::", "::"), (r"\s+", " \t ")]
)
def test_the_delimiter_may_be_given(delimiter, between):
    table, written = read(joined(ROWS, between), delimiter=delimiter)
    pd.testing.assert_frame_equal(table, CITIES)
    assert written.delimiter == delimiter


def test_a_delimiter_that_is_given_is_not_found_out():
    table, _ = read("a,b;price\nx,2;3\ny,5;6\n", delimiter=";")
    assert table.to_dict("list") == {"a,b": ["x,2", "y,5"], "price": [3, 6]}


@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "\ufeffsep=;\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_first_line_for_excel_gives_the_delimiter(first, encoding):
    table, written = read((first + "a,b;price\nx,2;3\ny,5;6\n").encode(encoding))
    assert table.to_dict("list") == {"a,b": ["x,2", "y,5"], "price": [3, 6]}
    assert written == CsvFormat(";", encoding, ".", skipped=1)


def test_a_first_line_for_excel_is_no_heading_where_the_delimiter_is_given():
    assert list(read("sep=,\na;price\nx;3\n", delimiter=";")[0]) == ["a", "price"]
    assert list(read("sep=,\na::price\nx::3\n", delimiter="::")[0]) == ["a", "price"]


def test_a_column_alone_needs_no_delimiter():
    table, _ = read("price\n1.5\n2.5\n")
    assert table.to_dict("list") == {"price": [1.5, 2.5]}


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_decimal_comma_is_found_out(delimiter):
    rows = [[field.replace(".", ",") for field in row] for row in ROWS]
    table, written = read(joined(rows, delimiter))
    pd.testing.assert_frame_equal(table, CITIES)
    assert written == CsvFormat(delimiter, "utf-8", ",")


def test_a_decimal_comma_may_stand_in_quotes_and_behind_a_sign():
    table, _ = read('size;price\n"-1,5";+0,25\n" 2,5";1,5\n3;2,5\n')
    assert table["price"].tolist() == [0.25, 1.5, 2.5]


def test_dates_and_versions_are_no_sign_of_a_decimal_point():
    table, written = read("day;code;price\n1.2.2020;1.2.3;0,5\n2.2.2020;1.2.4;1,5\n3.2.2020;1.2.5;2,5\n")
    assert written.decimal == ","
    assert table["price"].tolist() == [0.5, 1.5, 2.5]


def test_the_decimal_mark_may_be_given():
    text = "size;price\n1;0,5\n2;1,5\n3;2,5\n"
    assert read(text, decimal=",")[0]["price"].tolist() == [0.5, 1.5, 2.5]
    assert read(text, decimal=".")[0]["price"].tolist() == ["0,5", "1,5", "2,5"]


def test_a_decimal_mark_that_is_given_holds_where_the_delimiter_is_a_comma():
    table, written = read('size,price\n1,"0,5"\n2,"1,5"\n3,"2,5"\n', decimal=",")
    assert table["price"].tolist() == [0.5, 1.5, 2.5]
    assert written == CsvFormat(",", "utf-8", ",")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_field_in_quotes_may_hold_delimiters_quotes_and_ends_of_lines(delimiter):
    text = f'he said "a{delimiter}b",\nthen left'
    quoted = '"' + text.replace('"', '""') + '"'
    table, _ = read(joined([["says", "price"], *([quoted, str(i)] for i in range(20))], delimiter))
    assert table.to_dict("list") == {"says": [text] * 20, "price": [*range(20)]}


def test_the_sign_between_fields_may_be_in_some_of_them_too():
    rows = [["text", "more", "price"]] + [[f'"well, {i}|"', "fine; good", str(i)] for i in range(30)]
    table, _ = read(joined(rows, "\t"))
    assert (table.shape, table["more"].unique().tolist()) == ((30, 3), ["fine; good"])


def test_what_stands_behind_the_rows_looked_at_is_read_as_well():
    table, _ = read("rooms;size;price\n" + "1;2;0,5\n" * 20_000)
    assert (len(table), table["price"].sum()) == (20_000, 10_000)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("a;b\n1;2\n3;4\n", CsvFormat(";", "utf-8", ".")),
        ("a;b\n1,5;2\n3,5;4\n", CsvFormat(";", "utf-8", ",")),
        ("a,b\n1.5,2\n3.5,4\n", CsvFormat(",", "utf-8", ".")),
        ("", CsvFormat(",", "utf-8", ".")),
    ],
)
def test_how_a_file_is_written_worked_by_hand(given, expected):
    assert dialect.sniff(given, "utf-8", Table(file="own.csv", target="b")) == expected


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp1252", "cp1252"),
        ("utf-16", "utf-16"),
    ],
)
def test_the_encoding_is_found_out(encoding, told):
    table, written = read(joined(ROWS, ",").encode(encoding))
    pd.testing.assert_frame_equal(table, CITIES)
    assert written == CsvFormat(",", told, ".")


def test_utf_16_may_come_from_a_machine_of_the_other_kind():
    table, _ = read(b"\xfe\xff" + joined(ROWS, ";").encode("utf-16-be"))
    pd.testing.assert_frame_equal(table, CITIES)


@pytest.mark.parametrize("encoding", ["cp1250", "latin-1", "utf-8-sig", "mac-roman", "utf-32", "cp437"])
def test_the_encoding_may_be_given(encoding):
    table, written = read("straße,price\nü,1\nö,2\n".encode(encoding), encoding=encoding)
    assert table.to_dict("list") == {"straße": ["ü", "ö"], "price": [1, 2]}
    assert written.encoding == encoding


def test_letters_behind_the_first_64_kb_decide_the_encoding_too():
    table, written = read(b"city,price\n" + b"Bonn,1\n" * 20_000 + "Zürich,2\n".encode("cp1252"))
    assert (table["city"].iloc[-1], written.encoding) == ("Zürich", "cp1252")


def test_an_encoding_that_does_not_fit_is_told():
    assert refusal(read, "Zürich,price\nü,1\n", encoding="ascii") == (
        "own.csv is not ascii text: byte 0xC3 in the heading (line 1); say what it is with encoding: beside file:"
    )


def test_what_no_encoding_fits_is_told():
    assert refusal(read, b"city,price\nZ\x81\xfcrich,1\n") == (
        "own.csv is not utf-8 text: byte 0x81 in row 1 (line 2); say what it is with encoding: beside file:"
    )


@pytest.mark.parametrize(("ending", "compress"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
def test_a_csv_file_may_be_compressed(ending, compress):
    rows = [[field.replace(".", ",") for field in row] for row in ROWS]
    table, written = read(compress.compress(joined(rows, ";").encode("cp1252")), f"own.csv.{ending}")
    pd.testing.assert_frame_equal(table, CITIES)
    assert written == CsvFormat(";", "cp1252", ",")


@pytest.mark.parametrize(("ending", "compress"), [("gz", gzip), ("bz2", bz2), ("xz", lzma)])
@pytest.mark.parametrize("damage", [lambda data: data[:-20], lambda _: b"city,price\n", lambda data: data[:9]])
def test_a_compressed_file_that_is_damaged_is_refused(ending, compress, damage):
    data = compress.compress(joined(ROWS * 5_000, ",").encode())
    assert refusal(read, damage(data), f"own.csv.{ending}").startswith(f"own.csv.{ending} cannot be read as CSV: ")


@pytest.mark.parametrize("content", ["", "\n\n", b"\xff\xfe", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(content):
    assert refusal(read, content) == "own.csv cannot be read as CSV: No columns to parse from file"


def test_a_file_that_is_no_text_is_refused():
    garbage = bytes(range(256)) * 40
    assert refusal(read, garbage).startswith("own.csv")
    assert refusal(read, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x81\n" * 9).startswith("own.csv ")


def test_a_file_with_a_heading_only_has_no_rows():
    assert read("city,price\n")[0].shape == (0, 2)
    assert (
        refusal(load, "x,y\n", file="own.csv") == f"{KEY}.source: there are 0 rows with a target; at least 2 are needed"
    )


def test_rows_with_more_fields_than_the_heading_are_refused():
    rows = [["city", "price"], *([["Bonn", "1", "2"]] * 20)]
    assert refusal(read, joined(rows, ","), delimiter=",").startswith(
        "own.csv cannot be read as CSV: row 1 has 3 fields, and the heading 2: 'Bonn,1,2'; put cells that hold ',' into"
    )


def test_a_row_with_more_fields_than_the_others_is_refused_with_its_number():
    rows = [*ROWS, ["Bonn", "1", "2", "3"], *ROWS[1:] * 9]
    assert refusal(read, joined(rows, ",")) == (
        "own.csv cannot be read as CSV: row 4 has 4 fields, and the heading 3: 'Bonn,1,2,3'; put cells that hold ',' "
        "into quotes, or say how the file is written with delimiter:, skip: or quoting: beside file:"
    )


def test_what_a_short_row_lacks_is_missing():
    table, _ = read(joined([ROWS[0], *ROWS[1:2] * 20, ["Bonn"]], ","))
    assert table.iloc[-1].isna().tolist() == [False, True, True]


def test_a_heading_is_kept_as_it_is_written_less_the_blanks_before_it():
    table, _ = read('2020,a b, c, "d,e",price\n1,2,3,4,5\n1,2,3,4,5\n')
    assert list(table) == ["2020", "a b", "c", "d,e", "price"]


@pytest.mark.parametrize("between", [", ", ";  ", "\t ", "| "])
def test_blanks_before_a_field_are_no_part_of_it(between):
    table, _ = read(joined([["city", "says", "price"], ["Bonn", f'"a{between}b"', "1"], ["Kiel", "x", "2"]], between))
    assert table.to_dict("list") == {"city": ["Bonn", "Kiel"], "says": [f"a{between}b", "x"], "price": [1, 2]}


def test_between_blanks_two_of_them_are_an_empty_field():
    table, _ = read("city size price\nBonn  1\nKiel 2 3\n", delimiter=" ")
    assert table["price"].tolist() == [1, 3]
    assert table["size"].isna().tolist() == [True, False]


@pytest.mark.parametrize("blank", [" ", "   "])
def test_a_field_of_blanks_is_missing_among_texts_too(blank):
    table, _ = read(f"region,price\nEU,1.5\n{blank},{blank}\nUS,2.5\n")
    assert table.isna().to_dict("list") == {"region": [False, True, False], "price": [False, True, False]}


MISSING = ["NA", "n/a", "N/A", "#N/A", "<NA>", "NaN", "nan", "null", "NULL", "None", "?", "-", ".", " ", "   ", " NA "]


@pytest.mark.parametrize("delimiter", [",", "::"])
@pytest.mark.parametrize("missing", ["", *MISSING])
def test_what_stands_for_nothing_is_missing_among_numbers_booleans_and_dates(missing, delimiter):
    rows = [["size", "new", "day", "price"], ["1", "True", "2020-01-31", "1.5"], [missing] * 4]
    table, _ = read(joined(rows, delimiter), delimiter=delimiter)
    assert table.iloc[:1].to_dict("list") == {"size": [1], "new": [True], "day": ["2020-01-31"], "price": [1.5]}
    assert table.iloc[1].isna().all()
    assert [tidy(table[name])[1] for name in table] == ["number", "boolean", "date", "number"]


@pytest.mark.parametrize("missing", [word for word in MISSING if word == word.strip()] + ['" "', '" NA "'])
def test_what_stands_for_nothing_among_numbers_is_a_text_among_texts(missing):
    table, _ = read(f"region,price\nEU,1.5\n{missing},\n,2.5\n")
    assert table["region"].tolist() == ["EU", missing.strip('"'), pytest.approx(np.nan, nan_ok=True)]


def test_several_words_for_nothing_may_stand_in_a_column():
    table, _ = read("size;price\n-;0,5\n1,5;?\n  ;2,5\n.;1,5\nNA;1,5\n;1,5\n")
    assert table["size"].isna().tolist() == [True, False, True, True, True, True]
    assert table["price"].sum() == 7.5


def test_words_for_nothing_alone_are_missing():
    assert read("size,price\n-,1.5\nNA,2.5\n,3.5\n")[0]["size"].isna().all()


def test_a_word_for_nothing_may_stand_in_quotes_among_numbers_beyond_64_bits_and_in_a_column_without_a_name():
    table, _ = read('big,,price\n123456789012345678901,"?",1.5\n"NA",7,2.5\n')
    assert table["big"].tolist() == [123456789012345678901.0, pytest.approx(np.nan, nan_ok=True)]
    assert table["Unnamed: 1"].tolist() == [pytest.approx(np.nan, nan_ok=True), 7]


def test_a_word_for_nothing_behind_the_rows_looked_at_is_missing_as_well():
    table, _ = read("size,price\n" + "1,2.5\n" * 20_000 + "?,2.5\n")
    assert (table["size"].isna().sum(), table["size"].sum()) == (1, 20_000)


def test_codes_with_a_0_before_other_digits_are_texts():
    table, _ = read('code,agent,post,price\n01067,007,"01067",1\n80331,008," 80331",2\n,009,,3\n')
    missing = pytest.approx(np.nan, nan_ok=True)
    assert table.to_dict("list") == {
        "code": ["01067", "80331", missing],
        "agent": ["007", "008", "009"],
        "post": ["01067", " 80331", missing],
        "price": [1, 2, 3],
    }


@pytest.mark.parametrize("delimiter", ["::", r"\s+", "\t"])
def test_codes_are_texts_however_the_file_is_written(delimiter):
    between = " " if delimiter == r"\s+" else delimiter
    table, _ = read(joined([["code", "price"], ["01067", "1"], ["80331", "2"]], between), delimiter=delimiter)
    assert table.to_dict("list") == {"code": ["01067", "80331"], "price": [1, 2]}


@pytest.mark.parametrize(
    "values", [["0", "10"], ["0.5", "10"], ["0.05", "1e02"], ["-01", "1"], ["+01", "1"], ["000.5", "1"]]
)
def test_numbers_with_a_0_at_the_beginning_are_no_codes(values):
    table, _ = read(joined([["size", "price"], *([value, "1"] for value in values)], ","))
    assert table["size"].tolist() == [float(value) for value in values]


def test_a_code_behind_many_rows_makes_the_column_one_of_codes():
    table, _ = read("code,price\n" + "80331,1\n" * 5_000 + "01067,2\n")
    assert table["code"].iloc[[0, -1]].tolist() == ["80331", "01067"]


def test_a_word_for_nothing_is_a_text_among_codes():
    assert read("code,price\n01067,1\nNA,2\n")[0]["code"].tolist() == ["01067", "NA"]


# --- numbers in groups of three digits


def grouped(*values, between=";", **source):
    """What a column of these values is read as, None where it is missing, and how the file was taken to be written."""
    quoted = [f'"{value}"' if between == "," else value for value in values]
    table, written = read(joined([["a", "price"], *([value, "1"] for value in quoted)], between), **source)
    return table["a"].astype(object).where(table["a"].notna(), None).tolist(), written


@pytest.mark.parametrize(
    ("fields", "decimal"),
    [
        (["0.5"], "."),
        (["0,5"], ","),
        (["12.3456"], "."),
        (["1.234,5"], ","),
        (["1,234.5"], "."),
        (["1.234.567"], ","),
        (["1,234,567"], "."),
        (["-1.234.567"], ","),
        (["0.125", "1.500"], "."),
        (["1234.567"], "."),
        (["1.500e3"], "."),
        (["106.910", "107.120", "106,91"], ","),
        (["60.700", "7.440", "0,81"], ","),
        (["60,700", "7,440", "0.81"], "."),
        (["12.345", "0.123", "1.500"], "."),
        (["12.345", "1.500"], "."),
        (["12,345", "1,500"], ","),
        (["1.680", "715"], ","),
        (["1,680", "715"], "."),
        (["-1.680", "?", "", "0"], ","),
        (["1.680", "12000"], "."),
        (["1.680", "x"], "."),
        (["1.680", "71", "0.125"], "."),
        (["12.03.2020", "1,5"], ","),
    ],
)
def test_the_decimal_mark_is_told_by_what_leaves_no_doubt(fields, decimal):
    head = joined([["a", "price"], *([field, "1"] for field in fields)], ";")
    assert dialect.sniff(head, "utf-8", Table(file="own.csv", target="price")) == CsvFormat(";", "utf-8", decimal)


def test_whole_numbers_with_points_and_some_below_a_thousand_are_thousands():
    assert grouped("1.680", "715") == ([1680, 715], CsvFormat(";", "utf-8", ",", "."))
    assert grouped("1,680", "715", between="\t") == (
        [1680, 715],
        CsvFormat("\t", "utf-8", ".", ","),
    )


def test_decimals_with_three_digits_stay_decimals():
    assert grouped("12.345", "0.123", "1.500") == ([12.345, 0.123, 1.5], CsvFormat(";", "utf-8", "."))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["10.691,00", "-1.234.567,5", "+7", "0,25"], [10691, -1234567.5, 7, 0.25]),
        (["1.234.567", "2.345.678"], [1234567, 2345678]),
        (["1.234", "?", "", "1.234,5", " NA "], [1234, None, None, 1234.5, None]),
        ([" 1.234 ", "1,5"], [1234, 1.5]),
        (["12.345", "67.890"], [12345, 67890]),
    ],
)
@pytest.mark.parametrize("between", [";", "\t", ","])
def test_grouped_numbers_are_numbers(values, numbers, between):
    assert grouped(*values, between=between, decimal=",")[0] == numbers


@pytest.mark.parametrize(
    "values",
    [
        ["12.03.2020", "13.03.2020"],
        ["1.234", "01067"],
        ["1.234", "12.34"],
        ["1.234", "x"],
        ["1.23,4", "1.234,5"],
        ["1.234,567.8", "1,5"],
        ["192.168.100.1", "192.168.100.200"],
    ],
)
def test_what_is_not_all_grouped_numbers_stays_as_it_is_written(values):
    read_as, written = grouped(*values, decimal=",")
    assert read_as == values
    assert written.thousands == ""


def test_where_every_value_is_a_group_beside_decimal_points_it_may_be_a_code():
    assert grouped("12,345", "67,890", decimal=".")[0] == ["12,345", "67,890"]
    assert grouped("12,345", "67,890", "1,234.5", decimal=".")[0] == [12345, 67890, 1234.5]


def test_between_commas_grouped_numbers_were_in_quotes():
    assert grouped("106,910", "7,440", between=",") == (
        [106910, 7440],
        CsvFormat(",", "utf-8", ".", ","),
    )
    assert grouped("1,234.50", "0.5", ".75", between=",")[0] == [1234.5, 0.5, 0.75]
    assert grouped("1,23", "1,234", between=",")[0] == [1.23, 1.234]  # which only a comma makes a number


def test_between_delimiters_that_are_expressions_numbers_may_be_grouped():
    assert grouped("1.234.567", "1,500", between="::", delimiter="::", decimal=",")[0] == [1234567, 1.5]


def test_all_rows_tell_whether_a_column_is_of_grouped_numbers():
    assert grouped("0,5", *["7"] * 20_000, "1.234")[0][-1] == 1234
    assert grouped("0,5", "1.234", *["7"] * 20_000, "x")[0][:2] == ["0,5", "1.234"]


def test_whole_grouped_numbers_are_as_whole_as_others():
    table, _ = read("a;b;price\n1.680;1.680;0,5\n715;;1,5\n3;715;2,5\n")
    assert table.dtypes.astype(str).tolist() == ["int64", "float64", "float64"]
    assert grouped("123.456.789.012.345.678.901.234", "1")[0] == [123456789012345678901234.0, 1]


def test_a_compressed_file_may_have_grouped_numbers():
    table, written = read(gzip.compress(b"a;price\n1.680;1\n715;2\n"), "own.csv.gz")
    assert (table["a"].tolist(), written.thousands) == ([1680, 715], ".")


@settings(max_examples=40)
@given(
    values=st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=9),
    decimal=st.sampled_from(".,"),
    between=st.sampled_from(";\t|"),
)
def test_grouped_numbers_are_what_they_were(values, decimal, between):
    thousands = "," if decimal == "." else "."
    fields = [f"{value / 4:,.2f}".translate(str.maketrans(",.", thousands + decimal)) for value in values]
    assert grouped(*fields, between=between)[0] == [value / 4 for value in values]


def test_a_target_may_be_of_grouped_numbers():
    table, description = load('a;y\n1;1.680\n5;715\n3;"1.234,50"\n', file="own.csv")
    assert (table["target"].tolist(), description.task) == ([1680, 715, 1234.5], "regression")


# --- several files


def test_files_that_a_pattern_names_are_read_as_one():
    Path("years/old").mkdir(parents=True)
    table_at("years/b.csv", "price;city\n2,5;Kiel\n3,5;Ulm\n")
    table_at("years/old/c.csv.gz", gzip.compress(b"city,price\nBern,4.5\nGenf,5.5\n"))
    table, files, written = read_files(Table(file="years/**/*.csv*", target="price"), KEY)
    assert table.to_dict("list") == {"price": [2.5, 3.5, 4.5, 5.5], "city": ["Kiel", "Ulm", "Bern", "Genf"]}
    assert [file.as_posix() for file in files] == ["years/b.csv", "years/old/c.csv.gz"]
    assert written == CsvFormat(";", "utf-8", ",")
    assert list(table.index) == [0, 1, 2, 3]


def test_files_are_read_in_the_order_of_their_names():
    for name in "cab":
        table_at(f"{name}.csv", f"name,price\n{name},1\n")
    assert read_files(Table(file="*.csv", target="price"), KEY)[0]["name"].tolist() == ["a", "b", "c"]


def test_csv_and_parquet_may_stand_side_by_side():
    table_at("a.csv", "city,price\nBonn,1.5\n")
    table_at("b.parquet", {"city": ["Kiel"], "price": [2.5]})
    table, files, _ = read_files(Table(file="*.*", target="price"), KEY)
    assert table.to_dict("list") == {"city": ["Bonn", "Kiel"], "price": [1.5, 2.5]}
    assert [file.name for file in files] == ["a.csv", "b.parquet"]


@pytest.mark.parametrize(
    "names",
    [
        ["part-1", "part-2", "part-9", "part-10", "part-11", "part-100"],
        ["part-2-3", "part-2-10", "part-10-1"],
        ["2023-9-30", "2023-10-1", "2024-1-2"],
        ["2", "9/a", "10/a", "10/b"],
        ["001", "01", "1", "02", "2", "a", "a1b", "a2", "a10"],
        ["99999999999999999999", "100000000000000000000"],
        ["day", "day2", "day10", "day²"],
    ],
)
def test_files_of_a_pattern_are_read_in_natural_order(names):
    for price, name in enumerate(names):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        table_at(f"{name}.csv", f"size,price\n3,{price}\n")
    made = reading.read(Table(file="**/*.csv", target="price"), KEY)
    assert [file.as_posix().removesuffix(".csv") for file in made.files] == names
    assert made.table["price"].tolist() == [*range(len(names))]


def column_of(*files):
    """What a column is read as whose values stand in several files."""
    for file in Path().glob("*.csv"):
        file.unlink()
    for index, values in enumerate(files):
        table_at(f"{index}.csv", joined([["a", "price"], *([value, "1"] for value in values)], ","))
    values = read_files(Table(file="*.csv", target="price"), KEY)[0]["a"]
    return values.astype(object).where(values.notna(), None).tolist()


def test_texts_in_one_file_are_texts_in_all_and_so_are_the_words_for_nothing_beside_them():
    assert column_of(["1", "NA", ""], ["few", "2.50"]) == ["1", "NA", None, "few", "2.50"]
    assert column_of(["2020-01-31", "NA"], ["soon", "?"]) == ["2020-01-31", "NA", "soon", "?"]
    assert column_of(["True", "NA"], ["1", "2"]) == ["True", "NA", "1", "2"]
    assert column_of(["None", "None"], ["red", "None"]) == ["None", "None", "red", "None"]
    assert column_of(["01067", "NA"], ["80331", ""]) == ["01067", "NA", "80331", None]


def test_what_stands_for_nothing_is_missing_where_no_file_has_texts():
    assert column_of(["1", "NA"], ["?", "2.5"], ["-", "-"]) == [1, None, None, 2.5, None, None]
    assert column_of(["True", "False"], ["?", "True"]) == [True, False, None, True]
    assert column_of(["2020-01-31", "NA"], ["?", "?"]) == ["2020-01-31", None, None, None]


def test_grouped_numbers_in_one_file_are_numbers_in_all_that_have_numbers():
    table_at("a.csv", "a;price\n715;0,5\n7;1,5\n")
    table_at("b.csv", "a;price\n1.680;0,5\n7;1,5\n")
    table, _, written = read_files(Table(file="*.csv", target="price"), KEY)
    assert table["a"].tolist() == [715, 7, 1680, 7]
    assert written == CsvFormat(";", "utf-8", ",", ".")


def test_grouped_numbers_in_one_file_are_texts_where_another_has_texts():
    table_at("a.csv", "a;price\n1.680;0,5\n7;1,5\n")
    table_at("b.csv", "a;price\n1.680;0,5\nfew;1,5\n")
    table, _, written = read_files(Table(file="*.csv", target="price"), KEY)
    assert table["a"].tolist() == ["1.680", "7", "1.680", "few"]
    assert written == CsvFormat(";", "utf-8", ",")


def test_files_with_different_columns_are_refused():
    table_at("a.csv", "city,price\nBonn,1\n")
    table_at("b.csv", "city,prize\nKiel,2\n")
    assert refusal(read_files, Table(file="*.csv", target="price"), KEY) == (
        "b.csv and a.csv have different columns; 'price' is in one of them only"
    )


def test_a_file_may_be_called_like_a_pattern():
    table_at("a1.csv", "price\n1\n2\n")
    table, files, _ = read_files(Table(file=table_at("a[1].csv", "price\n3\n4\n"), target="price"), KEY)
    assert (table["price"].tolist(), [file.name for file in files]) == ([3, 4], ["a[1].csv"])


def missing(file):
    with pytest.raises(UserError) as raised:
        read_files(Table(file=file, target="price"), f"{KEY}.source")
    return str(raised.value).splitlines()


def test_a_missing_file_is_told_with_the_nearest_that_is_there():
    table_at("houses.csv", "price\n1\n")
    table_at("notes.md", "not a table")
    assert missing("house.csv") == [
        f"{KEY}.source.file: 'house.csv' is not there; did you mean 'houses.csv'? Files: houses.csv",
        "A file that is versioned comes with dvc pull; to version one: dvc add house.csv",
    ]


def test_a_missing_file_in_an_empty_folder_is_told():
    assert missing("data/external/house.csv")[0] == f"{KEY}.source.file: data/external/house.csv is not there."


def test_a_folder_is_no_file():
    Path("houses").mkdir()
    assert missing("houses")[0] == f"{KEY}.source.file: houses is not there."


# --- Parquet


def test_parquet_is_read_as_it_is():
    table, written = read(CITIES, "own.parquet")
    pd.testing.assert_frame_equal(table, CITIES)
    assert written is None
    pd.testing.assert_frame_equal(read(Path("own.parquet").read_bytes(), "own.pq")[0], CITIES)


def test_rows_that_were_picked_from_a_table_count_from_0():
    assert list(read(CITIES[1:], "own.parquet")[0].index) == [0, 1]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"city,price\nBonn,1\n", b"\0" * 999])
def test_what_is_not_parquet_is_refused(content):
    assert refusal(read, content, "own.parquet").startswith("own.parquet cannot be read as Parquet: ")


@pytest.mark.parametrize("kept", [100, 1000, -1])
def test_parquet_that_was_cut_short_is_refused(kept):
    table_at("whole.parquet", {"price": range(5000)})
    cut = Path("whole.parquet").read_bytes()[:kept]
    assert refusal(read, cut, "own.parquet").startswith("own.parquet cannot be read as Parquet: ")


def test_parquet_with_two_columns_of_one_name_is_refused():
    pa.parquet.write_table(pa.table([[1, 2], [3, 4], [5, 6]], names=["a", "a", "price"]), "own.parquet")
    assert refusal(read_files, Table(file="own.parquet", target="price"), KEY).startswith("own.parquet")


def test_columns_that_are_not_called_by_texts_go_by_their_texts():
    table, description = load(pd.DataFrame([[1.5, 2.5], [3.5, 2.0]], columns=[2020, 2021]), target="2021")
    assert table.to_dict("list") == {"2020": [1.5, 3.5], "target": [1, 0]}
    assert description.targets == ["2021"]


# --- which columns


WIDE = {"a": [1.5, 2.5, 3.5], "b": [3.0, 2.0, 9.0], "c": [1.0, 5.0, 2.0], "y": [0.5, 1.0, 1.5], "g": [1, 1, 2]}


def features(**settings):
    table, description = load(WIDE, **settings)
    assert [column.name for column in description.columns] == [name for name in table if "target" not in name]
    return [column.name for column in description.columns]


def test_every_column_but_the_target_is_a_feature():
    assert features() == ["a", "b", "c", "g"]
    assert features(target=["y", "b"]) == ["a", "c", "g"]


def test_features_and_their_order_may_be_given():
    assert features(features=["c", "a"]) == ["c", "a"]
    assert features(features=["c", "a", "c"]) == ["c", "a"]


def test_columns_may_be_dropped():
    assert features(drop=["a", "g"]) == ["b", "c"]
    assert features(features=["a", "b"], drop=["a"]) == ["b"]


def test_the_target_is_never_a_feature():
    assert features(features=["y", "a"]) == ["a"]


def test_no_column_left_is_told():
    told = (
        f"{KEY}.source: no column is left to predict from, beside those under target, drop, weight and split; "
        "features: names those to predict from"
    )
    assert refusal(load, WIDE, features=["y"]) == told
    assert refusal(load, WIDE, drop=["a", "b", "c", "g"]) == told
    assert refusal(load, {"y": [1.5, 2.5]}) == told


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"target": "Size"}, "source.target"),
        ({"target": ["price", "Size"]}, "source.target"),
        ({"target": "price", "features": ["city", "Size"]}, "source.features"),
        ({"target": "price", "drop": ["Size"]}, "source.drop"),
        ({"target": "price", "split": Split(method="group", column="Size")}, "split.column"),
    ],
)
def test_an_unknown_column_is_told_with_the_nearest(settings, key):
    assert refusal(load, CITIES, **settings) == (
        f"{KEY}.{key}: 'Size' is not a column; did you mean 'size'? Columns: city, size, price"
    )


def test_a_column_that_none_comes_near_is_told():
    assert refusal(load, CITIES, target="y") == f"{KEY}.source.target: 'y' is not a column. Columns: city, size, price"


def test_where_a_csv_file_has_a_single_column_the_delimiter_may_be_wrong():
    told = f"{KEY}.source.target: 'y' is not a column. Columns: a!y"
    hint = "; the delimiter may be wrong, say it with delimiter: beside file:"
    assert refusal(load, "a!y\n1!2\n3!4\n", file="own.csv") == told + hint
    assert refusal(load, {"a!y": [1.5, 2.5]}) == told


def test_of_many_columns_40_are_told():
    wide = pd.DataFrame(np.ones((2, 60)), columns=[f"x{i}" for i in range(60)])
    assert refusal(load, wide, target="?").endswith(" x38, x39, …")


# --- the target


@pytest.mark.parametrize(
    ("values", "task", "reason", "others"),
    [
        ([1.5, 2.5, 3.5], "regression", ("numbers", 3), ["multiclass"]),
        (np.arange(21), "regression", ("numbers", 21), []),
        ([*range(21)] * 2, "regression", ("numbers", 21), ["multiclass"]),
        ([1, 2, 3] * 2, "multiclass", ("whole numbers", 3), ["regression"]),
        ([*range(20)] * 2, "multiclass", ("whole numbers", 20), ["regression"]),
        ([-1.0, 7.0, 7.0, 8.0, 8.0, -1.0], "multiclass", ("whole numbers", 3), ["regression"]),
        ([*range(12)] * 9 + [12], "regression", ("numbers", 13), ["multiclass"]),
        ([*range(15)], "regression", ("numbers", 15), ["multiclass"]),
        ([0.5, 7, 7, 8], "regression", ("numbers", 3), ["multiclass"]),
        ([3, 8, 8], "binary", ("values", 2), ["regression", "multiclass"]),
        ([0.5, 7.25], "binary", ("values", 2), ["regression", "multiclass"]),
        ([True, False], "binary", ("values", 2), ["multiclass"]),
        (["no", "yes"], "binary", ("values", 2), ["multiclass"]),
        (["a", "b", "b", "c", "c", "c"], "multiclass", ("texts", 3), ["regression"][:0]),
    ],
)
def test_the_task_is_found_out(values, task, reason, others):
    _, description = target_of(*values)
    assert (description.task, description.inferred, description.other_tasks) == (task, Inference(*reason), others)


def test_a_task_that_is_given_holds():
    assert target_of(1, 2, 3, task="regression")[0] == [1, 2, 3]
    labels, description = target_of(1, 2, 2, task="multiclass")
    assert (labels, description.task, description.classes) == ([0, 1, 1], "multiclass", ["1", "2"])
    assert (description.inferred, description.other_tasks) == (None, ["regression", "binary"])
    assert target_of(0.5, 1.5, 1.5, 2.5, task="multiclass")[1].classes == ["0.5", "1.5", "2.5"]
    assert target_of(3, 8, task="regression")[1].classes == []


def test_a_task_that_does_not_fit_the_target_is_refused():
    told = refusal(target_of, "a", "b", task="regression")
    assert told.startswith(f"{KEY}.task: 'y' holds text")
    assert told.endswith(
        "; a regression needs numbers; labels: {'y': {a: 0, b: 1}} beside file: makes them so, in whatever order"
    )
    assert refusal(target_of, 1, 2, 3, task="binary") == (
        f"{KEY}.task: 'y' has 3 different values; a binary task needs 2"
    )
    assert refusal(target_of, *np.arange(30) / 2, task="multiclass") == (
        f"{KEY}.source.target: 'y' has 30 different values in 30 rows, such as '0.0', too many for classes"
    )


def test_a_text_target_with_too_many_values_is_refused():
    assert refusal(target_of, *"abcde", "a") == (
        f"{KEY}.source.target: 'y' has 5 different values in 6 rows, such as 'a', too many for classes"
    )
    assert refusal(target_of, *(f"row {i}" for i in range(1500))) == (
        f"{KEY}.source.target: 'y' has 1,500 different values in 1,500 rows, such as 'row 0', too many for classes"
    )


def test_of_a_value_that_is_long_the_beginning_is_told():
    told = refusal(target_of, *(f"{i}\n{'x' * 5000}" for i in range(5)))
    assert told.endswith(f"such as '0\\n{'x' * 58}…', too many for classes")


@pytest.mark.parametrize("task", [None, "regression", "binary", "multiclass"])
@pytest.mark.parametrize(
    "values",
    [
        ["2020-01-31", "2019-12-01", "2020-01-31"],
        ["31.01.2020", "01.12.2019"],
        [datetime.date(2020, 1, 31), datetime.date(2019, 12, 1)],
        pd.to_datetime(["2020-01-31", "2019-12-01"]),
        pd.to_datetime(["2020-01-31", "2019-12-01"]).tz_localize("Europe/Zurich"),
        pd.Categorical(["2020-01-31", "2019-12-01"]),
    ],
    ids=str,
)
def test_a_target_of_dates_is_refused(values, task):
    assert refusal(target_of, *values, task=task) == (
        f"{KEY}.source.target: 'y' holds dates; a target must be numbers or classes"
    )


def test_half_as_many_texts_as_rows_are_classes():
    assert len(target_of(*"abcabc")[1].classes) == 3


def test_a_task_that_is_given_makes_classes_of_some_texts_that_are_too_many_by_themselves():
    assert target_of(*"abcde", "a", task="multiclass")[1].classes == list("abcde")


@pytest.mark.parametrize("values", [[4, 4, 4], ["a", "a"], [1.5, None, 1.5], [True, True]])
def test_a_target_with_a_single_value_is_refused(values):
    assert refusal(target_of, *values) == (f"{KEY}.source.target: 'y' has a single value; there is nothing to learn")


@pytest.mark.parametrize(
    ("values", "labels", "classes"),
    [
        (["yes", "no", "yes"], [1, 0, 1], ["no", "yes"]),
        ([3.0, 10.0, 3.0], [0, 1, 0], ["3", "10"]),
        ([10, 9, -1, 9, 10, -1], [2, 1, 0, 1, 2, 0], ["-1", "9", "10"]),
        ([0.1, 0.25, 0.1], [0, 1, 0], ["0.1", "0.25"]),
        ([True, False, True], [1, 0, 1], ["False", "True"]),
        (["é|", "a b", " a", "é|", "a b", " a"], [2, 1, 0, 2, 1, 0], ["a", "a b", "é|"]),
        (["1", "10", "9", "1", "10", "9"], [0, 1, 2, 0, 1, 2], ["1", "10", "9"]),
        (["2020-01-02", "soon"], [0, 1], ["2020-01-02", "soon"]),
    ],
)
def test_classes_are_numbered_in_their_order_and_called_what_they_are(values, labels, classes):
    made, description = target_of(*values)
    assert (made, description.classes) == (labels, classes)
    assert load({"x": made, "y": values})[0]["target"].dtype == np.int64


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (pd.array([3, 8, None, 8], "Int64"), ["3", "8"]),
        (pd.array([True, False, None, True], "boolean"), ["False", "True"]),
        (pd.array(["b", "a", None, "a"], "string"), ["a", "b"]),
        ([True, False, None, True], ["False", "True"]),
        ([3, 8, None, 8], ["3", "8"]),
        ([decimal.Decimal("1.50"), decimal.Decimal("2"), None, decimal.Decimal("2")], ["1.5", "2"]),
    ],
)
def test_rows_without_a_target_are_left_out_and_counted(values, classes):
    table, description = load({"x": [5.5, 6.5, 7.5, 8.5], "y": values})
    assert description.classes == classes
    assert (table["x"].tolist(), len(table), description.n_read) == ([5.5, 6.5, 8.5], 3, 4)
    assert list(table.index) == [0, 1, 2]


def test_what_is_missing_in_a_row_without_a_target_is_not_counted():
    _, description = load({"x": [None, 2.5, None, 4.5], "y": [None, 1.0, 2.0, 2.5]})
    assert description.columns == [Column("x", "number", missing=1)]


@pytest.mark.parametrize(("values", "found"), [([None, None], "are 0 rows"), ([1.5, None], "is 1 row")])
def test_two_rows_need_a_target(values, found):
    assert refusal(target_of, *values) == f"{KEY}.source: there {found} with a target; at least 2 are needed"


def test_values_are_kept_as_they_are():
    values = [-1.5, 1e-9, 3e7]
    assert target_of(*values)[0] == values


def test_a_target_with_infinite_values_is_refused():
    for infinite in (np.inf, -np.inf):
        told = refusal(target_of, 1.5, infinite, 2.5)
        assert "'y'" in told
        assert told.endswith(" has infinite values; mend or remove these rows")


def test_several_target_columns_make_a_regression():
    content = {"x": list("abcd"), "up": [1, 2, None, 4], "down": [0.5, 0.25, 1.0, 2.0]}
    table, description = load(content, target=["down", "up"])
    assert table.to_dict("list") == {"x": ["a", "b", "d"], "target_1": [0.5, 0.25, 2.0], "target_2": [1, 2, 4]}
    assert (description.task, description.targets) == ("regression", ["down", "up"])
    assert (description.inferred, description.other_tasks) == (Inference("target columns", 2), [])
    assert (description.n_read, description.classes) == (4, [])


def test_several_target_columns_must_be_numbers_that_differ():
    content = {
        "x": [1, 2, 5],
        "text": ["a", "b", "c"],
        "same": [1, 1, 1],
        "fine": [1.5, 2.5, 3.5],
        "far": [1.5, np.inf, 1],
    }
    assert refusal(load, content, target=["fine", "text"]) == (
        f"{KEY}.source.target: 'text' is neither numbers nor yes/no, and one of several targets must be; "
        "labels: {text: {a: 0, b: 1, c: 2}} beside file: makes them so, in whatever order; "
        "or add a dataset for each, as with target: text"
    )
    assert refusal(load, content, target=["fine", "same"]) == (
        f"{KEY}.source.target: 'same' has a single value; there is nothing to learn"
    )
    assert refusal(load, content, target=["fine", "text"], task="binary") == (
        f"{KEY}.source.target: 'fine' has 3 different values; several yes/no targets need the same two values; "
        "labels: {fine: {…}} beside file: calls them alike"
    )
    two = {"x": [1, 2], "fine": [1.5, 2.5], "z": [5, 6]}
    assert refusal(load, two, target=["fine", "x"], task="binary") == (
        f"{KEY}.source.target: 'x' has the values 1 and 2, and 'fine' 1.5 and 2.5; several yes/no targets need the "
        "same two values; labels: {x: {…}} beside file: calls them alike"
    )
    assert refusal(load, content, target=["fine", "x"], task="multiclass") == (
        f"{KEY}.task: several target columns are values (regression) or yes/no (binary); 'multiclass' given; for "
        "classes add a dataset for each, as with target: fine"
    )
    assert refusal(load, content, target=["fine", "far"]).endswith(" has infinite values; mend or remove these rows")


@given(values=st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 3)), min_size=2, max_size=9))
def test_a_class_is_called_by_its_value_and_has_its_label(values):
    column = pd.DataFrame({"y": values})
    if len(set(values)) == 1:
        return
    found = find_target(column, "multiclass", KEY)
    assert [float(found.classes[label]) for label in found.labels] == values
    assert [float(name) for name in found.classes] == sorted(set(values))


# --- the kinds of columns


@pytest.mark.parametrize(
    ("values", "kept", "kind"),
    [
        ([1.5, 2.5, 4.0], [1.5, 2.5, 4.0], "number"),
        ([3, 1, 2], [3, 1, 2], "number"),
        (np.array([1, 2, 4], np.int8), [1, 2, 4], "number"),
        (pd.array([5, 3, 9], "Int64"), [5, 3, 9], "number"),
        (pd.array([1.5, 2.5, 3.5], "Float64"), [1.5, 2.5, 3.5], "number"),
        (np.array([2**63, 1, 2**64 - 1], np.uint64), [2**63, 1, 2**64 - 1], "number"),
        (pd.Categorical([4, 9, 4]), [4, 9, 4], "number"),
        (pd.to_timedelta(["1 day", "36 h", "-1 day"]), [86400, 129600, -86400], "number"),
        ([decimal.Decimal("1.50"), decimal.Decimal(2), decimal.Decimal("-0.25")], [1.5, 2.0, -0.25], "number"),
        ([True, False, True], [1.0, 0.0, 1.0], "boolean"),
        (pd.array([True, False, False], "boolean"), [1.0, 0.0, 0.0], "boolean"),
        (pd.Categorical([True, False, True]), [1.0, 0.0, 1.0], "boolean"),
        (["b", "a", "b"], ["b", "a", "b"], "category"),
        (["1", "2", "x"], ["1", "2", "x"], "category"),
        (pd.Categorical(["b", "a", "b"], categories=list("zab")), ["b", "a", "b"], "category"),
        ([datetime.time(1), datetime.time(2), datetime.time(1)], [3600.0, 7200.0, 3600.0], "number"),
        ([[1, 2], [3], []], ["[1 2]", "[3]", "[]"], "category"),
        ([0, 1, 2], [0, 1, 2], "identifier"),
        ([1, 2, 3], [1, 2, 3], "identifier"),
        (pd.array([1, 2, 3], "Int64"), [1, 2, 3], "identifier"),
    ],
    ids=str,
)
def test_the_kind_of_a_column_is_found_out(values, kept, kind):
    assert kind_of(values) == (kept, kind)


@pytest.mark.parametrize(
    ("values", "kept", "kind"),
    [
        (pd.array([5, None, 9], "Int64"), [5.0, None, 9.0], "number"),
        ([7, None, 9], [7.0, None, 9.0], "number"),
        ([decimal.Decimal("1.5"), None, decimal.Decimal(2)], [1.5, None, 2.0], "number"),
        (pd.to_timedelta([1, None, 3], unit="D"), [86400, None, 259200], "number"),
        ([True, None, False], [1.0, None, 0.0], "boolean"),
        (pd.array([True, None, False], "boolean"), [1.0, None, 0.0], "boolean"),
        (["b", None, "a"], ["b", None, "a"], "category"),
        (pd.Categorical(["b", None, "a"]), ["b", None, "a"], "category"),
        ([[1], None, [2]], ["[1]", None, "[2]"], "category"),
        ([None, None, None], [None, None, None], "category"),
        ([np.nan, np.nan, np.nan], [None, None, None], "number"),
        (
            ["2020-01-02", None, "2020-01-01"],
            [datetime.datetime(2020, 1, 2), None, datetime.datetime(2020, 1, 1)],
            "date",
        ),
    ],
    ids=str,
)
def test_what_is_missing_stays_missing(values, kept, kind):
    made, found = kind_of(values)
    assert found == kind
    assert [None if pd.isna(value) else value for value in made] == kept


def test_infinite_values_are_missing():
    made, kind = kind_of([1.5, np.inf, -np.inf, 2.5])
    assert kind == "number"
    np.testing.assert_array_equal(made, [1.5, np.nan, np.nan, 2.5])
    assert load("a,y\n1.5,1\n-inf,2\ninf,2\n", file="own.csv")[1].columns == [Column("a", "number", missing=2)]


def days(*values):
    return [datetime.datetime(*value) for value in values]


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        (["2020-01-31", "2019-12-01"], days((2020, 1, 31), (2019, 12, 1))),
        (["2020-01-31 10:30", "2019-12-01 00:00"], days((2020, 1, 31, 10, 30), (2019, 12, 1))),
        (["2020-01-31T10:30:00Z", "2019-12-01T23:00:00-02:00"], days((2020, 1, 31, 10, 30), (2019, 12, 2, 1))),
        (["2020/01/31", "2019/12/01"], days((2020, 1, 31), (2019, 12, 1))),
        (["31.01.2020", "01.12.2019"], days((2020, 1, 31), (2019, 12, 1))),
        (["01.12.2019", "31.01.2020"], days((2019, 12, 1), (2020, 1, 31))),
        (["1/12/2019", "31/1/2020"], days((2019, 12, 1), (2020, 1, 31))),
        (["12/1/2019", "1/31/2020"], days((2019, 12, 1), (2020, 1, 31))),
        (["0001-01-01", "9999-12-31"], days((1, 1, 1), (9999, 12, 31))),
        ([datetime.date(2020, 1, 31), datetime.date(2019, 12, 1)], days((2020, 1, 31), (2019, 12, 1))),
        (pd.to_datetime(["2020-01-31", "2019-12-01"]), days((2020, 1, 31), (2019, 12, 1))),
        (
            pd.to_datetime(["2020-07-01", "2019-12-01"]).tz_localize("Europe/Zurich"),
            days((2020, 6, 30, 22), (2019, 11, 30, 23)),
        ),
        (pd.Categorical(pd.to_datetime(["2020-01-31", "2019-12-01"])), days((2020, 1, 31), (2019, 12, 1))),
    ],
    ids=str,
)
def test_dates_are_known_in_many_forms(values, kept):
    assert kind_of(values) == (kept, "date")


@pytest.mark.parametrize(
    "values",
    [
        ["2020-01-31", "soon"],
        ["2020-02-30", "2020-01-01"],
        ["10.0.0.1", "10.0.0.2"],
        ["555-12-3456", "555-11-1234"],
        ["part 1-2-3", "part 4-5-6"],
        ["2020", "2021x"],
        ["12:60", "13:30"],
    ],
    ids=str,
)
def test_what_only_looks_like_a_date_is_text(values):
    assert kind_of(values) == (values, "category")


def test_a_text_behind_a_hundred_dates_makes_the_column_text():
    assert kind_of(["2020-01-31"] * 150 + ["soon"])[1] == "category"


def test_dates_are_kept_to_the_microsecond_however_they_were_stored():
    for unit in ("s", "ms", "us", "ns"):
        table, _ = load({"a": pd.to_datetime(["2020-01-31", "2019-12-01"]).astype(f"datetime64[{unit}]"), "y": [1, 2]})
        assert table["a"].dtype == "datetime64[us]"


@pytest.mark.parametrize("name", ["id", "ID", "row_id", "userId", "userID", "key", "Nr", "no", "uuid", "Unnamed: 0"])
def test_whole_numbers_that_differ_are_an_identifier_where_the_name_says_so(name):
    content = {name: [12, 5, 40], "y": [1.5, 2.5, 3.5]}
    assert load(content)[1].columns == [Column(name, "identifier", missing=0)]


@pytest.mark.parametrize("name", ["paid", "grid", "humid", "nozzle", "keyboard", "casino", "identity", "number"])
def test_a_name_that_only_ends_or_begins_like_an_identifiers_is_none(name):
    assert load({name: [12, 5, 40], "y": [1.5, 2.5, 3.5]})[1].columns == [Column(name, "number", missing=0)]


@pytest.mark.parametrize("values", [[12, None, 5, 40], pd.array([12, None, 5, 40], "Int64"), [12, np.inf, 5, 40]])
def test_an_identifier_may_be_missing_in_some_rows(values):
    table, description = load({"id": values, "y": [1.5, 2.5, 3.5, 4.5]})
    assert description.columns == [Column("id", "identifier", missing=1)]
    assert table["id"].isna().tolist() == [False, True, False, False]


@pytest.mark.parametrize(
    "values", [[12, 5, 5], [1.0, 2.0, 3.0], [1, 2, None], [0.5, 1.5, 2.5], [12, 5, 5, None], [12, 5, 0.5, None]]
)
def test_what_repeats_or_is_in_two_rows_only_or_is_no_whole_number_is_no_identifier(values):
    assert load({"id": values, "y": np.arange(len(values)) + 0.5})[1].columns[0].kind == "number"


@pytest.mark.parametrize("values", [[0, 1], [2, 1, 0], [0, 2, 4], [-1, 0, 1], [2, 3, 4], [*range(1950, 1980)]])
def test_to_count_on_takes_three_rows_and_steps_of_one_from_0_or_1(values):
    assert kind_of(values)[1] == "number"


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_a_rows_number_is_one_also_where_a_row_without_a_target_is_left_out(missing):
    targets = [1.5, 2.5, 3.5, 4.5, 5.5]
    targets[missing] = None
    table, description = load({"row": [1, 2, 3, 4, 5], "x": [5.5, 1.0, None, 3.0, 4.0], "y": targets})
    assert [column.kind for column in description.columns] == ["identifier", "number"]
    assert table["row"].tolist() == [row for row in range(1, 6) if row != missing + 1]
    assert description.columns[1].missing == (missing != 2)


def test_a_column_that_is_asked_for_by_name_is_no_identifier():
    content = {"id": [1, 2, 3], "x": [5.5, 1.0, 2.0], "y": [1.5, 2.5, 3.5]}
    assert [column.kind for column in load(content)[1].columns] == ["identifier", "number"]
    assert [column.kind for column in load(content, features=["id", "x"])[1].columns] == ["number", "number"]


# --- what is written of it


def test_a_dataset_is_described():
    table, description = load(
        {"x": [1.5, None, 3.5], "city": ["Bonn", "Kiel", "Bonn"], "y": ["no", "yes", "no"]}, file="own.csv"
    )
    assert table.to_dict("list") == {
        "x": [1.5, pytest.approx(np.nan, nan_ok=True), 3.5],
        "city": ["Bonn", "Kiel", "Bonn"],
        "target": [0, 1, 0],
    }
    assert description == Description(
        task="binary",
        inferred=Inference("values", 2),
        other_tasks=["multiclass"],
        classes=["no", "yes"],
        targets=["y"],
        files=["own.csv"],
        csv=CsvFormat(",", "utf-8", "."),
        n_read=3,
        columns=[Column("x", "number", missing=1), Column("city", "category", missing=0)],
    )


def test_columns_may_be_called_target():
    content = {"target": [1.5, 2.5], "part": ["a", "b"], "target (2)": [True, False], "y": [5.5, 6.5]}
    table, description = load(content, task="regression")
    assert table.to_dict("list") == {
        "target (2)": [1.5, 2.5],
        "part": ["a", "b"],
        "target (2) (2)": [1.0, 0.0],
        "target": [5.5, 6.5],
    }
    assert [(column.name, column.kind) for column in description.columns] == [
        ("target (2)", "number"),
        ("part", "category"),
        ("target (2) (2)", "boolean"),
    ]


def test_the_target_may_be_called_target():
    table, description = load({"x": [1.5, 2.5], "target": [5, 6]}, target="target")
    assert (list(table), description.targets) == (["x", "target"], ["target"])


def test_of_several_targets_the_names_they_get_are_theirs():
    content = {"target_1": [1.5, 2.5], "target": ["a", "b"], "up": [3, 4], "down": [5, 6]}
    table, _ = load(content, target=["up", "down"])
    assert table.to_dict("list") == {
        "target_1 (2)": [1.5, 2.5],
        "target": ["a", "b"],
        "target_1": [3, 4],
        "target_2": [5, 6],
    }


GROUPED = {"x": [1.5, 2.5, 3.5, 4.5], "part": ["u", "u", "v", None], "y": [0.5, 1.0, 1.5, None]}
BY_PART = Split(method="group", column="part")


def test_the_column_that_groups_rows_is_kept_and_is_no_feature():
    table, description = load(GROUPED, split=BY_PART)
    assert table.to_dict("list") == {"x": [1.5, 2.5, 3.5], "part": ["u", "u", "v"], "target": [0.5, 1.0, 1.5]}
    assert (description.groups, description.columns) == ({"part": "part"}, [Column("x", "number", 0)])


def test_the_column_that_groups_rows_is_a_feature_where_it_is_asked_for():
    _, description = load(GROUPED, split=BY_PART, features=["part", "x"])
    assert description.columns == [Column("part", "category", 0), Column("x", "number", 0)]


def test_rows_may_be_grouped_by_a_column_that_is_dropped_or_predicted():
    assert load(GROUPED, split=BY_PART, drop=["part"])[1].columns == [Column("x", "number", 0)]
    table, description = load(GROUPED, split=Split(method="group", column="y"))
    assert (description.groups, table["y"].tolist()) == ({"y": "y"}, [0.5, 1.0, 1.5])


def test_splits_may_group_rows_by_several_columns():
    def by(column):
        return Split(method="group", column=column)

    content = {"x": [1.5, 2.5, 3.5], "street": list("aab"), "target": list("uvv"), "y": [0.5, 1.0, 1.5]}
    dataset = Dataset(source=Table(file=table_at("own.parquet", content), target="y"))
    table, description = describe.load("own", dataset, {"one": by("street"), "another": by("target")})
    assert list(table) == ["x", "street", "target (2)", "target"]
    assert (description.groups, [column.name for column in description.columns]) == (
        {"street": "street", "target": "target (2)"},
        ["x"],
    )
    with pytest.raises(UserError, match=r"^params.yaml: another.column: 'no' is not a column"):
        describe.load("own", dataset, {"one": by("street"), "another": by("no")})
