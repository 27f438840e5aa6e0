"""Losses of the user's own that see columns of a table, in a project: from the table to predictions of new rows."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from stages import generate, report, scale, train, winner
from stages.basics.cli import UserError
from stages.commands import predict as command
from stages.records import columns, datasets, winners
from stages.records.features import read_columns
from stages.winners import predictor
from tests.projects import run_all

CODE = """
from keras import ops


def costly(y_true, y_pred, columns):
    return columns["what it costs"] * ops.binary_crossentropy(y_true, y_pred)[:, 0]


def ranked(y_true, y_pred, columns):
    \"\"\"Pairs of rows of one day are in the right order.\"\"\"
    of_one_day = columns["day"][:, None] == columns["day"][None, :]
    pairs = ops.cast((y_true > ops.transpose(y_true)) & of_one_day, "float32")
    lost = ops.softplus(-4 * (y_pred - ops.transpose(y_pred)))
    return ops.sum(pairs * lost) / ops.maximum(ops.sum(pairs), 1.0)
"""
COSTLY = {"loss": "mine:costly", "targets": "zero_one", "columns": ["what it costs"]}
RANKED = {"loss": "mine:ranked", "targets": "zero_one", "columns": ["day", "street"], "per": "batch"}
PARAMS = {
    "datasets": {
        "sick": {"source": {"file": "data/external/sick.csv", "target": "sick", "drop": ["what it costs", "day"]}}
    },
    "comparisons": {"sick": {"hidden": [4], "epochs": 2, "losses": ["binary_crossentropy", COSTLY, RANKED]}},
    "train": {"seeds": 2, "batch_size": 16, "optimizer": {"name": "SGD", "learning_rate": 0.05}},
}
STREETS = ["elm", "oak", "ash"]


def table(cost=1.0):
    generator = np.random.default_rng(0)
    rows = pd.DataFrame(generator.normal(size=(90, 2)).round(3), columns=["x", "z"])
    rows["what it costs"] = (cost + generator.exponential(size=90)).round(2)
    rows["day"] = [f"2024-05-{1 + i % 9:02}" for i in range(90)]
    rows["street"] = generator.choice(STREETS, 90)
    rows["sick"] = np.where(rows["x"] + generator.normal(size=90) > 0, "yes", "no")
    return rows


def write_table(place, **changes):
    table(**changes).to_csv(place / "sick.csv", index=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    stages = generate, scale, train, report, winner
    return run_all(tmp_path_factory.mktemp("own"), PARAMS, {"mine.py": CODE}, write_table, *stages)


@pytest.fixture
def inside(project, monkeypatch):
    monkeypatch.chdir(project)
    monkeypatch.setenv("DVC_ROOT", str(project))
    return project


@pytest.mark.thorough
@pytest.mark.usefixtures("inside")
def test_a_loss_sees_columns_as_numbers_whether_they_are_features_or_not():
    encoded = datasets.read_encoded("sick")
    seen = columns.read_loss_columns("sick", encoded.description, ["what it costs", "day", "street"])
    rows = table()
    days = (pd.to_datetime(rows["day"]) - pd.Timestamp(0)).dt.days
    in_order = rows["street"].map({name: place for place, name in enumerate(sorted(STREETS))})
    np.testing.assert_allclose(seen, np.column_stack([rows["what it costs"], days, in_order]), rtol=1e-6)
    assert [column.name for column in encoded.description.columns] == ["x", "z", "street"]
    assert encoded.n_inputs == len(read_columns("sick", encoded.description).columns) == 2 + 3


@pytest.mark.thorough
def test_the_report_says_what_depends_on_the_size_of_a_batch(inside):
    text = (inside / "reports/report.md").read_text(encoding="utf-8")
    assert "it has one value for each batch of 16, so it depends on the batch size" in text
    verdicts = json.loads((inside / "reports/verdicts.json").read_text(encoding="utf-8"))
    assert set(verdicts) == {"sick"}


@pytest.mark.thorough
@pytest.mark.parametrize("loss", ["binary_crossentropy", "costly", "ranked"])
def test_a_winner_predicts_rows_without_what_its_loss_saw(inside, loss):
    recommended = inside / "reports/recommended.json"
    kept = recommended.read_text(encoding="utf-8")
    facts = json.loads(kept)
    assert facts["sick"]["loss"] in ("binary_crossentropy", "costly", "ranked")
    facts["sick"]["loss"] = loss
    recommended.write_text(json.dumps(facts), encoding="utf-8")
    winner.main()
    recommended.write_text(kept, encoding="utf-8")
    new = table()[["x", "z", "street"]]
    predictions = predictor.Predictor(winners.path_of(command.comparison_of("sick", winner.load_params()))).predict(new)
    assert set(predictions.table["prediction"]) <= {"yes", "no"}


@pytest.mark.thorough
def test_other_values_in_a_column_train_the_loss_that_sees_it_and_no_other(inside, capsys):
    write_table(inside / "data/external", cost=2.0)
    for stage in (generate, scale, train):
        stage.main()
    told = capsys.readouterr().out
    assert "train: what is new: what is in the columns that the loss sees (sick/costly)" in told
    assert told.count("(sick/") == 1


@pytest.mark.parametrize(
    ("losses", "line"),
    [
        ([COSTLY | {"columns": ["costs"]}], "losses[0].columns: 'costs' is not a column. Columns: x, z, what it "),
        ([COSTLY | {"columns": ["sick"]}], "losses[0].columns: 'sick' is the target, which y_true holds"),
        (["binary_crossentropy", COSTLY | {"columns": "hole"}], "losses[1].columns: row 3 holds nothing in 'hole'"),
        ([COSTLY | {"columns": ["id"]}], "losses[0].columns: 'id' holds whole numbers above 16,777,216"),
    ],
)
def test_a_column_that_no_loss_can_see_is_told_in_a_line(tmp_path, losses, line):
    def write(place):
        rows = table().assign(hole=[None if i == 2 else 1.5 * i for i in range(90)], id=range(10**8, 10**8 + 90))
        rows.to_csv(place / "sick.csv", index=False)

    params = PARAMS | {"comparisons": {"sick": {"losses": losses}}}
    with pytest.raises(UserError) as raised:
        run_all(tmp_path, yaml.safe_load(yaml.safe_dump(params)), {"mine.py": CODE}, write, generate)
    assert str(raised.value).startswith(f"params.yaml: comparisons.sick.{line}")
