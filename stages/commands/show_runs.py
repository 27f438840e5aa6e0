"""Show what the pipeline logged, in MLflow's pages.

make ui             PORT=5001 for another port than 5000

MLflow is served by this process alone, with neither further workers nor the jobs that judge language models: that is
up in a third of the time.
"""

import os
import socket
import sys
import warnings
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from mlflow.entities import Experiment

from stages.basics import cli
from stages.basics.cli import UserError
from stages.basics.paths import root
from stages.tracking import connection, pages


def main(port: int) -> None:
    """Print where the runs of each comparison are, and serve them, unless a server does."""
    address = connection.address()
    if address.startswith("http"):
        _say_links(address)
        return
    with _socket(port) as server:
        app = _application(address)
        server.listen()  # who follows an address at once waits, and is not refused
        _say_links(f"http://127.0.0.1:{port}")
        cli.say("Ctrl-C ends it")
        with suppress(KeyboardInterrupt):
            uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[server])


def _say_links(base: str) -> None:
    with connection.connect() as client:
        experiments = [
            experiment
            for experiment in client.search_experiments(order_by=["name"])
            if pages.VIEW_TAG in experiment.tags
        ]
    for line in links(base, experiments) or ["Nothing is logged yet; first run: make"]:
        cli.say(line)


def links(base: str, experiments: list[Experiment]) -> list[str]:
    """For each experiment its name and the address of its page, where the best loss stands first."""
    width = max((len(experiment.name) for experiment in experiments), default=0)
    return [
        f"{experiment.name:{width}}  {base.rstrip('/')}/{pages.scores(experiment.experiment_id)}"
        for experiment in experiments
    ]


def _socket(port: int) -> socket.socket:
    """A socket on this machine alone, so that a port that is taken is told before anything else."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind(("127.0.0.1", port))
    except OSError as error:
        server.close()
        raise UserError(f"port {port} cannot be used ({error.strerror}); another: make ui PORT={port + 1}") from error
    return server


def _application(address: str) -> FastAPI:
    """MLflow's own application on a store."""
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of what it will change
        from mlflow.server.fastapi_app import app
        from mlflow.server.handlers import initialize_backend_stores
    initialize_backend_stores(address, address, (root() / "mlartifacts").as_uri())
    return app


if __name__ == "__main__":
    cli.run(lambda: main(int(sys.argv[1])))
