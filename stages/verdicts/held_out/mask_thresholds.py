"""The threshold of masks of two classes: see `thresholds`, where it is that of rows.

Rows have many positions, so thresholds are tried between some outputs only: quantiles of those of all positions and of
those that are of class 1, which may be rare. What a row adds to a score at each of them follows from how many of its
positions of each class are at or above it.
"""

import numpy as np

from stages.scores import decisions
from stages.scores.families import overlap
from stages.scores.score import Score
from stages.scores.seed_rows import SeedRows

N_TRIED = 64  # outputs of all positions between which thresholds are tried, and as many of those of class 1


def choose(score: Score, rows: SeedRows, counts: np.ndarray) -> np.ndarray:
    """The threshold (1,) that is best for a score: the mean of those that are in each resample.

    Args:
        score: one of decisions.
        rows: with class indices (n_rows, …) of two classes.
        counts: (n_resamples, n_rows) what each row counts in each resample.
    """
    tried = _tried(rows)
    above, below = by_threshold(score, rows, tried)
    sums = (np.tensordot(counts, part, axes=1) for part in (above, below))
    values = score.statistic.of_sums(*sums)
    values = np.nan_to_num(values if score.higher_is_better else -values, nan=-np.inf)
    is_best = values >= values.max(axis=1, keepdims=True) - 1e-12 * np.abs(values).max()
    middle = (is_best.sum(axis=1, keepdims=True) + 1) // 2
    places = (np.cumsum(is_best, axis=1) >= middle).argmax(axis=1)
    return np.array([np.interp(places.mean(), np.arange(len(tried)), tried)])


def reaching(rows: SeedRows) -> np.ndarray:
    """The threshold (1,) at or above which as many positions are as are of class 1, by what their rows count."""
    outputs, of_class = rows.outputs[..., 0], rows.labels == 1
    weights = np.ones(len(outputs)) if rows.weights is None else rows.weights
    counts = np.broadcast_to(_along(weights, outputs), outputs.shape)
    order = np.argsort(-outputs, axis=None, kind="stable")
    reached = np.cumsum(counts.ravel()[order])
    return np.array([outputs.ravel()[order][np.searchsorted(reached, counts[of_class].sum())]])


def by_threshold(score: Score, rows: SeedRows, tried: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What each row adds to the means of a score, a and b, at each threshold: (n_rows, n_tried, n_parts) each."""
    n_rows = len(rows.labels)
    labels, outputs = rows.labels.reshape(n_rows, -1), rows.outputs.reshape(n_rows, -1)
    # of each row how many positions of each class are at or above each threshold: (n_rows, 2, n_tried)
    reached = np.searchsorted(tried, outputs, side="right")
    places = (np.arange(n_rows)[:, None] * 2 + labels) * (len(tried) + 1) + reached
    histogram = np.bincount(places.ravel(), minlength=n_rows * 2 * (len(tried) + 1)).reshape(n_rows, 2, -1)
    at_or_above = histogram[:, :, ::-1].cumsum(axis=2)[:, :, ::-1][:, :, 1:]
    if (measure := overlap.MEASURES.get(score.name)) is not None:
        both, of_class = at_or_above[:, 1], np.broadcast_to(labels.sum(axis=1)[:, None], at_or_above[:, 1].shape)
        decided = at_or_above.sum(axis=1)
        values = np.where(of_class + decided > 0, measure(both, of_class, decided), 1.0)
        return values[..., None], np.ones((*values.shape, 1))
    sizes = histogram.sum(axis=2)[:, :, None]
    # shares of a row's positions by class and decision, times what one of each adds
    shares = np.stack([sizes - at_or_above, at_or_above], axis=2).reshape(n_rows, 4, -1) / labels.shape[1]
    kinds = SeedRows(np.array([0, 0, 1, 1]), np.zeros((4, 1)), rows.loss, rows.center, rows.spread, None)
    parts = score.statistic.of_rows(_decided(kinds, np.array([0, 1, 0, 1])))
    return tuple(np.einsum("rkt,kp->rtp", shares, part.astype(np.float64)) for part in parts)


def _decided(rows: SeedRows, classes: np.ndarray) -> SeedRows:
    return SeedRows(rows.labels, rows.outputs, rows.loss, rows.center, rows.spread, rows.weights, classes)


def _tried(rows: SeedRows) -> np.ndarray:
    """Thresholds, ascending, that differ: none below the smallest output, the last above the largest.

    They are the same where a row counts so much and where it is there as often.
    """
    outputs, weights = rows.outputs[..., 0], rows.weights
    counts = None if weights is None else np.broadcast_to(_along(weights, outputs), outputs.shape)
    some = [_quantiles(outputs.ravel(), None if counts is None else counts.ravel())]
    of_class = rows.labels == 1
    some.append(_quantiles(outputs[of_class], None if counts is None else counts[of_class]))
    last = outputs.max() + max(float(np.ptp(outputs)) / N_TRIED, np.finfo(np.float32).eps)
    return np.unique(np.concatenate([*some, decisions.usual(rows.loss, 2), [last]]))


def _quantiles(values: np.ndarray, counts: np.ndarray | None) -> np.ndarray:
    """Values (n_values,) at equal shares of what they count: the smallest up to which at least so many are."""
    shares = np.linspace(0, 1, N_TRIED)
    if not len(values):
        return values
    if counts is None:
        return np.quantile(values, shares, method="inverted_cdf")
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(counts[order])
    places = np.searchsorted(reached, shares * reached[-1] * (1 - 1e-12))
    return values[order][places]


def _along(weights: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """What rows count (n_rows,) beside outputs (n_rows, …)."""
    return weights.reshape(-1, *[1] * (outputs.ndim - 1))
