"""What a comparison asks for, and units by which it is probed how fast its losses train."""

import math

import numpy as np
import pandas as pd

from stages.basics import paths
from stages.budgets.probe import N_STEPS, OF_ARRAYS, POINTS
from stages.budgets.work import Asked
from stages.execution.tuning import first_candidates, variants
from stages.execution.units import settings_of
from stages.features import encoding, planning
from stages.features.channels import Channels
from stages.params import seeds
from stages.params.division import Scaler
from stages.params.schema import Params, Train
from stages.records.array_facts import inputs_of
from stages.records.columns import loss_column_names
from stages.records.datasets import Description, Kind, labels_of
from stages.records.plans import Part
from stages.records.settings import LOOK
from stages.records.thinning import most_rows
from stages.references import fitting
from stages.training.unit import Table, Unit


def asked_of(params: Params, comparison: str, rows: pd.DataFrame, description: Description, units: list[Unit]) -> Asked:
    """What a comparison asks for.

    Args:
        params: the parameters.
        comparison: its name.
        rows: as ``data/raw`` holds them.
        description: what its dataset is.
        units: of `units_to_probe`.

    Raises:
        UserError: the rows cannot be split so.
    """
    setup = params.setup(comparison)
    key = f"{paths.PARAMS}: {params.split_key(comparison)}"
    n_splits = min(setup.split.origins or 1, seeds.most(setup.seeds))
    plan = planning.plan_targets(
        rows, description, split=setup.split, scale=setup.data.scale, n_seeds=n_splits, key=key
    )
    candidates = {unit.loss.name: tuple(len(first_candidates(each)) for each in variants(unit)) for unit in units}
    return Asked(
        rows=most_rows(plan.parts),
        test_rows=int((plan.parts == Part.TEST).sum(axis=1).max()),
        epochs=params.comparisons[comparison].epochs,
        batch_size=setup.batch_size,
        is_batch_chosen=setup.batch_size != Train().batch_size,
        seeds=seeds.most(setup.seeds),
        is_tuned=setup.optimizer.is_tuned(),
        candidates=candidates,
        is_apart=bool(description.classes) and setup.optimizer.is_tuned() and (plan.method == "first" or plan.fixed),
        n_references=min(LOOK, seeds.most(setup.seeds)) if fitting.are_wanted(params, comparison) else 0,
        cells=math.prod(np.atleast_1d(units[0].table.n_inputs))
        * max(units[0].table.n_classes, units[0].table.n_targets),
        schedules=len({each.schedule for unit in units for each in first_candidates(unit)}),
    )


def units_to_probe(params: Params, comparison: str, rows: pd.DataFrame, description: Description) -> list[Unit]:
    """The losses of a comparison on a few rows of its own targets, with made-up numbers as features.

    Each row trains each seed. See `asked_of` for the arguments.
    """
    params = params.model_copy(update={"loss": ["all"], "compare": ["all"]})
    scale, rng = params.setup(comparison).data.scale, np.random.default_rng(0)
    networks, batches = zip(*(OF_ARRAYS if description.arrays else POINTS), strict=True)
    n_rows = N_STEPS * max(batches)
    labels = labels_of(rows, description)
    drawn = rng.integers(len(labels), size=n_rows)
    labels = labels[drawn]
    features, known, kinds = _made_up(rows, description, scale.features, n_rows, rng)
    weights, inputs = np.ones(n_rows) if description.weight else None, inputs_of(description.arrays)
    table = Table(features, labels, description.n_classes, weights, inputs)
    values = planning.to_scale(labels, description)
    plan = planning.all_rows(known, kinds, values, scale=scale, n_seeds=max(networks))
    every = [
        settings_of(params, comparison, loss, table, description.classes) for loss in params.selected()[comparison]
    ]
    some = {"seeds": tuple(range(max(networks)))}
    units = []
    for settings in every:
        names = loss_column_names(settings.dataset, description, settings.loss.columns or ())
        columns = rows[names].to_numpy(np.float32)[drawn] if names else None
        units.append(Unit(settings.model_copy(update=some), table, plan, columns))
    return units


def _made_up(
    rows: pd.DataFrame, description: Description, method: Scaler, n_rows: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray | Channels, list[Kind]]:
    """Made-up features (n_rows, …) of as many numbers as a dataset's, and what scales them: see `planning.all_rows`."""
    if description.arrays:
        features = rng.normal(size=(n_rows, *description.arrays.shape)).astype(np.float32)
        return features, Channels(features, inputs_of(description.arrays)), []
    n_inputs = len(encoding.fit(rows, description.columns, method).names)
    features = rng.normal(size=(n_rows, n_inputs))
    return features, features, ["number"] * n_inputs
