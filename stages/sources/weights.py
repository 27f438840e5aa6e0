"""The columns of a user's table that say what each row counts, and what it costs to decide it wrongly."""

import numpy as np
import pandas as pd

from stages.basics import paths
from stages.basics.cli import UserError
from stages.params.schema import Params
from stages.scores.costs import columns_of

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


def costs_of(params: Params, dataset: str) -> dict[str, str]:
    """The columns that say what decisions on a dataset cost, and the path of the key that names each."""
    return {
        column: f"{paths.PARAMS}: comparisons.{name}.cost"
        for name, comparison in params.comparisons.items()
        if params.dataset_of(name) == dataset
        for column in columns_of(comparison.cost)
    }


def check_costs(costs: pd.Series, kept: np.ndarray, rows: np.ndarray, key: str) -> None:
    """Check what it costs to decide each row wrongly.

    Args:
        costs: (n_rows,).
        kept: bool (n_rows,), the rows that are used.
        rows: (n_rows,) their numbers in the file, from 1.
        key: path of the key that names the column, for messages about mistakes.

    Raises:
        UserError: a row that is used has none, 0 or more; or all are 0.
    """
    what = "what a decision costs is a number, 0 or more"
    if not pd.api.types.is_numeric_dtype(costs) or pd.api.types.is_bool_dtype(costs):
        raise UserError(f"{key}: '{costs.name}' is no numbers, and {what}")
    numbers = costs.to_numpy(np.float64, na_value=np.nan)
    bad = np.flatnonzero(kept & ~(np.isfinite(numbers) & (numbers >= 0)))
    if len(bad):
        held = "nothing" if np.isnan(numbers[bad[0]]) else f"{numbers[bad[0]]:g}"
        raise UserError(
            f"{key}: row {rows[bad[0]]:,} holds {held} in '{costs.name}'; {what} (to leave rows out: drop_rows)"
        )
    if not numbers[kept].any():
        raise UserError(f"{key}: '{costs.name}' is 0 in every row, so no decision costs anything")


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
