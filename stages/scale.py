"""Stage `scale`: make numbers of every dataset's columns, and plan which rows each seed of a comparison sees."""

import numpy as np
import pandas as pd

from stages.basics import cli, paths
from stages.basics.cli import UserError
from stages.features import encoding, pipelines, planning
from stages.features.encoding import Encoder
from stages.features.scaling import KnownScaler
from stages.params import experiment, seeds
from stages.params.load import load_planned
from stages.params.schema import Params
from stages.records import datasets, plans, winners
from stages.records.datasets import Description, Encoded
from stages.records.plans import Plan
from stages.wording.datasets import columns_kept, division, without_spread


def encode(name: str, params: Params) -> tuple[pd.DataFrame, np.ndarray, Encoder, Description]:
    """Make numbers of a dataset's columns and write them.

    It gives the columns that are no features; the features, float64 (n_rows, n_inputs); the encoder; a description.
    """
    table, description = datasets.read_raw(name)
    try:
        encoder = encoding.fit(table, description.columns, params.datasets[name].scale.features)
    except UserError as error:
        raise UserError(f"{paths.PARAMS}: datasets.{name}: {error}") from error
    features = encoder.pipeline.transform(table)
    named = datasets.unique(encoder.names, datasets.reserved_names(description))
    weights = table[description.weight].to_numpy(np.float64) if description.weight else None
    beside = [*description.groups.values(), *filter(None, [description.copies])]
    rows = table[[*datasets.target_names(description.n_targets), *beside]]
    datasets.write_encoded(
        name,
        pd.DataFrame(features, columns=named, copy=False),
        datasets.labels_of(rows, description),
        Encoded(description, encoder.treatments),
        weights=None if weights is None else weights / weights.mean(),
        costs={name: table[column].to_numpy(np.float64) for name, column in description.costs.items()},
        loss_columns=table[list(description.loss_columns.values())],
    )
    return rows, features, encoder, description


def write_pipeline(name: str, encoder: Encoder, plan: Plan) -> None:
    """Write what makes inputs of rows as ``data/raw`` holds them, scaled as the first seed's, whose model is kept."""
    scaling, split = plan.to_train, plan.split_of[0]
    scaler = KnownScaler(scaling.fill[split], scaling.center[split], scaling.spread[split])
    pipelines.write(name, encoder.pipeline, scaler)


def main() -> None:
    """Write ``data/scaled``, every dataset as numbers; and ``data/plans`` and ``data/pipelines``, by comparison."""
    params = load_planned()
    for name, dataset in params.datasets.items():
        rows, features, encoder, description = encode(name, params)
        if description.files:
            flat = planning.without_spread(encoder.treatments, rows, description, dataset.scale)
            for line in (*columns_kept(len(rows), encoder.treatments), *without_spread(name, flat)):
                cli.say(f"scale: {name}: {line}")
        for comparison in (comparison for comparison in params.comparisons if params.dataset_of(comparison) == name):
            setup = params.setup(comparison)
            plan = planning.make_plan(
                rows,
                description,
                features,
                encoder.kinds,
                split=setup.split,
                scale=dataset.scale,
                n_seeds=seeds.most(setup.seeds),
                key=f"{paths.PARAMS}: {params.split_key(comparison)}",
                sizes=setup.sizes,
            )
            if setup.sizes:
                planning.check_sizes(comparison, plan, setup.sizes)
            plans.write_plan(comparison, plan)
            to_use = planning.plan_to_use(
                rows, description, features, encoder.kinds, setup=setup, n_seeds=winners.N_NETWORKS
            )
            plans.write_plan_to_use(comparison, to_use)
            write_pipeline(comparison, encoder, plan)
            if description.files:
                cli.say(f"scale: {comparison}: {division(plan, description)}")
    cli.say(f"scale: {len(params.datasets)} datasets in {paths.SCALED}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
