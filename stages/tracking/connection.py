"""The connection to MLflow's store: where it is, a lock on it, and a database that is begun with a copy."""

import logging
import os
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# nothing leaves the machine, and a server that is down is reported within seconds
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
from filelock import FileLock
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

from stages.basics import files
from stages.basics.cli import UserError
from stages.basics.paths import root

EMPTY = Path(sys.prefix) / "mlflow.db"  # a database without runs, of `make setup`


def address() -> str:
    """Where MLflow keeps what is logged: `MLFLOW_TRACKING_URI`, or a database in the repository.

    The path to a repository with a ``%``, ``?`` or ``#`` in its name, which mean something in an address, is relative.
    """
    database = str(root() / "mlflow.db")
    if set("%?#") & set(database):
        database = os.path.relpath(database)
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{database}"


def _file() -> Path | None:
    """The database, where it is a file."""
    database = address().removeprefix("sqlite:///")
    is_file = database != address() and database and "?" not in database
    return Path(database).absolute() if is_file else None


def lock() -> Path:
    """The file that is locked while something is logged: beside a database that is a file, else in the project."""
    database = _file()
    return Path(f"{database}.lock") if database else root() / "mlflow.db.lock"


def _begin() -> None:
    """Begin a database that is a file and not there yet with a copy of `EMPTY`: MLflow takes seconds to make one.

    One that is older than MLflow's code may be another version's.
    """
    database = _file()
    if database and not database.exists() and EMPTY.is_file() and _time(EMPTY) >= _time(Path(mlflow.__file__)):
        with files.replacing(database) as temporary:
            shutil.copyfile(EMPTY, temporary)


def _time(path: Path) -> float:
    return path.stat().st_mtime


def lock_name() -> str:
    """What tells the lock from those of other projects and machines."""
    return f"{socket.gethostname()}:{lock()}"


@contextmanager
def connect() -> Iterator[MlflowClient]:
    """A client of the store, which logs alone meanwhile: no other of this project does, and none to the same file."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    try:
        with FileLock(lock()):
            _begin()
            yield MlflowClient(address())
    except (MlflowException, SQLAlchemyError, ModuleNotFoundError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name.startswith("stages."):
            raise  # no library that a store needs, but a module of ours
        if "out-of-date database schema" in str(error):
            raise UserError(
                f"track: MLflow's {address()} is of an older MLflow; nothing trained is lost. Keep a copy of it, then "
                f"run: mlflow db upgrade {shlex.quote(address())} && dvc repro track"
            ) from error
        unreachable = "Max retries exceeded" in str(error)
        what = "cannot be reached" if unreachable else f"did not take the runs ({str(error).strip().splitlines()[0]})"
        raise UserError(
            f"track: MLflow at {address()} {what}; nothing trained is lost. When it is back, run: dvc repro track"
        ) from error
