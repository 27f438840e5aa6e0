"""A winner reads the rows of training, given as new ones, as they were read in training."""

import tempfile
import warnings
from contextlib import chdir
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings

from stages import generate, scale
from stages.basics.cli import UserError
from stages.features import encoding, pipelines
from stages.losses.catalogue import names_for
from stages.params.load import load_params
from stages.parsing import reading
from stages.records import datasets
from stages.sources import new_rows
from stages.winners import facts
from tests.sources.test_properties import cases, compare, write


def read_again(file):
    """The rows in ``data/raw``, and what they are when their file is read as one of new rows."""
    raw, description = datasets.read_raw("own")
    inputs = facts.inputs_of(raw, datasets.read_encoded("own"))
    source = load_params().datasets["own"].source
    new = reading.read_new(file, source, description.csv, [own.name for own in inputs])
    assume(len(new.rows) == len(raw))  # rows without a target are left out in training
    known = {}
    for kind, step, columns in pipelines.read("own")[0].transformers_:
        if kind == "category":
            known = dict(zip(columns, map(set, step[-1].categories_), strict=True))
    made = new_rows.as_trained(new.rows, inputs, source, known, decimal=new.written.decimal).table
    return raw[list(made)], made


def comparable(column):
    if pd.api.types.is_datetime64_any_dtype(column):
        return encoding.days(column)
    return column.astype(object).where(column.notna(), None)


@pytest.mark.thorough
@settings(max_examples=80, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_rows_of_training_are_read_alike_as_new_rows(case):
    kind, (table, how), dataset = case
    with tempfile.TemporaryDirectory() as folder, chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("error")
        write(kind, table, how, dataset)
        try:
            generate.main()
            compare(names_for(datasets.read_raw("own")[1].task)[:1], {}, {})
            scale.main()
        except UserError:
            assume(False)
        trained, made = read_again(Path(f"data/external/own.{kind}"))
    for name in trained:
        pd.testing.assert_series_equal(comparable(made[name]), comparable(trained[name]), check_dtype=False)
