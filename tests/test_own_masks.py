"""Masks and reconstructions from an .npz file on: what runs keep, what the report shows, what winners write."""

import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import jaccard_score

from stages import generate, report, scale, train, winner
from stages.arrays.kinds.shapes import Source
from stages.basics.cli import UserError
from stages.records import datasets, features, plans, runs, winners
from stages.winners import app
from stages.winners.predictor import Predictor
from tests.projects import run_all

SUM = "dice_and_binary_crossentropy"
SHARED = {"epochs": 8, "seeds": 2, "batch_size": 8, "network": {"kind": "conv", "filters": [4]}}
PARAMS = {
    "datasets": {
        "cells": {"source": {"arrays": "data/external/cells.npz", "target": "masks"}},
        "again": {"source": {"arrays": "data/external/cells.npz", "target": "features"}},
    },
    "comparisons": {
        "cells": {
            "losses": ["binary_crossentropy", {"sum": ["dice", "binary_crossentropy"], "weights": [2, 0.5]}],
            "optimizer": {"name": "Adam", "learning_rate": 0.03},
            "split": {"method": "kfold", "folds": 3},
            **SHARED,
        },
        "again": {
            "losses": ["mse", {"loss": "share_crossentropy", "target": "minmax", "as": "crossentropy"}],
            "optimizer": {"name": "Adam", "learning_rate": 0.02},
            "split": {"method": "shuffle", "train": 18},
            **SHARED,
        },
    },
}


def drawn(n, seed=0):
    made = Source(generator="shapes", n_samples=n, size=8, noise=0.2, random_state=seed).give([], "")
    return made.rows.read(slice(None)), made.beside["mask"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project in which everything has run."""

    def write(folder):
        x, masks = drawn(24)
        np.savez(folder / "cells.npz", x=x, masks=255 * masks)

    folder = tmp_path_factory.mktemp("masks")
    return run_all(folder, PARAMS, {}, write, generate, scale, train, report, winner)


@pytest.fixture(autouse=True)
def project(trained, monkeypatch):
    monkeypatch.chdir(trained)


pytestmark = pytest.mark.thorough


def test_a_run_keeps_what_is_scored_in_few_bytes_and_its_scores_are_those_of_images():
    run, plan = runs.read("cells", SUM), plans.read_plan("cells")
    labels = datasets.read_labels("cells", datasets.read_encoded("cells").description)
    assert (run.outputs.shape, run.outputs.dtype) == ((2, 24, 8, 8, 1), np.float16)
    for seed in range(2):
        rows = plan.tested[seed]
        pairs = zip(labels[rows], run.outputs[seed, rows, ..., 0] >= 0.5, strict=True)
        of_images = [jaccard_score(truth.ravel(), decided.ravel(), zero_division=1) for truth, decided in pairs]
        assert run.values("iou", "test")[seed] == pytest.approx(np.mean(of_images))
    assert run.values("iou", "test").mean() > 0.3  # of always saying the same 0.2


def test_the_report_judges_by_images_and_shows_what_each_loss_gives():
    text = Path("reports/report.md").read_text(encoding="utf-8")
    assert "intersection over union per image" in text
    assert f"`{SUM}` = 2 × dice + 0.5 × binary_crossentropy" in text
    assert "24 images · 2 losses × 2 networks" in text
    assert "of 1,536 positions" in text
    assert "](figures/cells-masks.svg)" in text
    assert "image" in Path("reports/figures/cells-masks.svg").read_text(encoding="utf-8")


def test_the_winner_writes_masks_in_the_values_of_training_and_scores_them_where_they_stand_beside(capsys):
    x, masks = drawn(6, seed=3)
    np.savez("new.npz", x=x, masks=255 * masks)
    predictor = Predictor(winners.path_of("cells"))
    app.predict_file(predictor, Path("new.npz"), app.output_for(Path("new.npz"), app.ending(predictor.winner)))
    with np.load("new-predictions.npz") as written:
        assert set(np.unique(written["prediction"])) == {0, 255}
        np.testing.assert_array_equal(written["prediction"] == 255, written["p"] >= 0.5)
        assert {name: array.shape for name, array in written.items()} == dict.fromkeys(written, (6, 8, 8))
        pairs = zip(masks, written["prediction"] == 255, strict=True)
        iou = np.mean([jaccard_score(truth.ravel(), decided.ravel(), zero_division=1) for truth, decided in pairs])
    said = capsys.readouterr().out
    assert f"iou {iou:.3f}" in said or f"iou {iou:.2f}" in said
    app.predict_file(predictor, Path("new.npz"), Path("masks.npy"))
    assert np.load("masks.npy").shape == (6, 8, 8)
    np.savez("other.npz", x=x, masks=masks * 7)
    app.predict_file(predictor, Path("other.npz"), Path("other-out.npz"))
    assert "masks beside them is of other classes or another size" in capsys.readouterr().out
    with pytest.raises(UserError, match=r"out.csv: what is predicted are arrays; name a file that ends in .npz"):
        app.predict_file(predictor, Path("new.npz"), Path("out.csv"))


def test_from_python_it_gives_masks_and_a_line_for_each_image():
    x, _ = drawn(3, seed=4)
    predicted = runpy.run_path(str(winners.path_of("cells")))["load"]().predict(x)
    shares = (predicted.arrays["prediction"] == 255).mean(axis=(1, 2))
    pd.testing.assert_series_equal(predicted.table["share_255"], pd.Series(shares, name="share_255"))
    np.testing.assert_allclose(predicted.table.sum(axis=1), 1)


@pytest.mark.parametrize("loss", ["mse", "crossentropy"])
def test_what_networks_give_again_is_scored_row_by_row_in_own_units(loss):
    run, plan = runs.read("again", loss), plans.read_plan("again")
    scaling, kept = plan.to_train, features.read("again", datasets.read_encoded("again").description)
    for seed, split in enumerate(plan.split_of):
        # the target is on the scale of what is given
        np.testing.assert_allclose(scaling.target_center[split], scaling.center[split].ravel())
        np.testing.assert_allclose(scaling.target_spread[split], scaling.spread[split].ravel())
        rows = plan.tested[seed]
        predicted = run.outputs[seed, rows] * scaling.target_spread[split] + scaling.target_center[split]
        error = np.sqrt(np.mean((predicted - kept[rows].astype(float)) ** 2))
        assert run.values("rmse", "test")[seed] == pytest.approx(error, rel=1e-5)
    if loss == "crossentropy":  # which stays between the ends of the rows it learned from
        trained = ~rows & (plan.parts[split] != 3)
        assert kept[trained].min() - 1e-3 <= predicted.min() <= predicted.max() <= kept[trained].max() + 1e-3


def test_what_came_back_is_drawn_and_the_winner_gives_rows_again_with_their_error(capsys):
    assert "](figures/again-reconstructions.svg)" in Path("reports/report.md").read_text(encoding="utf-8")
    assert Path("reports/figures/again-reconstructions.svg").is_file()
    x, _ = drawn(5, seed=7)
    np.savez("more.npz", x=x)
    predictor = Predictor(winners.path_of("again"))
    app.predict_file(predictor, Path("more.npz"), Path("more-out.npz"))
    with np.load("more-out.npz") as written:
        assert set(written) == {"prediction", "spread"}
        assert written["prediction"].shape == (5, 8, 8, 1)
        errors = np.sqrt(((written["prediction"][..., 0] - x.astype(float)) ** 2).mean(axis=(1, 2)))
    np.testing.assert_allclose(predictor.predict(x).table["error"], errors, rtol=1e-5)
    assert "error: root of the mean squared difference from the row" in capsys.readouterr().out
