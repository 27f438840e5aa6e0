"""Which scores are measured, and which of them decides between losses."""

from collections.abc import Sequence

import numpy as np

from stages.losses.loss import UNEQUAL, Loss, Task
from stages.scores import catalogue
from stages.scores.catalogue import SCORES
from stages.scores.families import quantiles
from stages.scores.families.circle import CIRCULAR
from stages.scores.families.recall import recall
from stages.scores.score import HasPositions, Score


def is_on_circle(name: str) -> bool:
    """Whether a score is of values that begin anew."""
    return name.startswith(CIRCULAR)


def of_period(period: float) -> str:
    """The name of the score of values that begin anew after a period."""
    return f"{CIRCULAR}{period:.10g}"


def are_unequal(class_sizes: Sequence[int]) -> bool:
    """Whether classes are so unequal that accuracy says little; none at all are not."""
    return len(class_sizes) > 0 and max(class_sizes) >= UNEQUAL * min(class_sizes)


def shape_of(labels: np.ndarray, n_classes: int) -> tuple[int, HasPositions]:
    """How many values are predicted of a row, or of each of its positions; and whether these have targets, or labels.

    Args:
        labels: (n_rows, …, n_targets) values, or (n_rows, …) class indices.
        n_classes: number of classes; 0 for values.
    """
    if n_classes and labels.ndim == 2:
        return 1, "labels"
    return 1 if n_classes else labels.shape[-1], labels.ndim > (1 if n_classes else 2)


def default_headline(
    task: Task,
    n_targets: int = 1,
    class_sizes: Sequence[int] = (),
    losses: Sequence[Loss] = (),
    *,
    is_ordered: bool = False,
    has_positions: HasPositions = False,
    period: float | None = None,
) -> str:
    """The score that decides between losses where the parameters name none.

    Args:
        task: the kind of problem.
        n_targets: number of target columns.
        class_sizes: (n_classes,) rows of each class.
        losses: those that are compared.
        is_ordered: whether classes have an order.
        has_positions: whether each position of a row has a target, or a row several labels.
        period: after how much values begin anew; None where they do not.
    """
    if period:
        return of_period(period)
    if has_positions == "labels":
        return "macro_f1"
    if has_positions:
        return "rmse" if task == "regression" else "iou"
    intervals = [loss.interval for loss in losses if loss.interval]
    if intervals:
        return f"{quantiles.INTERVAL}{100 * max(intervals):.0f}"
    if any(loss.output.knows_quantiles for loss in losses):
        return "crps"
    on_circle = [loss.own_score for loss in losses if loss.gives == "direction"]
    if on_circle:
        return on_circle[0]
    learned = {loss.own_score for loss in losses}
    if len(learned) == 1 and (score := learned.pop()):
        return score
    if task == "regression":
        return "r2" if n_targets > 1 else "rmse"
    if is_ordered:
        return "rank_error"
    return "balanced_accuracy" if are_unequal(class_sizes) else "accuracy"


def asked_for(headline: str, loss: Loss, *, is_ordered: bool = False, period: float | None = None) -> list[str]:
    """The scores that a loss, what the target is and the score that decides ask for besides those of every target."""
    of_loss = [score for score in (loss.own_score, "coverage" if loss.quantile is not None else None) if score]
    if loss.output.knows_quantiles:
        percentage = f"{100 * (loss.interval or quantiles.USUAL_INTERVAL):.0f}"
        of_loss = ["crps", *(f"{family}{percentage}" for family in quantiles.FAMILIES)]
    score = catalogue.find(headline, loss.task)
    is_special = score is not None and score.is_measured != "always"
    own = [of_period(period)] if period else []
    if on_circle := list(filter(is_on_circle, [*own, headline, *of_loss])):
        return list(dict.fromkeys([*on_circle, headline]))
    of_order = [score.name for score in SCORES.values() if score.needs_order] if is_ordered else []
    return list(dict.fromkeys([*of_loss, *of_order, *([headline] if is_special else [])]))


def also_measured(asked: Sequence[str], labels: np.ndarray) -> list[str]:
    """The scores to measure besides those that every target has: those for a target like this, and those asked for.

    Args:
        asked: their names.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices, of the whole dataset.
    """
    is_positive = labels.ndim == 2 and (labels >= 0).all() and not any(map(is_on_circle, asked))
    for_it = [score.name for score in SCORES.values() if is_positive and score.is_measured == "never negative"]
    return list(dict.fromkeys([*for_it, *asked]))


def measured(
    loss: Loss,
    *,
    n_classes: int,
    n_targets: int,
    also: Sequence[str] = (),
    has_residuals: bool = False,
    has_positions: HasPositions = False,
) -> list[Score]:
    """The scores that networks are measured by, each once.

    Args:
        loss: what they were trained with.
        n_classes: number of classes; 0 for values.
        n_targets: number of target columns.
        also: names of further scores.
        has_residuals: whether it is known what they miss by on rows set aside.
        has_positions: whether each position of a row has a target, or a row several labels.
    """
    always = [score for score in SCORES.values() if score.is_measured == "always"]
    further = [catalogue.find(name, loss.task, any_use=True) for name in also]
    every = [*always, *map(recall, range(n_classes)), *(score for score in further if score)]
    if any(map(is_on_circle, also)):  # where errors of more than half a turn are none
        every = [score for score in every if score.name in also]
    suited = [
        score
        for score in every
        if score.suits(loss, n_targets, has_positions=has_positions) or (has_residuals and score.needs_quantiles)
    ]
    return list({score.name: score for score in suited}.values())
