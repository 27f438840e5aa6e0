"""Scores of networks: every loss of a comparison is measured by the same code on the same predictions.

Decisions are made by the loss catalogue's rule, never by Keras' ``"accuracy"`` string, which compares
±1 targets with {0, 1} decisions.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from stages.losses.loss import Loss
from stages.scores.choosing import measured, shape_of
from stages.scores.seed_rows import SeedRows


def score(
    loss: Loss,
    labels: np.ndarray,
    outputs: np.ndarray,
    *,
    center: np.ndarray | float = 0.0,
    spread: Any = 1.0,
    also: Sequence[str] = (),
    weights: np.ndarray | None = None,
    decided: np.ndarray | None = None,
    residuals: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Score the outputs of every seed.

    Args:
        loss: the loss the networks were trained with.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices; axes of positions between.
        outputs: (n_seeds, n_rows, …, n_outputs) as the networks gave them.
        center: (n_targets,) with `spread`, puts outputs into target units: ``output * spread + center``.
        spread: see `center`.
        also: further scores to measure, which not every target has.
        weights: (n_rows,) what each row counts; None where all count alike.
        decided: (n_seeds, n_rows) the classes that are decided; None for the loss's own rule.
        residuals: (n_levels,) see `SeedRows.residuals`; None where quantiles are scored of losses alone that give them.

    Returns:
        For each score its value for every seed (n_seeds,), NaN where outputs are not finite, or where it is not
        defined (ROC AUC of a single class). Of several target columns most are the mean of theirs.
    """
    n_classes = {"regression": 0, "binary": 2, "multiclass": outputs.shape[-1]}[loss.task]
    n_targets, has_positions = shape_of(labels, n_classes)
    sizes = {"n_classes": n_classes, "n_targets": n_targets, "has_positions": has_positions}
    scores = measured(loss, **sizes, also=also, has_residuals=residuals is not None)
    values = {score.name: np.full(len(outputs), np.nan) for score in scores}
    for seed in np.flatnonzero(np.isfinite(outputs).all(axis=tuple(range(1, outputs.ndim)))):
        decisions = None if decided is None else decided[seed]
        rows = SeedRows(labels, outputs[seed].astype(np.float64), loss, center, spread, weights, decisions, residuals)
        for score in scores:
            values[score.name][seed] = score.statistic.value(rows)
    return values
