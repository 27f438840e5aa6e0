"""Train units: what the store has is taken from it, the rest is trained chunk by chunk, wherever work runs."""

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

from stages.basics import cli
from stages.basics.cli import UserError
from stages.execution import keys
from stages.execution.executor import DiedError, Executor
from stages.execution.rounds import rounds
from stages.records.store import DamagedError, Store
from stages.training.chunk import Chunk, Result
from stages.training.unit import Unit

ATTEMPTS = 3  # workers that may die while they train a chunk, before it is given up

OnEpoch = Callable[[Unit, int], None]
T = TypeVar("T")
# of a unit, lists of chunks, of which each follows from what those before gave; and what they come to
RoundsOf = Callable[[Unit], Generator[list[Chunk], list[Result], T]]


class Trained(NamedTuple, Generic[T]):
    """A unit that is done.

    Attributes:
        unit: the unit.
        result: what its rounds return.
        seconds: how long training took, whenever and wherever it was.
        n_stored: chunks that came from the store.
        n_chunks: all chunks.
    """

    unit: Unit
    result: T
    seconds: float
    n_stored: int
    n_chunks: int


def training(
    units: list[Unit],
    on_epoch: OnEpoch,
    executor: Executor,
    store: Store | None = None,
    *,
    rounds_of: RoundsOf[T] = rounds,
    stage: str = "train",
) -> Iterator[Trained[T]]:
    """Train units, as many at a time as the executor takes.

    Args:
        units: what to train.
        on_epoch: called with a unit and the number of its epochs that are done; where units are trained on other
            machines, only when a chunk has ended.
        executor: what trains.
        store: where to look a chunk up before it is trained, and to keep it after; not used when not given.
        rounds_of: what is trained of each.
        stage: the name of the stage that trains, with which messages begin.

    Yields:
        The units, each as it ends.

    Raises:
        UserError: a chunk ended three workers. All others are trained by then.
    """
    return _Trainer(on_epoch, executor, store, rounds_of, stage).train(units)


def is_stored(unit: Unit, store: Store, device: str, rounds_of: RoundsOf = rounds) -> bool:
    """Whether the store has what a unit is trained with first."""
    return all(store.has(keys.key_of(chunk, device)) for chunk in next(rounds_of(unit)))


class _Work:
    """A unit on its way through its rounds."""

    def __init__(self, unit: Unit, rounds_of: RoundsOf, on_epoch: OnEpoch) -> None:
        self.unit, self.rounds = unit, rounds_of(unit)
        self.results: list[Result | None] = []
        self.seconds, self.n_stored, self.n_chunks = 0.0, 0, 0
        self._on_epoch, self._chunks, self._epochs = on_epoch, [], []

    def begin(self, chunks: list[Chunk]) -> None:
        """Begin a round."""
        self._chunks, self.results, self._epochs = chunks, [None] * len(chunks), [0] * len(chunks)
        self.n_chunks += len(chunks)

    def end(self, position: int, result: Result, *, is_stored: bool) -> None:
        """Take what a chunk of the round gave."""
        self.results[position] = result
        self.seconds += float(result["seconds"])
        self.n_stored += is_stored
        self.report(position, self._chunks[position].epochs)

    def report(self, position: int, epochs: int) -> None:
        """Tell how many epochs of a chunk are done; of rates that are added nothing is told."""
        chunk, self._epochs[position] = self._chunks[position], epochs
        settings = self.unit.settings
        if chunk.is_tuning and len(chunk.rates) != len(settings.optimizer.learning_rate):
            return
        before = settings.epochs if settings.is_tuned and not chunk.is_tuning else 0
        sizes = [len(each.unit.settings.seeds) for each in self._chunks]
        done = sum(size * own for size, own in zip(sizes, self._epochs, strict=True))
        self._on_epoch(self.unit, before + done // sum(sizes))


class _Task(NamedTuple):
    """A chunk that is being trained: the one at a position of a round."""

    work: _Work
    position: int
    chunk: Chunk
    key: str
    n_died: int = 0  # workers that it ended


class _Trainer:
    def __init__(
        self, on_epoch: OnEpoch, executor: Executor, store: Store | None, rounds_of: RoundsOf, stage: str
    ) -> None:
        self._on_epoch, self._executor, self._store = on_epoch, executor, store
        self._rounds_of, self._stage = rounds_of, stage
        self._ended: SimpleQueue[tuple[_Task, Future]] = SimpleQueue()
        self._n_waiting = 0
        self._lost: list[tuple[Chunk, int]] = []

    def train(self, units: list[Unit]) -> Iterator[Trained]:
        # those that begin with training first, so that processors have work while the others are read
        for unit in sorted(units, key=self._is_stored):
            if trained := self._advance(_Work(unit, self._rounds_of, self._on_epoch)):
                yield trained
        while self._n_waiting:
            task, future = self._ended.get()
            self._n_waiting -= 1
            if (result := self._result(task, future)) is None:
                continue
            self._keep(task.key, result)
            task.work.end(task.position, result, is_stored=False)
            if all(each is not None for each in task.work.results) and (trained := self._advance(task.work)):
                yield trained
        if self._lost:
            lost = (f"{chunk.name}: {n_died} workers died while they trained it" for chunk, n_died in self._lost)
            rest = "all other chunks are trained; those that the store keeps are not trained again"
            raise UserError(*(f"{self._stage}: {line}" for line in (*lost, rest)))

    def _advance(self, work: _Work) -> Trained | None:
        """Go on with a unit until it waits for a chunk, or is done."""
        while all(result is not None for result in work.results):
            try:
                chunks = work.rounds.send(work.results or None)
            except StopIteration as end:
                self._on_epoch(work.unit, work.unit.n_epochs)
                return Trained(work.unit, end.value, work.seconds, work.n_stored, work.n_chunks)
            work.begin(chunks)
            for position, chunk in enumerate(chunks):
                key = keys.key_of(chunk, self._executor.device) if self._store else ""
                if (result := self._look_up(key)) is not None:
                    work.end(position, result, is_stored=True)
                else:
                    self._submit(_Task(work, position, chunk, key))
        return None

    def _submit(self, task: _Task) -> None:
        future = self._executor.submit(task.chunk, lambda epochs: task.work.report(task.position, epochs))
        self._n_waiting += 1
        future.add_done_callback(lambda done: self._ended.put((task, done)))

    def _result(self, task: _Task, future: Future) -> Result | None:
        """What a chunk gave; None where its worker died, which is tried again, or given up."""
        try:
            return future.result()
        except DiedError as error:
            n_died = task.n_died + error.n_workers
            if n_died < ATTEMPTS:
                self._submit(task._replace(n_died=n_died))
            else:
                self._lost.append((task.chunk, n_died))
            return None

    def _is_stored(self, unit: Unit) -> bool:
        return self._store is not None and is_stored(unit, self._store, self._executor.device, self._rounds_of)

    def _look_up(self, key: str) -> Result | None:
        if self._store is None:
            return None
        try:
            return self._store.get(key)
        except DamagedError as error:
            cli.say(f"{self._stage}: {error} and is trained again")
            return None

    def _keep(self, key: str, result: Result) -> None:
        """Put a chunk into the store; one that cannot be written does not stop training."""
        if self._store is None:
            return
        try:
            self._store.put(key, result)
        except OSError as error:
            cli.say(f"{self._stage}: nothing more is kept in the store: {error}")
            self._store = None
