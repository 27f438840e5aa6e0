"""Networks to use: the loss that was chosen, trained on all rows with several seeds."""

from collections.abc import Generator

import numpy as np

from stages.training.chunk import Chunk, Result, cut
from stages.training.unit import Unit


def rounds(unit: Unit) -> Generator[list[Chunk], list[Result], list[np.ndarray]]:
    """Train every seed of a unit whose plan leaves no row to measure on, at the one rate of its settings.

    Yields:
        The chunks, in one round.

    Returns:
        Of each variable the values (n_finished, *shape), for the seeds that did not fail.
    """
    settings = unit.settings
    results = yield cut(unit, [settings.optimizer.learning_rate], settings.epochs, is_tuning=False, is_to_use=True)
    finished = np.concatenate([result["finished"] for result in results])
    n_variables = sum(name.startswith("weight_") for name in results[0])
    joined = (np.concatenate([result[f"weight_{number}"] for result in results]) for number in range(n_variables))
    return [array[finished] for array in joined]
