"""Bring one loss to its own best: choose schedule, learning rate, horizon, and the loss's output and parameters.

Ten seeds train on their train rows less their validation rows; the mean over these seeds of the validation score
decides, for all seeds alike. Candidates are halved (Jamieson & Talwalkar 2016): all are trained for a ninth of the
epochs, the better half for a third, the best two of each schedule for all. A learning rate that falls reaches 0 at the
end of each horizon, so each horizon begins anew, and a short one is what stopping early is for a rate that stays.

Within a budget horizons are steps, fewer seeds and rows halve, and the best two are checked on all rows of the plan.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from stages.execution.cutting import room
from stages.execution.scheduler import TrainChunks
from stages.execution.second_run import tried_otherwise
from stages.execution.trials import CLEARLY, Trial, best_of, firmness, is_ahead, shown, train_trials, usable_of
from stages.losses.loss import Loss
from stages.records.plans import Part
from stages.records.runs import Tuning
from stages.records.thinning import n_validation
from stages.scores import catalogue
from stages.training.chunk import LOSS, Candidate
from stages.training.unit import Unit

N_SEEDS = 10  # that tune
SHARES = (9, 3, 1)  # of the epochs, by which they are divided: the horizons
N_CHECKED = 2  # candidates that are checked on all rows
N_LAST = 2  # candidates of each schedule that are trained for the longest
EXTENSIONS = 3  # rates that are added at most where the best is at an end of those tried
FURTHER = 3  # times the epochs, where the longest horizon is the best


def selection(headline: str, loss: Loss, *, by_rule: bool = False) -> str:
    """Name the score that a loss is tuned by.

    A score of decisions would be at a threshold, which is chosen afterwards and on other rows: log loss stands for it
    where outputs are probabilities, and the loss's own value where they are none, where classes are weighed, which log
    loss would take for an error, or where a loss is one of whole batches, which drives probabilities to 0 and 1.

    Args:
        headline: the score that decides between losses.
        loss: the loss.
        by_rule: whether decisions are by the loss's own rule, as where one learning rate is given.

    Returns:
        That score, where it is followed while training and not one of decisions; else ``log_loss``, or ``loss``, the
        loss's own value. Losses whose parameters are tuned are scaled by these: they are compared by a score in any
        case.
    """
    score = catalogue.find(headline, loss.task)
    of_decisions = score is not None and score.is_of_decisions and loss.task != "regression" and not by_rule
    if of_decisions and loss.outputs_probability and loss.per_row and not loss.class_weight:
        return "log_loss"
    is_followed = score is not None and score.is_followed and not of_decisions
    if is_followed and (loss.outputs_probability or not score.needs_probability):
        return headline
    if set(loss.options) <= {"activation"}:
        return LOSS
    return "mse" if loss.task == "regression" else "log_loss" if loss.outputs_probability else "accuracy"


def variants(unit: Unit) -> list[Unit]:
    """Make one unit for each output activation that its loss may have."""
    loss = unit.loss
    parameters = {name: values for name, values in loss.options.items() if name != "activation"}
    return [
        replace(
            unit,
            settings=unit.settings.model_copy(
                update={"loss": replace(loss, activation=activation, options=parameters)}
            ),
        )
        for activation in loss.options.get("activation", (loss.activation,))
    ]


def first_candidates(unit: Unit) -> list[Candidate]:
    """List the first candidates of a unit: its rates, schedules and values of the loss's parameters, combined."""
    schedule = unit.settings.optimizer.schedule
    schedules = (schedule,) if isinstance(schedule, str) else schedule
    options = [[(name, value) for value in values] for name, values in unit.loss.options.items()]
    return [Candidate(*chosen[:2], chosen[2:]) for chosen in product(first_rates(unit), schedules, *options)]


def first_rates(unit: Unit) -> list[float]:
    """List the rates to try: those of params.yaml, for SGD lower where a constant factor makes a loss steeper."""
    optimizer, steepness = unit.settings.optimizer, unit.loss.steepness
    if not isinstance(optimizer.learning_rate, tuple):
        return [optimizer.learning_rate]
    if steepness is None or optimizer.name != "SGD":  # the others take steps of the same size whatever the factor
        return list(optimizer.learning_rate)
    return [float(f"{rate / steepness:.6g}") for rate in optimizer.learning_rate]


def horizons(unit: Unit) -> list[int]:
    """The epochs for which candidates are trained, ascending; only all where nothing but the loss itself is chosen."""
    epochs = unit.settings.epochs
    if unit.settings.within:
        return sorted(_steps_of(unit))
    if not unit.settings.optimizer.is_tuned:
        return [epochs]
    return sorted({max(1, round(epochs / share)) for share in SHARES})


def _steps_of(unit: Unit) -> dict[int, int]:
    """The horizons of a budget: by the epochs that a unit trains for while tuning, the steps that are meant."""
    within = unit.settings.within
    steps = within.horizons if unit.settings.optimizer.is_tuned else within.horizons[-1:]
    return {passes(n_steps, _n_train(unit), unit.settings.batch_size): n_steps for n_steps in steps}


def passes(n_steps: int, n_rows: int, batch_size: int) -> int:
    """How many passes over so many rows come nearest to a number of steps; at least one."""
    return max(1, round(n_steps / -(-n_rows // batch_size)))


def _n_train(unit: Unit) -> int:
    """Rows that a seed of a unit learns from while tuning: of several splits the most."""
    return int((unit.plan.parts == Part.TRAIN).sum(axis=1).max())


def _in_the_end(unit: Unit, epochs: int) -> int:
    """The epochs to train for: those chosen; within a budget as many as take the same steps on all train rows."""
    within, batch_size = unit.settings.within, unit.settings.batch_size
    return passes(epochs * -(-_n_train(unit) // batch_size), within.rows, batch_size) if within else epochs


def rungs(unit: Unit) -> Iterator[tuple[int, int]]:
    """Of each variant of a unit how many candidates train in each rung of halving, and for how many epochs."""
    for variant in variants(unit):
        candidates = first_candidates(variant)
        n_schedules = len({candidate.schedule for candidate in candidates})
        sizes = [len(candidates), math.ceil(len(candidates) / 2), N_LAST * n_schedules]
        yield from zip(sizes, _halving_horizons(unit), strict=False)


def _halving_horizons(unit: Unit) -> list[int]:
    """The horizons of a unit with as many rows as halve within a budget."""
    within = unit.settings.within
    if within is None or within.tuning_rows == within.rows:
        return horizons(unit)
    steps = within.horizons if unit.settings.optimizer.is_tuned else within.horizons[-1:]
    n_learned = within.tuning_rows - n_validation(within.tuning_rows)
    return [passes(n_steps, n_learned, unit.settings.batch_size) for n_steps in steps]


async def tune(unit: Unit, train: TrainChunks) -> Tuning:
    """Choose for a unit whose learning rates are a list; see the module.

    Args:
        unit: the unit.
        train: trains chunks.
    """
    within = unit.settings.within
    few = unit.of_seeds(range(min(within.tuning_seeds if within else N_SEEDS, len(unit.settings.seeds))))
    is_thinned = within is not None and within.tuning_rows < within.rows
    halving = few.thinned(within.tuning_rows) if is_thinned else few
    halved = await asyncio.gather(*(_Search(variant, train).run() for variant in variants(halving)))
    trials = [trial for some in halved for trial in some]
    tuning = _tuning(unit, trials, await _check(few, halving, trials, train) if is_thinned else [])
    return await tried_otherwise(unit, tuning, train) if unit.settings.second_run else tuning


async def _check(few: Unit, halving: Unit, trials: list[Trial], train: TrainChunks) -> list[Trial]:
    """Train the best that came of fewer rows on all of them: two candidates, and the best for the longest as well.

    Args:
        few: the unit, with the seeds that choose.
        halving: the same with the rows that halved.
        trials: what came of them.
        train: trains chunks.
    """
    best_first = sorted(trials, key=lambda trial: (*trial.cost, trial.epochs))
    distinct: dict[tuple[str, Candidate], Trial] = {}
    for trial in best_first:
        distinct.setdefault((trial.activation, trial.candidate), trial)
    checked = list(distinct.values())[:N_CHECKED]
    longest = max(trial.horizon for trial in trials)
    checked += [trial for trial in best_first if trial.horizon == longest and trial.still_falls][:1]
    steps = _steps_of(halving)
    wanted: dict[tuple[str, int], list[Candidate]] = {}
    for trial in checked:
        horizon = passes(steps[trial.horizon], _n_train(few), few.settings.batch_size)
        wanted.setdefault((trial.activation, horizon), []).append(trial.candidate)
    by_activation = {variant.loss.activation: variant for variant in variants(few)}
    done = await asyncio.gather(
        *(
            train_trials(by_activation[activation], list(dict.fromkeys(some)), horizon, train, is_alone=True)
            for (activation, horizon), some in wanted.items()
        )
    )
    return [trial for some in done for trial in some]


def _wants_more(trials: Sequence[Trial]) -> bool:
    """Whether the longest horizon is clearly the best, so that a longer one may be better still."""
    best, longest = best_of(trials), max(trial.horizon for trial in trials)
    shorter = [trial for trial in trials if trial.horizon < longest]
    return (
        best.horizon == longest and best.still_falls and (not shorter or is_ahead(best, best_of(shorter), by=CLEARLY))
    )


class _Search:
    """The trials of a unit with one output."""

    def __init__(self, unit: Unit, train: TrainChunks) -> None:
        self._unit, self._train, self._trials = unit, train, []

    async def run(self) -> list[Trial]:
        """All trials: rung by rung, then beyond the best where it is at an end."""
        first, *later = horizons(self._unit)
        await self._try(first_candidates(self._unit), first)
        if not self._unit.settings.optimizer.is_tuned:
            return self._trials
        await self._try(self._beyond(first), first)
        for before, horizon in zip([first, *later], later, strict=False):
            await self._try(self._promoted(before, horizon, is_last=horizon == later[-1]), horizon)
        await self._try_next_lower()
        if _wants_more(self._trials) and not self._unit.settings.within:
            best = best_of(self._trials)
            await self._try([best.candidate], FURTHER * best.horizon)
        return self._trials

    async def _try(self, candidates: Sequence[Candidate], horizon: int) -> None:
        """Train candidates for a horizon, those that are not yet."""
        tried = {trial.candidate for trial in self._trials if trial.horizon == horizon}
        if not (new := [candidate for candidate in candidates if candidate not in tried]):
            return
        self._trials += await train_trials(self._unit, new, horizon, self._train)

    def _at(self, horizon: int, schedule: str | None = None) -> list[Trial]:
        """Sort the trials of a horizon, of one schedule or of all, the best first."""
        trials = [trial for trial in self._trials if trial.horizon == horizon]
        alike = [trial for trial in trials if schedule in (None, trial.candidate.schedule)]
        return sorted(alike, key=lambda trial: trial.cost)

    @property
    def _schedules(self) -> list[str]:
        return list(dict.fromkeys(trial.candidate.schedule for trial in self._trials))

    def _beyond(self, horizon: int) -> list[Candidate]:
        """Of each schedule the best with further rates, where its own is at an end of those that were tried."""
        beyond = []
        for schedule in self._schedules:
            trials = self._at(horizon, schedule)
            best, rates = trials[0].candidate, sorted({trial.candidate.rate for trial in trials})
            if len(rates) == 1 or best.rate not in (rates[0], rates[-1]) or trials[0].n_failed:
                continue
            before, last = (rates[1], rates[0]) if best.rate == rates[0] else rates[-2:]
            for _ in range(EXTENSIONS):
                before, last = last, next_rate(before, last)
                beyond.append(best._replace(rate=last))
        return beyond

    def _promoted(self, before: int, horizon: int, *, is_last: bool) -> list[Candidate]:
        """What of a horizon is trained for the next: see the module; and what is as good as the last that stays.

        Where a chunk has room for more, also what `_try_next_lower` would be likely to try.
        """
        promoted = []
        for schedule in self._schedules:
            trials = self._at(before, schedule)
            n_kept = N_LAST if is_last else math.ceil(len(trials) / 2)
            kept, others = trials[:n_kept], trials[n_kept : n_kept + max(1, n_kept // 2)]
            kept += [trial for trial in others if trial.n_failed == 0 and not is_ahead(kept[-1], trial)]
            promoted += [trial.candidate for trial in kept if trial.still_falls or not is_last]
        if is_last:
            best_first = [trial.candidate for trial in self._at(before) if trial.candidate in promoted]
            lower = [other for other in map(self._next_lower, best_first) if other and other not in promoted]
            promoted += list(dict.fromkeys(lower))[: room(self._unit, len(promoted), horizon)]
        return promoted

    async def _try_next_lower(self) -> None:
        """Train the next lower rate for the best's horizon, where none so low got so far.

        The best rate is the lower, the longer the horizon: what was left behind on the way may be better in the end.
        """
        best = best_of(self._trials)
        if lower := self._next_lower(best.candidate):
            await self._try([lower], best.horizon)

    def _next_lower(self, candidate: Candidate) -> Candidate | None:
        """A candidate with the next lower of the rates that were tried; None where there is none."""
        rates = (trial.candidate.rate for trial in self._trials)
        rate = max((rate for rate in rates if rate < candidate.rate), default=0)
        return candidate._replace(rate=rate) if rate else None


def next_rate(before: float, last: float) -> float:
    """The rate that follows two neighbours by the same factor, to six digits."""
    return float(f"{last * last / before:.6g}")


def _tuning(unit: Unit, halved: list[Trial], checked: list[Trial]) -> Tuning:
    """What tuning came to.

    Args:
        unit: the unit.
        halved: the trials.
        checked: those on more rows, of which one is chosen; of all where there are none.
    """
    trials = [*halved, *checked]
    usable = checked or (halved if unit.settings.within else usable_of(halved, unit.settings.epochs))
    best = best_of(usable)
    chosen, longest = next(i for i, trial in enumerate(trials) if trial is best), max(trial.horizon for trial in trials)
    to_score = shown(unit)
    curves = np.full((len(trials), longest), np.nan)
    for curve, trial in zip(curves, trials, strict=True):
        if not trial.n_failed:
            curve[: trial.horizon] = to_score(trial.mean)
    parameters = [name for name, _ in best.candidate.parameters]
    alike = sorted({trial.candidate.rate for trial in trials if trial.activation == best.activation})
    return Tuning(
        rates=np.array([trial.candidate.rate for trial in trials]),
        schedules=np.array([trial.candidate.schedule for trial in trials]),
        activations=np.array([trial.activation for trial in trials]),
        parameters=np.array([[value for _, value in trial.candidate.parameters] for trial in trials], np.float64),
        parameter_names=np.array(parameters, np.str_),
        horizons=np.array([trial.horizon for trial in trials]),
        curves=curves,
        reached=np.array([np.nan if trial.n_failed else to_score(trial.cost[1]) for trial in trials]),
        n_failed=np.array([trial.n_failed for trial in trials]),
        chosen=chosen,
        score=unit.settings.selected_by,
        n_seeds=len(best.curves),
        epochs=_in_the_end(unit, best.epochs),
        rate=best.candidate.rate,
        gave_way=np.array([]),
        at_edge=len(alike) > 1 and best.candidate.rate in (alike[0], alike[-1]),
        at_last_epoch=_wants_more(halved)
        if unit.settings.within
        else best.horizon == longest and best.still_falls and longest > unit.settings.epochs,
        firmness=firmness(usable, next(i for i, trial in enumerate(usable) if trial is best)),
        checked=np.arange(len(trials)) >= len(halved) if checked else None,
    )
