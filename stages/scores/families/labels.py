"""Scores of labels: several columns of yes and no, of which a row may have any.

Terms take rows whose labels and decisions are (n_rows, n_labels), 1 for yes.
"""

import numpy as np

from stages.losses.estimand import DECISIONS, RANKS
from stages.scores import constants
from stages.scores.score import Score, any_row
from stages.scores.statistic import OfMeans, Statistic, WeightedRows


def twice_hit(rows: WeightedRows) -> np.ndarray:
    """Twice whether a label is there and decided, as F1 has it: (n_rows, n_labels)."""
    return 2.0 * ((rows.labels == 1) & (rows.decisions == 1))


def there_and_decided(rows: WeightedRows) -> np.ndarray:
    """How often a label is counted in F1, as there and as decided: (n_rows, n_labels)."""
    return (rows.labels == 1).astype(np.float64) + (rows.decisions == 1)


def twice_hit_of_all(rows: WeightedRows) -> np.ndarray:
    """The same of all labels together: (n_rows, 1)."""
    return twice_hit(rows).sum(axis=1, keepdims=True)


def there_and_decided_of_all(rows: WeightedRows) -> np.ndarray:
    """The same of all labels together: (n_rows, 1)."""
    return there_and_decided(rows).sum(axis=1, keepdims=True)


def is_wrong(rows: WeightedRows) -> np.ndarray:
    """The share of a row's labels that are decided wrongly: (n_rows, 1)."""
    return (rows.labels != rows.decisions).mean(axis=1, keepdims=True)


def are_all_right(rows: WeightedRows) -> np.ndarray:
    """Whether every label of a row is decided rightly: (n_rows, 1)."""
    return (rows.labels == rows.decisions).all(axis=1, keepdims=True).astype(np.float64)


class MeanAveragePrecision(Statistic):
    """The mean over labels of average precision: how many of the rows that rank as high as one with a label have it."""

    def value(self, rows: WeightedRows) -> float:
        """The score; NaN where no label is there."""
        averages = [_precision(rows, label)[0] for label in range(rows.labels.shape[1])]
        return float(np.nanmean(averages)) if np.isfinite(averages).any() else np.nan

    def row_values(self, rows: WeightedRows, reference: np.ndarray) -> np.ndarray:
        """The score and the influence of each row on it, of which the mean is the score exactly."""
        del reference
        values = [np.add(*_precision(rows, label)) for label in range(rows.labels.shape[1])]
        values = [of_label for of_label in values if np.isfinite(of_label).all()]
        return np.mean(values, axis=0) if values else np.full(len(rows.labels), np.nan)


def _precision(rows: WeightedRows, label: int) -> tuple[float, np.ndarray]:
    """The average precision of a label, and the influence of each row on it (n_rows,); NaN where it is not there.

    With weights w and labels y it is Σ w y t/n over Σ w y, where of what ranks as high as a row t is what has the
    label and n is all. A row changes t and n of all that rank no higher.
    """
    outputs, is_there = rows.outputs[:, label, 0], rows.labels[:, label] == 1
    counts = np.ones(len(outputs)) if rows.weights is None else rows.weights
    there = counts * is_there
    total = there.sum()
    if not total:
        return np.nan, np.full(len(outputs), np.nan)
    _, place = np.unique(-outputs, return_inverse=True)  # 0 is the highest; equals share theirs
    hits, all_of = (np.bincount(place, each) for each in (there, counts))
    hit, seen = np.cumsum(hits), np.cumsum(all_of)
    precision = np.divide(hit, seen, out=np.zeros_like(hit), where=seen > 0)
    per_row = np.divide(hits, seen, out=np.zeros_like(hit), where=seen > 0)
    # what the rows that rank no higher lose or gain by one more above them
    by_hit, by_seen = (np.cumsum(each[::-1])[::-1][place] for each in (per_row, per_row * precision))
    average = float(hits @ precision / total)
    influence = is_there * (precision[place] - average + by_hit) - by_seen
    return average, influence * counts.sum() / total


def _of_each(counts: np.ndarray) -> np.ndarray:
    """The reach of a mean over labels of a share of the rows that have one: (n_labels,) of all rows and of these."""
    n_rows, of_labels = counts[0], counts[1:]
    return n_rows / of_labels[of_labels > 0] / np.count_nonzero(of_labels)


def _of_all(counts: np.ndarray) -> np.ndarray:
    """The same of all labels together, of a row that has or gets one more."""
    return counts[[0]] / max(counts[1:].sum(), 1)


SCORES = (
    Score(
        "macro_f1",
        "F1, mean of the labels",
        OfMeans(twice_hit, there_and_decided),
        rewards=DECISIONS,
        constant=constants.class_1,
        tasks=("binary",),
        higher_is_better=True,
        of_positions=False,
        of_labels="alone",
        reach=_of_each,
    ),
    Score(
        "micro_f1",
        "F1 of all labels together",
        OfMeans(twice_hit_of_all, there_and_decided_of_all),
        rewards=DECISIONS,
        constant=constants.class_1,
        tasks=("binary",),
        higher_is_better=True,
        of_positions=False,
        of_labels="alone",
        reach=_of_all,
    ),
    Score(
        "mean_average_precision",
        "average precision, mean of the labels",
        MeanAveragePrecision(),
        rewards=RANKS,
        constant=constants.shares,
        tasks=("binary",),
        higher_is_better=True,
        of_positions=False,
        of_labels="alone",
    ),
    Score(
        "subset_accuracy",
        "share of rows with every label right",
        OfMeans(are_all_right),
        rewards=DECISIONS,
        constant=constants.shares,
        tasks=("binary",),
        higher_is_better=True,
        of_positions=False,
        of_labels="alone",
        reach=any_row,
    ),
    Score(
        "hamming",
        "share of labels that are wrong",
        OfMeans(is_wrong),
        rewards=DECISIONS,
        constant=constants.shares,
        tasks=("binary",),
        of_positions=False,
        of_labels="alone",
        reach=any_row,
    ),
)
