"""What `train` takes from the store, and what it trains."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import yaml

from stages import generate, scale, settings
from stages import train as stage
from stages.commands import show_store
from stages.execution import keys
from stages.records import durations, runs, store
from tests.test_train import SETTINGS, contents, edit, project

__all__ = ["project"]
pytestmark = pytest.mark.thorough
TUNED = {"name": "SGD", "learning_rate": [0.003, 0.01], "momentum": 0.9}


@pytest.fixture(scope="module")
def trained_once(tmp_path_factory):
    """A store in which every unit of the unchanged parameters is."""
    folder = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("LOSSLAB_STORE", raising=False)
        (folder / "params.yaml").write_text(yaml.safe_dump(SETTINGS), encoding="utf-8")
        for one in (generate, scale, stage):
            one.main()
    return folder / ".losslab"


@pytest.fixture
def train(project, capsys, tmp_path, trained_once):
    """Train after a change of the parameters; gives what came from where, and every file of the runs."""
    del project
    shutil.copytree(trained_once, tmp_path / ".losslab")

    def run(change=lambda _: None):
        edit(change)
        generate.main()
        scale.main()
        capsys.readouterr()
        stage.main()
        run.lines = capsys.readouterr().out.splitlines()
        return run.lines[-2].removeprefix("train: "), contents(tmp_path)

    return run


@pytest.fixture
def without_store(train, monkeypatch):
    """What training gives where nothing is stored."""

    def run(change=lambda _: None):
        with monkeypatch.context() as patch:
            patch.setenv("LOSSLAB_STORE", "")
            return train(change)

    return run


def test_a_second_time_everything_comes_from_the_store_with_the_same_bytes(train):
    def tune(params):
        params["comparisons"]["prices"]["optimizer"] = TUNED

    told, first = train(tune)
    assert told == "3 units: 1 from the store, 2 trained"
    told, again = train()
    assert told == "3 units: 3 from the store, 0 trained"
    assert again == first


@pytest.mark.thorough
def test_one_more_loss_trains_that_loss(train, without_store):
    told, bytes_of = train(lambda params: params["comparisons"]["prices"]["losses"].append("mae"))
    assert told == "4 units: 3 from the store, 1 trained"
    assert bytes_of == without_store()[1]


@pytest.mark.endurance
def test_one_more_dataset_trains_that_dataset(train):
    def add(params):
        params["datasets"]["more"] = params["datasets"]["rings"] | {"scale": {"features": "minmax"}}
        params["comparisons"]["more"] = params["comparisons"]["rings"]

    assert train(add)[0] == "4 units: 3 from the store, 1 trained"


@pytest.mark.endurance
@pytest.mark.parametrize("optimizer", [SETTINGS["train"]["optimizer"], TUNED])
def test_more_seeds_train_those_that_are_new(train, without_store, monkeypatch, optimizer):
    monkeypatch.setattr("stages.execution.cutting.SIZES", (3, 1))

    def begin(params):
        params["comparisons"] = {"prices": params["comparisons"]["prices"] | {"optimizer": optimizer}}
        params["comparisons"]["prices"] |= {"split": {"method": "kfold", "folds": 3}, "losses": ["mse"]}

    train(begin)
    told, bytes_of = train(lambda params: params["train"].update(seeds=6))
    assert told == "1 unit: 1 from the store in part, 0 trained"
    assert bytes_of == without_store()[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda params: params["comparisons"]["prices"].update(losses=[{"loss": "mse", "as": "squares"}, "msle"]),
        lambda params: params.update(report={"headline": {"prices": "mae"}, "margin": {"prices": 0.1}}),
        lambda params: params["comparisons"].update(again=params["comparisons"].pop("rings") | {"dataset": "rings"}),
    ],
)
def test_what_decides_no_result_trains_nothing(train, change):
    assert train(change)[0] == "3 units: 3 from the store, 0 trained"


@pytest.mark.endurance
@pytest.mark.parametrize(
    "change",
    [
        lambda params: params["comparisons"]["rings"].update(epochs=4),
        lambda params: params["comparisons"]["rings"].update(hidden=[4]),
        lambda params: params["comparisons"]["rings"].update(dropout=0.1),
        lambda params: params["comparisons"]["rings"].update(batch_size=8),
        lambda params: params["comparisons"]["rings"].update(losses=[{"loss": "hinge", "activation": "linear"}]),
        lambda params: params["comparisons"]["rings"].update(split={"method": "shuffle", "train": 50}),
        lambda params: params["comparisons"]["rings"].update(optimizer={"name": "SGD", "learning_rate": 0.02}),
        lambda params: params["datasets"]["rings"]["source"].update(random_state=2),
        lambda params: params["datasets"]["rings"].update(scale={"features": "none"}),
    ],
)
def test_what_decides_a_result_trains_what_depends_on_it(train, change):
    assert train(change)[0] == "3 units: 2 from the store, 1 trained"


@pytest.mark.endurance
@pytest.mark.parametrize(
    ("part", "other", "new"),
    [
        ("training_code", {"stages/training/steps.py": "another"}, "the code in stages/training/steps.py"),
        ("versions", {"keras": "4.0"}, "keras 4.0 (was "),
    ],
)
def test_other_code_or_versions_train_everything_and_that_is_said(train, monkeypatch, part, other, new):
    value = getattr(keys, part)() | other
    monkeypatch.setattr(keys, part, lambda: value)
    assert train()[0] == "3 units: 3 trained"
    assert train.lines[-3].startswith(f"train: what is new: {new}")


def test_another_score_is_measured_without_training(train, monkeypatch):
    monkeypatch.setattr("stages.training.scoring.scores_hash", lambda: "another")
    score = stage_score()
    monkeypatch.setattr("stages.scores.measure.score", lambda *args, **how: score(*args, **how) | {"new": np.ones(3)})
    assert train()[0] == "3 units: 3 from the store, 0 trained"
    assert runs.read("prices", "mse").values("new", "test").tolist() == [1, 1, 1]


def stage_score():
    from stages.scores import measure

    return measure.score


def test_a_damaged_entry_is_trained_again_and_that_is_said(train, capsys):
    _, first = train()
    [entry] = [path for path in store.from_environment().files() if path.stat().st_size > 20_000][:1]
    entry.write_bytes(entry.read_bytes()[:-100])
    stage.main()
    lines = capsys.readouterr().out.splitlines()
    assert f"train: {entry} was damaged and is trained again" in lines
    assert "train: 3 units: 2 from the store, 1 trained" in lines
    assert train() == ("3 units: 3 from the store, 0 trained", first)


@pytest.mark.thorough
def test_where_the_store_cannot_be_written_training_goes_on_and_that_is_said(train, tmp_path, capsys):
    shutil.rmtree(tmp_path / ".losslab")
    (tmp_path / ".losslab").write_text("not a folder")
    told, _ = train()
    assert told == "3 units: 3 trained"
    stage.main()
    assert capsys.readouterr().out.count("train: nothing more is kept in the store: ") == 1


def test_the_store_knows_how_long_training_took_also_when_a_run_came_from_it(train):
    train()
    kept = store.from_environment()
    first = durations.of(kept, "rings", "hinge")
    assert first > 0
    train()
    assert durations.of(kept, "rings", "hinge") == first
    assert durations.of(None, "rings", "hinge") is None
    kept.empty()
    assert durations.of(kept, "rings", "hinge") is None


def test_why_a_unit_was_not_found_is_said_before_it_is_trained_and_as_it_is(train, capsys):
    def tune(params):
        params["comparisons"]["prices"]["optimizer"] = TUNED

    def lines():
        capsys.readouterr()
        show_store.main()
        return capsys.readouterr().out.splitlines()[2:]

    train()
    settings.main()
    assert lines() == ["of the current parameters: 3 of 3 units in the store"]
    edit(tune)
    assert lines() == [
        "what it lacks is not known yet: params.yaml has changed since the rows were scaled; run: dvc repro scale"
    ]
    settings.main()
    new = "what is new: the optimizer, that a learning rate is chosen"
    assert lines() == [
        "of the current parameters: 1 of 3 units in the store",
        f"prices/mse: not in the store; {new}",
        f"prices/msle: not in the store; {new}",
    ]
    stage.main()
    assert f"train: {new} (prices/mse, prices/msle)" in capsys.readouterr().out.splitlines()
    assert lines() == ["of the current parameters: 3 of 3 units in the store"]
    stage.main()
    assert "what is new" not in capsys.readouterr().out


OWN = """import json
from pathlib import Path

import keras

FACTOR = json.loads((Path(__file__).parent / "costs.json").read_text())


def dear(y_true, y_pred):
    return FACTOR * keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)
"""


@pytest.fixture
def train_copy(root, tmp_path, monkeypatch):
    """Train by a copy of the project's code, after changes of its files; gives what came from where."""
    copy = shutil.copytree(root / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__", "custom"))
    (copy / "custom").mkdir()
    (copy / "custom/mine.py").write_text(OWN, encoding="utf-8")
    (copy / "custom/costs.json").write_text("2.0", encoding="utf-8")
    losses = ["mse", "mae", {"loss": "mine:dear", "targets": "value"}]
    params = SETTINGS | {"comparisons": {"prices": SETTINGS["comparisons"]["prices"] | {"losses": losses}}}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("LOSSLAB_STORE", raising=False)

    def train(*changes):
        for file, old, new in changes:
            text = (copy / file).read_text(encoding="utf-8")
            assert old in text
            (copy / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        run = "from stages import generate, scale, train; [stage.main() for stage in (generate, scale, train)]"
        done = subprocess.run(
            [sys.executable, "-B", "-c", run], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return re.search(r"^train: (.* trained)$", done.stdout, re.MULTILINE)[1]

    return train


@pytest.mark.endurance
def test_sentences_docstrings_and_new_rows_train_nothing_and_what_decides_results_what_depends_on_it(train_copy):
    rows, mae = "losses/catalogue.py", '"mae",\n            "MeanAbsolute'
    new_row = '        Loss("new", "MeanAbsoluteError", "value", "linear"),\n'
    assert train_copy() == "3 units: 3 trained"
    edited = train_copy(
        (rows, f"        Loss(\n            {mae}", f"{new_row}        Loss(\n            {mae}"),
        ("training/replicas.py", '"""', '"""In other words. '),
        ("usercode/loading.py", "cannot be run", "does not run"),
        (rows, f"{mae}Error", f"{mae}PercentageError"),
        ("custom/costs.json", "2.0", "3.0"),
    )
    assert edited == "3 units: 1 from the store, 2 trained"  # mae and the user's own
    assert train_copy(("training/fitting.py", "\nKEPT = ", "\nKEPT = 1 + ")) == "3 units: 3 trained"
