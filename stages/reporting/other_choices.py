"""Which loss other scores would choose than the one that decides."""

import numpy as np

from stages.scores import catalogue
from stages.scores.score import Score
from stages.verdicts.comparison import Comparison

_NONE = -1


def scores(comparison: Comparison) -> list[Score]:
    """The scores that could decide too, and were measured of every loss.

    Not the recall of a class, which says nothing alone: who always says that class has the best.
    """
    names = set.intersection(*(set(run.scores["metric"]) for run in comparison.runs))
    candidates = (catalogue.find(name, comparison.task) for name in sorted(names))
    could_decide = [score for score in candidates if score and score.can_decide and score.quota is None]
    return [score for score in could_decide if score.name != comparison.score.name]


def choice(comparison: Comparison, score: Score) -> str | None:
    """The loss that a score would choose, where the recommended one is worse by it by more than its margin."""
    best, sign = comparison.outcome.advice.best, 1 if score.higher_is_better else -1
    values = {run.loss.name: run.values(score.name, "test")[run.finished] for run in comparison.runs}
    means = {
        loss: float(finished.mean())
        for loss, finished in values.items()
        if len(finished) and np.isfinite(finished).all()
    }
    if best not in means:
        return None
    leader = max(means, key=lambda loss: sign * means[loss])
    error = 1 - means[leader] if score.higher_is_better else means[leader]
    if not sign * (means[leader] - means[best]) > 0.05 * error:  # a first look, which costs nothing
        return None

    def find() -> dict[str, np.ndarray]:
        outcome = comparison.by(score)
        chosen = outcome.advice.best
        is_better = chosen != best and outcome.pairs[chosen, best].verdict == "better"
        return {"position": np.array([comparison.losses.index(chosen) if is_better else _NONE])}

    description = comparison.description
    decided_by = (
        *("choice", score.name, best, comparison.plan, comparison.labels, comparison.weights),
        *(description.task, description.classes, description.is_ordered, bool(description.files)),
        [(run.settings.model_dump(mode="json"), run.loss, run.failed, run.scores) for run in comparison.runs],
        [(run.outputs, run.held_out, run.objective) for run in comparison.runs],
    )
    [position] = comparison.cache.for_score(score).get_or_find(decided_by, find)["position"]
    return None if position == _NONE else comparison.losses[position]
