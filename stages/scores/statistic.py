"""Scores as functions of rows: what a score comes to, and what each row adds to it.

Nearly every score is a function of weighted means over rows, so that its terms row by row and that function describe
it whole: its value, and by its derivative the influence of each row. Where no such form is at hand a score is a class
of its own, as `placements.RocAuc` is.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from stages.losses.loss import Loss


class Rows(Protocol):
    """Rows with a target and what one network predicts: NumPy's arrays or, while training, tensors.

    Attributes:
        xp: the functions of these arrays: ``numpy``, or ``keras.ops``.
        loss: the loss that the network was trained with.
        labels: (n_rows, n_targets) in target units, or (n_rows,) class indices.
        outputs: (n_rows, n_outputs) as the network gives them.
        predictions: (n_rows, n_targets) in target units.
        errors: (n_rows, n_targets) predicted minus actual, in target units.
        scaled_errors: (n_rows, n_targets) the same in the units of the dataset's scale.
        decisions: (n_rows,) class indices.
        of_truth: (n_rows,) the probability that the outputs give to the row's class.
    """

    xp: Any
    loss: Loss
    labels: Any
    outputs: Any
    predictions: Any
    errors: Any
    scaled_errors: Any
    decisions: Any
    of_truth: Any


class WeightedRows(Rows, Protocol):
    """Rows as NumPy's arrays.

    Attributes:
        scaled_labels: (n_rows, n_targets) in the units of the dataset's scale.
        weights: (n_rows,) what each row counts; None where all count alike.
        numbers: (n_rows,) which rows of the table these are; None where nothing asks for it.
    """

    scaled_labels: np.ndarray
    weights: np.ndarray | None
    numbers: np.ndarray | None

    def mean(self, values: np.ndarray) -> np.ndarray:
        """The weighted mean over rows of (n_rows, ...)."""
        ...

    def costs(self, name: str) -> np.ndarray:
        """What each row costs (n_rows,) by a user's own function."""
        ...


class Statistic(ABC):
    """A function of the rows of one seed.

    Its row values have it as their mean, by what each row counts. They are its value plus the influence of each row on
    it (the delta method), so that rows can be treated as what they are: a sample of all the rows there could be. A few
    rows of one class make a seed's own value a poor centre for the influences, so these are centred on a reference, the
    mean over seeds; the mean over a seed's rows is that seed's value all the same.
    """

    @abstractmethod
    def value(self, rows: WeightedRows) -> float:
        """The score; NaN where it is not defined."""

    def reference(self, rows: WeightedRows) -> np.ndarray:
        """What row values are centred on the mean over seeds of, NaN where not defined: none, where on nothing."""
        del rows
        return np.empty(0)

    @abstractmethod
    def row_values(self, rows: WeightedRows, reference: np.ndarray) -> np.ndarray:
        """The values (n_rows,) of the rows of one seed; NaN where the score is not defined.

        Args:
            rows: those of the seed.
            reference: the mean over seeds of `reference`.
        """


# gives the terms of `Rows`, (n_rows, n_parts)
Terms = Callable[[Any], Any]


@dataclass(frozen=True)
class OfMeans(Statistic):
    """A function of weighted means over rows, or of ratios of such means.

    Attributes:
        terms: a; a part of the score is the mean of one column.
        over: b; a part is mean(a) / mean(b), and is left out where all b are 0. None for 1.
        is_root: whether a part is the root of that.
        joined: makes one number of the parts (n_defined,), which may be complex; None for their mean.
    """

    terms: Terms
    over: Terms | None = None
    is_root: bool = False
    joined: Callable[[np.ndarray], Any] | None = None

    def value(self, rows: WeightedRows) -> float:
        """The score; NaN where no part is defined."""
        weights = 1.0 if rows.weights is None else rows.weights[:, None]
        above = (weights * self._of_rows(self.terms, rows)).sum(axis=0)
        if self.over is None:
            below = len(rows.labels) if rows.weights is None else rows.weights.sum()
        else:
            below = (weights * self._of_rows(self.over, rows)).sum(axis=0)
        return self._join(self._parts(above, below))

    def reference(self, rows: WeightedRows) -> np.ndarray:
        """The parts (n_parts,); none of a plain mean."""
        if self._is_plain:
            return np.empty(0)
        above, below = self.of_rows(rows)
        return self._parts(rows.mean(above), rows.mean(below))

    def row_values(self, rows: WeightedRows, reference: np.ndarray) -> np.ndarray:
        """Of a mean its terms; of the others R + (a − R b) / mean(b), of which the mean is mean(a) / mean(b).

        A root takes the secant, R + (a − R² b) / mean(b) / (root + R), and what is made of several parts the mean
        slope between these and their references, so that the mean is the score exactly.
        """
        if self._is_plain:
            return self._of_rows(self.terms, rows).mean(axis=1)
        above, below = self.of_rows(rows)
        over = rows.mean(below)
        parts = self._parts(rows.mean(above), over)
        if not (defined := np.isfinite(parts)).any():
            return np.full(len(above), np.nan)
        steps = (above - (reference**2 if self.is_root else reference) * below) / np.where(defined, over, 1)
        if self.is_root:
            joined = parts + reference
            steps *= np.divide(1, joined, out=np.zeros_like(joined), where=joined > 0)
        if self.joined is None:
            return (reference + steps)[:, defined].mean(axis=1)
        slopes, start = _mean_slopes(self.joined, reference[defined], parts[defined])
        values = start + steps[:, defined] @ slopes
        return values + (self._join(parts) - rows.mean(values))

    def of_sums(self, above: np.ndarray, below: np.ndarray) -> np.ndarray:
        """The score (...) from sums over rows of a and of b, each (..., n_parts); NaN where no part is defined."""
        parts = self._parts(above, below)
        if self.joined is not None:
            return self.joined(parts)
        defined = np.isfinite(parts)
        with np.errstate(invalid="ignore"):
            return np.where(defined, parts, 0.0).sum(axis=-1) / defined.sum(axis=-1)

    @property
    def _is_plain(self) -> bool:
        """Whether it is the mean of its terms."""
        return self.over is None and not self.is_root and self.joined is None

    def of_rows(self, rows: WeightedRows) -> tuple[np.ndarray, np.ndarray]:
        """What each row adds to a and to b, (n_rows, n_parts) each; of its positions the mean."""
        below = np.ones((len(rows.labels), 1)) if self.over is None else self._of_rows(self.over, rows)
        return self._of_rows(self.terms, rows), below

    def _of_rows(self, terms: Terms, rows: WeightedRows) -> np.ndarray:
        values = terms(rows)
        return values.mean(axis=tuple(range(1, values.ndim - 1))) if values.ndim > 2 else values

    def _parts(self, above: np.ndarray, below: np.ndarray | float) -> np.ndarray:
        """The parts (..., n_parts) from means or sums of a and b; NaN where that of b is 0."""
        below = np.broadcast_to(np.asarray(below, np.float64), above.shape)
        parts = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
        return np.sqrt(parts) if self.is_root else parts

    def _join(self, parts: np.ndarray) -> float:
        if not (defined := np.isfinite(parts)).any():
            return np.nan
        return float((np.mean if self.joined is None else self.joined)(parts[defined]))


# Gauss and Legendre's points and weights between 0 and 1
_POINTS, _SHARES = (numbers / 2 for numbers in np.polynomial.legendre.leggauss(8))
_STEP = 1e-30


def _mean_slopes(function: Callable[[np.ndarray], Any], start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, float]:
    """The mean gradient (n_parts,) of a function on the line between two points, and its value at the first.

    Derivatives are those of the complex step, which rounding does not touch (Squire & Trapp 1998).
    """
    steps = 1j * _STEP * np.eye(len(start))
    slopes = np.zeros(len(start))
    for point, share in zip(_POINTS + 0.5, _SHARES, strict=True):
        at = start + point * (end - start)
        slopes += share * np.array([np.imag(function(at + step)) for step in steps]) / _STEP
    return slopes, float(np.real(function(start)))
