"""What a winner's file says: where it comes from, and what training knew of each column."""

from dataclasses import replace
from typing import Any

import pandas as pd

from stages.losses.loss import Loss
from stages.records import datasets
from stages.records.columns import days
from stages.records.datasets import Column, Description, Kind
from stages.records.plans import Part
from stages.records.winners import Input, Recommended, Winner
from stages.scores.families import quantiles
from stages.training.unit import Unit
from stages.usercode import imports
from stages.winners import packing

N_EXAMPLES = 3  # rows that show what the file takes


def inputs_of(rows: pd.DataFrame, encoded: datasets.Encoded) -> list[Input]:
    """What is known of each column from training.

    Args:
        rows: as ``data/raw`` holds them.
        encoded: what they are.
    """
    used = {treatment.column for treatment in encoded.treatments if not treatment.left_out}
    inputs = []
    for column in (column for column in encoded.description.columns if column.name in used):
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
    numbers = days(values) if column.kind == "date" else values
    return float(numbers.min()), float(numbers.max())


def example(rows: pd.DataFrame, winner: Winner) -> dict[str, list[Any]]:
    """Some rows, by the names of their columns: numbers, booleans and texts; None where a value is missing."""
    some, costs = rows.head(N_EXAMPLES), winner.description.costs
    of_inputs = {
        column.name: [_plain(value, column.kind) for value in some[column.own_name]] for column in winner.inputs
    }
    of_costs = {name: [_plain(value, "number") for value in some[costs[name]]] for name in winner.cost_columns}
    if winner.exposure:
        of_costs[winner.exposure] = [_plain(value, "number") for value in some[winner.description.weight]]
    return of_inputs | {name: values for name, values in of_costs.items() if name not in of_inputs}


def _plain(value: Any, kind: Kind) -> Any:
    if pd.isna(value):
        return None
    if kind == "boolean":
        return bool(value)
    if kind in ("category", "date"):
        return str(value)
    return int(value) if value % 1 == 0 else float(value)


def winner_of(unit: Unit, n_networks: int, recommended: Recommended, *, cells: bool) -> Winner:
    """What the winner of a comparison is.

    Args:
        unit: what was trained.
        n_networks: how many did not fail.
        recommended: why its loss was taken.
        cells: whether some rows may show what it takes.
    """
    settings, scale = unit.settings, unit.plan.to_train
    rows, _ = datasets.read_raw(settings.dataset)
    encoded = datasets.read_encoded(settings.dataset)
    inputs = inputs_of(rows, encoded)
    costs = recommended.costs if recommended.calibration else None
    winner = Winner(
        settings=settings.model_copy(update={"seeds": settings.seeds[:n_networks]}),
        description=_without_findings(encoded.description),
        inputs=inputs,
        n_inputs=unit.table.n_inputs,
        n_rows=int((unit.plan.parts == Part.TRAIN).sum()),
        recommended=recommended,
        target_center=scale.target_center[0].tolist(),
        target_spread=scale.target_spread[0].tolist(),
        example={},
        requirements=packing.requirements(encoded.description),
        modules=imports.plain_names() if settings.model else [],
        threshold=recommended.threshold,
        calibration=recommended.calibration,
        costs=costs,
        residuals=recommended.residuals,
        shares=_shares(settings.loss, recommended),
    )
    return replace(winner, example=example(rows, winner)) if cells else winner


def _shares(loss: Loss, recommended: Recommended) -> tuple[float, ...]:
    """The shares of targets below each quantile that is predicted: those of the loss, or of the interval scored."""
    if not loss.output.knows_quantiles and recommended.residuals is None:
        return ()
    return tuple(loss.parameters.get("quantiles") or quantiles.scored_ends(recommended.score))


def _without_findings(description: Description) -> Description:
    return replace(description, findings=[])
