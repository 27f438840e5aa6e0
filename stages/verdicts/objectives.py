"""Whether two losses are one objective, but for a constant factor."""

import numpy as np

from stages.records.runs import Run

ALIKE = 1e-3  # a factor so near 1 is 1: Keras clips


def factor(a: Run, b: Run) -> float | None:
    """By what constant the values of one loss are those of another, but for rounding and clipping.

    A constant factor of a loss acts as one of the learning rate, so losses that are multiples of each other are the
    same objective.

    Returns:
        The factor, 1 where they are alike; None where there is none.
    """
    ours, theirs = a.objective, b.objective
    what = [(loss.activation, loss.target_transform, loss.class_weight) for loss in (a.loss, b.loss)]
    if what[0] != what[1] or ours.shape != theirs.shape:
        return None
    finite = np.isfinite(ours) & np.isfinite(theirs)
    if not finite.any() or not theirs[finite].any() or (np.isfinite(ours) != np.isfinite(theirs)).any():
        return None
    own, other = ours[finite].astype(np.float64), theirs[finite].astype(np.float64)
    if np.allclose(own, other, rtol=1e-5, atol=1e-4):  # Keras' clipping comes to some 1e-6 for each class
        return 1.0
    times = float((own * other).sum() / (other**2).sum())
    if times <= 0 or not np.allclose(own, times * other, rtol=1e-5, atol=1e-4 * times):
        return None
    return 1.0 if abs(times - 1) < ALIKE else times
