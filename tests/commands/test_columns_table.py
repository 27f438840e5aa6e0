import io
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Console

from stages.commands.columns_table import SHOWN, columns_table
from stages.records.datasets import Description, Treatment

TABLE = pd.DataFrame(
    {
        "size": [None, 12.5, 7.0],
        "[red]city": ["Zürich", "Bern", "Bern"],
        "day": pd.to_datetime(["2020-01-31", "2020-02-01", "2020-02-02"]),
        "new": [1.0, 0.0, 1.0],
        "Nr": [1, 2, 3],
        "target": [0, 1, 0],
    }
)
TREATMENTS = [
    Treatment("size", "number", 1, missing=1, imputed="median", scaled="standard"),
    Treatment("[red]city", "category", 2, n_categories=2),
    Treatment("day", "date", 1, scaled="standard"),
    Treatment("new", "boolean", 1),
    Treatment("Nr", "identifier", 0, left_out="identifier"),
]
DESCRIPTION = Description(
    task="binary",
    inferred=None,
    other_tasks=[],
    classes=["no", "yes"],
    targets=["sold"],
    files=["own.csv"],
    csv=None,
    n_read=4,
    columns=[],
)


def printed(table, width=80):
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5812347.066, "5812347"),
        (152345.678, "152346"),
        (0.0380759064, "0.0380759"),
        (1e18, "1e+18"),
        (1.5e-12, "1.5e-12"),
    ],
)
def test_an_example_is_the_number_not_its_power_of_ten(value, shown):
    table = TABLE.assign(size=[None, value, 7.0])
    told = [" ".join(line.split()) for line in printed(columns_table(table, DESCRIPTION, TREATMENTS), width=120)]
    assert f"size number {shown} 1 1 missing: the median; scaled (standard)" in told


def test_each_column_is_a_line_with_what_it_was_taken_for_and_what_is_done():
    lines = printed(columns_table(TABLE, DESCRIPTION, TREATMENTS), width=120)
    told = [" ".join(line.split()) for line in lines if line.strip()]
    assert told[0] == "column kind example missing what is done"
    assert told[2:] == [
        "size number 12.5 1 1 missing: the median; scaled (standard)",
        "[red]city category Zürich one-hot: 2 texts",
        "day date 2020-01-31 as days; scaled (standard)",
        "new boolean True as 0 and 1",
        "Nr identifier 1 left out: it only tells rows apart",
        "sold classes no 1 predicted (binary); rows without it left out",
    ]


@pytest.mark.parametrize("name", ["x" * 200, "several words " * 20, "a|b\nc", "漢" * 50])
def test_it_is_readable_at_80_columns_whatever_a_column_is_called(name):
    table = TABLE.rename(columns={"[red]city": name}).assign(**{name: ["y" * 500] * 3})
    treatments = [TREATMENTS[0], Treatment(name, "category", 0, left_out="always", value="y" * 500)]
    lines = printed(columns_table(table, DESCRIPTION, treatments))
    assert max(map(len, lines)) <= 80
    assert any("12.5" in line for line in lines)


def test_of_many_columns_some_are_shown_and_the_others_counted():
    treatments = [Treatment("size", "number", 1)] * 1000
    lines = printed(columns_table(TABLE, DESCRIPTION, treatments))
    assert f"and {1000 - SHOWN} more columns, which the report names" in "\n".join(lines)
    assert len(lines) < SHOWN + 10


def test_no_text_of_the_users_acts_on_the_terminal():
    evil = "\x1b[2J\u202e"
    table = TABLE.rename(columns={"[red]city": evil}).assign(**{evil: evil})
    treatments = [Treatment(evil, "category", 0, left_out="always", value=evil)]
    classes = replace(DESCRIPTION, classes=[evil, "yes"], targets=[evil])
    lines = "".join(printed(columns_table(table, classes, treatments), width=200))
    assert lines.count(r"\x1b[2J\u202e") == 5  # the column, its example and its one value; the target and its example
    assert lines.isprintable()
