"""What of a unit the store lacks."""

import asyncio
from collections.abc import Sequence
from typing import Any, NamedTuple

from stages.execution import keys
from stages.execution.unit_training import Training
from stages.records.store import DamagedError, Store
from stages.training.chunk import Chunk, Result
from stages.training.unit import Unit


class Missing(NamedTuple):
    """The first chunk of a unit's training that the store lacks.

    Attributes:
        n_before: chunks of the unit that it has.
        parts: what the chunk's key is made of.
    """

    n_before: int
    parts: dict[str, Any]


class _LackingError(Exception):
    def __init__(self, parts: dict[str, Any]) -> None:
        super().__init__("the store lacks a chunk")
        self.parts = parts


def first_missing(unit: Unit, store: Store, on_device: str) -> Missing | None:
    """The first chunk that the store lacks; None where it has all, of the first look where seeds come in looks.

    Args:
        unit: the unit.
        store: where to look.
        on_device: the kind of device that the unit is trained on.
    """
    n_before = 0

    async def take(chunks: Sequence[Chunk]) -> list[Result]:
        nonlocal n_before
        results = []
        for chunk in chunks:
            parts = keys.parts_of(chunk, on_device)
            try:
                result = store.get(keys.name_of(parts))
            except DamagedError:
                result = None
            if result is None:
                raise _LackingError(parts)
            results.append(result)
            n_before += 1
        return results

    try:
        asyncio.run(Training(unit, take).of_seeds((unit.settings.looks or (len(unit.settings.seeds),))[0]))
    except _LackingError as error:
        return Missing(n_before, error.parts)
    return None
