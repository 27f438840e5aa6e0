"""Stage `winner`: train the recommended loss of each comparison on all rows, and write one file that takes new rows."""

from dataclasses import replace
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from stages.basics import cli, files, paths
from stages.basics.progress import bars
from stages.basics.words import counted
from stages.execution import refit
from stages.execution.scheduler import Scheduler, Tally
from stages.execution.unit_training import planned
from stages.executors import choice
from stages.params import experiment
from stages.params.load import load_params
from stages.params.schema import Params, Scale
from stages.records import datasets, runs, store, winners
from stages.records.datasets import Column, Description
from stages.records.runs import Run
from stages.records.winners import Input, Winner
from stages.tables import encoding, planning
from stages.training.unit import Table, Unit, read_table
from stages.usercode import imports
from stages.winners import packing

N_EXAMPLES = 3  # rows that show what the file takes


def unit_of(run: Run, table: Table, scale: Scale, encoder: ColumnTransformer) -> Unit:
    """What was compared, to be trained on all rows, at the rate and for the epochs of its run."""
    settings = run.settings.model_copy(
        update={
            "seeds": tuple(range(winners.N_NETWORKS)),
            "epochs": run.n_epochs,
            "loss": run.loss,
            "optimizer": run.settings.optimizer.at(run.learning_rate, run.schedule),
            "selected_by": None,
        }
    )
    plan = planning.all_rows(
        table.features,
        encoding.kinds_of(encoder),
        np.empty((len(table.labels), 0)) if table.n_classes else table.labels,
        scale=scale,
        n_seeds=winners.N_NETWORKS,
    )
    return Unit(settings, table, plan)


def inputs_of(rows: pd.DataFrame, encoded: datasets.Encoded) -> list[Input]:
    """What is known of each column from training.

    Args:
        rows: as ``data/raw`` holds them.
        encoded: what they are.
    """
    used = {each.column for each in encoded.treatments if not each.left_out}
    inputs = []
    for column in (each for each in encoded.description.columns if each.name in used):
        low, high = _range(rows[column.name], column)
        inputs.append(
            Input(
                name=column.written or column.name,
                own_name=column.name,
                kind=column.kind,
                form=column.form,
                low=low,
                high=high,
                missing=column.missing,
            )
        )
    return inputs


def _range(values: pd.Series, column: Column) -> tuple[float | None, float | None]:
    if column.kind in ("category", "boolean") or not values.notna().any():
        return None, None
    numbers = encoding.days(values) if column.kind == "date" else values
    return float(numbers.min()), float(numbers.max())


def example(rows: pd.DataFrame, inputs: list[Input]) -> dict[str, list[Any]]:
    """Some rows, by the names of their columns: numbers, booleans and texts; None where a value is missing."""
    return {own.name: [_plain(value, own) for value in rows[own.own_name].head(N_EXAMPLES)] for own in inputs}


def _plain(value: Any, own: Input) -> Any:
    if pd.isna(value):
        return None
    if own.kind == "boolean":
        return bool(value)
    if own.kind in ("category", "date"):
        return str(value)
    return int(value) if value % 1 == 0 else float(value)


def winner_of(unit: Unit, n_networks: int, told: dict[str, Any], *, cells: bool) -> Winner:
    """What the winner of a comparison is.

    Args:
        unit: what was trained.
        n_networks: how many did not fail.
        told: what the report says of it.
        cells: whether some rows may show what it takes.
    """
    settings, scale = unit.settings, unit.plan.to_train
    rows, _ = datasets.read_raw(settings.dataset)
    encoded = datasets.read_encoded(settings.dataset)
    inputs = inputs_of(rows, encoded)
    return Winner(
        settings=settings.model_copy(update={"seeds": settings.seeds[:n_networks]}),
        description=_without_findings(encoded.description),
        inputs=inputs,
        n_inputs=unit.table.features.shape[1],
        n_rows=len(rows),
        recommended=told["recommended"]["why"],
        score=told["headline"],
        expected=told["recommended"]["mean"],
        target_center=scale.target_center[0].tolist(),
        target_spread=scale.target_spread[0].tolist(),
        example=example(rows, inputs) if cells else {},
        requirements=packing.requirements(),
        modules=imports.plain_names() if settings.model else [],
    )


def _without_findings(description: Description) -> Description:
    return replace(description, findings=[])


def units_of(params: Params, losses: dict[str, str], encoders: dict[str, ColumnTransformer]) -> dict[str, Unit]:
    """What to train, by comparison.

    Args:
        params: the parameters.
        losses: by comparison, the loss that is recommended.
        encoders: by comparison, what makes numbers of its rows.
    """
    tables = {
        name: read_table(name, datasets.read_encoded(name).description)
        for name in dict.fromkeys(map(params.dataset_of, losses))
    }
    return {
        name: unit_of(
            runs.read(name, loss),
            tables[params.dataset_of(name)],
            params.datasets[params.dataset_of(name)].scale,
            encoders[name],
        )
        for name, loss in losses.items()
    }


def train(units: dict[str, Unit]) -> dict[str, list[np.ndarray]]:
    """Train units, or take them from the store: of each the weights of the networks that did not fail."""
    every, made = list(units.values()), {}

    async def finish(unit: Unit) -> None:
        made[unit.settings.comparison] = await refit.refit(unit, scheduler.trainer(unit, Tally()))

    with (
        choice.here(every, refit.chunks_of) as executor,
        bars({each.name: planned(each) for each in every}, unit="networks × epochs", heading="to use") as show,
    ):
        scheduler = Scheduler(
            executor,
            store.from_environment(),
            stage="winner",
            on_progress=lambda unit, done: show(unit.name, done),
        )
        scheduler.run([finish(unit) for unit in every])
    return {name: made[name] for name in units}


def main() -> None:
    """Write ``data/winners/<comparison>.pyz`` for every comparison that has a recommended loss."""
    params = load_params()
    told = {name: files.read_json(paths.VERDICTS, stage="report")[name] for name in params.selected()}
    losses = {name: each["recommended"]["loss"] for name, each in told.items() if each["recommended"]}
    encoders = {name: joblib.load(datasets.pipeline_path(name))[0] for name in losses}
    units = units_of(params, losses, encoders)
    trained, lines = train(units), []
    with files.replacing(paths.WINNERS) as folder:
        folder.mkdir()
        for name, weights in trained.items():
            unit, n_networks = units[name], len(weights[0])
            if not n_networks:
                lines.append(f"{name}: none; on all rows every network of {unit.loss.name} failed")
                continue
            winner = winner_of(unit, n_networks, told[name], cells=params.report.cells)
            networks = counted(n_networks, "network")
            packing.pack(folder / winners.path_of(name).name, winner, encoders[name], weights, unit.to_train.scaling)
            lines.append(f"{name}: {unit.loss.name}, {networks} on all {winner.n_rows:,} rows; {winner.recommended}")
    lines += [f"{name}: none; every seed of every loss failed" for name in told if name not in units]
    for line in lines:
        cli.say(f"winner: {line}")
    cli.say(f"winner: for new rows, from {paths.WINNERS}: make predict DATASET=… FILE=…")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
