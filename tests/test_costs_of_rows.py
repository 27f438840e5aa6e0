"""Each row has its own cost: from the table through training and the verdict to decisions on new rows."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from stages import generate, report, scale, train, winner
from stages.basics.cli import UserError
from stages.params.load import load_params
from stages.verdicts.comparison import read as read_comparison
from stages.winners.predictor import Predictor
from tests.projects import run_all

N_ROWS, ALARM = 240, 20
COST = {"missed": "amount", "false_alarm": ALARM}


def table():
    generator = np.random.default_rng(5)
    rows = pd.DataFrame(generator.normal(size=(N_ROWS, 3)).round(3), columns=["a", "b", "c"])
    rows["amount"] = generator.exponential(100, size=N_ROWS).round(2)
    return rows.assign(fraud=np.where(generator.random(N_ROWS) < expit(2 * rows["a"] - 1.5), "yes", "no"))


def params(cost=None, **source):
    source = {"file": "data/external/t.csv", "target": "fraud", **source}
    network = {"hidden": [], "epochs": 6, "split": {"method": "kfold", "folds": 4}}
    losses = ["binary_crossentropy", {"loss": "binary_crossentropy", "class_weight": "auto", "as": "weighted"}]
    comparison = network | {"losses": losses, "cost": COST if cost is None else cost, "references": True}
    optimizer = {"name": "SGD", "learning_rate": 0.1, "momentum": 0.9}
    return {
        "datasets": {"t": {"source": source}},
        "comparisons": {"t": comparison},
        "train": {"seeds": 4, "optimizer": optimizer},
    }


def write(rows):
    return lambda place: rows.to_csv(place / "t.csv", index=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder of a project in which all has run, and the comparison as the report reads it."""
    comparisons = []

    def read():
        [(name, losses)] = load_params().selected().items()
        settings = {"headline": None, "baseline": None, "margin": None, "cost": COST}
        comparisons.append(read_comparison(name, "t", losses, **settings))

    reader = type("reader", (), {"main": staticmethod(read)})
    stages = (generate, scale, train, report, winner, reader)
    return run_all(tmp_path_factory.mktemp("costs"), params(drop=["amount"]), {}, write(table()), *stages), *comparisons


def test_the_score_is_the_mean_of_what_each_row_costs_as_it_is_decided_by_its_own_cost(trained):
    _, comparison = trained
    rows, outcome = table(), comparison.outcome
    is_fraud, amounts = (rows["fraud"] == "yes").to_numpy(), rows["amount"].to_numpy()
    [run] = [run for run in comparison.runs if run.loss.name == "binary_crossentropy"]
    probability = comparison.calibrated["binary_crossentropy"].probabilities[..., 1]
    decided = probability * amounts > (1 - probability) * ALARM
    cost = np.where(is_fraud, np.where(decided, 0, amounts), np.where(decided, ALARM, 0))
    tested = comparison.plan.tested
    expected = [cost[seed, tested[seed]].mean() for seed in range(len(run.seeds))]
    np.testing.assert_allclose(outcome.scores["binary_crossentropy"], expected, rtol=1e-9)
    assert outcome.summaries["binary_crossentropy"].mean < outcome.by_rule.summaries["binary_crossentropy"].mean
    # always to say no costs what is missed
    assert outcome.constant == pytest.approx(
        min(np.where(is_fraud, amounts, 0).mean(), ALARM * (~is_fraud).mean()), rel=0.05
    )


def test_reference_models_decide_by_the_same_costs(trained):
    _, comparison = trained
    assert [beside.reference.name for beside in comparison.beside] == ["linear", "boosting"]
    linear = comparison.beside[0].summary.mean
    assert linear == pytest.approx(comparison.outcome.summaries["binary_crossentropy"].mean, rel=0.3)


def test_the_report_says_what_costs_and_the_verdict_is_in_that_unit(trained):
    folder, _ = trained
    text = (folder / "reports/report.md").read_text(encoding="utf-8")
    assert "`yes` taken for `no` what `amount` holds" in text
    assert "cost of decisions" in text
    recommended = json.loads((folder / "reports/recommended.json").read_text(encoding="utf-8"))["t"]
    assert recommended["costs"] == [[0.0, ALARM], ["amount", 0.0]]


def new_rows(amount):
    return pd.DataFrame({"a": [0.8, 0.8], "b": [0.1, 0.1], "c": [0.0, 0.0], "amount": amount})


def test_new_rows_are_decided_by_what_each_costs(trained):
    folder, _ = trained
    predicted = Predictor(folder / "data/winners/t.pyz").predict(new_rows(["2", "5000"]))
    assert predicted.table["prediction"].tolist() == ["no", "yes"]
    share, same = predicted.table["p_yes"]
    assert share == same
    at = ALARM * (1 - share) / share  # where both decisions are expected to cost as much
    near = Predictor(folder / "data/winners/t.pyz").predict(new_rows([0.99 * at, 1.01 * at]))
    assert near.table["prediction"].tolist() == ["no", "yes"]


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        (
            new_rows([1, 2]).drop(columns="amount"),
            "column 'amount' is missing, which says what a wrong decision on each",
        ),
        (new_rows([1, 2]).rename(columns={"amount": "amonut"}), "did you mean 'amonut'"),
        (new_rows([1, None]), "row 2 holds nothing in 'amount'; what a decision costs is a number, 0 or more"),
        (new_rows([-3, 2]), "row 1 holds -3 in 'amount'"),
        (new_rows(["1", "a lot"]), "row 2 holds a lot in 'amount'"),
    ],
)
def test_new_rows_without_their_costs_are_refused_in_a_line(trained, rows, line):
    folder, _ = trained
    with pytest.raises(UserError) as refused:
        Predictor(folder / "data/winners/t.pyz").predict(rows)
    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "cost", "line"),
    [
        (
            {3: -1.0},
            COST,
            "comparisons.t.cost: row 4 holds -1 in 'amount'; what a decision costs is a number, 0 or more",
        ),
        ({7: None}, "amount", "comparisons.t.cost: row 8 holds nothing in 'amount'"),
        ({}, {"missed": "amuont"}, "comparisons.t.cost: 'amuont' is not a column; did you mean 'amount'?"),
        ({}, {"missed": "fraud"}, "comparisons.t.cost: 'fraud' is the target; allowed: other columns"),
        ({}, "kind", "comparisons.t.cost: 'kind' is no numbers, and what a decision costs is a number, 0 or more"),
        (dict.fromkeys(range(N_ROWS), 0.0), "amount", "comparisons.t.cost: 'amount' is 0 in every row"),
    ],
)
def test_costs_of_a_table_that_are_none_are_refused_in_a_line(tmp_path, change, cost, line):
    rows = table().assign(kind=["small", "large"] * (N_ROWS // 2))
    for row, value in change.items():
        rows.loc[row, "amount"] = value
    with pytest.raises(UserError) as refused:
        run_all(tmp_path, params(cost), {}, write(rows), generate)
    assert line in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


def test_a_column_of_costs_is_a_feature_too_unless_it_is_dropped(tmp_path, trained):
    folder, comparison = trained
    assert "amount" not in [treatment.column for treatment in comparison.encoded.treatments]
    run_all(tmp_path, params("amount"), {}, write(table()), generate, scale)
    encoded = json.loads((tmp_path / "data/scaled/t.json").read_text(encoding="utf-8"))
    assert "amount" in [treatment["column"] for treatment in encoded["treatments"]]
    assert encoded["description"]["costs"] == {"amount": "amount"}
    costs = pd.read_parquet(tmp_path / "data/scaled/t.parquet")["cost of the row: amount"]
    np.testing.assert_array_equal(costs, table()["amount"])
    assert (folder / "data/winners/t.pyz").is_file()
