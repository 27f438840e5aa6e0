"""The files of a dataset: what it is, its rows, and its rows split and scaled.

- ``data/raw/<dataset>.parquet`` and ``.json``: the rows as they were read or made, and a `Description`.
- ``data/scaled/<dataset>.json``: the description, and a `Fold` for each fold: how the columns were treated.
- ``data/scaled/<dataset>.parquet``: the scaled features, the target and ``part`` (train or
  test); and ``.joblib``: the fitted pipeline that scaled the features. With several folds these two are
  ``data/scaled/<dataset>/fold_<k>.parquet`` and ``.joblib``, with k from 1.
"""

import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import files, paths
from stages.losses.catalogue import Task

PART = "part"
SHOWN_CLASSES = 5  # more are not named where a task is told


@dataclass(frozen=True)
class Column:
    """One column to predict from: its name, its kind, and in how many rows it is missing."""

    name: str
    kind: str
    missing: int


@dataclass(frozen=True)
class Description:
    """What a dataset is.

    Attributes:
        task: the kind of problem.
        inferred: why it was taken for that, in words; empty where the parameters say it.
        other_tasks: what else the target could be taken for.
        classes: the names of the classes in the order of their indices; empty for values.
        targets: the columns that are predicted, as the source names them.
        files: what was read; empty for a generator.
        written: how a CSV file was taken to be written, in words.
        n_read: rows read, also those without a target, which are left out.
        columns: the columns to predict from.
        group: the column whose values keep rows together in a split; empty where there is none.
    """

    task: Task
    inferred: str
    other_tasks: list[Task]
    classes: list[str]
    targets: list[str]
    files: list[str]
    written: str
    n_read: int
    columns: list[Column]
    group: str = ""

    @property
    def n_targets(self) -> int:
        """Columns that are predicted."""
        return len(self.targets)

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for values."""
        return len(self.classes)

    def inference(self, name: str) -> str:
        """In words: why the task of a dataset was taken to be what it is, and what to write for another."""
        some = [textwrap.shorten(name, 40, placeholder="…") for name in self.classes[:SHOWN_CLASSES]]
        more = ", …" * (len(self.classes) > SHOWN_CLASSES)
        classes = f" ({', '.join(some)}{more})" if some else ""
        told = f"{' and '.join(self.targets)}: {self.inferred}{classes}, so the task is {self.task}"
        return f"{told} ({self.override(name)})" if self.other_tasks else told

    def override(self, name: str) -> str:
        """In words: what to write for another task."""
        return f"for another: task: {' or '.join(self.other_tasks)} under datasets.{name} in {paths.PARAMS}"


@dataclass(frozen=True)
class Treatment:
    """What was done to one column.

    Attributes:
        column: its name.
        kind: number, boolean, date, category or identifier.
        done: what was done to it, in words.
        n_inputs: how many inputs of the network it became; 0 where it was left out.
        center: of a scaled column: ``value = scaled * scale + center``.
        scale: see `center`.
    """

    column: str
    kind: str
    done: str
    n_inputs: int
    center: float | None = None
    scale: float | None = None


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


def target_names(n_targets: int) -> list[str]:
    """What the target's columns are called in ``data/raw`` and ``data/scaled``."""
    return ["target"] if n_targets == 1 else [f"target_{i + 1}" for i in range(n_targets)]


def unique(names: list[str], reserved: list[str]) -> list[str]:
    """The names, with a number behind those that are reserved or stand before."""
    taken, found = set(reserved), []
    for name in names:
        own, count = name, 1
        while own in taken:
            count += 1
            own = f"{name} ({count})"
        taken.add(own)
        found.append(own)
    return found


def write_raw(name: str, table: pd.DataFrame, description: Description) -> None:
    """Write a dataset's rows and what it is."""
    files.write_table(paths.RAW / f"{name}.parquet", table)
    files.write_json(paths.RAW / f"{name}.json", asdict(description))


def read_raw(name: str) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's rows and what it is."""
    described = files.read_json(paths.RAW / f"{name}.json", stage="generate")
    table = files.read_table(paths.RAW / f"{name}.parquet", stage="generate")
    with files.reading(paths.RAW / f"{name}.json", "generate"):
        return table, _description(described)


def scaled_path(name: str, fold: int, n_folds: int, ending: str = "parquet") -> Path:
    """The file of one fold (from 0)."""
    return paths.SCALED / (f"{name}.{ending}" if n_folds == 1 else f"{name}/fold_{fold + 1}.{ending}")


def write_scaled(name: str, scaled: Scaled) -> None:
    """Write what a dataset is and how it was scaled, when all its folds are written."""
    files.write_json(paths.SCALED / f"{name}.json", asdict(scaled))


def read_scaled(name: str) -> Scaled:
    """Read what a dataset is and how it was scaled."""
    path = paths.SCALED / f"{name}.json"
    described = files.read_json(path, stage="scale")
    with files.reading(path, "scale"):
        folds = [
            Fold(**fold | {"treatments": [Treatment(**each) for each in fold["treatments"]]})
            for fold in described["folds"]
        ]
        return Scaled(_description(described["description"]), described["method"], folds)


def read_fold(name: str, scaled: Scaled, fold: int, *, features: bool = True) -> pd.DataFrame:
    """Read the rows of one fold (from 0): features where asked for, target and part."""
    columns = None if features else [*target_names(scaled.description.n_targets), PART]
    return files.read_table(scaled_path(name, fold, len(scaled.folds)), stage="scale", columns=columns)


def features_of(table: pd.DataFrame, description: Description) -> pd.DataFrame:
    """The features of a scaled table."""
    return table.drop(columns=[*target_names(description.n_targets), PART])


def labels_of(table: pd.DataFrame, description: Description) -> np.ndarray:
    """The target of a raw or scaled table: (n_rows, n_targets) values, or (n_rows,) class indices."""
    labels = table[target_names(description.n_targets)].to_numpy()
    return labels[:, 0] if description.n_classes else labels


def _description(described: dict[str, Any]) -> Description:
    return Description(**described | {"columns": [Column(**column) for column in described["columns"]]})
