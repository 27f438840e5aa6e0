import numpy as np
import pytest
import yaml

from stages import generate, scale
from stages import train as stage
from stages.basics import files, paths
from stages.basics.cli import UserError
from stages.engine.backend import keras
from stages.records import datasets, runs

FILES = {"run.json", "history.csv", "scores.csv", "predictions.npz", "punishment.csv", "objective.npy", "model.keras"}
# every dataset has sizes of its own
SETTINGS = {
    "loss": "all",
    "datasets": {
        "prices": {
            "task": "regression",
            "source": {"generator": "make_regression", "n_samples": 61, "n_features": 5, "random_state": 1},
            "scale": {"target": "standard"},
            "split": {"train": 40},
        },
        "rings": {
            "task": "binary",
            "source": {"generator": "make_circles", "n_samples": 72, "noise": 0.1, "random_state": 1},
            "split": {"train": 50},
        },
    },
    "comparisons": {
        "prices": {"hidden": [4], "epochs": 2, "losses": ["mse", "msle"]},
        "rings": {"hidden": [3], "epochs": 3, "losses": ["hinge"]},
    },
    "train": {"seeds": 3, "batch_size": 16, "optimizer": {"name": "SGD"}},
}
EVERY_RUN = {"prices/mse", "prices/msle", "rings/hinge"}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder, scaled and ready to train; gives a function that selects other losses."""
    monkeypatch.chdir(tmp_path)

    def select(loss):
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(SETTINGS | {"loss": loss}), encoding="utf-8")

    select("all")
    generate.main()
    scale.main()
    return select


def read(name):
    return stage.read_data(name, datasets.read_scaled(name), 0)


def folders(tmp_path):
    return {str(path.relative_to(tmp_path / "data/runs")) for path in (tmp_path / "data/runs").glob("*/*")}


def contents(tmp_path):
    return {path: path.read_bytes() for path in sorted((tmp_path / "data/runs").rglob("*")) if path.is_file()}


@pytest.mark.usefixtures("project")
def test_every_selected_loss_gets_a_whole_folder_that_reads_back(tmp_path, capsys):
    stage.main()
    warned, counted = capsys.readouterr().out.splitlines()
    assert warned.startswith("train: prices: msle works, but: ")
    assert counted == "train: 3 losses, 9 networks (0 failed) in data/runs"
    assert folders(tmp_path) == EVERY_RUN
    for name, n_epochs, rows in (
        ("prices/msle", 2, {"train": 40, "test": 21}),
        ("rings/hinge", 3, {"train": 50, "test": 22}),
    ):
        folder = tmp_path / "data/runs" / name
        assert {path.name for path in folder.iterdir()} == FILES | ({"regions.npz"} if name == "rings/hinge" else set())
        run = runs.read(*name.split("/"))
        assert (run.seeds, run.failed, run.epochs("loss").shape) == ([0, 1, 2], [], (3, n_epochs))
        assert {part: outputs.shape for part, outputs in run.outputs[0].items()} == {
            part: (3, n, 1) for part, n in rows.items()
        }
        model = keras.models.load_model(folder / "model.keras")
        features = read(run.dataset).features["test"]
        np.testing.assert_allclose(model.predict(features, verbose=0), run.outputs[0]["test"][0], rtol=0, atol=1e-6)


@pytest.mark.usefixtures("project")
def test_seeds_that_failed_are_told_of_each_loss(capsys):
    edit = yaml.safe_load(paths.PARAMS.read_text())
    edit["train"]["optimizer"]["learning_rate"] = 1e6
    paths.PARAMS.write_text(yaml.safe_dump(edit))
    stage.main()
    told = capsys.readouterr().out.splitlines()
    assert "train: prices: mse: 3 of 3 seeds failed: the loss or a weight became infinite or not a number" in told
    assert not [line for line in told if "rings: hinge:" in line]  # its steps do not grow with the error


def test_a_selected_loss_is_trained_alone(tmp_path, project):
    project("msle")
    stage.main()
    assert folders(tmp_path) == {"prices/msle"}


@pytest.mark.usefixtures("project")
def test_training_again_writes_the_same_bytes(tmp_path):
    stage.main()
    first = contents(tmp_path)
    stage.main()
    assert contents(tmp_path) == first
    assert len(first) == 3 * len(FILES) + 1


@pytest.mark.usefixtures("project")
def test_features_and_target_come_from_the_scaled_table():
    data = read("prices")
    table = files.read_table(paths.SCALED / "prices.parquet", stage="scale")
    raw = files.read_table(paths.RAW / "prices.parquet", stage="generate")
    np.testing.assert_array_equal(data.features["train"], table.iloc[:40, :5].to_numpy(np.float32))
    np.testing.assert_array_equal(data.features["test"], table.iloc[40:, :5].to_numpy(np.float32))
    np.testing.assert_allclose(data.labels["test"] * data.spread + data.center, raw[["target"]][40:], rtol=1e-9)


@pytest.mark.parametrize("damage", ["missing", "cut short"])
@pytest.mark.parametrize("name", ["rings.parquet", "prices.json"])
@pytest.mark.usefixtures("project")
def test_a_damaged_scaled_file_is_named_with_the_command_that_mends_it(name, damage, tmp_path):
    path = tmp_path / "data/scaled" / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError) as caught:
        stage.main()
    message = str(caught.value)
    assert message.startswith(f"data/scaled/{name} ")
    assert message.endswith("dvc repro --force scale")
    assert "\n" not in message
    assert not (tmp_path / "data/runs").exists()


def test_an_interrupted_write_leaves_no_half_written_folder(tmp_path, project, monkeypatch):
    project(["mse", "hinge"])
    whole = runs.write

    def full_disk(run, path):
        whole(run, path)
        if run.loss.name == "hinge":
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        stage.main()
    assert folders(tmp_path) <= {"prices/mse"}
    for folder in (tmp_path / "data/runs").glob("prices/mse"):
        assert {path.name for path in folder.iterdir()} == FILES


@pytest.mark.usefixtures("project")
def test_an_interrupted_write_leaves_the_run_that_was_there(tmp_path, monkeypatch):
    stage.main()
    before = contents(tmp_path)

    def full_disk(_run, path):
        (path / "run.json").write_text("{", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "write", full_disk)
    with pytest.raises(OSError, match="No space left"):
        stage.main()
    assert contents(tmp_path) == before
