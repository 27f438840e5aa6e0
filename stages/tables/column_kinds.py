"""What a table's target and columns are: the task that a target makes, and the kind of each column."""

import contextlib
import re
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.losses.catalogue import Task

FEW_CLASSES = 20  # whole numbers with more different values, or one in a single row, are taken for values
LARGEST = float(np.finfo(np.float32).max)  # networks calculate with float32; what is beyond is infinite to them
_SHOWN = 60  # characters of a value that are told
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_IDENTIFIER_NAME = re.compile(r"(?i:(^|[_\W])(id|uuid|guid|index|key|nr|no)$|^unnamed: 0$)|[a-z]I[dD]$")


@dataclass(frozen=True)
class Target:
    """What to predict.

    Attributes:
        task: the kind of problem.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices.
        classes: the classes' names in the order of their indices; empty for values.
        reason: why the task was taken to be what it is, in words.
        other_tasks: what else the values could be taken for.
    """

    task: Task
    labels: np.ndarray
    classes: list[str]
    reason: str
    other_tasks: list[Task]


def find_target(columns: pd.DataFrame, task: Task | None, key: str) -> Target:
    """Find out what kind of problem a target makes, and encode it.

    Args:
        columns: (n_rows, n_targets), nothing missing.
        task: as the parameters give it; None to find it out.
        key: path of the dataset's key, for what is told of mistakes.
    """
    if columns.shape[1] > 1:
        return _vector(columns, task, key)
    name, values = columns.columns[0], _plain(columns.iloc[:, 0])
    numbers = _numbers(values, key)
    if numbers is None and (pd.api.types.is_datetime64_any_dtype(values) or as_dates(values) is not None):
        raise UserError(f"{key}.source.target: '{name}' holds dates; a target must be numbers or classes")
    counts = values.value_counts()
    distinct = len(counts)
    if distinct == 1:
        raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
    found, reason = _infer(numbers, counts)
    task = task or found
    too_many = distinct > FEW_CLASSES and distinct > len(values) / 2
    possible: dict[Task, bool] = {
        "regression": numbers is not None,
        "binary": distinct == 2,
        "multiclass": not too_many,
    }
    others = [other for other, can_be in possible.items() if can_be and other != task]
    if task == "regression":
        if numbers is None:
            raise UserError(f"{key}.task: '{name}' holds text or booleans; a regression needs numbers")
        return Target(task, numbers[:, None], [], reason, others)
    if task == "binary" and distinct != 2:
        raise UserError(f"{key}.task: '{name}' has {distinct:,} different values; a binary task needs 2")
    if task is None or too_many:
        first = str(values.iloc[0])
        shown = first if len(first) <= _SHOWN else f"{first[:_SHOWN]}…"
        raise UserError(
            f"{key}.source.target: '{name}' has {distinct:,} different values in {len(values):,} rows, "
            f"such as {shown!r}, too many for classes"
        )
    if numbers is not None:
        different, labels = np.unique(values.to_numpy(), return_inverse=True)
        classes = [str(int(value)) if value % 1 == 0 else str(float(value)) for value in different]
    else:
        texts = values.astype(str).to_numpy(object)
        different, labels = np.unique(texts, return_inverse=True)
        classes = [str(value) for value in different]
    return Target(task, labels.astype(np.int64), classes, reason, others)


def _infer(numbers: np.ndarray | None, counts: pd.Series) -> tuple[Task | None, str]:
    """The task that a target's values make, None where they are too many texts, and why.

    Args:
        numbers: (n_rows,) the values; None where they are no numbers.
        counts: (n_different,) in how many rows each value is.
    """
    distinct = len(counts)
    if distinct == 2:
        return "binary", "two different values"
    if numbers is None:
        return (None if distinct > counts.sum() / 2 else "multiclass"), f"{distinct:,} different texts"
    if distinct <= FEW_CLASSES and counts.min() > 1 and not (numbers % 1).any():
        return "multiclass", f"{distinct} different whole numbers"
    return "regression", f"{distinct:,} different numbers"


def _vector(columns: pd.DataFrame, task: Task | None, key: str) -> Target:
    if task not in (None, "regression"):
        raise UserError(f"{key}.task: several target columns make a regression; '{task}' given")
    values = {name: _numbers(_plain(columns[name]), key) for name in columns}
    for name, numbers in values.items():
        if numbers is None:
            raise UserError(f"{key}.source.target: '{name}' is not numbers, and one of several targets must be")
        if not np.ptp(numbers):
            raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
    return Target("regression", np.column_stack(list(values.values())), [], f"{len(values)} target columns", [])


def _plain(values: pd.Series) -> pd.Series:
    """Values without the wrapping that Parquet may give them: a categorical's own, what holds others as text."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    if values.dtype == object:
        values = values.map(_plain_value)
    return values


def _plain_value(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    return str(value) if isinstance(value, (list, dict, np.ndarray)) else value


def _numbers(values: pd.Series, key: str) -> np.ndarray | None:
    """A target's values as float64 (n_rows,); None where they are text or dates."""
    if pd.api.types.is_bool_dtype(values) or not (
        pd.api.types.is_numeric_dtype(values) or values.map(_is_number).all()
    ):
        return None
    numbers = values.to_numpy(np.float64)
    if not (np.abs(numbers) <= LARGEST).all():
        raise UserError(f"{key}.source.target: '{values.name}' has infinite values; mend or remove these rows")
    return numbers


def tidy(values: pd.Series) -> tuple[pd.Series, str]:
    """A column as it is kept, and its kind.

    Returns:
        Numbers (with NaN for what is infinite), booleans as 0 and 1, dates, or texts, missing values
        as they are; and ``number``, ``boolean``, ``date``, ``category`` or ``identifier``.
    """
    if pd.api.types.is_bool_dtype(values):
        return values.astype(np.float64), "boolean"
    values = _plain(values)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _plain_dates(values), "date"
    if pd.api.types.is_timedelta64_dtype(values):
        return values / pd.Timedelta(days=1), "number"
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_complex_dtype(values):
        return _tidy_numbers(values)
    present = values.dropna()
    if len(present) and present.map(lambda value: isinstance(value, (bool, np.bool_))).all():
        return values.astype(np.float64), "boolean"
    if len(present) and present.map(_is_number).all():
        return _tidy_numbers(pd.to_numeric(values.astype(np.float64)))
    texts = values.where(values.isna(), values.astype(str)).astype(object).where(values.notna(), None)
    dates = as_dates(present)
    if dates is not None:
        return _plain_dates(dates.reindex(values.index)), "date"
    return texts.astype("str"), "category"


def _is_number(value: object) -> bool:
    # decimal.Decimal and whole numbers too large for 64 bits come as objects
    return not isinstance(value, (bool, str, bytes)) and hasattr(value, "__float__") and hasattr(value, "__round__")


def _tidy_numbers(values: pd.Series) -> tuple[pd.Series, str]:
    if not (pd.api.types.is_integer_dtype(values) and values.notna().all()):
        values = values.astype(np.float64)
        infinite = np.abs(values.to_numpy()) > LARGEST
        values = values.mask(infinite) if infinite.any() else values
    return values, "identifier" if _is_identifier(values) else "number"


def _is_identifier(values: pd.Series) -> bool:
    """Whether whole numbers only tell rows apart: all differ, and they count on from 0 or 1, or the name says so."""
    present, n_rows = values.dropna(), len(values)
    # whole numbers are floats where some are missing
    whole = pd.api.types.is_integer_dtype(values) or (len(present) < n_rows and not (present % 1).any())
    if not whole or len(present) < 3 or not present.is_unique:
        return False
    ends = (present.iloc[0], present.iloc[-1])
    counts_on = present.is_monotonic_increasing and ends in ((0, n_rows - 1), (1, n_rows))
    return counts_on or bool(_IDENTIFIER_NAME.search(str(values.name)))


def as_dates(texts: pd.Series) -> pd.Series | None:
    """Texts that are all dates as dates; None when they are not."""
    texts = texts.astype(str)
    if not len(texts) or not texts.head(100).str.contains(_DATE).all():
        return None
    orders = ("%d{0}%m{0}%{1}", "%m{0}%d{0}%{1}") if "." in texts.iloc[0] else ("%m{0}%d{0}%{1}", "%d{0}%m{0}%{1}")
    short = [order.format(mark, "y") for order in orders for mark in "./-"]
    first = [{"dayfirst": day} for day in ((True, False) if "." in texts.iloc[0] else (False, True))]
    for how in ({"format": "ISO8601"}, *({"format": form} for form in short), *first):
        with warnings.catch_warnings(), contextlib.suppress(ValueError, OverflowError, UserWarning):
            # where pandas finds no format that all share it warns and takes each by itself, so that day and
            # month may change places
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", "Could not infer format")
            return pd.to_datetime(texts, utc=True, **how)
    return None


def _plain_dates(dates: pd.Series) -> pd.Series:
    """Dates without a time zone, which Parquet keeps the same everywhere."""
    zoned = isinstance(dates.dtype, pd.DatetimeTZDtype)
    return (dates.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else dates).astype("datetime64[us]")
