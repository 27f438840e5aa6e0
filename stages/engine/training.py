"""Train one unit: every seed of one loss, at a learning rate and for epochs that are set or tuned; and score it."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.engine.fitting import fit, make_replicas, stayed_finite
from stages.engine.keras_parts import row_metric
from stages.engine.probes import objective, punishment
from stages.engine.replicas import History, Replicas
from stages.engine.tuning import tune
from stages.engine.unit import Unit
from stages.engine.views import View
from stages.records.plans import Part
from stages.records.runs import Regions, Run
from stages.scores import measure, names

GRID = 100  # points along each side of the grid that shows a two-dimensional problem's regions
PARTS = {"train": (Part.TRAIN, Part.VALIDATION), "test": (Part.TEST,)}  # in the end validation rows are train rows


def train(unit: Unit, on_epoch: Callable[[int], None] = lambda _: None) -> tuple[Run, list[np.ndarray]]:
    """Train one loss of one comparison with every seed, and score it.

    Where the learning rate is tuned, it and the number of epochs are chosen first. What comes out depends on the unit
    alone, so any executor can run it; Keras' global random generators are reseeded.

    Args:
        unit: what to train.
        on_epoch: called with the number of epochs done, those of tuning included.

    Returns:
        The run, and the first seed's trained value of each of the model's variables.
    """
    settings, table = unit.settings, unit.table
    tuning = tune(unit, on_epoch) if settings.is_tuned else None
    rate, epochs = (tuning.rate, tuning.epochs) if tuning else (settings.optimizer.learning_rate, settings.epochs)
    view, before = unit.to_train, unit.n_epochs - settings.epochs
    replicas = make_replicas(unit, settings.seeds, [rate], row_metric(unit.loss, unit.loss.epoch_metric))
    history = fit(replicas, unit, view, settings.seeds, epochs=epochs, on_epoch=lambda done: on_epoch(before + done))
    weights, outputs = replicas.weights, unit.in_units_of_the_plan(replicas.predict(table.features, view))
    finished = stayed_finite([*vars(history).values(), *weights])
    run = Run(
        settings=settings,
        failed=[seed for seed, ended_well in zip(settings.seeds, finished, strict=True) if not ended_well],
        history=_history_table(unit, history),
        outputs=outputs,
        scores=scores_table(unit, outputs, finished),
        punishment=punishment(unit.loss, table.n_classes, table.n_targets),
        objective=objective(unit.loss, table.n_classes, table.n_targets),
        regions=_regions(replicas, unit, view) if table.n_classes and table.features.shape[1] == 2 else None,
        tuning=tuning,
    )
    return run, [array[0] for array in weights]


def scores_table(unit: Unit, outputs: np.ndarray, finished: np.ndarray) -> pd.DataFrame:
    """Score every seed on its train rows and on its test rows.

    Args:
        unit: what was trained.
        outputs: (n_seeds, n_rows, n_outputs); those of a seed that failed may look well and mean nothing.
        finished: bool (n_seeds,), whether a seed's loss and weights stayed finite.

    Returns:
        Columns ``seed``, ``part``, ``metric`` and ``value``, which is NaN where a seed failed.
    """
    plan, n_seeds = unit.plan, len(outputs)
    also = names.also_measured(unit.settings.also_scored, unit.table.labels)
    scores: dict[tuple[str, str], np.ndarray] = {}
    for split in range(plan.n_splits):
        center, spread = plan.to_train.target_center[split], plan.to_train.target_spread[split]
        seeds = np.flatnonzero(plan.split_of == split)
        for part, parts in PARTS.items():
            rows = plan.split_rows(split, *parts)
            own, labels = outputs[np.ix_(seeds, rows)], unit.table.labels[rows]
            measured = measure.score(
                unit.loss,
                labels if unit.table.n_classes else (labels - center) / spread,
                np.where(finished[seeds, None, None], own, np.nan),
                center=center,
                spread=spread,
                also=also,
            )
            for metric, values in measured.items():
                scores.setdefault((part, metric), np.full(n_seeds, np.nan))[seeds] = values
    tables = [
        pd.DataFrame({"seed": unit.settings.seeds, "part": part, "metric": metric, "value": values})
        for (part, metric), values in scores.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _history_table(unit: Unit, history: History) -> pd.DataFrame:
    """One row per seed and epoch."""
    (n_seeds, n_epochs), metric = history.loss.shape, unit.loss.epoch_metric
    return pd.DataFrame(
        {
            "seed": np.repeat(unit.settings.seeds, n_epochs),
            "epoch": np.tile(np.arange(1, n_epochs + 1), n_seeds),
            "loss": history.loss.ravel(),
            "val_loss": history.val_loss.ravel(),
            metric: history.metric.ravel(),
            f"val_{metric}": history.val_metric.ravel(),
        }
    )


def _regions(replicas: Replicas, unit: Unit, view: View) -> Regions:
    features = unit.table.features
    low, high = np.nanmin(features, axis=0), np.nanmax(features, axis=0)
    margin = 0.05 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = unit.loss.decide(replicas.predict(grid, view))
    kind = np.int8 if unit.table.n_classes <= np.iinfo(np.int8).max + 1 else np.int16
    return Regions(x, y, decisions.astype(kind).reshape(-1, GRID, GRID))
