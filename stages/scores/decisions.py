"""Decisions of classes from what networks give, at a threshold that may be another than the loss's own rule has.

Of two classes a threshold is one number, in the unit of the output: at or above it class 1 is decided. Of several it is
an offset for each class, which is added to what the class gets before the largest is taken.
"""

import numpy as np

from stages.losses.loss import Loss

_LEAST = 1e-30  # a probability of 0 counts as this, so that it has a logarithm


def strengths(loss: Loss, outputs: np.ndarray) -> np.ndarray:
    """What speaks for each class, in numbers that can be shifted: log-probabilities, or outputs as they are.

    Args:
        loss: what the networks were trained with, for classes.
        outputs: (..., n_outputs) as the networks gave them.

    Returns:
        float64 (..., n_classes); of two classes that of class 0 is 0, that of class 1 the log-odds of a probability.
    """
    outputs = outputs.astype(np.float64)
    if loss.task == "binary":
        if loss.outputs_probability:
            outputs = np.log(np.maximum(outputs, _LEAST)) - np.log(np.maximum(1 - outputs, _LEAST))
        return np.concatenate([np.zeros_like(outputs), outputs], axis=-1)
    return np.log(np.maximum(outputs, _LEAST)) if loss.outputs_probability else outputs


def decide(loss: Loss, outputs: np.ndarray, threshold: np.ndarray) -> np.ndarray:
    """Decide at a threshold.

    Args:
        loss: what the networks were trained with, for classes.
        outputs: (..., n_outputs) as the networks gave them.
        threshold: (..., 1) the threshold of two classes, or (..., n_classes) the offset of each of several; of outputs
            (..., n_labels, 1) also (..., n_labels), the threshold of each label.

    Returns:
        Class indices (...).
    """
    if loss.task == "binary":
        of_labels = threshold.shape[-1] > 1
        return (outputs[..., 0] >= (threshold if of_labels else threshold[..., 0])).astype(np.int64)
    return (strengths(loss, outputs) + threshold).argmax(axis=-1)


def usual(loss: Loss, n_classes: int) -> np.ndarray:
    """The threshold that the loss's own rule has: (1,) or (n_classes,)."""
    return np.array([loss.threshold]) if loss.task == "binary" else np.zeros(n_classes)
