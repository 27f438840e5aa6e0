"""A database that is begun with a copy of an empty one, which MLflow itself made."""

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import mlflow
import pytest

from stages import track
from stages.tracking import connection


@pytest.fixture
def empty(empty_store, tmp_path_factory, monkeypatch):
    """A database without runs that can be told from one that MLflow makes."""
    path = tmp_path_factory.mktemp("environment") / "mlflow.db"
    shutil.copy(empty_store, path)
    with sqlite3.connect(path) as database:
        database.execute("pragma user_version = 7")
    monkeypatch.setattr(connection, "EMPTY", path)
    return path


def version_of(path: Path) -> int:
    """The number by which a copy is known."""
    return asked(path, "pragma user_version")[0][0]


def asked(path: Path, query: str) -> list[tuple]:
    """The rows that a query gives."""
    with sqlite3.connect(path) as database:
        return database.execute(query).fetchall()


def test_a_new_database_is_a_copy_and_takes_the_runs(project, empty):
    (project / "mlflow.db").unlink()
    track.main()
    assert version_of(project / "mlflow.db") == version_of(empty) == 7
    names = "select name from experiments order by experiment_id"
    assert asked(project / "mlflow.db", names) == [("Default",), ("losslab/circles",), ("losslab/regression",)]
    assert asked(empty, names) == [("Default",)]


@pytest.mark.usefixtures("empty")
def test_a_database_that_is_there_stays(project):
    track.main()
    assert version_of(project / "mlflow.db") == 0


@pytest.mark.parametrize("address", ["sqlite:///{folder}/new/own.db", "sqlite:///own.db"])
def test_a_database_of_the_users_own_is_begun_so_too(project, empty, monkeypatch, address):
    del empty
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address.format(folder=project))
    track.main()
    assert version_of(next(project.rglob("own.db"))) == 7


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "sqlite://"])
def test_what_is_no_file_is_left_to_mlflow(empty, monkeypatch, address, tmp_path):
    del empty
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    before = set(tmp_path.rglob("*"))
    with connection.connect():
        assert {path.name for path in set(tmp_path.rglob("*")) - before} <= {"mlflow.db.lock"}


def test_one_that_is_older_than_mlflow_is_not_copied(project, empty):
    installed = Path(mlflow.__file__).stat().st_mtime
    os.utime(empty, (installed - 1, installed - 1))
    (project / "mlflow.db").unlink()
    connection._begin()
    assert not (project / "mlflow.db").exists()


@pytest.mark.thorough
def test_make_makes_it_by_mlflow(root, tmp_path, empty_store):
    shutil.copy(root / "Makefile", tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/installed").touch()
    (tmp_path / ".venv/mlflow.db.new").write_text("half made")
    command = ["make", "--no-print-directory", "--old-file=.venv/installed", ".venv/mlflow.db"]
    subprocess.run(command, cwd=tmp_path, check=True)
    schemas = []
    for path in (tmp_path / ".venv/mlflow.db", empty_store):
        tables = asked(path, "select name, sql from sqlite_master order by name")
        # the constraints of a table come in any order
        lines = {name: sorted(line.strip("\t,") for line in (sql or "").splitlines()) for name, sql in tables}
        schemas.append((asked(path, "select version_num from alembic_version"), lines))
    assert schemas[0] == schemas[1]
    assert [path.name for path in sorted((tmp_path / ".venv").iterdir())] == ["installed", "mlflow.db"]
