"""Train one unit: every seed of one loss on one dataset, and score it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.engine.keras_parts import keras_loss, make_optimizer, row_metric
from stages.engine.probes import objective, punishment
from stages.engine.replicas import History, Replicas
from stages.engine.unit import Data, Unit
from stages.engine.views import Rows, View
from stages.losses.loss import Loss
from stages.records.runs import Regions, Run
from stages.records.settings import Settings
from stages.scores import measure

GRID = 100  # points along each side of the grid that shows a two-dimensional problem's regions


@dataclass(frozen=True)
class _Trained:
    """What training the seeds of one fold gave; arrays begin with an axis of these seeds.

    Attributes:
        history: the history of every seed.
        outputs: by part, float32 (n_seeds, n_rows, n_outputs).
        finished: bool (n_seeds,): whether loss and weights stayed finite.
        weights: the first seed's value of each of the model's variables.
        regions: for two features and classes of a single fold, else None.
    """

    history: History
    outputs: dict[str, np.ndarray]
    finished: np.ndarray
    weights: list[np.ndarray]
    regions: Regions | None


def train(unit: Unit, on_epoch: Callable[[int], None] = lambda _: None) -> tuple[Run, list[np.ndarray]]:
    """Train one loss on one dataset with every seed, and score it.

    What it gives depends on the unit alone, so any executor can run it; Keras' global random generators are reseeded.

    Args:
        unit: what to train.
        on_epoch: called with the number of epochs done, over all folds.

    Returns:
        The run, and the first seed's trained value of each of the model's variables.
    """
    settings, epochs = unit.settings, unit.settings.epochs
    folds = [
        _train_fold(unit, fold, lambda done, fold=fold: on_epoch(fold * epochs + done))
        for fold in range(unit.n_used_folds)
    ]
    finished = np.empty(len(settings.seeds), bool)
    history = np.empty((len(vars(folds[0].history)), len(settings.seeds), epochs), np.float32)
    for fold, trained in enumerate(folds):
        finished[unit.positions(fold)] = trained.finished
        history[:, unit.positions(fold)] = list(vars(trained.history).values())
    run = Run(
        settings=settings,
        failed=[seed for seed, ended_well in zip(settings.seeds, finished, strict=True) if not ended_well],
        history=_history_table(settings, History(*history)),
        outputs=[trained.outputs for trained in folds],
        scores=_scores_table(unit, folds),
        punishment=punishment(unit.loss, unit.folds[0].n_classes, unit.folds[0].n_targets),
        objective=objective(unit.loss, unit.folds[0].n_classes, unit.folds[0].n_targets),
        regions=folds[0].regions,
    )
    return run, folds[0].weights


def make_replicas(unit: Unit, fold: int, seeds: tuple[int, ...]) -> Replicas:
    """Untrained copies of one fold's network, one for each of these seeds."""
    network = unit.network(fold)
    return Replicas(
        network.build(seeds[0]),
        network.initial_weights(seeds),
        loss=keras_loss(unit.loss),
        metric=row_metric(unit.loss),
        optimizer=make_optimizer(unit.settings.optimizer),
        per_row=unit.loss.per_row,
    )


def _train_fold(unit: Unit, fold: int, on_epoch: Callable[[int], None]) -> _Trained:
    settings, data, loss, seeds = unit.settings, unit.folds[fold], unit.loss, unit.seeds(fold)
    replicas = make_replicas(unit, fold, seeds)
    features, labels = (np.concatenate([by_part["train"], by_part["test"]]) for by_part in (data.features, data.labels))
    train, test = np.split(np.arange(len(labels)), [len(data.labels["train"])])
    view = View(np.zeros(len(seeds), np.int64), [train], [test])
    history = replicas.fit(
        Rows(features, loss.encode(labels, data.n_classes)),
        view,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        orders=lambda epoch: batch_orders(seeds, epoch, len(train)),
        on_epoch=on_epoch,
    )
    weights, outputs = replicas.weights, replicas.predict(features, view)
    is_drawn = features.shape[1] == 2 and data.n_classes and len(unit.folds) == 1
    return _Trained(
        history=history,
        outputs=dict(zip(("train", "test"), np.split(outputs, [len(train)], axis=1), strict=True)),
        finished=stayed_finite([*vars(history).values(), *weights]),
        weights=[array[0] for array in weights],
        regions=_regions(replicas, unit, view) if is_drawn else None,
    )


def batch_orders(seeds: tuple[int, ...], epoch: int, n_rows: int) -> np.ndarray:
    """The order in which each seed sees the train rows, from (seed, epoch) alone: int32 (n_seeds, n_rows)."""
    return np.stack([np.random.default_rng((seed, epoch)).permutation(n_rows).astype(np.int32) for seed in seeds])


def stayed_finite(arrays: list[np.ndarray]) -> np.ndarray:
    """Bool (n_seeds,): whether everything that a seed has in arrays (n_seeds, ...) is a finite number."""
    return np.all([np.isfinite(array).reshape(len(array), -1).all(axis=1) for array in arrays], axis=0)


def scores_of(loss: Loss, data: Data, part: str, outputs: np.ndarray, finished: np.ndarray) -> dict[str, np.ndarray]:
    """Every score of some seeds on one part of their rows: (n_seeds,) by name, NaN where a seed failed.

    Args:
        loss: what they were trained with.
        data: the rows.
        part: ``train`` or ``test``.
        outputs: (n_seeds, n_rows, n_outputs); those of a seed that failed may look well and mean nothing.
        finished: bool (n_seeds,), whether a seed's loss and weights stayed finite.
    """
    outputs = np.where(finished[:, None, None], outputs, np.nan)
    return measure.score(loss, data.labels[part], outputs, center=data.center, spread=data.spread)


def _scores_table(unit: Unit, folds: list[_Trained]) -> pd.DataFrame:
    """Columns ``seed``, ``part``, ``metric`` and ``value``, the seeds of each part and metric in their order."""
    scores: dict[tuple[str, str], np.ndarray] = {}
    for fold, trained in enumerate(folds):
        for part, outputs in trained.outputs.items():
            for metric, values in scores_of(unit.loss, unit.folds[fold], part, outputs, trained.finished).items():
                empty = np.full(len(unit.settings.seeds), np.nan)
                scores.setdefault((part, metric), empty)[unit.positions(fold)] = values
    tables = [
        pd.DataFrame({"seed": unit.settings.seeds, "part": part, "metric": metric, "value": values})
        for (part, metric), values in scores.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _history_table(settings: Settings, history: History) -> pd.DataFrame:
    """One row per seed and epoch."""
    seeds, epochs, metric = settings.seeds, settings.epochs, settings.loss.epoch_metric
    return pd.DataFrame(
        {
            "seed": np.repeat(seeds, epochs),
            "epoch": np.tile(np.arange(1, epochs + 1), len(seeds)),
            "loss": history.loss.ravel(),
            "val_loss": history.val_loss.ravel(),
            metric: history.metric.ravel(),
            f"val_{metric}": history.val_metric.ravel(),
        }
    )


def _regions(replicas: Replicas, unit: Unit, view: View) -> Regions:
    every_row = np.concatenate(list(unit.folds[0].features.values()))
    low, high = every_row.min(axis=0), every_row.max(axis=0)
    margin = 0.05 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = unit.loss.decide(replicas.predict(grid, view))
    kind = np.int8 if unit.folds[0].n_classes <= np.iinfo(np.int8).max + 1 else np.int16
    return Regions(x, y, decisions.astype(kind).reshape(-1, GRID, GRID))
