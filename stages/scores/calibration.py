"""Calibration: probabilities of classes from what networks give, whatever that is.

It is temperature scaling (Guo et al. 2017) with an offset for each class besides, since class weights shift outputs as
well as they stretch them; of two classes, whatever their outputs are, that is Platt's logistic fit (1999).
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

_LEAST = np.finfo(np.float64).eps  # a probability of 0 counts as this


@dataclass(frozen=True)
class Calibration:
    """What makes probabilities of `decisions.strengths`.

    Attributes:
        slope: by which they are multiplied, above 0: one over the temperature.
        offsets: (n_classes,) what is then added for each class, that of class 0 being 0.
    """

    slope: float
    offsets: tuple[float, ...]

    def probabilities(self, strengths: np.ndarray) -> np.ndarray:
        """Of each class (..., n_classes), which add up to 1, from as many strengths."""
        return softmax(self.slope * strengths + np.array(self.offsets), axis=-1)


def fit(strengths: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> Calibration | None:
    """Fit a calibration by maximum likelihood, with Platt's targets, which keep it finite where classes are apart.

    Args:
        strengths: (n_rows, n_classes), as of `decisions.strengths`.
        labels: (n_rows,) class indices.
        weights: (n_rows,) what each row counts; None where all count alike.

    Returns:
        None where a class has no row, or where what speaks for a class makes it less likely.
    """
    n_rows, n_classes = strengths.shape
    counts = np.ones(n_rows) if weights is None else weights
    sizes = np.bincount(labels, counts, minlength=n_classes)
    if not sizes.all() or not (scale := float(np.std(strengths[:, 1:] - strengths[:, :1]))):
        return None
    missed = (1 / (sizes + 2))[labels][:, None]
    of_class = np.eye(n_classes)[labels]
    targets = counts[:, None] * (of_class * (1 - missed) + (1 - of_class) * missed / (n_classes - 1)) / counts.sum()

    def cost(numbers: np.ndarray) -> tuple[float, np.ndarray]:
        logarithms = log_softmax(numbers[0] * strengths / scale + np.append(0.0, numbers[1:]), axis=1)
        errors = targets.sum(axis=1, keepdims=True) * np.exp(logarithms) - targets
        gradient = np.append((errors * strengths).sum() / scale, errors[:, 1:].sum(axis=0))
        return float(-(targets * logarithms).sum()), gradient

    solution = minimize(
        cost, np.append(scale, np.zeros(n_classes - 1)), jac=True, method="BFGS", options={"gtol": 1e-7}
    ).x
    if not np.isfinite(solution).all() or solution[0] <= 0:
        return None
    return Calibration(float(solution[0] / scale), (0.0, *map(float, solution[1:])))


def log_loss(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> float:
    """Of probabilities (n_rows, n_classes), in nats."""
    truth = probabilities[np.arange(len(labels)), labels]
    return float(np.average(-np.log(np.clip(truth, _LEAST, 1 - _LEAST)), weights=weights))


def brier(probabilities: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> float:
    """Of probabilities (n_rows, n_classes): the squared error of class 1 of two, of several the sum."""
    errors = (probabilities - np.eye(probabilities.shape[1])[labels]) ** 2
    return float(np.average(errors[:, 1] if errors.shape[1] == 2 else errors.sum(axis=1), weights=weights))
