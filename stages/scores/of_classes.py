"""The rows of the score catalogue that are for classes."""

from functools import partial

import numpy as np

from stages.losses.estimand import DECISIONS, PROBABILITIES, RANKS
from stages.losses.loss import Task
from stages.scores import constants, terms
from stages.scores.placements import RocAuc
from stages.scores.score import Score
from stages.scores.statistic import OfMeans

CLASSES: tuple[Task, ...] = ("binary", "multiclass")
_NOTHING = 1e-12  # what is left of a difference of squares of ranks where there is none


def _quadratic_kappa(moments: np.ndarray) -> np.ndarray:
    """From the means (..., 5) of `terms.moments_of_ranks`; NaN where all rows are of one class and decided as it."""
    truth, decided, truth_squared, decided_squared, apart = np.moveaxis(moments, -1, 0)
    by_chance = truth_squared + decided_squared - 2 * truth * decided
    kappa = 1 - np.divide(apart, by_chance, out=np.full_like(apart, np.nan), where=np.abs(by_chance) > _NOTHING)
    # one class for all rows has 0, of which rounding must leave nothing; an infinitesimal step must stay
    return kappa if np.iscomplexobj(kappa) else np.where(np.abs(kappa) < _NOTHING, 0.0, kappa)


def _all_ranks(sizes: np.ndarray) -> np.ndarray:
    """The reach of a mean over rows of how many classes a decision is off."""
    return np.array([len(sizes) - 1.0])


def _any_row(sizes: np.ndarray) -> np.ndarray:
    """The reach of a share of all rows."""
    del sizes
    return np.ones(1)


def _each_class(sizes: np.ndarray) -> np.ndarray:
    """The reach of a mean over classes of the share of a class's rows."""
    return sizes.sum() / sizes[sizes > 0] / np.count_nonzero(sizes)


def _of_class(sizes: np.ndarray, *, index: int) -> np.ndarray:
    """The reach of a share of one class's rows."""
    return sizes.sum() / sizes[[index]]


OF_CLASSES = (
    Score(
        "accuracy",
        "accuracy",
        OfMeans(terms.is_right),
        rewards=DECISIONS,
        constant=constants.shares,
        tasks=CLASSES,
        unit="share of rows",
        higher_is_better=True,
        is_followed=True,
        reach=_any_row,
    ),
    Score(
        "roc_auc",
        "area under the ROC curve",
        RocAuc(),
        rewards=RANKS,
        constant=constants.shares,
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
        reach=partial(_of_class, index=1),
    ),
    Score(
        "f1_macro",
        "F1, mean of the classes",
        OfMeans(terms.twice_hit, terms.of_class_and_decided),
        rewards=DECISIONS,
        constant=constants.shares,
        tasks=("multiclass",),
        higher_is_better=True,
        reach=_each_class,
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
        tasks=CLASSES,
        unit="nats",
        is_followed=True,
        needs_probability=True,
    ),
    Score(
        "brier",
        "Brier score",
        OfMeans(terms.squared_error_of_probabilities),
        rewards=PROBABILITIES,
        constant=constants.shares,
        tasks=CLASSES,
        unit="squared error of probabilities",
        is_followed=True,
        needs_probability=True,
    ),
    Score(
        "balanced_accuracy",
        "balanced accuracy",
        OfMeans(terms.is_hit, terms.is_of_class),
        rewards=DECISIONS,
        constant=constants.shares,
        tasks=CLASSES,
        unit="mean recall of the classes",
        higher_is_better=True,
        reach=_each_class,
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
        reach=_all_ranks,
    ),
    Score(
        "quadratic_kappa",
        "quadratic weighted kappa",
        OfMeans(terms.moments_of_ranks, joined=_quadratic_kappa),
        rewards=DECISIONS,
        constant=constants.median_class,
        tasks=("multiclass",),
        higher_is_better=True,
        is_measured="asked",
        needs_order=True,
    ),
)


def recall(index: int) -> Score:
    """The recall of one class."""
    return Score(
        f"recall_{index}",
        f"recall of class {index}",
        OfMeans(partial(terms.is_hit, index=index), partial(terms.is_of_class, index=index)),
        rewards=DECISIONS,
        constant=constants.none,
        tasks=CLASSES,
        unit="share of its rows",
        higher_is_better=True,
        reach=partial(_of_class, index=index),
        quota=index,
    )
