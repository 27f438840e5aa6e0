"""What was found before of a comparison: thresholds, calibrations, and what other scores choose; beside the unit store.

Finding these takes most of a report's time, and a new table changes nothing for the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stages import losses, records, scores, verdicts
from stages.basics.digest import digest, of_code
from stages.records.store import DamagedError, Store
from stages.scores import catalogue
from stages.scores.score import Score

LIMIT = 200_000_000  # bytes that are kept
FOLDER = ".verdicts"  # in that of the unit store


@dataclass(frozen=True)
class Cache:
    """Arrays that were found, by a hash of all that decides them.

    Attributes:
        store: where they are kept; None to find them each time.
    """

    store: Store | None = None

    def for_score(self, score: Score) -> "Cache":
        """Where what follows from a score is kept: nowhere of a user's own one, whose code is not hashed."""
        return NOTHING_KEPT if catalogue.is_own(score.name) else self

    def get_or_find(
        self, decided_by: Sequence[Any], find: Callable[[], dict[str, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """What was found before, or is found now.

        Args:
            decided_by: all that decides it beside the code of scores, losses, records and verdicts: plain data.
            find: does it.
        """
        if self.store is None:
            return find()
        key = digest((*decided_by, _code()))
        try:
            arrays = self.store.get(key)
        except DamagedError:
            arrays = None
        if arrays is None:
            arrays = find()
            self.store.put(key, arrays)
        return arrays


NOTHING_KEPT = Cache()


def beside(store: Store | None) -> Cache:
    """The cache beside a unit store; None for none."""
    return Cache(store and replace(store, folder=store.folder / FOLDER, limit=min(store.limit, LIMIT)))


def _code() -> str:
    packages = (losses, records, scores, verdicts)
    return of_code(tuple(path for package in packages for path in package.__path__), ("numpy", "scipy", "pandas"))
