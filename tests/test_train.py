import numpy as np
import pytest
import yaml

from stages import generate, scale
from stages import train as stage
from stages.basics import files, paths
from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.params.load import load_params
from stages.records import plans, references, runs
from stages.records.plans import Part
from stages.references import fitting
from stages.training.backend import keras
from tests.training.units import seen

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
    "train": {"seeds": 3, "batch_size": 16, "optimizer": {"name": "SGD", "learning_rate": 0.01}},
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


def unit_of(name):
    [unit] = [unit for unit in stage.units(load_params()) if unit.name == name]
    return unit


def folders(tmp_path):
    return {str(path.relative_to(tmp_path / "data/runs")) for path in (tmp_path / "data/runs").glob("*/*")}


def contents(tmp_path):
    return {path: path.read_bytes() for path in sorted((tmp_path / "data/runs").rglob("*")) if path.is_file()}


@pytest.mark.usefixtures("project")
def test_every_selected_loss_gets_a_whole_folder_that_reads_back(tmp_path, capsys):
    stage.main()
    warned, came_from, counted = capsys.readouterr().out.splitlines()
    assert warned.startswith("train: prices: msle works, but: ")
    assert came_from == "train: 3 units: 3 trained"
    assert counted == "train: 3 losses, 9 networks (0 failed) in data/runs"
    assert folders(tmp_path) == EVERY_RUN
    for name, n_epochs, n_rows in (("prices/msle", 2, 61), ("rings/hinge", 3, 72)):
        folder = tmp_path / "data/runs" / name
        assert {path.name for path in folder.iterdir()} == FILES | ({"regions.npz"} if name == "rings/hinge" else set())
        run = runs.read(*name.split("/"))
        assert (run.seeds, run.failed, run.epochs("loss").shape) == ([0, 1, 2], [], (3, n_epochs))
        assert run.outputs.shape == (3, n_rows, 1)
        model = keras.models.load_model(folder / "model.keras")
        features, _ = seen(unit_of(name), 0, *Part, scaling=plans.read_plan(run.comparison).to_train)
        np.testing.assert_allclose(model.predict(features, verbose=0), run.outputs[0], rtol=0, atol=1e-6)


@pytest.mark.thorough
@pytest.mark.usefixtures("project")
def test_seeds_that_failed_are_told_of_each_loss(capsys):
    edit(lambda params: params["train"]["optimizer"].update(learning_rate=1e6))
    stage.main()
    lines = capsys.readouterr().out.splitlines()
    assert "train: prices: mse: 3 of 3 seeds failed: the loss or a weight became infinite or not a number" in lines
    assert not [line for line in lines if "rings: hinge:" in line]  # its steps do not grow with the error


def test_a_selected_loss_is_trained_alone(tmp_path, project):
    project("msle")
    stage.main()
    assert folders(tmp_path) == {"prices/msle"}


@pytest.mark.thorough
@pytest.mark.usefixtures("project")
def test_training_again_writes_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setenv("LOSSLAB_STORE", "")
    stage.main()
    first = contents(tmp_path)
    stage.main()
    assert contents(tmp_path) == first
    assert len(first) == 3 * len(FILES) + 1
    assert not (tmp_path / ".losslab").exists()


@pytest.mark.usefixtures("project")
def test_a_unit_holds_every_row_in_its_own_units_and_the_plan_of_its_comparison():
    unit, raw = unit_of("prices/msle"), files.read_table(paths.RAW / "prices.parquet", stage="generate")
    np.testing.assert_array_equal(unit.table.features, raw.iloc[:, :5])
    np.testing.assert_array_equal(unit.table.labels, raw[["target"]])
    assert unit.plan.rows(2, Part.TEST).tolist() == list(range(40, 61))
    assert unit.settings.data.split.train == 40


def tuned_twice(params):
    params["train"] |= {"optimizer": {"name": "SGD", "learning_rate": [0.01, 0.1]}, "second_run": True}


@pytest.mark.usefixtures("project")
def test_a_second_run_is_of_losses_that_are_tuned_to_be_compared():
    names = [unit.name for unit in stage.units(load_params())]
    assert not any(unit_of(name).settings.second_run for name in names)
    edit(lambda params: params["train"].update(second_run=True))
    assert not any(unit_of(name).settings.second_run for name in names)
    edit(tuned_twice)
    asked = {name: unit_of(name).settings.second_run for name in names}
    assert asked == {"prices/mse": True, "prices/msle": True, "rings/hinge": False}  # a loss alone has no order


@pytest.mark.usefixtures("project")
def test_tuned_comparisons_have_reference_models_and_others_where_they_say_so():
    def wanted():
        params = load_params()
        return {name: fitting.are_wanted(params, name) for name in params.comparisons}

    assert wanted() == {"prices": False, "rings": False}
    edit(lambda params: params["comparisons"]["rings"].update(references=True))
    assert wanted() == {"prices": False, "rings": True}
    edit(tuned_twice)
    assert wanted() == {"prices": True, "rings": True}
    edit(lambda params: params["train"].update(references=False))
    assert wanted() == {"prices": False, "rings": True}


@pytest.mark.usefixtures("project")
def test_reference_models_are_written_beside_the_runs_and_runs_are_as_without_them(tmp_path):
    stage.main()
    first = contents(tmp_path)
    assert references.read("rings") == references.read("prices") == []
    edit(lambda params: params["comparisons"]["rings"].update(references=True))
    stage.main()
    assert contents(tmp_path) == first
    assert [model.name for model in references.read("rings")] == ["constant", "linear", "boosting"]
    assert references.read("prices") == []


def edit(change):
    params = yaml.safe_load(paths.PARAMS.read_text())
    change(params)
    paths.PARAMS.write_text(yaml.safe_dump(params))


@pytest.mark.thorough
@pytest.mark.usefixtures("project")
def test_a_list_of_learning_rates_is_tuned_by_the_score_that_decides_and_the_choice_is_told(tmp_path, capsys):
    def tune(params):
        params["comparisons"]["prices"]["optimizer"] = {"name": "Adam", "learning_rate": [0.01, 0.03]}
        params["comparisons"]["rings"]["optimizer"] = {"name": "SGD", "learning_rate": [0.1, 0.01]}
        params["report"] = {"headline": {"rings": "roc_auc"}}

    edit(tune)
    scale.main()
    capsys.readouterr()
    stage.main()
    lines = capsys.readouterr().out.splitlines()
    n_networks = 0
    for name, score, by in (
        ("prices/mse", "rmse", "validation rmse"),
        ("rings/hinge", "loss", "its own loss on validation rows"),
    ):
        run = runs.read(*name.split("/"))
        tuning = run.tuning
        assert (run.settings.selected_by, tuning.score, run.epochs("loss").shape) == (score, score, (3, tuning.epochs))
        [line] = [line for line in lines if line.startswith(f"train: {name.replace('/', ': ')}: learning rate")]
        falls = " falling to 0" * (run.schedule == "cosine")
        assert f": learning rate {tuning.rate:g}{falls}" in line
        assert f" and {counted(tuning.epochs, 'epoch')}, chosen by {by}" in line
        assert ("those tried may be better" in line) == tuning.at_edge
        assert ("more epochs may be better" in line) == tuning.at_last_epoch
    for folder in folders(tmp_path):
        run = runs.read(*folder.split("/"))
        n_networks += 3 * (1 + len(run.tuning.rates) + len(run.tuning.gave_way))
        n_networks += 0 if run.held_out is None else len(run.held_out)
    assert lines[-1] == f"train: 3 losses, {n_networks} networks (0 failed) in data/runs"


@pytest.mark.thorough
@pytest.mark.usefixtures("project")
def test_a_comparison_trains_on_the_dataset_that_it_names_and_divides_it_in_its_own_way(tmp_path):
    def add(params):
        fair = {"dataset": "rings", "split": {"method": "kfold", "folds": 3}, "epochs": 1, "losses": ["hinge"]}
        params["comparisons"] = {"fair": fair}

    edit(add)
    scale.main()
    stage.main()
    assert folders(tmp_path) == {"fair/hinge"}
    run, plan = runs.read("fair", "hinge"), plans.read_plan("fair")
    assert (run.comparison, run.dataset, run.settings.data.split.method) == ("fair", "rings", "kfold")
    assert sorted(np.concatenate([plan.rows(place, Part.TEST) for place in range(3)])) == list(range(72))
    assert run.regions.decisions.shape[0] == 3


def with_looks(params):
    params["comparisons"] = {"prices": {**params["comparisons"]["prices"], "seeds": {"at_most": 30}}}


@pytest.mark.usefixtures("project")
def test_seeds_come_in_looks_until_the_comparison_is_settled_and_what_was_needed_is_said(tmp_path, capsys):
    edit(with_looks)
    scale.main()
    capsys.readouterr()
    stage.main()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "train: train.seeds is not used: comparisons.prices.seeds decides"
    [said] = [line for line in lines[1:] if "seeds" in line]
    looked = [runs.read("prices", loss) for loss in ("mse", "msle")]
    assert {run.settings.looks for run in looked} == {(10, 20, 30)}
    n_seeds = len(looked[0].seeds)
    assert looked[0].seeds == looked[1].seeds == list(range(n_seeds))
    assert said in (
        f"train: prices: {n_seeds} of at most 30 seeds settled every verdict",
        "train: prices: 30 seeds, the most there are, did not settle every verdict",
    )
    assert lines[-1] == f"train: 2 losses, {2 * n_seeds} networks (0 failed) in data/runs"
    before = contents(tmp_path)
    stage.main()
    assert capsys.readouterr().out.splitlines()[-2] == "train: 2 units: 2 from the store, 0 trained"
    assert contents(tmp_path) == before


@pytest.mark.thorough
@pytest.mark.usefixtures("project")
def test_looks_give_the_same_bytes_whatever_trains(tmp_path, monkeypatch):
    edit(with_looks)
    scale.main()
    monkeypatch.setenv("LOSSLAB_STORE", "")
    every = []
    for executor in ("threads", "processes:1", "processes:2"):
        monkeypatch.setenv("LOSSLAB_EXECUTOR", executor)
        stage.main()
        every.append(contents(tmp_path))
    assert every[0] == every[1] == every[2]


@pytest.mark.usefixtures("project")
def test_of_one_loss_thirty_seeds_train_and_those_that_a_comparison_trained_come_from_the_store(capsys):
    edit(with_looks)
    edit(lambda params: params["comparisons"]["prices"].update(seeds={"at_most": 60}))
    scale.main()
    stage.main()
    n_seeds = len(runs.read("prices", "msle").seeds)
    edit(lambda params: params.update(loss="msle"))
    capsys.readouterr()
    stage.main()
    run = runs.read("prices", "msle")
    assert (len(run.seeds), run.settings.looks) == (30, (10, 20, 30))
    in_part = "1 from the store in part" if n_seeds < 30 else "1 from the store"
    assert f"train: 1 unit: {in_part}, 0 trained" in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("damage", ["missing", "cut short"])
@pytest.mark.parametrize("name", ["scaled/rings.parquet", "scaled/prices.json", "plans/rings.npz"])
@pytest.mark.usefixtures("project")
def test_a_damaged_scaled_file_is_named_with_the_command_that_mends_it(name, damage, tmp_path):
    path = tmp_path / "data" / name
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError) as caught:
        stage.main()
    message = str(caught.value)
    assert message.startswith(f"data/{name} ")
    assert message.endswith("dvc repro --force scale")
    assert "\n" not in message
    assert not (tmp_path / "data/runs").exists()


@pytest.mark.thorough
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


@pytest.mark.thorough
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


@pytest.mark.usefixtures("project")
def test_a_score_of_targets_that_are_never_negative_is_refused_for_others_before_training():
    asked = SETTINGS | {"report": {"headline": {"prices": "rmsle"}}}
    paths.PARAMS.write_text(yaml.safe_dump(asked), encoding="utf-8")
    with pytest.raises(UserError, match=r"report\.headline\.prices: 'rmsle' needs targets that are never nega"):
        stage.main()


@pytest.mark.usefixtures("project")
def test_where_no_row_can_be_set_aside_a_learning_rate_is_not_chosen():
    def shrink(params):
        params["datasets"]["prices"]["split"] = {"method": "first", "train": 1}
        params["train"]["optimizer"]["learning_rate"] = [0.01, 0.1]

    edit(shrink)
    scale.main()
    with pytest.raises(UserError, match=r"comparisons\.prices: so few rows train that none can be set aside") as told:
        stage.main()
    hint = yaml.safe_load(str(told.value).partition("as with ")[2])
    edit(lambda params: params["comparisons"]["prices"].update(hint))
    stage.main()
    edit(lambda params: params["comparisons"]["prices"].update(losses=["mse", {"loss": "huber", "delta": [1, 2]}]))
    with pytest.raises(
        UserError, match=r"set aside to choose by; give one value in place of a list: losses\[1\].delta$"
    ):
        stage.main()
