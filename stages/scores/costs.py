"""What wrong decisions cost, as the user says it, and the score that comes of it: the mean cost of a row."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from stages.losses.estimand import DECISIONS
from stages.scores.constants import Constant
from stages.scores.score import Costs, Score
from stages.scores.statistic import OfMeans, WeightedRows

MISSED, FALSE_ALARM = "missed", "false_alarm"
# as the parameters say it: a column for every error, or numbers and columns by kind of error or by class
Written = Mapping[str, Any] | str


def of_classes(written: Written, classes: Sequence[str]) -> Costs:
    """The costs of classes from what the parameters say, by class and what it is taken for (n_classes, n_classes).

    What is not said costs nothing where it is right, and 1 where it is wrong.

    Args:
        written: ``{missed: 100, false_alarm: 1}`` where class 1 is what may be missed, or ``{ill: {well: 100}}``; in
            the place of each number the name of a column that holds what it is for each row; or such a name alone.
        classes: their names.
    """
    n_classes = len(classes)
    if isinstance(written, str):
        return tuple(tuple(0.0 if k == taken else written for taken in range(n_classes)) for k in range(n_classes))
    entries: list[list[float | str]] = (1.0 - np.eye(n_classes)).tolist()
    if set(written) <= {MISSED, FALSE_ALARM}:
        entries[1][0], entries[0][1] = written.get(MISSED, 1.0), written.get(FALSE_ALARM, 1.0)
    else:
        for of, taken in written.items():
            for for_class, cost in taken.items():
                entries[classes.index(of)][classes.index(for_class)] = cost
    return tuple(tuple(entry if isinstance(entry, str) else float(entry) for entry in line) for line in entries)


def columns_of(written: Written | None) -> list[str]:
    """The columns that the parameters name, each once."""
    if written is None:
        return []
    if isinstance(written, str):
        return [written]
    entries = [
        entry for value in written.values() for entry in (value.values() if isinstance(value, dict) else [value])
    ]
    return list(dict.fromkeys(entry for entry in entries if isinstance(entry, str)))


def columns_in(costs: Sequence[Sequence[float | str]]) -> list[str]:
    """The columns that costs by class name, each once."""
    return list(dict.fromkeys(entry for line in costs for entry in line if isinstance(entry, str)))


def of_rows(costs: Sequence[Sequence[float | str]], columns: Mapping[str, np.ndarray]) -> np.ndarray:
    """What each row costs, by class and what it is taken for.

    Args:
        costs: as of `of_classes`.
        columns: by name (n_rows,), those that are named there.

    Returns:
        float64 (n_rows, n_classes, n_classes); a single row for all where no column is named.
    """
    n_rows = len(columns[columns_in(costs)[0]]) if columns_in(costs) else 1
    by_row = np.empty((n_rows, len(costs), len(costs)))
    for k, line in enumerate(costs):
        for taken, entry in enumerate(line):
            by_row[:, k, taken] = columns[entry] if isinstance(entry, str) else entry
    return by_row


def score(costs: Costs, columns: Mapping[str, np.ndarray] | None = None) -> Score:
    """The score that these costs make: the mean over rows, for classes.

    Args:
        costs: as of `of_classes`.
        columns: as of `of_rows`.
    """
    by_row = of_rows(costs, columns or {})

    def of_some(rows: np.ndarray) -> Constant:
        return partial(_cheapest, costs=by_row[rows] if len(by_row) > 1 else by_row)

    return Score(
        "cost",
        "cost of decisions",
        OfMeans(partial(_price, costs=by_row)),
        rewards=DECISIONS,
        constant=partial(_cheapest, costs=by_row),
        tasks=("binary", "multiclass"),
        unit="of a row",
        reach=partial(_reach, costs=by_row),
        costs=costs,
        row_costs=by_row,
        constant_of_rows=of_some,
    )


def cheapest(probabilities: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """The classes (...) that are expected to cost least.

    Args:
        probabilities: (..., n_rows, n_classes).
        costs: as of `of_rows`, (n_rows or 1, n_classes, n_classes).
    """
    return (probabilities[..., None, :] @ costs)[..., 0, :].argmin(axis=-1)


def _price(rows: WeightedRows, *, costs: np.ndarray) -> np.ndarray:
    numbers = 0 if len(costs) == 1 else rows.numbers
    return costs[numbers, rows.labels, rows.decisions][:, None]


def _cheapest(labels: np.ndarray, n_classes: int, weights: np.ndarray | None, *, costs: np.ndarray) -> np.ndarray:
    """The prediction that is the same for every row and costs least: of costs as many rows as of labels, or one."""
    of_labels = costs[0 if len(costs) == 1 else np.arange(len(labels)), labels]
    total = (of_labels if weights is None else of_labels * weights[:, None]).sum(axis=0)
    of_each = np.eye(n_classes)[total.argmin()]
    return of_each[1:] if n_classes == 2 else of_each


def _reach(sizes: np.ndarray, *, costs: np.ndarray) -> np.ndarray:
    del sizes
    return np.ptp(costs, axis=2).max(axis=0)
