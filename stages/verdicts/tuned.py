"""What tuning came to at each learning rate, schedule and horizon."""

from dataclasses import dataclass

import numpy as np

from stages.records.runs import Tuning
from stages.records.settings import Schedule
from stages.scores import catalogue


@dataclass(frozen=True)
class Tried:
    """One learning rate and schedule, the best mean validation score there, and after how many epochs.

    The score is that by which it was compared: of a rate that stays after epochs that the other half of the seeds
    chose, which may be others, and of one that falls after the last; NaN where seeds failed.
    """

    rate: float
    schedule: Schedule
    value: float
    epochs: int


def best_of_each_rate(tuning: Tuning, schedule: Schedule | None = None, horizon: int | None = None) -> list[Tried]:
    """What each learning rate came to, ascending, with the output and the parameters that were chosen.

    Args:
        tuning: how a loss was tuned.
        schedule: of these trials; of those with the schedule that was chosen when not given.
        horizon: of those trained for so many epochs; of all when not given.
    """
    alike = tuning.schedules == (schedule or tuning.schedule)
    alike &= tuning.activations == tuning.activations[tuning.chosen]
    alike &= (tuning.parameters == tuning.parameters[tuning.chosen]).all(axis=1)
    best: dict[float, Tried] = {}
    if horizon is not None:
        alike &= tuning.horizons == horizon
    for trial in np.flatnonzero(alike):
        tried = _tried(tuning, trial)
        best[tried.rate] = _better(tuning, best.get(tried.rate), tried)
    return [best[rate] for rate in sorted(best)]


def best_of_schedule(tuning: Tuning, schedule: Schedule) -> Tried | None:
    """The best that a schedule came to, whatever else was tried with it; None where it was not, or seeds failed.

    Of the schedule that was chosen it is the choice, whatever else is as good. Where only the best were checked on all
    rows, it is the best of those.
    """
    best = _tried(tuning, tuning.chosen) if schedule == tuning.schedule else None
    alike = tuning.schedules == schedule
    for trial in np.flatnonzero(alike if tuning.checked is None else alike & tuning.checked):
        best = _better(tuning, best, _tried(tuning, trial))
    return best if best is not None and np.isfinite(best.value) else None


def best_by_rows(tuning: Tuning) -> tuple[float, float] | None:
    """The best that a loss came to on the few rows that halve within a budget, and on all of the plan's.

    Returns:
        None where all trials had as many rows, or seeds of the best failed.
    """
    if tuning.checked is None:
        return None
    best: list[float] = []
    for which in (~tuning.checked, tuning.checked):
        values = np.array([_tried(tuning, trial).value for trial in np.flatnonzero(which)])
        if not np.isfinite(values).any():
            return None
        best.append(float(values[np.nanargmin(cost(tuning, 1.0) * values)]))
    return best[0], best[1]


def cost(tuning: Tuning, value: float) -> float:
    """A validation score as what the best has least of."""
    score = catalogue.find(tuning.score, None)
    return -value if score is not None and score.higher_is_better else value


def _tried(tuning: Tuning, trial: int) -> Tried:
    horizon, schedule = int(tuning.horizons[trial]), str(tuning.schedules[trial])
    epochs = np.arange(horizon) if schedule == "constant" else np.array([horizon - 1])
    values = tuning.curves[trial, epochs]
    costs = np.where(np.isfinite(values), cost(tuning, 1.0) * values, np.inf)
    epoch = int(epochs[costs.argmin()])
    value = tuning.curves[trial, epoch] if tuning.reached is None else tuning.reached[trial]
    return Tried(float(tuning.rates[trial]), schedule, float(value), epoch + 1)


def _better(tuning: Tuning, one: Tried | None, other: Tried) -> Tried:
    """The better of two, the first of equals."""
    is_kept = one is not None and cost(tuning, one.value) <= cost(tuning, other.value)
    return one if is_kept or (one is not None and np.isnan(other.value)) else other
