"""Stage `scale`: make numbers of every dataset's columns, and plan which rows each seed of a comparison sees."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from stages.basics import cli, paths
from stages.basics.cli import UserError
from stages.features import encoding, pipelines, planning
from stages.features.encoding import Encoder
from stages.features.scaling import KnownScaler
from stages.params import experiment
from stages.params.load import load_params
from stages.params.schema import Params
from stages.records import datasets, plans, wording
from stages.records.datasets import Description, Encoded
from stages.records.plans import Part, Plan

SHOWN = 10  # columns left out that are named


def encode(name: str, wanted: Params) -> tuple[pd.DataFrame, np.ndarray, Encoder, Description]:
    """Make numbers of a dataset's columns and write them.

    Returns:
        The columns that are no features; the features, float64 (n_rows, n_inputs); the encoder; what the dataset is.
    """
    table, description = datasets.read_raw(name)
    try:
        encoder = encoding.fit(table, description.columns, wanted.datasets[name].scale.features)
    except UserError as error:
        raise UserError(f"{paths.PARAMS}: datasets.{name}: {error}") from error
    features = encoder.pipeline.transform(table)
    named = datasets.unique(encoder.names, datasets.reserved_names(description))
    weights = table[description.weight].to_numpy(np.float64) if description.weight else None
    copies = [description.copies] if description.copies else []
    rows = table[[*datasets.target_names(description.n_targets), *description.groups.values(), *copies]]
    datasets.write_encoded(
        name,
        pd.DataFrame(features, columns=named, copy=False),
        datasets.labels_of(rows, description),
        Encoded(description, encoder.treatments),
        None if weights is None else weights / weights.mean(),
    )
    return rows, features, encoder, description


def write_pipeline(name: str, encoder: Encoder, plan: Plan) -> None:
    """Write what makes inputs of rows as ``data/raw`` holds them, scaled as the first seed's, whose model is kept."""
    scaling, split = plan.to_train, plan.split_of[0]
    scaler = KnownScaler(scaling.fill[split], scaling.center[split], scaling.spread[split])
    pipelines.write(name, encoder.pipeline, scaler)


def summary(name: str, n_rows: int, treatments: list[datasets.Treatment]) -> Iterator[str]:
    """Lines that tell what became of a table's columns."""
    yield f"scale: {name}: {n_rows:,} rows; {wording.became_inputs(treatments)}"
    left_out = [f"{each.column} ({wording.left_out(each)})" for each in treatments if each.left_out]
    if left_out:
        more = f" and {len(left_out) - SHOWN:,} more" if len(left_out) > SHOWN else ""
        yield f"scale: {name}: left out: {', '.join(left_out[:SHOWN])}{more}"


def division(name: str, plan: Plan, description: Description) -> str:
    """A line that tells how the rows of a comparison are divided: as in the first split, where others differ."""
    n_test, n_train = (len(plan.rows(0, *parts)) for parts in ((Part.TEST,), (Part.TRAIN, Part.VALIDATION)))
    rows = f"{n_train:,} rows train, {n_test:,} test"
    folds = f", in {plan.n_folds} folds" if plan.n_folds else ""
    folds = f", at the first of {plan.n_splits} origins" if plan.method == "first" and not plan.fixed else folds
    fewer = f"; {wording.fewer_folds(plan, description)}" if plan.wanted_folds else ""
    return f"scale: {name}: {rows}{folds}{fewer}"


def main() -> None:
    """Write ``data/scaled``, every dataset as numbers; and ``data/plans`` and ``data/pipelines``, by comparison."""
    wanted = load_params()
    for name, dataset in wanted.datasets.items():
        rows, features, encoder, description = encode(name, wanted)
        if description.files:
            for line in summary(name, len(rows), encoder.treatments):
                cli.say(line)
            for line in planning.without_spread(name, encoder.treatments, rows, description, dataset.scale):
                cli.say(f"scale: {name}: {line}")
        for comparison in (each for each in wanted.comparisons if wanted.dataset_of(each) == name):
            plan = planning.make_plan(
                rows,
                description,
                features,
                encoder.kinds,
                split=wanted.setup(comparison).split,
                scale=dataset.scale,
                n_seeds=wanted.train.seeds,
                key=f"{paths.PARAMS}: {wanted.split_key(comparison)}",
            )
            plans.write_plan(comparison, plan)
            write_pipeline(comparison, encoder, plan)
            if description.files:
                cli.say(division(comparison, plan, description))
    cli.say(f"scale: {len(wanted.datasets)} datasets in {paths.SCALED}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
