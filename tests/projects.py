"""Projects of tests: folders in which stages run in this process, and clones of the repository."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEFAULTS = ROOT / "tests/params.yaml"  # params.yaml as it comes; the project's is the user's to edit

Run = Callable[..., subprocess.CompletedProcess]
# what of `make setup` tests have: the .venv is that of the project
IS_SET_UP = tuple(f"--old-file=.venv/{made}" for made in ("installed", "plots.html", "mlflow.db"))

# what a small clone compares: every task, and one comparison that is tuned
COMPARED = {
    "regression": ["mse", "msle"],
    "regression_fair": ["mse", "msle"],
    "circles": ["binary_crossentropy", "hinge"],
    "blobs": ["categorical_crossentropy", "kl_divergence"],
}


def run_all(
    folder: Path,
    params: Mapping,
    custom: Mapping[str, str],
    write_tables: Callable[[Path], None],
    *stages: ModuleType,
) -> Path:
    """Make a project of one's own in a folder, and run stages in it.

    Args:
        folder: where; it is given back.
        params: what is in its params.yaml.
        custom: what is in the files of its ``stages/custom``, by name.
        write_tables: writes the tables into a folder.
        stages: what runs, in this order.
    """
    (folder / "data/external").mkdir(parents=True)
    (folder / "data/published.yaml").write_bytes((ROOT / "data/published.yaml").read_bytes())
    write_tables(folder / "data/external")
    (folder / "stages/custom").mkdir(parents=True)
    for name, code in custom.items():
        (folder / "stages/custom" / name).write_text(code, encoding="utf-8")
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("DVC_ROOT", str(folder))
        patch.setattr(sys, "path", list(sys.path))
        for stage in stages:
            stage.main()
    return folder


def run_in(folder: Path) -> Run:
    """A function that runs a command in `folder` as a user's shell would, and fails with its output."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "LOSSLAB_", "MLFLOW_"))
    }
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

    run.environment = environment
    return run


def clone_into(folder: Path) -> Run:
    """Clone the repository into a folder, without what is the user's own; what runs commands there, as `run_in`."""
    run = run_in(folder)
    run("git", "clone", "--quiet", str(ROOT), ".")
    run("git", "config", "user.email", "tests@example.com")
    run("git", "config", "user.name", "Tests")
    # a clone on one disk has every loose object of the repository, which DVC's Git would pack, in Python, for a minute
    run("git", "config", "gc.auto", "0")
    shutil.copy(DEFAULTS, folder / "params.yaml")
    for place in ("data/external", "stages/custom"):
        for path in (path for path in (folder / place).iterdir() if path.name != "README.md"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--allow-empty", "--message", "the project as it comes")
    return run


def small_clone(folder: Path, run_stages: Callable[[Path], None]) -> Path:
    """Clone the repository, and run everything once: 2 losses, 2 seeds, 3 epochs, 1 learning rate to tune from."""
    run = clone_into(folder)
    edit(folder, _make_small)
    run_stages(folder)
    run("dvc", "commit", "--force")
    run("git", "add", "--all")
    run("git", "commit", "--quiet", "--message", "small parameters and their results")
    return folder


def _make_small(params: dict) -> None:
    params["train"]["seeds"] = 2
    params["train"]["optimizer"]["learning_rate"] = [0.01]
    params["comparisons"] = {
        name: params["comparisons"][name] | {"epochs": 3, "losses": losses} for name, losses in COMPARED.items()
    }


def would_run(folder: Path) -> list[str]:
    """The stages that `dvc repro` would run."""
    run = run_in(folder)
    run("dvc", "repro", "settings")  # by which DVC knows whose parameters have changed
    lines = run("dvc", "repro", "--dry").stdout.splitlines()
    return [line.split("'")[1] for line in lines if line.startswith("Running stage")]


def edit(folder: Path, change: Callable[[dict], None]) -> None:
    """Change the parameters."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    change(params)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
