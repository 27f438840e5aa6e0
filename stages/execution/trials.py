"""Trials: what came of the candidates of a tuning, and which of them is the best."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from stages.execution.cutting import cut
from stages.execution.scheduler import TrainChunks
from stages.scores import catalogue
from stages.training.chunk import Candidate
from stages.training.unit import Unit

N_RESAMPLES = 100  # of the seeds, which tell how firm a choice is
CLEARLY = 2  # standard errors by which a longer horizon is ahead where more epochs than were asked for are worth it


@dataclass(frozen=True)
class Trial:
    """What came of a candidate that was trained for a horizon.

    Attributes:
        candidate: the candidate.
        activation: of the output.
        horizon: epochs.
        curves: (n_seeds, horizon), the cost of every seed after every epoch: the validation score, or less it where
            more is better; NaN where a seed failed.
        is_whole: whether it is to be trained for the whole horizon, as what it is compared with is.
    """

    candidate: Candidate
    activation: str
    horizon: int
    curves: np.ndarray
    is_whole: bool = False

    @property
    def n_failed(self) -> int:
        """Seeds that failed."""
        return int(np.isnan(self.curves).any(axis=1).sum())

    @property
    def mean(self) -> np.ndarray:
        """The mean over the seeds that did not fail, (horizon,); infinite where all did."""
        if self.n_failed == len(self.curves):
            return np.full(self.horizon, np.inf)
        return np.nanmean(self.curves, axis=0)

    @property
    def epochs(self) -> int:
        """How many to train for: all where the rate falls or no number is chosen, else the fewest that are best."""
        is_whole = self.is_whole or self.candidate.schedule == "cosine"
        return self.horizon if is_whole else int(np.argmin(self.mean)) + 1

    @property
    def costs(self) -> np.ndarray:
        """The cost of every seed, (n_seeds,), after the epochs that are best for the other half of the seeds.

        The best of many epochs flatters itself on the seeds that chose it, as a rate that falls, which has one epoch to
        choose from, cannot. Seeds take turns, so that both halves have splits alike.
        """
        costs, is_second = self.curves[:, self.epochs - 1].copy(), np.arange(len(self.curves)) % 2 == 1
        if self.is_whole or self.candidate.schedule == "cosine":
            return costs
        finished = np.isfinite(self.curves).all(axis=1)
        for half in (is_second, ~is_second):
            if others := self.curves[~half & finished].tolist():
                costs[half] = self.curves[half, np.mean(others, axis=0).argmin()]
        return costs

    @property
    def cost(self) -> tuple[int, float]:
        """Rank a trial, lower is better: by seeds that failed, then by the mean cost of the others."""
        return self.n_failed, float(np.nanmean(self.costs)) if self.n_failed < len(self.curves) else math.inf

    @property
    def still_falls(self) -> bool:
        """Whether more epochs may help: the best epoch of a rate that stays is in the last third."""
        return self.candidate.schedule == "cosine" or self.epochs > 2 * self.horizon / 3


async def train_trials(
    unit: Unit, candidates: Sequence[Candidate], horizon: int, train: TrainChunks, *, is_alone: bool = False
) -> list[Trial]:
    """Train every seed of a unit with each candidate, without its validation rows, and measure it on them.

    Args:
        unit: the unit, with one output.
        candidates: how it is trained.
        horizon: epochs.
        train: trains chunks.
        is_alone: whether no more chunks of the unit follow, for which one of a usual size would be compiled.
    """
    is_whole, score = not unit.settings.optimizer.is_tuned, catalogue.find(unit.settings.selected_by, unit.loss.task)
    sign = -1 if score is not None and score.higher_is_better else 1
    chunks, curves = (
        cut(unit, candidates, horizon, is_tuning=True, is_alone=is_alone),
        {candidate: [] for candidate in candidates},
    )
    for chunk, result in zip(chunks, await train(chunks), strict=True):
        costs = np.where(result["finished"], sign * result["values"], np.nan).astype(np.float64)
        for candidate, values in dict(zip(chunk.candidates, costs.transpose(2, 1, 0), strict=True)).items():
            curves[candidate].append(values)
    return [
        Trial(candidate, unit.loss.activation, horizon, np.concatenate(curves[candidate]), is_whole)
        for candidate in candidates
    ]


def best_of(trials: Sequence[Trial]) -> Trial:
    """The best trial; of equals one of the shortest horizon, at no end of the rates, with the fewest epochs.

    Where all end at a constant prediction, a rate far too high gets there first.
    """
    rates = [trial.candidate.rate for trial in trials]
    ends = min(rates), max(rates)
    return min(trials, key=lambda trial: (*trial.cost, trial.horizon, trial.candidate.rate in ends, trial.epochs))


def is_ahead(trial: Trial, of: Trial, by: float = 1) -> bool:
    """Whether a trial's mean cost is lower by more than so many standard errors, paired over seeds."""
    differences = of.costs - trial.costs
    differences = differences[np.isfinite(differences)]
    if len(differences) < 2:
        return trial.cost < of.cost
    return bool(differences.mean() > by * differences.std(ddof=1) / math.sqrt(len(differences)))


def usable_of(trials: Sequence[Trial], epochs: int) -> list[Trial]:
    """List the trials that may be chosen: those within the epochs asked for; all where a longer one is clearly ahead.

    All networks that train after the choice take as many epochs, so that more are worth it only where they help.
    """
    within = [trial for trial in trials if trial.horizon <= epochs]
    best = best_of(within)
    longer = [trial for trial in trials if trial.horizon > epochs and trial.n_failed <= best.n_failed]
    return list(trials) if any(is_ahead(trial, best, by=CLEARLY) for trial in longer) else within


def firmness(trials: Sequence[Trial], chosen: int) -> float:
    """The share of resamples of the seeds in which the chosen trial is the best of those where no seed failed.

    Of a resample in which several are equally good, each has an equal part.
    """
    # a rate that stays takes the same steps whatever the horizon
    alike = {(trial.candidate, trial.activation, trial.epochs): i for i, trial in enumerate(trials)}
    alike[trials[chosen].candidate, trials[chosen].activation, trials[chosen].epochs] = chosen
    usable = [i for i in alike.values() if trials[i].n_failed == trials[chosen].n_failed]
    costs = np.array([np.where(np.isfinite(trials[i].costs), trials[i].costs, np.inf) for i in usable])
    n_seeds = costs.shape[1]
    drawn = np.random.default_rng(0).integers(n_seeds, size=(N_RESAMPLES, n_seeds))
    means = costs[:, drawn].mean(axis=2)
    are_best = means <= means.min(axis=0)
    return float(np.mean(are_best[usable.index(chosen)] / are_best.sum(axis=0)))


def shown(unit: Unit) -> Callable[[np.ndarray], np.ndarray]:
    """Give the function from mean costs to the score that is shown."""
    score = catalogue.find(unit.settings.selected_by, unit.loss.task)
    if score is None:
        return np.asarray
    return lambda costs: score.of_mean(-costs if score.higher_is_better else costs)
