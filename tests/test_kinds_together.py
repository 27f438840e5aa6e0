"""Numbers and yes/no as targets of one network, in a project: from the table to predictions of new rows."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stages import generate, report, scale, train, winner
from stages.records import winners
from stages.winners import app
from stages.winners.predictor import Predictor
from tests.projects import run_all

TARGETS = ["price", "sold"]
HEADS = {"price": "mse", "sold": "binary_crossentropy"}
PARAMS = {
    "datasets": {"homes": {"source": {"file": "data/external/homes.csv", "target": TARGETS}}},
    "comparisons": {
        "homes": {
            "losses": [{"losses": HEADS, "as": "equal"}, {"losses": HEADS, "weights": [1, [0.3, 3]], "as": "chosen"}],
            "hidden": [4],
            "epochs": 12,
        }
    },
    "train": {"seeds": 3, "optimizer": {"name": "SGD", "learning_rate": [0.03, 0.1]}, "references": False},
}


def write_table(place):
    """A price that falls with a, and whether a home is sold, which the sign of b says in most rows."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 3)).round(4)
    price = (30_000 - 8_000 * x[:, 0] + 1_000 * generator.normal(size=240)).round()
    sold = np.where(x[:, 1] + 0.3 * generator.normal(size=240) > 0, "yes", "no")
    pd.DataFrame(x, columns=list("abc")).assign(price=price, sold=sold).to_csv(place / "homes.csv", index=False)


@pytest.mark.endurance
def test_targets_of_different_kinds_are_learned_together_judged_each_and_predicted(tmp_path, monkeypatch, capsys):
    run_all(tmp_path, PARAMS, {}, write_table, generate, scale, train, report, winner)
    monkeypatch.chdir(tmp_path)
    verdicts = json.loads((tmp_path / "reports/verdicts.json").read_text(encoding="utf-8"))
    assert verdicts["homes"]["headline"] == "r2"
    text = (tmp_path / "reports/report.md").read_text(encoding="utf-8")
    assert "## homes: which loss predicts `price` and `sold` best?" in text
    rows = re.findall(r"^\| (price|sold) \| (r2|mae|log loss|ROC AUC) \| (\S+) \| (\S+) \|$", text, re.MULTILINE)
    assert [row[:2] for row in rows] == [
        *(("price", name) for name in ("r2", "mae")),
        *(("sold", name) for name in ("r2", "log loss", "ROC AUC")),
    ]
    scores = pd.read_csv("reports/results.csv").query("part == 'test' and metric == 'r2'").groupby("loss")["value"]
    for place, loss in zip(
        (2, 3), re.search(r"\| target \| score \| `(\w+)` \| `(\w+)` \|", text).groups(), strict=True
    ):
        of_each = [float(row[place]) for row in rows if row[1] == "r2"]
        assert np.mean(of_each) == pytest.approx(scores.mean()[loss], abs=0.01)
    assert "weight of sold" in text
    compiled = r'\), {"price": "mse", "sold": "binary_crossentropy"}, loss_weights={"price": 1, "sold": '
    assert re.search(compiled, text)

    predictor, rows = Predictor(winners.path_of("homes")), pd.read_csv("data/external/homes.csv")
    rows.to_csv("new.csv", index=False)
    capsys.readouterr()
    app.predict_file(predictor, tmp_path / "new.csv", tmp_path / "out.csv")
    told = capsys.readouterr().out
    written = pd.read_csv("out.csv")
    assert list(written)[5:] == ["prediction_price", "spread_price", "prediction_sold", "spread_sold", "p_sold"]
    assert ((written["p_sold"] >= 0.5) == (written["prediction_sold"] == "yes")).all()
    assert (written["prediction_sold"] == written["sold"]).mean() > 0.85
    price, sold = written["price"], written["sold"] == "yes"
    r2 = [metrics.r2_score(price, written["prediction_price"]), metrics.r2_score(sold, written["p_sold"])]
    assert min(r2) > 0.4
    assert "240 rows with price, sold: " in told
    assert float(re.search(r"\br2 ([\d.]+)", told)[1]) == pytest.approx(np.mean(r2), abs=2e-3)


def test_make_try_proposes_a_loss_for_each_target(try_table, tmp_path):
    told = try_table(write_table, "homes.csv", "price,sold")
    assert "price and sold: 2 columns of numbers and of yes/no; sold is 0 for no, 1 for yes" in told
    assert "(mse, mse_and_crossentropy, huber_and_crossentropy, weights_chosen)" in told
    written = (tmp_path / "params.yaml").read_text(encoding="utf-8")
    chosen = "{losses: {price: mse, sold: binary_crossentropy}, weights: {sold: [0.1, 1, 10]}, as: weights_chosen}"
    assert chosen in written
