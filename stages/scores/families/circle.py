"""The score of angles, hours of a day and other values that begin anew after a period."""

from functools import partial
from typing import Any

import numpy as np

from stages.losses import outputs
from stages.losses.estimand import DIRECTION
from stages.losses.outputs import Direction
from stages.scores.score import Score
from stages.scores.statistic import OfMeans, Rows

CIRCULAR = "circular_error_"


def circular_error(period: float, name: str) -> Score:
    """The mean absolute error the shorter way round."""
    return Score(
        name,
        f"mean absolute error on a circle of {period:g}",
        OfMeans(partial(shorter_way, period=period)),
        rewards=DIRECTION,
        constant=partial(_direction, period=period),
        tasks=("regression",),
        unit="target units",
        is_followed=True,
        is_measured="asked",
    )


def shorter_way(rows: Rows, *, period: float) -> Any:
    """How far prediction and target are apart, the shorter way round."""
    return rows.xp.abs(outputs.shorter_way(rows.errors, period, rows.xp))


def _direction(labels: np.ndarray, n_classes: int, weights: np.ndarray | None, *, period: float) -> np.ndarray:
    """The mean direction of the train rows."""
    del n_classes
    circle = Direction(period)
    return circle.point(np.average(circle.saying(labels), axis=0, weights=weights), np)
