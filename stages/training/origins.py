"""Chunks whose seeds train on more rows the later their origin in time: each takes steps by its own rows.

Seeds that are trained as one program see as many rows in an epoch. Where folds differ by a row or two that one is seen
twice; at several origins, where some seeds have twice the rows of others, seeds of one origin are a program.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stages.training.chunk import Chunk, Result

# along which axis the seeds of an array lie, where it is not the first; None where it has none
_SEEDS_ALONG: dict[str, int | None] = {
    "values": 1,
    "scores": 1,
    **dict.fromkeys(("score_names", "scored_by", "regions_x", "regions_y", "objective", "model")),
    **dict.fromkeys(("punishment_x", "punishment_value", "punishment_case")),
}

Train = Callable[[Chunk, Callable[[int], None]], Result]


def train_each(chunk: Chunk, train: Train, on_epoch: Callable[[int], None]) -> Result:
    """Train the seeds of each origin by themselves; with one origin, or where rows are drawn, all at once.

    Args:
        chunk: what to train.
        train: trains a chunk.
        on_epoch: called with the number of epochs done.

    Returns:
        What `train` gives of the whole chunk.
    """
    plan = chunk.unit.plan
    if plan.n_splits == 1 or plan.method != "first":
        return train(chunk, on_epoch)
    positions = [np.flatnonzero(plan.split_of == split) for split in range(plan.n_splits)]
    results: list[Result] = []
    for some in positions:
        part = replace(chunk, unit=chunk.unit.of_seeds(some.tolist()), is_first=chunk.is_first and 0 in some)
        done = len(results)
        results.append(train(part, lambda epoch, done=done: on_epoch((done * chunk.epochs + epoch) // len(positions))))
    order = np.argsort(np.concatenate(positions))
    first = next((result for result in results if "model" in result), results[0])
    return {name: _joined(name, results, order) if _axis(name) is not None else first[name] for name in first}


def _axis(name: str) -> int | None:
    return _SEEDS_ALONG.get(name, 0)


def _joined(name: str, results: list[Result], order: np.ndarray) -> np.ndarray:
    axis = _axis(name)
    return np.take(np.concatenate([result[name] for result in results], axis), order, axis)
