"""The files of a dataset: what it is, its rows, and its rows as numbers. They hold facts; words are made later.

- ``data/raw/<dataset>.parquet`` and ``.json``: the rows as they were read or made, and a `Description`.
- ``data/scaled/<dataset>.parquet`` and ``.json``: the rows as numbers, still in their own units and with what is
  missing left so, then the target; and an `Encoded`. The plan of a comparison holds the numbers that scale them.
- ``data/pipelines/<comparison>.json``: what makes a network's inputs of rows as ``data/raw`` holds them.
- ``data/raw/<dataset>.npy`` and the same in ``data/scaled``: features that are arrays, see `records.features`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from stages.basics import files, paths
from stages.losses.loss import Task
from stages.records.array_facts import ArrayFacts, packed, unpacked
from stages.records.findings import Finding

Kind = Literal["number", "boolean", "date", "category", "identifier"]
Positive = Literal["the rarer", "as said"]
Values = Literal["values", "texts", "whole numbers", "numbers", "target columns", "yes/no columns", "both kinds"]
Reason = Literal["identifier", "empty", "constant", "always", "rare"]
Imputed = Literal["median", "most frequent"]
ScaledBy = Literal["standard", "minmax", "robust"]
MissingAs = Literal["a category", "rare"]


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
    """One column to predict from.

    Attributes:
        name: in ``data/raw``.
        kind: of what it holds.
        missing: in how many rows it is missing.
        written: its name in the file, where that is another.
        form: of dates that are texts how they are written; of times of two parts what the first is; of other
            numbers the unit behind each.
    """

    name: str
    kind: Kind
    missing: int
    written: str | None = None
    form: str | None = None


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
        n_read: rows read, also those left out: without a target, or with one and of the weight 0 (`n_weightless`).
        columns: the columns to predict from.
        groups: by the names that splits use, the columns of ``data/raw`` whose values keep rows together.
        findings: what is odd about the table and its columns.
        positive: why scores of two classes are about class 1, where there is a reason.
        is_ordered: whether the classes stand in an order, from the lowest to the highest.
        weight: the column of ``data/raw`` that says what each row counts; None where all count alike.
        copies: the column of ``data/raw`` that numbers the rows that differ, from 0; None where there are no copies.
        forms: by column of the target and of costs, the unit behind a number or what a time begins with: see `Column`.
        costs: by the names that comparisons use, the columns of ``data/raw`` that say what decisions cost.
        loss_columns: by the names that losses use for it, the columns of ``data/raw`` that they see as numbers.
        arrays: what is predicted from, where that is no columns.
        target_shape: of what is predicted of a row where each of its positions has a target: (height, width) of masks,
            and behind it the number of values where they are no classes; (n_targets,) of labels; empty of one target.
        yes_no: by target that is yes or no beside others that are numbers: what 0 and 1 are called.
        period: after how much values of the target begin anew, as hours after 24, the turn from `turn_begins` on.
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
    groups: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    positive: Positive | None = None
    is_ordered: bool = False
    weight: str | None = None
    n_weightless: int = 0
    copies: str | None = None
    forms: dict[str, str] = field(default_factory=dict)
    costs: dict[str, str] = field(default_factory=dict)
    loss_columns: dict[str, str] = field(default_factory=dict)
    arrays: ArrayFacts | None = None
    target_shape: list[int] = field(default_factory=list)
    yes_no: dict[str, list[str]] = field(default_factory=dict)
    period: float | None = None
    turn_begins: float = 0.0

    @property
    def is_generated(self) -> bool:
        """Whether the rows are a table that a generator of scikit-learn's made."""
        return not self.files and self.arrays is None

    def n_without_target(self, n_rows: int) -> int:
        """Rows that were read and left out because they have no target, where so many are kept."""
        return self.n_read - self.n_weightless - n_rows

    @property
    def n_targets(self) -> int:
        """Values that are predicted: columns, or those of a position."""
        return self.target_shape[-1] if self.target_shape and not self.classes else len(self.targets)

    @property
    def n_classes(self) -> int:
        """Number of classes; 0 for values."""
        return len(self.classes)

    @property
    def has_positions(self) -> bool | Literal["labels"]:
        """Whether each position of a row has a target; or a row several labels, which are yes/no columns."""
        return "labels" if self.classes and len(self.targets) > 1 else bool(self.target_shape)


@dataclass(frozen=True)
class Treatment:
    """What is done to one column.

    Attributes:
        column: its name.
        kind: of what it holds.
        n_inputs: how many inputs of the network it becomes; 0 where it is left out.
        missing: in how many of all rows it is missing.
        left_out: why it is no input: it only tells rows apart (identifier); it holds nothing (empty), one value
            (constant) or one text (always); or each of its texts is rare. None where it is an input.
        value: the text that it always is.
        imputed: what of a split's train rows stands for a missing number, date or boolean, where one is missing.
        scaled: the method by which a number or a date is scaled; None where it is not.
        no_spread: whether by that method it has no spread, so that it is only shifted.
        n_categories: of a category: different texts; that it is missing counts as one.
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
    scaled: ScaledBy | None = None
    n_categories: int = 0
    n_rare: int = 0
    missing_as: MissingAs | None = None
    no_spread: bool = False


@dataclass(frozen=True)
class Encoded:
    """A dataset whose columns are numbers: what it is, and what was done to each column."""

    description: Description
    treatments: list[Treatment]

    @property
    def n_inputs(self) -> int:
        """Inputs of a network."""
        if self.description.arrays:
            return self.description.arrays.n_values
        return sum(treatment.n_inputs for treatment in self.treatments)


_DESCRIPTION, _ENCODED = TypeAdapter(Description), TypeAdapter(Encoded)


def target_names(n_targets: int) -> list[str]:
    """What the target's columns are called in ``data/raw`` and ``data/scaled``."""
    return ["target"] if n_targets == 1 else [f"target_{i + 1}" for i in range(n_targets)]


def names_of_target(description: Description) -> list[str]:
    """The same of a dataset: one where each position of a row has a target, whatever their shape."""
    return target_names(1 if description.target_shape else description.n_targets)


def unique(names: list[str], reserved: list[str]) -> list[str]:
    """Names of which each stands once: one that is reserved or stands before gets a number behind it, ``size (2)``."""
    taken, own_names = set(reserved), []
    for name in names:
        candidate, count = name, 1
        while candidate in taken:
            count += 1
            candidate = f"{name} ({count})"
        taken.add(candidate)
        own_names.append(candidate)
    return own_names


def write_raw(name: str, table: pd.DataFrame, description: Description) -> None:
    """Write a dataset's rows and what it is."""
    files.write_table(paths.RAW / f"{name}.parquet", table)
    files.write_json(paths.RAW / f"{name}.json", _facts(description))


def read_raw(name: str) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's rows and what it is."""
    description = _read(paths.RAW / f"{name}.json", _DESCRIPTION, stage="generate")
    return files.read_table(paths.RAW / f"{name}.parquet", stage="generate"), description


def pipeline_path(comparison: str) -> Path:
    """The file of what makes a network's inputs of rows as ``data/raw`` holds them."""
    return paths.PIPELINES / f"{comparison}.json"


WEIGHT, COST = "weight of the row", "cost of the row: "  # what columns of ``data/scaled`` are called, or begin with


def reserved_names(description: Description) -> list[str]:
    """What no feature is called in ``data/scaled``."""
    costs = [*(f"{COST}{name}" for name in description.costs), *description.loss_columns.values()]
    return [*names_of_target(description), *([WEIGHT] if description.weight else []), *costs]


def write_encoded(
    name: str,
    features: pd.DataFrame,
    labels: np.ndarray,
    encoded: Encoded,
    *,
    weights: np.ndarray | None = None,
    costs: Mapping[str, np.ndarray] | None = None,
    loss_columns: pd.DataFrame | None = None,
) -> None:
    """Write a dataset whose columns are numbers.

    Args:
        name: of the dataset.
        features: float64 (n_rows, n_inputs) in their own units, NaN where missing; no column is called as the target.
        labels: as of `labels_of`.
        encoded: what it is.
        weights: (n_rows,) what each row counts, 1 on average; None where all count alike.
        costs: by the names that comparisons use (n_rows,), what decisions cost.
        loss_columns: (n_rows, n_columns) what losses see of the table; None where they see nothing.
    """
    targets = target_columns(labels, encoded.description) | ({} if weights is None else {WEIGHT: weights})
    targets |= {f"{COST}{column}": values for column, values in (costs or {}).items()}
    targets |= {} if loss_columns is None else dict(loss_columns.items())
    files.write_table(paths.SCALED / f"{name}.parquet", features.assign(**targets))
    treatments = [_without_nothing(asdict(treatment), ("no_spread",)) for treatment in encoded.treatments]
    facts = {"description": _facts(encoded.description), "treatments": treatments}
    files.write_json(paths.SCALED / f"{name}.json", facts)


def read_encoded(name: str, project: Path = paths.HERE) -> Encoded:
    """Read what a dataset of a project's folder is and what was done to its columns."""
    return _read(project / paths.SCALED / f"{name}.json", _ENCODED, stage="scale")


def read_labels(name: str, description: Description, project: Path = paths.HERE) -> np.ndarray:
    """Read the target of a dataset: see `labels_of`."""
    path = project / paths.SCALED / f"{name}.parquet"
    return labels_of(files.read_table(path, stage="scale", columns=names_of_target(description)), description)


def read_weights(name: str, description: Description, project: Path = paths.HERE) -> np.ndarray | None:
    """Read what each row of a dataset counts: float64 (n_rows,), 1 on average; None where all count alike."""
    if description.weight is None:
        return None
    path = project / paths.SCALED / f"{name}.parquet"
    return files.read_table(path, stage="scale", columns=[WEIGHT])[WEIGHT].to_numpy()


def read_costs(name: str, columns: Sequence[str], project: Path = paths.HERE) -> dict[str, np.ndarray]:
    """Read what decisions cost: by the names that comparisons use, float64 (n_rows,)."""
    names, path = [f"{COST}{column}" for column in columns], project / paths.SCALED / f"{name}.parquet"
    rows = files.read_table(path, stage="scale", columns=names) if names else {}
    return {column: rows[name].to_numpy() for column, name in zip(columns, names, strict=True)}


def labels_of(table: pd.DataFrame, description: Description) -> np.ndarray:
    """The target of a table of ``data/raw``: (n_rows, n_targets) values in target units, or (n_rows,) class indices.

    Where each position of a row has a target its axes stand behind that of the rows: int8 (n_rows, …) class indices.
    """
    names, classes = names_of_target(description), bool(description.classes)
    if description.target_shape:
        return unpacked(table[names[0]], description.target_shape, are_classes=classes)
    labels = table[names].to_numpy()
    return labels[:, 0] if classes else labels


def target_columns(labels: np.ndarray, description: Description) -> dict[str, Any]:
    """What `labels_of` gives, as columns of a table."""
    columns = [packed(labels)] if description.target_shape else np.atleast_2d(labels.T)
    return dict(zip(names_of_target(description), columns, strict=True))


def _facts(description: Description) -> dict[str, Any]:
    """A description as it is written: what is not said of rows, of two classes and of columns is not mentioned."""
    rarely = "positive", "is_ordered", "weight", "n_weightless", "copies", "forms", "costs", "loss_columns", "period"
    facts = _without_nothing(asdict(description), (*rarely, "arrays", "target_shape", "yes_no", "turn_begins"))
    return facts | {"columns": [_without_nothing(column, ("written", "form")) for column in facts["columns"]]}


def _without_nothing(facts: dict[str, Any], left_out: tuple[str, ...]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if key not in left_out or value not in (None, 0, {}, [])}


def _read(path: Path, adapter: TypeAdapter, *, stage: str) -> Any:
    """Read a record from JSON that `stage` wrote."""
    value = files.read_json(path, stage=stage)
    with files.reading(path, stage):
        return adapter.validate_python(value)
