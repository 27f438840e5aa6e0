"""A user's own table: what its columns are, and what is odd about them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.basics import paths
from stages.basics.cli import UserError
from stages.checks import copies, grouping, oddities, order
from stages.params.schema import Dataset, Split
from stages.parsing import readers, reading
from stages.parsing.column_kinds import counts_on
from stages.parsing.readers import Fitted
from stages.parsing.reading import Reading
from stages.records.datasets import Column, CsvFormat, Description, Kind, target_names, unique
from stages.records.findings import Finding
from stages.sources import choosing, weights
from stages.sources.choosing import Choice
from stages.sources.target import Target, find_target

COPIES = "different row"  # what the column of ``data/raw`` is called that has one number for all copies of a row


def load(name: str, dataset: Dataset, splits: Mapping[str, Split]) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's table, keep the columns that are wanted, and find out what they are.

    Rows without a target, and those that weigh 0, are left out.

    Args:
        name: of the dataset, for messages about mistakes.
        dataset: its parameters, whose source is a table.
        splits: how its rows are divided, by the path of the key that says so. Columns that group rows are no features
            unless asked for.

    Returns:
        The rows: the features; the columns that group rows; where some are copies, which; and the target, in
        ``target`` (``target_1`` and so on for several columns) as values or class indices. And what they are.
    """
    source, key = dataset.source, f"{paths.PARAMS}: datasets.{name}"
    read = reading.read(source, f"{key}.source")
    groups = {each.column: f"{paths.PARAMS}: {place}.column" for place, each in splits.items() if each.column}
    choice = choosing.choose(read.table, source, groups, key, is_csv=read.written is not None)
    fitted = choosing.fit_all(read, source, choice, f"{key}.source")
    tidied = {column: each.tidied for column, each in fitted.items()}
    targets = pd.DataFrame({column: _target_values(read.table[column], fitted[column]) for column in choice.targets})
    names = target_names(len(choice.targets))
    keep = [column for column in fitted if column not in choice.targets or column in choice.groups.values()]
    own_names = dict(zip(keep, unique(keep, names), strict=True))
    # what a column is shows in all rows, so that datasets of one table agree on it whichever target they have
    features = pd.DataFrame({own: tidied[column][0] for column, own in own_names.items()})
    has_target = kept = _with_target(targets, f"{key}.source")
    for weight in choice.weights:
        kept = weights.counting(features[own_names[weight]], has_target, read.rows, f"{key}.source.weight")
    features = features[kept].reset_index(drop=True)
    target, lost = _target(targets, dataset, choice, key, kept=kept, left_out=has_target & ~kept)
    columns, findings = _columns(fitted, tidied, features, own_names, target=target, choice=choice)
    findings = [*(of for each in fitted.values() for of in each.findings), *_of_values(read, tidied, choice), *findings]
    copied = unique([*own_names.values(), COPIES], names)[-1]
    if (differ := copies.find(features, columns, target.labels)) is not None:
        features[copied] = differ
        findings.append(oddities.copied(differ, kept, apart=dataset.split.copies == "apart"))
    others = read.table.columns.difference([*choice.targets, *choice.weights], sort=False)
    every = {name: tidied.get(name) or choosing.fit(read, name, source, {}, key).tidied for name in others}
    findings += _of_order_and_groups(every, kept, choice, target=target, splits=splits, differ=differ)
    findings += oddities.weightless(choice.weight, has_target & ~kept, lost)
    return features.assign(**dict(zip(names, np.atleast_2d(target.labels.T), strict=True))), Description(
        task=target.task,
        inferred=target.inferred if dataset.task is None else None,
        other_tasks=target.other_tasks,
        positive=target.positive,
        classes=target.classes,
        targets=source.target,
        files=[path.as_posix() for path in read.files],
        csv=_written(read.written, fitted),
        n_read=len(read.table),
        columns=columns,
        groups={name: own_names[column] for name, column in choice.groups.items()},
        weight=own_names[choice.weight] if choice.weight else None,
        n_weightless=int((has_target & ~kept).sum()),
        copies=None if differ is None else copied,
        forms={column: form for column in choice.targets if (form := fitted[column].reader.form)},
        findings=_in_order(read, findings),
    )


def _in_order(read: Reading, findings: list[Finding]) -> list[Finding]:
    """What is odd, with the places in the files, in the order of the columns."""
    every, order = [*read.findings, *map(read.placed, findings)], ["", *read.table.columns]
    return sorted(every, key=lambda each: order.index(each.column))


def _with_target(targets: pd.DataFrame, key: str) -> np.ndarray:
    """Which rows have a target: bool (n_rows,)."""
    has_target = targets.notna().all(axis=1).to_numpy()
    if has_target.sum() < 2:
        count = "is 1 row" if has_target.any() else "are 0 rows"
        raise UserError(f"{key}: there {count} with a target; at least 2 are needed")
    return has_target


def _target(
    targets: pd.DataFrame, dataset: Dataset, choice: Choice, key: str, *, kept: np.ndarray, left_out: np.ndarray
) -> tuple[Target, list[str]]:
    """The target in the rows that are kept, and the classes that only rows have which are left out as they weigh 0."""
    lost = weights.lost(targets, left_out, kept, key)
    as_texts, targets = choice.kinds.get(choice.targets[0]) == "category", targets[kept].reset_index(drop=True)
    target = find_target(targets, dataset.task, key, as_texts=as_texts, positive=dataset.positive)
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
    fitted: dict[str, Fitted],
    tidied: dict[str, tuple[pd.Series, Kind]],
    features: pd.DataFrame,
    own_names: dict[str, str],
    *,
    target: Target,
    choice: Choice,
) -> tuple[list[Column], list[Finding]]:
    """What the columns to predict from are, and whether they only tell rows apart or tell the target.

    Args:
        fitted: by column, its reader.
        tidied: by column, its values in all rows, and their kind.
        features: the rows that are kept.
        own_names: by column, its name there.
        target: in the same rows.
        choice: which columns these are.
    """
    columns, findings = [], []
    for column in choice.features:
        own, values = own_names[column], features[own_names[column]]
        kind, odd = _use(tidied[column], values, target, is_asked_for=column in choice.asked_for)
        written, form = None if own == column else column, fitted[column].reader.form
        columns.append(Column(own, kind, missing=int(values.isna().sum()), written=written, form=form))
        findings += [Finding(each, column) for each in odd]
    return columns, findings


def _of_order_and_groups(
    columns: dict[str, tuple[pd.Series, Kind]],
    kept: np.ndarray,
    choice: Choice,
    *,
    target: Target,
    splits: Mapping[str, Split],
    differ: np.ndarray | None,
) -> list[Finding]:
    """Where rows do not stand in the order of time, if a split says so; and which rows belong together, if none does.

    Args:
        columns: by name their values (n_read,) and kinds, but those of the target and of weights.
        kept: bool (n_read,), which rows are kept.
        choice: what the columns are for.
        target: in the rows that are kept.
        splits: how these are divided.
        differ: integers (n_kept,), the same for copies of a row; None without copies.
    """
    methods = {split.method for split in splits.values()}
    if "group" in methods and "first" not in methods:
        return []
    if "first" in methods:
        return order.out_of_order(values[kept] for values, kind in columns.values() if kind == "date")
    first = slice(None) if differ is None else np.unique(differ, return_index=True)[1]
    features = [name for name in choice.features if name in columns]
    rows = np.flatnonzero(kept)[first]
    return grouping.find(columns, features, rows, target.labels[first], len(target.classes))


def _use(tidied: tuple[pd.Series, Kind], values: pd.Series, target: Target, *, is_asked_for: bool) -> tuple[Kind, list]:
    """The kind that a feature is used as, and whether it is an identifier or tells the target all but exactly.

    Args:
        tidied: its values in all rows, and their kind.
        values: those in rows with a target.
        target: in the same rows.
        is_asked_for: whether the parameters name it, so that it is no identifier.
    """
    every, kind = tidied
    odd = []
    if kind == "identifier":
        is_kept = is_asked_for or (not counts_on(every) and oddities.goes_with(values, target.labels))
        odd = [] if is_asked_for else ["kept" if is_kept else "identifier"]
        kind = "number" if is_kept else kind
    # a target that rises with time is no secret
    if kind not in ("identifier", "date") and oddities.tells(values, kind, target.labels):
        odd.append("tells")
    return kind, odd


def _of_values(read: Reading, tidied: dict[str, tuple[pd.Series, Kind]], choice: Choice) -> list[Finding]:
    """What is odd about the values of the features and the target, in all rows."""
    findings = []
    for column in [*choice.features, *choice.targets]:
        (values, kind), written = tidied[column], read.table[column]
        match kind:
            case "number":
                findings += oddities.far(values)
                findings += oddities.infinite(written, values)
                findings += oddities.perhaps_dates(values) if column in choice.features else []
            case "category":
                findings += oddities.alike(values)
                findings += oddities.mixed(values) if column not in choice.kinds else []
            case "date":
                findings += oddities.far(values, written)
                if column not in choice.kinds and pd.api.types.is_string_dtype(written):
                    findings += oddities.dates(written, values)
    return findings
