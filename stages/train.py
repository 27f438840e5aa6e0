"""Stage `train`: train every selected loss on every dataset, all seeds at once."""

import collections
import contextlib
import itertools
import re
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from stages import cli, files, params, paths, runs, scoring
from stages.backend import INTER_OP_THREADS, keras, tf
from stages.losses import LOSSES, Loss
from stages.models import Network
from stages.params import Params
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
        return Network(self.data.features["train"].shape[1], tuple(self.settings["hidden"]), n_outputs, self.loss.activation)


def train(unit: Unit, on_epoch: Callable[[int], None] = lambda _: None) -> tuple[Run, list[np.ndarray]]:
    """Train one loss on one dataset with every seed, and score it.

    A pure function of arrays and settings, so that any executor can run it.

    Returns:
        The run, and the first seed's trained weights.
    """
    settings, data, loss = unit.settings, unit.data, unit.loss
    seeds, metric = tuple(settings["seeds"]), scoring.HEADLINE[loss.task]
    replicas = Replicas(
        unit.network.build(seeds[0]),
        unit.network.initial_weights(seeds),
        loss=getattr(keras.losses, loss.keras_class)(),
        metric=row_metric(loss),
        optimizer=make_optimizer(settings["optimizer"]),
    )
    rows = {split: Rows(data.features[split], loss.encode(data.labels[split], data.n_classes)) for split in ("train", "test")}
    history = replicas.fit(
        rows["train"],
        rows["test"],
        epochs=settings["epochs"],
        batch_size=settings["batch_size"],
        orders=lambda epoch: batch_orders(seeds, epoch, len(rows["train"])),
        on_epoch=on_epoch,
    )
    weights = replicas.weights
    finite = np.all([np.isfinite(array).reshape(len(seeds), -1).all(axis=1) for array in (*vars(history).values(), *weights)], axis=0)
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
        scores=_score(unit, {split: np.where(finite[:, None, None], array, np.nan) for split, array in outputs.items()}),
        regions=_regions(replicas, unit) if unit.network.n_features == 2 and data.n_classes else None,
    )
    return run, [array[0] for array in weights]


def row_metric(loss: Loss) -> RowMetric:
    """The headline metric of single rows, computed on the encoded targets while training."""
    if loss.task == "regression":
        return lambda targets, outputs: tf.square(targets - outputs)[:, 0]
    if loss.task == "binary":
        return lambda targets, outputs: tf.cast(tf.equal(targets >= loss.threshold, outputs >= loss.threshold), tf.float32)[:, 0]
    classes = (lambda targets: targets) if loss.targets == "class_index" else (lambda targets: tf.argmax(targets, -1, tf.int32))
    return lambda targets, outputs: tf.cast(tf.equal(classes(targets), tf.argmax(outputs, -1, tf.int32)), tf.float32)


def make_optimizer(settings: dict[str, Any]) -> keras.optimizers.Optimizer:
    """A new Keras optimizer from its name and settings."""
    arguments = dict(settings)
    return getattr(keras.optimizers, arguments.pop("name"))(**arguments)


def batch_orders(seeds: tuple[int, ...], epoch: int, n_rows: int) -> np.ndarray:
    """The order in which each seed sees the train rows in one epoch, a function of (seed, epoch) alone: int32 (n_seeds, n_rows)."""
    return np.stack([np.random.default_rng((seed, epoch)).permutation(n_rows).astype(np.int32) for seed in seeds])


def _score(unit: Unit, outputs: dict[str, np.ndarray]) -> pd.DataFrame:
    tables = []
    for split, array in outputs.items():
        scores = scoring.score(unit.loss, unit.data.labels[split], array, center=unit.data.center, spread=unit.data.spread)
        tables += [pd.DataFrame({"seed": unit.settings["seeds"], "split": split, "metric": metric, "value": values}) for metric, values in scores.items()]
    return pd.concat(tables, ignore_index=True)


def _regions(replicas: Replicas, unit: Unit) -> Regions:
    every_row = np.concatenate(list(unit.data.features.values()))
    low, high = every_row.min(axis=0), every_row.max(axis=0)
    margin = 0.05 * (high - low)
    x, y = np.linspace(low - margin, high + margin, GRID, dtype=np.float32).T
    grid = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    decisions = unit.loss.decide(replicas.predict(grid))
    return Regions(x, y, decisions.astype(np.int8).reshape(-1, GRID, GRID))


def units(wanted: Params) -> list[Unit]:
    """The units of work that the parameters ask for, their data read from ``data/scaled``."""
    found = []
    for name, selected in wanted.selected().items():
        dataset, comparison = wanted.datasets[name], wanted.comparisons[name]
        data = read_data(name, dataset.source.n_classes() or 0)
        for loss in selected:
            settings = {
                "dataset": name,
                "loss": loss.name,
                "task": loss.task,
                "activation": loss.activation,
                "targets": loss.targets,
                **comparison.model_dump(include={"hidden", "epochs"}),
                **wanted.train.model_dump(exclude={"seeds"}),
                "data": dataset.model_dump(),
                "seeds": list(range(wanted.train.seeds)),
            }
            found.append(Unit(settings, data))
    return found


def read_data(name: str, n_classes: int) -> Data:
    """Read one scaled dataset."""
    table = files.read_table(paths.SCALED / f"{name}.parquet", stage="scale")
    scaling = files.read_json(paths.SCALED / f"{name}.json", stage="scale").get("target", {"center": 0.0, "scale": 1.0})
    splits = {split: table[table["split"] == split] for split in ("train", "test")}
    return Data(
        features={split: rows.drop(columns=["target", "split"]).to_numpy(np.float32) for split, rows in splits.items()},
        labels={split: rows["target"].to_numpy() for split, rows in splits.items()},
        n_classes=n_classes,
        center=scaling["center"],
        spread=scaling["scale"],
    )


def write(run: Run, network: Network, weights: list[np.ndarray]) -> None:
    """Write a run's folder, whole or not at all."""
    with files.replacing(runs.folder(run.dataset, run.loss.name)) as folder:
        folder.mkdir()
        runs.write(run, folder)
        model = network.build(run.seeds[0])
        model.set_weights(weights)
        save_model(model, folder / "model.keras")


def save_model(model: keras.Model, path: Path) -> None:
    """Save a model as a ``.keras`` file whose bytes depend on the model alone.

    Keras writes the day of saving and memory addresses, which it uses as names of shared objects.
    """
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = re.sub(rb'("date_saved": ")[^"]*', rb"\g<1>1980-01-01@00:00:00", members["metadata.json"])
    numbers = itertools.count(1)
    number_of: dict[bytes, bytes] = collections.defaultdict(lambda: str(next(numbers)).encode())
    members["config.json"] = re.sub(rb'("shared_object_id": )(\d+)', lambda match: match[1] + number_of[match[2]], members["config.json"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description:<45}"), BarColumn(), MofNCompleteColumn(), TextColumn("epochs"), TimeElapsedColumn(), TextColumn("still"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress


def train_all(wanted: list[Unit], executor: Executor, progress: Progress) -> Iterator[tuple[Unit, Run, list[np.ndarray]]]:
    """Train units on an executor, giving each as it ends."""
    total = progress.add_task("all losses", total=sum(unit.settings["epochs"] for unit in wanted))

    def work(unit: Unit) -> tuple[Run, list[np.ndarray]]:
        task = progress.add_task(f"{unit.settings['dataset']}/{unit.loss.name}", total=unit.settings["epochs"])

        def on_epoch(epoch: int) -> None:
            progress.update(task, completed=epoch)
            progress.advance(total)

        try:
            return train(unit, on_epoch)
        finally:
            progress.remove_task(task)

    started = {executor.submit(work, unit): unit for unit in wanted}
    try:
        for future in as_completed(started):
            yield started[future], *future.result()
    finally:
        executor.shutdown(cancel_futures=True)


def main() -> None:
    """Write ``data/runs/<dataset>/<loss>/`` for every selected loss."""
    wanted = units(params.load())
    failed = 0
    with _progress() as progress:
        for unit, run, weights in train_all(wanted, ThreadPoolExecutor(INTER_OP_THREADS), progress):
            write(run, unit.network, weights)
            failed += len(run.failed)
    n_seeds = sum(len(unit.settings["seeds"]) for unit in wanted)
    cli.say(f"train: {len(wanted)} losses, {n_seeds} networks ({failed} failed) in {paths.RUNS}")


if __name__ == "__main__":
    cli.run(main)
