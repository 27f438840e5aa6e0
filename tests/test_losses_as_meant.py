"""Losses with target transforms and weights of their own, from a table to the report."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn import metrics

from stages import generate, report, scale, train
from stages.basics.cli import UserError
from stages.records import datasets, plans, runs
from stages.records.plans import Part
from tests.projects import run_all

pytestmark = pytest.mark.endurance
ROOT = Path(__file__).parents[1]
PRICES = ["mse", {"loss": "msle", "target": "ratio"}, {"loss": "mse", "target": "log", "as": "mse_log"}]
SICK = ["binary_crossentropy", {"loss": "binary_crossentropy", "class_weight": "auto", "as": "weighted"}]
NINETY = {"loss": "pinball", "quantile": 0.9}
QUANTILES = [NINETY | {"as": "p90"}, NINETY | {"as": "p90_log", "target": "log"}]
COSTS = """import numpy as np


def missed(truth, decided):
    return np.where((truth == 1) & (decided == 0), 10.0, np.where(truth != decided, 1.0, 0.0))
"""
SGD = {"name": "SGD", "learning_rate": 0.1}
PARAMS = {
    "loss": "all",
    "datasets": {
        "prices": {"source": {"file": "data/external/prices.csv", "target": "price"}},
        "sick": {"source": {"file": "data/external/sick.csv", "target": "sick", "weight": "people"}},
    },
    "comparisons": {
        "prices": {"hidden": [4], "epochs": 3, "losses": PRICES},
        "sick": {"hidden": [4], "epochs": 3, "losses": SICK},
        "high_prices": {"dataset": "prices", "hidden": [4], "epochs": 3, "losses": QUANTILES},
        "costs": {"dataset": "sick", "hidden": [4], "epochs": 3, "optimizer": SGD, "losses": ["hinge", *SICK]},
    },
    "train": {"seeds": 4, "optimizer": {"name": "SGD", "learning_rate": [0.01, 0.1]}},
    "report": {"headline": {"prices": "rmsle", "sick": "log_loss", "costs": "my_scores:missed"}},
}


def write_tables(folder):
    rng = np.random.default_rng(0)
    size, age = rng.normal(size=80), rng.normal(size=80)
    price = np.exp(3 + size + 0.1 * rng.normal(size=80)).round(2)
    pd.DataFrame({"size": size, "age": age, "price": price}).to_csv(folder / "prices.csv", index=False)
    sick = np.where(age + rng.normal(size=80) > 1.2, "yes", "no")
    people = rng.integers(1, 9, 80)
    pd.DataFrame({"size": size, "age": age, "people": people, "sick": sick}).to_csv(folder / "sick.csv", index=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project's folder in which every stage but the tracking has run."""
    folder = tmp_path_factory.mktemp("project")
    return run_all(folder, PARAMS, {"my_scores.py": COSTS}, write_tables, generate, scale, train, report)


@pytest.fixture
def inside(project, monkeypatch):
    """The same, with the test running in it; the report."""
    monkeypatch.chdir(project)
    return (project / "reports/report.md").read_text(encoding="utf-8")


def test_each_target_transform_stands_beside_the_name_of_its_loss(inside):
    assert "| `msle` on target ÷ its mean, softplus output |" in inside
    assert "| `mse_log` = mse, on log(1 + target) |" in inside
    assert "A loss with a framing of its own learns another target" in inside
    assert re.search(r"\| `weighted`[^|]* weighted by class \(auto\) \|", inside)


def test_how_far_probabilities_can_be_relied_on_is_drawn_and_their_brier_score_stands_in_the_table(inside):
    assert "(figures/sick-reliability.svg)" in inside
    assert "(figures/prices-reliability.svg)" not in inside
    assert "| loss | part | accuracy | roc_auc | f1 | log_loss | brier | balanced_accuracy |" in inside


def test_the_users_own_tables_come_first_and_which_class_scores_are_about_is_said(inside):
    assert "class 1, which scores are about, `yes` (the rarer)" in inside


def test_what_rows_count_is_told_and_scored(inside):
    assert "Each row counts by its `people`, divided by the mean" in inside
    description = datasets.read_encoded("sick").description
    labels, weights = datasets.read_labels("sick", description), datasets.read_weights("sick", description)
    plan, run = plans.read_plan("sick"), runs.read("sick", "weighted")
    for place in range(4):
        rows = plan.rows(place, Part.TEST)
        given, counted = run.outputs[place, rows, 0].astype(float), weights[rows]
        expected = metrics.log_loss(labels[rows], given, labels=[0, 1], sample_weight=counted)
        assert run.values("log_loss", "test")[place] == pytest.approx(expected)


def test_the_settings_of_a_weighted_loss_say_what_its_classes_count(inside):
    assert inside
    sizes = np.bincount(datasets.read_labels("sick", datasets.read_encoded("sick").description))
    assert runs.read("sick", "weighted").settings.class_weights == pytest.approx(sizes.sum() / (2 * sizes))
    assert runs.read("sick", "binary_crossentropy").settings.class_weights == ()


def test_scores_of_positive_targets_are_among_the_others(inside):
    assert "| loss | part | mse | rmse | mae | r2 | rmsle | mape | median_absolute_error |" in inside
    assert json.loads(Path("reports/verdicts.json").read_text(encoding="utf-8"))["prices"]["headline"] == "rmsle"
    assert "The mean test rmsle of `" in inside


def test_losses_that_all_ask_for_one_quantile_are_judged_by_its_pinball_loss_with_the_coverage_beside_it(inside):
    assert re.search(r"\| `p90` = pinball quantile 0\.9 .*\| \d.*; covers \d+ % \(asked for: 90 %\) \|", inside)
    assert (
        "| loss | part | mse | rmse | mae | r2 | rmsle | mape | median_absolute_error | pinball_0.9 | coverage |"
        in inside
    )
    tuning = {loss: runs.read("high_prices", loss).tuning.score for loss in ("p90", "p90_log")}
    assert tuning == dict.fromkeys(tuning, "pinball_0.9")


def test_a_score_of_ones_own_decides_in_the_report_as_it_was_measured(inside):
    assert "test my_scores:missed" in inside
    results = pd.read_csv("reports/results.csv")
    own = results[(results["metric"] == "my_scores:missed") & (results["part"] == "test")]
    assert sorted(own["loss"].unique()) == ["binary_crossentropy", "hinge", "weighted"]
    metrics_of = json.loads(Path("reports/metrics.json").read_text())["costs"]["test_my_scores:missed"]
    for loss, value in metrics_of.items():
        assert own[own["loss"] == loss]["value"].mean() == pytest.approx(value)


def test_a_class_that_is_none_is_told_before_training(project, tmp_path, monkeypatch):
    (tmp_path / "data").symlink_to(project / "data")
    losses = [{"loss": "hinge", "class_weight": {"yess": 3}}]
    params = PARAMS | {"comparisons": {"sick": {"losses": losses}}, "report": {}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        train.main()
    key = "params.yaml: comparisons.sick.losses[0].class_weight"
    assert str(raised.value) == f"{key}: 'yess' is not a class; did you mean 'yes'? Classes: no, yes"
