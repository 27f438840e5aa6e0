"""Real schedulers and workers of Dask on this machine, in processes of their own that know nothing of the project."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import psutil


class Started:
    """A cluster that was started.

    Attributes:
        file: the scheduler's file.
        scheduler: its process.
        workers: the processes of its workers, or where they have nannies, of those.
    """

    def __init__(self, folder):
        self._folder, self._all = folder, []
        folder.mkdir(exist_ok=True)
        self.file = folder / "scheduler.json"
        self.scheduler, self.workers = None, []

    def start(self, n_workers, environment, *options):
        file = ["--scheduler-file", str(self.file), "--no-dashboard"]
        self.scheduler = self._run("scheduler", *file, "--host", "127.0.0.1", "--port", "0", environment=environment)
        for _ in range(n_workers):
            self.add_worker(*options, environment=environment)

    def add_worker(self, *options, environment=()):
        file = ["--scheduler-file", str(self.file), "--no-dashboard", "--local-directory", str(self._folder)]
        self.workers.append(self._run("worker", *file, "--nthreads", "1", *options, environment=environment))

    def client(self):
        """A client, when all workers are there."""
        from distributed import Client

        client = Client(scheduler_file=str(self.file), timeout=60, set_as_default=False)
        client.wait_for_workers(len(self.workers))
        return client

    def end(self):
        for process in reversed(self._all):
            kill(process)

    def _run(self, what, *options, environment):
        clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        log = Path(self._folder) / f"{what}-{len(self._all)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.dask_{what}", *options],
                cwd=self._folder,
                env=clean | dict(environment),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._all.append(process)
        return process


def kill(process):
    """Kill a process, and those that it started."""
    if process.poll() is None:
        for each in [*psutil.Process(process.pid).children(recursive=True), process]:
            each.kill()
    process.wait()


@contextmanager
def cluster(folder, n_workers, *options, environment=()):
    """A scheduler and workers, once all are there."""
    started = Started(folder)
    try:
        started.start(n_workers, environment, *options)
        started.client().close()
        yield started
    finally:
        started.end()
