import numpy as np
import pytest

from stages.reporting import data_files

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]
MULTICLASS = ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"]


@pytest.fixture
def every_comparison(make_comparison):
    return [make_comparison("mse", "msle", "mae"), make_comparison(*BINARY), make_comparison(*MULTICLASS)]


def test_curves_hold_the_mean_and_the_middle_of_the_seeds_that_did_not_fail(make_comparison):
    comparison = make_comparison("mse", failed=(1,))
    table = data_files.curves([comparison])
    assert list(table) == ["panel", "part", "epoch", "mean", "low", "high"]
    assert table["panel"].unique().tolist() == ["regression: mse"]
    seeds = comparison.runs[0].epochs("val_mse")[[0, 2]]
    found = table[table["part"] == "test"]
    assert found["epoch"].tolist() == list(range(1, 101))
    np.testing.assert_allclose(found["mean"], seeds.mean(axis=0))
    # 10 % of the way from the lower of two seeds to the higher
    np.testing.assert_allclose(found["low"], seeds.min(axis=0) + 0.1 * np.ptp(seeds, axis=0))
    assert data_files.curves([make_comparison("mse", failed=(0, 1, 2))]).empty


def test_results_hold_every_score_of_every_seed_once(every_comparison):
    table = data_files.results(every_comparison)
    assert list(table) == ["dataset", "loss", "seed", "part", "metric", "value"]
    assert not table.duplicated(["dataset", "loss", "seed", "part", "metric"]).any()
    assert len(table) == sum(len(run.scores) for comparison in every_comparison for run in comparison.runs)
    found = table.query("dataset == 'regression' and loss == 'mae' and part == 'test' and metric == 'mse'")
    assert found["seed"].tolist() == [0, 1, 2]
    assert found["value"].tolist() == pytest.approx([0.01, 0.04, 0.09], rel=1e-5)


def test_metrics_hold_the_mean_test_headline_of_each_loss(every_comparison):
    assert data_files.metrics(every_comparison) == {
        "regression": {"test_mse": dict.fromkeys(["mse", "msle", "mae"], pytest.approx(0.14 / 3, rel=1e-5))},
        "circles": {"test_accuracy": dict.fromkeys(BINARY, 1)},
        "blobs": {"test_accuracy": dict.fromkeys(MULTICLASS, 1)},
    }
