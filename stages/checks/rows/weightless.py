"""Rows that weigh 0, which were left out."""

import numpy as np

from stages.checks.every import Seen
from stages.records.findings import SHOWN_ROWS, Finding


def find(seen: Seen) -> list[Finding]:
    """In the column that says what each row counts."""
    return weightless(seen.weight, seen.has_target & ~seen.kept, seen.lost)


def weightless(weight: str | None, left_out: np.ndarray, classes: list[str]) -> list[Finding]:
    """Rows that weigh 0.

    Args:
        weight: the column that says what each row counts, where there is one.
        left_out: bool (n_rows,), which weigh 0.
        classes: those that no other row has.
    """
    rows = np.flatnonzero(left_out) + 1
    return [Finding("weightless", weight or "", classes, rows[:SHOWN_ROWS].tolist(), len(rows))] if len(rows) else []
