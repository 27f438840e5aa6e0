"""Fit the reference models of a comparison, or find them in the unit store."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cache, partial, reduce
from importlib.metadata import version
from operator import or_
from typing import Any

import numpy as np

from stages.basics import cli
from stages.basics.arrays import packed, unpacked
from stages.execution import keys
from stages.execution.tuning import N_SEEDS
from stages.execution.unit_training import needs_held_out
from stages.params.schema import Params
from stages.records.plans import Part, Plan, Scaling
from stages.records.references import Name, Reference, as_json, as_loss
from stages.records.settings import LOOK
from stages.records.store import DamagedError, Store
from stages.references import models
from stages.references.models import CannotFitError, Model
from stages.scores.score import Score
from stages.sourcecode import definitions
from stages.training.scoring import score_seeds
from stages.training.unit import Table, Unit

FITTED: tuple[Name, ...] = ("linear", "boosting")
PLANS = ("outputs", "held_out")  # what is kept of a model: what it gives by the plan, and without what is set aside
LIBRARIES = ("numpy", "scikit-learn", "scipy")
CODE = [(__name__, "_of_split"), (models.__name__, "fit"), (models.__name__, "predict")]


def are_wanted(params: Params, comparison: str) -> bool:
    """Whether a comparison is to have reference models: as it says; else where it is tuned, as ``train`` says."""
    own = params.comparisons[comparison].references
    return (params.train.references and params.setup(comparison).optimizer.is_tuned()) if own is None else own


@contextmanager
def meanwhile(
    params: Params, units: Sequence[Unit], scores: Mapping[str, Score], kept: Store | None
) -> Iterator[Callable[[], dict[str, list[Reference]]]]:
    """Fit the reference models of every comparison in a thread, while this one waits for networks.

    Args:
        params: the parameters.
        units: of all comparisons.
        scores: by comparison, the one that decides.
        kept: where they are looked up, and kept; None where nothing is.

    Yields:
        A function that waits for them and gives them by the name of the comparison; none of one that is to have none.
        Those that are not begun when this ends, as at an error, are not fitted.
    """
    first = {unit.settings.comparison: unit for unit in reversed(units)}
    _code()  # what is parsed here is not in the thread: in Python 3.11 two threads that parse disturb each other
    pool = ThreadPoolExecutor(1)
    try:
        fitted = {
            name: pool.submit(of_unit, unit, scores[name], kept) if are_wanted(params, name) else None
            for name, unit in reversed(first.items())
        }
        yield lambda: {name: some.result() if some else [] for name, some in fitted.items()}
    finally:
        pool.shutdown(cancel_futures=True)


def of_unit(unit: Unit, score: Score, kept: Store | None) -> list[Reference]:
    """The reference models on the rows and splits of a unit, for its first seeds: those of whole partitions.

    Args:
        unit: any of a comparison.
        score: the one that decides.
        kept: where they are looked up, and kept; None where nothing is.
    """
    n_folds, n_seeds = unit.plan.n_folds, len(unit.settings.seeds)
    unit = replace(unit, settings=unit.settings.model_copy(update={"loss": as_loss(FITTED[0], unit.loss.task)}))
    first = unit.of_seeds(range(min(n_seeds, n_folds * max(LOOK // n_folds, 1) if n_folds else LOOK)))
    constant = _constant(first, score)
    fitted = () if unit.table.positions else FITTED  # no table's model answers for each position
    return [*([constant] if constant else []), *(_fitted(first, name, score, kept) for name in fitted)]


def _constant(unit: Unit, score: Score) -> Reference | None:
    """The same answer for every row, the best for a score; None where that says nothing."""
    table, plan = unit.table, unit.plan
    if score.needs_quantiles:  # a constant distribution is no model that gives one value
        return None
    outputs = []
    for split in range(plan.n_splits):
        rows = plan.split_rows(split, Part.TRAIN, Part.VALIDATION)
        answer = score.constant_for(rows)(
            table.labels[rows], table.n_classes, None if table.weights is None else table.weights[rows]
        )
        if answer is None:
            return None
        if not table.n_classes:
            answer = (answer - plan.to_train.target_center[split]) / plan.to_train.target_spread[split]
        some = np.broadcast_to(answer, (int(plan.scored[split].sum()), *table.positions, len(answer)))
        outputs.append(_of_rows(some, np.flatnonzero(plan.scored[split]), len(table.labels)))
    n_train = max(len(plan.split_rows(split, Part.TRAIN, Part.VALIDATION)) for split in range(plan.n_splits))
    reference = Reference("constant", "", {}, unit.settings.seeds, n_train, n_train)
    return _scored(unit, replace(reference, outputs=np.stack(outputs)[plan.split_of]))


def _fitted(unit: Unit, name: Name, score: Score, kept: Store | None) -> Reference:
    """A model for each split; one that cannot be fitted says why."""
    table, plan = unit.table, unit.plan
    n_outputs = unit.loss.n_outputs(table.n_classes, table.n_targets)
    n_train = max(len(plan.split_rows(split, Part.TRAIN, Part.VALIDATION)) for split in range(plan.n_splits))
    n_learned = min(n_train, models.most_rows(name, math.prod(table.features.shape[1:]), n_outputs))
    model = models.model_of(name, unit.loss.task, score.rewards, n_learned)
    reference = Reference(name, model.path, model.arguments, unit.settings.seeds, n_learned, n_train)
    plans = {"outputs": plan}
    if needs_held_out(unit):
        plans["held_out"] = unit.of_seeds(range(min(N_SEEDS, len(unit.settings.seeds)))).plan.testing_on_validation()
    parts = _parts(unit, model, score, n_learned, plans)
    try:
        result = _looked_up(kept, keys.name_of(parts))
        if result is None:
            fit = partial(_of_split, table, model, score, n_learned)
            result = {
                key: np.stack([fit(plan=seeds, split=split) for split in range(seeds.n_splits)])
                for key, seeds in plans.items()
            }
            _keep(kept, keys.name_of(parts), result, {"unit": f"{unit.settings.comparison}/{name}", "parts": parts})
    except CannotFitError as error:
        return replace(reference, problem=str(error))
    return _scored(unit, replace(reference, **{key: result[key][seeds.split_of] for key, seeds in plans.items()}))


def _of_split(table: Table, model: Model, score: Score, most: int, *, plan: Plan, split: int) -> np.ndarray:
    """What a model gives for the rows that are scored, fitted to those that a split trains on.

    Float32 (n_rows, n_outputs), NaN of other rows.

    Args:
        table: the rows.
        model: the model.
        score: the one that decides.
        most: rows that it learns from at most, drawn where there are more.
        plan: of the splits.
        split: which.
    """
    scaling, rows = plan.to_train, plan.split_rows(split, Part.TRAIN, Part.VALIDATION)
    rows = rows if table.weights is None else rows[table.weights[rows] > 0]
    if len(rows) > most:
        rows = np.sort(np.random.default_rng(split).choice(rows, most, replace=False))

    def scaled(some: np.ndarray) -> np.ndarray:
        values = table.features[some]
        if not model.takes_missing:
            values = np.where(np.isnan(values), scaling.fill[split], values)
        return ((values - scaling.center[split]) / scaling.spread[split]).reshape(len(values), -1)

    targets = table.labels[rows]
    if not table.n_classes:
        targets = (targets - scaling.target_center[split]) / scaling.target_spread[split]
    weights = None if table.weights is None else table.weights[rows]
    fitted = models.fit(model, score.rewards, scaled(rows), targets, weights, n_classes=table.n_classes)
    scored = np.flatnonzero(plan.scored[split])
    return _of_rows(models.predict(fitted, scaled, scored), scored, len(table.labels))


def _of_rows(some: np.ndarray, rows: np.ndarray, n_rows: int) -> np.ndarray:
    """What is known of some rows, told by their numbers, as of all: float32 (n_rows, …, n_outputs), NaN of others."""
    every = np.full((n_rows, *some.shape[1:]), np.nan, np.float32)
    every[rows] = some
    return every


def _scored(unit: Unit, reference: Reference) -> Reference:
    """With its scores, measured as those of networks are."""
    loss = as_loss(reference.name, unit.loss.task)
    like = replace(unit, settings=unit.settings.model_copy(update={"loss": loss, "class_weights": ()}))
    scores: dict[str, dict[str, list[float | None]]] = {}
    for (part, name), values in score_seeds(like, reference.outputs, np.ones(len(reference.seeds), bool)).items():
        scores.setdefault(part, {})[name] = as_json(values)
    return replace(reference, scores=scores)


def _parts(unit: Unit, model: Model, score: Score, n_learned: int, plans: Mapping[str, Plan]) -> dict[str, Any]:
    """Everything that decides what a model gives, as of `keys.parts_of`."""
    scales = [getattr(plan.to_train, field.name) for plan in plans.values() for field in fields(Scaling)]
    return {
        "reference model": [model.path, model.arguments],
        "asked for": score.rewards,
        "learns from": n_learned,
        "rows": unit.table.digest,
        "splits": keys.digest_of(array for plan in plans.values() for array in (plan.parts, plan.split_of)),
        "scales": keys.digest_of(scales),
        "code": _code(),
        "versions": {name: version(name) for name in LIBRARIES},
    }


@cache
def _code() -> dict[str, str]:
    return definitions.hashes(CODE, apart=keys.APART)


def _looked_up(kept: Store | None, key: str) -> dict[str, np.ndarray] | None:
    try:
        written = kept.get(key) if kept else None
        return written and {name: unpacked(name, written) for name in PLANS if name in written}
    except DamagedError as error:
        cli.say(f"train: {error} and is made again")
        return None


def _keep(kept: Store | None, key: str, result: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
    """Put what was fitted into the store; that it cannot be written stops nothing."""
    try:
        if kept:
            kept.put(key, reduce(or_, map(packed, result, result.values())), facts)
    except OSError as error:
        cli.say(f"train: nothing more is kept in the store: {error}")
