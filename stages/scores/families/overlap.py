"""How far masks that are decided lie over those that are there: scores of each image, of which the mean is taken.

Where nothing is there and nothing is decided it is 1: that is right.
"""

from collections.abc import Callable

import numpy as np

from stages.losses.estimand import DECISIONS
from stages.losses.loss import Task
from stages.scores.score import Score, any_row
from stages.scores.statistic import OfMeans, WeightedRows

# where both masks are, where the true one is, where the decided one is, each (n_rows,) -> (n_rows,)
Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
_CLASSES: tuple[Task, ...] = ("binary", "multiclass")


def iou(rows: WeightedRows) -> np.ndarray:
    """Where both masks are as a share of where either is (Jaccard 1912)."""
    return _of_rows(rows.labels, rows.decisions, rows.outputs.shape[-1], _iou)


def dice(rows: WeightedRows) -> np.ndarray:
    """Twice where both masks are as a share of their sizes (Dice 1945)."""
    return _of_rows(rows.labels, rows.decisions, rows.outputs.shape[-1], _dice)


def _iou(both: np.ndarray, truth: np.ndarray, decided: np.ndarray) -> np.ndarray:
    return both / np.maximum(truth + decided - both, 1)


def _dice(both: np.ndarray, truth: np.ndarray, decided: np.ndarray) -> np.ndarray:
    return 2 * both / np.maximum(truth + decided, 1)


def _of_rows(labels: np.ndarray, decisions: np.ndarray, n_outputs: int, measure: Measure) -> np.ndarray:
    """A measure of each row (n_rows, 1): of two classes of class 1, of several the mean over those that occur.

    Args:
        labels: (n_rows, …) class indices.
        decisions: the same as they are decided, or what broadcasts to it.
        n_outputs: of a network at each position.
        measure: what is measured.
    """
    axes, of_classes = tuple(range(1, labels.ndim)), []
    decisions = np.broadcast_to(decisions, labels.shape)
    for index in [1] if n_outputs == 1 else range(n_outputs):
        truth, decided = labels == index, decisions == index
        sizes = truth.sum(axis=axes), decided.sum(axis=axes)
        values = measure((truth & decided).sum(axis=axes), *sizes)
        of_classes.append(np.where(sum(sizes) > 0, values, 1.0 if n_outputs == 1 else np.nan))
    return np.nanmean(of_classes, axis=0)[:, None]


def one_class(labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray:
    """The outputs of the class that is best decided everywhere: see `constants.Constant`."""
    n_outputs = 1 if n_classes == 2 else n_classes
    of_classes = [_of_rows(labels, np.array(index), n_outputs, _iou)[:, 0] for index in range(n_classes)]
    best = int(np.average(of_classes, axis=1, weights=weights).argmax())
    return np.array([float(best)]) if n_classes == 2 else np.eye(n_classes)[best]


MEASURES: dict[str, Measure] = {"iou": _iou, "dice": _dice}

SCORES = tuple(
    Score(
        name,
        f"{title} per image",
        OfMeans(terms),
        rewards=DECISIONS,
        constant=one_class,
        tasks=_CLASSES,
        higher_is_better=True,
        of_positions="alone",
        reach=any_row,
    )
    for name, title, terms in (
        ("iou", "intersection over union", iou),
        ("dice", "Dice coefficient", dice),
    )
)
