"""Networks to use: the loss that was chosen, trained on all rows with several seeds.

Nothing needs TensorFlow where the store has them.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from stages.basics.store import DamagedError, Store
from stages.engine import keys
from stages.engine.chunk import Chunk, Result, cut
from stages.engine.places import Place
from stages.engine.unit import Unit


def chunks_of(unit: Unit) -> list[Chunk]:
    """Every seed of a unit whose plan leaves no row to measure on, to be trained at the one rate of its settings."""
    settings = unit.settings
    return cut(unit, [settings.optimizer.learning_rate], settings.epochs, is_tuning=False, is_to_use=True)


def train(
    chunks: Sequence[Chunk], place: Place, store: Store | None, on_epoch: Callable[[Chunk, int], None]
) -> list[Result]:
    """What chunks give, in their order.

    Args:
        chunks: what to train.
        place: where; it has begun.
        store: where to look a chunk up before it is trained, and to keep it after; not used when not given.
        on_epoch: called with a chunk and the number of its epochs that are done.
    """
    names = [keys.key_of(chunk, place.device) for chunk in chunks]
    results = [_look_up(store, name) for name in names]
    waiting = {
        index: place.submit(chunk, lambda epochs, chunk=chunk: on_epoch(chunk, epochs))
        for index, chunk in enumerate(chunks)
        if results[index] is None
    }
    for index, future in waiting.items():
        results[index] = future.result()
        if store is not None:
            with suppress(OSError):  # what cannot be kept is trained again another time
                store.put(names[index], results[index])
    return results


def weights_of(results: Sequence[Result]) -> list[np.ndarray]:
    """Of a unit's chunks, the values (n_finished, *shape) of each variable, for the seeds that did not fail."""
    finished = np.concatenate([result["finished"] for result in results])
    n_variables = sum(name.startswith("weight_") for name in results[0])
    joined = (np.concatenate([result[f"weight_{number}"] for result in results]) for number in range(n_variables))
    return [array[finished] for array in joined]


def _look_up(store: Store | None, key: str) -> Result | None:
    with suppress(DamagedError):
        return store.get(key) if store is not None else None
    return None
