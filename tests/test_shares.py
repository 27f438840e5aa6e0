"""A target of shares between 0 and 1, in a project: from the table to predictions of new rows."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from stages import generate, report, scale, train, winner
from stages.records import winners
from stages.winners import predictor
from tests.projects import run_all

SIGMOID = {"activation": "sigmoid", "target": "none"}
LOSSES = ["share_crossentropy", {"loss": "mse", **SIGMOID, "as": "mse_sigmoid"}]
PARAMS = {
    "datasets": {"shares": {"source": {"file": "data/external/shares.csv", "target": "share"}}},
    "comparisons": {
        name: {"dataset": "shares", "hidden": [], "epochs": 20, "losses": [loss]}
        for name, loss in zip(("entropy", "squares"), LOSSES, strict=True)
    },
    "train": {"seeds": 2, "batch_size": 16, "optimizer": {"name": "Adam", "learning_rate": 0.05}},
}


def write_table(place):
    generator = np.random.default_rng(0)
    x = generator.normal(size=200)
    share = generator.beta(8 * expit(2 * x), 8 * expit(-2 * x))
    pd.DataFrame({"x": x.round(4), "share": share.round(4)}).to_csv(place / "shares.csv", index=False)


@pytest.mark.endurance
def test_predictions_of_shares_lie_between_0_and_1_however_far_rows_are(tmp_path, monkeypatch):
    run_all(tmp_path, PARAMS, {}, write_table, generate, scale, train, report, winner)
    monkeypatch.chdir(tmp_path)
    verdicts = json.loads((tmp_path / "reports/verdicts.json").read_text(encoding="utf-8"))
    assert {name: verdict["headline"] for name, verdict in verdicts.items()} == {"entropy": "rmse", "squares": "rmse"}
    new = pd.DataFrame({"x": [-1e4, -1.0, 0.0, 1.0, 1e4]})
    for name in verdicts:
        predictions = predictor.Predictor(winners.path_of(name)).predict(new).table["prediction"].to_numpy()
        assert (np.diff(predictions) > 0).all()
        assert predictions[0] >= 0
        assert predictions[-1] <= 1
        np.testing.assert_allclose(predictions[1:4], expit([-2.0, 0.0, 2.0]), atol=0.1)
