"""What training asks of an executor: it takes chunks and gives what they gave."""

from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import Protocol, Self

from stages.training.chunk import Chunk, Result


class DiedError(Exception):
    """The process that trained a chunk died before the chunk was done; it may have been several."""

    def __init__(self, n_workers: int = 1) -> None:
        super().__init__("a worker died")
        self.n_workers = n_workers


class Executor(Protocol):
    """Where chunks are trained; a context manager, whose end cancels what has not begun."""

    @property
    def device(self) -> str:
        """The kind of device that calculates."""

    @property
    def n_workers(self) -> int:
        """How many chunks are trained at a time."""

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk.

        Args:
            chunk: what to train.
            on_epoch: called with the number of epochs done, if the executor is near enough to tell.

        Returns:
            What it gives, in the end; a `DiedError` where what trained it died.
        """

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """End, and cancel what has not begun."""
