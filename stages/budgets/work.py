"""How long training a comparison takes, by what is trained and how fast each loss trains. Numbers alone, no clock."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from stages.execution.tuning import EXTENSIONS, N_CHECKED, N_LAST, N_SEEDS, SHARES, passes
from stages.params.budget import Sizes
from stages.params.seeds import most
from stages.records.plans import TRAIN_ROWS_SCORED
from stages.records.settings import LOOK
from stages.records.thinning import n_validation
from stages.records.winners import N_NETWORKS
from stages.references.models import CELLS

MEASURED = 0.4  # of what it takes to train on a row it takes to measure on one
END = 3.0  # seconds in which a stage writes what was trained
JUDGED = 6e-7  # seconds that a cell, a test row of a seed, takes in what is said of a loss or of a pair of them
# seconds of a fit of the reference models: of any, and for each number that it learns from and row that it predicts
REFERENCE, REFERENCE_CELL, REFERENCE_ROW = 0.4, 4e-7, 3e-6


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
        is_apart: whether networks train once more without what is set aside, so that a threshold can be chosen on it.
        n_references: fits of reference models.
        cells: numbers that such a model learns from a row: its columns, times outputs.
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
    is_apart: bool = False
    n_references: int = 0
    cells: int = 1


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
        total += (1 + len(asked.candidates[loss])) * speed.program + _predicting(speed, asked, asked.rows, asked.seeds)
        if asked.is_apart:
            total += speed.seconds(min(N_SEEDS, asked.seeds), asked.epochs, learned, chosen_by, asked.batch_size)
    total += _beside(asked, asked.rows)
    use = _use(speeds, epochs=asked.epochs, rows=asked.rows, batch_size=asked.batch_size)
    return total / n_workers + use + _judging(asked, asked.seeds)


def seconds_of(sizes: Sizes, asked: Asked, speeds: dict[str, Speed], n_workers: int) -> float:
    """How long a plan takes, at most: all its seeds, and every rate that may be added."""
    batch, rungs = sizes.batch_size, sizes.rungs
    asked = replace(asked, test_rows=min(sizes.test_rows, asked.test_rows))
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
            total += speed.seconds(n_seeds, final, sizes.rows, asked.test_rows, batch)
        total += _predicting(speed, asked, sizes.rows, most(sizes.seeds))
        if asked.is_apart:
            total += speed.program + speed.seconds(min(N_SEEDS, most(sizes.seeds)), final, learned, chosen_by, batch)
    total += _beside(asked, sizes.rows)
    use = _use(speeds, epochs=final, rows=sizes.rows, batch_size=batch)
    return total / n_workers + use + _judging(asked, most(sizes.seeds))


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


def _predicting(speed: Speed, asked: Asked, rows: int, n_seeds: int) -> float:
    """The seconds in which networks of a loss predict the rows that are scored."""
    return n_seeds * speed.row * MEASURED * (asked.test_rows + min(rows, TRAIN_ROWS_SCORED))


def _beside(asked: Asked, rows: int) -> float:
    """The seconds of the reference models."""
    learned = min(rows * asked.cells, CELLS) * REFERENCE_CELL
    predicted = (asked.test_rows + min(rows, TRAIN_ROWS_SCORED)) * REFERENCE_ROW
    return asked.n_references * (REFERENCE + learned + predicted)


def _judging(asked: Asked, n_seeds: int) -> float:
    """The seconds in which one process judges losses and pairs of them, after each look."""
    n_losses = len(asked.candidates)
    n_estimates = n_losses * (n_losses - 1) / 2 + 2 * n_losses
    return JUDGED * n_estimates * asked.test_rows * sum(range(min(LOOK, n_seeds), n_seeds + 1, LOOK))


def _use(speeds: dict[str, Speed], *, epochs: int, rows: int, batch_size: int) -> float:
    """The seconds of the networks to use of the slowest loss, and in which stages start and end."""
    use = max(speed.seconds(N_NETWORKS, epochs, rows, 0, batch_size) + speed.program for speed in speeds.values())
    return use + 2 * (max(speed.start for speed in speeds.values()) + END)
