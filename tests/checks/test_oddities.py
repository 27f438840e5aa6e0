"""What is odd about the values of columns is named before anything is trained on them."""

import numpy as np
import pandas as pd
import pytest

from stages.checks.cells import alike as alike_labels
from stages.checks.cells import far as far_values
from stages.checks.cells import infinite
from stages.checks.cells import mixed as mixed_texts
from stages.checks.columns import identifiers, leaks
from tests.columns import tidy

ROWS = np.arange(40)
SHUFFLED = np.random.default_rng(0).permutation(40)


def values(labels):
    return np.asarray(labels, float)[:, None]


def classes(labels):
    return np.asarray(labels)


def far(*numbers, name="CO"):
    return [(each.examples[0], each.rows, each.n_rows) for each in far_values.far(pd.Series(numbers, name=name))]


def test_a_value_far_from_all_others_is_named_with_its_rows():
    assert far(1.0, 1.5, -200, 2, 2.5, 3, -200, 3.5, 4, 1.2, 1.3) == [("-200", [3, 7], 2)]


def far_dates(*texts):
    written = pd.Series(texts, name="start")
    return [(each.examples[0], each.rows, each.n_rows) for each in far_values.far(tidy(written)[0], written)]


def test_a_date_far_from_all_others_is_named_as_it_is_written():
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 13) for day in (3, 19)]
    assert far_dates(*days, "0001-01-01", "0001-01-01", "9999-12-31") == [
        ("9999-12-31", [27], 1),
        ("0001-01-01", [25, 26], 2),
    ]
    assert far_dates(*days, "1677-09-20") == [("1677-09-20", [25], 1)]
    assert far_dates(*days, "2022-06-01") == []
    decades = [f"{year}-05-17" for year in range(1950, 2025)]
    assert far_dates(*decades, "1850-01-01", "1850-01-01") == []
    assert far_dates(*decades, "1753-01-01", "1753-01-01") == [("1753-01-01", [76, 77], 2)]


def test_several_values_may_be_far_on_either_side():
    assert [value for value, _, _ in far(*range(20), 9999, -999, 9999)] == ["9,999", "-999"]


def test_a_number_that_often_stands_for_nothing_is_named_though_it_is_nearer():
    assert far(*range(20, 50), 99, 99) == [("99", [31, 32], 2)]
    assert far(*range(20, 50), 98, 98) == far(*range(20, 50), 99) == []


@pytest.mark.parametrize(
    "numbers",
    [range(50), [0, 1] * 20, [1, 2, 3, 1000], np.random.default_rng(0).lognormal(0, 1, 500), [-1, *range(30)]],
)
def test_plain_numbers_have_none_that_is_far(numbers):
    assert far(*numbers) == []


def test_numbers_that_are_infinite_to_a_network_are_named_and_what_was_missing_before_is_not():
    written = pd.Series([1.5, np.inf, np.nan, -np.inf, 3e39, 2.0], name="x")
    [finding] = infinite.infinite(written, written.where(written.abs() < 1e38))
    assert (finding.kind, finding.column, finding.n_rows) == ("infinite", "x", 3)
    assert (finding.examples, finding.rows) == (["inf", "-inf", "3e+39"], [2, 4, 5])
    assert infinite.infinite(written[[0, 2, 5]], written[[0, 2, 5]]) == []
    assert infinite.infinite(pd.Series(["inf", "a"]), pd.Series([np.nan, np.nan])) == []


def test_a_column_that_lies_on_a_line_with_the_target_tells_it():
    target = values(SHUFFLED * 2.5)
    assert leaks.tells(pd.Series(SHUFFLED * 1.1 + 3), "number", target)
    assert leaks.tells(pd.Series(np.exp(SHUFFLED / 9)), "number", target)  # rises as it does
    assert not leaks.tells(pd.Series(ROWS * 1.0), "number", target)
    assert not leaks.tells(pd.Series(SHUFFLED + 5 * (ROWS % 3)), "number", target)


def test_a_column_of_dates_or_texts_may_tell_the_target():
    dates = pd.Series(pd.to_datetime("2020-01-01") + pd.to_timedelta(SHUFFLED, unit="D"))
    assert leaks.tells(dates, "date", values(SHUFFLED))
    kinds = pd.Series([f"kind {row % 4}" for row in ROWS], dtype="str")
    assert leaks.tells(kinds, "category", values(ROWS % 4))
    assert leaks.tells(kinds, "category", classes(ROWS % 4 // 2))
    assert not leaks.tells(kinds, "category", classes(ROWS % 3 // 2))


def test_a_column_whose_ranges_keep_classes_apart_tells_them():
    target = classes(SHUFFLED // 20)
    assert leaks.tells(pd.Series(SHUFFLED / 7), "number", target)
    assert leaks.tells(pd.Series(target * 1.0), "boolean", target)
    assert not leaks.tells(pd.Series(ROWS / 7), "number", target)


def test_few_rows_tell_nothing():
    assert not leaks.tells(pd.Series(ROWS[:12] * 1.0), "number", values(ROWS[:12]))


def test_an_identifier_may_go_with_the_target():
    assert identifiers.goes_with(pd.Series(SHUFFLED * 111), values(SHUFFLED))
    assert identifiers.goes_with(pd.Series(SHUFFLED * 111), classes(SHUFFLED // 20))
    assert not identifiers.goes_with(pd.Series(SHUFFLED * 111), values(ROWS))
    assert not identifiers.goes_with(pd.Series(SHUFFLED * 111), classes(ROWS % 2))


def test_an_identifier_without_bearing_hardly_ever_goes_with_the_target():
    rng = np.random.default_rng(1)
    draws = [identifiers.goes_with(pd.Series(rng.permutation(60)), values(rng.normal(size=60))) for _ in range(200)]
    assert sum(draws) == 0


def alike(*texts):
    return [(each.examples, each.read_as) for each in alike_labels.alike(pd.Series(texts * 3, name="ok", dtype="str"))]


def test_labels_that_differ_by_capitals_accents_or_marks_look_alike():
    assert alike("yes", "yes", "no", "No", "no") == [(["no", "No"], "no")]
    assert alike("Zürich", "Zurich", "Bern") == [(["Zürich", "Zurich"], "Zürich")]
    assert alike("New York", "new-york", "Newyork") == [(["New York", "new-york", "Newyork"], "New York")]
    assert alike("yes", "no", "maybe") == []


def mixed(*texts):
    return [(each.n_rows, each.examples, each.read_as) for each in mixed_texts.mixed(pd.Series(texts, dtype="str"))]


def test_texts_that_are_mostly_numbers_or_dates_are_named_with_the_odd_one():
    assert mixed(*"12345678", "few") == [(1, ["few"], "numbers")]
    assert mixed(*[f"2020-01-0{day}" for day in range(1, 9)], "soon") == [(1, ["soon"], "dates")]
    assert mixed(*"12345678") == [(0, [], "numbers")]


@pytest.mark.parametrize(
    "texts", [["a", "b", "1", "2", "3"], ["01067", "80331", "80333", "80335", "80337"], ["1", "x"]]
)
def test_other_texts_are_plain_texts(texts):
    assert mixed(*texts) == []
