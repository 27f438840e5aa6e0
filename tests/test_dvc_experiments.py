"""Experiments of the real `dvc` in a clone of the repository: in the workspace, and in its queue."""

import subprocess
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from mlflow import MlflowClient

from tests.projects import edit, run_in, would_run

pytestmark = pytest.mark.thorough


def end_workers(folder: Path) -> None:
    """End the queue's workers in `folder`; DVC leaves one behind now and then."""
    workers = [
        process
        for process in psutil.process_iter(["cwd", "cmdline"])
        if process.info["cwd"] == str(folder) and "queue-worker" in (process.info["cmdline"] or ())
    ]
    for worker in workers:
        worker.terminate()
    psutil.wait_procs(workers, timeout=30)


def found_by(folder: Path, name: str) -> dict[str, list[str]]:
    """The names of the runs that MLflow finds by the name of one of DVC's experiments, by experiment of MLflow's."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    every = {each.experiment_id: each.name for each in client.search_experiments()}
    found: dict[str, list[str]] = {}
    for run in client.search_runs(list(every), f"tags.`dvc.exp_name` = '{name}'"):
        found.setdefault(every[run.info.experiment_id], []).append(run.info.run_name)
    return found


def notes_of(folder: Path) -> dict[str, str]:
    """The notes of MLflow's experiments."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    return {each.name: each.tags["mlflow.note.content"] for each in client.search_experiments() if each.tags}


def test_one_loss_alone_is_trained_shown_and_found_alone_and_left_by_the_way_back(kept):
    run, before = run_in(kept), notes_of(kept)
    said = run("dvc", "exp", "run", "--set-param", "loss=msle", "--name", "only-msle").stdout
    # these results were logged before, but not for this experiment
    assert found_by(kept, "only-msle") == {
        name: ["msle (only-msle)"] for name in ("losslab/regression", "losslab/regression_fair")
    }
    assert notes_of(kept) == before
    assert set(pd.read_csv(kept / "reports/results.csv")["loss"]) == {"msle"}
    report = (kept / "reports/report.md").read_text()
    assert "regression-msle-curves.png" in report
    assert "regression-mse-curves.png" not in report
    assert "circles" not in report
    models = {
        path.parent.relative_to(kept / "data/runs").as_posix() for path in (kept / "data/runs").rglob("model.keras")
    }
    assert models == {"regression/msle", "regression_fair/msle"}

    [way_back] = [line for line in said.splitlines() if line.startswith("track: back to what is committed: ")]
    run("bash", "-c", way_back.removeprefix("track: back to what is committed: "))
    assert run("git", "status", "--porcelain").stdout == ""
    assert would_run(kept) in ([], ["track"])
    diff = run("dvc", "metrics", "diff", "only-msle", "HEAD").stdout
    assert "regression.test_mse.mse" in diff
    assert "only-msle" in run("dvc", "exp", "show", "--only-changed", "--csv").stdout


def test_a_failed_experiment_leaves_no_parameter_for_the_next_but_edits_of_ones_own(kept):
    run = run_in(kept)
    said = run("dvc", "exp", "run", "-S", "loss=hing", ok=False).stderr
    assert "params.yaml is again as it was before this experiment" in said
    assert run("git", "status", "--porcelain", "--", "params.yaml").stdout == ""
    edit(kept, lambda params: params["report"].update(margin={"circles": 0.1}))
    said = run("dvc", "exp", "run", "-S", "loss=hing", ok=False).stderr
    assert "params.yaml holds edits of yours, and still loss=hing" in said
    params = yaml.safe_load((kept / "params.yaml").read_text())
    assert (params["loss"], params["report"]["margin"]) == ("hing", {"circles": 0.1})


@pytest.mark.endurance
def test_queued_experiments_run_side_by_side_and_land_in_the_same_mlflow(clone):
    run = run_in(clone)
    # other epochs, so that their runs are new to MLflow
    run("dvc", "exp", "run", "--queue", "-S", "loss=mse,msle", "-S", "comparisons.regression.epochs=2")
    run("dvc", "queue", "start", "--jobs", "2", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 150
        while any(word in (status := run("dvc", "queue", "status").stdout) for word in ("Queued", "Running")):
            assert time.monotonic() < deadline, status
    finally:
        end_workers(clone)
    assert status.count("Success") == 2, status
    client = MlflowClient(f"sqlite:///{clone / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("losslab/regression")
    queued = client.search_runs([experiment.experiment_id], "params.epochs = '2'")
    assert {run.data.params["loss"] for run in queued} == {"mse", "msle"}
    assert all(run.data.tags["dvc.exp_name"] for run in queued)
