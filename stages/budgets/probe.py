"""How fast each loss trains here: a few seconds of training, of as many chunks at a time as there will be."""

import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace

import numpy as np

from stages.budgets.work import Speed
from stages.execution.executor import Executor
from stages.execution.tuning import first_candidates, variants
from stages.training.chunk import Chunk, Result
from stages.training.unit import Unit

N_STEPS = 4  # of an epoch
POINTS = ((10, 32), (30, 256))  # networks, and rows per step
OF_ARRAYS = ((2, 8), (5, 32))  # the same where a row is an image or a sequence, which takes a thousand times as long
EPOCHS = 10  # that are trained before it is told how many are done
LONG, MOST_PARTS = 0.8, 20  # seconds that are measured, in parts of so many epochs, of which there are some at most


@dataclass(frozen=True)
class _Measured:
    """A chunk that is trained.

    Attributes:
        chunk: the chunk.
        result: what it gives, in the end.
    """

    chunk: Chunk
    result: Future[Result]

    @property
    def epoch(self) -> float:
        """Seconds of an epoch, without those before it is first told of any, as a program is compiled in these."""
        (first, started), (last, ended) = self.result.result()["told"][[0, -1]]
        return float((ended - started) / (last - first))

    @property
    def program(self) -> float:
        """Seconds before the first epoch."""
        first, started = self.result.result()["told"][0]
        return max(0.0, float(started - first * self.epoch))

    def longer(self) -> Chunk:
        """The same for as many epochs as take long enough to tell."""
        n_parts = min(max(round(LONG / self.epoch / EPOCHS), 1), MOST_PARTS)
        return replace(self.chunk, epochs=(1 + n_parts) * EPOCHS)


def points_of(features: np.ndarray) -> tuple[tuple[int, int], tuple[int, int]]:
    """With how many networks and rows per step it is measured, by the shape of the features (n_rows, …)."""
    return POINTS if features.ndim == 2 else OF_ARRAYS


def probe(units: list[Unit], executor: Executor) -> dict[str, Speed]:
    """How fast the losses of some units train, by name.

    Args:
        units: of one comparison; each row trains each of thirty seeds.
        executor: trains.
    """

    def begin(chunk: Chunk) -> _Measured:
        return _Measured(chunk, executor.submit(chunk, lambda _: None))

    before = time.perf_counter()
    points = points_of(units[0].table.features)
    first = [begin(_chunk(unit, *point)) for unit in units for point in points]
    done, _ = wait([each.result for each in first], return_when=FIRST_COMPLETED)
    start = time.perf_counter() - before - max(float(result.result()["seconds"]) for result in done)
    # the first chunk of a process takes longer
    program = float(np.median([each.program for each in first]))
    steps = [each.epoch / N_STEPS for each in [begin(each.longer()) for each in first]]
    names, n_points = [unit.loss.name for unit in units], len(points)
    return {
        name: _speed(points, steps[place : place + n_points], program, max(start, 0.0))
        for name, place in zip(names, range(0, len(steps), n_points), strict=True)
    }


def _speed(points: Sequence[tuple[int, int]], steps: list[float], program: float, start: float) -> Speed:
    """The line through two measured steps; neither of its numbers is below 0."""
    few, many = (n_networks * batch_size for n_networks, batch_size in points)
    row = max((steps[1] - steps[0]) / (many - few), steps[1] / many / 10)
    return Speed(step=max(steps[0] - row * few, 0.0), row=row, program=program, start=start)


def _chunk(unit: Unit, n_networks: int, batch_size: int) -> Chunk:
    """Some networks of a unit, with as many rows as make the steps of an epoch."""
    [variant, *_] = variants(unit)
    settings = variant.settings.model_copy(update={"batch_size": batch_size})
    rows = np.arange(N_STEPS * batch_size)
    few = replace(variant.of_rows(rows), settings=settings).of_seeds(range(n_networks))
    return Chunk(few, tuple(first_candidates(variant)[:1]), 2 * EPOCHS, is_tuning=False, is_first=False, is_to_use=True)
