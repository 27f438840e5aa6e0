"""A dataset as networks can have it: a table's columns as numbers, arrays as they are; written to ``data/scaled``."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.basics import paths
from stages.basics.cli import UserError
from stages.features import encoding, pipelines
from stages.features.channels import Channels
from stages.features.scaling import KnownScaler
from stages.params.division import Scaler
from stages.records import datasets, features
from stages.records.array_facts import inputs_of
from stages.records.datasets import Description, Encoded, Kind, Treatment
from stages.records.plans import Plan


@dataclass(frozen=True)
class Numbers:
    """A dataset of which everything is numbers.

    Attributes:
        rows: the columns that are no features, as ``data/raw`` holds them.
        features: float64 (n_rows, n_inputs) in their own units, of a large table perhaps float32 and mapped to memory;
            or the channels of arrays.
        description: what the dataset is.
        encoder: what makes numbers of a table's columns; None for arrays.
    """

    rows: pd.DataFrame
    features: np.ndarray | Channels
    description: Description
    encoder: encoding.Encoder | None = None

    @property
    def kinds(self) -> list[Kind]:
        """The kind of the column that each input comes from; empty for arrays."""
        return self.encoder.kinds if self.encoder else []

    @property
    def treatments(self) -> list[Treatment]:
        """What was done to each column; empty for arrays."""
        return self.encoder.treatments if self.encoder else []


def write(name: str, method: Scaler) -> Numbers:
    """Make numbers of a dataset and write them.

    Args:
        name: of the dataset.
        method: how its numbers and dates will be scaled.

    Raises:
        UserError: no column is left.
    """
    table, description = datasets.read_raw(name)
    beside = [*description.groups.values(), *filter(None, [description.copies])]
    rows = table[[*datasets.names_of_target(description), *beside]]
    if description.arrays:
        numbers = Numbers(rows, Channels(features.read_raw(name), inputs_of(description.arrays)), description)
        features.write_scaled(name)
        inputs = pd.DataFrame(index=rows.index)
    else:
        try:
            encoder = encoding.fit(table, description.columns, method)
        except UserError as error:
            raise UserError(f"{paths.PARAMS}: datasets.{name}: {error}") from error
        numbers = Numbers(rows, _numbers(name, table, encoder), description, encoder)
        named = datasets.unique(encoder.names, datasets.reserved_names(description))
        in_table = slice(0, 0 if isinstance(numbers.features, np.memmap) else None)
        inputs = pd.DataFrame(numbers.features[:, in_table], columns=named[in_table], copy=False)
    weights = table[description.weight].to_numpy(np.float64) if description.weight else None
    datasets.write_encoded(
        name,
        inputs,
        datasets.labels_of(rows, description),
        Encoded(description, numbers.treatments),
        weights=None if weights is None else weights / weights.mean(),
        costs={name: table[column].to_numpy(np.float64) for name, column in description.costs.items()},
        loss_columns=table[list(description.loss_columns.values())],
    )
    return numbers


def _numbers(name: str, table: pd.DataFrame, encoder: encoding.Encoder) -> np.ndarray:
    """The columns of a table as numbers (n_rows, n_inputs); those of a large one are written to a file of their own."""
    shape = len(table), len(encoder.names)
    features.scaled_path(name).unlink(missing_ok=True)
    if shape[0] * shape[1] <= features.LARGE:
        return encoder.pipeline.transform(table)
    return features.write_large(name, shape, lambda some: encoder.pipeline.transform(table.iloc[some]))


def write_pipeline(name: str, numbers: Numbers, plan: Plan) -> None:
    """Write what makes inputs of rows as ``data/raw`` holds them, scaled as the first seed's, whose model is kept.

    Arrays have no such file: what makes inputs of them are the numbers of the plan.
    """
    if numbers.encoder:
        scaling, split = plan.to_train, plan.split_of[0]
        scaler = KnownScaler(scaling.fill[split], scaling.center[split], scaling.spread[split])
        pipelines.write(name, numbers.encoder.pipeline, scaler)
