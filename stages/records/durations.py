"""How long training a run took, whenever that was: kept in the store, as outputs hold no times."""

from contextlib import suppress

import numpy as np

from stages.records import runs
from stages.records.store import DamagedError, Store


def keep(store: Store | None, comparison: str, loss: str, seconds: float) -> None:
    """Keep the seconds that training a run took, once it is written; where that fails nothing of it is lost."""
    if store is not None and not store.has(key := _key(comparison, loss)):
        with suppress(OSError):
            store.put(key, {"seconds": np.array(seconds)})


def of(store: Store | None, comparison: str, loss: str) -> float | None:
    """The seconds that training a run took, all its chunks together; None where the store does not know."""
    try:
        kept = None if store is None else store.get(_key(comparison, loss))
    except DamagedError:
        return None
    return None if kept is None else float(kept["seconds"])


def _key(comparison: str, loss: str) -> str:
    return f"run-{runs.fingerprint(comparison, loss)}"
