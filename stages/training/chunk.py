"""Chunks: some seeds of a unit with some candidates, the least that is trained, stored, moved and retried.

What a chunk gives depends on the chunk alone, not on what trains it or what is trained beside it.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from stages.records.settings import Schedule
from stages.training.unit import Unit

LOSS = "loss"  # what a unit is tuned by where no score will do: its loss, by its own value

# what training a chunk gives, by name
Result = dict[str, np.ndarray]


class Candidate(NamedTuple):
    """One of the ways to train a seed that are compared while tuning.

    Attributes:
        rate: the learning rate of the first step.
        schedule: whether it stays, or falls along half a cosine to 0 at the last step.
        parameters: those of the loss that candidates differ in, by name.
    """

    rate: float
    schedule: Schedule = "constant"
    parameters: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Chunk:
    """Some seeds of a unit, trained together.

    Attributes:
        unit: with these seeds alone, and the splits that they use.
        candidates: every seed is trained with each.
        epochs: for so many.
        is_tuning: whether it learns without its validation rows, to be measured on them.
        is_first: whether it holds the unit's first seed, whose model is kept.
        is_to_use: whether it learns from all rows, and its weights are kept.
    """

    unit: Unit
    candidates: tuple[Candidate, ...]
    epochs: int
    is_tuning: bool
    is_first: bool
    is_to_use: bool = False

    @property
    def n_networks(self) -> int:
        """How many networks are asked for; a candidate that repeats another only fills the chunk up."""
        return len(self.unit.settings.seeds) * len(set(self.candidates))


def title(chunk: Chunk) -> str:
    """Name a chunk in a message: its unit and its seeds."""
    seeds = chunk.unit.settings.seeds
    return f"{chunk.unit.name}, {f'seeds {seeds[0]} to {seeds[-1]}' if len(seeds) > 1 else f'seed {seeds[0]}'}"
