"""A project with made-up runs, its MLflow database, and a tracking server: what tests of stage `track` work on."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
import requests
import yaml
from mlflow import MlflowClient
from mlflow.entities import ViewType

from stages.basics import paths
from stages.records import datasets, plans, references, runs

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


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
        # it waits for whoever holds a connection
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
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


def select(*losses):
    """Select some of the losses that have runs."""
    params = yaml.safe_load(paths.PARAMS.read_text(encoding="utf-8"))
    paths.PARAMS.write_text(yaml.safe_dump(params | {"loss": list(losses)}), encoding="utf-8")


def temporary_copy(project, folder, monkeypatch):
    """Go on in a copy of the project as DVC makes it for queued experiments."""
    shutil.copytree(project / "data", folder / "data")
    shutil.copy(project / "params.yaml", folder)
    (folder / "reports").mkdir()
    shutil.copy(project / "reports/verdicts.json", folder / "reports")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_EXP_NAME", "queued")
