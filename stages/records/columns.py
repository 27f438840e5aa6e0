"""Facts of one column that more than one stage needs: its dates as days, and why it is no input."""

import math
from dataclasses import replace

import pandas as pd

from stages.records.datasets import Column, Treatment

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
