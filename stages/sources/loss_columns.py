"""Columns of a user's table that losses of the user's own see beside targets and outputs, as numbers."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.params.schema import Params
from stages.parsing.readers import Fitted
from stages.records.columns import days
from stages.sources import weights
from stages.sources.choosing import Choice

LARGEST = 2**24  # up to this float32, in which networks calculate, tells whole numbers apart


def keys_of(params: Params, dataset: str) -> dict[str, str]:
    """The columns of a dataset that losses see, and the path of the key that names each first."""
    keys: dict[str, str] = {}
    for comparison in (name for name in params.comparisons if params.dataset_of(name) == dataset):
        for index, loss in enumerate(params.setup(comparison).losses):
            key = f"{paths.PARAMS}: comparisons.{comparison}.losses[{index}].columns"
            keys = dict.fromkeys(loss.columns or (), key) | keys
    return keys


def called(names: Iterable[str]) -> list[str]:
    """What columns that losses see are called in ``data/raw``."""
    return [f"{name} for losses" for name in names]


def of_generator(table: pd.DataFrame, keys: Mapping[str, str]) -> tuple[pd.DataFrame, dict[str, str]]:
    """Rows that a generator made with the columns that losses see, and what these are called, by the names used.

    Raises:
        UserError: there is no such column.
    """
    features = list(table.columns.drop("target"))
    for name in keys:
        if name not in features:
            raise UserError(f"{keys[name]}: {suggest.not_one_of(name, features, 'a column', 'Columns')}")
    seen_as = dict(zip(keys, called(keys), strict=True))
    return table.assign(**{called_so: table[name] for name, called_so in seen_as.items()}), seen_as


def of_table(
    fitted: Mapping[str, Fitted],
    choice: Choice,
    seen_as: Mapping[str, str],
    keys: Mapping[str, str] | None,
    *,
    kept: np.ndarray,
    rows: np.ndarray,
) -> dict[str, np.ndarray]:
    """What losses see in the rows that are kept: by what the columns are called there (n_kept,) numbers.

    Args:
        fitted: by column, its reader.
        choice: which columns these are.
        seen_as: by the names that losses use, what the columns are called.
        keys: by the same names, the path of the key that names each.
        kept: bool (n_rows,).
        rows: (n_rows,) their numbers in the file, from 1.

    Raises:
        UserError: a row holds no finite number.
    """
    return {
        seen_as[name]: _numbers(fitted[column].tidied[0][kept], column, rows[kept], (keys or {})[name])
        for name, column in choice.for_losses.items()
    }


def _numbers(values: pd.Series, column: str, rows: np.ndarray, key: str) -> np.ndarray:
    """Numbers as they are, dates as days since 1970, of texts their place in alphabetical order, from 0."""
    if pd.api.types.is_datetime64_any_dtype(values):
        numbers = days(values).to_numpy(np.float64)
    elif pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
    else:
        codes, _ = pd.factorize(values, sort=True)
        numbers = np.where(codes < 0, np.nan, codes)
    if first := weights.first_of(~np.isfinite(numbers), numbers, rows, column):
        raise UserError(f"{key}: {first}, and a loss needs a number of every row (to leave rows out: drop_rows)")
    if len(numbers) and (numbers % 1 == 0).all() and np.abs(numbers).max() > LARGEST:
        raise UserError(
            f"{key}: '{column}' holds whole numbers above {LARGEST:,}, which networks do not tell apart (float32); "
            f"if they are names of something, say so: columns: {{{column}: category}} beside file:"
        )
    return numbers
