"""Recurrent networks and attention by the parameters, from sequences to the model and the winner that predict."""

from pathlib import Path

import numpy as np
import pytest

from stages import generate, report, scale, train, winner
from stages.records import datasets, features, runs, winners
from stages.records.networks import Attention, Recurrent
from stages.training.backend import keras
from stages.winners.predictor import Predictor
from tests.projects import run_all

WAVES = {"source": {"generator": "waves", "n_samples": 40, "steps": 12, "random_state": 0}}
SHARED = {
    **{"dataset": "waves", "losses": ["sparse_categorical_crossentropy"], "epochs": 3, "seeds": 2, "batch_size": 16},
    **{"optimizer": {"name": "Adam", "learning_rate": 0.01}, "split": {"method": "stratified", "train": 28}},
}
PARAMS = {
    "datasets": {"waves": WAVES},
    "comparisons": {
        "steps": SHARED | {"network": {"kind": "recurrent", "units": [5]}, "hidden": [4], "dropout": 0.1},
        "seen": SHARED | {"network": {"kind": "attention", "width": 6}},
    },
}
LOSS = "sparse_categorical_crossentropy"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project in which everything has run."""
    return run_all(
        tmp_path_factory.mktemp("networks"), PARAMS, {}, lambda _: None, generate, scale, train, report, winner
    )


@pytest.fixture(autouse=True)
def project(trained, monkeypatch):
    monkeypatch.chdir(trained)


pytestmark = pytest.mark.endurance


@pytest.mark.parametrize("name", ["steps", "seen"])
def test_the_model_that_is_kept_gives_what_the_first_seed_gave(name):
    run, rows = runs.read(name, LOSS), features.read("waves", datasets.read_encoded("waves").description)
    model = keras.models.load_model(f"data/runs/{name}/{LOSS}/model.keras")
    plan_rows = model.predict(scaled_as_first(name, rows), verbose=0)
    np.testing.assert_allclose(run.outputs[0], plan_rows, rtol=0, atol=1e-5)
    assert model.loss == LOSS or type(model.loss).__name__ == "SparseCategoricalCrossentropy"


def scaled_as_first(name, rows):
    """Rows as the first seed of a comparison sees them."""
    from stages.records import plans

    plan = plans.read_plan(name)
    split, scaling = plan.split_of[0], plan.to_train
    return ((rows - scaling.center[split]) / scaling.spread[split]).astype(np.float32)


@pytest.mark.parametrize("name", ["steps", "seen"])
def test_the_winner_predicts_with_the_network_of_its_comparison(name):
    rows = np.asarray(features.read("waves", datasets.read_encoded("waves").description))
    table = Predictor(winners.path_of(name)).predict(rows).table
    shares = table.filter(like="p_").to_numpy()
    assert shares.shape == (40, 3)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-6)
    assert shares.std(axis=0).min() > 1e-3  # rows are told apart


def test_runs_keep_the_layers_and_hidden_ones_come_where_they_are_asked_for():
    steps, seen = (runs.read(name, LOSS).settings for name in ("steps", "seen"))
    assert (steps.network, steps.hidden) == (Recurrent(kind="recurrent", units=(5,)), (4,))
    assert (seen.network, seen.hidden) == (Attention(kind="attention", width=6), ())


def test_the_report_says_which_network_it_is():
    text = Path("reports/report.md").read_text(encoding="utf-8")
    assert "GRU of 5 units → 4 relu (dropout 0.1) → output" in text
    assert "1 block of attention (2 heads, width 6) → output" in text
