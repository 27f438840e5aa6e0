"""A table with few positives, as in a user's project: what class weights gain at 0.5 is a shift of outputs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from stages import generate, report, scale, train
from stages.params.load import load_params
from stages.reporting.texts.verdict_text import verdict
from stages.scores import catalogue
from stages.verdicts.comparison import read as read_comparison
from tests.projects import run_all

pytestmark = pytest.mark.endurance
LOSSES = ["binary_crossentropy", {"loss": "binary_crossentropy", "as": "weighted", "class_weight": "auto"}]
SPLITS = {"folds": {}, "one split": {"split": {"method": "stratified", "train": 0.6, "fixed": True}}}


def write_table(place):
    generator = np.random.default_rng(3)
    features = generator.normal(size=(1500, 8)).round(4)
    odds = 1.6 * features[:, 0] + 1.2 * features[:, 1] - 1.1 * features[:, 2] + 0.9 * features[:, 3] - 4.6
    table = pd.DataFrame(features).rename(columns="f{}".format)
    table.assign(fraud=np.where(generator.random(1500) < expit(odds), "yes", "no")).to_csv(place / "t.csv", index=False)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The comparisons, as the report reads them, by how rows are divided."""
    params = {
        "datasets": {"t": {"source": {"file": "data/external/t.csv", "target": "fraud"}}},
        "comparisons": {
            name.replace(" ", "_"): {"dataset": "t", "hidden": [16], "epochs": 18, "losses": LOSSES} | split
            for name, split in SPLITS.items()
        },
        "train": {"seeds": 20},
    }
    made = {}

    def read():
        for name, losses in load_params().selected().items():
            made[name] = read_comparison(name, "t", losses, headline=None, baseline=None, margin=None)

    reader = type("reader", (), {"main": staticmethod(read)})
    folder = run_all(
        tmp_path_factory.mktemp("unequal"), params, {}, write_table, generate, scale, train, report, reader
    )
    return folder, made


def test_weights_are_better_at_one_half_only_and_the_verdict_says_why(trained):
    folder, made = trained
    comparison = made["folds"]
    assert comparison.score.name == "balanced_accuracy"
    pair = "weighted", "binary_crossentropy"
    assert comparison.outcome.by_rule.pairs[pair].verdict == "better"
    assert comparison.outcome.pairs[pair].verdict != "better"
    assert "ahead at 0.5 only; its outputs are shifted" in str(verdict(comparison))
    assert "ahead at 0.5 only; its outputs are shifted" in (folder / "reports/report.md").read_text()


def test_nor_are_they_better_in_f1(trained):
    comparison = replace(trained[1]["folds"], score=catalogue.find("f1", "binary"))
    assert comparison.outcome.pairs["weighted", "binary_crossentropy"].verdict != "better"


def test_where_all_seeds_test_the_same_rows_thresholds_come_from_rows_that_were_set_aside(trained):
    comparison = trained[1]["one_split"]
    gained = comparison.outcome.summaries["binary_crossentropy"].mean
    assert gained > comparison.outcome.by_rule.summaries["binary_crossentropy"].mean + 0.05
    assert comparison.outcome.pairs["weighted", "binary_crossentropy"].verdict != "better"
