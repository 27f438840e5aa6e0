"""Refit: the loss that was chosen, trained on all rows with several seeds, for new rows."""

import numpy as np

from stages.execution.cutting import cut
from stages.execution.scheduler import TrainChunks
from stages.training.chunk import Candidate, Chunk
from stages.training.unit import Unit


def chunks_of(unit: Unit) -> list[Chunk]:
    """The chunks that train every seed of a unit whose plan leaves no row to measure on, as its settings say."""
    settings = unit.settings
    candidate = Candidate(settings.optimizer.learning_rate, settings.optimizer.schedule)
    return cut(unit, [candidate], settings.epochs, is_to_use=True)


async def refit(unit: Unit, train: TrainChunks) -> list[np.ndarray]:
    """Train every seed of a unit.

    Args:
        unit: see `chunks_of`.
        train: trains chunks.

    Returns:
        Of each variable the values (n_finished, *shape), for the seeds that did not fail.
    """
    results = await train(chunks_of(unit))
    finished = np.concatenate([result["finished"] for result in results])
    n_variables = sum(name.startswith("weight_") for name in results[0])
    joined = (np.concatenate([result[f"weight_{number}"] for result in results]) for number in range(n_variables))
    return [array[finished] for array in joined]
