"""Numbers that are infinite to a network, which were taken for missing."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.parsing.column_kinds import LARGEST
from stages.parsing.number_columns import odd, shown
from stages.records.findings import Finding


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets."""
    with_missing = seen.where(seen.of_kind(seen.used, "number"), lambda numbers: np.isnan(numbers).any(axis=0))
    return [each for name in with_missing for each in infinite(seen.written[name], seen.columns[name][0])]


def infinite(written: pd.Series, values: pd.Series) -> list[Finding]:
    """Numbers that are infinite to a network.

    Args:
        written: (n_rows,) the column as it was read.
        values: the same as it is kept.
    """
    if not pd.api.types.is_numeric_dtype(written):
        return []
    if not (np.abs(written.to_numpy(np.float64, na_value=np.nan)) > LARGEST).any():
        return []
    beyond = written[values.isna() & (written.abs() > LARGEST)]
    return [odd("infinite", beyond.map(shown))] if len(beyond) else []
