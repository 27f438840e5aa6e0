"""Does the order of the losses survive? Each loss again, as it was chosen, with one thing of its training changed.

A small run: the seeds that tuned, at the rates around a chosen one, for the epochs chosen, measured on validation rows
by a score that all losses of the comparison have.
"""

import asyncio
from dataclasses import replace

import numpy as np

from stages.execution.scheduler import TrainChunks
from stages.execution.trials import best_of, shown, train_trials
from stages.params.optimizer import SETTINGS
from stages.records.runs import Tuning
from stages.records.settings import OptimizerSettings
from stages.training.chunk import LOSS, Candidate
from stages.training.unit import Unit

FACTORS = (1 / 3, 1.0, 3.0)  # of a rate, which are tried
OF_SGD = 0.1  # of a rate of SGD, with which the other optimizers take steps about as large
WIDER = "a network twice as wide"


def variations(unit: Unit, rate: float) -> dict[str, tuple[Unit, float]]:
    """List the variations, by their words: the varied unit, and the rate around which its rates lie.

    Args:
        unit: what was tuned.
        rate: the one chosen.
    """
    settings, steepness = unit.settings, unit.loss.steepness or 1.0
    is_sgd = settings.optimizer.name == "SGD"
    name = "Adam" if is_sgd else "SGD"
    arguments = {key: value for key, value in SETTINGS[name].items() if key != "learning_rate"}
    cut = {key: value for key, value in settings.optimizer.arguments.items() if key == "global_clipnorm"}
    if not is_sgd:
        arguments["momentum"] = 0.9
    optimizer = OptimizerSettings(name=name, learning_rate=rate, **arguments | cut)
    # a constant factor makes the steps of SGD as much larger, and those of the others not
    changed = {name: ({"optimizer": optimizer}, rate * steepness * OF_SGD if is_sgd else rate / steepness / OF_SGD)}
    if (settings.hidden or settings.network) and not settings.model:
        wider = {
            "hidden": tuple(2 * units for units in settings.hidden),
            "network": settings.network and settings.network.wider(),
        }
        changed[WIDER] = ({**wider, "optimizer": settings.optimizer.at(rate)}, rate)
    return {
        what: (replace(unit, settings=settings.model_copy(update=update)), around)
        for what, (update, around) in changed.items()
    }


def measured_by(unit: Unit) -> str:
    """Name the score by which the losses of a comparison are measured alike: none has the unit of its own value."""
    by = unit.settings.selected_by
    return by if unit.loss.task == "regression" and by != LOSS else unit.loss.epoch_metric


async def tried_otherwise(unit: Unit, tuning: Tuning, train: TrainChunks) -> Tuning:
    """Add to a tuning what its choice scores where something is varied.

    Args:
        unit: what was tuned.
        tuning: what came of it.
        train: trains chunks.
    """
    few, by = unit.of_seeds(range(tuning.n_seeds)), measured_by(unit)
    chosen = few.settings.model_copy(update={"loss": unit.loss.at(tuning.options), "selected_by": by})
    others = variations(replace(few, settings=chosen), tuning.rate)
    values = await asyncio.gather(*(_values(*other, tuning, train) for other in others.values()))
    return replace(tuning, varied=np.array(list(others)), varied_by=by, values=np.stack(values))


async def _values(unit: Unit, around: float, tuning: Tuning, train: TrainChunks) -> np.ndarray:
    """Compute the validation score of each seed at the best of three rates, (n_seeds,)."""
    candidates = [Candidate(float(f"{around * factor:.6g}"), tuning.schedule) for factor in FACTORS]
    return shown(unit)(best_of(await train_trials(unit, candidates, tuning.epochs, train, is_alone=True)).costs)


def planned_cost(unit: Unit) -> int:
    """Networks times epochs that it takes at most, where the longest horizon is chosen and was not extended."""
    return len(variations(unit, 1.0)) * len(FACTORS) * unit.settings.epochs
