"""Train a comparison look by look: some seeds of each loss, then more of those that are not settled."""

import asyncio
from collections.abc import Callable, Collection, Sequence

from stages.execution.scheduler import LostError
from stages.execution.unit_training import Training
from stages.records.runs import Run
from stages.training.unit import Unit

# from what the losses of a comparison gave so far, in their order: the names of those of which more seeds are to train
GoOn = Callable[[list[Run]], Collection[str]]


def groups(units: Sequence[Unit]) -> list[list[int]]:
    """Group the places of units: those of a comparison that trains look by look together, every other unit alone."""
    together: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        together.setdefault(unit.settings.comparison if unit.settings.looks else unit.name, []).append(place)
    return list(together.values())


def longest_first(groups_of_units: Sequence[list[int]], work: Sequence[float]) -> list[list[int]]:
    """Sort groups of units by what they take, so that no long one begins when all others end.

    Args:
        groups_of_units: the places of each, of `groups`.
        work: what each unit takes.
    """
    return sorted(groups_of_units, key=lambda places: -sum(work[place] for place in places))


async def train_looks(trainings: Sequence[Training], go_on: GoOn) -> list[Run]:
    """Train the losses of a comparison look by look until more seeds are not needed; a fixed number is one look.

    What each look gives is what its seeds give, whatever they were trained beside, so the looks that are taken do not
    depend on who trains or on what ends first.

    Args:
        trainings: of the losses that are compared.
        go_on: says which losses are to go on; of a loss alone it is not asked. One that did not for a while catches up.

    Returns:
        Their runs, in the same order.

    Raises:
        LostError: a chunk was given up; what else was under way is trained by then.
    """
    settings = trainings[0].unit.settings
    looks, runs, trained = settings.looks or (len(settings.seeds),), {}, []
    going = {training.unit.loss.name for training in trainings}
    for n_seeds in looks if len(trainings) > 1 else looks[-1:]:
        continued = [training for training in trainings if training.unit.loss.name in going]
        new = await asyncio.gather(*(_unless_lost(training, n_seeds) for training in continued))
        if any(run is None for run in new):
            raise LostError
        runs |= {run.loss.name: run for run in new}
        trained = [runs[training.unit.loss.name] for training in trainings]
        if len(trainings) == 1 or not (going := set(go_on(trained))):
            break
    return trained


async def _unless_lost(training: Training, n_seeds: int) -> Run | None:
    try:
        return await training.of_seeds(n_seeds)
    except LostError:
        return None
