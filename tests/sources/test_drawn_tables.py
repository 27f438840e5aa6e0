"""Drawn tables are read and encoded alike from CSV, Excel, JSON and Parquet, or refused in the same words."""

import json
import tempfile
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.features import encoding
from stages.params.schema import Dataset, Split
from stages.parsing import dates, numbers, readers
from stages.parsing.column_kinds import MISSING, Texts
from stages.sources import describe
from tests.sources.test_odd_tables import as_excel

KINDS = ("csv", "xlsx", "json", "parquet")
# what may be said of a table that holds no problem to learn: nothing else is a refusal
REFUSED = (
    "has a single value; there is nothing to learn",
    "too many for classes",
    "holds dates; a target must be numbers or classes",
    "with a target; at least 2 are needed",
    "no column is left to learn from",
)
LETTERS = "abcxyzÄéßø東 -_'."


def is_plain(text):
    """Whether a text is no number, date, boolean or word for missing, and no blanks stand around it."""
    alone = pd.Series([text], dtype="str")
    seen = readers.number_columns.decide(Texts.of(alone), ".", quoted=True)
    is_number = numbers.are_numbers([text])[0] or seen.are_numbers
    return (
        text.strip() == text
        and text not in MISSING
        and text.lower() not in ("true", "false")
        and not is_number
        and not dates.are_dates(alone)[0]
    )


TEXTS = st.text(LETTERS, min_size=1, max_size=6).filter(is_plain)
COLUMNS = {
    "numbers": st.floats(-1e6, 1e6).map(lambda value: float(f"{value:.6g}")),
    "whole": st.integers(-(10**12), 10**12),
    "small": st.integers(0, 3),
    "booleans": st.booleans(),
    "days": st.dates(pd.Timestamp(1950, 1, 1).date(), pd.Timestamp(2034, 12, 31).date()).map(pd.Timestamp),
    "texts": TEXTS,
}


@st.composite
def columns(draw, n_rows):
    kind = draw(st.sampled_from(list(COLUMNS)))
    values = COLUMNS[kind]
    if kind == "texts":
        values = st.sampled_from(draw(st.lists(TEXTS, min_size=1, max_size=4)))
    drawn = draw(st.lists(values, min_size=n_rows, max_size=n_rows))
    missing = draw(st.sets(st.integers(0, n_rows - 1), max_size=3)) if draw(st.booleans()) else ()
    return [None if row in missing else value for row, value in enumerate(drawn)]


@st.composite
def tables(draw):
    n_rows = draw(st.integers(4, 30))
    return {name: draw(columns(n_rows)) for name in ("a", "b", "c", "y")[4 - draw(st.integers(2, 4)) :]}


def write(table, kind, name="own"):
    rows = list(zip(*table.values(), strict=True))
    plain = [[f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else value for value in row] for row in rows]
    match kind:
        case "csv":
            pd.DataFrame(plain, columns=list(table), dtype=object).to_csv(f"{name}.csv", index=False)
        case "xlsx":
            cells = [[str(value) if isinstance(value, bool) else value for value in row] for row in plain]
            as_excel(f"{name}.xlsx", ("1", [list(table), *cells]))
        case "json":
            Path(f"{name}.json").write_text(json.dumps([dict(zip(table, row, strict=True)) for row in plain]), "utf-8")
        case "parquet":
            pd.DataFrame({name: pd.Series(values).convert_dtypes() for name, values in table.items()}).to_parquet(
                f"{name}.parquet"
            )


def read(kind):
    """The target, the features as numbers and what each input is called; or the one line of a refusal."""
    dataset = Dataset.model_validate({"source": {"file": f"own.{kind}", "target": "y"}})
    try:
        # by the order of its rows, so that no column is tried as one of groups
        table, description = describe.load("own", dataset, {"datasets.own.split": Split(method="first")})
        encoder = encoding.fit(table, description.columns, "standard")
    except UserError as error:
        return str(error)
    labels = table["target"].to_numpy(np.float64)
    return labels, encoder.pipeline.transform(table), encoder.names, description.classes


def check(table):
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        made = {}
        for kind in KINDS:
            write(table, kind)
            made[kind] = read(kind)
    first = made["csv"]
    for kind, other in made.items():
        if isinstance(first, str) or isinstance(other, str):
            assert [each for each in (first, other) if not any(reason in str(each) for reason in REFUSED)] == [], kind
            continue
        assert (other[2], other[3]) == (first[2], first[3]), kind
        for mine, theirs in zip(first[:2], other[:2], strict=True):
            np.testing.assert_allclose(theirs, mine, rtol=1e-12, err_msg=kind)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_a_drawn_table_is_read_and_encoded_alike_from_every_kind_of_file(table):
    check(table)


@pytest.mark.endurance
@pytest.mark.parametrize("_", range(10))  # so that processes share them
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_ten_thousand_drawn_tables_are(_, table):
    check(table)
