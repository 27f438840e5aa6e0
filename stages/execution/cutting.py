"""Cut the seeds and candidates of a unit into chunks, at fixed places: of sixty seeds thirty are those of thirty.

Where a comparison may end after ten seeds, or twenty, chunks are of ten at most.

A program is compiled for a number of networks. Where that takes longer than training them, chunks of candidates are
filled up to the same number, so that one program serves all.
"""

from collections.abc import Sequence
from itertools import pairwise

from stages.records.settings import LOOK
from stages.training.chunk import Candidate, Chunk
from stages.training.unit import Unit

SIZES = (30, 10, 5, 1)  # seeds of a chunk; each number divides those before it
N_CANDIDATES = 6  # of a chunk
TRACING = 1e9  # rows × weights × epochs × networks that are trained in the time that compiling a program takes
LIMIT = 3e11  # rows × weights × epochs × networks of a chunk that has more than one seed: about a minute of a processor
WEIGHTS = 20_000_000  # weights of a chunk that has more than one seed, which bounds the memory


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
        size = _n_seeds(unit, len(some), epochs)
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
    return n_more if n_more * n_seeds * _cost(unit, epochs) <= TRACING else 0


def _n_seeds(unit: Unit, n_candidates: int, epochs: int) -> int:
    """How many seeds a chunk with so many candidates holds."""
    most = min(WEIGHTS / (_n_weights(unit) * n_candidates), LIMIT / (_cost(unit, epochs) * n_candidates))
    largest = LOOK if unit.settings.looks else SIZES[0]
    return next((size for size in SIZES if size <= min(most, largest)), 1)


def _cost(unit: Unit, epochs: int) -> int:
    """Rows × weights × epochs of one network."""
    return _n_weights(unit) * len(unit.table.labels) * epochs


def _n_weights(unit: Unit) -> int:
    """Weights of a unit's network; those of its dense layers, where it is not the user's own."""
    if unit.settings.model:
        return sum(array.size for array in unit.network().initial_weights(unit.settings.seeds[:1]))
    n_outputs = unit.loss.n_outputs(unit.table.n_classes, unit.table.n_targets)
    widths = [unit.table.features.shape[1], *unit.settings.hidden, n_outputs]
    return sum((before + 1) * after for before, after in pairwise(widths))
