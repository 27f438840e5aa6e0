"""A target of classes in an order, in a project: from the table to predictions of new rows."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stages import generate, report, scale, train, winner
from stages.losses.catalogue import LOSSES as CATALOGUE
from stages.records import datasets, winners
from stages.scores.measure import score
from stages.winners import predictor
from tests.projects import run_all

HINGE = CATALOGUE["categorical_hinge"]
GRADES = ["awful", "poor", "fair", "good", "superb"]
LOSSES = ["categorical_crossentropy", "rank_mse", "cumulative_link"]
PARAMS = {
    "datasets": {"reviews": {"source": {"file": "data/external/reviews.csv", "target": "grade"}, "order": GRADES}},
    "comparisons": {
        **{name: {"dataset": "reviews", "losses": [name]} for name in LOSSES},
        "reviews": {"losses": LOSSES},
    },
    "report": {"headline": {"rank_mse": "quadratic_kappa"}},
    "train": {"seeds": 2, "batch_size": 16, "optimizer": {"name": "Adam", "learning_rate": 0.02}, "references": False},
}
for each in PARAMS["comparisons"].values():
    each |= {"hidden": [6], "epochs": 12}


def write_table(place):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 2))
    ranks = np.digitize(x @ [1.5, -1.0] + generator.logistic(size=200) / 3, [-2, -0.7, 0.7, 2])
    table = pd.DataFrame(x.round(4), columns=["a", "b"]).assign(grade=np.array(GRADES)[ranks])
    table.to_csv(place / "reviews.csv", index=False)


@pytest.mark.endurance
def test_classes_in_an_order_are_learned_in_three_ways_and_decided_as_classes(tmp_path, monkeypatch):
    run_all(tmp_path, PARAMS, {}, write_table, generate, scale, train, report, winner)
    monkeypatch.chdir(tmp_path)
    assert datasets.read_raw("reviews")[1].classes == GRADES
    verdicts = json.loads((tmp_path / "reports/verdicts.json").read_text(encoding="utf-8"))
    assert {name: verdict["headline"] for name, verdict in verdicts.items()} == {
        **dict.fromkeys((*LOSSES, "reviews"), "rank_error"),
        "rank_mse": "quadratic_kappa",
    }
    assert set(verdicts["reviews"]["losses"]) == set(LOSSES)
    new = pd.DataFrame({"a": [-2.0, -0.9, 0.0, 0.9, 2.0], "b": [2.0, 0.0, 0.0, 0.0, -2.0]})
    for name in LOSSES:
        predictions = predictor.Predictor(winners.path_of(name)).predict(new)
        ranks = np.array([GRADES.index(grade) for grade in predictions.table["prediction"]])
        assert (np.diff(ranks) >= 0).all(), name
        assert ranks[[0, 2, 4]].tolist() == [0, 2, 4], name
        np.testing.assert_allclose(predictions.outputs.sum(axis=1), 1, atol=1e-6)


def test_ranks_are_scored_as_scikit_learn_scores_them():
    rng = np.random.default_rng(0)
    labels, weights = rng.integers(0, 4, 60), rng.integers(1, 4, 60)
    decided = np.clip(labels + rng.integers(-2, 2, 60), 0, 3)
    outputs = np.eye(4)[decided][None]
    scores = score(HINGE, labels, outputs, also=["rank_error", "quadratic_kappa"], weights=weights)
    expected = metrics.cohen_kappa_score(labels, decided, weights="quadratic", sample_weight=weights)
    assert scores["quadratic_kappa"] == pytest.approx([expected])
    expected = metrics.mean_absolute_error(labels, decided, sample_weight=weights)
    assert scores["rank_error"] == pytest.approx([expected])


def test_the_same_class_for_every_row_has_no_kappa_to_the_digit():
    labels, outputs = np.arange(31) % 3, np.eye(3)[np.full((1, 31), 1)]
    assert score(HINGE, labels, outputs, also=["quadratic_kappa"])["quadratic_kappa"].tolist() == [0.0]
    assert np.isnan(score(HINGE, labels * 0 + 1, outputs, also=["quadratic_kappa"])["quadratic_kappa"]).all()
