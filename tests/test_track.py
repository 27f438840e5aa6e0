import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient
from mlflow.entities import ViewType

from stages import track
from stages.basics import paths
from stages.basics.cli import UserError
from stages.params.schema import Track
from stages.records import plans, references, runs
from stages.records.references import Reference
from stages.tracking import alike, connection, contents, mlflow_store, pages
from stages.tracking.alike import FINGERPRINT
from stages.tracking.pages import NOTE
from tests.tracked import (
    HEADLINE,
    LOGGED,
    artifacts,
    choose,
    free_port,
    keep,
    logged,
    select,
    series,
    tell,
    temporary_copy,
)


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
    """The runs that belong to one of DVC's experiments: their names and verdicts in it."""
    experiment = client.get_experiment_by_name(f"losslab/{dataset}").experiment_id
    found = client.search_runs([experiment], f"tags.`dvc.exp.{name}` LIKE '%'")
    return {run.info.run_name: run.data.tags[f"dvc.exp.{name}"] for run in found}


@pytest.mark.thorough
def test_experiments_that_trained_nothing_belong_to_the_run_that_is_there_and_none_is_logged_alike(
    project, client, monkeypatch, capsys
):
    del project
    track.main()
    before = set(logged(client, "circles", ViewType.ALL))
    for name, verdict in (("shaky-mole", "better"), ("shaky-mole", "worse"), ("other", "worse")):
        tell(verdict)
        monkeypatch.setenv("DVC_EXP_NAME", name)
        track.main()
        best, other = LOGGED["circles"]
        assert of_experiment(client, "circles", name) == {best: "recommended", other: verdict}
    assert set(logged(client, "circles", ViewType.ALL)) == before == set(LOGGED["circles"])
    experiment = client.get_experiment_by_name("losslab/regression").experiment_id
    [run] = client.search_runs([experiment], "tags.`dvc.exp_name` LIKE '%shaky-mole%'")
    assert run.data.tags["dvc.exp_name"] == "other, shaky-mole"
    said = [line for line in capsys.readouterr().out.splitlines() if " new of " in line]
    assert [line.split()[1] for line in said] == ["3", "0", "0", "0"]


def test_an_experiment_that_trained_something_has_a_run_with_its_name(project, client, make_run, monkeypatch):
    del project
    track.main()
    keep(make_run("mse", n_seeds=4, epochs=4))
    monkeypatch.setenv("DVC_EXP_NAME", "four")
    track.main()
    assert set(logged(client, "regression")) == {"mse", "mse (four)"}
    assert of_experiment(client, "regression", "four") == {"mse (four)": "recommended"}
    # whoever keeps its results runs them in the workspace, where nothing is new
    monkeypatch.delenv("DVC_EXP_NAME")
    track.main()
    assert set(logged(client, "regression")) == {"mse", "mse (four)"}


def test_what_a_former_version_logged_for_each_experiment_becomes_one_run(project, client):
    """It gave every experiment of DVC's runs of its own, with children where asked for, also of the same results."""
    del project
    track.main()
    [first] = logged(client, "regression").values()
    tags = first.data.tags
    old = {key: tags[key] for key in (FINGERPRINT, "verdict")}
    for number, name in enumerate(("shaky-mole", "other"), start=1):
        of_it = old | {"dvc.exp_name": name, "verdict": "worse"}
        started = first.info.start_time + number
        run = client.create_run(first.info.experiment_id, started, of_it, run_name=f"mse ({name})").info.run_id
        client.create_run(first.info.experiment_id, tags={"mlflow.parentRunId": run, "seed": "0"})
        client.set_terminated(run)
    track.main()
    assert {run.info.run_id for run in logged(client, "regression").values()} == {first.info.run_id}
    assert of_experiment(client, "regression", "other") == {"mse": "worse"}
    [now] = logged(client, "regression").values()
    assert now.data.tags["verdict"] == "recommended"
    assert now.data.tags["dvc.exp_name"] == "other, shaky-mole"


def test_where_another_score_decides_runs_that_were_logged_before_are_sorted_by_it(project, client):
    del project
    track.main()
    before = logged(client, "circles")["hinge"].data.metrics
    tell("better", circles="f1")
    (paths.FIGURES / "circles-scores.svg").write_text("by another score")
    track.main()
    hinge = logged(client, "circles")["hinge"]
    assert hinge.data.metrics["decides/test_f1"] == before["final/test_f1"]
    assert before.items() <= hinge.data.metrics.items()
    view = json.loads(client.get_experiment_by_name("losslab/circles").tags[pages.VIEW_TAG])
    assert view["orderByKey"] == "metrics.`decides/test_f1`"
    logged_figure = client.download_artifacts(hinge.info.run_id, "figures/circles-scores.svg")
    assert Path(logged_figure).read_text() == "by another score"


def test_an_experiment_of_dvcs_with_letters_that_mlflow_takes_in_no_tag_is_found(project, client, monkeypatch):
    del project
    for name in ("a+b", "a_b"):
        monkeypatch.setenv("DVC_EXP_NAME", name)
        track.main()
    [run] = logged(client, "regression").values()
    assert {tag for tag in run.data.tags if tag.startswith("dvc.exp.")} == {"dvc.exp.a_b", alike.tag_of("a+b")}


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
    summary = mlflow_store.Summary(
        pages.Headline("mse", False), "better", "a note", "#0072B2", figures=[], seconds=12.5
    )
    experiment = client.create_experiment("losslab/regression")
    mlflow_store.log_once(
        client,
        experiment,
        make_run("mse", epochs=4),
        fingerprint="some",
        summary=summary,
        tags={},
        options=Track(),
        cells=True,
        last_word=True,
    )
    run = logged(client, "regression")["mse"]
    assert run.info.end_time - run.info.start_time == 12_500
    assert run.data.tags["mlflow.runColor"] == "#0072B2"


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
    assert set(logged(client, "circles")) == set(LOGGED["circles"])
    assert "hinge: better" in notes(client, "circles")[1]["hinge"]


def test_what_an_experiment_beside_the_workspace_recommends_says_so_and_the_workspaces_stays_marked(
    project, client, make_run, monkeypatch, tmp_path_factory
):
    track.main()
    keep(make_run("hinge", n_seeds=4, epochs=4))
    temporary_copy(project, tmp_path_factory.mktemp("copy"), monkeypatch)
    track.main()
    assert {name: run.data.tags["verdict"] for name, run in logged(client, "circles").items()} == {
        "hinge": "recommended",
        "binary_crossentropy": "better",
        "hinge (queued)": "recommended in queued",
    }
    assert of_experiment(client, "circles", "queued")["hinge (queued)"] == "recommended"


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
    mlflow.set_tracking_uri(connection.address())
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
    with pytest.raises(ModuleNotFoundError), connection.connect():
        import stages.tracking.nothing  # noqa: F401


def test_a_store_of_an_older_mlflow_is_told_with_the_command_that_brings_it_up_to_date(project):
    with sqlite3.connect(project / "mlflow.db") as database:
        database.execute("update alembic_version set version_num = 'cc1f77228345'")
    with pytest.raises(UserError) as caught:
        track.main()
    [line] = str(caught.value).splitlines()
    assert line.endswith(f"run: mlflow db upgrade sqlite:///{project / 'mlflow.db'} && dvc repro track")
    assert not (project / "data/tracked.json").exists()


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
