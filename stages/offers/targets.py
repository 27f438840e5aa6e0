"""What kind of values a target may hold that some losses are made for, and which these are."""

import re
from typing import NamedTuple

import numpy as np

from stages.losses.catalogue import LOSSES
from stages.losses.loss import TargetKind

MANY = 0.1  # of the targets are 0
SMALL = 20  # the median of whole numbers that may be counts; larger ones are as good as any numbers
# of what the name of a column says of it the period that its values may have
_PERIODS = {
    24: r"hour|time.?of.?day|stunde|heure",
    360: r"deg|angle|direction|bearing|heading|azimuth|winkel|wind.?dir",
}
_FULL = 0.6  # of the period that values reach over


class Kind(NamedTuple):
    """What a target may be.

    Attributes:
        kind: which.
        losses: those that are made for it, as they stand in ``params.yaml``.
        headline: a score for it.
        share: of the targets that are 0.
    """

    kind: TargetKind
    losses: list[str]
    headline: str
    share: float = 0.0


def kind_of(labels: np.ndarray) -> Kind | None:
    """What one column of values may be; None where nothing speaks for any of it.

    Args:
        labels: (n_rows, n_targets) in target units.
    """
    if labels.shape[1:] != (1,) or labels.min() < 0:
        return None
    is_whole, zeros = bool((labels == np.round(labels)).all()), float((labels == 0).mean())
    if is_whole and np.median(labels) <= SMALL:
        return Kind("counts", ["{loss: poisson, target: ratio}"], "poisson_deviance")
    if zeros > MANY:
        return Kind("many zeros", _offered("many zeros"), "tweedie_deviance_1.5", share=zeros)
    return None


def period_of(values: np.ndarray, name: str) -> int | None:
    """After how much values of any shape may begin anew, by what their column is called; None where nothing says so."""
    high, low = values.max(), values.min()
    for period, says in _PERIODS.items():
        begins = 0 if low >= 0 else -period / 2
        if re.search(says, name, re.IGNORECASE) and begins <= low and high <= begins + period:
            return period if high - low >= _FULL * period else None
    return None


def _offered(kind: TargetKind) -> list[str]:
    return [name for name, loss in LOSSES.items() if kind in loss.offered_for]
