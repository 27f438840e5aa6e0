"""The columns of a user's table that say what each row counts, and what it costs to decide it wrongly."""

import numpy as np
import pandas as pd

from stages.basics import paths
from stages.basics.cli import UserError
from stages.params.schema import Params
from stages.scores.costs import columns_of

SMALLEST = float(np.finfo(np.float32).tiny)  # networks calculate with float32; less than this is 0 to them


def check_count(has_target: np.ndarray, key: str) -> None:
    """Refuse a table in which fewer than two rows have a target: bool (n_rows,)."""
    if has_target.sum() < 2:
        count = "is 1 row" if has_target.any() else "are 0 rows"
        raise UserError(f"{key}: there {count} with a target; at least 2 are needed")


def counting(
    weights: pd.Series, has_target: np.ndarray, rows: np.ndarray, key: str, written: pd.Series | None = None
) -> np.ndarray:
    """Which rows have a target and count for something. What weighs 0 next to the others is as good as not there.

    Args:
        weights: (n_rows,) what each row counts.
        has_target: bool (n_rows,).
        rows: (n_rows,) their numbers in the file, from 1.
        key: path of the key ``weight``, for messages about mistakes.
        written: (n_rows,) the same as their file holds them.

    Returns:
        bool (n_rows,).

    Raises:
        UserError: a row with a target has no weight, 0 or more; or fewer than 2 count for something.
    """
    numbers = np.where(has_target, _of_each(weights, has_target, rows, key, "what a row counts", written=written), 0)
    if not numbers.any():
        raise UserError(f"{key}: '{weights.name}' is 0 in every row; some must count for something")
    counting = numbers / numbers.max() >= SMALLEST
    if counting.sum() < 2:
        raise UserError(f"{key}: '{weights.name}' is 0 in all rows but 1, and at least 2 must count for something")
    return counting


def rates(targets: pd.DataFrame, exposure: pd.Series, task: str | None, key: str) -> pd.DataFrame:
    """Targets (n_rows, n_targets) divided by what each row was observed for, which is above 0 where rows are used.

    Raises:
        UserError: they are no numbers, or the parameters say that they are classes.
    """
    others = [name for name, values in targets.items() if not pd.api.types.is_numeric_dtype(values)]
    if task not in (None, "regression") or others:
        what = f"'{others[0]}' is no numbers" if others else f"task: {task} is for classes"
        raise UserError(f"{key}: what is observed for unequal times is a number, and {what}; leave it out")
    by = exposure.where(exposure > 0)
    return targets.apply(lambda values: values.astype(np.float64) / by)


def costs_of(params: Params, dataset: str) -> dict[str, str]:
    """The columns that say what decisions on a dataset cost, and the path of the key that names each."""
    return {
        column: f"{paths.PARAMS}: comparisons.{name}.cost"
        for name, comparison in params.comparisons.items()
        if params.dataset_of(name) == dataset
        for column in columns_of(comparison.cost)
    }


def check_costs(
    costs: pd.Series, kept: np.ndarray, rows: np.ndarray, key: str, written: pd.Series | None = None
) -> None:
    """Check what it costs to decide each row wrongly.

    Args:
        costs: (n_rows,).
        kept: bool (n_rows,), the rows that are used.
        rows: (n_rows,) their numbers in the file, from 1.
        key: path of the key that names the column, for messages about mistakes.
        written: (n_rows,) the same as their file holds them.

    Raises:
        UserError: a row that is used has none, 0 or more; or all are 0.
    """
    if not _of_each(costs, kept, rows, key, "what a decision costs", written=written)[kept].any():
        raise UserError(f"{key}: '{costs.name}' is 0 in every row, so no decision costs anything")


def _of_each(
    values: pd.Series, used: np.ndarray, rows: np.ndarray, key: str, what: str, *, written: pd.Series | None
) -> np.ndarray:
    """A column of which each row that is used, bool (n_rows,), must hold a number, 0 or more: float64 (n_rows,)."""
    if not pd.api.types.is_numeric_dtype(values):
        raise UserError(f"{key}: '{values.name}' is no numbers, and {what} is a number, 0 or more")
    numbers = values.to_numpy(np.float64, na_value=np.nan)
    if first := first_of(used & ~(np.isfinite(numbers) & (numbers >= 0)), numbers, rows, values.name, written):
        raise UserError(f"{key}: {first}; {what} is a number, 0 or more (to leave rows out: drop_rows)")
    return numbers


def first_of(
    bad: np.ndarray, numbers: np.ndarray, rows: np.ndarray, name: object, written: pd.Series | None = None
) -> str | None:
    """Which is the first bad row, bool (n_rows,), and what it holds; None where none is bad.

    Args:
        bad: those that hold no such number as they should.
        numbers: (n_rows,) what they hold.
        rows: (n_rows,) their numbers in the file, from 1.
        name: of the column.
        written: (n_rows,) the same as their file holds them, where also what is infinite to networks stands.
    """
    if not bad.any():
        return None
    at = bad.argmax()
    held = numbers[at] if written is None or not np.isnan(numbers[at]) else written.iloc[at]
    held = "nothing" if pd.isna(held) else held if isinstance(held, str) else f"{held:g}"
    return f"row {rows[at]:,} holds {held} in '{name}'"


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
