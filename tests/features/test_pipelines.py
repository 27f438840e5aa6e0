"""The file of what makes inputs of rows: it gives back what was fitted, and nothing in it runs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.basics.cli import UserError
from stages.features import encoding, pipelines
from stages.features.scaling import KnownScaler
from stages.records import datasets
from stages.records.datasets import Column
from tests import planted

ROOT = Path(__file__).parents[2]
TEXTS = st.one_of(st.none(), st.sampled_from(["a", "b", "x", "xx", "", "rare", "missing", "é", "infrequent_sklearn"]))
ROWS = {
    "land": pd.Series(["CH", "DE", "DE", "CH", None, "CH", "AT", "AT"], dtype="str"),
    "day": pd.date_range("2020-01-01", periods=8, unit="us"),
    "size": [1.5, None, 2.5, 9.0, 1.0, 2.0, 4.0, 8.0],
    "new": [1.0, 0.0, None, 1.0, 0.0, 1.0, 1.0, 0.0],
}
KINDS = {"land": "category", "day": "date", "size": "number", "new": "boolean"}


def fit(rows, kinds):
    return encoding.fit(rows, [Column(name, kind, 0) for name, kind in kinds.items()], "standard").pipeline


def back(encoder):
    return pipelines.from_json(pipelines.to_json(encoder))


def check_same(made, encoder, rows):
    np.testing.assert_array_equal(made.transform(rows), encoder.transform(rows))
    assert made.get_feature_names_out().tolist() == encoder.get_feature_names_out().tolist()


def test_a_file_holds_what_was_fitted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pd.DataFrame(ROWS)
    encoder = fit(rows, KINDS)
    n_inputs = encoder.transform(rows).shape[1]
    scaler = KnownScaler(np.full(n_inputs, 0.1), np.arange(n_inputs) / 3, np.full(n_inputs, np.pi))
    pipelines.write("own", encoder, scaler)
    made = pipelines.read("own")
    new = rows.assign(land=pd.Series(["new", None, "CH", "DE", "AT", "", "CH", "CH"], dtype="str"))
    check_same(made[0], encoder, new)
    np.testing.assert_array_equal(made.transform(new), scaler.transform(encoder.transform(new)))
    assert pipelines.facts(made[0]) == pipelines.facts(encoder)


@pytest.mark.parametrize("name", KINDS)
def test_a_column_of_any_kind_may_be_alone(name):
    rows = pd.DataFrame({name: ROWS[name]})
    encoder = fit(rows, {name: KINDS[name]})
    check_same(back(encoder), encoder, rows)


@given(first=st.lists(TEXTS, min_size=2, max_size=300), second=st.lists(TEXTS, min_size=2, max_size=300), new=TEXTS)
@settings(deadline=None, max_examples=40)
def test_any_texts_come_back_as_they_were_frequent_rare_new_and_missing(first, second, new):
    n_rows = min(len(first), len(second))
    columns = {"a": [*first[:n_rows]], "b": [*second[:n_rows]]}
    rows = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    try:
        encoder = fit(rows, {"a": "category", "b": "category"})
    except UserError:  # no column is left
        return
    unseen = pd.DataFrame({name: pd.Series([new, "never", None], dtype="str") for name in "ab"})
    for each in (rows, unseen):
        check_same(back(encoder), encoder, each)


def test_of_more_texts_than_may_have_an_input_the_same_share_one():
    rows = pd.DataFrame({"a": pd.Series([f"text {number % 70}" for number in range(1000)], dtype="str")})
    encoder = fit(rows, {"a": "category"})
    assert encoder.transform(rows).shape[1] == encoding.MAX_CATEGORIES
    check_same(back(encoder), encoder, rows)


DUMP = """
import pathlib, sys
import pandas
from stages.records.datasets import Column
from stages.features import encoding, pipelines

rows = pandas.DataFrame({
    "city": pandas.Series(["Bonn", "Kiel", "Ulm", None, "Genf", "Kiel", "Bonn", "Ulm"], dtype="str"),
    "day": pandas.date_range("2020-01-01", periods=8, unit="us"),
    "size": [1.5, None, 2.5, 9.0, 1.0, 2.0, 4.0, 8.0],
})
columns = [Column("city", "category", 1), Column("day", "date", 0), Column("size", "number", 1)]
fitted = encoding.fit(rows, columns, "robust")
pathlib.Path(sys.argv[1]).write_bytes(pipelines.to_json(fitted.pipeline))
"""


@pytest.mark.thorough
def test_two_processes_write_the_same_bytes(tmp_path):
    files = [tmp_path / "1.json", tmp_path / "2.json"]
    for file in files:
        seeded = os.environ | {"PYTHONHASHSEED": file.stem}
        subprocess.run([sys.executable, "-c", DUMP, file], cwd=ROOT, env=seeded, check=True)
    assert files[0].read_bytes() == files[1].read_bytes()


def damaged(change):
    """The bytes of a pipeline in whose JSON something was changed."""
    facts = json.loads(Path("data/pipelines/own.json").read_bytes())
    change(facts)
    return json.dumps(facts).encode()


CHANGES = {
    "a text twice": lambda facts: facts["encoder"]["texts"][0]["rare"].append("CH"),
    "no texts": lambda facts: facts["encoder"]["texts"][0].update(frequent=[], rare=[]),
    "texts of no column": lambda facts: facts["encoder"]["texts"].append({"frequent": ["x"], "rare": []}),
    "a kind that there is not": lambda facts: facts["encoder"]["columns"].update(code=["size"]),
    "a kind that is no input": lambda facts: facts["encoder"]["columns"].update(identifier=["size"]),
    "a number as a text": lambda facts: facts["fill"].append("one"),
    "nothing": dict.clear,
}


@pytest.mark.parametrize("change", [*CHANGES, *planted.WAYS])
def test_a_file_that_says_something_else_is_refused_in_a_line_and_runs_nothing(change, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    encoder = fit(pd.DataFrame(ROWS), KINDS)
    numbers = [np.ones(encoder.transform(pd.DataFrame(ROWS)).shape[1])] * 3
    pipelines.write("own", encoder, KnownScaler(*numbers))
    content = damaged(CHANGES[change]) if change in CHANGES else change(tmp_path / "done")
    datasets.pipeline_path("own").write_bytes(content)
    with pytest.raises(UserError, match=r"^data/pipelines/own\.json cannot be read .*dvc repro --force scale$"):
        pipelines.read("own")
    assert not (tmp_path / "done").exists()
