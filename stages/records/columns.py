"""Facts of columns that more than one stage needs: dates as days, why one is no input, what losses see of them."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.basics import files, paths
from stages.basics.cli import UserError
from stages.records.datasets import Column, Description, Treatment

RARE_SHARE = 0.01  # a text in a smaller share of the rows, or in one row only, is rare


def days(dates: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
    """Dates as days since 1970, NaN where missing."""
    return (dates - pd.Timestamp(0).as_unit("us")) / pd.Timedelta(days=1)


def least_common(n_rows: int) -> int:
    """How many rows a text must be in, not to be rare."""
    return max(2, math.ceil(RARE_SHARE * n_rows))


def screened(values: pd.Series, column: Column) -> Treatment:
    """That a column is left out and why; one that is no input yet, where nothing speaks against it."""
    treatment = Treatment(column.name, column.kind, 0, missing=column.missing)
    if column.kind == "identifier":
        return replace(treatment, left_out="identifier")
    present = values.to_numpy()
    present = present[~pd.isna(present)]
    if not len(present):
        return replace(treatment, left_out="empty")
    if column.kind == "category":
        counts = values.value_counts()
        if len(counts) == 1 and len(present) == len(values):
            return replace(treatment, left_out="always", value=counts.index[0])
        if counts.iloc[0] < least_common(len(values)) and len(counts) > 1:
            return replace(treatment, left_out="rare")
    elif present.min() == present.max():
        return replace(treatment, left_out="constant")
    return treatment


def loss_column_names(name: str, description: Description, columns: Sequence[str]) -> list[str]:
    """The columns of ``data/raw`` and ``data/scaled`` that hold what a loss sees: see `read_loss_columns`.

    Raises:
        UserError: they were written before a loss named one.
    """
    for column in columns:
        if column not in description.loss_columns:
            raise UserError(f"{paths.RAW / name}.parquet does not hold '{column}' for a loss yet; run: dvc repro scale")
    return [description.loss_columns[column] for column in columns]


def read_loss_columns(name: str, description: Description, columns: Sequence[str]) -> np.ndarray:
    """Read what a loss sees of a dataset's table: float32 (n_rows, n_columns).

    Args:
        name: of the dataset.
        description: what it is.
        columns: as the loss names them.
    """
    names = loss_column_names(name, description, columns)
    table = files.read_table(paths.SCALED / f"{name}.parquet", stage="scale", columns=names)
    return table[names].to_numpy(np.float32)
