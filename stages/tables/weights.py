"""The column of a user's table that says what each row counts."""

import numpy as np
import pandas as pd

from stages.basics.cli import UserError


def check(weights: pd.Series, kept: pd.Series, rows: np.ndarray, key: str) -> None:
    """Check that each row has a weight, 0 or more, and that some count for something.

    Args:
        weights: (n_kept,) of the rows that are kept.
        kept: bool (n_read,), which of the rows that were read these are.
        rows: (n_read,) their numbers in the file, from 1.
        key: path of the key ``weight``, for messages about mistakes.

    Raises:
        UserError: one has none.
    """
    if not pd.api.types.is_numeric_dtype(weights):
        raise UserError(f"{key}: '{weights.name}' is no numbers, and what a row counts is one, 0 or more")
    numbers = weights.to_numpy(np.float64, na_value=np.nan)
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if len(bad):
        row, value = rows[np.flatnonzero(kept)[bad[0]]], numbers[bad[0]]
        held = "nothing" if np.isnan(value) else f"{value:g}"
        raise UserError(
            f"{key}: row {row:,} holds {held} in '{weights.name}'; what a row counts is a number, 0 or more "
            "(to leave rows out: drop_rows)"
        )
    if not numbers.any():
        raise UserError(f"{key}: '{weights.name}' is 0 in every row; some must count for something")
