"""Drawn tables with oddities never change the number of rows or the kind of a column without a word."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.params.schema import Dataset
from stages.params.source import Table
from stages.sources import describe
from stages.wording.findings import in_words

N_ROWS = 30
WRITTEN = {  # numbers as people write them
    "money": lambda value, _: f"${100 * value:,.2f}",
    "lakhs": lambda _, rng: f"{rng.integers(1, 99)},{rng.integers(10, 99)},{rng.integers(100, 999)}",
    "percent": lambda value, _: f"{value} %",
    "brackets": lambda value, _: f"({value})",
    "thousands": lambda value, _: f"{value}k",
    "times": lambda _, rng: f"{rng.integers(24)}:{rng.integers(60):02}:{rng.integers(60):02}",
    "blanks between": lambda _, rng: (
        f"{rng.integers(1, 99)}\u202f{rng.integers(100, 999)}\u202f{rng.integers(100, 999)}"
    ),
    "millions": lambda value, _: f"{value}M",
    "billions": lambda value, _: f"{value:.1f} bn",
    "kilograms": lambda value, _: f"{value} kg",
    "minus signs": lambda value, _: f"\u2212{value}",
    "apostrophes": lambda _, rng: f"{rng.integers(1, 99)}'{rng.integers(100, 999)}'{rng.integers(100, 999)}",
}
HIDDEN = (
    "a word among numbers",
    "an error",
    "a sentinel",
    "blanks",
    "look-alikes",
    "named months",
    "short years",
    *WRITTEN,
)
ROWS = "heading again", "units", "total", "preamble", "none"


def numbers(seed):
    return np.round(np.random.default_rng(seed).normal(50, 10, N_ROWS), 3)


def column(oddity, seed):
    """Fields of a column with an oddity, the kind that it should have, and how many of its fields are missing."""
    rng = np.random.default_rng(seed)
    plain, place = [str(value) for value in numbers(seed)], int(rng.integers(N_ROWS))
    if oddity in WRITTEN:
        return [WRITTEN[oddity](value, rng) for value in numbers(seed)], "number", 0
    match oddity:
        case "a word among numbers":
            return [*plain[:place], str(rng.choice(["broken", "n.d."])), *plain[place + 1 :]], "number", 1
        case "an error":
            return [*plain[:place], str(rng.choice(["#DIV/0!", "#REF!", "#N/A"])), *plain[place + 1 :]], "number", 1
        case "a sentinel":
            return [*plain[:place], "-9999", *plain[place + 1 :]], "number", 0
        case "blanks":
            return [f"{rng.choice(['yes', 'no'])}{' ' * rng.integers(3)}" for _ in plain], "category", 0
        case "look-alikes":
            return [*map(str, rng.choice(["yes", "no", "Yes", "NO"], N_ROWS))], "category", 0
        case "named months":
            return [f"{rng.choice(['Jan', 'March'])} {day + 1}, 2025" for day in range(N_ROWS)], "date", 0
        case "short years":
            return [f"{day % 28 + 1:02}-{day % 12 + 1:02}-{rng.integers(30, 99)}" for day in range(N_ROWS)], "date", 0


def written(table, rows):
    """A CSV file of a table, with rows that are no data, and how many rows of data it has."""
    fields = [[f'"{field}"' if "," in field else field for field in row] for row in table.to_numpy().tolist()]
    heading = ",".join(table.columns)
    lines = [",".join(row) for row in fields]
    match rows:
        case "heading again":
            lines.insert(N_ROWS // 2, heading)
        case "units":
            lines.insert(0, ",".join(["kg"] * table.shape[1]))
        case "total":
            lines.append(",".join(["Total", *[""] * (table.shape[1] - 2), str(numbers(0).sum().round(3))]))
        case "preamble":
            heading = "A report\nof 2024\n" + heading
    return "\n".join([heading, *lines, ""])


def write(table, rows, form, folder):
    """Write a table into a file of some form; only CSV has rows that are no data."""
    if form == "csv" or rows != "none":
        file = folder / "own.csv"
        file.write_text(written(table, rows), encoding="utf-8")
    else:
        file = folder / "own.json"
        table.to_json(file, orient="records", lines=form == "json lines")
    return file


def expected_word(oddity):
    return {
        "a word among numbers": {"odd texts"},
        "an error": {"errors"},
        "a sentinel": {"far"},
        "look-alikes": {"alike"},
        "short years": {"century"},
    }.get(oddity, {"written"} if oddity in WRITTEN else set())


@pytest.mark.thorough
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    oddities=st.lists(st.sampled_from(HIDDEN), min_size=1, max_size=3),
    rows=st.sampled_from(ROWS),
    form=st.sampled_from(["csv", "json lines", "json"]),
    seed=st.integers(0, 2**16),
)
def test_what_is_odd_is_read_rightly_and_said(oddities, rows, form, seed):
    made = {f"c{index}": column(oddity, seed + index) for index, oddity in enumerate(oddities)}
    table = pd.DataFrame({"name": ["a", "b", "c"] * (N_ROWS // 3)} | {name: each[0] for name, each in made.items()})
    table["y"] = numbers(0).astype(str)
    with tempfile.TemporaryDirectory() as folder:
        file = write(table, rows, form, Path(folder))
        features, description = describe.load("own", Dataset(source=Table(file=file.as_posix(), target="y")), {})
    said = {(finding.kind, finding.column) for finding in description.findings}
    assert len(features) == N_ROWS
    np.testing.assert_array_equal(features["target"], numbers(0))
    if rows != "none":
        assert (rows, "") in said
    kinds = {each.name: (each.kind, each.missing) for each in description.columns}
    for (name, (_, kind, missing)), oddity in zip(made.items(), oddities, strict=True):
        assert kinds[name] == (kind, missing), oddity
        assert {(word, name) for word in expected_word(oddity)} <= said
    assert all(len(in_words(finding)) < 250 for finding in description.findings)


WORDS = [
    "a",
    "B",
    "0.5",
    "12,345",
    "1.234,5",
    "$5",
    "5%",
    "5 kg",
    "1.2M",
    "1 234,5",
    "(3)",
    "--",
    "n/a",
    "#REF!",
    "1:30",
    "Jan 3, 2025",
    "07/04/55",
    " x ",
]


@pytest.mark.thorough
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    fields=st.lists(st.sampled_from(WORDS), min_size=4, max_size=25),
    number=st.sampled_from(["7.25", "$7", "1,100", "7%"]),
    more=st.integers(0, 40),
)
def test_whatever_a_column_holds_its_rows_stay_and_a_text_is_missing_or_a_number_only_where_that_is_said(
    fields, number, more
):
    fields = [*fields, *[number.replace("7", str(row)) for row in range(more)]]
    table = pd.DataFrame({"a": fields, "y": np.arange(len(fields)) / 2})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "own.csv"
        table.to_csv(file, index=False)
        try:
            features, description = describe.load("own", Dataset(source=Table(file=file.as_posix(), target="y")), {})
        except UserError as error:
            pytest.fail(str(error))
    assert len(features) == len(fields)
    assert description.n_read == len(fields)
    words_for_nothing = {"n/a"} if description.columns[0].kind != "category" else set()
    missing = sum(field in words_for_nothing for field in fields)
    told = {finding.kind: finding for finding in description.findings}
    odd = sum(told[kind].n_rows for kind in ("odd texts", "errors") if kind in told)
    assert features["a"].isna().sum() == missing + odd
    if description.columns[0].kind == "number" and any(
        field[0] in "$(" or ":" in field or "%" in field for field in fields
    ):
        assert {"written", "odd texts"} & set(told)
