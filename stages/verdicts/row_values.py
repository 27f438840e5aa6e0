"""What each test row adds to a score.

A score of one seed is written as a mean over the rows that the seed tests, so that rows can be treated as what
they are: a sample of all the rows there could be. Scores that are means (accuracy, log loss) are so by
themselves. The others get, for each row, the score plus the row's influence on it (the delta method; placement
values for ROC AUC). A few rows of one class make a seed's own ratio a poor centre for the influences, so these
are centred on the ratio of all seeds; the mean over a seed's rows is that seed's score all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.losses.loss import Loss, Task
from stages.scores import measure

Parts = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class _Tested:
    """The rows that one seed tests.

    Attributes:
        labels: (n_tested, n_targets) in target units, or (n_tested,) class indices.
        outputs: float64 (n_tested, n_outputs) as the network gave them.
        loss: the loss it was trained with.
        center: (n_targets,) with `spread`, puts outputs into target units: ``output * spread + center``.
        spread: see `center`.
    """

    labels: np.ndarray
    outputs: np.ndarray
    loss: Loss
    center: np.ndarray
    spread: np.ndarray

    @property
    def errors(self) -> np.ndarray:
        """(n_tested, n_targets) predicted minus actual, in target units."""
        return self.outputs * self.spread + self.center - self.labels

    @property
    def decisions(self) -> np.ndarray:
        """(n_tested,) class indices."""
        return self.loss.decide(self.outputs)


def row_values(
    score: str,
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    tested: np.ndarray,
    *,
    center: np.ndarray | float = 0.0,
    spread: np.ndarray | float = 1.0,
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

    Returns:
        float64 (n_seeds, n_rows), higher or lower being better as for the score; NaN where the seed does not test
        the row, and for the whole of a seed with an output that is not finite or whose score is not defined.
    """
    n_targets = labels.shape[1] if labels.ndim == 2 else 1
    center, spread = (np.broadcast_to(each, (len(outputs), n_targets)) for each in (center, spread))

    def of(seed: int) -> _Tested:
        rows = np.flatnonzero(tested[seed])
        return _Tested(labels[rows], outputs[seed, rows].astype(np.float64), loss, center[seed], spread[seed])

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

    Returns:
        As `row_values`; None where such a prediction has no score, or one that says nothing.
    """
    made = [measure.constant_prediction(score, task, labels[rows], n_classes) for rows in trained]
    constants = [each for each in made if each is not None]
    if len(constants) < len(made):
        return None
    outputs = np.stack([output for _, output in constants])
    if task == "regression":
        outputs = (outputs - center) / spread
    every_row = np.broadcast_to(outputs[:, None], (len(outputs), len(labels), outputs.shape[-1]))
    values = row_values(score, constants[0][0], labels, every_row, tested, center=center, spread=spread)
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
    score: str, of: Callable[[int], _Tested], seeds: list[int], n_outputs: int
) -> Callable[[_Tested], np.ndarray]:
    """What turns the rows of one of the seeds into their values."""
    if score in _MEANS:
        return _MEANS[score]
    if score == "rmse":
        reference = np.mean([_root_mean_square(of(seed).errors) for seed in seeds], axis=0)
        return lambda rows: _rmse(rows, reference)
    if score == "roc_auc":
        placed = [_placements(rows.outputs[:, 0], rows.labels) for rows in map(of, seeds)]
        areas = [above.mean() for above, _ in placed if len(above)]
        return lambda rows: _roc_auc(rows, float(np.mean(areas or [np.nan])))
    parts = _parts(score, n_outputs)
    ratios = np.stack([_ratios(*parts(of(seed))) for seed in seeds])
    counts = np.isfinite(ratios).sum(axis=0)
    reference = np.nansum(ratios, axis=0) / np.maximum(counts, 1)
    if score == "r2":
        return lambda rows: 1 - _joined(*parts(rows), reference)
    return lambda rows: _joined(*parts(rows), reference)


def _log_loss(rows: _Tested) -> np.ndarray:
    """The surprise at each row's class, in nats; probabilities are clipped as scikit-learn clips them."""
    if rows.loss.task == "binary":
        truth = np.where(rows.labels == 1, rows.outputs[:, 0], 1 - rows.outputs[:, 0])
    else:
        truth = rows.outputs[np.arange(len(rows.labels)), rows.labels] / rows.outputs.sum(axis=1)
    epsilon = np.finfo(np.float64).eps
    return -np.log(np.clip(truth, epsilon, 1 - epsilon))


_MEANS: dict[str, Callable[[_Tested], np.ndarray]] = {
    "mse": lambda rows: ((rows.errors / rows.spread) ** 2).mean(axis=1),
    "mae": lambda rows: np.abs(rows.errors).mean(axis=1),
    "cosine_similarity": lambda rows: measure.cosines((rows.labels - rows.center) / rows.spread, rows.outputs),
    "accuracy": lambda rows: (rows.decisions == rows.labels).astype(np.float64),
    "log_loss": _log_loss,
}


def _root_mean_square(errors: np.ndarray) -> np.ndarray:
    """Of each column of (n_tested, n_targets)."""
    return np.sqrt((errors**2).mean(axis=0))


def _rmse(rows: _Tested, reference: np.ndarray) -> np.ndarray:
    """A row's squared error e² counts as r + (e² − r²) / (rmse + r): a secant, so that the mean is rmse exactly.

    Args:
        rows: those of one seed.
        reference: (n_targets,) the mean over seeds of the root mean squared error, r.
    """
    errors = rows.errors
    both = _root_mean_square(errors) + reference
    slope = np.divide(1, both, out=np.zeros_like(both), where=both > 0)
    return (reference + (errors**2 - reference**2) * slope).mean(axis=1)


def _placements(values: np.ndarray, labels: np.ndarray) -> Parts:
    """Placement values (DeLong, DeLong & Clarke-Pearson 1988).

    Args:
        values: (n_tested,) outputs.
        labels: (n_tested,) 0 or 1.

    Returns:
        For each row of class 1 the share of class 0 that lies below it, and for each row of class 0 the share of
        class 1 that lies above it, ties halved.
    """
    positive, negative = np.sort(values[labels == 1]), np.sort(values[labels == 0])
    if not len(positive) or not len(negative):
        return np.empty(0), np.empty(0)

    def share_below(some: np.ndarray, others: np.ndarray) -> np.ndarray:
        return (np.searchsorted(others, some) + np.searchsorted(others, some, side="right")) / (2 * len(others))

    return share_below(values[labels == 1], negative), 1 - share_below(values[labels == 0], positive)


def _roc_auc(rows: _Tested, reference: float) -> np.ndarray:
    """Each row's placement value, weighed so that the mean is the area under the ROC curve exactly.

    How far a seed's area lies from that of all seeds is due to its few rows of the rarer class more than to
    the other: the classes share it in inverse proportion to their rows.

    Args:
        rows: those of one seed.
        reference: the mean area over seeds.
    """
    above, below = _placements(rows.outputs[:, 0], rows.labels)
    values = np.full(len(rows.labels), np.nan)
    if len(above):
        area, n = above.mean(), len(values)
        for label, placed in ((1, above), (0, below)):
            share = 1 - len(placed) / n
            values[rows.labels == label] = reference + n / len(placed) * (placed - area + share * (area - reference))
    return values


def _parts(score: str, n_outputs: int) -> Callable[[_Tested], Parts]:
    """For a score made of ratios of means: what gives the two parts of each ratio, row by row (n_tested, n_ratios)."""
    if score == "r2":
        return _unexplained
    if score == "f1":
        return _overlaps_of_class_1
    if score == "f1_macro":
        return lambda rows: _overlaps(rows, np.arange(n_outputs))
    if score == "balanced_accuracy":
        return lambda rows: _hits(rows, np.arange(max(n_outputs, 2)))
    return lambda rows: _hits(rows, np.array([int(score.removeprefix("recall_"))]))


def _unexplained(rows: _Tested) -> Parts:
    """1 − R²: squared errors over squared deviations from the mean.

    Of several equal targets 0 if all are predicted, else 1, as scikit-learn has it; of one row it is not defined.
    """
    above, below = rows.errors**2, (rows.labels - rows.labels.mean(axis=0)) ** 2
    alike = np.ptp(rows.labels, axis=0) == 0
    unit = 1.0 if len(rows.labels) > 1 else np.nan
    return np.where(alike, above.mean(axis=0) > 0, above), np.where(alike, unit, below)


def _hits(rows: _Tested, classes: np.ndarray) -> Parts:
    """Recall: the rows of a class that are decided as such over all of the class."""
    actual = rows.labels[:, None] == classes
    return (actual & (rows.decisions[:, None] == classes)).astype(np.float64), actual.astype(np.float64)


def _overlaps(rows: _Tested, classes: np.ndarray) -> Parts:
    """F1: twice the rows of a class that are decided as such over those of the class plus those so decided."""
    actual, decided = rows.labels[:, None] == classes, rows.decisions[:, None] == classes
    return 2.0 * (actual & decided), actual.astype(np.float64) + decided


def _overlaps_of_class_1(rows: _Tested) -> Parts:
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
