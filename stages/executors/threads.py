"""Threads of this process, in which chunks are trained."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from stages.basics.machine import device, processors
from stages.training.chunk import Chunk, Result


class StoppedError(Exception):
    """Training was stopped between two epochs."""


class Threads:
    """Threads of this process, which imports TensorFlow for them."""

    def __init__(self, n_threads: int | None = None) -> None:
        self.device = device()
        self.n_workers = n_threads or processors()
        self._pool = ThreadPoolExecutor(self.n_workers)
        self._stopped = threading.Event()

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk; it tells every epoch."""
        from stages.training.scoring import scores_hash
        from stages.training.seed_training import train

        scores_hash()  # what is parsed here is so in no thread, beside TensorFlow, which parses too: see `turns`

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
