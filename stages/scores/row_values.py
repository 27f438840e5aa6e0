"""What each test row adds to a score.

A score of one seed is written as a mean over the rows that the seed tests, by what each counts, so that rows can be
treated as what they are: a sample of all the rows there could be. See `statistic.Statistic`.
"""

from dataclasses import replace

import numpy as np

from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task
from stages.losses.outputs import LEVELS
from stages.scores import catalogue
from stages.scores.constants import Constant
from stages.scores.score import Score
from stages.scores.seed_rows import SeedRows

# a loss by whose outputs a constant prediction is given
_LOSS_OF: dict[Task, str] = {
    "regression": "mse",
    "binary": "binary_crossentropy",
    "multiclass": "categorical_crossentropy",
}


def row_values(
    score: Score | str,
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    tested: np.ndarray,
    *,
    center: np.ndarray | float = 0.0,
    spread: np.ndarray | float = 1.0,
    weights: np.ndarray | None = None,
    decided: np.ndarray | None = None,
    residuals: np.ndarray | None = None,
) -> np.ndarray:
    """The values of the rows, whose mean over a seed's test rows, by what each counts, is the seed's score.

    Args:
        score: the score, or its name.
        loss: the loss that the networks were trained with.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices; axes of positions between.
        outputs: (n_seeds, n_rows, …, n_outputs) as the networks gave them; of rows that are not tested not read.
        tested: bool (n_seeds, n_rows), which rows each seed tests.
        center: (n_seeds, n_targets), or what broadcasts to it; with `spread`, puts a seed's outputs into target
            units: ``output * spread + center``. The ``mse`` is measured in the seed's scaled units.
        spread: see `center`.
        weights: (n_rows,) what each row counts; None where all count alike.
        decided: integers (n_seeds, n_rows, …), the class that each seed decides; None for the loss's own rule.
        residuals: (n_seeds, n_levels), see `SeedRows.residuals`.

    Returns:
        float64 (n_seeds, n_rows), higher or lower being better as for the score; NaN where the seed does not test
        the row, and for the whole of a seed with an output that is not finite or whose score is not defined.
    """
    n_targets = labels.shape[-1] if loss.task == "regression" else 1
    center, spread = (np.broadcast_to(numbers, (len(outputs), n_targets)) for numbers in (center, spread))

    def of(seed: int) -> SeedRows:
        rows = np.flatnonzero(tested[seed])
        count = None if weights is None else weights[rows]
        values, decisions = outputs[seed, rows].astype(np.float64), None if decided is None else decided[seed, rows]
        missed = None if residuals is None else residuals[seed]
        return SeedRows(labels[rows], values, loss, center[seed], spread[seed], count, decisions, missed, rows)

    finite = [seed for seed in range(len(outputs)) if np.isfinite(outputs[seed][tested[seed]]).all()]
    values = np.full(tested.shape, np.nan)
    if not finite:
        return values
    statistic = _known(score, loss.task).statistic
    references = np.stack([statistic.reference(of(seed)) for seed in finite])
    reference = np.nansum(references, axis=0) / np.maximum(np.isfinite(references).sum(axis=0), 1)
    for seed in finite:
        values[seed, tested[seed]] = statistic.row_values(of(seed), reference)
    return values


def constant_values(
    score: Score | str,
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
    """The row values of a prediction that is the same for every row, the best one on the train rows for the score.

    Args:
        score: the score, or its name.
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
    score, are_labels = _known(score, task), task != "regression" and labels.ndim == 2
    counted = [None if weights is None else weights[rows] for rows in trained]
    predictions = [
        _of_labels(score.constant, labels[rows], n_classes, count)
        if are_labels
        else score.constant_for(rows)(labels[rows], n_classes, count)
        for rows, count in zip(trained, counted, strict=True)
    ]
    if any(prediction is None for prediction in predictions):
        return None
    outputs = np.stack(predictions)
    if task == "regression":
        outputs = (outputs - center) / spread
    positions = labels.shape[1 : labels.ndim - (task == "regression")]
    outputs = outputs.reshape(len(outputs), 1, *(positions if are_labels else [1] * len(positions)), -1)
    every_row = np.broadcast_to(outputs, (len(outputs), len(labels), *positions, outputs.shape[-1]))
    loss = LOSSES[_LOSS_OF[task]]
    if score.needs_quantiles:
        loss = replace(LOSSES["quantiles"], parameters={"quantiles": LEVELS.tolist()})
    values = row_values(score, loss, labels, every_row, tested, center=center, spread=spread, weights=weights)
    return values if np.isfinite(values[tested]).all() else None


def _of_labels(constant: Constant, labels: np.ndarray, n_classes: int, weights: np.ndarray | None) -> np.ndarray | None:
    """The outputs (n_labels,) that are best for each column of labels by itself; None where one has none."""
    of_each = [constant(column, n_classes, weights) for column in labels.T]
    return None if any(one is None for one in of_each) else np.concatenate(of_each)


def reach(score: Score | str, labels: np.ndarray, tested: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The most that a row of each kind can tell two losses apart, for scores of decisions.

    Args:
        score: the score, or its name.
        labels: as in `row_values`.
        tested: as in `row_values`.
        weights: as in `row_values`.

    Returns:
        (n_kinds,) differences of row values, a kind being a class where classes count apart; none for scores of
        errors, which have no bound, and of ranks, which nearly every row changes a little.
    """
    known, rows = _known(score, None), tested.any(axis=0)
    if known.of_labels == "alone":
        counts = np.ones(len(labels)) if weights is None else weights
        return known.reach(np.append(counts[rows].sum(), counts[rows] @ labels[rows]))
    if labels.ndim > 1:  # values, or masks, of which some scores are means of what is between 0 and 1
        return known.reach(np.ones(1)) if known.of_positions == "alone" else np.empty(0)
    return known.reach(np.bincount(labels[rows], None if weights is None else weights[rows]))


def _known(score: Score | str, task: Task | None) -> Score:
    return score if isinstance(score, Score) else catalogue.find(score, task)
