"""One unit of work: train one loss on one dataset with every seed, and score it.

A unit is pickled as it is: arrays and settings go in, arrays come out, so any executor can run it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import usercode
from stages.engine.backend import keras, tf
from stages.engine.networks import CustomNetwork, Network
from stages.engine.replicas import History, Replicas, RowMetric
from stages.engine.views import Rows, View
from stages.losses.loss import Loss
from stages.records.runs import Regions, Run
from stages.records.settings import OptimizerSettings, Settings
from stages.scores import measure as scoring

GRID = 100  # points along each side of the grid that shows a two-dimensional problem's regions
PROBED, PROBED_BATCH = 300, 4  # made-up rows that losses are told apart on, and how many make a batch


@dataclass(frozen=True)
class Data:
    """One fold of a scaled dataset.

    Attributes:
        features: by part, float32 (n_rows, n_features).
        labels: by part, (n_rows, n_targets) scaled values or (n_rows,) class indices.
        n_classes: number of classes; 0 for values.
        center: (n_targets,) with `spread`, undoes the target's scaling: ``value * spread + center``.
        spread: see `center`.
    """

    features: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    n_classes: int
    center: np.ndarray
    spread: np.ndarray


@dataclass(frozen=True)
class Unit:
    """One unit of work: one loss on one dataset, every seed. `settings` is all of ``run.json``'s.

    With several folds the seeds take turns: the first trains on the first fold, and so on.
    """

    settings: Settings
    folds: list[Data]

    @property
    def loss(self) -> Loss:
        """The loss to train with."""
        return self.settings.loss

    @property
    def n_epochs(self) -> int:
        """Epochs to train, over all folds."""
        return self.settings.epochs * min(len(self.folds), len(self.settings.seeds))

    def seeds(self, fold: int) -> tuple[int, ...]:
        """The seeds that train on one fold."""
        return tuple(self.settings.seeds[fold :: len(self.folds)])

    def network(self, fold: int) -> Network | CustomNetwork:
        """The network to train on one fold."""
        data, loss, settings = self.folds[fold], self.loss, self.settings
        n_features = data.features["train"].shape[1]
        n_outputs = data.n_classes if loss.task == "multiclass" else 1 if data.n_classes else len(data.center)
        if settings.model:
            return CustomNetwork(settings.model, n_features, n_outputs, loss.activation)
        return Network(
            n_features,
            settings.hidden,
            n_outputs,
            loss.activation,
            hidden_activation=settings.hidden_activation,
            dropout=settings.dropout,
            batch_norm=settings.batch_norm,
        )


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
    settings, loss = unit.settings, unit.loss
    epochs, used = settings.epochs, [fold for fold in range(len(unit.folds)) if unit.seeds(fold)]
    folds = [_train_fold(unit, fold, lambda done, fold=fold: on_epoch(fold * epochs + done)) for fold in used]
    position = {seed: i for i, seed in enumerate(seed for fold in used for seed in unit.seeds(fold))}
    order = [position[seed] for seed in settings.seeds]

    def in_order(arrays: list[np.ndarray]) -> np.ndarray:
        return np.concatenate(arrays)[order]

    history = {name: in_order([vars(fold.history)[name] for fold in folds]) for name in vars(folds[0].history)}
    finished = in_order([fold.finished for fold in folds])
    metric = loss.epoch_metric
    scores = pd.concat([_score(unit, fold, trained) for fold, trained in zip(used, folds, strict=True)])
    run = Run(
        settings=settings,
        failed=[seed for seed, ended_well in zip(settings.seeds, finished, strict=True) if not ended_well],
        history=pd.DataFrame(
            {
                "seed": np.repeat(settings.seeds, epochs),
                "epoch": np.tile(np.arange(1, epochs + 1), len(settings.seeds)),
                "loss": history["loss"].ravel(),
                "val_loss": history["val_loss"].ravel(),
                metric: history["metric"].ravel(),
                f"val_{metric}": history["val_metric"].ravel(),
            }
        ),
        outputs=[fold.outputs for fold in folds],
        # each metric's rows in the order of the seeds
        scores=scores.sort_values("seed", key=lambda seeds: seeds.map(settings.seeds.index), kind="stable")
        if len(used) > 1
        else scores,
        punishment=punishment(loss, unit.folds[0].n_classes, len(unit.folds[0].center)),
        objective=objective(loss, unit.folds[0].n_classes, len(unit.folds[0].center)),
        regions=folds[0].regions,
    )
    return run, folds[0].weights


def _train_fold(unit: Unit, fold: int, on_epoch: Callable[[int], None]) -> _Trained:
    settings, data, loss, seeds = unit.settings, unit.folds[fold], unit.loss, unit.seeds(fold)
    network = unit.network(fold)
    is_drawn = network.n_features == 2 and data.n_classes and len(unit.folds) == 1
    replicas = Replicas(
        network.build(seeds[0]),
        network.initial_weights(seeds),
        loss=keras_loss(loss),
        metric=row_metric(loss),
        optimizer=make_optimizer(settings.optimizer),
        per_row=loss.per_row,
    )
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
    finite = [np.isfinite(array).reshape(len(seeds), -1).all(axis=1) for array in (*vars(history).values(), *weights)]
    return _Trained(
        history=history,
        outputs=dict(zip(("train", "test"), np.split(outputs, [len(train)], axis=1), strict=True)),
        finished=np.all(finite, axis=0),
        weights=[array[0] for array in weights],
        regions=_regions(replicas, unit, view) if is_drawn else None,
    )


class _OwnLoss(keras.losses.Loss):
    """A user's own function of one row's loss, averaged over a batch by Keras."""

    def __init__(self, function: Callable, **settings: Any) -> None:
        super().__init__(**settings)
        self._function = function

    def call(self, y_true: tf.Tensor, y_pred: tf.Tensor) -> tf.Tensor:
        """The loss of every row: (n_rows,)."""
        return self._function(y_true, y_pred)


def keras_loss(loss: Loss, **settings: Any) -> keras.losses.Loss:
    """The Keras loss with its parameters, or the user's own function made one."""
    if loss.is_custom:
        return _OwnLoss(usercode.find(loss.function), **settings)
    return getattr(keras.losses, loss.function)(**loss.parameters, **settings)


def row_metric(loss: Loss) -> RowMetric:
    """The metric that is followed epoch by epoch, of single rows, computed on the encoded targets while training."""
    if loss.task == "regression":
        return lambda targets, outputs: tf.reduce_mean(tf.square(targets - outputs), axis=-1)
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


def punishment(loss: Loss, n_classes: int, n_targets: int = 1) -> pd.DataFrame:
    """What a loss punishes, asked of Keras: its value for one row over a range of outputs.

    Args:
        loss: the loss.
        n_classes: number of classes of a multi-class problem.
        n_targets: number of target columns of a regression.

    Returns:
        Columns `case`, `x` and `value`. Regression: `x` is prediction − target (of the first target
        column, the others being right), for a target of −1 and of 1. Binary: `x` is the last layer's
        sum before the activation, positive towards the true class. Multi-class: `x` is the output of
        the true class, the others sharing the rest to 1.
    """
    if loss.task == "regression":
        x = np.linspace(-3, 3, 121)
        cases = []
        for value in (-1, 1):
            labels = np.full((len(x), n_targets), value, np.float64)
            cases.append((f"target {value:+d}", labels, labels + np.column_stack([x, np.zeros((121, n_targets - 1))])))
    elif loss.task == "binary":
        x = np.linspace(-3, 3, 121)
        cases = [("", np.ones_like(x), keras.activations.get(loss.activation)(x[:, None]))]
    else:
        x = np.linspace(0.01, 0.99, 99)
        others = np.repeat(((1 - x) / (n_classes - 1))[:, None], n_classes - 1, axis=1)
        cases = [("", np.zeros_like(x), np.column_stack([x, others]))]
    tables = [
        pd.DataFrame({"case": case, "x": x, "value": _values(loss, loss.encode(labels, n_classes), outputs, batch=1)})
        for case, labels, outputs in cases
    ]
    return pd.concat(tables, ignore_index=True)


def objective(loss: Loss, n_classes: int, n_targets: int = 1) -> np.ndarray:
    """A loss's values on made-up rows, which tell it from another: all losses of one task and activation see the same.

    Args:
        loss: the loss.
        n_classes: number of classes of a multi-class problem.
        n_targets: number of target columns of a regression.

    Returns:
        (n_rows,) the loss of single rows, or (n_batches,) of batches, where it has one value for a
        batch. Every class is the true one of some rows. The outputs are what the activation gives
        for sums from -5 to 5. A regression's targets lie within ±2, ±20 and ±2,000 by turns, so that
        a loss that bends far out shows it.
    """
    generator = np.random.default_rng(0)
    n_rows = max(PROBED, n_classes)
    if loss.task == "regression":
        furthest = np.resize([2, 20, 2000], n_rows)[:, None]
        labels = generator.uniform(-furthest, furthest, (n_rows, n_targets))
    else:
        labels = generator.permutation(np.arange(n_rows) % n_classes)
    n_outputs = {"regression": n_targets, "binary": 1, "multiclass": n_classes}[loss.task]
    sums = generator.uniform(-5, 5, (n_rows, n_outputs)).astype(np.float32)
    # an array, as Keras' crossentropies look behind the outputs of an activation
    outputs = np.asarray(keras.activations.get(loss.activation)(sums))
    return _values(loss, loss.encode(labels, n_classes), outputs, batch=PROBED_BATCH)


def _values(loss: Loss, targets: np.ndarray, outputs: np.ndarray | tf.Tensor, *, batch: int) -> np.ndarray:
    """The loss of each row, or of each `batch` rows where it has one value for a batch."""
    measure, outputs = keras_loss(loss, reduction="none"), tf.cast(outputs, tf.float32)
    if loss.per_row:
        return measure(targets, outputs).numpy()
    starts = range(0, len(targets), batch)
    return np.array([float(measure(targets[i : i + batch], outputs[i : i + batch])) for i in starts])


def make_optimizer(settings: OptimizerSettings) -> keras.optimizers.Optimizer:
    """A new Keras optimizer."""
    return getattr(keras.optimizers, settings.name)(learning_rate=settings.learning_rate, **settings.arguments)


def batch_orders(seeds: tuple[int, ...], epoch: int, n_rows: int) -> np.ndarray:
    """The order in which each seed sees the train rows, from (seed, epoch) alone: int32 (n_seeds, n_rows)."""
    return np.stack([np.random.default_rng((seed, epoch)).permutation(n_rows).astype(np.int32) for seed in seeds])


def _score(unit: Unit, fold: int, trained: _Trained) -> pd.DataFrame:
    """The scores of one fold's seeds: columns ``seed``, ``part``, ``metric`` and ``value``."""
    data, tables = unit.folds[fold], []
    for part, outputs in trained.outputs.items():
        ended_well = np.where(trained.finished[:, None, None], outputs, np.nan)
        scores = scoring.score(unit.loss, data.labels[part], ended_well, center=data.center, spread=data.spread)
        tables += [
            pd.DataFrame({"seed": unit.seeds(fold), "part": part, "metric": metric, "value": values})
            for metric, values in scores.items()
        ]
    return pd.concat(tables, ignore_index=True)


def _regions(replicas: Replicas, unit: Unit, view: View) -> Regions:
    every_row = np.concatenate(list(unit.folds[0].features.values()))
    low, high = every_row.min(axis=0), every_row.max(axis=0)
    margin = 0.05 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = unit.loss.decide(replicas.predict(grid, view))
    kind = np.int8 if unit.folds[0].n_classes <= np.iinfo(np.int8).max + 1 else np.int16
    return Regions(x, y, decisions.astype(kind).reshape(-1, GRID, GRID))
