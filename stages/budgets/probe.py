"""How fast each loss trains here: a few seconds of training, of as many chunks at a time as there will be."""

import time
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import numpy as np

from stages.budgets.work import Speed
from stages.execution.executor import Executor
from stages.execution.tuning import first_candidates, variants
from stages.training.chunk import Chunk, Result
from stages.training.unit import Unit

N_STEPS = 8  # of an epoch
POINTS = ((10, 32), (30, 256))  # networks, and rows per step
FIRST_EPOCHS, LONG = 4, 0.8  # epochs that are trained before it is known how long they take; seconds of those after
FEWEST_EPOCHS, MOST_EPOCHS = 3, 100


@dataclass
class _Measured:
    """A chunk that is trained, and when its epochs were done.

    Attributes:
        chunk: the chunk.
        times: by epoch, in seconds.
    """

    chunk: Chunk
    times: dict[int, float] = field(default_factory=dict)
    result: Future[Result] | None = None

    def begin(self, executor: Executor) -> "_Measured":
        """Let it be trained."""
        self.result = executor.submit(self.chunk, lambda epoch: self.times.setdefault(epoch, time.perf_counter()))
        return self

    @property
    def seconds(self) -> float:
        """All that it took."""
        return float(self.result.result()["seconds"])

    @property
    def step(self) -> float:
        """Seconds of a step; without the first epoch, in which a program is compiled, where epochs are told."""
        seconds = self.seconds
        first, last = min(self.times, default=0), max(self.times, default=0)
        if last > first:
            return (self.times[last] - self.times[first]) / (last - first) / N_STEPS
        return seconds / self.chunk.epochs / N_STEPS

    def longer(self) -> "_Measured":
        """The same for as many epochs as take long enough to tell."""
        epochs = round(LONG / (self.step * N_STEPS))
        return _Measured(replace(self.chunk, epochs=min(max(epochs, FEWEST_EPOCHS), MOST_EPOCHS)))


def probe(units: list[Unit], executor: Executor) -> dict[str, Speed]:
    """How fast the losses of some units train, by name.

    Args:
        units: of one comparison; each row trains each of thirty seeds.
        executor: trains.
    """
    first = [_Measured(_chunk(unit, *point)).begin(executor) for unit in units for point in POINTS]
    # the first chunk of a process takes longer
    program = float(np.median([max(0.0, each.seconds - FIRST_EPOCHS * N_STEPS * each.step) for each in first]))
    steps = [each.step for each in [each.longer().begin(executor) for each in first]]
    names, n_points = [unit.loss.name for unit in units], len(POINTS)
    return {
        name: _speed(steps[start : start + n_points], program)
        for name, start in zip(names, range(0, len(steps), n_points), strict=True)
    }


def _speed(steps: list[float], program: float) -> Speed:
    """The line through two measured steps; neither of its numbers is below 0."""
    few, many = (n_networks * batch_size for n_networks, batch_size in POINTS)
    row = max((steps[1] - steps[0]) / (many - few), steps[1] / many / 10)
    return Speed(step=max(steps[0] - row * few, 0.0), row=row, program=program)


def _chunk(unit: Unit, n_networks: int, batch_size: int) -> Chunk:
    """Some networks of a unit, with as many rows as make the steps of an epoch."""
    [variant, *_] = variants(unit)
    settings = variant.settings.model_copy(update={"batch_size": batch_size})
    rows = np.arange(N_STEPS * batch_size)
    few = replace(variant.of_rows(rows), settings=settings).of_seeds(range(n_networks))
    return Chunk(
        few, tuple(first_candidates(variant)[:1]), FIRST_EPOCHS, is_tuning=False, is_first=False, is_to_use=True
    )
