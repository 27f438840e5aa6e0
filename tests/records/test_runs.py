import dataclasses

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.losses.catalogue import LOSSES
from stages.records import runs
from stages.records.runs import Tuning

WRITTEN = [
    "run.json",
    "history.csv",
    "scores.csv",
    "punishment.csv",
    "objective.npy",
    "predictions.npz",
    "regions.npz",
    "model.keras",
]


@pytest.fixture
def written(tmp_path, monkeypatch, make_run):
    """Write a run where `runs.read` looks for it, and give its folder."""
    monkeypatch.chdir(tmp_path)

    def write(name, **changes):
        run = make_run(name, **changes)
        folder = runs.folder(run.dataset, name)
        folder.mkdir(parents=True)
        (folder / "model.keras").write_bytes(b"stands for the model")
        runs.write(run, folder)
        return folder

    return write


@pytest.mark.parametrize("failed", [(), (1,), (0, 1, 2)], ids=["none", "one", "all"])
@pytest.mark.parametrize("name", ["mse", "hinge", "kl_divergence"])
def test_a_run_comes_back_as_it_was_written(written, make_run, name, failed):
    run = make_run(name, failed=failed)
    written(name, failed=failed)
    back = runs.read(run.dataset, name)
    assert (back.settings, back.failed) == (run.settings, run.failed)
    pd.testing.assert_frame_equal(back.history, run.history, rtol=1e-14)
    pd.testing.assert_frame_equal(back.scores, run.scores, rtol=1e-14)
    pd.testing.assert_frame_equal(back.punishment, run.punishment, rtol=1e-14, check_dtype=False)
    np.testing.assert_array_equal(back.objective, run.objective)
    np.testing.assert_array_equal(back.outputs, run.outputs)
    assert back.outputs.dtype == np.float32
    assert back.tuning is None
    assert (back.regions is None) == (run.regions is None)
    if run.regions:
        for name_, array in vars(run.regions).items():
            np.testing.assert_array_equal(getattr(back.regions, name_), array)


TUNING = Tuning(
    rates=np.array([0.01, 0.03]),
    schedules=np.array(["cosine", "constant"]),
    activations=np.array(["linear", "linear"]),
    parameters=np.array([[0.5], [1.0]]),
    parameter_names=np.array(["delta"]),
    horizons=np.array([3, 3]),
    curves=np.array([[3.0, 2.0, 2.5], [np.nan] * 3]),
    n_failed=np.array([0, 2]),
    chosen=0,
    score="rmse",
    n_seeds=3,
    epochs=2,
    rate=0.01,
    gave_way=np.array([0.03]),
    at_edge=True,
    at_last_epoch=False,
    firmness=0.83,
    values=np.array([[1.0, 2.0, 3.0], [1.5, np.nan, 3.5]]),
    varied=np.array(["Adam"]),
)


def test_how_a_rate_was_chosen_comes_back_as_it_was_written(written, make_run):
    assert "tuning.npz" in {path.name for path in written("mse", tuning=TUNING).iterdir()}
    back = runs.read("regression", "mse")
    for name, value in vars(TUNING).items():
        np.testing.assert_array_equal(getattr(back.tuning, name), value, err_msg=name)
        assert type(getattr(back.tuning, name)) is type(value)
    assert (back.learning_rate, back.n_epochs, back.settings.selected_by) == (0.01, 2, "rmse")
    assert (make_run("mse").learning_rate, make_run("mse").n_epochs) == (0.01, 100)


def test_the_same_run_is_written_in_the_same_bytes(written, tmp_path, make_run):
    first, second = written("hinge"), tmp_path / "again"
    second.mkdir()
    (second / "model.keras").write_bytes(b"stands for the model")
    runs.write(make_run("hinge"), second)
    assert {path.name: path.read_bytes() for path in first.iterdir()} == {
        path.name: path.read_bytes() for path in second.iterdir()
    }


def test_only_a_problem_of_two_features_has_regions(written):
    everywhere = set(WRITTEN) - {"regions.npz"}
    assert {path.name for path in written("mse").iterdir()} == everywhere
    assert {path.name for path in written("hinge").iterdir()} == set(WRITTEN)


def message(path, kind):
    return {
        "missing": f"{path} is missing; write it with: dvc repro --force train",
        "damaged": f"{path} cannot be read (damaged or cut short); write it again with: dvc repro --force train",
    }[kind]


FILES = pytest.mark.parametrize("name", WRITTEN)


@FILES
def test_a_missing_file_is_named_with_the_stage_that_writes_it(written, name):
    path = written("hinge") / name
    path.unlink()
    with pytest.raises(UserError) as raised:
        runs.read("circles", "hinge")
    assert str(raised.value) == message(path, "missing")


@FILES
@pytest.mark.parametrize("share", [0, 0.2, 0.5, 0.9])
def test_a_file_cut_short_is_named_with_the_stage_that_writes_it(written, name, share):
    path = written("hinge") / name
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError) as raised:
        runs.read("circles", "hinge")
    assert str(raised.value) == message(path, "damaged")


@FILES
def test_a_file_that_was_changed_is_refused(written, name):
    path = written("hinge") / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x80
    path.write_bytes(content)
    with pytest.raises(UserError) as raised:
        runs.read("circles", "hinge")
    assert str(raised.value) == message(path, "damaged")


@pytest.mark.parametrize("content", ["[]", "{}", "null", '{"settings": {}, "failed": []}'])
def test_a_description_without_all_its_parts_is_refused(written, content):
    path = written("hinge") / "run.json"
    path.write_text(content)
    with pytest.raises(UserError) as raised:
        runs.read("circles", "hinge")
    assert str(raised.value) == message(path, "damaged")


def test_a_loss_that_was_not_trained_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        runs.read("circles", "hinge")
    assert str(raised.value) == message("data/runs/circles/hinge/run.json", "missing")


@pytest.mark.parametrize(
    "part", ["settings", "failed", "history", "outputs", "scores", "punishment", "objective", "regions", "tuning"]
)
def test_the_fingerprint_changes_with_every_part_of_a_run(written, make_run, part):
    folder, run = written("hinge"), make_run("hinge")
    before = runs.fingerprint("circles", "hinge")
    (folder / "run.json").unlink()
    other = {
        "settings": run.settings.model_copy(update={"epochs": 7}),
        "failed": [1],
        "history": run.history.assign(loss=0.5),
        "outputs": run.outputs / 2,
        "tuning": TUNING,
        "scores": run.scores.assign(value=0.5),
        "punishment": run.punishment.assign(value=0.5),
        "objective": run.objective + 1,
        "regions": dataclasses.replace(run.regions, decisions=run.regions.decisions + 1),
    }
    runs.write(dataclasses.replace(run, **{part: other[part]}), folder)
    assert runs.fingerprint("circles", "hinge") != before


def test_the_fingerprint_changes_with_the_model(written, make_run):
    folder = written("mse")
    before = runs.fingerprint("regression", "mse")
    (folder / "run.json").unlink()
    (folder / "model.keras").write_bytes(b"another model")
    runs.write(make_run("mse"), folder)
    assert runs.fingerprint("regression", "mse") != before


def test_the_fingerprint_tells_two_losses_apart_and_is_the_same_in_any_folder(written, tmp_path, monkeypatch):
    written("mse")
    written("mae")
    first = runs.fingerprint("regression", "mse")
    assert len(first) == 64
    assert runs.fingerprint("regression", "mae") != first
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").rename(tmp_path / "elsewhere" / "data")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert runs.fingerprint("regression", "mse") == first


def test_a_run_knows_its_comparison_dataset_loss_and_seeds(make_run):
    run = make_run("hinge", n_seeds=2, dataset="moons", comparison="fair")
    assert (run.comparison, run.dataset, run.loss, run.seeds) == ("fair", "moons", LOSSES["hinge"], [0, 1])


def test_values_are_those_of_one_metric_on_one_split_seed_by_seed(make_run):
    run = make_run("mse", failed=(1,))
    # seed k is off by 0.1 × (k + 1) in every row
    np.testing.assert_allclose(run.values("mse", "test"), [0.01, np.nan, 0.09], rtol=1e-5)
    np.testing.assert_allclose(run.values("mae", "train"), [0.1, np.nan, 0.3], rtol=1e-5)
    assert run.values("accuracy", "test").size == 0


def test_a_history_has_a_row_for_each_seed_and_a_column_for_each_epoch(make_run):
    history = pd.DataFrame({"seed": [0, 0, 1, 1], "epoch": [1, 2, 1, 2], "loss": [0.5, 0.25, 0.75, 0.125]})
    run = dataclasses.replace(make_run("mse", n_seeds=2), history=history)
    np.testing.assert_array_equal(run.epochs("loss"), [[0.5, 0.25], [0.75, 0.125]])
