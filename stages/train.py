"""Stage `train`: train every selected loss on every dataset, all seeds at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager

import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from stages import cli, files, params, paths, runs
from stages.backend import INTER_OP_THREADS
from stages.models import Network, save_model
from stages.params import Params
from stages.runs import Run
from stages.training import Data, Unit, train


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
                "data": dataset.model_dump(mode="json"),
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
        model = network.build(run.seeds[0])
        model.set_weights(weights)
        save_model(model, folder / "model.keras")
        runs.write(run, folder)


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("epochs"),
        TimeElapsedColumn(),
        TextColumn("still"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress


class _Report:
    """Shows the epochs a unit has done. It does nothing where an executor pickles it into another process."""

    def __init__(self, progress: Progress, unit: Unit) -> None:
        self._progress = progress
        name, epochs = f"{unit.settings['dataset']}/{unit.loss.name}", unit.settings["epochs"]
        self._task = progress.add_task(name, total=epochs, visible=False)
        self._epochs = epochs

    def __call__(self, epoch: int) -> None:
        self._progress.update(self._task, completed=epoch, visible=epoch < self._epochs)
        total, *units = self._progress.tasks
        self._progress.update(total.id, completed=sum(task.completed for task in units))

    def __reduce__(self) -> tuple:
        return _silent, ()


def _silent() -> Callable[[int], None]:
    return lambda _: None


def train_all(
    wanted: list[Unit], executor: Executor, progress: Progress
) -> Iterator[tuple[Unit, Run, list[np.ndarray]]]:
    """Train units on an executor, giving each as it ends."""
    progress.add_task("all losses", total=sum(unit.settings["epochs"] for unit in wanted))
    started = {}
    for unit in wanted:
        report = _Report(progress, unit)
        started[executor.submit(train, unit, report)] = unit, report
    try:
        for future in as_completed(started):
            unit, report = started[future]
            trained = future.result()
            report(unit.settings["epochs"])
            yield unit, *trained
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
