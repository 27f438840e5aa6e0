"""A user's own table: what its columns are, and what is odd about them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import paths
from stages.checks import every
from stages.checks.columns import identifiers
from stages.checks.every import Seen
from stages.checks.rows import copies
from stages.params.schema import Dataset, Split
from stages.params.source import Table
from stages.parsing import readers, reading
from stages.parsing.column_kinds import counts_on
from stages.parsing.readers import Fitted
from stages.parsing.reading import Reading
from stages.records.array_facts import packed
from stages.records.datasets import Column, CsvFormat, Description, Kind, target_names, unique
from stages.records.findings import Finding
from stages.sources import choosing, loss_columns, weights
from stages.sources.choosing import Choice
from stages.sources.target import Target, find_target

COPIES = "different row"  # what the column of ``data/raw`` is called that has one number for all copies of a row


def load(
    name: str,
    dataset: Dataset,
    splits: Mapping[str, Split],
    costs: Mapping[str, str] | None = None,
    for_losses: Mapping[str, str] | None = None,
) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's table, keep columns that are wanted and rows that have a target and count, and describe them.

    Args:
        name: of the dataset, for messages about mistakes.
        dataset: its parameters, whose source is a table.
        splits: how rows are divided, by the key that says so. Columns that group them are no features unless asked for.
        costs: columns that say what decisions cost, and the path of the key that names each.
        for_losses: columns that losses see, in the same way.

    Returns:
        The rows: features; columns that group rows, say what decisions cost, or are for losses; which are copies; and
        the target, in ``target`` (``target_1`` and so on for several columns of values) as values or class indices, of
        several yes/no columns packed. And what they are.
    """
    source, key = dataset.source, f"{paths.PARAMS}: datasets.{name}"
    read, choice, fitted = _chosen(source, splits, key, costs=costs, for_losses=for_losses)
    tidied = {column: each.tidied for column, each in fitted.items()}
    targets = pd.DataFrame({column: _target_values(read.table[column], fitted[column]) for column in choice.targets})
    *unlike, copied = unique([*choice.kept, *loss_columns.called(choice.for_losses), COPIES], _reserved(targets))
    own_names = dict(zip(choice.kept, unlike, strict=False))
    seen_as = dict(zip(choice.for_losses, unlike[len(own_names) :], strict=True))
    # what a column is shows in all rows, so that datasets of one table agree on it whichever target they have
    features = pd.DataFrame({own: tidied[column][0] for column, own in own_names.items()})
    has_target = targets.notna().all(axis=1).to_numpy()
    weights.check_count(has_target, f"{key}.source")
    kept = _kept(choice, tidied, has_target, read, key, costs=costs)
    features = features if kept.all() else features[kept].reset_index(drop=True)
    targets, dataset = _rates(targets, dataset, choice, tidied, key)
    target, lost = _target(targets, dataset, choice, key, kept=kept, left_out=has_target & ~kept)
    columns = _columns(fitted, features, own_names, target, choice)
    if (differ := copies.numbered(features, columns, target.labels)) is not None:
        features[copied] = differ
    seen = {"has_target": has_target, "kept": kept, "lost": lost, "copies": differ}
    findings = _findings(read, fitted, dataset, choice, key, columns=columns, target=target, splits=splits, **seen)
    features = features.assign(**loss_columns.of_table(fitted, choice, seen_as, for_losses, kept=kept, rows=read.rows))
    return features.assign(**_of_target(target)), Description(
        **target.facts(is_said=dataset.known_task is not None),
        targets=source.target,
        files=[path.as_posix() for path in read.files],
        csv=_written(read.written, fitted),
        n_read=len(read.table),
        columns=columns,
        groups={name: own_names[column] for name, column in choice.groups.items()},
        weight=own_names[choice.weight] if choice.weight else None,
        n_weightless=int((has_target & ~kept).sum()),
        copies=None if differ is None else copied,
        forms=_forms(fitted, dict(zip(choice.targets, choice.targets, strict=True)) | choice.costs),
        costs={name: own_names[column] for name, column in choice.costs.items()},
        loss_columns=seen_as,
        findings=findings,
        target_shape=list(target.labels.shape[1:]) if target.are_labels else [],
    )


def _reserved(targets: pd.DataFrame) -> list[str]:
    """What the target may be called in ``data/raw``: several yes/no columns are one there."""
    is_one = pd.Series(targets.to_numpy().ravel()).nunique() <= 2
    return [*target_names(len(targets.columns)), *(target_names(1) if is_one else [])]


def _of_target(target: Target) -> dict[str, Any]:
    """The target as columns of ``data/raw``."""
    if target.are_labels:
        return {target_names(1)[0]: packed(target.labels)}
    columns = np.atleast_2d(target.labels.T)
    return dict(zip(target_names(len(columns)), columns, strict=True))


def _chosen(
    source: Table, splits: Mapping[str, Split], key: str, **named: Mapping[str, str] | None
) -> tuple[Reading, Choice, dict[str, Fitted]]:
    """The table, the columns of it that the parameters mean, and their readers: see `choosing.choose`."""
    read = reading.read(source, f"{key}.source")
    groups = {
        each.column: f"{paths.PARAMS}: {place}.column" for place, each in splits.items() if each.column is not None
    }
    choice = choosing.choose(read.table, source, groups, key, is_csv=read.written is not None, **named)
    return read, choice, choosing.fit_all(read, source, choice, f"{key}.source")


def _kept(
    choice: Choice,
    tidied: Mapping[str, tuple[pd.Series, Kind]],
    has_target: np.ndarray,
    read: Reading,
    key: str,
    *,
    costs: Mapping[str, str] | None,
) -> np.ndarray:
    """Which rows have a target and count for something: bool (n_rows,). What decisions on them cost is checked."""
    kept = has_target
    for weight in choice.weights:
        its_key, written = f"{key}.source.{choice.weight_key}", read.table[weight]
        kept = weights.counting(tidied[weight][0], has_target, read.rows, its_key, written)
    for name, column in choice.costs.items():
        weights.check_costs(tidied[column][0], kept, read.rows, (costs or {})[name], read.table[column])
    return kept


def _forms(fitted: Mapping[str, Fitted], columns: Mapping[str, str]) -> dict[str, str]:
    """How numbers are written in columns, by the names that they are known by, where that is more than digits."""
    return {name: form for name, column in columns.items() if (form := fitted[column].reader.form)}


def _findings(
    read: Reading,
    fitted: dict[str, Fitted],
    dataset: Dataset,
    choice: Choice,
    key: str,
    *,
    columns: list[Column],
    target: Target,
    splits: Mapping[str, Split],
    **of_rows: Any,
) -> list[Finding]:
    """What is odd about the table, with the places in its files, in the order of its columns.

    Args:
        read: the table.
        fitted: the readers of the columns that are used.
        dataset: the parameters.
        choice: what its columns are for.
        key: path of the dataset's key, for messages about mistakes.
        columns: what the features are.
        target: in the rows that are kept.
        splits: how these are divided.
        of_rows: what `Seen` has of rows.
    """
    others = {name: choosing.fit(read, name, dataset.source, {}, key) for name in read.table if name not in fitted}
    every_one = fitted | others
    seen = Seen(
        columns={name: every_one[name].tidied for name in read.table},
        written=read.table,
        features=choice.features,
        uses={name: column.kind for name, column in zip(choice.features, columns, strict=True)},
        targets=choice.targets,
        weight=choice.weight,
        said=set(choice.kinds),
        asked_for=choice.asked_for,
        labels=target.labels,
        n_classes=0 if target.labels.ndim > 1 else len(target.classes),
        copies_apart=dataset.split.copies == "apart",
        methods={split.method for split in splits.values()},
        **of_rows,
    )
    of_readers = [finding for each in fitted.values() for finding in each.findings]
    findings = [*read.findings, *map(read.placed, [*of_readers, *every.find(seen)])]
    order = {name: number for number, name in enumerate(["", *read.table])}
    return sorted(findings, key=lambda each: order[each.column])


def _rates(
    targets: pd.DataFrame, dataset: Dataset, choice: Choice, tidied: Mapping[str, tuple[pd.Series, Kind]], key: str
) -> tuple[pd.DataFrame, Dataset]:
    """Where rows were observed for unequal times the rates, which are values, and the parameters that say so."""
    if not dataset.source.exposure:
        return targets, dataset
    rates = weights.rates(targets, tidied[choice.weight][0], dataset.task, f"{key}.source.exposure")
    return rates, dataset.model_copy(update={"task": "regression"})


def _target(
    targets: pd.DataFrame, dataset: Dataset, choice: Choice, key: str, *, kept: np.ndarray, left_out: np.ndarray
) -> tuple[Target, list[str]]:
    """The target in the rows that are kept, and the classes that only rows have which are left out as they weigh 0."""
    lost = weights.lost(targets, left_out, kept, key)
    as_texts, targets = choice.kinds.get(choice.targets[0]) == "category", targets[kept].reset_index(drop=True)
    settings = {"as_texts": as_texts, "positive": dataset.positive, "order": dataset.order, "period": dataset.period}
    target = find_target(targets, dataset.task, key, **settings)
    return target, lost if target.classes else []


def _written(csv: CsvFormat | None, fitted: dict[str, Fitted]) -> CsvFormat | None:
    """How a CSV file is written, with the mark that groups digits where a column shows it."""
    marks = [each.grouping for each in fitted.values() if each.grouping]
    return replace(csv, thousands=marks[0]) if csv and marks else csv


def _target_values(values: pd.Series, fitted: Fitted) -> pd.Series:
    """A column of the target as it is read: numbers also where they are infinite, and booleans as such."""
    raw = readers.settled(values, fitted.reader)
    if fitted.reader.kind == "boolean":
        return fitted.column.map({1.0: True, 0.0: False})
    is_numeric = pd.api.types.is_numeric_dtype(raw) and not pd.api.types.is_bool_dtype(raw)
    return raw if is_numeric and fitted.reader.kind == "number" else fitted.column


def _columns(
    fitted: dict[str, Fitted], features: pd.DataFrame, own_names: dict[str, str], target: Target, choice: Choice
) -> list[Column]:
    """What the columns to predict from are.

    Args:
        fitted: by column, its reader.
        features: the rows that are kept.
        own_names: by column, its name there.
        target: in the same rows.
        choice: which columns these are.
    """
    columns, missing = [], features.isna().sum()
    for column in choice.features:
        own, values = own_names[column], features[own_names[column]]
        kind = _use(fitted[column].tidied, values, target, is_asked_for=column in choice.asked_for)
        written, form = None if own == column else column, fitted[column].reader.form
        columns.append(Column(own, kind, missing=int(missing[own]), written=written, form=form))
    return columns


def _use(tidied: tuple[pd.Series, Kind], values: pd.Series, target: Target, *, is_asked_for: bool) -> Kind:
    """The kind that a feature is used as.

    Args:
        tidied: its values in all rows, and their kind.
        values: those in rows with a target.
        target: in the same rows.
        is_asked_for: whether the parameters name it, so that it is no identifier.
    """
    every, kind = tidied
    if kind != "identifier":
        return kind
    is_kept = is_asked_for or (not counts_on(every) and identifiers.goes_with(values, target.labels))
    return "number" if is_kept else kind
