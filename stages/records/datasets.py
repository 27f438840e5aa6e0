"""The files of a dataset: what it is, its rows, and its rows split and scaled. They hold facts; words are made later.

- ``data/raw/<dataset>.parquet`` and ``.json``: the rows as they were read or made, and a `Description`.
- ``data/scaled/<dataset>.json``: the description, and a `Fold` for each fold: how the columns were treated.
- ``data/scaled/<dataset>.parquet``: the scaled features, the target and ``part`` (train or test).
- ``data/pipelines/<dataset>.joblib``: the fitted pipeline that scaled the features, for rows of the user's own.

With several folds the last two are ``<dataset>/fold_<k>`` instead, with k from 1.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from stages.basics import files, paths
from stages.losses.loss import Task
from stages.losses.validity import Seen
from stages.records.findings import Finding

PART = "part"

Kind = Literal["number", "boolean", "date", "category", "identifier"]
Values = Literal["values", "texts", "whole numbers", "numbers", "target columns"]
Reason = Literal["identifier", "empty", "constant", "always", "rare"]
Imputed = Literal["median", "most frequent"]
MissingAs = Literal["a category", "rare", "no category"]


@dataclass(frozen=True)
class CsvFormat:
    """How a CSV file is written.

    Attributes:
        delimiter: what stands between the fields, as pandas takes it.
        encoding: of the text.
        decimal: the decimal mark.
        thousands: the mark that groups digits; empty where no column was read so.
        skipped: lines before the heading.
    """

    delimiter: str
    encoding: str
    decimal: str
    thousands: str = ""
    skipped: int = 0


@dataclass(frozen=True)
class Inference:
    """What of a target decided the task: how many different values it has, of what sort, or how many columns."""

    values: Values
    count: int


@dataclass(frozen=True)
class Column:
    """One column to predict from: its name, its kind, and in how many rows it is missing."""

    name: str
    kind: Kind
    missing: int


@dataclass(frozen=True)
class Description:
    """What a dataset is.

    Attributes:
        task: the kind of problem.
        inferred: what of the target decided the task; None where the parameters say it.
        other_tasks: what else the target could be taken for.
        classes: the names of the classes in the order of their indices; empty for values.
        targets: the columns that are predicted, as the source names them.
        files: what was read; empty for a generator.
        csv: how a CSV file was taken to be written; None for Parquet and for a generator.
        n_read: rows read, also those without a target, which are left out.
        columns: the columns to predict from.
        group: the column whose values keep rows together in a split; empty where there is none.
        findings: what is odd about the table and its columns.
    """

    task: Task
    inferred: Inference | None
    other_tasks: list[Task]
    classes: list[str]
    targets: list[str]
    files: list[str]
    csv: CsvFormat | None
    n_read: int
    columns: list[Column]
    group: str = ""
    findings: list[Finding] = field(default_factory=list)

    @property
    def n_targets(self) -> int:
        """Columns that are predicted."""
        return len(self.targets)

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for values."""
        return len(self.classes)


@dataclass(frozen=True)
class Treatment:
    """What was done to one column.

    Attributes:
        column: its name.
        kind: of what it holds.
        n_inputs: how many inputs of the network it became; 0 where it was left out.
        missing: in how many of all rows it is missing.
        left_out: why it is no input: it only tells rows apart (identifier); it holds nothing (empty), one value
            (constant) or one text (always); or each of its texts is rare. None where it is an input.
        value: the text that it always is.
        imputed: what stands for a missing number, date or boolean, where one is missing.
        scaled: the method by which a number or a date is scaled; None where it is not.
        center: of a scaled column: ``value = scaled * scale + center``.
        scale: see `center`.
        n_categories: of a category: different texts in the rows fitted on; that it is missing counts as one.
        n_rare: how many of them are rare, which share one input.
        missing_as: what a missing text is encoded as, where one is missing.
    """

    column: str
    kind: Kind
    n_inputs: int
    missing: int = 0
    left_out: Reason | None = None
    value: str = ""
    imputed: Imputed | None = None
    scaled: str | None = None
    center: float | None = None
    scale: float | None = None
    n_categories: int = 0
    n_rare: int = 0
    missing_as: MissingAs | None = None


@dataclass(frozen=True)
class Fold:
    """One split of a dataset, scaled.

    Attributes:
        n_train: rows that train.
        n_test: rows that test.
        treatments: what was done to each column.
        center: (n_targets,) with `spread`, undoes the target's scaling: ``value = scaled * spread + center``.
        spread: see `center`.
    """

    n_train: int
    n_test: int
    treatments: list[Treatment]
    center: list[float]
    spread: list[float]

    @property
    def n_inputs(self) -> int:
        """Inputs of the network."""
        return sum(treatment.n_inputs for treatment in self.treatments)


@dataclass(frozen=True)
class Scaled:
    """A dataset that is ready to train on: what it is, by which method it was split, and its folds."""

    description: Description
    method: str
    folds: list[Fold]


_DESCRIPTION, _SCALED = TypeAdapter(Description), TypeAdapter(Scaled)


def target_names(n_targets: int) -> list[str]:
    """What the target's columns are called in ``data/raw`` and ``data/scaled``."""
    return ["target"] if n_targets == 1 else [f"target_{i + 1}" for i in range(n_targets)]


def unique(names: list[str], reserved: list[str]) -> list[str]:
    """Names of which each stands once: one that is reserved or stands before gets a number behind it, ``size (2)``."""
    taken, own_names = set(reserved), []
    for name in names:
        own, count = name, 1
        while own in taken:
            count += 1
            own = f"{name} ({count})"
        taken.add(own)
        own_names.append(own)
    return own_names


def write_raw(name: str, table: pd.DataFrame, description: Description) -> None:
    """Write a dataset's rows and what it is."""
    files.write_table(paths.RAW / f"{name}.parquet", table)
    files.write_json(paths.RAW / f"{name}.json", asdict(description))


def read_raw(name: str) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's rows and what it is."""
    description = _read(paths.RAW / f"{name}.json", _DESCRIPTION, stage="generate")
    return files.read_table(paths.RAW / f"{name}.parquet", stage="generate"), description


def scaled_path(name: str, fold: int, n_folds: int) -> Path:
    """The file of one fold's rows (from 0)."""
    return paths.SCALED / f"{_stem(name, fold, n_folds)}.parquet"


def pipeline_path(name: str, fold: int, n_folds: int) -> Path:
    """The file of the pipeline that scaled one fold's features (from 0)."""
    return paths.PIPELINES / f"{_stem(name, fold, n_folds)}.joblib"


def _stem(name: str, fold: int, n_folds: int) -> str:
    return name if n_folds == 1 else f"{name}/fold_{fold + 1}"


def write_scaled(name: str, scaled: Scaled) -> None:
    """Write what a dataset is and how it was scaled, when all its folds are written."""
    files.write_json(paths.SCALED / f"{name}.json", asdict(scaled))


def read_scaled(name: str) -> Scaled:
    """Read what a dataset is and how it was scaled."""
    return _read(paths.SCALED / f"{name}.json", _SCALED, stage="scale")


def read_fold(name: str, scaled: Scaled, fold: int, *, features: bool = True) -> pd.DataFrame:
    """Read the rows of one fold (from 0): features where asked for, target and part."""
    columns = None if features else [*target_names(scaled.description.n_targets), PART]
    return files.read_table(scaled_path(name, fold, len(scaled.folds)), stage="scale", columns=columns)


def features_of(table: pd.DataFrame, description: Description) -> pd.DataFrame:
    """The features of a scaled table."""
    return table.drop(columns=[*target_names(description.n_targets), PART])


def labels_of(table: pd.DataFrame, description: Description, part: str | None = None) -> np.ndarray:
    """The target of a raw or scaled table: (n_rows, n_targets) values, or (n_rows,) class indices.

    Args:
        table: its rows.
        description: what the dataset is.
        part: the part whose rows are wanted, of a scaled table; None for all rows.
    """
    names = target_names(description.n_targets)
    labels = (table if part is None else table.loc[table[PART] == part])[names].to_numpy()
    return labels[:, 0] if description.n_classes else labels


def seen_by_losses(name: str, scaled: Scaled, batch_size: int) -> Iterator[Seen]:
    """What a loss sees of each fold of a dataset: the targets of its train rows."""
    for index, fold in enumerate(scaled.folds):
        rows = read_fold(name, scaled, index, features=False)
        yield seen(rows, fold, scaled.description, batch_size)


def seen(rows: pd.DataFrame, fold: Fold, description: Description, batch_size: int) -> Seen:
    """What a loss sees of the scaled rows of one fold."""
    labels = labels_of(rows, description, "train")
    return Seen(labels, description.task, description.classes, fold.spread, batch_size)


def _read(path: Path, adapter: TypeAdapter, *, stage: str) -> Any:
    """Read a record from JSON that `stage` wrote."""
    value = files.read_json(path, stage=stage)
    with files.reading(path, stage):
        return adapter.validate_python(value)
