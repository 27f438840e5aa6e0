"""What losses are scored by: the names of the scores, which way is better, and what an axis calls them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.basics.ranges import REFERENCE
from stages.losses import asks
from stages.losses.loss import UNEQUAL, Loss, Task


@dataclass(frozen=True)
class Score:
    """One score.

    Attributes:
        name: as in ``results.csv``.
        label: with its unit, for an axis.
        higher_is_better: a perfect score is then 1, and 0 otherwise.
        needs_probability: whether it is defined only for outputs that are probabilities.
        needs_vectors: whether it is defined only for several target columns.
        never_negative: whether it is defined only for targets that are never negative.
    """

    name: str
    label: str
    higher_is_better: bool = True
    needs_probability: bool = False
    needs_vectors: bool = False
    never_negative: bool = False


_LOG_LOSS = Score("log_loss", "log loss (nats)", higher_is_better=False, needs_probability=True)
_BRIER = Score("brier", "Brier score (squared error of probabilities)", higher_is_better=False, needs_probability=True)
_ACCURACY = Score("accuracy", "accuracy (share of rows)")
_BALANCED = Score("balanced_accuracy", "balanced accuracy (mean recall of the classes)")

# what can decide between losses, by task; each class's recall besides
SCORES: dict[Task, tuple[Score, ...]] = {
    "regression": (
        Score("rmse", "root mean squared error (target units)", higher_is_better=False),
        Score("mse", "mean squared error (scaled target)", higher_is_better=False),
        Score("mae", "mean absolute error (target units)", higher_is_better=False),
        Score("r2", "R² (share of the variance)"),
        Score("cosine_similarity", "cosine of the angle between prediction and target", needs_vectors=True),
        Score(
            "rmsle",
            "root mean squared error of log(1 + target)",
            higher_is_better=False,
            never_negative=True,
        ),
        Score(
            "mape",
            "mean absolute percentage error (%, of targets above 0)",
            higher_is_better=False,
            never_negative=True,
        ),
        Score("median_absolute_error", "median absolute error (target units)", higher_is_better=False),
    ),
    "binary": (
        _ACCURACY,
        _BALANCED,
        Score("roc_auc", "area under the ROC curve"),
        Score("f1", "F1 of class 1"),
        _LOG_LOSS,
        _BRIER,
    ),
    "multiclass": (_ACCURACY, _BALANCED, Score("f1_macro", "F1, mean of the classes"), _LOG_LOSS, _BRIER),
}

# of values, measured where the target is never negative, or where one is asked for
OF_POSITIVE = ("rmsle", "mape", "median_absolute_error")

COVERAGE = "coverage"  # the share of targets that are not above what is predicted, beside a pinball loss

# what is followed epoch by epoch
EPOCH_LABELS = {score.name: score.label for scores in SCORES.values() for score in scores}


def are_unequal(class_sizes: Sequence[int]) -> bool:
    """Whether classes are so unequal that accuracy says little; none at all are not."""
    return len(class_sizes) > 0 and max(class_sizes) >= UNEQUAL * min(class_sizes)


def default_headline(
    task: Task, n_targets: int = 1, class_sizes: Sequence[int] = (), losses: Sequence[Loss] = ()
) -> str:
    """The score that decides between losses where the parameters name none.

    It is the pinball loss where all ask for one quantile; it has no unit for several columns of values, and counts
    every class alike where their sizes are unequal.

    Args:
        task: the kind of problem.
        n_targets: number of target columns.
        class_sizes: (n_classes,) rows of each class.
        losses: those that are compared.
    """
    quantiles = {asks.quantile(loss) for loss in losses}
    if len(quantiles) == 1 and None not in quantiles:
        return f"pinball_{quantiles.pop():g}"
    if n_targets > 1:
        return "r2"
    return _BALANCED.name if are_unequal(class_sizes) else SCORES[task][0].name


def is_own(name: str) -> bool:
    """Whether a score is a user's own function, ``module:function``."""
    return re.fullmatch(REFERENCE, name) is not None


def quantile_of(name: str) -> float | None:
    """The quantile of a score ``pinball_0.9``; None of others."""
    match = re.fullmatch(r"pinball_(0?\.\d+)", name)
    return float(match[1]) or None if match else None


def asked_for(headline: str, loss: Loss) -> list[str]:
    """The scores that a loss and the score that decides ask for besides those that every target has."""
    share = asks.quantile(loss)
    of_loss = [] if share is None else [f"pinball_{share:g}", COVERAGE]
    special = headline in OF_POSITIVE or is_own(headline) or quantile_of(headline) is not None
    return list(dict.fromkeys([*of_loss, *([headline] if special else [])]))


def also_measured(asked: Sequence[str], labels: np.ndarray) -> list[str]:
    """The scores to measure besides those that every target has: those asked for, and `OF_POSITIVE`.

    Args:
        asked: their names.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices, of the whole dataset.
    """
    positive = OF_POSITIVE if labels.ndim > 1 and (labels >= 0).all() else ()
    return list(dict.fromkeys([*positive, *asked]))


def names_for(task: Task | None, n_targets: int | None = None) -> list[str]:
    """The scores of one task, or of any; ``recall_0`` and so on for each class stand besides."""
    every = [score for name in ([task] if task else SCORES) for score in SCORES[name]]
    return list(dict.fromkeys(score.name for score in every if not (score.needs_vectors and n_targets == 1)))


def find(name: str, task: Task | None, *, n_classes: int | None = None, n_targets: int | None = None) -> Score | None:
    """A score of one task, or of any, by its name; None where there is none.

    Args:
        name: of the score.
        task: the task; None for any.
        n_classes: number of classes; None where it is not known.
        n_targets: number of target columns; None where it is not known.
    """
    if is_own(name):
        return Score(name, f"{name} (own score)", higher_is_better=False)
    if task in (None, "regression") and (share := quantile_of(name)):
        return Score(name, f"pinball loss of the {100 * share:g} % quantile (target units)", higher_is_better=False)
    for score in (score for of, scores in SCORES.items() if task in (None, of) for score in scores):
        if score.name == name and not (score.needs_vectors and n_targets == 1):
            return score
    if task != "regression" and (match := re.fullmatch(r"recall_(\d+)", name)):
        index = int(match[1])
        if n_classes is None or index < n_classes:
            return Score(name, f"recall of class {index} (share of its rows)")
    return None
