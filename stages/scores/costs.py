"""What wrong decisions cost, as the user says it, and the score that comes of it: the mean cost of a row."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from stages.losses.estimand import DECISIONS
from stages.scores.score import Score
from stages.scores.statistic import OfMeans, WeightedRows

Costs = tuple[tuple[float, ...], ...]  # by class and what it is taken for, (n_classes, n_classes)
MISSED, FALSE_ALARM = "missed", "false_alarm"


def of_classes(written: Mapping[str, Any], classes: Sequence[str]) -> Costs:
    """The costs of classes from what the parameters say: of two kinds of error, or by class and what it is taken for.

    What is not said costs nothing where it is right, and 1 where it is wrong.

    Args:
        written: ``{missed: 100, false_alarm: 1}`` where class 1 is what may be missed, or ``{ill: {well: 100}}``.
        classes: their names.
    """
    matrix = 1.0 - np.eye(len(classes))
    if set(written) <= {MISSED, FALSE_ALARM}:
        matrix[1, 0], matrix[0, 1] = written.get(MISSED, 1.0), written.get(FALSE_ALARM, 1.0)
    else:
        for of, taken in written.items():
            for for_class, cost in taken.items():
                matrix[classes.index(of), classes.index(for_class)] = cost
    return tuple(map(tuple, matrix.tolist()))


def score(costs: Costs) -> Score:
    """The score that these costs make: the mean over rows, for classes."""
    return Score(
        "cost",
        "cost of decisions",
        OfMeans(partial(_price, costs=costs)),
        rewards=DECISIONS,
        constant=partial(_cheapest, costs=costs),
        tasks=("binary", "multiclass"),
        unit="of a row",
        reach=partial(_reach, costs=costs),
        costs=costs,
    )


def cheapest(probabilities: np.ndarray, costs: Costs) -> np.ndarray:
    """The classes (...) that are expected to cost least, from probabilities (..., n_classes)."""
    return (probabilities @ np.array(costs)).argmin(axis=-1)


def _price(rows: WeightedRows, *, costs: Costs) -> np.ndarray:
    return np.array(costs)[rows.labels, rows.decisions][:, None]


def _cheapest(labels: np.ndarray, n_classes: int, weights: np.ndarray | None, *, costs: Costs) -> np.ndarray:
    """The prediction that is the same for every row and costs least."""
    of_each = np.eye(n_classes)[cheapest(np.bincount(labels, weights, minlength=n_classes), costs)]
    return of_each[1:] if n_classes == 2 else of_each


def _reach(sizes: np.ndarray, *, costs: Costs) -> np.ndarray:
    del sizes
    return np.ptp(np.array(costs), axis=1)
