"""Choose the learning rate and the number of epochs of one loss, on rows that seeds do not learn from meanwhile.

Every seed trains at every rate on its train rows less its validation rows; the mean over seeds of the validation
score decides, once for all seeds. A mean over thirty seeds hardly overfits the validation rows; the best epoch of a
single seed would, since the minimum of a noisier curve is lower.
"""

from collections.abc import Generator

import numpy as np

from stages.losses.loss import Loss
from stages.records.runs import Tuning
from stages.scores import catalogue
from stages.training.chunk import LOSS, Chunk, Result, cut
from stages.training.unit import Unit

EXTENSIONS = 3  # rates that are added at most where the best is at an end of the list


def selection(headline: str, loss: Loss) -> str:
    """What a loss's learning rate and epochs are chosen by.

    Args:
        headline: the score that decides between losses.
        loss: the loss.

    Returns:
        That score, where it is followed while training; else ``loss``, the loss's own value.
    """
    score = catalogue.find(headline, loss.task)
    can_be_followed = (
        score is not None and score.is_followed and (loss.outputs_probability or not score.needs_probability)
    )
    return headline if can_be_followed else LOSS


def tune(unit: Unit) -> Generator[list[Chunk], list[Result], Tuning]:
    """Choose the learning rate and the number of epochs of a unit.

    A best at an end of the list of rates extends it by the same factor. A rate at which a seed fails is taken only
    where there is none with fewer failed seeds.

    Args:
        unit: one whose learning rates are a list.

    Yields:
        The chunks of each round, at all rates first and then at one that is added.
    """
    rates = first_rates(unit)
    curves, n_failed = yield from _curves(unit, rates)
    for extension in range(EXTENSIONS + 1):
        best, epoch = choose(curves, n_failed, higher_is_better=_higher_is_better(unit))
        at_edge = len(rates) > 1 and best in (0, len(rates) - 1)
        if not at_edge or extension == EXTENSIONS:
            break
        new, place = (next_rate(rates[1], rates[0]), 0) if best == 0 else (next_rate(*rates[-2:]), len(rates))
        more_curves, more_failed = yield from _curves(unit, [new])
        rates.insert(place, new)
        curves, n_failed = np.insert(curves, place, more_curves, axis=0), np.insert(n_failed, place, more_failed)
    return Tuning(
        rates=np.array(rates),
        curves=np.where(n_failed[:, None] > 0, np.nan, curves),
        n_failed=n_failed,
        score=unit.settings.selected_by,
        rate=rates[best],
        epochs=epoch + 1,
        at_edge=at_edge,
        at_last_epoch=epoch + 1 == unit.settings.epochs,
    )


def first_rates(unit: Unit) -> list[float]:
    """The rates to try: those of the parameters, for SGD less where a constant factor makes a loss steeper."""
    optimizer, steepness = unit.settings.optimizer, unit.loss.steepness
    if steepness is None or optimizer.name != "SGD":  # the others take steps of the same size whatever the factor
        return list(optimizer.learning_rate)
    return [float(f"{rate / steepness:.6g}") for rate in optimizer.learning_rate]


def choose(curves: np.ndarray, n_failed: np.ndarray, *, higher_is_better: bool) -> tuple[int, int]:
    """The best rate and the best epoch, by their places.

    Args:
        curves: (n_rates, n_epochs) a score of every rate and epoch; NaN where there is none.
        n_failed: (n_rates,) seeds that failed; rates with more than the fewest are no choice.
        higher_is_better: whether more of the score is better.

    Returns:
        The best; of equals the fewest epochs, then a rate that is at no end of the list, then the lowest. The last
        epoch, where nothing has a score.
    """
    costs = np.where(np.isfinite(curves), -curves if higher_is_better else curves, np.inf)
    fewest = n_failed == n_failed.min()
    costs[~fewest] = np.inf
    if np.isinf(costs).all():
        return int(np.argmax(fewest)), curves.shape[1] - 1
    epoch = int(np.argmin(costs.min(axis=0)))
    best = np.flatnonzero(costs[:, epoch] == costs.min())
    inside = best[(best > 0) & (best < len(costs) - 1)]
    return int([*inside, *best][0]), epoch


def next_rate(before: float, last: float) -> float:
    """The rate that follows two neighbours by the same factor, to six digits."""
    return float(f"{last * last / before:.6g}")


def _higher_is_better(unit: Unit) -> bool:
    score = catalogue.find(unit.settings.selected_by, unit.loss.task)
    return score is not None and score.higher_is_better


def _curves(unit: Unit, rates: list[float]) -> Generator[list[Chunk], list[Result], tuple[np.ndarray, np.ndarray]]:
    """Train every seed at every rate.

    Returns:
        (n_rates, n_epochs) the mean over the seeds that did not fail of the validation score, NaN where all failed;
        and (n_rates,) how many failed.
    """
    results = yield cut(unit, rates, unit.settings.epochs, is_tuning=True)
    values = np.concatenate([result["values"] for result in results], axis=1).astype(np.float64)
    finished = np.concatenate([result["finished"] for result in results])
    n_finished = finished.sum(axis=0)
    curves = np.nansum(np.where(finished, values, np.nan), axis=1) / np.where(n_finished, n_finished, np.nan)
    score = catalogue.find(unit.settings.selected_by, unit.loss.task)
    return (score.of_mean(curves) if score else curves).T, len(finished) - n_finished
