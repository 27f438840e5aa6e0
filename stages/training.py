"""One unit of work: train one loss on one dataset with every seed, and score it.

A unit is pickled as it is: arrays and settings go in, arrays come out, so any executor can run it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages import scoring
from stages.backend import keras, tf
from stages.losses import LOSSES, Loss
from stages.models import Network
from stages.replicas import Replicas, RowMetric, Rows
from stages.runs import Regions, Run

GRID = 100  # points along each side of the grid that shows a two-dimensional problem's regions


@dataclass(frozen=True)
class Data:
    """One scaled dataset.

    Attributes:
        features: by split, float32 (n_rows, n_features).
        labels: by split, (n_rows,): scaled values or class indices.
        n_classes: number of classes; 0 for values.
        center: with `spread`, undoes the target's scaling: ``value * spread + center``.
        spread: see `center`.
    """

    features: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    n_classes: int
    center: float
    spread: float


@dataclass(frozen=True)
class Unit:
    """One unit of work: one loss on one dataset, every seed. `settings` is all of ``run.json``'s."""

    settings: dict[str, Any]
    data: Data

    @property
    def loss(self) -> Loss:
        """The catalogue's row."""
        return LOSSES[self.settings["loss"]]

    @property
    def network(self) -> Network:
        """The network to train."""
        n_outputs = self.data.n_classes if self.loss.task == "multiclass" else 1
        return Network(
            self.data.features["train"].shape[1], tuple(self.settings["hidden"]), n_outputs, self.loss.activation
        )


def train(unit: Unit, on_epoch: Callable[[int], None] = lambda _: None) -> tuple[Run, list[np.ndarray]]:
    """Train one loss on one dataset with every seed, and score it.

    A pure function of arrays and settings, so that any executor can run it.

    Returns:
        The run, and the first seed's trained weights.
    """
    settings, data, loss = unit.settings, unit.data, unit.loss
    seeds, metric = tuple(settings["seeds"]), loss.headline
    replicas = Replicas(
        unit.network.build(seeds[0]),
        unit.network.initial_weights(seeds),
        loss=getattr(keras.losses, loss.keras_class)(),
        metric=row_metric(loss),
        optimizer=make_optimizer(settings["optimizer"]),
    )
    rows = {
        split: Rows(data.features[split], loss.encode(data.labels[split], data.n_classes))
        for split in ("train", "test")
    }
    history = replicas.fit(
        rows["train"],
        rows["test"],
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        orders=lambda epoch: batch_orders(seeds, epoch, len(rows["train"])),
        on_epoch=on_epoch,
    )
    weights = replicas.weights
    finite = np.all(
        [np.isfinite(array).reshape(len(seeds), -1).all(axis=1) for array in (*vars(history).values(), *weights)],
        axis=0,
    )
    outputs = {split: replicas.predict(data.features[split]) for split in rows}
    run = Run(
        settings=settings,
        failed=[seed for seed, ended_well in zip(seeds, finite, strict=True) if not ended_well],
        history=pd.DataFrame(
            {
                "seed": np.repeat(seeds, settings["epochs"]),
                "epoch": np.tile(np.arange(1, settings["epochs"] + 1), len(seeds)),
                "loss": history.loss.ravel(),
                "val_loss": history.val_loss.ravel(),
                metric: history.metric.ravel(),
                f"val_{metric}": history.val_metric.ravel(),
            }
        ),
        outputs=outputs,
        scores=_score(
            unit, {split: np.where(finite[:, None, None], array, np.nan) for split, array in outputs.items()}
        ),
        punishment=punishment(loss, data.n_classes),
        regions=_regions(replicas, unit) if unit.network.n_features == 2 and data.n_classes else None,
    )
    return run, [array[0] for array in weights]


def row_metric(loss: Loss) -> RowMetric:
    """The headline metric of single rows, computed on the encoded targets while training."""
    if loss.task == "regression":
        return lambda targets, outputs: tf.square(targets - outputs)[:, 0]
    if loss.task == "binary":
        return lambda targets, outputs: tf.cast(
            tf.equal(targets >= loss.threshold, outputs >= loss.threshold), tf.float32
        )[:, 0]
    classes = (
        (lambda targets: targets)
        if loss.targets == "class_index"
        else (lambda targets: tf.argmax(targets, -1, tf.int32))
    )
    return lambda targets, outputs: tf.cast(tf.equal(classes(targets), tf.argmax(outputs, -1, tf.int32)), tf.float32)


def punishment(loss: Loss, n_classes: int) -> pd.DataFrame:
    """What a loss punishes, asked of Keras: its value for one row over a range of outputs.

    Args:
        loss: the catalogue's row.
        n_classes: number of classes of a multi-class problem.

    Returns:
        Columns `case`, `x` and `value`. Regression: `x` is prediction − target, for a target of −1
        and of 1. Binary: `x` is the last layer's sum before the activation, positive towards the true
        class. Multi-class: `x` is the probability given to the true class, the others sharing the rest.
    """
    if loss.task == "regression":
        x = np.linspace(-3, 3, 121)
        cases = [(f"target {value:+d}", np.full_like(x, value), (x + value)[:, None]) for value in (-1, 1)]
    elif loss.task == "binary":
        x = np.linspace(-3, 3, 121)
        cases = [("", np.ones_like(x), keras.activations.get(loss.activation)(x[:, None]))]
    else:
        x = np.linspace(0.01, 0.99, 99)
        others = np.repeat(((1 - x) / (n_classes - 1))[:, None], n_classes - 1, axis=1)
        cases = [("", np.zeros_like(x), np.column_stack([x, others]))]
    per_row = getattr(keras.losses, loss.keras_class)(reduction="none")
    tables = []
    for case, labels, outputs in cases:
        values = per_row(loss.encode(labels, n_classes), tf.cast(outputs, tf.float32)).numpy()
        tables.append(pd.DataFrame({"case": case, "x": x, "value": values}))
    return pd.concat(tables, ignore_index=True)


def make_optimizer(settings: dict[str, Any]) -> keras.optimizers.Optimizer:
    """A new Keras optimizer from its name and settings."""
    arguments = dict(settings)
    return getattr(keras.optimizers, arguments.pop("name"))(**arguments)


def batch_orders(seeds: tuple[int, ...], epoch: int, n_rows: int) -> np.ndarray:
    """The order in which each seed sees the train rows, from (seed, epoch) alone: int32 (n_seeds, n_rows)."""
    return np.stack([np.random.default_rng((seed, epoch)).permutation(n_rows).astype(np.int32) for seed in seeds])


def _score(unit: Unit, outputs: dict[str, np.ndarray]) -> pd.DataFrame:
    tables = []
    for split, array in outputs.items():
        scores = scoring.score(
            unit.loss, unit.data.labels[split], array, center=unit.data.center, spread=unit.data.spread
        )
        tables += [
            pd.DataFrame({"seed": unit.settings["seeds"], "split": split, "metric": metric, "value": values})
            for metric, values in scores.items()
        ]
    return pd.concat(tables, ignore_index=True)


def _regions(replicas: Replicas, unit: Unit) -> Regions:
    every_row = np.concatenate(list(unit.data.features.values()))
    low, high = every_row.min(axis=0), every_row.max(axis=0)
    margin = 0.05 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = unit.loss.decide(replicas.predict(grid))
    return Regions(x, y, decisions.astype(np.int8).reshape(-1, GRID, GRID))
