import datetime

import numpy as np
import pandas as pd
import pytest

from stages.parsing import dates
from stages.parsing.column_kinds import plain_dates
from stages.parsing.dates import as_dates, by_format, fit, is_short, may_swap, moments_of


def by_known_form(texts, form):
    return pd.Series(moments_of(list(texts), form, texts.name), texts.index)


def days(*texts, name="day"):
    read = as_dates(pd.Series(texts, name=name, dtype="str"))
    return None if read is None else [date.to_pydatetime() for date in read]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Jan 3, 2025", (2025, 1, 3)),
        ("January 3 2025", (2025, 1, 3)),
        ("3 Jan 2025", (2025, 1, 3)),
        ("3rd of May 2020", (2020, 5, 3)),
        ("03-JAN-2025", (2025, 1, 3)),
        ("03Jan2025", (2025, 1, 3)),
        ("2025-Jan-03", (2025, 1, 3)),
        ("Mon, 3 Feb 2025", (2025, 2, 3)),
        ("3. März 2024", (2024, 3, 3)),
        ("1 août 2021", (2021, 8, 1)),
        ("3.I.2025", (2025, 1, 3)),
        ("14-VIII-2025", (2025, 8, 14)),
        ("JAN25", (2025, 1, 1)),
        ("Jan_2025", (2025, 1, 1)),
        ("2025_03", (2025, 3, 1)),
        ("3 Jan '25", (2025, 1, 3)),
        ("2H25", (2025, 7, 1)),
        ("2025:Q2", (2025, 4, 1)),
        ("Q2, 2025", (2025, 4, 1)),
        ("2025wk02", (2025, 1, 6)),
        ("2. KW 2025", (2025, 1, 6)),
        ("2025-01-03 Fri", (2025, 1, 3)),
        ("2025/01/03(金)", (2025, 1, 3)),
        ("民國114年1月3日", (2025, 1, 3)),
        ("den 3 januari 2025", (2025, 1, 3)),
        ("d. 3. januar 2025", (2025, 1, 3)),
        ("8 de octubre de 2020", (2020, 10, 8)),
        ("Sept. 5, 2020", (2020, 9, 5)),
        ("Dec 2024", (2024, 12, 1)),
        ("Jan 3, 2025 10:30 PM", (2025, 1, 3, 22, 30)),
        ("Jan 3, 2025 at 9:05", (2025, 1, 3, 9, 5)),
    ],
)
def test_months_may_go_by_their_names(text, expected):
    assert days(text) == [datetime.datetime(*expected)]


@pytest.mark.parametrize(
    "text", ["May", "margin 1 2025", "Jan 32, 2025", "Jan", "version 3 2025", "1 Jan", "part Jan 3, 2025"]
)
def test_what_only_begins_like_a_month_is_no_date(text):
    assert days(text) is None


def test_a_text_among_dates_with_names_makes_them_texts():
    assert days("Jan 3, 2025", "soon") is None
    assert days(*["Jan 3, 2025"] * 150, "soon") is None


@pytest.mark.parametrize(
    ("texts", "years"),
    [(("07/04/55", "08/13/10"), [1955, 2010]), (("03-Jan-48", "04-Feb-99"), [1948, 1999]), (("01.02.60",), [1960])],
)
def test_no_year_of_two_digits_is_put_into_the_future(texts, years):
    assert [day.year for day in days(*texts)] == years


def test_what_is_due_may_lie_ahead():
    assert [day.year for day in days("07/04/55", name="expires")] == [2055]


def test_a_year_of_four_digits_stays():
    assert [day.year for day in days("07/04/2055")] == [2055]
    assert days("2055-07-04")[0].year == 2055


def test_a_format_says_how_to_read_dates():
    assert by_format(pd.Series(["04/07/55"]), "%d/%m/%y").dt.strftime("%Y-%m-%d").tolist() == ["1955-07-04"]
    assert by_format(pd.Series(["20250103"]), "%Y%m%d").dt.day.tolist() == [3]
    assert by_format(pd.Series(["x"]), "%Y") is None
    named = by_format(pd.Series(["März 19", "Okt 20"]), "%b %y")
    assert named.dt.strftime("%Y-%m").tolist() == ["2019-03", "2020-10"]
    assert by_format(pd.Series(["3. Mai 2019"]), "%d. %B %Y").dt.month.tolist() == [5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("07/04/55", True), ("07-08-05", True), ("3-Jan-55", True), ("7/4/2055", False), ("2055-07-04", False)],
)
def test_years_of_two_digits_are_known(text, expected):
    assert is_short(text) is expected


def test_day_and_month_may_change_places_where_neither_is_over_12():
    assert may_swap(pd.Series(["01/02/2020", "03/04/2020"]))
    assert not may_swap(pd.Series(["01/02/2020", "13/04/2020"]))
    assert not may_swap(pd.Series(["01/01/2020"]))
    assert not may_swap(pd.Series(["2020-01-02"]))


FAR = ["0001-01-01", "0999-05-05", "1600-02-29", "1677-09-20", "1677-09-22", "2262-04-11", "2262-04-13", "9999-12-31"]


@pytest.mark.parametrize(
    "form",
    [
        "{y}-{m}-{d}",
        "{y}-{m}-{d}T10:30:00Z",
        "{y}-{m}-{d} 10:30:00.123456789",  # nanoseconds alone reach from 1678 to 2262
        "{y}/{m}/{d}",
        "{m}/{d}/{y}",
        "{d}.{m}.{y}",
        "{d} {month} {y}",
    ],
)
@pytest.mark.parametrize("far", [*([each] for each in FAR), FAR], ids=lambda far: far[0] if len(far) == 1 else "all")
def test_dates_far_from_all_others_are_dates(form, far):
    near = pd.date_range("2020-01-15", periods=30, freq="13D").strftime("%Y-%m-%d").tolist()
    texts = []
    for date in (*near[:9], *far, *near[9:]):
        y, m, d = date.split("-")
        texts.append(form.format(y=y, m=m, d=d, month=datetime.date(2000, int(m), 1).strftime("%b")))
    made = as_dates(pd.Series(texts, name="day"))
    assert plain_dates(made).dt.strftime("%m-%d").tolist() == [date[5:] for date in (*near[:9], *far, *near[9:])]
    assert made.dt.year.tolist() == [int(date[:4]) for date in (*near[:9], *far, *near[9:])]


def test_dates_beyond_those_that_can_be_written_are_the_last_that_can():
    # 23:30 in the last year, eleven hours behind; what another program wrote
    made = plain_dates(as_dates(pd.Series(["2020-05-01 10:00:00+00:00", "9999-12-31 23:30:00-11:00"])))
    assert made.tolist() == [pd.Timestamp("2020-05-01 10:00:00"), pd.Timestamp("9999-12-31 23:59:59")]
    for unit in ("s", "ms", "us"):
        dates = pd.Series(np.array(["20224-01-05", "-0400-01-01", "2024-01-05"], f"datetime64[{unit}]"))
        assert [date.year for date in plain_dates(dates)] == [9999, 1, 2024]


def test_only_years_of_two_digits_are_brought_into_their_century():
    texts = pd.Series(["15/01/70", "9999-12-31", "0001-01-01", "15/01/20"], name="day")
    assert by_known_form(texts, "%d/%m/%y").dt.year.tolist() == [1970, 9999, 1, 2020]
    assert by_known_form(texts[[1, 0]], "%d/%m/%y").dt.year.tolist() == [9999, 1970]


@pytest.mark.parametrize("texts", [["13/01/99", "14/02/98"], ["13 Jan 99", "14 Feb 98"], ["13.01.99", "14.02.98"]])
def test_a_mistake_of_ours_is_not_taken_for_texts_that_are_no_dates(texts, monkeypatch):
    def fails(*_arguments):
        raise mistake

    assert as_dates(pd.Series(texts)).dt.year.tolist() == [1999, 1998]
    mistake = ValueError("planted")
    monkeypatch.setattr(dates, "in_their_century", fails)
    with pytest.raises(ValueError, match="planted"):
        as_dates(pd.Series(texts))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["Jan-15", "Feb-15"], [(2015, 1, 1), (2015, 2, 1)]),
        (["Mär-09", "Okt-09"], [(2009, 3, 1), (2009, 10, 1)]),
        (["2015-01", "2015-12"], [(2015, 1, 1), (2015, 12, 1)]),
        (["01/2015", "12/2015"], [(2015, 1, 1), (2015, 12, 1)]),
        (["2015Q1", "2015Q4"], [(2015, 1, 1), (2015, 10, 1)]),
        (["Q2 2015", "Q3 2016"], [(2015, 4, 1), (2016, 7, 1)]),
        (["1Q15", "4Q99"], [(2015, 1, 1), (1999, 10, 1)]),
        (["2015-q3"], [(2015, 7, 1)]),
        (["2015-W01", "2015-W53"], [(2014, 12, 29), (2015, 12, 28)]),
        (["2015W012"], [(2014, 12, 30)]),
        (["KW 3/2015", "week 4 2015"], [(2015, 1, 12), (2015, 1, 19)]),
        (["20150131T123005", "20150131T1230Z", "20150131 12:30"], [(2015, 1, 31, 12, 30, s) for s in (5, 0, 0)]),
        (["2015-01-31 12:30:05,250"], [(2015, 1, 31, 12, 30, 5, 250_000)]),
        (["31.01.2015, 14:30", "01.02.2015, 9:05"], [(2015, 1, 31, 14, 30), (2015, 2, 1, 9, 5)]),
        (["1/31/2015, 2:30:00 PM", "2/1/2015, 12:05:00 AM"], [(2015, 1, 31, 14, 30), (2015, 2, 1, 0, 5)]),
        (["31/01/15 14:30", "01/02/15 09:05:30"], [(2015, 1, 31, 14, 30), (2015, 2, 1, 9, 5, 30)]),
        (["2015-01-31 14:30", "2015-01-31 14:30:59"], [(2015, 1, 31, 14, 30), (2015, 1, 31, 14, 30, 59)]),
        (["2015-01-31T12:30:00+02:00", "2015-01-31T12:30:00Z"], [(2015, 1, 31, 10, 30), (2015, 1, 31, 12, 30)]),
        (["2015-01-31 12:30 CET", "2015-07-31 12:30 CEST"], [(2015, 1, 31, 11, 30), (2015, 7, 31, 10, 30)]),
        (["2015-01-31T12:30:00+01:00[Europe/Zurich]"], [(2015, 1, 31, 11, 30)]),
        (
            ["Sat, 31 Jan 2015 12:30:00 -0500", "Sun, 1 Feb 2015 12:30:00 +0000 (UTC)"],
            [(2015, 1, 31, 17, 30), (2015, 2, 1, 12, 30)],
        ),
        (["Sat, 31 Jan 2015 12:30:00 GMT"], [(2015, 1, 31, 12, 30)]),
        (["Sat Jan 31 12:30:00 2015", "Sun Feb  1 12:30:00 2015"], [(2015, 1, 31, 12, 30), (2015, 2, 1, 12, 30)]),
        (["31/Jan/2015:12:30:00 +0100"], [(2015, 1, 31, 11, 30)]),
        (["2015年1月31日"], [(2015, 1, 31)]),
        (["3. 1. 2015", "31. 1. 2015"], [(2015, 1, 3), (2015, 1, 31)]),
        (["2015-01-31 24:00"], [(2015, 2, 1)]),
        (["14:30 31.01.2015", "9:05:30 01.02.2015"], [(2015, 1, 31, 14, 30), (2015, 2, 1, 9, 5, 30)]),
        (["31.01.2015 14:30 Uhr", "01.02.2015 um 9:05"], [(2015, 1, 31, 14, 30), (2015, 2, 1, 9, 5)]),
        (["2015-01-31_14-30-05", "20150131_143005"], [(2015, 1, 31, 14, 30, 5)] * 2),
        (
            ["2015-01-31 (Sat)", "Sunday, 1 February 2015", "2 Feb 2015, Mon"],
            [(2015, 1, 31), (2015, 2, 1), (2015, 2, 2)],
        ),
        (["Mar 3, 2015", "Mar 31, 2015"], [(2015, 3, 3), (2015, 3, 31)]),  # March, not mardi
        (["2015年1月", "2015年12月"], [(2015, 1, 1), (2015, 12, 1)]),
        (["2015M02", "2015-M11"], [(2015, 2, 1), (2015, 11, 1)]),
        (["M02 2015"], [(2015, 2, 1)]),
        (["2015H2", "H1 2016"], [(2015, 7, 1), (2016, 1, 1)]),
        (["T3 2015", "1. Quartal 2016", "4th quarter 2016"], [(2015, 7, 1), (2016, 1, 1), (2016, 10, 1)]),
        (["KW08/21", "Week 9, 2021"], [(2021, 2, 22), (2021, 3, 1)]),
        (["31 01 2015", "1 2 2015"], [(2015, 1, 31), (2015, 2, 1)]),
        (["2015 01 31"], [(2015, 1, 31)]),
        (
            ["2015-01-31 12:30 Europe/Zurich", "2015-07-31 12:30 Europe/Zurich"],
            [(2015, m, 31, h, 30) for m, h in ((1, 11), (7, 10))],
        ),
        (["2015-07-31 12:30:00 +0200 CEST"], [(2015, 7, 31, 10, 30)]),
        (["27 lutego 2021", "9 października 2021"], [(2021, 2, 27), (2021, 10, 9)]),
        (["27 фев 2021", "9 мая 2021", "1 сентября 2021"], [(2021, 2, 27), (2021, 5, 9), (2021, 9, 1)]),
        (["3. maj 2021", "4. augusti 2021", "5 Ağustos 2021"], [(2021, 5, 3), (2021, 8, 4), (2021, 8, 5)]),
    ],
    ids=lambda value: value[0] if isinstance(value[0], str) else "",
)
def test_dates_are_read_in_every_usual_way(texts, expected):
    assert days(*texts) == [datetime.datetime(*each) for each in expected]
    form = fit(pd.Series(texts))[0]
    alone = [by_known_form(pd.Series([text]), form)[0] for text in texts]
    assert alone == [datetime.datetime(*each) for each in expected]


@pytest.mark.parametrize(
    "texts",
    [
        ["2015Q5"],
        ["2015H3"],
        ["2T50"],
        ["W8/21"],
        ["10 11 12"],
        ["2015-01-31 12:30 Europe/Nowhere"],
        ["2015M13"],
        ["2015-W54"],
        ["2015-13"],
        ["13/2015"],
        ["Jam-15"],
        ["2015-01-31 25:00"],
        ["2015-01-31 12:30 XYZ"],
        ["2015-01-31 13:30 PM"],
        ["2015-01-31 7"],
        ["20150131"],  # a number
        ["1-2"],
        ["1.2.3"],
        ["31/01/2015", "01/31/2015"],  # day and month change places
    ],
    ids=str,
)
def test_what_has_the_look_of_a_date_and_is_none_is_none(texts):
    assert days(*texts) is None


@pytest.mark.parametrize(
    "form", ["%d/%m/%Y %H:%M", "%m/%d/%y", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S %z", "%d.%m.%Y, %H:%M:%S.%f"]
)
def test_many_dates_are_read_as_each_of_them_alone(form, monkeypatch):
    zone = datetime.timezone(datetime.timedelta(hours=-3))
    start = datetime.datetime(2003, 1, 13, 1, 2, 3, tzinfo=zone)
    texts = pd.Series([f"{start + datetime.timedelta(hours=7 * row):{form}}" for row in range(200)])
    slowly = as_dates(texts)
    monkeypatch.setattr(dates, "_MANY", 10)
    assert as_dates(texts).tolist() == slowly.tolist()
    # one that is written otherwise is read too
    assert as_dates(pd.concat([texts, pd.Series(["2020-05-04"])], ignore_index=True)).iloc[-1].day == 4
