"""A user's own table: which columns of it are wanted, and what they are."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.params.schema import Dataset
from stages.params.source import Table
from stages.records.datasets import PART, Column, Description, target_names, unique
from stages.tables import reading
from stages.tables.column_kinds import tidy
from stages.tables.target import find_target


def load(name: str, dataset: Dataset) -> tuple[pd.DataFrame, Description]:
    """Read a dataset's table, keep the columns that are wanted, and find out what they are.

    Rows without a target are left out.

    Args:
        name: of the dataset, for messages about mistakes.
        dataset: its parameters, whose source is a table.

    Returns:
        The rows: the features; the column that groups rows, where there is one; and the target, in
        ``target`` (``target_1`` and so on for several columns) as values or class indices. And what they are.
    """
    source, key = dataset.source, f"{paths.PARAMS}: datasets.{name}"
    read = reading.read(source, f"{key}.source")
    table, files, csv_format = read.table, read.files, read.written
    group = dataset.split.column
    wanted = _choose(table, source, group, key, is_csv=csv_format is not None)
    keep = list(dict.fromkeys([*wanted, *([group] if group is not None else [])]))
    names = target_names(len(source.target))
    own_names = dict(zip(keep, unique(keep, [*names, PART]), strict=True))
    # what a column is shows in all rows, so that datasets of one table agree on it whichever target they have
    tidied = {own: tidy(table[column]) for column, own in own_names.items()}
    features = pd.DataFrame({own: values for own, (values, _) in tidied.items()})
    targets, n_read = table[source.target], len(table)
    has_target = targets.notna().all(axis=1)
    if not has_target.all():
        features, targets = (rows[has_target].reset_index(drop=True) for rows in (features, targets))
    if len(targets) < 2:
        count = "is 1 row" if len(targets) else "are 0 rows"
        raise UserError(f"{key}.source: there {count} with a target; at least 2 are needed")
    target = find_target(targets, dataset.task, key)
    columns = []
    for column in wanted:
        own, kind = own_names[column], tidied[own_names[column]][1]
        if kind == "identifier" and source.features is not None:
            kind = "number"  # asked for by name
        columns.append(Column(own, kind, missing=int(features[own].isna().sum())))
    return features.assign(**dict(zip(names, np.atleast_2d(target.labels.T), strict=True))), Description(
        task=target.task,
        inferred=target.inferred if dataset.task is None else None,
        other_tasks=target.other_tasks,
        classes=target.classes,
        targets=source.target,
        files=[path.as_posix() for path in files],
        csv=csv_format,
        n_read=n_read,
        columns=columns,
        group=own_names[group] if group is not None else "",
    )


def _choose(table: pd.DataFrame, source: Table, group: str | None, key: str, *, is_csv: bool) -> list[str]:
    """The columns to predict from: not the one that groups rows, unless it is asked for."""
    _check_columns(source.target, table, f"{key}.source.target", is_csv=is_csv)
    _check_columns(source.features or [], table, f"{key}.source.features", is_csv=is_csv)
    _check_columns(source.drop, table, f"{key}.source.drop", is_csv=is_csv)
    _check_columns([group] if group is not None else [], table, f"{key}.split.column", is_csv=is_csv)
    left_out = {*source.target, *source.drop, *([group] if source.features is None else [])}
    chosen = [column for column in source.features or table.columns if column not in left_out]
    if not chosen:
        raise UserError(f"{key}.source: no column is left to predict from")
    return list(dict.fromkeys(chosen))


def _check_columns(names: Iterable[str], table: pd.DataFrame, key: str, *, is_csv: bool) -> None:
    for name in names:
        if name not in table.columns:
            shown = list(table.columns[:40]) + ["…"] * (len(table.columns) > 40)
            near = suggest.nearest(name, table.columns)
            alone = "; the delimiter may be wrong, say it with delimiter: beside file:"
            columns = f"Columns: {', '.join(shown)}{alone if is_csv and len(table.columns) == 1 else ''}"
            raise UserError(f"{key}: '{name}' is not a column{near} {columns}")
