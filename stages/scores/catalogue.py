"""The score catalogue: one row per score decides everything that differs between scores.

It needs neither TensorFlow nor scikit-learn, so that stages which do not train or measure can read it without waiting.
"""

import re
from functools import partial

from stages.basics.ranges import REFERENCE
from stages.losses.estimand import (
    BELOW_MEDIAN,
    DECISIONS,
    DIRECTION,
    MEAN,
    MEAN_OF_LOGARITHMS,
    MEDIAN,
    PROBABILITIES,
    RANKS,
)
from stages.losses.loss import Task
from stages.scores import constants, terms
from stages.scores.families import labels, overlap, registry
from stages.scores.medians import MedianAbsoluteError
from stages.scores.placements import RocAuc
from stages.scores.score import HasPositions, Score, all_ranks, any_row, each_class, of_class
from stages.scores.statistic import OfMeans

_VALUES: tuple[Task, ...] = ("regression",)
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_MEAN, _MEDIAN = constants.estimate_of(MEAN), constants.estimate_of(MEDIAN)

# in the order in which they stand in results and reports
SCORES = {
    score.name: score
    for score in (
        Score(
            "mse",
            "mean squared error",
            OfMeans(terms.squared_scaled_error),
            rewards=MEAN,
            constant=_MEAN,
            tasks=_VALUES,
            unit="scaled target",
            is_followed=True,
        ),
        Score(
            "rmse",
            "root mean squared error",
            OfMeans(terms.squared_error, is_root=True),
            rewards=MEAN,
            constant=_MEAN,
            tasks=_VALUES,
            unit="target units",
            is_followed=True,
        ),
        Score(
            "mae",
            "mean absolute error",
            OfMeans(terms.absolute_error),
            rewards=MEDIAN,
            constant=_MEDIAN,
            tasks=_VALUES,
            unit="target units",
            is_followed=True,
        ),
        Score(
            "r2",
            "R²",
            OfMeans(terms.squared_error_of_r2, terms.squared_deviation, joined=terms.explained),
            rewards=MEAN,
            constant=_MEAN,
            tasks=_VALUES,
            unit="share of the variance",
            higher_is_better=True,
        ),
        Score(
            "cosine_similarity",
            "cosine of the angle between prediction and target",
            OfMeans(terms.cosine),
            rewards=DIRECTION,
            constant=constants.none,
            tasks=_VALUES,
            higher_is_better=True,
            needs_vectors=True,
        ),
        Score(
            "rmsle",
            "root mean squared error of log(1 + target)",
            OfMeans(terms.squared_log_error, is_root=True),
            rewards=MEAN_OF_LOGARITHMS,
            constant=constants.estimate_of(MEAN_OF_LOGARITHMS),
            tasks=_VALUES,
            is_followed=True,
            is_measured="never negative",
            never_negative=True,
        ),
        Score(
            "mape",
            "mean absolute percentage error",
            OfMeans(terms.relative_error, terms.is_positive),
            rewards=BELOW_MEDIAN,
            constant=constants.estimate_of(BELOW_MEDIAN),
            tasks=_VALUES,
            unit="%, of targets above 0",
            is_followed=True,
            is_measured="never negative",
            never_negative=True,
        ),
        Score(
            "median_absolute_error",
            "median absolute error",
            MedianAbsoluteError(),
            rewards=None,  # the middle of the shortest half, to which the median is near
            constant=_MEDIAN,
            tasks=_VALUES,
            unit="target units",
            is_measured="never negative",
        ),
        Score(
            "wape",
            "sum of the absolute errors as a share of the sum of the targets' sizes",
            OfMeans(terms.absolute_error_in_percent, terms.size),
            rewards=MEDIAN,
            constant=_MEDIAN,
            tasks=_VALUES,
            unit="%",
            is_measured="asked",
        ),
        Score(
            "maape",
            "mean arctangent of the absolute percentage error",
            OfMeans(terms.angle_of_relative_error),
            rewards=None,
            constant=_MEDIAN,
            tasks=_VALUES,
            unit="radians",
            is_measured="asked",
        ),
        Score(
            "sign_accuracy",
            "share of the targets other than 0 whose sign is predicted",
            OfMeans(terms.is_sign_right, terms.has_sign),
            rewards=None,
            constant=_MEDIAN,
            tasks=_VALUES,
            higher_is_better=True,
            is_measured="asked",
        ),
        Score(
            "coverage",
            "share of the targets that are not above what is predicted",
            OfMeans(terms.is_covered),
            rewards=None,
            constant=constants.none,
            tasks=_VALUES,
            higher_is_better=True,
            is_measured="asked",
            can_decide=False,
        ),
        Score(
            "accuracy",
            "accuracy",
            OfMeans(terms.is_right),
            rewards=DECISIONS,
            constant=constants.shares,
            tasks=_CLASSES,
            unit="share of rows",
            higher_is_better=True,
            is_followed=True,
            reach=any_row,
            of_labels=True,
        ),
        Score(
            "roc_auc",
            "area under the ROC curve",
            RocAuc(),
            rewards=RANKS,
            constant=constants.shares,
            of_positions=False,
            tasks=("binary",),
            higher_is_better=True,
        ),
        Score(
            "f1",
            "F1 of class 1",
            OfMeans(partial(terms.twice_hit, index=1), terms.of_class_1_and_decided),
            rewards=DECISIONS,
            constant=constants.class_1,
            tasks=("binary",),
            higher_is_better=True,
            reach=partial(of_class, index=1),
        ),
        Score(
            "f1_macro",
            "F1, mean of the classes",
            OfMeans(terms.twice_hit, terms.of_class_and_decided),
            rewards=DECISIONS,
            constant=constants.shares,
            tasks=("multiclass",),
            higher_is_better=True,
            reach=each_class,
        ),
        Score(
            "rounded_accuracy",
            "accuracy of rounded outputs",
            OfMeans(terms.is_rounded_right),
            rewards=None,
            constant=constants.none,
            tasks=("binary",),
            unit="share of rows",
            higher_is_better=True,
            can_decide=False,  # it judges wrongly, as published figures do that were made with it
        ),
        Score(
            "log_loss",
            "log loss",
            OfMeans(terms.surprise),
            rewards=PROBABILITIES,
            constant=constants.shares_of_all,
            tasks=_CLASSES,
            unit="nats",
            is_followed=True,
            needs_probability=True,
            of_labels=True,
        ),
        Score(
            "brier",
            "Brier score",
            OfMeans(terms.squared_error_of_probabilities),
            rewards=PROBABILITIES,
            constant=constants.shares,
            tasks=_CLASSES,
            unit="squared error of probabilities",
            is_followed=True,
            needs_probability=True,
            of_labels=True,
        ),
        Score(
            "balanced_accuracy",
            "balanced accuracy",
            OfMeans(terms.is_hit, terms.is_of_class),
            rewards=DECISIONS,
            constant=constants.shares,
            tasks=_CLASSES,
            unit="mean recall of the classes",
            higher_is_better=True,
            reach=each_class,
        ),
        Score(
            "rank_error",
            "mean absolute error of ranks",
            OfMeans(terms.rank_error),
            rewards=DECISIONS,
            constant=constants.median_class,
            tasks=("multiclass",),
            unit="classes",
            is_followed=True,
            is_measured="asked",
            needs_order=True,
            reach=all_ranks,
        ),
        Score(
            "quadratic_kappa",
            "quadratic weighted kappa",
            OfMeans(terms.moments_of_ranks, joined=terms.quadratic_kappa),
            rewards=DECISIONS,
            constant=constants.median_class,
            tasks=("multiclass",),
            higher_is_better=True,
            is_measured="asked",
            needs_order=True,
        ),
        *overlap.SCORES,
        *labels.SCORES,
    )
}


def users(name: str) -> Score:
    """A user's own score, ``module:function``: the mean of what each row costs."""
    return Score(
        name,
        name,
        OfMeans(partial(terms.own_costs, name=name)),
        rewards=None,
        constant=constants.mean_or_shares,
        tasks=(*_VALUES, *_CLASSES),
        unit="own score",
        is_measured="asked",
        by_decision=True,
    )


def is_own(name: str) -> bool:
    """Whether a score is a user's own function, ``module:function``."""
    return re.fullmatch(REFERENCE, name) is not None


def find(
    name: str, task: Task | None, *, n_classes: int | None = None, n_targets: int | None = None, any_use: bool = False
) -> Score | None:
    """A score of one task, or of any, by its name; None where there is none.

    Args:
        name: of the score.
        task: the task; None for any.
        n_classes: number of classes; None where it is not known.
        n_targets: number of target columns; None where it is not known.
        any_use: whether one may be found that cannot decide between losses.
    """
    score = users(name) if is_own(name) else SCORES.get(name) or registry.of_family(name, n_classes)
    if score is None or not (score.can_decide or any_use):
        return None
    if n_targets is not None and (score.needs_quantiles if n_targets > 1 else score.needs_vectors):
        return None
    return score if task is None or task in score.tasks else None


def names_for(task: Task | None, n_targets: int | None = None, *, has_positions: HasPositions = False) -> list[str]:
    """The scores of one task, or of any, that can decide; families of scores, as ``recall_0``, stand besides."""
    of_target = [name for name, score in SCORES.items() if score.goes_with(has_positions=has_positions)]
    return [name for name in of_target if find(name, task, n_targets=n_targets)]


def known_names(task: Task | None, n_targets: int | None = None, *, has_positions: HasPositions = False) -> list[str]:
    """The same, and one of each family, as ``pinball_0.9``."""
    examples = [] if has_positions else [name for name in registry.EXAMPLES if find(name, task, n_targets=n_targets)]
    return [*names_for(task, n_targets, has_positions=has_positions), *examples]


def label_of(name: str) -> str:
    """What an axis calls a score; its name, where it is none."""
    return score.label if (score := find(name, None, any_use=True)) else name
