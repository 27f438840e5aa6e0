"""Where work runs: something that takes chunks and gives what they gave."""

import os
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self

from stages.basics.cli import UserError
from stages.basics.machine import device, memory, processors
from stages.engine.chunk import Chunk, Result

PROCESS_MEMORY = 2 * 10**9  # bytes of the machine's memory for each process that trains


class DiedError(Exception):
    """What trained a chunk ended before the chunk did; so many workers did."""

    def __init__(self, n_workers: int = 1) -> None:
        super().__init__("a worker died")
        self.n_workers = n_workers


class Place(Protocol):
    """Where chunks are trained; a context manager, whose end cancels what has not begun."""

    @property
    def device(self) -> str:
        """The kind of device that calculates."""

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk.

        Args:
            chunk: what to train.
            on_epoch: called with the number of epochs done, if the place is near enough to tell.

        Returns:
            What it gives, in the end; a `DiedError` where what trained it died.
        """

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, and cancel what has not begun."""


def from_environment(n_units: int) -> Place:
    """Where the environment says: ``LOSSLAB_EXECUTOR``, by which no result changes.

    Args:
        n_units: that are trained.

    Raises:
        UserError: it names no place.
    """
    where = os.environ.get("LOSSLAB_EXECUTOR", "")
    if where.startswith("dask://"):
        from stages.engine.cluster import Cluster

        return Cluster(where.removeprefix("dask://"))
    if where not in ("", "threads") and not _PROCESSES.fullmatch(where):
        raise UserError(
            f"LOSSLAB_EXECUTOR: {where!r} given; allowed: threads, processes:4 (or another number), "
            "dask://host:8786, dask:///shared/scheduler.json"
        )
    return here(n_units)


def here(n_units: int) -> Place:
    """On this machine: in as many processes as it has processors and memory for, where there are as many units.

    Threads of one process do not import TensorFlow once for each, but wait for each other wherever Python runs.
    ``LOSSLAB_EXECUTOR`` asks for these, or for a number of processes.
    """
    where = os.environ.get("LOSSLAB_EXECUTOR", "")
    asked = _PROCESSES.fullmatch(where)
    n_processes = int(asked[1]) if asked else min(processors(), n_units, memory() // PROCESS_MEMORY)
    if where == "threads" or (not asked and n_processes <= 1):
        return Threads()
    from stages.engine.processes import Processes

    return Processes(n_processes)


_PROCESSES = re.compile(r"processes:([1-9]\d{0,3})")


class StoppedError(Exception):
    """Training was stopped between two epochs."""


class Threads:
    """Threads of this process, which imports TensorFlow for them."""

    def __init__(self, n_threads: int | None = None) -> None:
        self.device = device()
        self._pool = ThreadPoolExecutor(n_threads or processors())
        self._stopped = threading.Event()

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk; it tells every epoch."""
        from stages.engine.training import train

        def go_on(epochs: int) -> None:
            if self._stopped.is_set():
                raise StoppedError
            on_epoch(epochs)

        return self._pool.submit(train, chunk, go_on)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)
