"""Several yes/no columns as targets of one network, in a project: from the table to predictions of new rows."""

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

LABELS = ["sport", "news", "art"]
PARAMS = {
    "datasets": {"posts": {"source": {"file": "data/external/posts.csv", "target": LABELS}}},
    "comparisons": {"posts": {"losses": ["binary_crossentropy", "squared_hinge"], "hidden": [4], "epochs": 9}},
    "train": {"seeds": 3, "optimizer": {"name": "SGD", "learning_rate": [0.1, 0.3]}, "references": False},
}


def write_table(place):
    """Each label is there where a column is above a number of its own."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(240, 3)).round(4)
    labels = np.where(x + 0.2 * generator.normal(size=x.shape) > [0, 0.5, 1], "yes", "no")
    pd.DataFrame(x, columns=list("abc")).assign(**dict(zip(LABELS, labels.T, strict=True))).to_csv(
        place / "posts.csv", index=False
    )


@pytest.mark.thorough
def test_labels_are_learned_together_and_each_is_decided_at_its_own_threshold(tmp_path, monkeypatch, capsys):
    run_all(tmp_path, PARAMS, {}, write_table, generate, scale, train, report, winner)
    monkeypatch.chdir(tmp_path)
    verdicts = json.loads((tmp_path / "reports/verdicts.json").read_text(encoding="utf-8"))
    assert verdicts["posts"]["headline"] == "macro_f1"
    text = (tmp_path / "reports/report.md").read_text(encoding="utf-8")
    assert "## posts: which loss predicts `sport`, `news` and `art` best?" in text
    assert "| loss | thresholds of sport, news, art | macro_f1 there |" in text
    [line] = [line for line in text.splitlines() if line.startswith("| art | ")]
    assert len(line.split("|")) == 2 + 2 + 2
    predictor, rows = Predictor(winners.path_of("posts")), pd.read_csv("data/external/posts.csv")
    new = pd.DataFrame({"a": [-2.0, 2.0], "b": [2.5, -2.0], "c": [-2.0, 3.0]})
    table = predictor.predict(new).table
    assert table[[f"prediction_{name}" for name in LABELS]].to_numpy().tolist() == [
        ["no", "yes", "no"],
        ["yes", "no", "yes"],
    ]
    assert next(name for name in table if "art" in name) == "prediction_art"
    rows.to_csv("new.csv", index=False)
    capsys.readouterr()
    app.predict_file(predictor, tmp_path / "new.csv", tmp_path / "out.csv")
    told = capsys.readouterr().out
    assert "240 rows with sport, news, art: " in told
    written = pd.read_csv("out.csv")
    truth, decided = (written[[f"{of}{name}" for name in LABELS]] == "yes" for of in ("", "prediction_"))
    told_score = float(re.search(r"macro_f1 ([\d.]+)", told)[1])
    assert told_score == pytest.approx(metrics.f1_score(truth, decided, average="macro"), abs=1e-3)
    agree = [(written[f"prediction_{name}"] == written[name]).mean() for name in LABELS]
    assert min(agree) > 0.85


def test_make_try_takes_several_columns_and_says_what_they_are(try_table, tmp_path):
    told = try_table(write_table, "posts.csv", "sport, news,art")
    assert "sport and news and art: 3 yes/no columns (no, yes), so the task is binary" in told
    assert "comparisons.posts (binary_crossentropy, hinge, squared_hinge, binary_focal_crossentropy" in told
    assert "target: [sport, news, art]" in (tmp_path / "params.yaml").read_text(encoding="utf-8")
