"""Whether rows stand in the order of time, where a split takes them to do so."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.records.findings import Finding


def find(seen: Seen) -> list[Finding]:
    """Of all columns of dates, where a split takes rows in their order."""
    if "first" not in seen.methods:
        return []
    return out_of_order(values[seen.kept] for values, kind in seen.columns.values() if kind == "date")


def out_of_order(dates: Iterable[pd.Series]) -> list[Finding]:
    """Where dates do not rise with the rows: of the column that falls least often; nothing where one never falls.

    Args:
        dates: columns of dates, (n_rows,) each; the index tells the rows.
    """
    falling: list[tuple[pd.Series, np.ndarray]] = []
    for column in dates:
        present = column.dropna()
        if present.nunique() < 2:
            continue
        falls = np.flatnonzero(np.diff(present.to_numpy()) < np.timedelta64(0))
        if not len(falls):
            return []
        falling.append((present, falls))
    if not falling:
        return []
    present, falls = min(falling, key=lambda each: len(each[1]))
    before, after = present.iloc[falls[0] : falls[0] + 2]
    kind = "newest first" if present.is_monotonic_decreasing else "falls"
    row = int(present.index[falls[0] + 1]) + 1
    return [Finding(kind, str(present.name), [_shown(after), _shown(before)], [row], len(falls))]


def _shown(date: pd.Timestamp) -> str:
    return str(date.date()) if date == date.normalize() else str(date)
