"""Real schedulers and workers of Dask on this machine, in processes of their own that know nothing of the project."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil


@contextmanager
def cluster(folder, n_workers=2, *, n_threads=1, environment=()):
    """A scheduler, whose file is in a folder, and workers: their processes, the scheduler's first."""
    started = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | dict(environment)

    def start(*command):
        log = (folder / f"{command[0]}-{len(started)}.log").open("w")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{command[0]}", *command[1:]],
                **{"cwd": folder, "env": environment, "stdout": log, "stderr": log, "start_new_session": True},
            )
        started.append(process)
        return process

    file = scheduler_file(folder)
    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        for _ in range(n_workers):
            start(
                "worker",
                "--scheduler-file",
                str(file),
                "--nthreads",
                str(n_threads),
                "--local-directory",
                str(folder),
                "--no-dashboard",
            )
        yield started
    finally:
        for process in reversed(started):
            for each in (
                [*psutil.Process(process.pid).children(recursive=True), process] if process.poll() is None else []
            ):
                each.kill()
            process.wait()


def scheduler_file(folder):
    return Path(folder) / "scheduler.json"
