"""New rows to predict: read as the rows were that networks learned from, each column for what it was then.

Nothing is found out anew that few rows could not tell: which columns are numbers, dates or texts, and how dates are
written, is known from training. What cannot be so is taken as missing, and told.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from stages.basics import suggest
from stages.basics.cli import UserError
from stages.basics.words import counted, distinct_numbers
from stages.params.source import Table
from stages.parsing import column_names
from stages.parsing.column_kinds import plain
from stages.parsing.readers import Reader
from stages.records.columns import days
from stages.records.datasets import Description, Kind
from stages.records.winners import Input, Winner

SHOWN = 3  # values that a note shows
_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class NewRows:
    """New rows, ready for the encoder.

    Attributes:
        table: columns and values as ``data/raw`` holds them.
        notes: in a line each, what of them is not as it was in training.
        n_present: columns of the networks that are there.
    """

    table: pd.DataFrame
    notes: list[str]
    n_present: int


def as_trained(
    rows: pd.DataFrame, inputs: Sequence[Input], source: Table, known: dict[str, set[str]], *, decimal: str = "."
) -> NewRows:
    """Make of new rows what they would be in ``data/raw``.

    Args:
        rows: (n_rows, n_columns) texts as they are written in a file, or values.
        inputs: the columns that the networks predict from.
        source: how the table was read that they learned from.
        known: by column of ``data/raw`` the categories in training.
        decimal: the decimal mark of numbers that are texts.

    Raises:
        UserError: a column stands twice.
    """
    names = [str(name) for name in rows.columns]
    if twice := [own.name for own in inputs if names.count(column_names.find(own.name, names)) > 1]:
        raise UserError(f"column '{twice[0]}' stands twice; rename one")
    rows = rows.set_axis(names, axis=1)
    columns, notes = {}, []
    for own in inputs:
        name, reader = column_names.find(own.name, names), _reader(own.name, own.kind, own.form, source)
        if name is None:
            columns[own.own_name] = reader.read(pd.Series(None, rows.index, dtype="str"), decimal)[0]
            notes.append(_absent(own, names, inputs))
            continue
        categories = known.get(own.own_name, set())
        values = plain(rows[name]).rename(own.name)
        made, refused = reader.read(values, decimal)
        if own.kind == "category":
            made = _as_written(made, values, categories)
            made = made.mask((made.str.strip() == "") & ~made.isin(categories))
        columns[own.own_name] = made
        notes += [*_refused(own, values, refused), *_odd(own, made, categories, refused)]
    n_present = sum(column_names.find(own.name, names) is not None for own in inputs)
    return NewRows(pd.DataFrame(columns, index=rows.index), notes, n_present)


def targets(rows: pd.DataFrame, description: Description, source: Table, decimal: str) -> np.ndarray:
    """The target of new rows that have it, float64 (n_rows, n_targets): values or class indices, NaN where missing.

    Args:
        rows: the columns of the target.
        description: what the dataset is.
        source: how the table was read that it comes from.
        decimal: the decimal mark of numbers that are texts.
    """
    columns = []
    for target, (name, values) in zip(description.targets, rows.items(), strict=True):
        classes = description.yes_no.get(target, description.classes)
        kind = "category" if classes else "number"
        kind = "boolean" if set(classes) == {"True", "False"} else kind
        made = _reader(str(name), kind, description.forms.get(str(name)), source).read(values, decimal)[0]
        columns.append(_indices(made, classes) if classes else made)
    return np.column_stack([column.to_numpy(np.float64, na_value=np.nan) for column in columns])


def _indices(values: pd.Series, classes: list[str]) -> pd.Series:
    """The class index of each value; NaN where it is none."""
    indices = {name: index for index, name in enumerate(classes)}
    if not pd.api.types.is_string_dtype(values):
        return values.map({1.0: indices["True"], 0.0: indices["False"]})
    # classes that are numbers may be written otherwise
    numbers = pd.to_numeric(values, errors="coerce").map(lambda number: str(int(number)) if number % 1 == 0 else "")
    return values.map(indices).fillna(numbers.map(indices))


def numbers(column: pd.Series, source: Table, decimal: str, form: str | None = None) -> np.ndarray:
    """A column of numbers that networks do not predict from, float64 (n_rows,), NaN where it holds none."""
    return _reader(str(column.name), "number", form, source).read(column, decimal)[0].to_numpy(np.float64)


def exposure(rows: pd.DataFrame, winner: Winner, source: Table, decimal: str) -> np.ndarray:
    """For how long each new row is observed: float64 (n_rows,).

    Raises:
        UserError: as of `costs`.
    """
    what = "for how long each row is observed"
    return _held(rows, [winner.exposure], winner, source, decimal, what=what)[winner.exposure]


def costs(rows: pd.DataFrame, winner: Winner, source: Table, decimal: str) -> dict[str, np.ndarray]:
    """What decisions on new rows cost: float64 (n_rows,), by the names of the columns that hold it.

    Raises:
        UserError: such a column is not there, stands twice, or holds no number, 0 or more, in a row.
    """
    what = "what a wrong decision on each row costs"
    return _held(rows, winner.cost_columns, winner, source, decimal, what=what, short="what a decision costs")


def _held(
    rows: pd.DataFrame,
    asked: list[str],
    winner: Winner,
    source: Table,
    decimal: str,
    *,
    what: str,
    short: str = "",
) -> dict[str, np.ndarray]:
    """What columns hold that must hold a number, 0 or more, in each row: see `costs`."""
    columns, held = {}, {}
    names = [str(name) for name in rows.columns]
    for name in asked:
        if (column := column_names.find(name, names)) is None:
            near = suggest.nearest(name, names)
            raise UserError(f"column '{name}' is missing, which says {what}{near}")
        if names.count(column) > 1:
            raise UserError(f"column '{name}' stands twice; rename one")
        held[name] = plain(rows.set_axis(names, axis=1)[column]).rename(name)
        columns[name] = numbers(held[name], source, decimal, winner.description.forms.get(name))
        bad = np.flatnonzero(~(np.isfinite(columns[name]) & (columns[name] >= 0)))
        if len(bad):
            value = held[name].iloc[bad[0]]
            holds = "nothing" if pd.isna(value) or not str(value).strip() else str(value)
            raise UserError(f"row {bad[0] + 1:,} holds {holds} in '{name}'; {short or what} is a number, 0 or more")
    return columns


def _reader(name: str, kind: Kind, form: str | None, source: Table) -> Reader:
    """What reads a column as it was read in training."""
    labels = column_names.by_column(source.labels, [name]).get(name, {})
    return Reader(kind, form, column_names.words_for_nothing(source, name), labels)


def _as_written(texts: pd.Series, values: pd.Series, known: set[str]) -> pd.Series:
    """Categories as training has them: who read ``007`` as a number, or ``TRUE`` as a boolean, has lost how it stood.

    Args:
        texts: (n_rows,) of the values, missing ones so.
        values: (n_rows,) as they were given.
        known: the categories in training.
    """
    lost = texts.notna() & ~texts.isin(known) & ~values.map(lambda value: isinstance(value, str))
    if not lost.any():
        return texts
    meanings = {text: _meaning(text) for text in known}
    count = Counter(meanings.values())
    written = {meaning: text for text, meaning in meanings.items() if meaning is not None and count[meaning] == 1}
    return texts.mask(lost, texts.map(lambda text: written.get(_meaning(text), text), na_action="ignore"))


def _meaning(text: str) -> str | float | None:
    """The boolean or the number that a text may be read as; None where it is neither."""
    text = text.strip().lower()
    if text in ("true", "false"):
        return text
    number = pd.to_numeric(text, errors="coerce")
    return None if np.isnan(number) else float(number)


_NOUN: dict[Kind, str] = {"number": "number", "identifier": "number", "boolean": "boolean", "date": "date"}


def _refused(own: Input, values: pd.Series, refused: np.ndarray) -> list[str]:
    if not refused.any():
        return []
    return [f"{own.name}: {_shown(values[refused])}, no {_NOUN[own.kind]}: taken as missing"]


def _odd(own: Input, made: pd.Series, known: set[str], refused: np.ndarray) -> list[str]:
    """What is missing although it never was, what lies outside the range of training, which texts are new."""
    notes, missing = [], (made.isna() & ~refused).to_numpy()
    if missing.any() and not own.missing:
        places = _rows(np.flatnonzero(missing))
        notes.append(f"{own.name}: missing in {counted(int(missing.sum()), 'row')} ({places}), in training in none")
    if own.kind == "category":
        new = made.notna() & ~made.isin(known)
        if new.any():
            notes.append(f"{own.name}: {_shown(made[new])}, never in training")
    elif own.low is not None and own.high is not None:
        numbers = days(made) if own.kind == "date" else made
        out = (numbers < own.low) | (numbers > own.high)
        if out.any():
            ends = [float(own.low), float(own.high)]
            if own.kind == "date":
                ends = [pd.Timestamp(0).as_unit("us") + end * _DAY for end in ends]
            low, high = _written([*ends, *made[out].drop_duplicates().head(SHOWN)])[:2]
            notes.append(f"{own.name}: {_shown(made[out], ends)}, out of the range of training, {low} to {high}")
    return notes


def _shown(values: pd.Series, beside: Sequence[object] = ()) -> str:
    """The first different values, each with the first row that it is in, and how many rows there are.

    Args:
        values: at least one.
        beside: what is shown beside them, from which numbers are to be told.
    """
    first = values.drop_duplicates().head(SHOWN)
    written = _written([*first, *beside])
    told = ", ".join(f"{text} (row {row + 1:,})" for row, text in zip(first.index, written[: len(first)], strict=True))
    more = len(values) - len(first)
    return told + (f" and {counted(more, 'more row')}" if more else "")


def _written(values: Sequence[object]) -> list[str]:
    if all(isinstance(value, Real) for value in values):
        return distinct_numbers(*map(float, values))
    if all(isinstance(value, pd.Timestamp) for value in values):
        return [str(day.date()) if day == day.normalize() else day.isoformat(" ", "seconds") for day in values]
    return [repr(str(value)) for value in values]


def _rows(places: np.ndarray) -> str:
    shown = ", ".join(f"{place + 1:,}" for place in places[:SHOWN])
    return f"row {shown}" if len(places) == 1 else f"rows {shown}{' …' if len(places) > SHOWN else ''}"


def _absent(own: Input, names: list[str], inputs: Sequence[Input]) -> str:
    others = [name for name in names if not any(column_names.find(each.name, [name]) for each in inputs)]
    near = suggest.nearest(own.name, others).rstrip(".")
    return f"{own.name}: not among the columns, so missing in every row{near}"
