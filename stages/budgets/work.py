"""How long training a comparison takes, by what is trained and how fast each loss trains. Numbers alone, no clock."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stages.execution.tuning import EXTENSIONS, N_CHECKED, N_LAST, N_SEEDS, SHARES, passes
from stages.params.budget import Sizes
from stages.params.seeds import most
from stages.records.settings import LOOK
from stages.records.thinning import n_validation
from stages.records.winners import N_NETWORKS

MEASURED = 0.4  # of what it takes to train on a row it takes to measure on one
END = 3.0  # seconds in which a stage writes what was trained


@dataclass(frozen=True)
class Speed:
    """How fast one loss trains, while every processor is busy.

    Attributes:
        step: seconds that a step takes, whatever is in it.
        row: seconds that one row of one network takes more.
        program: seconds until the first step; networks alike, as those of all rungs, wait for it once.
        start: seconds until a process is ready to train.
    """

    step: float
    row: float
    program: float
    start: float

    def seconds(self, n_networks: int, epochs: int, rows: int, measured: int, batch_size: int) -> float:
        """How long it takes to train some networks together on so many rows, and to measure them after each epoch."""
        n_steps = -(-rows // batch_size)
        return epochs * (n_steps * self.step + n_networks * self.row * (rows + MEASURED * measured))


@dataclass(frozen=True)
class Asked:
    """What a comparison asks for, where nothing is left out.

    Attributes:
        rows: that train each seed, those to choose by among them.
        test_rows: that each seed tests on.
        epochs: at most.
        batch_size: rows per step.
        is_batch_chosen: whether the user chose the batch size, which then stays.
        seeds: at most.
        is_tuned: whether learning rates are chosen.
        candidates: by loss, those of each of its outputs.
        schedules: of the learning rate that are tried.
    """

    rows: int
    test_rows: int
    epochs: int
    batch_size: int
    is_batch_chosen: bool
    seeds: int
    is_tuned: bool
    candidates: dict[str, tuple[int, ...]]
    schedules: int


# networks, of each seed, trained for so many epochs
_Rung = tuple[int, int]


def seconds_of_all(asked: Asked, speeds: dict[str, Speed], n_workers: int) -> float:
    """How long all takes that a comparison asks for."""
    learned, chosen_by = _learned(asked.rows)
    epochs = sorted({max(1, round(asked.epochs / share)) for share in SHARES}) if asked.is_tuned else [asked.epochs]
    total = 0.0
    for loss, speed in speeds.items():
        for n_candidates in asked.candidates[loss]:
            for n, each in _rungs(asked, n_candidates, epochs):
                total += speed.seconds(n * N_SEEDS, each, learned, chosen_by, asked.batch_size)
        total += speed.seconds(asked.seeds, asked.epochs, asked.rows, asked.test_rows, asked.batch_size)
        total += (1 + len(asked.candidates[loss])) * speed.program
    return _with_use(total, speeds, n_workers, epochs=asked.epochs, rows=asked.rows, batch_size=asked.batch_size)


def seconds_of(sizes: Sizes, asked: Asked, speeds: dict[str, Speed], n_workers: int) -> float:
    """How long a plan takes, at most: all its seeds, and every rate that may be added."""
    batch, rungs = sizes.batch_size, sizes.rungs
    few_learned, few_chosen_by = _learned(rungs.rows)
    learned, chosen_by = _learned(sizes.rows)
    steps = sizes.horizons if asked.is_tuned else sizes.horizons[-1:]
    few = [passes(each, few_learned, batch) for each in steps]
    checked, final = (passes(steps[-1], rows, batch) for rows in (learned, sizes.rows))
    total = 0.0
    for loss, speed in speeds.items():
        for n_candidates in asked.candidates[loss]:
            for n, each in _rungs(asked, n_candidates, few):
                total += speed.seconds(n * rungs.seeds, each, few_learned, few_chosen_by, batch)
        total += (1 + len(asked.candidates[loss])) * speed.program
        if sum(asked.candidates[loss]) > 1 and rungs.rows < sizes.rows:
            total += speed.program
            total += speed.seconds(N_CHECKED * rungs.seeds, checked, learned, chosen_by, batch)
        for n_seeds in _looks(most(sizes.seeds)):
            total += speed.seconds(n_seeds, final, sizes.rows, min(sizes.test_rows, asked.test_rows), batch)
    return _with_use(total, speeds, n_workers, epochs=final, rows=sizes.rows, batch_size=batch)


def _learned(rows: int) -> tuple[int, int]:
    """Of rows that train, those to learn from and those to choose by while tuning."""
    chosen_by = n_validation(rows)
    return rows - chosen_by, chosen_by


def _rungs(asked: Asked, n_candidates: int, epochs: Sequence[int]) -> Iterator[_Rung]:
    """What of a loss with one output is trained while tuning, by horizon."""
    if n_candidates < 2:
        return
    beyond = EXTENSIONS * asked.schedules if asked.is_tuned else 0
    kept = [n_candidates + beyond, math.ceil(n_candidates / 2), N_LAST * asked.schedules + 1]
    yield from zip(kept, epochs, strict=False)


def _looks(n_seeds: int) -> list[int]:
    """Seeds that are trained together, one look after another."""
    return [min(LOOK, n_seeds - start) for start in range(0, n_seeds, LOOK)]


def _with_use(
    total: float, speeds: dict[str, Speed], n_workers: int, *, epochs: int, rows: int, batch_size: int
) -> float:
    """The seconds of all chunks, so many at a time, and those of the networks to use of the slowest loss."""
    use = max(speed.seconds(N_NETWORKS, epochs, rows, 0, batch_size) + speed.program for speed in speeds.values())
    return total / n_workers + use + 2 * (max(speed.start for speed in speeds.values()) + END)
