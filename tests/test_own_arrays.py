"""The user's own arrays, from a file of them or a folder of images to decisions on new ones."""

import runpy
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from stages import generate, report, scale, track, train, winner
from stages.basics.cli import UserError
from stages.records import datasets, features, references, runs, winners
from stages.winners import app
from stages.winners.predictor import Predictor
from tests.projects import run_all

N_ROWS, SIZE = 60, 6
RNG = np.random.default_rng(0)
CLASSES = np.arange(N_ROWS) % 2
# an image is bright above or below, on noise; the second channel says nothing
PIXELS = RNG.integers(0, 80, (N_ROWS, SIZE, SIZE, 2)).astype(np.uint8)
PIXELS[CLASSES == 0, : SIZE // 2, :, 0] += 120
PIXELS[CLASSES == 1, SIZE // 2 :, :, 0] += 120
COMPARISON = {
    **{"losses": ["binary_crossentropy", "binary_focal_crossentropy"], "hidden": [8], "epochs": 20, "seeds": 4},
    **{"optimizer": {"name": "SGD", "learning_rate": 0.05}, "split": {"folds": 4}},
}
ONE = COMPARISON | {"losses": ["binary_crossentropy"]}
OWN = """import keras


def conv(shape, n_outputs, activation):
    assert shape == (6, 6, 2)
    layers = keras.layers
    return keras.Sequential([
        keras.Input(shape),
        layers.Conv2D(4, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(n_outputs, activation=activation),
    ])
"""
META = np.column_stack([CLASSES + RNG.normal(0, 0.3, N_ROWS), RNG.normal(size=N_ROWS)])
OWN += """

def both(shapes, n_outputs, activation):
    layers = keras.layers
    image, meta = (keras.Input(shapes[name], name=name) for name in ("image", "meta"))
    joined = layers.Concatenate()([layers.Flatten()(layers.Conv2D(2, 3, activation="relu")(image)), meta])
    return keras.Model({"image": image, "meta": meta}, layers.Dense(n_outputs, activation=activation)(joined))
"""
PARAMS = {
    "datasets": {
        "parts": {"source": {"arrays": "data/external/parts.npz", "features": ["image", "meta"]}},
        "pixels": {"source": {"arrays": "data/external/pixels.npz"}},
        "cells": {"source": {"images": "data/external/cells", "size": [SIZE, SIZE]}},
        "waves": {"source": {"generator": "waves", "n_samples": 60, "steps": 16, "target": "frequency"}},
    },
    "comparisons": {
        "pixels": COMPARISON | {"references": True},
        "own": {key: value for key, value in ONE.items() if key != "hidden"}
        | {"dataset": "pixels", "model": "my_nets:conv"},
        "parts": ONE | {"losses": ["binary_crossentropy", "brier"]},
        "own_parts": {key: value for key, value in ONE.items() if key != "hidden"}
        | {"dataset": "parts", "model": "my_nets:both"},
        "cells": ONE,
        "waves": ONE | {"losses": ["mse"]},
    },
}


def write(folder):
    np.savez(folder / "pixels.npz", x=PIXELS, y=CLASSES)
    np.savez(folder / "parts.npz", image=PIXELS, meta=META, y=CLASSES)
    for row, pixels in enumerate(PIXELS[..., 0]):
        path = folder / "cells" / ["above", "below"][CLASSES[row]] / f"{row:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A project on the user's own arrays, in which everything has run."""
    folder = tmp_path_factory.mktemp("own arrays")
    return run_all(folder, PARAMS, {"my_nets.py": OWN}, write, generate, scale, train, report, winner, track)


@pytest.fixture(autouse=True)
def project(trained, monkeypatch):
    monkeypatch.chdir(trained)
    return trained


pytestmark = pytest.mark.endurance


def test_features_are_kept_as_they_are_and_read_from_where_they_lie():
    description = datasets.read_encoded("pixels").description
    read = features.read("pixels", description)
    assert isinstance(read, np.memmap)
    np.testing.assert_array_equal(read, PIXELS)
    np.testing.assert_array_equal(datasets.read_labels("pixels", description), CLASSES)
    assert list(pd.read_parquet("data/scaled/pixels.parquet")) == ["target"]


def test_a_network_of_the_users_own_gets_the_shape_of_a_row():
    assert runs.read("own", "binary_crossentropy").values("accuracy", "test").mean() > 0.95
    assert (Predictor(winners.path_of("own")).predict(PIXELS).table["prediction"] == CLASSES.astype(str)).mean() > 0.95


def test_networks_tell_what_is_easy_and_so_does_a_linear_model():
    for name in ("pixels", "cells"):
        assert runs.read(name, "binary_crossentropy").values("accuracy", "test").mean() > 0.95
    [linear] = [each for each in references.read("pixels") if each.name == "linear"]
    assert np.mean(linear.scores["test"]["accuracy"]) > 0.95


def test_the_report_speaks_of_images_and_sequences():
    text = Path("reports/report.md").read_text(encoding="utf-8")
    assert "60 images of 6 × 6 pixels and 2 channels in `data/external/pixels.npz`, with numbers from 0 to " in text
    assert "60 sequences of 16 steps and 1 channel made by `waves`" in text
    assert "scaling standard by channel" in text
    assert "FILE=new.npz" in text
    assert "FILE=new.csv" not in text
    assert "60 images · 2 losses" in text
    assert "60 sequences · 1 loss" in text
    # pixels have two channels, which no image shows
    shown = {path.name for path in Path("reports/figures").glob("*-examples.svg")}
    assert shown == {"cells-examples.svg", "waves-examples.svg"}
    assert Path("reports/figures/cells-examples.svg").read_text(encoding="utf-8").count("<image") == 12


def test_a_winner_decides_on_new_arrays_by_their_channels_own_scale():
    predictor = runpy.run_path("data/winners/pixels.pyz")["load"]()
    predicted = predictor.predict(PIXELS)
    assert (predicted.table["prediction"] == CLASSES.astype(str)).mean() > 0.95
    assert predicted.notes == []
    # of one row the same as beside others
    pd.testing.assert_frame_equal(predictor.predict(PIXELS[:1]).table, predicted.table[:1], rtol=1e-5)
    brighter = predictor.predict(PIXELS[:4].astype(float) * 2)
    assert brighter.notes[0].endswith(f"out of the range of training, 0 to {PIXELS.max()}")
    with pytest.raises(Exception, match=r"each new row has the shape 6 × 2; in training it was 6 × 6 × 2"):
        predictor.predict(PIXELS[0])
    with pytest.raises(Exception, match="networks need numbers"):
        predictor.predict(PIXELS.astype(str))


@pytest.mark.parametrize("name", ["parts", "own_parts"])
def test_several_inputs_go_by_name_from_the_file_to_the_winner(name, capsys):
    assert runs.read(name, "binary_crossentropy").values("accuracy", "test").mean() > 0.9
    given = {"image": PIXELS, "meta": META}
    table = runpy.run_path(f"data/winners/{name}.pyz")["load"]().predict(given).table
    assert (table["prediction"] == CLASSES.astype(str)).mean() > 0.9
    np.savez("parts.npz", **given, y=CLASSES)
    assert predict(name, "parts.npz")["prediction"].tolist() == table["prediction"].tolist()
    assert "60 rows with y: accuracy" in capsys.readouterr().out
    # a row without its image says what is missing
    np.savez("meta.npz", meta=META)
    with pytest.raises(UserError, match="holds no array 'image'"):
        predict(name, "meta.npz")
    served = mlflow.pyfunc.load_model(f"models:/losslab-{name}@winner")
    assert served.metadata.signature.inputs.input_names() == ["image", "meta"]
    answers = served.predict({"image": PIXELS[:4], "meta": META[:4].astype(np.float32)})
    assert answers["prediction"].tolist() == table["prediction"][:4].tolist()


def predict(name, file, out="predictions.csv"):
    app.predict_file(Predictor(winners.path_of(name)), Path(file), Path(out))
    return pd.read_csv(out, dtype={"y": str, "prediction": str})


def test_a_file_of_new_arrays_is_predicted_and_scored_where_it_has_a_target(capsys):
    np.savez("new.npz", x=PIXELS[:10], y=CLASSES[:10], z=np.zeros(3))
    table = predict("pixels", "new.npz")
    assert list(table)[:3] == ["row", "y", "prediction"]
    assert table["row"].tolist() == list(range(1, 11))
    assert (table["prediction"] == table["y"]).mean() > 0.9
    assert "10 rows with y: accuracy 1" in capsys.readouterr().out
    np.save("alone.npy", PIXELS[:3])
    assert len(predict("pixels", "alone.npy")) == 3


def test_new_images_are_predicted_from_a_folder_by_class_from_one_without_and_alone(capsys):
    table = predict("cells", "data/external/cells")
    assert table["image"][0] == "above/00.png"
    assert (table["prediction"] == table["class"]).mean() > 0.95
    assert "60 rows with class: accuracy" in capsys.readouterr().out
    assert list(predict("cells", "data/external/cells/below"))[:2] == ["image", "prediction"]
    assert predict("cells", "data/external/cells/below/01.png")["prediction"].tolist() == ["below"]
    # an image of another size is brought to that of training
    Image.fromarray(PIXELS[0, ..., 0]).resize((24, 24)).save("large.png")
    assert predict("cells", "large.png")["prediction"].tolist() == ["above"]


def test_sequences_are_predicted_in_their_targets_units():
    values = features.read("waves", datasets.read_encoded("waves").description)
    np.savez("waves.npz", x=values[..., 0])
    frequency = pd.read_parquet("data/raw/waves.parquet")["target"]
    assert np.corrcoef(predict("waves", "waves.npz")["prediction"].astype(float), frequency)[0, 1] > 0.5


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("none.npz", "none.npz is not there"),
        ("empty", "empty holds no arrays"),
        ("params.yaml", "cannot be read as NumPy"),
    ],
)
def test_what_cannot_be_predicted_is_told(project, name, message):
    (project / "empty").mkdir(exist_ok=True)
    with pytest.raises(UserError, match=message):
        predict("pixels", name)
