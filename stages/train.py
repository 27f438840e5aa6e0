"""Stage `train`: train every selected loss on every dataset, all seeds at once."""

import numpy as np

from stages.basics import cli, files, paths
from stages.basics.progress import bars
from stages.engine.executor import training
from stages.engine.model_file import save_model
from stages.engine.networks import CustomNetwork, Network
from stages.engine.unit import Data, Unit
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
    selected_units, cannot = [], []
    for name, selected in wanted.selected().items():
        comparison = wanted.comparisons[name]
        batch_size = comparison.batch_size or wanted.train.batch_size
        judged = validity.judge_all(selected, datasets.seen_by_losses(name, scaled[name], batch_size))
        for index, loss in enumerate(wanted.compared()[name]):
            if loss.name in judged and judged[loss.name].level == "cannot":
                cannot.append(f"comparisons.{name}.losses[{index}]: '{loss.name}' {judged[loss.name]}")
        data = [read_data(name, scaled[name], fold) for fold in range(len(scaled[name].folds))]
        selected_units += [Unit(settings_of(wanted, name, loss), data) for loss in selected]
        for loss, verdict in judged.items():
            if verdict.level == "works, but":
                cli.say(f"train: {name}: {loss} {verdict}")
    refuse(cannot)
    return selected_units


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


def main() -> None:
    """Write ``data/runs/<dataset>/<loss>/`` for every selected loss."""
    selected = units(load_params())
    for unit in selected:
        try_unit(unit)
    failed: dict[str, int] = {}
    with (
        bars({unit.name: unit.n_epochs for unit in selected}, unit="epochs", heading="all losses") as show,
        training(selected, lambda unit, epoch: show(unit.name, epoch)) as trained,
    ):
        for unit, run, weights in trained:
            write(run, unit.network(0), weights)
            failed[unit.name] = len(run.failed)
    for unit in selected:
        if failed[unit.name]:
            cli.say(
                f"train: {unit.name.replace('/', ': ')}: {failed[unit.name]} of {len(unit.settings.seeds)} seeds "
                "failed: the loss or a weight became infinite or not a number"
            )
    n_networks = sum(len(unit.settings.seeds) for unit in selected)
    cli.say(f"train: {len(selected)} losses, {n_networks} networks ({sum(failed.values())} failed) in {paths.RUNS}")


if __name__ == "__main__":
    cli.run(main)
