"""What is left when `dvc repro` or `train` is killed or stopped: whole files, and nothing trained is lost.

One kill is `thorough`; many kills, at any moment, are `endurance`.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from stages.records.store import Store
from tests.projects import clone_into, run_in

N_KILLS, MOMENTS = 20, (2, 12)  # seconds after its start, between which a run is killed


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A clone that has to train chunks of thirty seeds or fewer, each a second or less; all else has run."""
    folder = tmp_path_factory.mktemp("clone")
    run = clone_into(folder)
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["train"]["seeds"] = 120
    params["comparisons"] = {name: params["comparisons"][name] | {"epochs": 2} for name in params["datasets"]}
    params["report"]["headline"] = {"regression": "mse"}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    run("git", "commit", "--quiet", "--all", "--message", "small parameters")
    run("dvc", "repro", "scale")
    return folder


def environment(folder):
    own = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "LOSSLAB_"))}
    return own | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{own['PATH']}", "DVC_ROOT": str(folder)}


def start(folder, *command):
    """Start a command as the leader of processes of its own, with its output together."""
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment(folder),
        start_new_session=True,
        # Python ignores Ctrl-C where it was ignored before, as in a job in the background
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def left_over(folder):
    return list(folder.rglob(".writing-*"))


def chunks(kept):
    """Chunks in the store, by name."""
    return {path.name for path in kept.files() if not path.name.startswith("run-")}


def written(kept):
    """What each chunk in the store holds, and which file it is: one that is written again is another."""
    paths = [kept.folder / name for name in chunks(kept)]
    return {path.name: (path.stat().st_ino, path.read_bytes()) for path in paths}


def runs(folder):
    return {path: path.read_bytes() for path in sorted((folder / "data/runs").rglob("*")) if path.is_file()}


@pytest.mark.thorough
def test_a_kill_loses_no_chunk_that_was_finished_and_the_next_run_trains_the_others_alone(clone):
    kept = Store(clone / ".losslab" / "store")
    with start(clone, "dvc", "repro", "train") as process:
        while not chunks(kept):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
    assert not (clone / "data/runs").exists()
    finished = written(kept)
    assert finished
    assert " from the store" in run_in(clone)("dvc", "repro", "train").stdout
    assert finished.items() < written(kept).items()
    assert left_over(clone) == []
    assert run_in(clone)("git", "status", "--porcelain").stdout == " M dvc.lock\n"


@pytest.mark.endurance
def test_twenty_kills_lose_no_chunk_that_was_finished_and_the_next_run_goes_on(clone):
    draw, kept = random.Random(0), Store(clone / ".losslab" / "store")
    whole, n_killed = {}, 0
    before = (clone / "dvc.lock").read_bytes()
    while n_killed < N_KILLS:
        finished = chunks(kept)
        with start(clone, "dvc", "repro", "train") as process:
            try:
                told, _ = process.communicate(timeout=draw.uniform(*MOMENTS))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                n_killed += 1
            else:  # it came to its end: everything again
                assert process.returncode == 0, told
                assert "train: 9 units:" in told
                whole = whole or runs(clone)
                assert runs(clone) == whole
                kept.empty()
                shutil.rmtree(clone / ".dvc/cache/runs")  # where DVC remembers that it trained
                (clone / "dvc.lock").write_bytes(before)
                finished = set()
        assert finished <= chunks(kept)
        for name in finished:
            assert kept.get(name) is not None
    finished = chunks(kept)
    run_in(clone)("dvc", "repro", "train")
    assert finished <= chunks(kept)
    assert not whole or runs(clone) == whole
    assert left_over(clone) == []
    assert run_in(clone)("git", "status", "--porcelain").stdout in ("", " M dvc.lock\n")


@pytest.mark.endurance
def test_when_it_is_stopped_it_says_so_in_one_line_and_what_was_trained_is_kept(clone):
    kept = Store(clone / ".losslab" / "store")
    kept.empty()
    with start(clone, sys.executable, "-m", "stages.train") as process:
        while not chunks(kept):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        told, _ = process.communicate()
    assert told.splitlines()[-1] == "stopped; dvc repro starts this stage again"
    assert not [line for line in told.splitlines()[:-1] if not line.startswith("train: ")]
    assert process.returncode == 1
    assert chunks(kept)
    assert left_over(clone) == []
