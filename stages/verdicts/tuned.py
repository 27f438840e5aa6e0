"""What tuning came to at each learning rate."""

from dataclasses import dataclass

import numpy as np

from stages.records.runs import Tuning
from stages.scores import catalogue


@dataclass(frozen=True)
class Tried:
    """One learning rate, the best mean validation score of any epoch there, and the epoch; NaN where seeds failed."""

    rate: float
    value: float
    epoch: int


def best_of_each_rate(tuning: Tuning) -> list[Tried]:
    """What each learning rate came to, ascending."""
    score = catalogue.find(tuning.score, None)
    sign = -1 if score is not None and score.higher_is_better else 1
    tried = []
    for rate_tried, curve in zip(tuning.rates, tuning.curves, strict=True):
        finite = np.where(np.isfinite(curve), sign * curve, np.inf)
        epoch = int(finite.argmin())
        tried.append(Tried(float(rate_tried), float(curve[epoch]) if np.isfinite(curve[epoch]) else np.nan, epoch + 1))
    return tried
