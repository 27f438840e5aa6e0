"""Processes of this machine, in which chunks are trained one at a time each."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Self

from stages.basics import arrays
from stages.basics.arrays import NotArraysError
from stages.basics.cli import UserError
from stages.basics.machine import device
from stages.execution.executor import DiedError
from stages.executors import packing
from stages.executors.child import Answer, Children
from stages.training.chunk import Chunk, Result


class Processes:
    """So many processes, each started when it is first needed, and again when it died."""

    def __init__(self, n_processes: int) -> None:
        self.device = device()
        self._pool = ThreadPoolExecutor(n_processes)
        self._children = Children(Path.cwd(), packing.STAGES.parent)

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk; it tells its epochs, though not every one."""
        return self._pool.submit(self._train, chunk, on_epoch)

    def _train(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Result:
        content, shared = packing.pack(chunk)
        return result_of(chunk, self._children.run(content, packing.contents(shared), on_epoch=on_epoch))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._children.end()
        self._pool.shutdown()


def result_of(chunk: Chunk, answer: Answer) -> Result:
    """What a chunk gave, from a child's answer.

    Raises:
        UserError: a mistake of the user, or the answer is something else.
        DiedError: the child died.
    """
    match answer:
        case "result", content:
            try:
                return arrays.from_bytes(content)
            except NotArraysError as error:
                raise UserError(f"{chunk.name}: what trained it answered with something else: {error}") from error
        case "user", text:
            raise UserError(*text.split("\n"))
        case "died", _:
            raise DiedError
        case _, text:
            raise RuntimeError(text)
