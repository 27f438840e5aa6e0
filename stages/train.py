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

from stages.basics import cli, files, paths
from stages.engine.backend import INTER_OP_THREADS
from stages.engine.networks import CustomNetwork, Network, save_model
from stages.engine.training import Data, Unit, train
from stages.engine.vetting import try_unit
from stages.losses import validity
from stages.losses.loss import Loss
from stages.params.load import check_data, load_params, refuse
from stages.params.schema import Params
from stages.records import datasets, runs
from stages.records.datasets import PART, Scaled
from stages.records.runs import Run
from stages.records.settings import DatasetSettings, OptimizerSettings, Settings


def units(wanted: Params) -> list[Unit]:
    """The units of work that the parameters ask for, their data read from ``data/scaled``.

    Raises:
        UserError: a loss cannot learn from its dataset.
    """
    scaled = {name: datasets.read_scaled(name) for name in wanted.selected()}
    check_data(wanted, {name: each.description for name, each in scaled.items()})
    found, cannot = [], []
    for name, selected in wanted.selected().items():
        comparison = wanted.comparisons[name]
        batch_size = comparison.batch_size or wanted.train.batch_size
        judged = validity.judge_all(selected, datasets.seen_by_losses(name, scaled[name], batch_size))
        for index, loss in enumerate(wanted.compared()[name]):
            if loss.name in judged and judged[loss.name].level == "cannot":
                cannot.append(f"comparisons.{name}.losses[{index}]: '{loss.name}' {judged[loss.name]}")
        data = [read_data(name, scaled[name], fold) for fold in range(len(scaled[name].folds))]
        found += [Unit(settings_of(wanted, name, loss), data) for loss in selected]
        for loss, told in judged.items():
            if told.level == "works, but":
                cli.say(f"train: {name}: {loss} {told}")
    refuse(cannot)
    return found


def settings_of(wanted: Params, name: str, loss: Loss) -> Settings:
    """The settings with which one loss of a comparison is trained."""
    comparison = wanted.comparisons[name]
    return Settings(
        loss=loss,
        dataset=name,
        model=comparison.model,
        hidden=comparison.hidden,
        hidden_activation=comparison.activation,
        dropout=comparison.dropout,
        batch_norm=comparison.batch_norm,
        epochs=comparison.epochs,
        batch_size=comparison.batch_size or wanted.train.batch_size,
        optimizer=OptimizerSettings(**(comparison.optimizer or wanted.train.optimizer).model_dump()),
        data=DatasetSettings(**wanted.datasets[name].model_dump(mode="json")),
        seeds=range(wanted.train.seeds),
    )


def read_data(name: str, scaled: Scaled, fold: int) -> Data:
    """Read one fold (from 0) of a scaled dataset."""
    table, description = datasets.read_fold(name, scaled, fold), scaled.description
    rows = {part: table[PART].to_numpy() == part for part in ("train", "test")}
    features = datasets.features_of(table, description).to_numpy(np.float32)
    labels = datasets.labels_of(table, description)
    return Data(
        features={part: features[chosen] for part, chosen in rows.items()},
        labels={part: labels[chosen] for part, chosen in rows.items()},
        n_classes=description.n_classes,
        center=np.array(scaled.folds[fold].center),
        spread=np.array(scaled.folds[fold].spread),
    )


def write(run: Run, network: Network | CustomNetwork, values: list[np.ndarray]) -> None:
    """Write a run's folder, whole or not at all.

    Args:
        run: what training gave.
        network: the one it trained.
        values: the first seed's value of each of the model's variables.
    """
    with files.replacing(runs.folder(run.dataset, run.loss.name)) as folder:
        folder.mkdir()
        model = network.build(run.seeds[0])
        for variable, value in zip(model.variables, values, strict=True):
            variable.assign(value)
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
        name, epochs = f"{unit.settings.dataset}/{unit.loss.name}", unit.n_epochs
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
    progress.add_task("all losses", total=sum(unit.n_epochs for unit in wanted))
    started = {}
    for unit in wanted:
        report = _Report(progress, unit)
        started[executor.submit(train, unit, report)] = unit, report
    try:
        for future in as_completed(started):
            unit, report = started[future]
            trained = future.result()
            report(unit.n_epochs)
            yield unit, *trained
    finally:
        executor.shutdown(cancel_futures=True)


def main() -> None:
    """Write ``data/runs/<dataset>/<loss>/`` for every selected loss."""
    wanted = units(load_params())
    for unit in wanted:
        try_unit(unit)
    failed = {}
    with _progress() as progress:
        for unit, run, weights in train_all(wanted, ThreadPoolExecutor(INTER_OP_THREADS), progress):
            write(run, unit.network(0), weights)
            failed[run.dataset, run.loss.name] = len(run.failed)
    for unit in wanted:
        seeds, name = len(unit.settings.seeds), (unit.settings.dataset, unit.loss.name)
        if failed[name]:
            cli.say(
                f"train: {': '.join(name)}: {failed[name]} of {seeds} seeds failed: "
                "the loss or a weight became infinite or not a number"
            )
    n_seeds = sum(len(unit.settings.seeds) for unit in wanted)
    cli.say(f"train: {len(wanted)} losses, {n_seeds} networks ({sum(failed.values())} failed) in {paths.RUNS}")


if __name__ == "__main__":
    cli.run(main)
