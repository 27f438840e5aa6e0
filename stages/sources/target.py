"""What a table's target is: the task that it makes, and its values or classes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import suggest
from stages.basics.cli import UserError
from stages.basics.words import yaml_word
from stages.losses.loss import UNEQUAL, Task
from stages.parsing.column_kinds import LARGEST, is_number, plain, without_blanks
from stages.parsing.dates import as_dates
from stages.parsing.numbers import look
from stages.records.datasets import Inference, Positive

FEW_CLASSES = 20  # whole numbers with more different values, or one in a single row, are taken for values
_SHOWN = 60  # characters of a value that a mistake shows


@dataclass(frozen=True)
class Target:
    """What to predict.

    Attributes:
        task: the kind of problem.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices; of several yes/no columns int8
            (n_rows, n_targets).
        classes: the classes' names in the order of their indices; empty for values.
        inferred: what the task is taken from where the parameters do not say it.
        other_tasks: what else the values could be taken for.
        positive: why scores are about class 1, where there is a reason.
        is_ordered: whether the classes stand in an order that the parameters say.
        yes_no: of several columns of different kinds, those that are 0 and 1: by name what these are called.
        period: after how much values begin anew; None where they do not.
        turn_begins: where such a turn begins, from which values are predicted.
    """

    task: Task
    labels: np.ndarray
    classes: list[str]
    inferred: Inference
    other_tasks: list[Task]
    positive: Positive | None = None
    is_ordered: bool = False
    yes_no: dict[str, list[str]] = field(default_factory=dict)
    period: float | None = None
    turn_begins: float = 0.0

    @property
    def are_labels(self) -> bool:
        """Whether it is several yes/no columns."""
        return bool(self.classes) and self.labels.ndim > 1

    def facts(self, *, is_said: bool) -> dict[str, Any]:
        """What a `Description` says of it, where the parameters say its task or do not."""
        names = "task", "other_tasks", "classes", "positive", "is_ordered", "yes_no", "period", "turn_begins"
        return {name: getattr(self, name) for name in names} | {"inferred": None if is_said else self.inferred}


def find_target(
    columns: pd.DataFrame,
    task: Task | None,
    key: str,
    *,
    as_texts: bool = False,
    positive: str | None = None,
    order: Sequence[str] | None = None,
    period: float | None = None,
) -> Target:
    """Find out what kind of problem a target makes, and encode it.

    Args:
        columns: (n_rows, n_targets), nothing missing.
        task: as the parameters say; None to find it out.
        key: path of the dataset's key, for messages about mistakes.
        as_texts: whether texts are classes, although they may all be dates.
        positive: the class that scores are about, of two.
        order: the classes from the lowest to the highest; None where they have none.
        period: after how much values begin anew; None where they do not.

    Raises:
        UserError: the target makes no problem, or not the one that the parameters say.
    """
    implied: Task | None = "multiclass" if order else "regression" if period else task
    found = _find(columns, implied, key, as_texts=as_texts)
    if found.task == "binary":
        return _with_positive(found, positive, key)
    if positive is not None:
        raise UserError(f"{key}.positive: goes with two classes, and the task is {found.task}; leave it out")
    if period:
        return _on_circle(found, columns.columns[0], period, key)
    return _in_order(found, order, key) if order else found


def _on_circle(target: Target, name: str, period: float, key: str) -> Target:
    """Values that begin anew after a period, of one turn: from 0, from minus a half, or from the lowest."""
    low, high = float(target.labels.min()), float(target.labels.max())
    if high - low > period:
        raise UserError(
            f"{key}.period: '{name}' goes from {low:,g} to {high:,g}, which is more than a turn of {period:g}; "
            "write in the unit of the target after how much it begins anew"
        )
    begins = [0.0, -period / 2, low]
    begins = next(begin for begin in begins if begin <= low and high <= begin + period)
    return replace(target, period=period, turn_begins=begins)


def _in_order(target: Target, order: Sequence[str], key: str) -> Target:
    """The classes in an order that names each of them once."""
    for name in order:
        if name not in target.classes:
            raise UserError(f"{key}.order: {suggest.not_one_of(name, target.classes, 'a class', 'Classes')}")
    if missing := [name for name in target.classes if name not in order]:
        names = ", ".join(map(yaml_word, missing[:FEW_CLASSES]))
        raise UserError(f"{key}.order: it lacks {names}; name every class, from the lowest to the highest")
    places = np.array([order.index(name) for name in target.classes])
    return replace(target, labels=places[target.labels], classes=list(order), is_ordered=True)


def _with_positive(target: Target, positive: str | None, key: str) -> Target:
    """The class that scores are about as class 1: the one that is said, or where classes are unequal the rarer."""
    sizes, classes = np.bincount(target.labels.ravel(), minlength=2), target.classes
    if positive is not None and positive not in classes:
        raise UserError(f"{key}.positive: {suggest.not_one_of(positive, classes, 'a class', 'Classes')}")
    is_rarer = positive is None and max(sizes) >= UNEQUAL * min(sizes)
    chosen = int(sizes.argmin()) if is_rarer else classes.index(positive) if positive is not None else 1
    by = "the rarer" if is_rarer else "as said" if positive is not None else None
    if chosen == 1:
        return replace(target, positive=by)
    return replace(target, labels=1 - target.labels, classes=classes[::-1], positive=by)


def _find(columns: pd.DataFrame, task: Task | None, key: str, *, as_texts: bool) -> Target:
    """As `find_target`, two classes in their own order."""
    if columns.shape[1] > 1:
        return _vector(columns, task, key)
    name, values = columns.columns[0], plain(columns.iloc[:, 0])
    numbers = _numbers(values, key)
    if numbers is None and pd.api.types.is_string_dtype(values):
        values = without_blanks(values)
    if (
        numbers is None
        and not as_texts
        and (pd.api.types.is_datetime64_any_dtype(values) or as_dates(values) is not None)
    ):
        raise UserError(f"{key}.source.target: '{name}' holds dates; a target must be numbers or classes")
    counts = values.value_counts()
    distinct = len(counts)
    if distinct == 1:
        raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
    likely, inferred = _infer(numbers, counts)
    task = task or likely
    too_many = distinct > FEW_CLASSES and distinct > len(values) / 2
    possible: dict[Task, bool] = {
        "regression": numbers is not None,
        "binary": distinct == 2,
        "multiclass": not too_many,
    }
    others = [other for other, can_be in possible.items() if can_be and other != task]
    if task == "regression":
        if numbers is None:
            raise UserError(
                f"{key}.task: '{name}' holds text or booleans; a regression needs numbers{_to_numbers(values)}"
            )
        return Target(task, numbers[:, None], [], inferred, others)
    if task == "binary" and distinct != 2:
        raise UserError(f"{key}.task: '{name}' has {distinct:,} different values; a binary task needs 2")
    if task is None or too_many:
        first = str(values.iloc[0])
        shown = first if len(first) <= _SHOWN else f"{first[:_SHOWN]}…"
        raise UserError(
            f"{key}.source.target: '{name}' has {distinct:,} different values in {len(values):,} rows, "
            f"such as {shown!r}, too many for classes{_as_numbers(values)}"
        )
    labels, classes = _classes(values, are_numbers=numbers is not None)
    return Target(task, labels, classes, inferred, others)


def _as_numbers(values: pd.Series) -> str:
    """What to write where most texts of a target are numbers, with the first that is none."""
    texts = values.astype(str)
    is_number = look(texts, ".").is_number
    if is_number.mean() < 0.5 or pd.api.types.is_numeric_dtype(values):
        return ""
    others = texts[~is_number]
    first = f", and {others.iloc[0]!r} is none" if len(others) else ""
    key = f"columns: {{{yaml_word(str(values.name))}: number}}"
    return f"; {is_number.sum():,} are numbers{first}; {key} beside file: takes them as such, the others for missing"


def _to_numbers(values: pd.Series) -> str:
    """What to write that makes numbers of a few texts, as those of classes in an order."""
    texts = sorted(values.astype(str).str.strip().unique())
    if len(texts) > FEW_CLASSES:
        return ""
    numbers = ", ".join(f"{yaml_word(text)}: {number}" for number, text in enumerate(texts))
    return f"; labels: {{{yaml_word(str(values.name))}: {{{numbers}}}}} beside file: makes them so, in whatever order"


def _classes(values: pd.Series, *, are_numbers: bool) -> tuple[np.ndarray, list[str]]:
    """Class indices (n_rows,), and the classes' names in their order: numbers by size, texts by letters."""
    if are_numbers:
        different, labels = np.unique(values.to_numpy(), return_inverse=True)
        names = [str(int(value)) if value % 1 == 0 else str(float(value)) for value in different]
    else:
        different, labels = np.unique(values.astype(str).to_numpy(object), return_inverse=True)
        names = [str(value) for value in different]
    return labels.astype(np.int64), names


def _infer(numbers: np.ndarray | None, counts: pd.Series) -> tuple[Task | None, Inference]:
    """The task that a target's values make, None where they are too many texts, and what it is taken from.

    Args:
        numbers: (n_rows,) the values; None where they are no numbers.
        counts: (n_different,) in how many rows each value is.
    """
    distinct = len(counts)
    if distinct == 2:
        return "binary", Inference("values", distinct)
    if numbers is None:
        return (None if distinct > counts.sum() / 2 else "multiclass"), Inference("texts", distinct)
    if distinct <= FEW_CLASSES and counts.min() > 1 and not (numbers % 1).any():
        return "multiclass", Inference("whole numbers", distinct)
    return "regression", Inference("numbers", distinct)


def _vector(columns: pd.DataFrame, task: Task | None, key: str) -> Target:
    if task == "multiclass":
        raise UserError(
            f"{key}.task: several target columns are values (regression) or yes/no (binary); '{task}' given; "
            f"for classes add a dataset for each, as with target: {yaml_word(str(columns.columns[0]))}"
        )
    values = {name: plain(columns[name]) for name in columns}
    numbers_of = {name: _numbers(each, key) for name, each in values.items()}
    values = {name: each if numbers_of[name] is not None else _texts(each) for name, each in values.items()}
    if task != "regression" and (found := _yes_or_no(values, numbers_of, key, is_said=task is not None)) is not None:
        return found
    yes_no = _beside_numbers(values, numbers_of, is_said=task is not None)
    for name, numbers in numbers_of.items():
        if name in yes_no:
            numbers_of[name] = yes_no[name][0].astype(np.float64)
        elif values[name].eq(values[name].iloc[0]).all():
            raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
        elif numbers is None:
            raise UserError(
                f"{key}.source.target: '{name}' is neither numbers nor yes/no, and one of several targets must be"
                f"{_to_numbers(values[name])}; or add a dataset for each, as with target: {yaml_word(str(name))}"
            )
    labels = np.column_stack(list(numbers_of.values()))
    others: list[Task] = ["binary"] if all(len(np.unique(column)) == 2 for column in labels.T) and not yes_no else []
    what = "both kinds" if yes_no else "target columns"
    names = {name: classes for name, (_, classes) in yes_no.items()}
    return Target("regression", labels, [], Inference(what, len(numbers_of)), others, yes_no=names)


def _beside_numbers(
    values: Mapping[str, pd.Series], numbers_of: Mapping[str, np.ndarray | None], *, is_said: bool
) -> dict[str, tuple[np.ndarray, list[str]]]:
    """The encoded columns that are yes/no beside numbers: of two texts, and where no task is said of 0 and 1."""
    found = {}
    for name, each in values.items():
        numbers = numbers_of[name]
        is_one = each.nunique() == 2 and (numbers is None or (not is_said and np.isin(numbers, (0, 1)).all()))
        if is_one:
            found[name] = _classes(each, are_numbers=numbers is not None)
    return found if 0 < len(found) < len(values) else {}


def _texts(values: pd.Series) -> pd.Series:
    return without_blanks(values) if pd.api.types.is_string_dtype(values) else values


def _yes_or_no(
    values: Mapping[str, pd.Series], numbers_of: Mapping[str, np.ndarray | None], key: str, *, is_said: bool
) -> Target | None:
    """Columns of which each holds the same two values; None where they do not, and nobody says that they do."""
    encoded = {
        name: _classes(each, are_numbers=numbers_of[name] is not None)
        for name, each in values.items()
        if is_said or each.nunique() <= 2
    }
    if len(encoded) < len(values):
        return None
    (first, (_, classes)), *_ = encoded.items()
    for name, (_, own) in encoded.items():
        if len(own) == 1 and is_said:
            raise UserError(f"{key}.source.target: '{name}' has a single value; there is nothing to learn")
        if len(own) != 2 or own != classes:
            if not is_said:
                return None
            shown = f"{len(own):,} different values" if len(own) != 2 else f"the values {own[0]} and {own[1]}"
            theirs = f"{len(classes):,}" if len(classes) != 2 else f"{classes[0]} and {classes[1]}"
            theirs = f", and '{first}' {theirs}" if name != first else ""
            raise UserError(
                f"{key}.source.target: '{name}' has {shown}{theirs}; several yes/no targets need "
                f"the same two values; labels: {{{yaml_word(name)}: {{…}}}} beside file: calls them alike"
            )
    labels = np.column_stack([column for column, _ in encoded.values()]).astype(np.int8)
    others: list[Task] = [] if any(numbers is None for numbers in numbers_of.values()) else ["regression"]
    return Target("binary", labels, classes, Inference("yes/no columns", len(encoded)), others)


def _numbers(values: pd.Series, key: str) -> np.ndarray | None:
    """A target's values as float64 (n_rows,); None where they are text or dates."""
    if pd.api.types.is_bool_dtype(values) or not (pd.api.types.is_numeric_dtype(values) or values.map(is_number).all()):
        return None
    numbers = values.to_numpy(np.float64)
    if not (np.abs(numbers) <= LARGEST).all():
        raise UserError(f"{key}.source.target: '{values.name}' has infinite values; mend or remove these rows")
    return numbers
