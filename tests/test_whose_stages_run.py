"""Whatever else is called `stages`, and wherever Python is told to look, it is this project's that run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.projects import IS_SET_UP, ROOT

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]


@pytest.fixture
def environment(another_stages):
    """Another package `stages` is where Python looks, which does not look in the folder it runs in."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONPATH": str(another_stages), "PYTHONSAFEPATH": "1", "LOSSLAB_STORE": ""}


def test_the_other_is_what_python_finds_by_itself(environment):
    command = [sys.executable, "-m", "stages.settings"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.stderr == "another package\n"


@pytest.mark.parametrize(
    "stage", [stage if stage == "settings" else pytest.param(stage, marks=pytest.mark.thorough) for stage in STAGES]
)
def test_dvc_runs_ours(tmp_path, environment, stage):
    (tmp_path / "stages").symlink_to(ROOT / "stages")
    command = ["bash", "-c", STAGES[stage]["cmd"]]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.stderr == "params.yaml is missing; run this in the project's folder\n"


def test_make_runs_ours(tmp_path, environment):
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "stages").symlink_to(ROOT / "stages")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    command = ["make", "--no-print-directory", *IS_SET_UP, "store"]
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("the store is switched off: LOSSLAB_STORE is empty\n", "")
