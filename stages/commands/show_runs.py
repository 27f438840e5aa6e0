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

from mlflow.entities import Experiment

from stages.basics import cli
from stages.basics.cli import UserError
from stages.basics.paths import root
from stages.tracking import mlflow_store, pages


def main(port: int) -> None:
    """Print where the runs of each comparison are, and serve them, unless a server does."""
    address = mlflow_store.address()
    is_served = address.startswith("http")
    here = None if is_served else _socket(port)
    with mlflow_store.connect() as client:
        found = [each for each in client.search_experiments(order_by=["name"]) if pages.VIEW_TAG in each.tags]
    if not found:
        cli.say(f"Nothing is logged in {address} yet; first run: make")
    base = address if is_served else f"http://127.0.0.1:{port}"
    for line in links(base, found):
        cli.say(line)
    if here:
        _serve(address, here)


def links(base: str, found: list[Experiment]) -> list[str]:
    """For each experiment its name and the address of its page, where the best loss stands first."""
    width = max((len(each.name) for each in found), default=0)
    return [f"{each.name:{width}}  {base.rstrip('/')}/{pages.scores(each.experiment_id)}" for each in found]


def _socket(port: int) -> socket.socket:
    """A socket on this machine alone, so that a port that is taken is told before anything else."""
    here = socket.socket()
    here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        here.bind(("127.0.0.1", port))
    except OSError as error:
        raise UserError(f"port {port} cannot be used ({error.strerror}); another: make ui PORT={port + 1}") from error
    return here


def _serve(address: str, here: socket.socket) -> None:
    """Serve MLflow until Ctrl-C."""
    os.environ["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] = "false"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of what it will change
        import uvicorn
        from mlflow.server.fastapi_app import app
        from mlflow.server.handlers import initialize_backend_stores
    initialize_backend_stores(address, address, (root() / "mlartifacts").as_uri())
    cli.say("Ctrl-C ends it")
    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[here])


if __name__ == "__main__":
    cli.run(lambda: main(int(sys.argv[1])))
