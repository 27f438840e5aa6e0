"""Refit: the loss that was chosen, trained on all rows with several seeds, for new rows."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress

import numpy as np

from stages.basics.cli import UserError
from stages.execution.cutting import cut
from stages.execution.scheduler import LostError, Scheduler, Tally, TrainChunks
from stages.params.schema import Params
from stages.records import datasets, plans, runs, winners
from stages.records.runs import Run
from stages.training.chunk import Candidate, Chunk
from stages.training.unit import Table, Unit, read_columns, read_table

# losses × seeds × rows up to which it takes less time to judge a comparison than to import TensorFlow once more
CELLS = 300_000

# from the runs of a comparison, in their order: the loss that will be recommended; None where none can be told
Recommend = Callable[[list[Run]], str | None]


def units_of(params: Params, losses: dict[str, str]) -> dict[str, Unit]:
    """What to train, by comparison.

    Args:
        params: the parameters.
        losses: by comparison, the loss that is recommended.
    """
    names = dict.fromkeys(map(params.dataset_of, losses))
    descriptions = {name: datasets.read_encoded(name).description for name in names}
    tables = {name: read_table(name, description) for name, description in descriptions.items()}
    units = {}
    for name, loss in losses.items():
        run, dataset = runs.read(name, loss), params.dataset_of(name)
        units[name] = unit_of(run, tables[dataset], read_columns(dataset, descriptions[dataset], run.loss))
    return units


def unit_of(run: Run, table: Table, columns: np.ndarray | None = None) -> Unit:
    """What was compared, to be trained on all rows or as a budget says, at the rate and for the epochs of its run."""
    settings = run.settings.model_copy(
        update={
            "seeds": tuple(range(winners.N_NETWORKS)),
            "epochs": run.n_epochs,
            "loss": run.loss,
            "optimizer": run.settings.optimizer.at(run.learning_rate, run.schedule),
            "selected_by": None,
        }
    )
    return Unit(settings, table, plans.read_plan_to_use(run.settings.comparison), columns)


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


class RefitsAhead:
    """Trains what stage `winner` will ask for while TensorFlow is imported, so that it finds it in the store.

    What cannot be told or trained here is left to that stage, which says what is wrong with it.
    """

    def __init__(self, units: Sequence[Unit], scheduler: Scheduler) -> None:
        """Begin.

        Args:
            units: all that is trained.
            scheduler: trains; nothing is where it keeps nothing for this machine.
        """
        self._units, self._scheduler = units, scheduler
        self._n_left = Counter(unit.settings.comparison for unit in units)

    async def after(self, trained: Sequence[Unit], recommend: Recommend) -> None:
        """Refit the loss that will be recommended, once all losses of a comparison are trained and written.

        Args:
            trained: those of one comparison that are now.
            recommend: names the loss; of one alone it is not asked.
        """
        name = trained[0].settings.comparison
        self._n_left[name] -= len(trained)
        if self._n_left[name] or not self._scheduler.keeps:
            return
        units = [unit for unit in self._units if unit.settings.comparison == name]
        is_judged = len(trained) == len(units)  # in looks, after the last of which
        if not is_judged and sum(len(unit.settings.seeds) for unit in units) * len(units[0].table.labels) > CELLS:
            return
        every = [runs.read(name, unit.loss.name) for unit in units]
        loss = recommend(every) if len(every) > 1 else every[0].loss.name
        for run, compared in zip(every, units, strict=True):
            if run.loss.name == loss and run.finished.any():
                unit = unit_of(run, compared.table, compared.columns)
                with suppress(LostError, UserError):
                    await refit(unit, self._scheduler.aside().trainer(unit, Tally()))
