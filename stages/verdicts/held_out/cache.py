"""What was fitted before on rows that networks did not learn from: thresholds and calibrations, beside the unit store.

Finding thresholds of several classes takes most of a report's time, and a new table changes nothing for the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stages import losses, scores
from stages.basics.digest import digest, of_code
from stages.records.store import DamagedError, Store
from stages.verdicts import held_out

LIMIT = 200_000_000  # bytes that are kept
FOLDER = ".held_out"  # in that of the unit store


@dataclass(frozen=True)
class Cache:
    """Arrays that were fitted, by a hash of all that decides them.

    Attributes:
        store: where they are kept; None to fit them each time.
    """

    store: Store | None = None

    def fitted(self, decided_by: Sequence[Any], fit: Callable[[], dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """What was fitted before, or is fitted now.

        Args:
            decided_by: all that decides it beside the code of scores, losses and what is here: plain data.
            fit: does it.
        """
        if self.store is None:
            return fit()
        key = digest((*decided_by, _code()))
        try:
            found = self.store.get(key)
        except DamagedError:
            found = None
        if found is None:
            found = fit()
            self.store.put(key, found)
        return found


NOTHING_KEPT = Cache()


def beside(store: Store | None) -> Cache:
    """The cache beside a unit store; None for none."""
    return Cache(store and replace(store, folder=store.folder / FOLDER, limit=min(store.limit, LIMIT)))


def _code() -> str:
    return of_code((*held_out.__path__, *scores.__path__, *losses.__path__), ("numpy", "scipy"))
