"""What each test row adds to a score of values: of errors that are averaged, squared, relative, or in the middle."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stages.losses.loss import Loss
from stages.scores import measure

Parts = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Tested:
    """The rows that one seed tests.

    Attributes:
        labels: (n_tested, n_targets) in target units, or (n_tested,) class indices.
        outputs: float64 (n_tested, n_outputs) as the network gave them.
        loss: the loss it was trained with.
        center: (n_targets,) with `spread`, puts outputs into target units: ``output * spread + center``.
        spread: see `center`.
        weights: (n_tested,) what each row counts; None where all count alike.
    """

    labels: np.ndarray
    outputs: np.ndarray
    loss: Loss
    center: np.ndarray
    spread: np.ndarray
    weights: np.ndarray | None = None

    @property
    def predictions(self) -> np.ndarray:
        """(n_tested, n_targets) in target units."""
        return self.outputs * self.spread + self.center

    @property
    def errors(self) -> np.ndarray:
        """(n_tested, n_targets) predicted minus actual, in target units."""
        return self.predictions - self.labels

    @property
    def log_errors(self) -> np.ndarray:
        """(n_tested, n_targets) the same of the logarithms of 1 + value."""
        return measure.logarithms(self.predictions) - measure.logarithms(self.labels)

    @property
    def decisions(self) -> np.ndarray:
        """(n_tested,) class indices."""
        return self.loss.decide(self.outputs)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """The weighted mean over rows of (n_tested, ...)."""
        return values.mean(axis=0) if self.weights is None else np.average(values, axis=0, weights=self.weights)

    def counted(self, values: np.ndarray) -> np.ndarray:
        """Values (n_tested, ...) times what their row counts, which is 1 on average."""
        if self.weights is None:
            return values
        return (values.T * (self.weights / self.weights.mean())).T


ROOTS: dict[str, Callable[[Tested], np.ndarray]] = {
    "rmse": lambda rows: rows.errors,
    "rmsle": lambda rows: rows.log_errors,
}


def root_mean_square(rows: Tested, errors: np.ndarray) -> np.ndarray:
    """Of each column of (n_tested, n_targets)."""
    return np.sqrt(rows.mean(errors**2))


def rooted(rows: Tested, errors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """A row's squared error e² counts as r + (e² − r²) / (rmse + r): a secant, so that the mean is rmse exactly.

    Args:
        rows: those of one seed.
        errors: (n_tested, n_targets), of which it is the root of the mean square.
        reference: (n_targets,) the mean over seeds of the root mean squared error, r.
    """
    both = root_mean_square(rows, errors) + reference
    slope = np.divide(1, both, out=np.zeros_like(both), where=both > 0)
    return (reference + rows.counted(errors**2 - reference**2) * slope).mean(axis=1)


def unexplained(rows: Tested) -> Parts:
    """1 − R²: squared errors over squared deviations from the mean.

    Of several equal targets 0 if all are predicted, else 1, as scikit-learn has it; of one row it is not defined.
    """
    above, below = rows.errors**2, (rows.labels - rows.mean(rows.labels)) ** 2
    alike = np.ptp(rows.labels, axis=0) == 0
    unit = 1.0 if len(rows.labels) > 1 else np.nan
    return np.where(alike, above.mean(axis=0) > 0, above), np.where(alike, unit, below)


def relative(rows: Tested) -> Parts:
    """The mean absolute percentage error: of the targets above 0."""
    positive = rows.labels > 0
    shares = np.divide(np.abs(rows.errors), rows.labels, out=np.zeros_like(rows.labels), where=positive)
    return 100 * shares, positive.astype(np.float64)


def in_the_middle(rows: Tested) -> np.ndarray:
    """The median of absolute errors: the median, and for each row on which side of it it lies.

    By how much a row on one side moves the median is 1 / (2 f), with f the density there, taken from the quantiles
    beside it at Bofinger's (1975) distance. The mean is the median exactly.
    """
    return np.mean([_median(rows, column) for column in np.abs(rows.errors).T], axis=0)


def _median(rows: Tested, errors: np.ndarray) -> np.ndarray:
    middle, n = measure.median(errors, rows.weights), len(errors)
    distance = min(0.6 * n**-0.2, 0.45)  # Bofinger's (4.5 φ(0)⁴ / n)^(1/5), whose factor at the median is 0.65 and less
    low, high = np.quantile(errors, [0.5 - distance, 0.5 + distance])
    sides = rows.counted((errors > middle).astype(np.float64))
    return middle + (high - low) / (2 * distance) * (sides - sides.mean())
