"""Train a unit: bring its loss to its own best, where that is to be found; train every seed; score."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from stages.basics import cli
from stages.basics.arrays import unpacked
from stages.execution import second_run
from stages.execution.cutting import N_CANDIDATES, compiling, cut, effort, most_at_once
from stages.execution.scheduler import Scheduler, TrainChunks
from stages.execution.tuning import N_CHECKED, N_SEEDS, first_candidates, horizons, rungs, tune, variants
from stages.records.runs import Regions, Run, Tuning
from stages.scores import catalogue
from stages.training.chunk import Candidate, Chunk, Result
from stages.training.scoring import Scores, score_seeds, scored_by, scores_table
from stages.training.unit import Unit

LOWERINGS = 2  # times at most that a learning rate gives way to a lower one


class Training:
    """The training of one loss of one comparison, which goes on with more seeds as they are asked for."""

    def __init__(self, unit: Unit, train: TrainChunks) -> None:
        """Begin.

        Args:
            unit: the unit, with every seed that may be asked for.
            train: trains chunks.
        """
        self.unit, self._train = unit, train
        self._tuning: Tuning | None = None
        self._results: list[Result] = []
        self._held_out: list[Result] = []

    async def of_seeds(self, n_seeds: int) -> Run:
        """Train the first seeds, so many, and score them; those that were trained before are not again.

        A rate with which some go astray gives way to a lower one, for all.
        """
        if self.unit.settings.is_tuned and self._tuning is None:
            self._tuning = await tune(self.unit, self._train)
        few = self.unit.of_seeds(range(n_seeds))
        while True:
            chunks = final_chunks(few, self._tuning)
            self._results += await self._train(chunks[len(self._results) :])
            if not (self._tuning and (lower := _lower_rate(self._tuning)) and _some_went_astray(self._results)):
                return replace(
                    _run(few, self._tuning, chunks, self._results), held_out=await self._without_what_is_set_aside(few)
                )
            gave_way = np.append(self._tuning.gave_way, self._tuning.rate)
            self._tuning, self._results = replace(self._tuning, rate=lower, gave_way=gave_way), []
            self._held_out = []

    async def _without_what_is_set_aside(self, unit: Unit) -> np.ndarray | None:
        """Train networks without their validation rows, and give their outputs: see `Run.held_out`."""
        if not needs_held_out(unit):
            return None
        first = unit.of_seeds(range(min(N_SEEDS, len(unit.settings.seeds))))
        chunks = final_chunks(replace(first, plan=first.plan.testing_on_validation()), self._tuning)
        self._held_out += await self._train(chunks[len(self._held_out) :])
        finished = np.concatenate([result["finished"] for result in self._held_out])
        outputs = _outputs(self._held_out)
        outputs[~(first.plan.validated & finished[:, None])] = np.nan
        return outputs

    @property
    def model(self) -> bytes:
        """The file of the first seed's model."""
        return self._results[0]["model"].tobytes()


async def train_unit(unit: Unit, train: TrainChunks) -> tuple[Run, bytes]:
    """Train one loss of one comparison with every seed, and score it.

    Args:
        unit: the unit.
        train: trains chunks.

    Returns:
        The run, and the file of the first seed's model.
    """
    training = Training(unit, train)
    return await training.of_seeds(len(unit.settings.seeds)), training.model


def final_chunks(unit: Unit, tuning: Tuning | None) -> list[Chunk]:
    """The chunks that train every seed of a unit, as tuning chose or as its settings say."""
    settings = unit.settings
    if tuning is None:
        optimizer = settings.optimizer
        return cut(unit, [Candidate(optimizer.learning_rate, optimizer.schedule)], settings.epochs)
    chosen = replace(unit, settings=settings.model_copy(update={"loss": unit.loss.at(tuning.options)}))
    return cut(chosen, [Candidate(tuning.rate, tuning.schedule)], tuning.epochs)


def first_chunks(unit: Unit) -> list[Chunk]:
    """The chunks with which the training of a unit begins."""
    if not unit.settings.is_tuned:
        return final_chunks(unit, None)
    few, [first, *_] = unit.of_seeds(range(min(N_SEEDS, len(unit.settings.seeds)))), horizons(unit)
    return [
        chunk for variant in variants(few) for chunk in cut(variant, first_candidates(variant), first, is_tuning=True)
    ]


def try_first(selected: Sequence[Unit], scheduler: Scheduler) -> None:
    """Try the user's own losses and networks, and how networks of other than dense layers train, where that is new.

    Raises:
        UserError: one does not pass.
    """
    for unit in selected:
        if (unit.settings.model or unit.loss.is_custom) and not scheduler.has(first_chunks(unit)):
            from stages.execution.user_code_checks import try_unit

            try_unit(unit)
    of_comparisons = {unit.settings.comparison: unit for unit in reversed(selected)}
    for unit in reversed(of_comparisons.values()):
        if (unit.settings.model or unit.settings.network) and not scheduler.has(first_chunks(unit)):
            from stages.execution.network_checks import about

            for line in about(unit):
                cli.say(line)


def needs_held_out(unit: Unit) -> bool:
    """Whether networks train again without their validation rows, so that it is seen what they give for these.

    A threshold is chosen on them, and what is missed by on them stands for the spread of a loss that gives one value.
    """
    also = [catalogue.find(name, unit.loss.task, any_use=True) for name in unit.settings.also_scored]
    lacks_spread = any(score and score.needs_quantiles and not score.is_of_outputs(unit.loss) for score in also)
    is_tuned = unit.loss.task != "regression" and unit.settings.optimizer.is_tuned
    return (is_tuned or lacks_spread) and not unit.plan.tests_in_turn and bool(unit.plan.validated.any(axis=1).all())


def planned(unit: Unit) -> int:
    """Estimate what a unit takes, tuning and programs included, as networks times epochs; it may take less or more."""
    settings, n_seeds = unit.settings, len(unit.settings.seeds)
    n_few = min(N_SEEDS, n_seeds)
    n_networks = n_seeds + (n_few if needs_held_out(unit) else 0)
    otherwise = second_run.planned_cost(unit) * n_few if settings.second_run else 0
    n_chunks = -(-n_networks // most_at_once(unit)) + (planned_chunks(unit) if settings.is_tuned else 0)
    training = n_networks * settings.epochs + (planned_cost(unit) if settings.is_tuned else 0) + otherwise
    return training + n_chunks * compiling(unit)


def work(unit: Unit) -> float:
    """Estimate what a unit takes, to compare it with others: see `effort`."""
    return planned(unit) * effort(unit)


def planned_cost(unit: Unit) -> int:
    """Networks times epochs of tuning a unit where nothing is extended, and nothing as good as the last that stays.

    What a chunk is filled up with takes no time of its own.
    """
    within = unit.settings.within
    total = sum(size * horizon for size, horizon in rungs(unit))
    if within is None:
        return total * min(N_SEEDS, len(unit.settings.seeds))
    if within.tuning_rows < within.rows:
        total = total * within.tuning_rows / within.rows + N_CHECKED * horizons(unit)[-1]
    return round(total * min(within.tuning_seeds, len(unit.settings.seeds)))


def planned_chunks(unit: Unit) -> int:
    """Chunks of tuning a unit as `planned_cost` has it, where one holds all seeds that choose."""
    return sum(math.ceil(size / N_CANDIDATES) for size, _ in rungs(unit))


def _some_went_astray(results: Sequence[Result]) -> bool:
    """Whether a few seeds failed, or ended with a loss on their train rows above a constant prediction's."""
    finished = np.concatenate([result["finished"] for result in results])
    loss = np.concatenate([result["loss"][:, -1] for result in results])
    astray = ~finished | (loss > np.concatenate([result["constant_loss"] for result in results]))
    return 0 < astray.mean() < 0.5


def _lower_rate(tuning: Tuning) -> float | None:
    """The next lower of the rates that were tried; None where there is none, or enough gave way."""
    if len(tuning.gave_way) == LOWERINGS:
        return None
    return max((float(rate) for rate in tuning.rates if rate < tuning.rate), default=None)


def _run(unit: Unit, tuning: Tuning | None, chunks: list[Chunk], results: list[Result]) -> Run:
    def joined(name: str) -> np.ndarray:
        return np.concatenate([result[name] for result in results])

    first, seeds = results[0], unit.settings.seeds
    regions = ("regions_x", "regions_y")
    return Run(
        settings=unit.settings,
        failed=[seed for seed, ended_well in zip(seeds, joined("finished"), strict=True) if not ended_well],
        history=_history_table(unit, results),
        outputs=_outputs(results),
        scores=scores_table(unit, _scores(chunks, results)),
        punishment=pd.DataFrame({name: first[f"punishment_{name}"] for name in ("case", "x", "value")}),
        objective=first["objective"],
        regions=Regions(*(first[name] for name in regions), joined("regions_decisions"))
        if regions[0] in first
        else None,
        tuning=tuning,
    )


def _outputs(results: list[Result]) -> np.ndarray:
    """The outputs of all seeds: see `Run.outputs`."""
    return np.concatenate([unpacked("outputs", result) for result in results])


def _scores(chunks: list[Chunk], results: list[Result]) -> Scores:
    """The scores of all seeds; what was scored by other code is scored again."""
    parts = [
        dict(zip(map(tuple, result["score_names"].tolist()), result["scores"], strict=True))
        if result["scored_by"] == scored_by(chunk.unit)
        else score_seeds(chunk.unit, unpacked("outputs", result), result["finished"])
        for chunk, result in zip(chunks, results, strict=True)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _history_table(unit: Unit, results: list[Result]) -> pd.DataFrame:
    """One row per seed and epoch."""
    history = {
        name: np.concatenate([result[name] for result in results])
        for name in ("loss", "val_loss", "metric", "val_metric")
    }
    (n_seeds, n_epochs), metric = history["loss"].shape, unit.loss.epoch_metric
    return pd.DataFrame(
        {
            "seed": np.repeat(unit.settings.seeds, n_epochs),
            "epoch": np.tile(np.arange(1, n_epochs + 1), n_seeds),
            **{name.replace("metric", metric): values.ravel() for name, values in history.items()},
        }
    )
