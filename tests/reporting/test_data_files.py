from dataclasses import replace

import numpy as np
import pytest

from stages.reporting import data_files
from tests.reporting.drawn import pictures

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]
MULTICLASS = ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"]


@pytest.fixture
def every_comparison(make_comparison):
    return [make_comparison("mse", "msle", "mae"), make_comparison(*BINARY), make_comparison(*MULTICLASS)]


def test_curves_hold_the_mean_and_the_middle_of_the_seeds_that_did_not_fail(make_comparison):
    comparison = make_comparison("mse", failed=(1,))
    table = data_files.curves([comparison])
    assert list(table) == data_files.CURVES
    assert table["panel"].unique().tolist() == ["regression: mse"]
    seeds = comparison.runs[0].epochs("val_mse")[[0, 2]]
    found = table[table["part"] == "test"]
    assert found["epoch"].tolist() == list(range(1, 101))
    np.testing.assert_allclose(found["mean"], seeds.mean(axis=0))
    # 10 % of the way from the lower of two seeds to the higher
    np.testing.assert_allclose(found["low"], seeds.min(axis=0) + 0.1 * np.ptp(seeds, axis=0))
    assert data_files.curves([make_comparison("mse", failed=(0, 1, 2))]).empty


def test_what_dvc_draws_is_the_score_that_decides_errors_on_a_log_axis(make_comparison):
    every = [make_comparison("mse", "mae", failed=(1,), headline="rmse"), make_comparison(*BINARY)]
    table = data_files.scores(every)
    assert list(table) == data_files.SCORES
    assert table.groupby("panel", sort=False)["axis"].unique().map(list).to_dict() == {
        "regression: test rmse": ["log"],
        "circles: test accuracy": ["linear"],
    }
    found = table.query("panel == 'regression: test rmse' and loss == 'mae'")
    assert found["seed"].tolist() == [0, 2]
    np.testing.assert_allclose(found["value"], every[0].runs[1].values("rmse", "test")[[0, 2]])
    curves = data_files.curves(every)
    assert dict(zip(curves["panel"], curves["axis"], strict=True)) == {
        "regression: mse": "log",
        "regression: mae": "log",
    } | {f"circles: {loss}": "linear" for loss in BINARY}


def test_results_hold_every_score_of_every_seed_once(every_comparison):
    table = data_files.results(every_comparison)
    assert list(table) == ["comparison", "dataset", "loss", "seed", "part", "metric", "value"]
    assert not table.duplicated(["comparison", "loss", "seed", "part", "metric"]).any()
    assert len(table) == sum(len(run.scores) for comparison in every_comparison for run in comparison.runs)
    found = table.query("dataset == 'regression' and loss == 'mae' and part == 'test' and metric == 'mse'")
    assert found["seed"].tolist() == [0, 1, 2]
    assert found["value"].tolist() == pytest.approx([0.01, 0.04, 0.09], rel=1e-5)


def test_metrics_hold_the_answer_what_it_gives_and_what_it_costs_to_be_wrong(make_comparison):
    comparison = replace(make_comparison("mse", "mae"), own_baseline="mae")
    metrics = data_files.metrics([comparison])["regression"]
    assert list(metrics) == ["use", "score", "reference", "constant", "cost", "test_mse"]
    advice = comparison.outcome.advice
    assert (metrics["use"], metrics["reference"]) == (advice.best, "mae")
    assert metrics["score"] == metrics["test_mse"][advice.best] == pytest.approx(0.14 / 3, rel=1e-5)
    assert metrics["constant"] == pytest.approx(0.5 / 3)
    assert metrics["cost"] == advice.cost
    alone = data_files.metrics([make_comparison("mse", "mae", n_seeds=1)])["regression"]
    assert "cost" not in alone  # one seed does not tell


def test_metrics_hold_the_mean_test_headline_of_each_loss(every_comparison):
    every = data_files.metrics(every_comparison)
    scores = {
        name: {key: value for key, value in metrics.items() if key.startswith("test_")}
        for name, metrics in every.items()
    }
    assert scores == {
        "regression": {"test_mse": dict.fromkeys(["mse", "msle", "mae"], pytest.approx(0.14 / 3, rel=1e-5))},
        "circles": {"test_accuracy": dict.fromkeys(BINARY, 1)},
        "blobs": {"test_accuracy": dict.fromkeys(MULTICLASS, 1)},
    }


def test_metrics_of_a_tuned_comparison_hold_how_each_loss_was_trained(make_comparison, make_tuning):
    metrics = data_files.metrics([make_comparison("mse", "mae", tuning=make_tuning())])["regression"]
    assert (metrics["learning_rate"], metrics["epochs"]) == ({"mse": 0.01, "mae": 0.01}, {"mse": 2, "mae": 2})


def test_pairs_hold_every_pair_in_both_orders(make_comparison):
    comparison = make_comparison("mse", "msle", "mae")
    table = data_files.pairs([comparison])
    assert list(table) == data_files.PAIRS
    assert len(table) == 6
    row = table.set_index(["loss", "against"]).loc[("mse", "mae")]
    pair = comparison.outcome.pairs["mse", "mae"]
    assert (row["difference"], row["low"], row["verdict"]) == (pair.difference, pair.low, pair.verdict)
    costs = table.groupby("loss")["cost_of_being_wrong"]
    assert costs.nunique().tolist() == [1, 1, 1]
    assert costs.first()[comparison.outcome.advice.best] == comparison.outcome.advice.cost
    assert data_files.pairs([make_comparison("mse")]).empty


def test_tuning_holds_what_each_rate_came_to_with_each_schedule(make_comparison, make_tuning):
    tuning = make_tuning(schedules=np.array(["constant", "constant", "cosine"]))
    table = data_files.tuning([make_comparison("mse", tuning=tuning)])
    assert list(table) == data_files.TUNING
    assert table[["schedule", "learning_rate", "value", "epochs", "chosen"]].to_numpy().tolist() == [
        ["cosine", 0.1, 8.5, 4, False],
        ["constant", 0.001, 3, 2, False],
        ["constant", 0.01, 1, 2, True],
    ]
    assert data_files.tuning([make_comparison("mse")]).empty


def test_a_loss_that_was_trained_alone_is_not_called_recommended(make_comparison):
    comparison = make_comparison("mse")
    [said] = data_files.verdicts([comparison], [])[comparison.name]["losses"].values()
    assert (said["verdict"], said["note"]) == ("trained alone", "The only loss that was trained.")


def test_what_dvc_draws_of_the_losses_is_the_figure_of_the_first_screen(make_comparison):
    comparison = make_comparison("mse", "msle", "mae", headline="rmse")
    table = data_files.losses(pictures(comparison))
    [picture] = [each for each in pictures(comparison) if each.file == "regression-losses.svg"]
    assert list(table) == data_files.LOSSES
    assert table["loss"].tolist() == [row.loss for row in picture.data.rows]
    assert table["value"].tolist() == [row.value for row in picture.data.rows]
    assert table["verdict"].tolist().count("recommended") == 1
    assert data_files.losses(pictures(make_comparison("mse"))).empty


def test_a_loss_that_is_no_better_than_a_guess_is_not_called_recommended(make_comparison):
    comparison = make_comparison("mse", "mae")

    def words():
        return {loss["verdict"] for loss in data_files.verdicts([comparison], [])["regression"]["losses"].values()}

    always = comparison.outcome.constant
    comparison.__dict__["outcome"] = replace(comparison.outcome, constant=None)
    assert "recommended" in words()
    comparison.__dict__["outcome"] = replace(comparison.outcome, constant=always, gains=dict.fromkeys(["mse", "mae"]))
    assert "recommended" not in words()
    assert "best, not surely better than a guess" in words()


def test_the_verdict_for_mlflow_is_the_first_screen_without_its_heading_and_figure(make_comparison):
    comparison = make_comparison("mse", "mae")
    said = data_files.verdicts([comparison], [])[comparison.name]["verdict"]
    best = comparison.outcome.advice.best
    assert said.startswith("**")
    assert f"| **`{best}`** |" in said
    for absent in ("## ", "![", "](#"):
        assert absent not in said
