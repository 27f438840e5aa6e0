"""Train chunks: what the store has is taken from it, the rest is trained wherever work runs, many at a time.

What trains a unit is a coroutine that awaits its chunks; all units of a stage await theirs at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from stages.basics import cli
from stages.basics.cli import UserError
from stages.basics.machine import device
from stages.execution import keys
from stages.execution.cutting import compiling
from stages.execution.executor import DiedError, Executor
from stages.records.store import DamagedError, Store
from stages.training.chunk import Chunk, Result, title
from stages.training.unit import Unit
from stages.wording.store import what_is_new

ATTEMPTS = 3  # workers that may die while they train a chunk, before it is given up

# trains chunks that do not wait for each other: what they gave, in their order
TrainChunks = Callable[[Sequence[Chunk]], Awaitable[list[Result]]]


@dataclass
class Tally:
    """What a unit took so far.

    Attributes:
        seconds: how long training took, whenever and wherever it was.
        n_stored: chunks that came from the store.
        n_trained: chunks that are trained, or were.
        n_chunks: all chunks.
        n_networks: networks that were trained.
        cost: networks times epochs, of chunks that are done; where a chunk has fewer of a unit's rows, as many less.
            What compiling its program takes is counted with each.
        under_way: the same of chunks that are being trained, by the number of each.
        stored: the same of chunks that came from the store, which is in `cost` too.
        new: what of it the store did not know, in words; None where it has all, or nothing like it.
    """

    seconds: float = 0.0
    n_stored: int = 0
    n_trained: int = 0
    n_chunks: int = 0
    n_networks: int = 0
    cost: float = 0.0
    under_way: dict[int, float] = field(default_factory=dict)
    stored: float = 0.0
    new: str | None = None

    @property
    def done(self) -> int:
        """What is done, as networks times epochs, chunks that are being trained included."""
        return round(self.cost + sum(self.under_way.values()))


class LostError(Exception):
    """A chunk ended so many workers that it is given up, and its unit with it."""


async def _unless_lost(work: Coroutine[Any, Any, None]) -> None:
    with suppress(LostError):
        await work


def _cost(chunk: Chunk, unit: Unit, epochs: int) -> float:
    """What so many epochs of a chunk take, its program included, as networks times epochs of a unit.

    Where a budget has fewer of the unit's rows choose, networks count as the share of the rows that they have.
    """
    within = unit.settings.within
    n_rows, n_all = len(chunk.unit.table.labels), len(unit.table.labels)
    share = within.tuning_rows / within.rows if within and n_rows < n_all else 1
    return compiling(unit) + epochs * chunk.n_networks * share


class Scheduler:
    """Trains chunks by an executor, and keeps them in a store."""

    def __init__(
        self,
        executor: Executor,
        store: Store | None = None,
        *,
        stage: str = "train",
        on_progress: Callable[[Unit, int], None] = lambda *_: None,
    ) -> None:
        """Begin.

        Args:
            executor: what trains.
            store: where to look a chunk up before it is trained, and to keep it after; not used when not given.
            stage: the name of the stage that trains, with which messages begin.
            on_progress: called with a unit and what of it is done: see `Tally.done`.
        """
        self._executor, self._store, self._stage = executor, store, stage
        self._on_progress = on_progress
        self._lost: list[str] = []
        self._facts: list[dict[str, Any]] | None = None  # of the store, before anything is put into it

    def run(self, work: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Run what trains, all at once.

        Args:
            work: coroutines that await chunks by `trainer`.

        Raises:
            UserError: a chunk ended three workers. All others are trained by then.
        """

        async def all_of_it() -> None:
            async with asyncio.TaskGroup() as group:
                for coroutine in work:
                    group.create_task(_unless_lost(coroutine))

        try:
            asyncio.run(all_of_it())
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        if self._lost:
            rest = "all other chunks are trained; those that the store keeps are not trained again"
            raise UserError(*(f"{self._stage}: {line}" for line in (*self._lost, rest)))

    def trainer(self, unit: Unit, tally: Tally) -> TrainChunks:
        """Give the function that trains a unit's chunks.

        Args:
            unit: the unit.
            tally: is kept up to date.
        """

        async def train(chunks: Sequence[Chunk]) -> list[Result]:
            results = await asyncio.gather(*(self._train(chunk, unit, tally) for chunk in chunks))
            if any(result is None for result in results):
                raise LostError
            return results

        return train

    @property
    def keeps(self) -> bool:
        """Whether what is trained is kept where other stages on this machine look for it."""
        return self._store is not None and self._executor.device == device()

    def aside(self) -> "Scheduler":
        """Another, by the same executor and store, whose chunks may be lost: nothing is said of them here."""
        return Scheduler(self._executor, self._store, stage=self._stage)

    def has(self, chunks: Sequence[Chunk]) -> bool:
        """Whether the store has all of these."""
        return self._store is not None and all(
            self._store.has(keys.key_of(chunk, self._executor.device)) for chunk in chunks
        )

    async def _train(self, chunk: Chunk, unit: Unit, tally: Tally) -> Result | None:
        """Take a chunk from the store, or train it; None where it is given up."""
        tally.n_chunks += 1
        parts = keys.parts_of(chunk, self._executor.device) if self._store else {}
        key = keys.name_of(parts)
        if (result := self._look_up(key)) is None:
            tally.new = self._what_is_new(parts, unit, tally)
            tally.n_trained += 1
            if (result := await self._by_executor(chunk, unit, tally)) is None:
                return None
            self._keep(key, result, {"unit": unit.name, "parts": parts})
        else:
            tally.n_stored += 1
            tally.stored += _cost(chunk, unit, chunk.epochs)
        tally.seconds += float(result["seconds"])
        tally.n_networks += chunk.n_networks
        tally.cost += _cost(chunk, unit, chunk.epochs)
        self._on_progress(unit, tally.done)
        return result

    def _what_is_new(self, parts: dict[str, Any], unit: Unit, tally: Tally) -> str | None:
        """Say how a unit's first chunk that the store lacks differs from what the store had of the unit."""
        if self._store is None or tally.n_trained:
            return tally.new
        if self._facts is None:
            self._facts = list(self._store.facts())
        others = (entry["parts"] for entry in self._facts if entry["unit"] == unit.name)
        return what_is_new(keys.differences(parts, others), tally.n_stored)

    async def _by_executor(self, chunk: Chunk, unit: Unit, tally: Tally) -> Result | None:
        """Train a chunk, and again when its worker dies; None where too many died."""
        n_died, number = 0, tally.n_trained

        def progress(epochs: int) -> None:
            tally.under_way[number] = _cost(chunk, unit, epochs)
            self._on_progress(unit, tally.done)

        while True:
            try:
                return await asyncio.wrap_future(self._executor.submit(chunk, progress))
            except DiedError as error:
                n_died += error.n_workers
                if n_died >= ATTEMPTS:
                    self._lost.append(f"{title(chunk)}: {n_died} workers died while they trained it")
                    return None
            finally:
                tally.under_way.pop(number, None)

    def _look_up(self, key: str) -> Result | None:
        if self._store is None:
            return None
        try:
            return self._store.get(key)
        except DamagedError as error:
            cli.say(f"{self._stage}: {error} and is trained again")
            return None

    def _keep(self, key: str, result: Result, facts: dict[str, Any]) -> None:
        """Put a chunk into the store; one that cannot be written does not stop training."""
        if self._store is None:
            return
        try:
            self._store.put(key, result, facts)
        except OSError as error:
            cli.say(f"{self._stage}: nothing more is kept in the store: {error}")
            self._store = None
