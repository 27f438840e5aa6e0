"""Which columns of a user's table its parameters mean, and what they say of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from stages.basics import suggest
from stages.basics.cli import UserError
from stages.params.source import EVERY, Table
from stages.parsing import column_names, text_columns
from stages.parsing.dates import as_dates, by_format
from stages.records.datasets import CsvFormat


@dataclass(frozen=True)
class Choice:
    """Columns of a table, by the names that they have there.

    Attributes:
        features: to predict from.
        targets: to predict.
        groups: by the names that splits use, the columns that keep rows together.
        kinds: what the parameters say that some are.
        asked_for: columns that the parameters name as features, or say a kind of, so that they are no identifiers.
        weight: what each row counts; None where all count alike.
    """

    features: list[str]
    targets: list[str]
    groups: dict[str, str]
    kinds: dict[str, str]
    asked_for: set[str]
    weight: str | None = None


def choose(table: pd.DataFrame, source: Table, groups: Mapping[str, str], key: str, *, is_csv: bool) -> Choice:
    """The columns that the parameters mean. Those that group rows are no features, unless they are asked for.

    Args:
        table: its columns.
        source: the parameters.
        groups: columns by which splits keep rows together, and the path of the key that names each.
        key: path of the dataset's key, for messages about mistakes.
        is_csv: whether the delimiter may be to blame.

    Raises:
        UserError: there is no such column, or none to predict from.
    """

    def meant(names: Iterable[str], its_key: str) -> list[str]:
        return [_meant(name, table, its_key, is_csv=is_csv) for name in names]

    targets = meant(source.target, f"{key}.source.target")
    asked_for = meant(source.features or [], f"{key}.source.features")
    dropped = meant(source.drop, f"{key}.source.drop")
    grouping = {name: meant([name], its_key)[0] for name, its_key in groups.items()}
    weight = meant([source.weight] if source.weight else [], f"{key}.source.weight")
    for section in ("missing", "columns", "labels"):
        meant([name for name in getattr(source, section) if name != EVERY], f"{key}.source.{section}")
    left_out = {*targets, *dropped, *weight, *(grouping.values() if source.features is None else [])}
    features = [column for column in asked_for or table.columns if column not in left_out]
    if not features:
        raise UserError(
            f"{key}.source: no column is left to predict from, beside those under target, drop, weight and split; "
            "features: names those to predict from"
        )
    kinds = column_names.by_column(source.columns, table.columns)
    return Choice(list(dict.fromkeys(features)), targets, grouping, kinds, {*asked_for, *kinds}, *weight)


def _meant(name: str, table: pd.DataFrame, key: str, *, is_csv: bool) -> str:
    if (column := column_names.find(name, table.columns)) is not None:
        return column
    shown = list(table.columns[:40]) + ["…"] * (len(table.columns) > 40)
    near = suggest.nearest(name, table.columns)
    alone = "; the delimiter may be wrong, say it with delimiter: beside file:"
    columns = f"Columns: {', '.join(shown)}{alone if is_csv and len(table.columns) == 1 else ''}"
    if is_csv and pd.to_numeric(pd.Series(table.columns, dtype="str"), errors="coerce").notna().all():
        columns += "; these look like a row: header: none beside file: names them column_1, column_2, …"
    raise UserError(f"{key}: '{name}' is not a column{near} {columns}")


def as_said(table: pd.DataFrame, source: Table, kinds: dict[str, str], key: str) -> pd.DataFrame:
    """A table whose columns are what the parameters say that they are, and whose texts are called as they say.

    Args:
        table: as it was read.
        source: the parameters.
        kinds: by column, what the parameters say that it is.
        key: path of the key ``source``, for messages about mistakes.

    Raises:
        UserError: a column cannot be what it is said to be.
    """
    changed = {
        column: _called(table[column], names)
        for column, names in column_names.by_column(source.labels, table.columns).items()
    }
    for column, kind in kinds.items():
        changed[column] = _of_kind(changed.get(column, table[column]), kind, source, key)
    return table.assign(**changed)


def _called(values: pd.Series, names: dict[str, str]) -> pd.Series:
    """Texts called as the parameters say: numbers, where texts are called by numbers and no text is left."""
    texts = values.astype(str).str.strip()
    called = values.mask(texts.isin(names) & values.notna(), texts.map(names))
    old, new = (pd.to_numeric(pd.Series(list(each), dtype="str"), errors="coerce") for each in (names, names.values()))
    if new.isna().any() or not old.isna().any():
        return called
    numbers = pd.to_numeric(called, errors="coerce")
    return called if (numbers.isna() & called.notna()).any() else numbers


def _of_kind(values: pd.Series, kind: str, source: Table, key: str) -> pd.Series:
    if kind == "category":
        return as_texts(values)
    if kind == "number":
        if pd.api.types.is_numeric_dtype(values):
            return values
        texts = as_texts(values).str.strip()
        numbers, _ = text_columns.numbers(texts, CsvFormat(",", "utf-8", source.decimal or "."), forced=True)
        if numbers is not None or not texts.notna().any():
            return values if numbers is None else numbers
        odd = text_columns.no_number(texts)
        raise UserError(
            f"{key}.columns: '{values.name}' is said to be numbers, and row {odd.rows[0]} holds {odd.examples[0]!r}; "
            "category takes texts as they are, and what stands for nothing goes into missing: beside file:"
        )
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    present = as_texts(values).dropna()
    if not len(present):
        return values
    dates = by_format(present, kind) if "%" in kind else as_dates(present)
    if dates is not None:
        return dates.reindex(values.index)
    makes_date = (lambda text: by_format(text, kind)) if "%" in kind else as_dates
    row = next((row for row in range(len(present)) if makes_date(present.iloc[[row]]) is None), 0)
    raise UserError(
        f"{key}.columns: '{values.name}' is said to be dates, and row {present.index[row] + 1} holds "
        f"{present.iloc[row]!r}; a form of dates says how to read them, as in '%d/%m/%Y', and category takes texts "
        "as they are"
    )


def as_texts(values: pd.Series) -> pd.Series:
    """Texts, whole numbers without a decimal point; what is missing stays so."""
    if pd.api.types.is_float_dtype(values) and not (values.dropna() % 1).any():
        values = values.astype("Int64")
    return values.astype(object).where(values.notna(), None).map(str, na_action="ignore").astype("str")
