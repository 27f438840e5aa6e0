"""Chunks: some seeds of a unit at some learning rates, the least that is trained, stored, moved and retried.

What a chunk gives depends on the chunk alone, not on what trains it or what is trained beside it. Chunks are cut at
fixed places, whatever the number of seeds, so that of sixty seeds thirty are those of thirty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from stages.training.unit import Unit

SIZES = (30, 10, 5, 1)  # seeds of a chunk; each number divides those before it
LIMIT = 3e11  # rows × weights × epochs × networks of a chunk that has more than one seed: about a minute of a processor
WEIGHTS = 20_000_000  # weights of a chunk that has more than one seed, which bounds the memory

LOSS = "loss"  # what a unit is tuned by where no score will do: its loss, by its own value

# what training a chunk gives, by name
Result = dict[str, np.ndarray]


@dataclass(frozen=True)
class Chunk:
    """Some seeds of a unit, trained together.

    Attributes:
        unit: with these seeds alone, and the splits that they use.
        rates: every seed is trained at each.
        epochs: for so many.
        is_tuning: whether it learns without its validation rows, to be measured on them.
        is_first: whether it holds the unit's first seed, whose model is kept.
        is_to_use: whether it learns from all rows, and its weights are kept.
    """

    unit: Unit
    rates: tuple[float, ...]
    epochs: int
    is_tuning: bool
    is_first: bool
    is_to_use: bool = False

    @property
    def name(self) -> str:
        """What a user is told that it is."""
        seeds = self.unit.settings.seeds
        return f"{self.unit.name}, {f'seeds {seeds[0]} to {seeds[-1]}' if len(seeds) > 1 else f'seed {seeds[0]}'}"


def cut(unit: Unit, rates: Sequence[float], epochs: int, *, is_tuning: bool, is_to_use: bool = False) -> list[Chunk]:
    """Every seed of a unit, in chunks.

    Args:
        unit: the unit.
        rates: learning rates at which each seed is trained.
        epochs: passes over its train rows.
        is_tuning: whether this is to choose between rates.
        is_to_use: whether the weights are what is wanted.
    """
    n_seeds, n_weights = len(unit.settings.seeds), _n_weights(unit) * len(rates)
    most = min(WEIGHTS / n_weights, LIMIT / (n_weights * len(unit.table.labels) * epochs))
    size = next((size for size in SIZES if size <= most), 1)
    return [
        Chunk(
            unit.of_seeds(range(start, min(start + size, n_seeds))),
            tuple(rates),
            epochs,
            is_tuning=is_tuning,
            is_first=start == 0,
            is_to_use=is_to_use,
        )
        for start in range(0, n_seeds, size)
    ]


def _n_weights(unit: Unit) -> int:
    """Weights of a unit's network; those of its dense layers, where it is not the user's own."""
    if unit.settings.model:
        return sum(array.size for array in unit.network().initial_weights(unit.settings.seeds[:1]))
    n_outputs = unit.loss.n_outputs(unit.table.n_classes, unit.table.n_targets)
    widths = [unit.table.features.shape[1], *unit.settings.hidden, n_outputs]
    return sum((before + 1) * after for before, after in pairwise(widths))
