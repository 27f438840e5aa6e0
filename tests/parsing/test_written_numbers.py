import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.parsing.written_numbers import look, seconds


def number(text, decimal="."):
    [value] = look(pd.Series([text], dtype="str"), decimal).numbers
    return None if np.isnan(value) else value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1,100", 1100),
        ("1100 $", 1100),
        ("€ 12.50", 12.5),
        ("CHF 1'200.05", 1200.05),
        ("Rs. 5", 5),
        ("5%", 5),
        ("12.5 %", 12.5),
        ("1,23,456", 123456),
        ("12,34,56,789.5", 123456789.5),
        ("1'234'567", 1234567),
        ("1’234", 1234),
        ("1 234 567.5", 1234567.5),
        ("1\u00a0234", 1234),
        ("1\u202f234", 1234),
        ("(1,234.5)", -1234.5),
        ("($5)", -5),
        ("-$5", -5),
        ("$-5", -5),
        ("\u22125", -5),
        ("1,234-", -1234),
        ("1.2k", 1200),
        ("3M", 3e6),
        ("$1.5B", 1.5e9),
        ("2 bn", 2e9),
        ("1.5e-3", 0.0015),
        (".5", 0.5),
        ("7", 7),
    ],
)
def test_numbers_are_read_as_people_write_them(text, value):
    assert number(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "value"), [("1.234,50 €", 1234.5), ("1 234,5", 1234.5), ("1'234,5", 1234.5), ("0,5", 0.5)]
)
def test_the_decimal_mark_may_be_a_comma(text, value):
    assert number(text, ",") == value


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "",
        "01",
        "--5",
        "(5",
        "5)",
        "(-5)",
        "1,23",
        "1,2345",
        "12,34.5",
        "1 23",
        "$5€",
        "5 kg",
        "3XL",
        "1.2.3",
        "10-12",
        "5m",
        "%",
    ],
)
def test_what_is_no_number_is_none(text):
    assert number(text) is None


def test_what_is_special_about_a_number_is_known():
    looked = look(pd.Series(["$1,100", "5", "x", "12,345"], dtype="str"), ".")
    assert looked.marks.tolist() == ["$", "", "", ""]
    assert looked.grouped.tolist() == [True, False, False, True]
    assert looked.doubtful.tolist() == [True, False, False, True]
    assert looked.plain.tolist() == [False, True, False, False]
    assert looked.is_number.tolist() == [True, True, False, True]


@given(
    value=st.integers(-(10**9), 10**9).map(lambda cents: cents / 100),
    grouping=st.sampled_from([",", "'", " ", "\u202f", ""]),
    sign=st.sampled_from(["", "$", "€", "CHF "]),
)
def test_a_number_written_out_is_read_back(value, grouping, sign):
    digits = f"{abs(value):,.2f}".replace(",", grouping)
    assert number(f"{'-' * (value < 0)}{sign}{digits}") == value


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1:02:03", "0:00:10"], [3723, 10]),
        (["12:30", "13:05"], [45000, 47100]),
        (["95:30", "4:05"], [5730, 245]),
        (["0:00:10.5"], [10.5]),
    ],
)
def test_times_are_seconds(texts, expected):
    assert seconds(pd.Series(texts)).tolist() == expected


@pytest.mark.parametrize("texts", [["1:02:03", "0:10"], ["12:60"], ["16:9"], ["12:30", "x"], ["1000:00"]])
def test_what_is_no_time_or_of_several_forms_is_none(texts):
    assert seconds(pd.Series(texts)) is None
