"""A user's own table: reading its files, and finding out what its target and its columns are."""

import bz2
import contextlib
import csv
import glob
import gzip
import lzma
import re
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages import mistakes, paths
from stages.catalogue import Task
from stages.cli import UserError
from stages.datasets import SPLIT, Column, Description, target_names, unique
from stages.schema import Dataset, Table

FEW_CLASSES = 20  # whole numbers with more different values are taken for values
_OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_HEAD = 1 << 16  # characters that are looked at to find out how a CSV file is written
_DELIMITERS = ",;\t|"
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_IDENTIFIER_NAME = re.compile(r"(?i:(^|[_\W])(id|uuid|guid|index|key|nr|no)$|^unnamed: 0$)|[a-z]I[dD]$")


@dataclass(frozen=True)
class Format:
    """How a CSV file is written."""

    delimiter: str
    encoding: str
    decimal: str

    def __str__(self) -> str:
        return f"delimiter {self.delimiter!r}, decimal {self.decimal!r}, {self.encoding}"


def load(name: str, dataset: Dataset) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's table, keep the columns that are wanted, and find out what they are.

    Args:
        name: of the dataset, for what is told of mistakes.
        dataset: its parameters, whose source is a table.

    Returns:
        The features, the column that groups rows where there is one, then ``target``: values
        (``target_1`` and so on for several columns) or class indices; and what was found out. Rows
        without a target are left out.
    """
    source, key = dataset.source, f"{paths.PARAMS}: datasets.{name}"
    table, files, written = read(source, f"{key}.source")
    wanted, group = _choose(table, source, dataset.split.column, key), dataset.split.column
    keep = list(dict.fromkeys([*wanted, *([group] if group else [])]))
    n_read = len(table)
    there = table[source.target].notna().all(axis=1)
    if not there.all():
        table = table[there].reset_index(drop=True)
    if len(table) < 2:
        raise UserError(f"{key}.source: the rows with a target number {len(table)}; at least 2 are needed")
    target = find_target(table[source.target], dataset.task, key)
    columns, tidied = [], {}
    names = target_names(len(source.target))
    own_names = dict(zip(keep, unique(keep, [*names, SPLIT]), strict=True))
    for column, own in own_names.items():
        tidied[own], kind = tidy(table[column])
        if kind == "identifier" and source.features is not None:
            kind = "number"  # asked for by name
        if column in wanted:
            columns.append(Column(own, kind, missing=int(tidied[own].isna().sum())))
    return pd.DataFrame(tidied).assign(**dict(zip(names, np.atleast_2d(target.labels.T), strict=True))), Description(
        task=target.task,
        inferred=target.reason if dataset.task is None else "",
        other_tasks=target.other_tasks,
        classes=target.classes,
        targets=source.target,
        files=[path.as_posix() for path in files],
        written=written,
        n_read=n_read,
        columns=columns,
        group=own_names[group] if group else "",
    )


def read(source: Table, key: str) -> tuple[pd.DataFrame, list[Path], str]:
    """Read the files of a table as one.

    Returns:
        The table, its files, and how CSV files were read, in words; empty for Parquet.
    """
    files = _files(source.file, f"{key}.file")
    tables, formats = [], []
    for path in files:
        if path.suffix in (".parquet", ".pq"):
            tables.append(_read_parquet(path))
        else:
            table, how = _read_csv(path, source)
            tables.append(table)
            formats.append(how)
        columns = list(map(str, tables[-1].columns))
        if twice := [name for name, count in Counter(columns).items() if count > 1]:
            raise UserError(f"{path}: column '{twice[0]}' stands twice; rename one")
        tables[-1].columns = columns
        first = list(tables[0].columns)
        if set(columns) != set(first):
            odd = sorted(set(columns) ^ set(first))
            raise UserError(f"{path} and {files[0]} have different columns; '{odd[0]}' is in one of them only")
    table = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0].reset_index(drop=True)
    return table, files, str(formats[0]) if formats else ""


def _files(pattern: str, key: str) -> list[Path]:
    path = Path(pattern)
    found = [path] if path.is_file() else sorted(map(Path, glob.glob(pattern, recursive=True)))
    found = [file for file in found if file.is_file()]
    if found:
        return found
    there = [file.as_posix() for file in sorted(path.parent.glob("*")) if file.suffix not in ("", ".md", ".dvc")]
    told = mistakes.not_one_of(pattern, there, "there", "Files") if there else f"{pattern} is not there."
    raise UserError(f"{key}: {told}\nA file that is versioned comes with dvc pull; to version one: dvc add {pattern}")


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (ValueError, OSError) as error:
        raise UserError(f"{path} cannot be read as Parquet: {_first_line(error)}") from error


def _read_csv(path: Path, source: Table) -> tuple[pd.DataFrame, Format]:
    try:
        with _OPEN.get(path.suffix, open)(path, "rb") as file:
            head = file.read(_HEAD)
        encodings = [source.encoding] if source.encoding else _encodings(head)
        for encoding in encodings:
            how = sniff(head.decode(encoding, errors="ignore"), encoding, source)
            try:
                return _parse(path, how), how
            except UnicodeDecodeError:
                if encoding == encodings[-1]:
                    raise
    except UnicodeDecodeError as error:
        tried = " or ".join(encodings)
        raise UserError(f"{path} is not {tried} text; say what it is with encoding: beside file:") from error
    except (ValueError, OSError, EOFError, zlib.error, lzma.LZMAError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as CSV: {_first_line(error)}") from error
    raise AssertionError("there is always an encoding to try")


def _encodings(head: bytes) -> list[str]:
    """What a file may be written in: UTF-16 tells itself; what is not UTF-8 is most often Windows'."""
    return ["utf-16"] if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8", "cp1252"]


def _parse(path: Path, how: Format) -> pd.DataFrame:
    expression = len(how.delimiter) > 1 and how.delimiter != r"\s+"
    options = {"engine": "python"} if expression else {"engine": "c", "low_memory": False}
    table = pd.read_csv(path, sep=how.delimiter, decimal=how.decimal, encoding=how.encoding, **options)
    if len(table) and not isinstance(table.index, pd.RangeIndex):
        raise ValueError("its rows have more fields than its heading")
    return table


def sniff(head: str, encoding: str, source: Table) -> Format:
    """How a CSV file is written: as its source says, and as its first lines tell where it does not.

    The delimiter is the one that cuts the lines into the most fields, as many in (almost) each. The
    decimal mark is a comma where more fields are whole numbers around a comma than around a point.
    """
    lines = head.splitlines()
    lines = lines[: max(len(lines) - 1, 1)][:200]
    delimiter = source.delimiter
    if delimiter is None:
        delimiter = max(_DELIMITERS, key=lambda mark: _fields(lines, mark))
    decimal = source.decimal
    if decimal is None:
        rows = [line.split(delimiter) for line in lines[1:]] if len(delimiter) == 1 else []
        marks = Counter(
            match[1] for row in rows for field in row if (match := re.fullmatch(r'\s*"?[-+]?\d+([.,])\d+"?\s*', field))
        )
        decimal = "," if delimiter != "," and marks[","] > marks["."] else "."
    return Format(delimiter, encoding, decimal)


def _fields(lines: list[str], delimiter: str) -> int:
    """How many fields a delimiter cuts lines into; 0 where they disagree."""
    counts = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
    if not counts:
        return 0
    fields, agreeing = counts.most_common(1)[0]
    return fields if agreeing >= 0.9 * counts.total() else 0


def _choose(table: pd.DataFrame, source: Table, group: str | None, key: str) -> list[str]:
    """The columns to predict from: not the one that groups rows, unless it is asked for."""
    _check_columns(source.target, table, f"{key}.source.target")
    _check_columns(source.features or [], table, f"{key}.source.features")
    _check_columns(source.drop, table, f"{key}.source.drop")
    _check_columns([group] if group else [], table, f"{key}.split.column")
    left_out = {*source.target, *source.drop, *([group] if source.features is None else [])}
    chosen = [column for column in source.features or table.columns if column not in left_out]
    if not chosen:
        raise UserError(f"{key}.source: no column is left to predict from")
    return list(dict.fromkeys(chosen))


def _check_columns(names: Iterable[str], table: pd.DataFrame, key: str) -> None:
    for name in names:
        if name not in table.columns:
            shown = list(table.columns[:40]) + ["…"] * (len(table.columns) > 40)
            near = mistakes.nearest(name, table.columns)
            raise UserError(f"{key}: '{name}' is not a column{near} Columns: {', '.join(shown)}")


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
    name, values = columns.columns[0], columns.iloc[:, 0]
    numbers = _numbers(values)
    distinct = values.nunique() if numbers is None else len(np.unique(numbers))
    if distinct == 1:
        raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
    found, reason = _infer(numbers, distinct, len(values))
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
            raise UserError(f"{key}.task: '{name}' holds text or dates; a regression needs numbers")
        return Target(task, numbers[:, None], [], reason, others)
    if task == "binary" and distinct != 2:
        raise UserError(f"{key}.task: '{name}' has {distinct:,} different values; a binary task needs 2")
    if task is None or too_many:
        raise UserError(
            f"{key}.source.target: '{name}' has {distinct:,} different values in {len(values):,} rows, "
            "too many for classes"
        )
    if numbers is not None:
        different, labels = np.unique(numbers, return_inverse=True)
        classes = [f"{value:.15g}" for value in different]
    else:
        texts = values.astype(str).to_numpy(object)
        different, labels = np.unique(texts, return_inverse=True)
        classes = [str(value) for value in different]
    return Target(task, labels.astype(np.int64), classes, reason, others)


def _infer(numbers: np.ndarray | None, distinct: int, n_rows: int) -> tuple[Task | None, str]:
    """The task that a target's values make, None where they are too many texts, and why."""
    if distinct == 2:
        return "binary", "two different values"
    if numbers is None:
        return (None if distinct > n_rows / 2 else "multiclass"), f"{distinct:,} different texts"
    if distinct <= FEW_CLASSES and not (numbers % 1).any():
        return "multiclass", f"{distinct} different whole numbers"
    return "regression", f"{distinct:,} different numbers"


def _vector(columns: pd.DataFrame, task: Task | None, key: str) -> Target:
    if task not in (None, "regression"):
        raise UserError(f"{key}.task: several target columns make a regression; '{task}' given")
    values = {name: _numbers(columns[name]) for name in columns}
    for name, numbers in values.items():
        if numbers is None:
            raise UserError(f"{key}.source.target: '{name}' is not numbers, and one of several targets must be")
        if not np.ptp(numbers):
            raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
    return Target("regression", np.column_stack(list(values.values())), [], f"{len(values)} target columns", [])


def _numbers(values: pd.Series) -> np.ndarray | None:
    """A target's values as float64 (n_rows,); None where they are text or dates."""
    if pd.api.types.is_bool_dtype(values) or not (
        pd.api.types.is_numeric_dtype(values) or values.map(_is_number).all()
    ):
        return None
    numbers = values.to_numpy(np.float64)
    if not np.isfinite(numbers).all():
        raise UserError(f"{paths.PARAMS}: '{values.name}', the target, has infinite values; mend or remove these rows")
    return numbers


def tidy(values: pd.Series) -> tuple[pd.Series, str]:
    """A column as it is kept, and its kind.

    Returns:
        Numbers (with NaN for what is infinite), booleans as 0 and 1, dates, or texts, missing values
        as they are; and ``number``, ``boolean``, ``date``, ``category`` or ``identifier``.
    """
    if pd.api.types.is_bool_dtype(values):
        return values.astype(np.float64), "boolean"
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
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
    dates = _dates(present)
    if dates is not None:
        return _plain_dates(dates.reindex(values.index)), "date"
    return texts.astype("str"), "category"


def _is_number(value: object) -> bool:
    # decimal.Decimal and whole numbers too large for 64 bits come as objects
    return not isinstance(value, (bool, str, bytes)) and hasattr(value, "__float__") and hasattr(value, "__round__")


def _tidy_numbers(values: pd.Series) -> tuple[pd.Series, str]:
    if pd.api.types.is_integer_dtype(values) and values.notna().all():
        return values, "identifier" if _is_identifier(values) else "number"
    numbers = values.astype(np.float64)
    infinite = np.isinf(numbers.to_numpy())
    return (numbers.mask(infinite) if infinite.any() else numbers), "number"


def _is_identifier(values: pd.Series) -> bool:
    """Whether whole numbers only tell rows apart: all differ, and they count on, or the name says so."""
    if not values.is_unique or len(values) < 3:
        return False
    counts_on = values.is_monotonic_increasing and int(values.max()) - int(values.min()) == len(values) - 1
    return counts_on or bool(_IDENTIFIER_NAME.search(str(values.name)))


def _dates(texts: pd.Series) -> pd.Series | None:
    """Texts that are all dates as dates; None when they are not."""
    texts = texts.astype(str)
    if not len(texts) or not texts.head(100).str.contains(_DATE).all():
        return None
    for how in ({"format": "ISO8601"}, {}, {"dayfirst": True}):
        with warnings.catch_warnings(), contextlib.suppress(ValueError, OverflowError):
            warnings.simplefilter("ignore")  # pandas tells that it guesses the format
            return pd.to_datetime(texts, utc=True, **how)
    return None


def _plain_dates(dates: pd.Series) -> pd.Series:
    """Dates without a time zone, which Parquet keeps the same everywhere."""
    zoned = isinstance(dates.dtype, pd.DatetimeTZDtype)
    return (dates.dt.tz_convert("UTC").dt.tz_localize(None) if zoned else dates).astype("datetime64[us]")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
