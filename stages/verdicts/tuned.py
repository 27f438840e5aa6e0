"""What tuning came to at each learning rate and schedule."""

from dataclasses import dataclass

import numpy as np

from stages.records.runs import Tuning
from stages.records.settings import Schedule
from stages.scores import catalogue


@dataclass(frozen=True)
class Tried:
    """One learning rate and schedule, the best mean validation score there, and after how many epochs.

    The score is that of any epoch of a rate that stays, and of the last of one that falls; NaN where seeds failed.
    """

    rate: float
    schedule: Schedule
    value: float
    epochs: int


def best_of_each_rate(tuning: Tuning, schedule: Schedule | None = None) -> list[Tried]:
    """What each learning rate came to, ascending, with the output and the parameters that were chosen.

    Args:
        tuning: how a loss was tuned.
        schedule: of these trials; of those with the schedule that was chosen when not given.
    """
    score, schedule = catalogue.find(tuning.score, None), schedule or tuning.schedule
    sign = -1 if score is not None and score.higher_is_better else 1
    alike = (tuning.schedules == schedule) & (tuning.activations == tuning.activations[tuning.chosen])
    alike &= (tuning.parameters == tuning.parameters[tuning.chosen]).all(axis=1)
    best: dict[float, Tried] = {}
    for trial in np.flatnonzero(alike):
        rate, horizon = float(tuning.rates[trial]), int(tuning.horizons[trial])
        epochs = np.arange(horizon) if schedule == "constant" else np.array([horizon - 1])
        costs = np.where(np.isfinite(tuning.curves[trial, epochs]), sign * tuning.curves[trial, epochs], np.inf)
        epoch = int(epochs[costs.argmin()])
        value = float(tuning.curves[trial, epoch])
        if rate not in best or not sign * best[rate].value <= sign * value:
            best[rate] = Tried(rate, schedule, value, epoch + 1)
    return [best[rate] for rate in sorted(best)]
