import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace

import mlflow
import numpy as np
import pandas as pd
import pytest
import requests
import yaml
from mlflow import MlflowClient
from mlflow.entities import ViewType

from stages import track
from stages.basics import paths
from stages.basics.cli import UserError
from stages.params.schema import Track
from stages.records import datasets, plans, references, runs
from stages.records.references import Reference
from stages.tracking import contents, mlflow_store, pages
from stages.tracking.mlflow_store import FINGERPRINT
from stages.tracking.pages import NOTE

SERVER_STARTS_WITHIN = 90  # seconds
LOGGED = {"circles": ["hinge", "binary_crossentropy"], "regression": ["mse"]}
HEADLINE = {"circles": "accuracy", "regression": "mse"}


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory):
    """An MLflow database without runs: it takes seconds to make, so tests copy it."""
    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def scaled(tmp_path, monkeypatch, make_dataset):
    """A project's folder with scaled datasets, in which the test then runs."""
    monkeypatch.chdir(tmp_path)
    for dataset, task in (("circles", "binary"), ("regression", "regression")):
        made = make_dataset(task, n_features=2)
        datasets.write_encoded(dataset, made.features, made.labels, made.encoded)
        plans.write_plan(dataset, made.plan)
    return tmp_path


@pytest.fixture
def project(scaled, monkeypatch, defaults, make_run, empty_store):
    """A project's folder with three made-up runs, verdicts on them and some figures; no MLflow but its own."""
    tmp_path = scaled
    for name in ("MLFLOW_TRACKING_URI", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.setenv(name, "")  # what is set meanwhile is then undone
        monkeypatch.delenv(name)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    shutil.copy(empty_store, tmp_path / "mlflow.db")
    choose(defaults)
    for names in LOGGED.values():
        for name in names:
            keep(make_run(name, failed=(1,) if name == "hinge" else (), epochs=4))
    references.write(dict.fromkeys(LOGGED, ()))
    paths.FIGURES.mkdir(parents=True)
    for name in ("circles-hinge-curves", "circles-binary_crossentropy-curves", "circles-scores", "blobs-scores"):
        (paths.FIGURES / f"{name}.svg").write_bytes(name.encode())
    tell("better")
    return tmp_path


def keep(run, model=None):
    """Write a run, with its model, in place of what its folder holds."""
    folder = runs.folder(run.dataset, run.loss.name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    if model:
        from stages.training.networks import save_model

        save_model(model, folder / "model.keras")
    runs.write(run, folder)


def choose(defaults, **options):
    """Write params.yaml: comparisons of the losses that have runs, and these options of `track`."""
    selected = {
        "loss": "all",
        "comparisons": {name: defaults["comparisons"][name] | {"losses": losses} for name, losses in LOGGED.items()},
        "report": {"headline": {"regression": "mse"}},
        "track": defaults["track"] | options,
    }
    paths.PARAMS.write_text(yaml.safe_dump(defaults | selected), encoding="utf-8")


def tell(verdict, **headline):
    """Write what the report stage says of each dataset and each loss; the score that decides may be another."""
    told = {
        dataset: {
            "headline": (HEADLINE | headline)[dataset],
            "higher_is_better": HEADLINE[dataset] == "accuracy",
            "verdict": f"**`{dataset}`: {verdict}.**",
            "figures": [f"{dataset}-scores.svg"],
            "losses": {
                name: {
                    "verdict": "recommended" if name == names[0] else verdict,
                    "note": f"{name}: {verdict}, by +0.1 (−0.1 to +0.2).",
                    "color": "#0072B2",
                    "figures": [f"{dataset}-{name}-curves.svg"],
                }
                for name in names
            },
        }
        for dataset, names in LOGGED.items()
    }
    paths.VERDICTS.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


@pytest.fixture
def client(project):
    return MlflowClient(f"sqlite:///{project / 'mlflow.db'}")


def logged(client, dataset, view=ViewType.ACTIVE_ONLY):
    """The runs of one dataset's experiment, by name."""
    experiment = client.get_experiment_by_name(f"losslab/{dataset}")
    found = client.search_runs([experiment.experiment_id], run_view_type=view)
    return {run.info.run_name: run for run in found}


def series(client, run, key):
    return {metric.step: metric.value for metric in client.get_metric_history(run.info.run_id, key)}


def artifacts(client, run, folder=""):
    return sorted(item.path for item in client.list_artifacts(run.info.run_id, folder))


def test_there_is_one_experiment_for_a_dataset_and_one_run_for_a_loss(project, client, capsys):
    track.main()
    names = {experiment.name for experiment in client.search_experiments()} - {"Default"}
    assert names == {"losslab/circles", "losslab/regression"}
    for dataset, losses in LOGGED.items():
        found = logged(client, dataset)
        assert set(found) == set(losses)
        assert {run.info.status for run in found.values()} == {"FINISHED"}
        for name, run in found.items():
            assert run.data.tags[FINGERPRINT] == runs.fingerprint(dataset, name)
            assert run.data.params["loss"] == name
    assert json.loads((project / "data/tracked.json").read_text(encoding="utf-8")) == {
        dataset: {name: runs.fingerprint(dataset, name) for name in losses} for dataset, losses in LOGGED.items()
    }
    assert capsys.readouterr().out.startswith("track: 3 new of 3 runs in sqlite:///")


def test_a_run_has_the_parameters_numbers_and_rows_that_its_contents_name(project, client, monkeypatch):
    del project
    monkeypatch.setattr(mlflow_store, "BATCH", 7)  # of which there are several, the last of them shorter
    track.main()
    run, hinge = logged(client, "circles")["hinge"], runs.read("circles", "hinge")
    assert run.data.params == {key: str(value) for key, value in contents.parameters(hinge).items()}
    numbers = list(contents.numbers(hinge, "accuracy"))
    for name in {number.name for number in numbers}:
        expected = {number.step: number.value for number in numbers if number.name == name}
        assert series(client, run, name) == pytest.approx(expected)
    assert set(run.data.metrics) == {number.name for number in numbers}
    [rows], file = run.inputs.dataset_inputs, contents.scaled_file(hinge.dataset)
    assert (rows.dataset.name, rows.dataset.digest) == (file.name, file.md5)
    assert rows.dataset.source == file.path.as_posix()
    assert [(tag.key, tag.value) for tag in rows.tags] == [("mlflow.data.context", "training")]


def test_the_history_and_the_figures_that_are_there_are_artifacts(project, client):
    track.main()
    hinge, mse = logged(client, "circles")["hinge"], logged(client, "regression")["mse"]
    assert artifacts(client, hinge) == ["figures", "history.csv"]
    assert artifacts(client, hinge, "figures") == ["figures/circles-hinge-curves.svg", "figures/circles-scores.svg"]
    assert artifacts(client, mse) == ["history.csv"]
    kept = project / "mlartifacts/losslab/circles" / hinge.info.run_id / "artifacts"
    for logged_file, original in (
        ("history.csv", "data/runs/circles/hinge/history.csv"),
        ("figures/circles-scores.svg", "reports/figures/circles-scores.svg"),
    ):
        assert (kept / logged_file).read_bytes() == (project / original).read_bytes()


@pytest.mark.usefixtures("project")
def test_a_reference_model_is_a_run_of_its_own_which_is_logged_once(client, capsys):
    scores = {"test": {"accuracy": [0.5, 0.75]}}
    model = Reference("linear", "sklearn.linear_model.LogisticRegression", {"C": 1.0}, (0, 1), 9, 9, None, scores)
    references.write(dict.fromkeys(LOGGED, ()) | {"circles": [model]})
    verdicts = json.loads(paths.VERDICTS.read_text(encoding="utf-8"))
    verdicts["circles"]["references"] = {"linear": {"verdict": "reference: worse", "note": "Against the networks."}}
    paths.VERDICTS.write_text(json.dumps(verdicts), encoding="utf-8")
    track.main()
    track.main()
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" in ")[0] for line in said if " new of " in line] == [
        "track: 3 new of 3 runs, 1 new reference model",
        "track: 0 new of 3 runs",
    ]
    run = logged(client, "circles")["reference linear"]
    assert set(logged(client, "circles")) == {*LOGGED["circles"], "reference linear"}
    assert run.data.metrics["decides/test_accuracy"] == 0.625
    assert run.data.params["model"] == "sklearn.linear_model.LogisticRegression"
    assert run.data.tags["verdict"] == "reference: worse"
    assert run.info.status == "FINISHED"
    assert run.inputs.dataset_inputs[0].dataset.name == "circles"


def test_tracking_twice_logs_nothing_new(project, client, capsys):
    track.main()
    first = {name: run.to_dictionary() for name, run in logged(client, "circles", ViewType.ALL).items()}
    tracked = (project / "data/tracked.json").read_bytes()
    capsys.readouterr()
    track.main()
    assert capsys.readouterr().out.startswith("track: 0 new of 3 runs")
    assert {name: run.to_dictionary() for name, run in logged(client, "circles", ViewType.ALL).items()} == first
    assert (project / "data/tracked.json").read_bytes() == tracked


def test_another_result_is_another_run(project, client, make_run, capsys):
    del project
    track.main()
    keep(make_run("mse", n_seeds=4, epochs=4))
    capsys.readouterr()
    track.main()
    assert capsys.readouterr().out.startswith("track: 1 new of 3 runs")
    experiment = client.get_experiment_by_name("losslab/regression").experiment_id
    assert sorted(run.data.params["seeds"] for run in client.search_runs([experiment])) == ["3", "4"]


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "KILLED"])
@pytest.mark.thorough
def test_a_run_that_was_cut_off_is_replaced(project, client, status):
    del project
    experiment = client.create_experiment("losslab/regression")
    fingerprint = runs.fingerprint("regression", "mse")
    cut_off = client.create_run(experiment, run_name="mse", tags={FINGERPRINT: fingerprint}).info.run_id
    other = client.create_run(experiment, run_name="other", tags={FINGERPRINT: "another"}).info.run_id
    client.update_run(cut_off, status=status)
    track.main()
    assert client.get_run(cut_off).info.lifecycle_stage == "deleted"
    found = logged(client, "regression")
    assert set(found) == {"mse", "other"}
    assert (found["mse"].info.status, found["other"].info.run_id) == ("FINISHED", other)
    assert found["mse"].data.metrics["final/failed_seeds"] == 0


def test_a_deleted_experiment_is_brought_back(project, client):
    del project
    client.delete_experiment(client.create_experiment("losslab/regression"))
    track.main()
    assert set(logged(client, "regression")) == {"mse"}


def of_experiment(client, dataset, name):
    """The names of the runs that are found by a DVC experiment's name."""
    experiment = client.get_experiment_by_name(f"losslab/{dataset}").experiment_id
    return [run.info.run_name for run in client.search_runs([experiment], f"tags.`dvc.exp_name` = '{name}'")]


@pytest.mark.thorough
def test_a_dvc_experiment_has_runs_of_its_own_once_also_of_results_that_were_logged_before(
    project, client, monkeypatch, capsys
):
    del project
    track.main()
    for name in ("shaky-mole", "shaky-mole", "other"):
        monkeypatch.setenv("DVC_EXP_NAME", name)
        track.main()
        assert of_experiment(client, "regression", name) == [f"mse ({name})"]
    assert set(logged(client, "regression")) == {"mse", "mse (shaky-mole)", "mse (other)"}
    said = [line for line in capsys.readouterr().out.splitlines() if " new of " in line]
    assert [line.split()[1] for line in said] == ["3", "3", "0", "3"]


def test_an_experiment_in_the_workspace_ends_with_what_stays_and_the_way_back(project, monkeypatch, capsys):
    del project
    before = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8")) | {"loss": "mse"}
    lock = {"schema": "2.0", "stages": {"track": {"params": {"params.yaml": before}}}}
    paths.LOCK.write_text(yaml.safe_dump(lock), encoding="utf-8")
    track.main()
    assert len(capsys.readouterr().out.splitlines()) == 1
    monkeypatch.setenv("DVC_EXP_NAME", "shaky-mole")
    track.main()
    assert capsys.readouterr().out.splitlines()[1:] == [
        "track: params.yaml is not as it was before, and stays so: loss: all (was mse)",
        "track: back to what was before: write it there as it was, then: dvc repro",
    ]


def test_a_run_lasts_as_long_as_its_training_did(project, client, make_run):
    del project
    told = mlflow_store.Told(pages.Headline("mse", False), "better", "a note", "#0072B2", figures=[], seconds=12.5)
    experiment = client.create_experiment("losslab/regression")
    mlflow_store.log_once(
        client,
        experiment,
        make_run("mse", epochs=4),
        fingerprint="some",
        told=told,
        tags={},
        options=Track(),
        cells=True,
        last_word=True,
    )
    run = logged(client, "regression")["mse"]
    assert run.info.end_time - run.info.start_time == 12_500
    assert run.data.tags["mlflow.runColor"] == "#0072B2"


def temporary_copy(project, folder, monkeypatch):
    """Go on in a copy of the project as DVC makes it for queued experiments."""
    shutil.copytree(project / "data", folder / "data")
    shutil.copy(project / "params.yaml", folder)
    (folder / "reports").mkdir()
    shutil.copy(project / "reports/verdicts.json", folder / "reports")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_EXP_NAME", "queued")


def test_in_a_temporary_copy_the_store_is_the_real_repositorys(project, tmp_path_factory, monkeypatch, client):
    copy = tmp_path_factory.mktemp("copy")
    temporary_copy(project, copy, monkeypatch)
    track.main()
    assert artifacts(client, logged(client, "regression")["mse (queued)"]) == ["history.csv"]
    assert sorted(path.name for path in copy.iterdir()) == ["data", "params.yaml", "reports"]


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("data/runs/circles/hinge/scores.csv", "train"),
        ("data/scaled/circles.parquet", "scale"),
        ("reports/verdicts.json", "report"),
    ],
)
def test_a_missing_file_is_named_with_the_command_that_writes_it(missing, stage, project):
    (project / missing).unlink()
    with pytest.raises(UserError) as caught:
        track.main()
    assert str(caught.value) == f"{missing} is missing; write it with: dvc repro --force {stage}"
    assert not (project / "data/tracked.json").exists()


@pytest.mark.thorough
def test_the_store_is_inside_of_a_folder_whatever_its_name(project, root, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sure") / '100%20 sure, what now? #1 $HOME\'s "own"'
    shutil.copytree(project, folder)
    # in a process of its own, as MLflow keeps what it opened under a relative address
    own = {"DVC_ROOT": str(folder), "PYTHONPATH": str(root)}
    subprocess.run([sys.executable, "-m", "stages.track"], cwd=folder, env=os.environ | own, check=True)
    kept = folder / "mlartifacts/losslab/regression"
    assert [path.relative_to(kept).parts[1:] for path in kept.rglob("history.csv")] == [("artifacts", "history.csv")]
    with contextlib.closing(sqlite3.connect(folder / "mlflow.db")) as database:
        assert database.execute("select count(*) from runs").fetchall() == [(3,)]
    assert list(folder.parent.iterdir()) == [folder]


def notes(client, dataset):
    """The notes of a dataset's experiment, and of its runs by name."""
    experiment = client.get_experiment_by_name(f"losslab/{dataset}")
    return experiment.tags[NOTE], {name: run.data.tags[NOTE] for name, run in logged(client, dataset).items()}


def test_notes_hold_the_verdict_on_the_dataset_and_on_each_loss(project, client):
    del project
    track.main()
    for dataset, names in LOGGED.items():
        of_the_dataset, of_the_runs = notes(client, dataset)
        assert of_the_dataset.startswith(f"{dataset}: better.\n")
        assert set(of_the_runs) == set(names)
        for name, note in of_the_runs.items():
            assert f"{name}: better, by +0.1 (−0.1 to +0.2)." in note


@pytest.mark.thorough
def test_another_verdict_is_another_note_on_the_same_run(project, client, capsys):
    del project
    track.main()
    before = logged(client, "circles", ViewType.ALL)
    tell("worse")
    capsys.readouterr()
    track.main()
    assert capsys.readouterr().out.startswith("track: 0 new of 3 runs")
    of_the_dataset, of_the_runs = notes(client, "circles")
    assert "circles: worse." in of_the_dataset
    assert all(f"{name}: worse, " in note for name, note in of_the_runs.items())
    assert "better" not in "".join([of_the_dataset, *of_the_runs.values()])
    after = logged(client, "circles", ViewType.ALL)
    assert {name: run.info.run_id for name, run in after.items()} == {
        name: run.info.run_id for name, run in before.items()
    }
    for name, run in after.items():
        assert run.data.metrics == before[name].data.metrics
        said = {NOTE: "", pages.VERDICT: ""}
        assert run.data.tags | said == before[name].data.tags | said


def select(*losses):
    """Select some of the losses that have runs."""
    params = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    paths.PARAMS.write_text(yaml.safe_dump(params | {"loss": list(losses)}), encoding="utf-8")


@pytest.mark.parametrize("beside", ["queued", "partial"])
def test_a_queued_or_partial_experiment_leaves_the_notes_of_others_as_they_are(
    project, client, monkeypatch, tmp_path_factory, beside
):
    track.main()
    before = client.get_experiment_by_name("losslab/circles").tags
    tell("worse", circles="f1")
    if beside == "queued":
        temporary_copy(project, tmp_path_factory.mktemp("copy"), monkeypatch)
    else:
        select("hinge")
        monkeypatch.setenv("DVC_EXP_NAME", "partial")
    track.main()
    assert client.get_experiment_by_name("losslab/circles").tags == before
    of_the_runs = notes(client, "circles")[1]
    assert "hinge: better" in of_the_runs["hinge"]
    assert "hinge: worse" in of_the_runs[f"hinge ({beside})"]


def test_the_verdict_on_a_loss_has_a_column_and_the_last_recommended_run_alone_is_marked(project, client, make_run):
    del project
    track.main()
    view = json.loads(client.get_experiment_by_name("losslab/circles").tags[pages.VIEW_TAG])
    assert view["selectedColumns"][1] == "tags.`verdict`"
    first = {name: run.data.tags["verdict"] for name, run in logged(client, "circles").items()}
    best, *others = LOGGED["circles"]
    assert first == {best: "recommended", **dict.fromkeys(others, "better")}
    keep(make_run(best, n_seeds=4, epochs=4))
    track.main()
    experiment = client.get_experiment_by_name("losslab/circles").experiment_id
    every = client.search_runs([experiment], f"tags.mlflow.runName = '{best}'")
    assert sorted(run.data.tags["verdict"] for run in every) == ["recommended", "recommended before"]


def test_where_no_whole_run_was_logged_the_note_says_so(project, client):
    del project
    select("hinge")
    track.main()
    assert notes(client, "circles")[0].startswith("No verdict yet")


def test_the_view_of_an_experiment_is_sorted_by_the_score_that_decides_and_tells_runs_apart(project, client):
    del project
    track.main()
    for dataset, ascending in (("circles", False), ("regression", True)):
        view = json.loads(client.get_experiment_by_name(f"losslab/{dataset}").tags[pages.VIEW_TAG])
        score = f"metrics.`decides/test_{HEADLINE[dataset]}`"
        assert (view["orderByKey"], view["orderByAsc"], view["selectedColumns"][0]) == (score, ascending, score)
        assert {"params.`optimizer.learning_rate`", "params.`seeds`", "tags.`dvc.exp_name`"} <= set(
            view["selectedColumns"]
        )


def children(client, dataset, parent):
    """The child runs of a run, by seed."""
    return {
        int(run.data.tags["seed"]): run
        for run in logged(client, dataset).values()
        if run.data.tags.get("mlflow.parentRunId") == parent.info.run_id
    }


@pytest.mark.parametrize("from_the_start", [True, False], ids=["from-the-start", "turned-on-later"])
@pytest.mark.thorough
def test_each_seed_gets_one_child_run_with_its_final_scores(project, client, defaults, capsys, from_the_start):
    del project
    if not from_the_start:
        track.main()
        assert set(logged(client, "circles")) == set(LOGGED["circles"])
    choose(defaults, per_seed=True)
    for _ in range(2):
        track.main()
        for dataset, names in LOGGED.items():
            found = logged(client, dataset)
            assert len(client.search_runs([found[names[0]].info.experiment_id])) == len(names) * (1 + 3)
            for name in names:
                scores = runs.read(dataset, name).scores
                by_seed = children(client, dataset, found[name])
                assert set(by_seed) == {0, 1, 2}
                for seed, child in by_seed.items():
                    failed = (name, seed) == ("hinge", 1)
                    rows = scores[(scores["seed"] == seed) & scores["value"].notna()]
                    names_of = ("final/" + rows["part"] + "_" + rows["metric"]).replace(
                        f"final/test_{HEADLINE[dataset]}", f"decides/test_{HEADLINE[dataset]}"
                    )
                    expected = dict(zip(names_of, rows["value"], strict=True))
                    assert bool(expected) != failed
                    assert child.info.status == ("FAILED" if failed else "FINISHED")
                    assert child.data.metrics == pytest.approx(expected)
    counted = [line.split(" runs")[0] for line in capsys.readouterr().out.splitlines()]
    logged_first = [] if from_the_start else ["track: 3 new of 3"]
    assert counted == logged_first + (["track: 3 new of 3"] if from_the_start else ["track: 0 new of 3"]) + [
        "track: 0 new of 3"
    ]


def test_children_are_not_logged_unless_asked_for(project, client):
    del project
    track.main()
    for dataset, names in LOGGED.items():
        assert set(logged(client, dataset, ViewType.ALL)) == set(names)


@pytest.fixture
def models(project, make_run):
    """A tiny model in every run's folder, for inputs that are scaled by 2 after 1 is taken off; by loss."""
    from stages.training.networks import Network

    del project
    made = {}
    for dataset, names in LOGGED.items():
        plan = plans.read_plan(dataset)
        scaling = replace(plan.to_train, center=np.ones((1, 2)), spread=np.full((1, 2), 2.0))
        plans.write_plan(dataset, replace(plan, to_train=scaling))
        for seed, name in enumerate(names):
            made[name] = Network(2, (3,), 1, "linear").build(seed)
            keep(make_run(name, epochs=4), made[name])
    return made


# MLflow says so of a class of its own when it is imported to load a model
@pytest.mark.filterwarnings("ignore:.*Any type hint is inferred:UserWarning")
@pytest.mark.thorough
def test_the_first_seeds_model_is_logged_once_and_predicts_as_keras_does(client, defaults, models):
    try:
        track.main()
        experiments = [client.get_experiment_by_name(f"losslab/{dataset}").experiment_id for dataset in LOGGED]
        assert not client.search_logged_models(experiments)
        choose(defaults, model=True)
        for _ in range(2):
            track.main()
            found = client.search_logged_models(experiments)
            assert len(found) == len(models)
        of_the_run = {model.source_run_id: model for model in found}
        for dataset, names in LOGGED.items():
            for name in names:
                run = logged(client, dataset)[name]
                assert run.info.status == "FINISHED"
                loaded = mlflow.pyfunc.load_model(of_the_run[run.info.run_id].model_uri)
                example = loaded.input_example
                scaled = pd.read_parquet(paths.SCALED / f"{dataset}.parquet")[["x1", "x2"]]
                np.testing.assert_allclose(example, (scaled.to_numpy()[:5] - 1) / 2, rtol=1e-6)
                np.testing.assert_allclose(loaded.predict(example), models[name].predict(example, verbose=0), rtol=1e-6)
                assert loaded.metadata.signature.inputs.inputs[0].shape == (-1, 2)
                assert loaded.metadata.signature.outputs.inputs[0].shape == (-1, 1)
    finally:
        mlflow.set_tracking_uri(None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_down_is_told_in_one_line(project, monkeypatch):
    server = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    with pytest.raises(UserError) as caught:
        track.main()
    message = str(caught.value)
    assert message.startswith(f"track: MLflow at {server} cannot be reached")
    assert message.endswith("dvc repro track")
    assert "\n" not in message
    assert not (project / "data/tracked.json").exists()


@pytest.mark.parametrize(
    ("address", "said"),
    [("postgresql://somebody@localhost/runs", "No module named"), ("sqlite:///not-a-database", "not a database")],
)
def test_a_store_that_cannot_be_used_is_told_in_one_line(address, said, project, monkeypatch):
    (project / "not-a-database").write_bytes(b"some text, and more of it " * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(UserError) as caught:
        track.main()
    message = str(caught.value)
    assert message.startswith(f"track: MLflow at {address} did not take the runs (")
    assert said in message
    assert message.endswith("dvc repro track")
    assert "\n" not in message
    assert not (project / "data/tracked.json").exists()


@pytest.mark.usefixtures("project")
def test_a_mistake_of_ours_is_not_taken_for_a_store_that_cannot_be_used():
    with pytest.raises(ModuleNotFoundError), mlflow_store.connect():
        import stages.tracking.nothing  # noqa: F401


def test_a_store_of_an_older_mlflow_is_told_with_the_command_that_brings_it_up_to_date(project):
    with sqlite3.connect(project / "mlflow.db") as database:
        database.execute("update alembic_version set version_num = 'cc1f77228345'")
    with pytest.raises(UserError) as caught:
        track.main()
    [line] = str(caught.value).splitlines()
    assert line.endswith(f"run: mlflow db upgrade sqlite:///{project / 'mlflow.db'} && dvc repro track")
    assert not (project / "data/tracked.json").exists()


@pytest.fixture
def server(project, monkeypatch, tmp_path_factory):
    """A tracking server of our own on the loopback, with a store of its own; gives its address."""
    folder, port = tmp_path_factory.mktemp("server"), free_port()
    shutil.copy(project / "mlflow.db", folder)
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", str(folder / "artifacts")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command + stores, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait_until_it_answers(f"{address}/health", process, folder / "log")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            # its workers are of the same group
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_it_answers(url, process, log):
    deadline = time.monotonic() + SERVER_STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(url, timeout=1).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail(f"the server did not start:\n{log.read_text(errors='replace')}")


@pytest.mark.thorough
def test_a_server_gets_the_runs_and_keeps_their_artifacts(project, server, client, tmp_path, capsys):
    track.main()
    remote = MlflowClient(server)
    run = logged(remote, "circles")["hinge"]
    assert run.info.status == "FINISHED"
    assert run.data.params["activation"] == "tanh"
    assert set(series(remote, run, "val_loss")) == set(runs.read("circles", "hinge").history["epoch"])
    assert artifacts(remote, run, "figures") == ["figures/circles-hinge-curves.svg", "figures/circles-scores.svg"]
    fetched = remote.download_artifacts(run.info.run_id, "history.csv", str(tmp_path))
    with open(fetched, "rb") as copy:
        assert copy.read() == (project / "data/runs/circles/hinge/history.csv").read_bytes()
    assert client.get_experiment_by_name("losslab/circles") is None  # the local store is left alone
    assert not (project / "mlartifacts").exists()
    track.main()
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"track: 3 new of 3 runs in {server}")
    assert second.startswith(f"track: 0 new of 3 runs in {server}")
