import os
import subprocess
import sys

import pytest
from dvc.utils.hydra import apply_overrides

from stages.basics import experiment, paths

COMMITTED = "loss: all   # or some\ntrain:\n  seeds: 30\n"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with a committed params.yaml, in which the test then runs as an experiment in the workspace."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_EXP_NAME", "shaky-mole")
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    paths.PARAMS.write_text(COMMITTED, encoding="utf-8")
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false")
    for command in (("init", "--quiet"), ("add", "."), (*identity, "commit", "--quiet", "--message", "Start")):
        subprocess.run(["git", *command], check=True)
    return tmp_path


@pytest.fixture
def undo_under(repository):
    """A function that runs `undo` in a process whose parent was started by some words; what it said."""
    code = "import sys; from stages.basics import experiment; print(experiment.undo(), end='')"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}], check=True)"

    def run(*words):
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, sys.path))}
        command = [sys.executable, "-c", parent, *words]
        return subprocess.run(
            command, cwd=repository, env=environment, check=True, capture_output=True, text=True
        ).stdout

    return run


def params():
    return paths.PARAMS.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ("exp", "run", "-S", "loss=hing"),
        ("exp", "run", "-n", "x", "--set-param=loss=hing"),
        ("exp", "run", "-Sloss=hing"),
    ],
)
def test_what_an_experiment_set_is_taken_back(undo_under, words):
    apply_overrides(paths.PARAMS, ["loss=hing"])
    assert params() != COMMITTED
    assert undo_under(*words) == "params.yaml is again as it was before this experiment"
    assert params() == COMMITTED


def test_edits_of_the_users_own_stay(undo_under):
    paths.PARAMS.write_text(COMMITTED.replace("30", "10"), encoding="utf-8")
    apply_overrides(paths.PARAMS, ["loss=hing"])
    edited = params()
    said = undo_under("exp", "run", "-S", "loss=hing")
    assert said == "params.yaml holds edits of yours, and still loss=hing, which the next experiment inherits"
    assert params() == edited


@pytest.mark.parametrize("words", [("exp", "run"), ("repro",), ("exp", "run", "-S", "other.yaml:loss=hing")])
def test_where_nothing_was_set_nothing_is_taken_back(undo_under, words):
    apply_overrides(paths.PARAMS, ["loss=hing"])
    edited = params()
    assert undo_under(*words) == ""
    assert params() == edited


def test_a_temporary_copy_is_left_as_it_is(undo_under, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path_factory.mktemp("real")))
    apply_overrides(paths.PARAMS, ["loss=hing"])
    edited = params()
    assert undo_under("exp", "run", "-S", "loss=hing") == ""
    assert params() == edited
    assert not experiment.in_workspace()
