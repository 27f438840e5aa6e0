"""Networks to use: the loss that was chosen, trained on all rows with several seeds.

Nothing needs TensorFlow where the store has them.
"""

from collections.abc import Sequence

import numpy as np

from stages.basics.store import DamagedError, Store
from stages.engine import keys
from stages.engine.chunk import Result, cut
from stages.engine.places import Place
from stages.engine.unit import Unit


def train(units: Sequence[Unit], place: Place, store: Store | None) -> list[list[np.ndarray]]:
    """Train units whose plan leaves no row to measure on, each at the one learning rate of its settings.

    Args:
        units: what to train.
        place: where; it has begun.
        store: where to look a chunk up before it is trained, and to keep it after; not used when not given.

    Returns:
        Of each unit the values (n_finished, *shape) of each variable of its network, for the seeds that did not fail.
    """
    chunks = [
        cut(unit, [unit.settings.optimizer.learning_rate], unit.settings.epochs, is_tuning=False, is_to_use=True)
        for unit in units
    ]
    names = {id(chunk): keys.key_of(chunk, place.device) for of_unit in chunks for chunk in of_unit}
    stored = {key: _look_up(store, key) for key in names.values()}
    waiting = {
        names[id(chunk)]: place.submit(chunk, lambda _: None)
        for of_unit in chunks
        for chunk in of_unit
        if stored[names[id(chunk)]] is None
    }
    for key, future in waiting.items():
        stored[key] = future.result()
        if store is not None:
            store.put(key, stored[key])
    return [_finished([stored[names[id(chunk)]] for chunk in of_unit]) for of_unit in chunks]


def _finished(results: list[Result]) -> list[np.ndarray]:
    finished = np.concatenate([result["finished"] for result in results])
    n_variables = sum(name.startswith("weight_") for name in results[0])
    joined = (np.concatenate([result[f"weight_{number}"] for result in results]) for number in range(n_variables))
    return [array[finished] for array in joined]


def _look_up(store: Store | None, key: str) -> Result | None:
    try:
        return store.get(key) if store is not None else None
    except DamagedError:
        return None
