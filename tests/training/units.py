"""Small units of work on made-up rows; every size is its own, so that a mix-up fails."""

import asyncio
import tempfile
from functools import reduce
from pathlib import Path

import numpy as np

from stages.execution.scheduler import Scheduler, Tally
from stages.execution.unit_training import train_unit
from stages.executors.threads import Threads
from stages.losses.catalogue import LOSSES
from stages.records.plans import Part, Plan, Scaling
from stages.records.settings import Settings
from stages.training.backend import keras, tf
from stages.training.fitting import batch_orders
from stages.training.keras_parts import keras_loss, make_optimizer
from stages.training.seed_training import train as train_chunk
from stages.training.unit import Table, Unit

SEEDS = (4, 0, 9)
N_FEATURES = {"regression": 5, "binary": 2, "multiclass": 4}
N_ROWS = {
    "regression": {"train": 50, "test": 21},
    "binary": {"train": 40, "test": 33},
    "multiclass": {"train": 45, "test": 26},
}
N_CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}


def make_settings(loss, *, rates=None, **changes):
    """Settings of a small run of one loss; with rates, those that the learning rate is chosen from."""
    return Settings.model_validate(
        {
            "loss": loss,
            "comparison": "made_up",
            "dataset": "rows",
            "model": None,
            "hidden": [7],
            "hidden_activation": "relu",
            "dropout": 0.0,
            "batch_norm": False,
            "epochs": 3,
            "batch_size": 16,
            "optimizer": {"name": "SGD", "learning_rate": rates or 0.05, "momentum": 0.9},
            "selected_by": loss.epoch_metric if rates else None,
            "data": {
                "task": loss.task,
                "source": {},
                "scale": {"features": "none", "target": "none", "fit_on": "train"},
                "split": {
                    "method": None,
                    "train": 0.8,
                    "folds": None,
                    "column": None,
                    "random_state": 0,
                    "fixed": False,
                },
            },
            "seeds": SEEDS,
            **changes,
        }
    )


def make_unit(name, *, n_features=None, n_splits=1, **changes):
    """A small unit of work whose features say something of the target. The seeds take turns on the splits."""
    settings, table = make_settings(LOSSES[name], **changes), make_table(name, n_features)
    return Unit(settings, table, make_plan(table, LOSSES[name].task, len(settings.seeds), n_splits))


def train_units(units, executor, store=None, on_progress=lambda *_: None, *, made=None):
    """Train units: by name each one's run and the file of the first seed's model, in the order in which they end.

    They are put into `made` as they end, if it is given.
    """
    made, scheduler = {} if made is None else made, Scheduler(executor, store, on_progress=on_progress)

    async def finish(unit):
        made[unit.name] = await train_unit(unit, scheduler.trainer(unit, Tally()))

    scheduler.run([finish(unit) for unit in units])
    return made


def train(unit, on_progress=lambda *_: None, executor=None, store=None):
    """Train a unit: its run, and the file of the first seed's model."""
    with executor or Threads() as trains:
        return train_units([unit], trains, store, on_progress)[unit.name]


def run_alone(work):
    """What a coroutine that awaits chunks returns, when each is trained in turn.

    `work` is called with what trains chunks.
    """

    async def train_chunks(chunks):
        return [train_chunk(chunk) for chunk in chunks]

    return asyncio.run(work(train_chunks))


def load(model):
    """The model in a file's bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(model)
        return keras.models.load_model(path)


def make_table(name, n_features=None):
    """Features far from 0, one of them with a missing value, and a target that depends on the first of them."""
    loss, rng = LOSSES[name], np.random.default_rng(0)
    n_rows, n_classes = sum(N_ROWS[loss.task].values()), N_CLASSES[loss.task]
    n_targets = 2 if loss.target_range == "vectors" else 1
    features = rng.normal(size=(n_rows, n_features or N_FEATURES[loss.task]))
    signal = features[:, 0] + 0.1 * rng.normal(size=n_rows)
    if n_classes:
        labels = np.clip(np.floor(signal + n_classes / 2), 0, n_classes - 1).astype(int)
    else:
        labels = np.column_stack([signal, signal**2][:n_targets])
        if loss.target_range in ("not below 0", "away from 0"):
            labels = 1 + np.abs(labels)
        if loss.target_range == "0 to 1":
            return Table(features * 5 + 100, 1 / (1 + np.exp(-labels)), n_classes)
        labels = labels * 2 + 3
    features = features * 5 + 100
    features[3, 1] = np.nan
    return Table(features, labels, n_classes)


def make_plan(table, task, n_seeds, n_splits=1, *, n_train=None):
    """The first rows train, the last fifth of them validate; each further split begins one row later.

    Targets are scaled by 3 and 2, whatever the split, so that ranges stay what they are.
    """
    n_rows, n_train = len(table.labels), n_train or N_ROWS[task]["train"]
    parts = np.full((n_splits, n_rows), Part.TEST, np.uint8)
    for split in range(n_splits):
        parts[split, split : n_train + split] = Part.TRAIN
        parts[split, n_train - n_train // 5 + split : n_train + split] = Part.VALIDATION
    n_targets = table.n_targets if task == "regression" else 0

    def fit(*learned):
        rows = [table.features[np.isin(own, learned)] for own in parts]
        center = np.array([np.nanmean(own, axis=0) for own in rows])
        spread = np.array([np.nanstd(own, axis=0) if len(own) > 1 else np.ones_like(own[0]) for own in rows])
        targets = (np.full((n_splits, n_targets), number) for number in (3.0, 2.0))
        return Scaling(center, center, spread, *targets)

    return Plan(
        method="kfold" if n_splits > 1 else "first",
        n_folds=0,
        fixed=n_splits == 1,
        parts=parts,
        split_of=np.arange(n_seeds) % n_splits,
        to_tune=fit(Part.TRAIN),
        to_train=fit(Part.TRAIN, Part.VALIDATION),
    )


def seen(unit, place, *parts, scaling):
    """The features and targets of one seed's rows, told by its place, as a network alone would be given them."""
    split, rows = unit.plan.split_of[place], unit.plan.rows(place, *parts)
    features = unit.table.features[rows]
    features = np.where(np.isnan(features), scaling.fill[split], features)
    features = ((features - scaling.center[split]) / scaling.spread[split]).astype(np.float32)
    labels = unit.table.labels[rows]
    if not unit.table.n_classes:
        labels = (labels - scaling.target_center[split]) / scaling.target_spread[split]
    return features, unit.loss.encode(labels, unit.table.n_classes)


def batches(features, targets, size):
    """What Keras makes of arrays that it does not shuffle, without the pipeline it sets up anew each epoch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return tf.data.Dataset.from_tensor_slices((features, targets)).batch(size).with_options(options)


def keras_history(unit, place, learned, measured, *, scaling, epochs, rate, schedule="constant", metric=()):
    """The model and the history of one seed, told by its place, trained by Keras alone on its rows in its orders."""
    features, targets = seen(unit, place, *learned, scaling=scaling)
    seed, optimizer = unit.settings.seeds[place], unit.settings.optimizer
    model = unit.network().build(seed)
    n_steps = epochs * -(-len(features) // unit.settings.batch_size)
    # a few small batches are sooner done than traced
    model.compile(
        make_optimizer(optimizer.at(rate, schedule), n_steps), keras_loss(unit.loss), metrics=metric, run_eagerly=True
    )
    size, orders = unit.settings.batch_size, [batch_orders([seed], each, [len(features)])[0] for each in range(epochs)]
    history = model.fit(
        reduce(tf.data.Dataset.concatenate, (batches(features[order], targets[order], size) for order in orders)),
        validation_data=batches(*seen(unit, place, *measured, scaling=scaling), size),
        epochs=epochs,
        steps_per_epoch=-(-len(features) // size),
        shuffle=False,
        verbose=0,
    ).history
    return model, history
