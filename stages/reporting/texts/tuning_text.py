"""How the learning rate and the epochs of each loss were chosen, in sentences."""

from collections.abc import Iterator

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted, number
from stages.records.runs import Run, Tuning
from stages.reporting.formats import listed, rate
from stages.verdicts.comparison import Comparison
from stages.verdicts.tuned import best_by_rows, cost


def how_chosen(comparison: Comparison) -> Markdown:
    """By what the learning rate and the epochs were chosen."""
    tuned = [run for run in comparison.runs if run.tuning]
    rates = sorted({float(rate) for run in tuned for rate in run.tuning.rates})
    by: dict[str, list[str]] = {}
    for run in tuned:
        by.setdefault(run.tuning.score, []).append(run.loss.name)
    by_loss = by.pop("loss", [])
    scores = [f"the mean validation {text(score)}" for score in by]
    if by_loss:
        scores.append(
            "each loss's own validation loss" if not by else f"the validation loss itself ({listed(by_loss)})"
        )
    seeds = counted(max(run.tuning.n_seeds for run in tuned), "seed")
    falls = _FALLS if any(run.schedule == "cosine" for run in tuned) else ""
    return Markdown(
        f"{_what(tuned)} were chosen by {' and '.join(scores)} over {seeds}, at the rates "
        f"{', '.join(map(rate, rates))}, on a fifth of each seed's train rows; "
        f"then each seed trained on all its train rows.{falls}"
    )


def by_rows(comparison: Comparison) -> Markdown:
    """Whether few rows put the losses in the order that all of a budget's do; empty where that is not known."""
    tuned = {run.loss.name: run.tuning for run in comparison.runs if run.tuning}
    within, scores = comparison.runs[0].settings.within, {tuning.score for tuning in tuned.values()}
    best = {loss: best_by_rows(tuning) for loss, tuning in tuned.items()}
    if within is None or len(tuned) < 2 or len(scores) > 1 or "loss" in scores or not all(best.values()):
        return Markdown()
    few, last = (sorted(tuned, key=lambda loss, place=place: cost(tuned[loss], best[loss][place])) for place in (0, 1))
    values = "; ".join(f"{code(loss)} {number(fewer)} and {number(more)}" for loss, (fewer, more) in best.items())
    order = "the order of the losses is the same" if few == last else "the order of the losses changed"
    if few[0] != last[0]:
        order = f"{code(few[0])} was ahead at first, and then {code(last[0])}"
    return Markdown(
        f"From {within.tuning_rows:,} rows to {within.rows:,} the best validation {text(scores.pop())} went: {values}. "
        f"So {order}. That decides nothing."
    )


_FALLS = " A learning rate written `0.03 → 0` falls along half a cosine, to 0 at the last step."


def _what(tuned: list[Run]) -> str:
    """What was chosen: the schedule too where there were several."""
    if not any(run.settings.optimizer.is_tuned for run in tuned):
        return "Parameters and outputs of losses"
    several = len({schedule for run in tuned for schedule in run.tuning.schedules.tolist()}) > 1
    return "Learning rate, its schedule and epochs" if several else "Learning rate and epochs"


def doubts(comparison: Comparison) -> list[Markdown]:
    """Sentences on losses whose best rate or number of epochs may lie beyond those tried, one for those alike."""
    alike: dict[str, list[str]] = {}
    for run in comparison.runs:
        for doubt in _doubts(run.tuning) if run.tuning else ():
            alike.setdefault(doubt, []).append(run.loss.name)
    return [
        Markdown(doubt.format(losses=listed(losses), verb="is" if len(losses) == 1 else "are"))
        for doubt, losses in alike.items()
    ]


def _doubts(tuning: Tuning) -> Iterator[str]:
    if tuning.at_edge:
        end = "smallest" if tuning.rate == min(tuning.rates) else "largest"
        yield f"{{losses}} {{verb}} best at the {end} learning rate that was tried, {rate(tuning.rate)}."
    if tuning.at_last_epoch:
        epochs = counted(tuning.epochs, "epoch")
        yield f"{{losses}} {{verb}} best at the last of {epochs}; more may be better."
    if tuning.gave_way.size:
        yield (
            f"Some of the seeds of {{losses}} went astray at a learning rate of "
            f"{', '.join(map(rate, tuning.gave_way))}, which gave way to {rate(tuning.rate)} for all."
        )
    if failing := list(map(rate, np.unique(tuning.rates[tuning.n_failed > 0]).tolist())):
        yield f"Seeds of {{losses}} failed at a learning rate of {', '.join(failing)}, which counts as worst."
