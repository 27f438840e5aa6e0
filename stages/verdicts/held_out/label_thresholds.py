"""The thresholds of labels, one for each column of yes and no: see `thresholds`, where they are those of rows.

A mean over labels is best where each label is, so that each has the threshold that is best for it by itself. F1 of all
labels together has one threshold for all: that of all decisions, of which those of a row are one cluster.
"""

from collections.abc import Callable

import numpy as np

from stages.scores import catalogue
from stages.verdicts.held_out.rows import HeldOut

TOGETHER = "micro_f1"
# of two classes, what is best for a label by itself
_BY_ITSELF = {"macro_f1": "f1", TOGETHER: "f1"}


def choose(
    score: str,
    labels: np.ndarray,
    held_out: HeldOut,
    choose_one: Callable[..., np.ndarray | None],
    **of_rows: np.ndarray | None,
) -> np.ndarray:
    """The thresholds (n_labels,) that are best for a score; NaN where none can be chosen.

    Args:
        score: the name of one of decisions.
        labels: (n_rows, n_labels).
        held_out: what they are chosen on, with outputs (n, n_labels, 1).
        choose_one: chooses the threshold of one column of labels: see `thresholds.choose`.
        of_rows: ``weights`` and ``clusters`` (n_rows,), as there.
    """
    n_rows, n_labels = labels.shape
    by_itself = catalogue.find(_BY_ITSELF.get(score, "accuracy"), "binary")
    if score == TOGETHER:
        numbers = np.add.outer(held_out.rows * n_labels, np.arange(n_labels)).ravel()
        clusters, weights = of_rows["clusters"], of_rows["weights"]
        together = np.repeat(np.arange(n_rows) if clusters is None else clusters, n_labels)
        counts = None if weights is None else np.repeat(weights, n_labels)
        every = HeldOut(numbers, held_out.outputs.reshape(-1, 1))
        of_labels = [
            choose_one(by_itself, labels=labels.ravel(), held_out=every, weights=counts, clusters=together)
        ] * n_labels
    else:
        of_labels = [
            choose_one(
                by_itself,
                labels=labels[:, label],
                held_out=HeldOut(held_out.rows, held_out.outputs[:, label]),
                **of_rows,
            )
            for label in range(n_labels)
        ]
    return np.array([np.nan if one is None else one[0] for one in of_labels])
