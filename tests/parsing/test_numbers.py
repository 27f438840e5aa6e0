import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.parsing.numbers import look, mark_of, may_be_codes, read, with_unit


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
        ("5%", 0.05),
        ("12.5 %", 0.125),
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
        ("$ (1,200)", -1200),
        ("(€ 5.50)", -5.5),
        ("~ 12", 12),
        ("ca. 12", 12),
        ("1.5 million", 1.5e6),
        ("3 Tsd.", 3000),
        ("2.1 Mrd.", 2.1e9),
        ("７０５", 705),
        ("٣٨١", 381),
        ("1.5D-03", 0.0015),
        ("1.17×10⁻⁵", 1.17e-5),
        ("5 x 10^3", 5000),
        ("Rs. 1,00,000/-", 100_000),
        ("1½", 1.5),
        ("-2 ¾", -2.75),
        ("⅓", 0.3333333333),
        ("500/=", 500),
        ("£2.3m", 2.3e6),
        ("$1.5 b", 1.5e9),
        ("₹ 1.2 Cr", 1.2e7),
        ("45 lakh", 4.5e6),
        ("350万", 3.5e6),
        ("1.5亿", 1.5e8),
        ("4.5억", 4.5e8),
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
        "10²",
        "1D5",
        "$ (5",
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
    ("text", "value"),
    [
        ("303.-", 303),
        ("303,-", 303),
        ("303.–", 303),
        ("303.--", 303),
        ("1'303.-", 1303),
        ("CHF 303.-", 303),
        ("-303.-", -303),
        ("303-", -303),
        ("303.50-", -303.5),
        ("\u2013303", -303),
        ("1.5E+03", 1500),
        ("2×10^3", 2000),
        ("2.5 x 10\u22123", 0.0025),
        ("7‰", 0.007),
        ("14.3%", 0.143),
        ("1 000,5", None),
        ("1,234e3", None),  # digits before an exponent are no groups
        ("1 234e3", None),
        ("12A", None),
    ],
)
def test_strokes_exponents_and_shares_are_what_they_stand_for(text, value):
    assert number(text) == value


def test_digits_before_an_exponent_tell_that_the_comma_is_the_decimal_mark():
    texts = pd.Series(["1,234e3", "5,871"])
    assert mark_of(texts, ".") == ","
    assert look(texts, ",").numbers.tolist() == [1234, 5.871]


@pytest.mark.parametrize(
    ("texts", "usual", "mark"),
    [
        (["0,25", "5,871"], ".", ","),
        (["0.25", "5.871"], ",", "."),
        (["5.871", "1.234"], ",", ","),  # which leaves doubt
        (["1.234,5", "7"], ".", ","),
        (["1.5", "2.5", "1,5"], ".", "."),
        (["12", "7"], ",", ","),
    ],
)
def test_the_decimal_mark_is_the_one_that_alone_makes_numbers_of_more_texts(texts, usual, mark):
    assert mark_of(pd.Series(texts), usual) == mark


def test_a_number_that_only_the_other_mark_makes_is_read_by_it():
    looked = read(pd.Series(["1.5", "1,5", "1.234,5", "1,234"]), ".")
    assert looked.numbers.tolist() == [1.5, 1.5, 1234.5, 1234]
    assert looked.plain.tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("texts", "are_codes"),
    [
        (["12K", "7M", "14B"], True),
        (["12B", "14"], True),
        (["12K", "14K"], False),
        (["1.2K", "7M"], False),
        (["$12K", "7M"], False),
        (["12k", "7M"], False),
        (["12 K", "7 M"], False),
        (["5", "7"], False),
    ],
)
def test_a_code_is_no_number_because_it_ends_in_a_letter(texts, are_codes):
    assert may_be_codes(look(pd.Series(texts), ".")) is are_codes


def test_a_0_before_digits_is_no_code_in_a_column_that_is_known_to_be_of_numbers():
    texts = pd.Series(["007", "0.5", "-01,5", "0"])
    assert read(texts, ".", are_numbers=True).numbers.tolist() == [7, 0.5, -1.5, 0]
    assert read(texts, ".").is_number.tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    "unit", ["kg", "km/h", "sq. ft.", "p.a.", "руб.", "kg/m^3", "USD/t", "mg per l", "m²"], ids=str
)
def test_one_unit_behind_each_number_is_taken_off(unit):
    looked, of_each = with_unit(pd.Series([f"{value} {unit}" for value in ("7.5", "1,020", "95")], dtype="str"), ".")
    assert (looked.numbers.tolist(), of_each) == ([7.5, 1020, 95], unit)


def test_a_unit_may_stand_behind_money_that_is_of_one_kind():
    looked, unit = with_unit(["$7.5/mo", "$1,020/mo"], ".")
    assert (looked.numbers.tolist(), unit) == ([7.5, 1020], "/mo")
    assert with_unit(["$7/mo", "€8/mo"], ".") is None
    assert with_unit(["7/10", "8/10"], ".") is None
    assert with_unit(["4,5 l/100 km", "6 l/100 km"], ",")[0].numbers.tolist() == [4.5, 6]


@pytest.mark.parametrize("texts", [["5 kg", "7 g"], ["Main 5", "Main 7"], ["5 kg 3", "7 kg 3"], ["5, 7", "6, 8"]])
def test_other_texts_with_numbers_have_no_unit(texts):
    assert with_unit(pd.Series(texts, dtype="str"), ".") is None
