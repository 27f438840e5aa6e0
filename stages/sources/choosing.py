"""Which columns of a user's table its parameters mean, and what they say of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from stages.basics import suggest
from stages.basics.cli import UserError
from stages.params.source import EVERY, Table
from stages.parsing import column_names, readers
from stages.parsing.column_kinds import Texts
from stages.parsing.readers import Fitted
from stages.parsing.reading import Reading

_FIRST = 10  # rows of which one may be the heading


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
        weight_key: the key that names it.
        costs: by the names that comparisons use, the columns that say what decisions cost. They may be features too.
        for_losses: by the names that losses use, the columns that these see. They may be features too.
    """

    features: list[str]
    targets: list[str]
    groups: dict[str, str]
    kinds: dict[str, str]
    asked_for: set[str]
    weight: str | None = None
    weight_key: str = "weight"
    costs: dict[str, str] = field(default_factory=dict)
    for_losses: dict[str, str] = field(default_factory=dict)

    @property
    def kept(self) -> list[str]:
        """The columns that are kept beside the target, as they are read."""
        columns = dict.fromkeys([*self.features, *self.groups.values(), *self.weights, *self.costs.values()])
        return [column for column in columns if column not in {*self.targets} - {*self.groups.values()}]

    @property
    def weights(self) -> list[str]:
        """The column that says what each row counts, where there is one."""
        return [] if self.weight is None else [self.weight]


def choose(
    table: pd.DataFrame,
    source: Table,
    groups: Mapping[str, str],
    key: str,
    *,
    is_csv: bool,
    costs: Mapping[str, str] | None = None,
    for_losses: Mapping[str, str] | None = None,
) -> Choice:
    """The columns that the parameters mean. Those that group rows are no features, unless they are asked for.

    Args:
        table: its columns.
        source: the parameters.
        groups: columns by which splits keep rows together, and the path of the key that names each.
        key: path of the dataset's key, for messages about mistakes.
        is_csv: whether the delimiter may be to blame.
        costs: columns that say what decisions cost, and the path of the key that names each.
        for_losses: columns that losses see, in the same way.

    Raises:
        UserError: there is no such column, or none to predict from.
    """

    def meant(names: Iterable[str], its_key: str) -> list[str]:
        return [_meant(name, table, its_key, is_csv=is_csv) for name in names]

    def named(keys: Mapping[str, str] | None) -> dict[str, str]:
        return {name: _meant(name, table, its_key, is_csv=is_csv) for name, its_key in (keys or {}).items()}

    targets = meant(source.target, f"{key}.source.target")
    asked_for = meant(source.features or [], f"{key}.source.features")
    dropped = meant(source.drop, f"{key}.source.drop")
    its_key = "exposure" if source.exposure else "weight"
    weight = meant([source.counts] if source.counts else [], f"{key}.source.{its_key}")
    grouping, costing, seen = map(named, (groups, costs, for_losses))
    for name in (name for name, column in seen.items() if column in targets):
        raise UserError(f"{for_losses[name]}: '{name}' is the target, which y_true holds; allowed: other columns")
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
    return Choice(
        features=list(dict.fromkeys(features)),
        targets=targets,
        groups=grouping,
        kinds=kinds,
        asked_for={*asked_for, *kinds},
        weight=weight[0] if weight else None,
        weight_key=its_key,
        costs=costing,
        for_losses=seen,
    )


def _meant(name: str, table: pd.DataFrame, key: str, *, is_csv: bool) -> str:
    if (column := column_names.find(name, table.columns)) is not None:
        return column
    shown = list(table.columns[:40]) + ["…"] * (len(table.columns) > 40)
    near = suggest.nearest(name, table.columns)
    alone = "; the delimiter may be wrong, say it with delimiter: beside file:"
    if any(mark in shown[0] for mark in ",;\t|"):  # which would else part the heading
        alone = "; each row is in quotes as a whole: take them away"
    columns = f"Columns: {', '.join(shown)}{alone if is_csv and len(table.columns) == 1 else ''}"
    if is_csv and pd.to_numeric(pd.Series(table.columns, dtype="str"), errors="coerce").notna().all():
        columns += "; these look like a row: header: none beside file: names them column_1, column_2, …"
    elif any(map(column_names.NO_NAME.fullmatch, shown)) or (table.head(_FIRST).astype(str) == name).any(axis=None):
        columns += "; if the heading stands further down, skip: 1 beside file: leaves out one line before it"
    raise UserError(f"{key}: '{name}' is not a column{near} {columns}")


def fit_all(read: Reading, source: Table, choice: Choice, key: str) -> dict[str, Fitted]:
    """Fit the readers of all columns that are used: see `fit`."""
    names = dict.fromkeys([*choice.kept, *choice.for_losses.values(), *choice.targets])
    return {name: fit(read, name, source, choice.kinds, key) for name in names}


def fit(read: Reading, name: str, source: Table, kinds: Mapping[str, str], key: str) -> Fitted:
    """Fit the reader of a column, which is what the parameters say that it is.

    Args:
        read: the table.
        name: of the column.
        source: the parameters.
        kinds: by column, what the parameters say that it is.
        key: path of the key ``source``, for messages about mistakes.

    Raises:
        UserError: it cannot be what it is said to be.
    """
    said = kinds.get(name)
    how = {
        "quoted": read.is_quoted,
        "typed": read.typed,
        "sure": source.decimal is not None,
        "nothing": column_names.words_for_nothing(source, name),
        "labels": column_names.by_column(source.labels, [name]).get(name),
    }
    if (fitted := readers.fit(read.table[name], read.decimal, said=said, **how)) is not None:
        return fitted
    present = Texts.of(readers.as_texts(read.table[name])).as_written()
    is_none = (readers.fit(present.iloc[[row]], read.decimal, said=said, **how) is None for row in range(len(present)))
    row = next((row for row, none in enumerate(is_none) if none), 0)
    what, way_out = (
        ("numbers", "category takes texts as they are, and what stands for nothing goes into missing: beside file:")
        if said == "number"
        else ("dates", "a form of dates says how to read them, as in '%d/%m/%Y', and category takes texts as they are")
    )
    raise UserError(
        f"{key}.columns: '{name}' is said to be {what}, and row {read.rows[present.index[row]]:,} holds "
        f"{present.iloc[row]!r}; {way_out}"
    )
