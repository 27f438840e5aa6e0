"""What each test row adds to a score.

A score of one seed is written as a mean over the rows that the seed tests, so that rows can be treated as what
they are: a sample of all the rows there could be. Scores that are means (accuracy, log loss) are so by
themselves. The others get, for each row, the score plus the row's influence on it (the delta method; placement
values for ROC AUC). A few rows of one class make a seed's own ratio a poor centre for the influences, so these
are centred on the ratio of all seeds; the mean over a seed's rows is that seed's score all the same.
"""

from collections.abc import Callable

import numpy as np

from stages.losses.loss import Loss, Task
from stages.scores import measure, names
from stages.verdicts import errors
from stages.verdicts.errors import Parts, Tested


def row_values(
    score: str,
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    tested: np.ndarray,
    *,
    center: np.ndarray | float = 0.0,
    spread: np.ndarray | float = 1.0,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """The values of the rows, whose mean over a seed's test rows is the seed's score.

    Args:
        score: name of the score.
        loss: the loss that the networks were trained with.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        outputs: (n_seeds, n_rows, n_outputs) as the networks gave them; those of rows that are not tested are not read.
        tested: bool (n_seeds, n_rows), which rows each seed tests.
        center: (n_seeds, n_targets), or what broadcasts to it; with `spread`, puts a seed's outputs into target
            units: ``output * spread + center``. The ``mse`` is measured in the seed's scaled units.
        spread: see `center`.
        weights: (n_rows,) what each row counts; None where all count alike.

    Returns:
        float64 (n_seeds, n_rows), higher or lower being better as for the score; NaN where the seed does not test
        the row, and for the whole of a seed with an output that is not finite or whose score is not defined.
    """
    n_targets = labels.shape[1] if labels.ndim == 2 else 1
    center, spread = (np.broadcast_to(each, (len(outputs), n_targets)) for each in (center, spread))

    def of(seed: int) -> Tested:
        rows = np.flatnonzero(tested[seed])
        count = None if weights is None else weights[rows]
        return Tested(labels[rows], outputs[seed, rows].astype(np.float64), loss, center[seed], spread[seed], count)

    finite = [seed for seed in range(len(outputs)) if np.isfinite(outputs[seed][tested[seed]]).all()]
    values = np.full(tested.shape, np.nan)
    if not finite:
        return values
    measured = _measured(score, of, finite, outputs.shape[-1])
    for seed in finite:
        values[seed, tested[seed]] = measured(of(seed))
    return values


def constant_values(
    score: str,
    task: Task,
    labels: np.ndarray,
    trained: np.ndarray,
    tested: np.ndarray,
    *,
    n_classes: int,
    center: np.ndarray | float = 0.0,
    spread: np.ndarray | float = 1.0,
    weights: np.ndarray | None = None,
) -> np.ndarray | None:
    """The row values of a prediction that is the same for every row, as `measure.constant_prediction` makes it.

    Args:
        score: name of the score.
        task: the kind of problem.
        labels: as in `row_values`.
        trained: bool (n_seeds, n_rows), the rows that each seed trains on.
        tested: as in `row_values`.
        n_classes: number of classes; 0 for values.
        center: as in `row_values`.
        spread: as in `row_values`.
        weights: as in `row_values`.

    Returns:
        As `row_values`; None where such a prediction has no score, or one that says nothing.
    """
    made = [
        measure.constant_prediction(
            score, task, labels[rows], n_classes, weights=None if weights is None else weights[rows]
        )
        for rows in trained
    ]
    constants = [each for each in made if each is not None]
    if len(constants) < len(made):
        return None
    outputs = np.stack([output for _, output in constants])
    if task == "regression":
        outputs = (outputs - center) / spread
    every_row = np.broadcast_to(outputs[:, None], (len(outputs), len(labels), outputs.shape[-1]))
    values = row_values(
        score, constants[0][0], labels, every_row, tested, center=center, spread=spread, weights=weights
    )
    return values if np.isfinite(values[tested]).all() else None


def reach(score: str, labels: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """The most that a row of each kind can tell two losses apart, for scores of decisions.

    Args:
        score: name of the score.
        labels: as in `row_values`.
        tested: as in `row_values`.

    Returns:
        (n_kinds,) differences of row values, a kind being a class where classes count apart; none for scores of
        errors, which have no bound, and of ranks, which nearly every row changes a little.
    """
    if score == "accuracy":
        return np.ones(1)
    if score not in ("balanced_accuracy", "f1", "f1_macro") and not score.startswith("recall_"):
        return np.empty(0)
    sizes = np.bincount(labels[tested.any(axis=0)])
    if score.startswith("recall_"):
        return sizes.sum() / sizes[[int(score.removeprefix("recall_"))]]
    if score == "f1":
        return sizes.sum() / sizes[[1]]
    return sizes.sum() / sizes[sizes > 0] / np.count_nonzero(sizes)


def _measured(
    score: str, of: Callable[[int], Tested], seeds: list[int], n_outputs: int
) -> Callable[[Tested], np.ndarray]:
    """What turns the rows of one of the seeds into their values."""
    of_row = _mean_of(score)
    if of_row and of(seeds[0]).weights is None:
        return of_row
    if score == "median_absolute_error":
        return errors.in_the_middle
    if score in errors.ROOTS:
        each = errors.ROOTS[score]
        reference = np.mean([errors.root_mean_square(rows, each(rows)) for rows in map(of, seeds)], axis=0)
        return lambda rows: errors.rooted(rows, each(rows), reference)
    if score == "roc_auc":
        placed = [_placements(rows) for rows in map(of, seeds)]
        areas = [_mean(above, weights) for above, _, weights in placed if len(above)]
        return lambda rows: _roc_auc(rows, float(np.mean(areas or [np.nan])))
    parts = _parts(score, n_outputs)

    def counted(rows: Tested) -> Parts:
        above, below = parts(rows)
        return rows.counted(above), rows.counted(below)

    ratios = np.stack([_ratios(*counted(of(seed))) for seed in seeds])
    counts = np.isfinite(ratios).sum(axis=0)
    reference = np.nansum(ratios, axis=0) / np.maximum(counts, 1)
    if score == "r2":
        return lambda rows: 1 - _joined(*counted(rows), reference)
    return lambda rows: _joined(*counted(rows), reference)


def _log_loss(rows: Tested) -> np.ndarray:
    """The surprise at each row's class, in nats; probabilities are clipped as scikit-learn clips them."""
    if rows.loss.task == "binary":
        truth = np.where(rows.labels == 1, rows.outputs[:, 0], 1 - rows.outputs[:, 0])
    else:
        truth = rows.outputs[np.arange(len(rows.labels)), rows.labels] / rows.outputs.sum(axis=1)
    epsilon = np.finfo(np.float64).eps
    return -np.log(np.clip(truth, epsilon, 1 - epsilon))


def _brier(rows: Tested) -> np.ndarray:
    """The squared error of each row's probabilities: of class 1, or of several classes the sum."""
    if rows.loss.task == "binary":
        return (rows.outputs[:, 0] - rows.labels) ** 2
    probabilities = rows.outputs / rows.outputs.sum(axis=1, keepdims=True)
    return ((probabilities - np.eye(rows.outputs.shape[1])[rows.labels]) ** 2).sum(axis=1)


_MEANS: dict[str, Callable[[Tested], np.ndarray]] = {
    "mse": lambda rows: ((rows.errors / rows.spread) ** 2).mean(axis=1),
    "mae": lambda rows: np.abs(rows.errors).mean(axis=1),
    "cosine_similarity": lambda rows: measure.cosines((rows.labels - rows.center) / rows.spread, rows.outputs),
    "accuracy": lambda rows: (rows.decisions == rows.labels).astype(np.float64),
    "log_loss": _log_loss,
    "brier": _brier,
}


def _mean_of(score: str) -> Callable[[Tested], np.ndarray] | None:
    """What a score averages over rows; None where it is no mean."""
    if share := names.quantile_of(score):
        return lambda rows: np.maximum(-share * rows.errors, (1 - share) * rows.errors).mean(axis=1)
    if names.is_own(score):
        return lambda rows: measure.own_costs(
            score, rows.labels, rows.predictions if rows.loss.task == "regression" else rows.decisions
        )
    return _MEANS.get(score)


def _placements(rows: Tested) -> tuple[np.ndarray, np.ndarray, Parts | None]:
    """Placement values (DeLong, DeLong & Clarke-Pearson 1988).

    Returns:
        For each row of class 1 the share of class 0 that lies below it, and for each row of class 0 the share of
        class 1 that lies above it, ties halved; and what the rows of both classes count, None where alike.
    """
    values, of_class = rows.outputs[:, 0], [rows.labels == 0, rows.labels == 1]
    if not all(own.any() for own in of_class):
        return np.empty(0), np.empty(0), None

    def share_below(some: np.ndarray, others: np.ndarray) -> np.ndarray:
        order = np.argsort(values[others], kind="stable")
        ranked = values[others][order]
        ends = (np.searchsorted(ranked, values[some], side=side) for side in ("left", "right"))
        if rows.weights is None:
            return sum(ends) / (2 * len(ranked))
        counted = np.concatenate([[0.0], np.cumsum(rows.weights[others][order])])
        return sum(counted[end] for end in ends) / (2 * counted[-1])

    weights = None if rows.weights is None else (rows.weights[of_class[1]], rows.weights[of_class[0]])
    return share_below(of_class[1], of_class[0]), 1 - share_below(of_class[0], of_class[1]), weights


def _mean(above: np.ndarray, weights: Parts | None) -> float:
    """The area under the ROC curve, from the placement values of class 1."""
    return float(above.mean() if weights is None else np.average(above, weights=weights[0]))


def _roc_auc(rows: Tested, reference: float) -> np.ndarray:
    """Each row's placement value, weighed so that the mean is the area under the ROC curve exactly.

    How far a seed's area lies from that of all seeds is due to its few rows of the rarer class more than to
    the other: the classes share it in inverse proportion to their rows.

    Args:
        rows: those of one seed.
        reference: the mean area over seeds.
    """
    above, below, weights = _placements(rows)
    values = np.full(len(rows.labels), np.nan)
    if len(above):
        area, n = _mean(above, weights), len(values)
        for label, placed in ((1, above), (0, below)):
            share = 1 - len(placed) / n
            counted = 1.0 if weights is None else weights[1 - label] / weights[1 - label].mean()
            own = counted * (placed - area + share * (area - reference))
            values[rows.labels == label] = reference + n / len(placed) * own
    return values


def _parts(score: str, n_outputs: int) -> Callable[[Tested], Parts]:
    """For a score made of ratios of means: what gives the two parts of each ratio, row by row (n_tested, n_ratios)."""
    if of_row := _mean_of(score):
        return lambda rows: (of_row(rows)[:, None], np.ones((len(rows.labels), 1)))
    if score == "r2":
        return errors.unexplained
    if score == "mape":
        return errors.relative
    if score == "f1":
        return _overlaps_of_class_1
    if score == "f1_macro":
        return lambda rows: _overlaps(rows, np.arange(n_outputs))
    if score == "balanced_accuracy":
        return lambda rows: _hits(rows, np.arange(max(n_outputs, 2)))
    return lambda rows: _hits(rows, np.array([int(score.removeprefix("recall_"))]))


def _hits(rows: Tested, classes: np.ndarray) -> Parts:
    """Recall: the rows of a class that are decided as such over all of the class."""
    actual = rows.labels[:, None] == classes
    return (actual & (rows.decisions[:, None] == classes)).astype(np.float64), actual.astype(np.float64)


def _overlaps(rows: Tested, classes: np.ndarray) -> Parts:
    """F1: twice the rows of a class that are decided as such over those of the class plus those so decided."""
    actual, decided = rows.labels[:, None] == classes, rows.decisions[:, None] == classes
    return 2.0 * (actual & decided), actual.astype(np.float64) + decided


def _overlaps_of_class_1(rows: Tested) -> Parts:
    """Of class 1 alone, whose F1 is 0 where it neither occurs nor is decided."""
    above, below = _overlaps(rows, np.array([1]))
    return above, below if below.any() else np.ones_like(below)


def _ratios(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Of the means of two (n_tested, n_ratios); NaN where the second is 0."""
    mean = below.mean(axis=0)
    return np.divide(above.mean(axis=0), mean, out=np.full_like(mean, np.nan), where=mean > 0)


def _joined(above: np.ndarray, below: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """The mean of several ratios of means, row by row: R + (a − R b) / mean(b), whose mean is mean(a) / mean(b).

    Args:
        above: (n_tested, n_ratios) a.
        below: (n_tested, n_ratios) b; a ratio whose b are all 0 is left out.
        reference: (n_ratios,) the mean over seeds of the ratio, R.

    Returns:
        (n_tested,); NaN where no ratio is left.
    """
    mean = below.mean(axis=0)
    if not (defined := mean > 0).any():
        return np.full(len(above), np.nan)
    values = reference + (above - reference * below) / np.where(defined, mean, 1)
    return values[:, defined].mean(axis=1)
