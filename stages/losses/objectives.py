"""The usual loss of a task, and losses of one objective: by name, known from the catalogue, and by their values."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss

ALIKE = 1e-3  # a factor so near 1 is 1: Keras clips
USUAL = ("mse", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
# losses with the same value for all targets and outputs, but for rounding and clipping
NAMES_OF_ONE = (
    frozenset({"categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"}),
    frozenset({"dice", "tversky"}),
)


def usual(losses: Iterable[Loss]) -> str | None:
    """The name of the loss among these that is usual for its task, as the catalogue has it; None where none is."""
    plain = [loss for loss in losses if not loss.class_weight]
    return next((loss.name for name in USUAL for loss in plain if loss == _row(loss, name)), None)


def other_names(losses: list[Loss]) -> dict[str, list[str]]:
    """The losses whose objective others among them have too, and what these are called.

    Of several names of one objective the usual one stands for all, else the first.
    """
    groups: dict[tuple[frozenset[str], str], list[Loss]] = {}
    for loss in losses:
        for names in NAMES_OF_ONE:
            if any(loss == _row(loss, name) for name in names):
                groups.setdefault((names, repr(loss.class_weight)), []).append(loss)
    names_of = {}
    for group in groups.values():
        if len(group) > 1:
            kept = usual(group) or group[0].name
            names_of[kept] = [loss.name for loss in group if loss.name != kept]
    return names_of


def factor(loss: Loss, values: np.ndarray, other: Loss, others: np.ndarray) -> float | None:
    """By what constant the values of one loss are those of another, but for rounding and clipping.

    A constant factor of a loss acts as one of the learning rate, so losses that are multiples of each other are the
    same objective.

    Args:
        loss: the one.
        values: its values on targets and outputs that are the same for both, of one shape.
        other: the other.
        others: its values.

    Returns:
        The factor, 1 where they are alike; None where there is none.
    """
    what = [(one.activation, one.target_transform, one.class_weight, one.label_weights) for one in (loss, other)]
    if what[0] != what[1] or values.shape != others.shape:
        return None
    finite = np.isfinite(values) & np.isfinite(others)
    if not finite.any() or not others[finite].any() or (np.isfinite(values) != np.isfinite(others)).any():
        return None
    values, others = values[finite].astype(np.float64), others[finite].astype(np.float64)
    if np.allclose(values, others, rtol=1e-5, atol=1e-4):  # Keras' clipping comes to some 1e-6 for each class
        return 1.0
    times = float((values * others).sum() / (others**2).sum())
    if times <= 0 or not np.allclose(values, times * others, rtol=1e-5, atol=1e-4 * times):
        return None
    return 1.0 if abs(times - 1) < ALIKE else times


def _row(loss: Loss, name: str) -> Loss:
    """The row of the catalogue with what may differ in a loss that is the same objective: its name, and weights."""
    return replace(LOSSES[name], name=loss.name, class_weight=loss.class_weight)
