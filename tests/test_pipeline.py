"""The real `dvc` in a clone of the repository, with small parameters, and MLflow read back through its client."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import psutil
import pytest
import yaml
from mlflow import MlflowClient
from sklearn.datasets import load_diabetes

ROOT = Path(__file__).parents[1]
REGRESSION, CIRCLES, BLOBS = (
    ["mse", "msle", "mae"],
    ["binary_crossentropy", "hinge", "squared_hinge"],
    ["categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"],
)

Run = Callable[..., subprocess.CompletedProcess]


def run_in(folder: Path) -> Run:
    """A function that runs a command in `folder` as a user's shell would, and fails with its output."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"

    def run(
        *command: str, ok: bool = True, stdout: int = subprocess.PIPE, stderr: int = subprocess.PIPE, **more: str
    ) -> subprocess.CompletedProcess:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment | more,
            stdout=stdout,
            stderr=stderr,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        assert (done.returncode == 0) == ok, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    return run


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


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A clone in which everything has run once: 2 seeds, 3 epochs."""
    folder = tmp_path_factory.mktemp("clone")
    run = run_in(folder)
    run("git", "clone", "--quiet", str(ROOT), ".")
    run("git", "config", "user.email", "tests@example.com")
    run("git", "config", "user.name", "Tests")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["train"]["seeds"] = 2
    for comparison in params["comparisons"].values():
        comparison["epochs"] = 3
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    run("git", "commit", "--quiet", "--all", "--message", "small parameters")
    run("dvc", "repro")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "results")
    return folder


def logged(folder: Path) -> dict[str, set[str]]:
    """The names of the runs in MLflow, by experiment."""
    client = MlflowClient(f"sqlite:///{folder / 'mlflow.db'}")
    return {
        experiment.name: {run.info.run_name for run in client.search_runs([experiment.experiment_id])}
        for experiment in client.search_experiments()
        if experiment.name != "Default"
    }


def test_a_clone_runs_to_a_report_with_all_its_figures(clone):
    report = (clone / "reports/report.md").read_text()
    for loss in REGRESSION + CIRCLES + BLOBS:
        assert f"`{loss}`" in report
    linked = {part.split(")")[0] for part in report.split("](figures/")[1:]}
    assert {figure.name for figure in (clone / "reports/figures").iterdir()} == linked
    results = pd.read_csv(clone / "reports/results.csv")
    assert list(results.columns) == ["dataset", "loss", "seed", "part", "metric", "value"]
    assert results.groupby("dataset")["loss"].nunique().to_dict() == {"regression": 3, "circles": 3, "blobs": 3}


def test_every_run_is_in_mlflow(clone):
    assert logged(clone) == {
        "losslab/regression": set(REGRESSION),
        "losslab/circles": set(CIRCLES),
        "losslab/blobs": set(BLOBS),
    }
    client = MlflowClient(f"sqlite:///{clone / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("losslab/circles")
    hinge = client.search_runs([experiment.experiment_id], "tags.mlflow.runName = 'hinge'")[0]
    results = pd.read_csv(clone / "reports/results.csv").query("loss == 'hinge' and part == 'test'")
    mean = results[results["metric"] == "accuracy"]["value"].mean()
    assert hinge.data.metrics["test_accuracy"] == pytest.approx(mean)
    assert [metric.step for metric in client.get_metric_history(hinge.info.run_id, "val_loss")] == [1, 2, 3]
    assert {"history.csv", "figures"} <= {artifact.path for artifact in client.list_artifacts(hinge.info.run_id)}
    assert hinge.inputs.dataset_inputs[0].dataset.name == "circles"


def test_a_second_repro_does_nothing_and_a_forced_one_gives_the_same_bytes(clone):
    run = run_in(clone)
    before = (clone / "dvc.lock").read_bytes()
    assert "didn't change" in run("dvc", "repro").stdout
    run("dvc", "repro", "--force")
    assert (clone / "dvc.lock").read_bytes() == before
    assert run("git", "status", "--porcelain").stdout == ""


def test_one_loss_alone_is_trained_and_shown_alone(clone):
    run = run_in(clone)
    run("dvc", "exp", "run", "--set-param", "loss=msle", "--name", "only-msle")
    assert set(pd.read_csv(clone / "reports/results.csv")["loss"]) == {"msle"}
    report = (clone / "reports/report.md").read_text()
    assert "regression-msle-curves.png" in report
    assert "regression-mae-curves.png" not in report
    assert "circles" not in report
    assert sorted(path.name for path in (clone / "data/runs").rglob("model.keras")) == ["model.keras"]
    run("git", "checkout", "--quiet", ".")
    run("dvc", "checkout")


def test_another_baseline_retrains_nothing(clone):
    run = run_in(clone)
    done = run("dvc", "exp", "run", "-S", "report.baseline=hinge")
    assert "Running stage 'report'" in done.stdout
    assert "Running stage 'train'" not in done.stdout
    assert "| circles | `hinge` |" in (clone / "reports/report.md").read_text()
    hinge = next(line for line in (clone / "reports/report.md").read_text().splitlines() if "| `hinge` |" in line)
    assert "| baseline |" in hinge
    run("git", "checkout", "--quiet", ".")
    run("dvc", "checkout")


def test_queued_experiments_run_side_by_side_and_land_in_the_same_mlflow(clone):
    run = run_in(clone)
    # other epochs, so that their runs are new to MLflow
    run("dvc", "exp", "run", "--queue", "-S", "loss=mse,mae", "-S", "comparisons.regression.epochs=2")
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
    assert {found.info.run_name for found in queued} == {"mse", "mae"}
    assert all(found.data.tags["dvc.exp_name"] for found in queued)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("loss=hing", "params.yaml: loss: 'hing' is not a loss; did you mean 'hinge'?"),
        ("comparisons.circles.epochs=-5", "params.yaml: comparisons.circles.epochs: -5 given; allowed: 1 or more"),
    ],
)
def test_a_mistake_on_the_command_line_gets_one_line_and_no_traceback(clone, override, message):
    done = run_in(clone)("dvc", "exp", "run", "-S", override, ok=False)
    assert message in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    run_in(clone)("git", "checkout", "--quiet", ".")


def test_a_server_that_is_down_stops_track_alone(clone):
    run = run_in(clone)
    (clone / "data/tracked.json").unlink()
    done = run("dvc", "repro", ok=False, MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert "When it is back, run: dvc repro track" in done.stderr
    assert "Running stage 'train'" not in done.stdout
    assert "Running stage 'train'" not in run("dvc", "repro", "track").stdout


def test_a_table_of_ones_own_is_added_compared_shared_and_followed(clone, tmp_path):
    run = run_in(clone)
    loaded = load_diabetes(as_frame=True)
    loaded.frame.to_csv(tmp_path / "sugar.csv", index=False)
    before = (clone / "params.yaml").read_text()
    said = run(sys.executable, "-m", "stages.commands.add_table", str(tmp_path / "sugar.csv"), "target").stdout
    assert "added datasets.sugar and comparisons.sugar (mse, mae, huber, log_cosh) to params.yaml" in said
    added = (clone / "params.yaml").read_text()
    assert set(before.splitlines()) <= set(added.splitlines())
    params = yaml.safe_load(added)
    variant = {"loss": "huber", "delta": 0.2, "as": "huber_small"}
    params["comparisons"]["sugar"] = {"epochs": 2, "losses": ["mse", variant]}
    params["comparisons"] = {"sugar": params["comparisons"]["sugar"]}
    params["report"] = {}
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))

    run("dvc", "add", "data/external/sugar.csv")
    run("dvc", "repro")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "sugar")
    assert logged(clone)["losslab/sugar"] == {"mse", "huber_small"}
    assert "data/external/sugar.csv" not in run("git", "ls-files").stdout.splitlines()
    # another clone gets the table from a remote
    run("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    run("dvc", "push")
    other = tmp_path / "other"
    run("git", "clone", "--quiet", str(clone), str(other))
    run_in(other)("dvc", "remote", "add", "--default", "store", str(tmp_path / "store"))
    run_in(other)("dvc", "pull")
    assert (other / "data/external/sugar.csv").read_bytes() == (tmp_path / "sugar.csv").read_bytes()

    # DVC sees it change
    assert run("dvc", "status", "generate").stdout.strip() == "Data and pipelines are up to date."
    loaded.frame.head(200).to_csv(clone / "data/external/sugar.csv", index=False)
    assert "modified:           data/external" in run("dvc", "status", "generate").stdout
