"""Cut the seeds and candidates of a unit into chunks, at fixed places: of sixty seeds thirty are those of thirty.

Where a comparison may end after ten seeds, or twenty, chunks are of ten at most.

A program is compiled for a number of networks. Where that takes longer than training them, chunks of candidates are
filled up to the same number, so that one program serves all.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from stages.records.settings import LOOK
from stages.training.chunk import Candidate, Chunk
from stages.training.unit import Unit

if TYPE_CHECKING:
    from stages.training.layers.sizes import Sizes

SIZES = (30, 10, 5, 1)  # seeds of a chunk; each number divides those before it
N_CANDIDATES = 6  # of a chunk
TRACING = 1e9  # rows × products × epochs × networks that are trained in the time that compiling a program takes
COMPILING = 2e9  # what compiling a program takes, as `effort` has it
PER_ROW = 300  # products that take as long as what else a row of a batch takes: gathering, activations, the loss
# rows × products × epochs × networks of a chunk that has more than one seed: about a minute of a processor
LIMIT = 3e11
WEIGHTS = 20_000_000  # weights of a chunk that has more than one seed, which bounds the memory
NUMBERS = 60_000_000  # that the layers of such a chunk give for a batch, which bounds it too
OUTPUTS = 150_000_000  # that such a chunk gives of all rows where each position has some, which bounds it too
COPIES_OF_WEIGHTS = 4  # themselves, their gradients and what an optimizer keeps of them
COPIES_OF_NUMBERS = 4  # kept for the gradient, their gradients, and what is made on the way


def cut(
    unit: Unit,
    candidates: Sequence[Candidate],
    epochs: int,
    seeds: range | None = None,
    *,
    is_tuning: bool = False,
    is_to_use: bool = False,
    is_alone: bool = False,
) -> list[Chunk]:
    """Cut the seeds of a unit into chunks.

    Args:
        unit: the unit.
        candidates: with which each seed is trained.
        epochs: passes over its train rows.
        seeds: their positions among the unit's, from a multiple of ten on; all when not given.
        is_tuning: whether this is to choose between candidates.
        is_to_use: whether the weights are what is wanted.
        is_alone: whether no more of the unit follow, so that none is filled up.

    Returns:
        For each N_CANDIDATES of them all seeds in turn. A candidate that fills a chunk up stands in it again.
    """
    seeds, chunks = seeds or range(len(unit.settings.seeds)), []
    for first in range(0, len(candidates), N_CANDIDATES):
        some = tuple(candidates[first : first + N_CANDIDATES])
        size = _n_seeds(unit, len(some), epochs, keeps_outputs=not (is_tuning or is_to_use))
        if is_tuning and not is_alone:
            some += some[-1:] * room(unit, len(some), epochs)
        for start in range(seeds.start, seeds.stop, size):
            few = unit.of_seeds(range(start, min(start + size, seeds.stop)))
            chunks.append(Chunk(few, some, epochs, is_tuning=is_tuning, is_first=start == 0, is_to_use=is_to_use))
    return chunks


def room(unit: Unit, n_candidates: int, epochs: int) -> int:
    """Count the candidates that train beside so many at no cost, since the last chunk has room for them."""
    n_more, n_last = -n_candidates % N_CANDIDATES, n_candidates % N_CANDIDATES
    if not n_more:
        return 0
    n_seeds = min(_n_seeds(unit, n_last, epochs), len(unit.settings.seeds))
    return n_more if n_more * n_seeds * cost(unit, epochs) <= TRACING else 0


def compiling(unit: Unit) -> int:
    """What compiling the program of a chunk takes, as networks times epochs of a unit that take as long."""
    return round(COMPILING / effort(unit))


def effort(unit: Unit) -> float:
    """What an epoch of one network among others takes, to compare it with that of another unit: rows × products.

    What a row takes beside its products, which is about the same for all, counts as products too.
    """
    return float((_sizes(unit).products + PER_ROW) * unit.n_seen)


def most_at_once(unit: Unit) -> int:
    """How many networks of a unit train at once in its final training."""
    return min(_n_seeds(unit, 1, unit.settings.epochs, keeps_outputs=True), len(unit.settings.seeds))


def memory(unit: Unit, n_networks: int) -> int:
    """Estimate the bytes that so many networks take until they are scored, without the rows that they share."""
    sizes = _sizes(unit)
    of_weights = COPIES_OF_WEIGHTS * sizes.weights
    of_batch = COPIES_OF_NUMBERS * unit.settings.batch_size * sizes.numbers
    # what they give is kept a second time, in its own type
    return 4 * n_networks * (of_weights + of_batch + _n_outputs(unit)) + _kept(unit, n_networks)


def predictions(unit: Unit) -> int:
    """Estimate the bytes of what all networks of a unit give of all rows, which its run holds."""
    return _kept(unit, len(unit.settings.seeds))


def _kept(unit: Unit, n_networks: int) -> int:
    """Bytes of what so many networks give of all rows, in the type in which it is kept."""
    return (2 if unit.table.n_classes else 4) * n_networks * _n_outputs(unit)


def _n_outputs(unit: Unit) -> int:
    """Numbers that a network gives of all rows where each position has some; 0 where a row has few."""
    table = unit.table
    of_position = unit.loss.n_outputs(table.n_classes, table.n_targets)
    return len(table.labels) * math.prod(table.positions) * of_position if table.positions else 0


def _n_seeds(unit: Unit, n_candidates: int, epochs: int, *, keeps_outputs: bool = False) -> int:
    """How many seeds a chunk with so many candidates holds, which may keep what they give of all rows."""
    sizes = _sizes(unit)
    of_batch = max(1, sizes.numbers * unit.settings.batch_size)
    most = min(WEIGHTS / sizes.weights, NUMBERS / of_batch, LIMIT / cost(unit, epochs)) / n_candidates
    if keeps_outputs:
        most = min(most, OUTPUTS / max(1, _n_outputs(unit)))
    largest = LOOK if unit.settings.looks else SIZES[0]
    return next((size for size in SIZES if size <= min(most, largest)), 1)


def cost(unit: Unit, epochs: int) -> int:
    """Rows × products × epochs of one network, of the rows that it trains or is measured on."""
    return _sizes(unit).products * unit.n_seen * epochs


def _sizes(unit: Unit) -> "Sizes | _Dense":
    """What a unit's network comes to."""
    if unit.settings.model or unit.settings.network or isinstance(unit.table.n_inputs, tuple) or unit.table.positions:
        from stages.training.networks import sizes_of

        return sizes_of(unit.network())
    n_outputs = unit.loss.n_outputs(unit.table.n_classes, unit.table.n_targets)
    widths = [unit.table.features.shape[1], *unit.settings.hidden, n_outputs]
    return _Dense(sum((before + 1) * after for before, after in pairwise(widths)))


@dataclass(frozen=True)
class _Dense:
    """What dense layers on a table come to, for which nothing need be imported: see `Sizes`."""

    weights: int
    numbers: int = 0  # so few that they bound nothing

    @property
    def products(self) -> int:
        """As many as weights."""
        return self.weights
