import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests
from mlflow import MlflowClient

from stages.basics.cli import UserError
from stages.commands import show_runs
from stages.tracking import connection, mlflow_store, pages

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a store in which two comparisons have pages, in which the test then runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")
    with connection.connect() as client:
        client.create_experiment("of somebody else")
        for name in ("losslab/wages", "losslab/houses"):
            headline = pages.Headline("rmse", higher_is_better=False)
            mlflow_store.experiment_of(client, name, "Train with mse.", headline, last_word=True)
    return tmp_path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.thorough
def test_each_comparisons_page_is_printed_and_then_served_by_one_process(project):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stages.commands.show_runs", str(port)]
    with subprocess.Popen(command, cwd=project, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert [server.stdout.readline() for _ in range(3)] == [
                f"losslab/houses  {address}/#/experiments/3/runs?viewStateShareKey=losslab\n",
                f"losslab/wages   {address}/#/experiments/2/runs?viewStateShareKey=losslab\n",
                "Ctrl-C ends it\n",
            ]
            assert "<title>MLflow" in requests.get(address, timeout=60).text
            served = {each.name for each in MlflowClient(address).search_experiments()}
            assert {"losslab/houses", "losslab/wages"} < served
            assert not psutil.Process(server.pid).children()
        finally:
            server.terminate()


@pytest.mark.thorough
def test_a_port_that_is_taken_is_told_with_the_way_to_another(project):
    del project
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"^port {port} cannot be used \(.+\); another: make ui PORT={port + 1}$"):
            show_runs.main(port)
