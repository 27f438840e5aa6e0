"""Processes of this machine, in which chunks are trained one at a time each.

A process keeps the programs that it compiled, so a chunk goes to one that has trained chunks alike, where there is a
choice: on a small table compiling takes as long as training.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from stages.basics import arrays
from stages.basics.arrays import NotArraysError
from stages.basics.cli import UserError
from stages.basics.machine import device
from stages.execution.executor import DiedError
from stages.executors import packing
from stages.executors.child import Answer, Children
from stages.training.chunk import Chunk, Result, title


@dataclass(frozen=True)
class Task:
    """A chunk that waits to be trained, and the function that is called at its epochs."""

    chunk: Chunk
    on_epoch: Callable[[int], None]
    result: Future[Result] = field(default_factory=Future)

    @property
    def program(self) -> tuple[str, str, int, int]:
        """Name the compiled program that trains a chunk: chunks alike have an equal name."""
        unit, candidates = self.chunk.unit, self.chunk.candidates
        return unit.name, unit.loss.activation, len(unit.settings.seeds), len(candidates)


class Processes:
    """A pool of processes, each started when it is first needed, and again when it died."""

    def __init__(self, n_processes: int) -> None:
        self.device, self.n_workers = device(), n_processes
        self._pool = ThreadPoolExecutor(n_processes)
        self._waiting: list[Task] = []
        self._lock, self._worker = threading.Lock(), threading.local()
        self._children: list[Children] = []  # one process of each thread
        self._programs: list[set[tuple]] = []  # that each has trained by

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk; it tells its epochs, though not every one."""
        task = Task(chunk, on_epoch)
        with self._lock:
            self._waiting.append(task)
        self._pool.submit(self._train_one)
        return task.result

    def _train_one(self) -> None:
        """Train the chunk that suits this thread's process best."""
        with self._lock:
            if not hasattr(self._worker, "place"):
                self._worker.place = len(self._children)
                self._children.append(Children(Path.cwd(), packing.STAGES.parent))
                self._programs.append(set())
            task = self._waiting.pop(best_for(self._worker.place, self._waiting, self._programs))
            self._programs[self._worker.place].add(task.program)
        if not task.result.set_running_or_notify_cancel():
            return
        try:
            content, shared = packing.pack(task.chunk)
            children = self._children[self._worker.place]
            answer = children.run(content, packing.contents(shared, here=True), on_epoch=task.on_epoch)
            task.result.set_result(result_of(task.chunk, answer))
        except BaseException as error:
            task.result.set_exception(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for task in self._waiting:
                task.result.cancel()
            for children in self._children:
                children.end()
        self._pool.shutdown()


def best_for(place: int, waiting: Sequence[Task], programs: Sequence[set[tuple]]) -> int:
    """Choose which waiting chunk a process takes.

    One that its programs train; else one that needs a program which no process has, those first upon which more
    training waits; else another's. Of chunks alike the one that has waited longest.

    Args:
        place: of the process.
        waiting: the chunks, at least one, those that came first in front.
        programs: those of each process.
    """
    elsewhere = set().union(*programs)

    def rank(number: int) -> tuple[bool, bool, bool, int]:
        task = waiting[number]
        is_new = task.program not in programs[place]
        return is_new, is_new and task.program in elsewhere, not task.chunk.is_tuning, number

    return min(range(len(waiting)), key=rank)


def result_of(chunk: Chunk, answer: Answer) -> Result:
    """Read what a chunk gave from a child's answer.

    Raises:
        UserError: a mistake of the user, or the answer is something else.
        DiedError: the child died.
    """
    match answer:
        case "result", content:
            try:
                return arrays.from_bytes(content)
            except NotArraysError as error:
                raise UserError(f"{title(chunk)}: what trained it answered with something else: {error}") from error
        case "user", text:
            raise UserError(*text.split("\n"))
        case "died", _:
            raise DiedError
        case _, text:
            raise RuntimeError(text)
