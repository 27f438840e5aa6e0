import datetime

import numpy as np
import pandas as pd
import pytest

from stages.parsing import durations


@pytest.mark.parametrize(
    ("texts", "form", "expected"),
    [
        (["1:02:03", "0:00:10"], "seconds", [3723, 10]),
        (["12:30", "13:05"], "hours", [45000, 47100]),
        (["12:30 Uhr", "13:05 Uhr"], "hours", [45000, 47100]),
        (["9:30\u202fAM", "12:05 p.\u00a0m."], "hours", [34200, 43500]),
        (["95:30", "4:05"], "minutes", [5730, 245]),
        (["0:00:10.5"], "seconds", [10.5]),
        (["9:30", "9:30:15"], "hours", [34200, 34215]),  # a program leaves out seconds that are 0
        (["59:10", "1:02:03"], "minutes", [3550, 3723]),
        (["9:30 AM", "12:05 pm", "12:05 am"], "hours", [34200, 43500, 300]),
        (["1 days 02:03:04", "-1 days +23:59:30.5", "2 days"], "seconds", [93784, -29.5, 172800]),
        (["P1DT2H", "PT90M", "PT1.5S", "-PT5S"], "seconds", [93600, 5400, 1.5, -5]),
        (["1h 30m", "2h5min", "1d 2h"], "seconds", [5400, 7500, 93600]),
        (["1h 30m", "45 min", "2 d"], "seconds", [5400, 2700, 172800]),
        (["90 min", "2 h", "1,5 Std."], "seconds", [5400, 7200, 5400]),
        (["1 day", "3 days", "2 weeks"], "seconds", [86400, 259200, 1209600]),
        (["-1:00:00"], "seconds", [-3600]),
    ],
)
def test_durations_and_times_of_day_are_seconds(texts, form, expected):
    assert durations.fit(pd.Series(texts))[0] == form
    assert durations.fit(pd.Series(texts))[1].tolist() == expected
    assert [durations.seconds(pd.Series([text]), form)[0] for text in texts] == expected


@pytest.mark.parametrize(
    "texts", [["12:60"], ["16:9"], ["12:30", "x"], ["1000:00"], ["13:30 PM"], ["P"], ["2h"], ["5 m", "7 m"], ["5"]]
)
def test_what_is_no_duration_is_none(texts):
    assert durations.fit(pd.Series(texts)) is None


@pytest.mark.parametrize(
    "values",
    [
        pd.to_timedelta(["0 days 01:30:00", None]),
        pd.Series([datetime.timedelta(hours=1, minutes=30), None], dtype=object),
        pd.Series([datetime.time(1, 30), None], dtype=object),
    ],
)
def test_what_a_file_holds_as_a_duration_is_what_its_text_is(values):
    np.testing.assert_array_equal(durations.of_values(pd.Series(values)), [5400, np.nan])


@pytest.mark.parametrize("values", [[1.5, 2], ["1:30"], [datetime.datetime(2020, 1, 1)], [None]])
def test_other_values_are_no_durations(values):
    assert durations.of_values(pd.Series(values, dtype=object)) is None
