"""What is trained for new rows: the loss that was recommended, on all rows or as many as a budget has, as compared."""

import numpy as np
from sklearn.compose import ColumnTransformer

from stages.features import encoding, planning
from stages.params.schema import Params, Scale
from stages.records import datasets, runs, winners
from stages.records.runs import Run
from stages.training.unit import Table, Unit, read_table


def units_of(params: Params, losses: dict[str, str], encoders: dict[str, ColumnTransformer]) -> dict[str, Unit]:
    """What to train, by comparison.

    Args:
        params: the parameters.
        losses: by comparison, the loss that is recommended.
        encoders: by comparison, what makes numbers of its rows.
    """
    tables = {
        name: read_table(name, datasets.read_encoded(name).description)
        for name in dict.fromkeys(map(params.dataset_of, losses))
    }
    return {
        name: unit_of(
            runs.read(name, loss),
            tables[params.dataset_of(name)],
            params.datasets[params.dataset_of(name)].scale,
            encoders[name],
        )
        for name, loss in losses.items()
    }


def unit_of(run: Run, table: Table, scale: Scale, encoder: ColumnTransformer) -> Unit:
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
    plan = planning.all_rows(
        table.features,
        encoding.kinds_of(encoder),
        np.empty((len(table.labels), 0)) if table.n_classes else table.labels,
        scale=scale,
        n_seeds=winners.N_NETWORKS,
        labels=table.labels,
        rows=settings.within.rows if settings.within else None,
    )
    return Unit(settings, table, plan)
