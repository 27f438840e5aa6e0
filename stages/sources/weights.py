"""The column of a user's table that says what each row counts."""

import numpy as np
import pandas as pd

from stages.basics.cli import UserError

SMALLEST = float(np.finfo(np.float32).tiny)  # networks calculate with float32; less than this is 0 to them


def counting(weights: pd.Series, has_target: np.ndarray, rows: np.ndarray, key: str) -> np.ndarray:
    """Which rows have a target and count for something. What weighs 0 next to the others is as good as not there.

    Args:
        weights: (n_rows,) what each row counts.
        has_target: bool (n_rows,).
        rows: (n_rows,) their numbers in the file, from 1.
        key: path of the key ``weight``, for messages about mistakes.

    Returns:
        bool (n_rows,).

    Raises:
        UserError: a row with a target has no weight, 0 or more; or fewer than 2 count for something.
    """
    if not pd.api.types.is_numeric_dtype(weights):
        raise UserError(f"{key}: '{weights.name}' is no numbers, and what a row counts is one, 0 or more")
    numbers = weights.to_numpy(np.float64, na_value=np.nan)
    bad = np.flatnonzero(has_target & ~(np.isfinite(numbers) & (numbers >= 0)))
    if len(bad):
        row, value = rows[bad[0]], numbers[bad[0]]
        held = "nothing" if np.isnan(value) else f"{value:g}"
        raise UserError(
            f"{key}: row {row:,} holds {held} in '{weights.name}'; what a row counts is a number, 0 or more "
            "(to leave rows out: drop_rows)"
        )
    numbers = np.where(has_target, numbers, 0)
    if not numbers.any():
        raise UserError(f"{key}: '{weights.name}' is 0 in every row; some must count for something")
    counting = numbers / numbers.max() >= SMALLEST
    if counting.sum() < 2:
        raise UserError(f"{key}: '{weights.name}' is 0 in all rows but 1, and at least 2 must count for something")
    return counting


def lost(targets: pd.DataFrame, left_out: np.ndarray, kept: np.ndarray, key: str) -> list[str]:
    """The values of a target that only rows have which weigh 0.

    Args:
        targets: (n_rows, n_targets).
        left_out: bool (n_rows,), rows with a target that weigh 0.
        kept: bool (n_rows,), those that weigh more.
        key: path of the dataset's key, for messages about mistakes.

    Raises:
        UserError: only one value is left.
    """
    if targets.shape[1] > 1:
        return []
    texts = targets.iloc[:, 0].astype(str).str.strip()
    gone = sorted(set(texts[left_out]) - set(texts[kept]))
    if gone and len(set(texts[kept])) == 1:
        raise UserError(
            f"{key}.source.target: '{targets.columns[0]}' has a single value in the rows that weigh more than 0; "
            "there is nothing to learn"
        )
    return gone
