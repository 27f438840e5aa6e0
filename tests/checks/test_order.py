"""Where dates do not rise with the rows, it is said with file and row: the last rows are to be the latest."""

import pandas as pd
import pytest

from stages.checks.rows import order
from stages.params.schema import Dataset, Split
from stages.sources import describe
from stages.wording.findings import in_words

FIRST = {"datasets.own.split": Split(method="first")}


def falls(*columns):
    dates = [
        pd.Series(pd.to_datetime(list(texts), format="ISO8601"), name=f"day{place}")
        for place, texts in enumerate(columns)
    ]
    return [(each.kind, each.column, each.examples, each.rows, each.n_rows) for each in order.out_of_order(dates)]


def test_the_first_fall_is_told_and_how_many_there_are():
    assert falls(["2024-01-01", "2024-01-03", "2024-01-02", "2024-01-02", "2024-01-01"]) == [
        ("falls", "day0", ["2024-01-02", "2024-01-03"], [3], 2)
    ]
    assert falls(["2024-01-01 10:00", None, "2024-01-01 09:30", "2024-01-02"]) == [
        ("falls", "day0", ["2024-01-01 09:30:00", "2024-01-01 10:00:00"], [3], 1)
    ]


@pytest.mark.parametrize(
    "columns",
    [
        [],
        [["2024-01-01", "2024-01-01", "2024-01-02"]],
        [
            ["2024-01-01", None, "2024-01-02"],
            ["2024-05-01", "1990-01-02", "2024-01-03"],
        ],  # one rises: that is the order
        [["2024-01-01"] * 3],
        [[None] * 3],
    ],
    ids=["none", "rises", "one of two", "constant", "missing"],
)
def test_nothing_is_told_where_a_column_rises_or_none_can(columns):
    assert falls(*columns) == []


def test_of_several_columns_the_one_that_falls_least_is_told_and_newest_first_is_told_as_such():
    born, day = ["1990-01-02", "1980-01-02", "1970-01-02"], ["2024-01-01", "2024-01-03", "2024-01-02"]
    assert [each[:2] for each in falls(born, day)] == [("falls", "day1")]
    assert [each[0] for each in falls(born)] == ["newest first"]


@pytest.mark.parametrize(("names", "told"), [(("2", "10"), None), (("b", "a"), "row 1 of part-b.csv")])
def test_files_of_a_pattern_are_in_the_order_of_their_names(tmp_path, monkeypatch, names, told):
    monkeypatch.chdir(tmp_path)
    for month, name in enumerate(names, 1):
        days = pd.DataFrame({"day": [f"2024-{month:02}-{day:02}" for day in range(1, 21)], "x": range(20)})
        days.assign(y=days["x"] * 0.5).to_csv(f"part-{name}.csv", index=False)
    dataset = Dataset.model_validate({"source": {"file": "part-*.csv", "target": "y"}})
    lines = [in_words(each) for each in describe.load("own", dataset, FIRST)[1].findings if each.column == "day"]
    assert len(lines) == (told is not None)
    if told:
        assert lines[0].startswith(f"day falls at {told}, from 2024-02-20 to 2024-01-01 (1 fall in all); with split:")


def test_a_comparison_whose_first_rows_train_asks_for_the_order_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pd.DataFrame({"day": [f"2024-01-{1 + row * 7 % 30:02}" for row in range(30)], "y": range(30)})
    rows.assign(x=rows["y"] ** 2 % 17).to_csv("own.csv", index=False)
    dataset = Dataset.model_validate({"source": {"file": "own.csv", "target": "y"}})
    splits = {"datasets.own.split": Split()}
    assert [each.kind for each in describe.load("own", dataset, splits)[1].findings] == []
    splits["comparisons.later.split"] = Split(method="first")
    assert [each.kind for each in describe.load("own", dataset, splits)[1].findings] == ["falls"]
