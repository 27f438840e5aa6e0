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
_FULL = 0.75  # of the period that values reach


class Kind(NamedTuple):
    """What a target may be.

    Attributes:
        kind: which.
        losses: those that are made for it, as they stand in ``params.yaml``.
        headline: a score for it.
        share: of the targets that are 0.
        period: of angles and hours: where they begin anew.
    """

    kind: TargetKind
    losses: list[str]
    headline: str
    share: float = 0.0
    period: int = 0


def kind_of(labels: np.ndarray, name: str) -> Kind | None:
    """What one column of values may be; None where nothing speaks for any of it.

    Args:
        labels: (n_rows, n_targets) in target units.
        name: of the target.
    """
    if labels.shape[1:] != (1,) or labels.min() < 0:
        return None
    high = labels.max()
    for period, says in _PERIODS.items():
        if re.search(says, name, re.IGNORECASE) and _FULL * period <= high <= period:
            made_for = [f"{{loss: {loss}, period: {period}}}" for loss in _offered("angles")]
            return Kind("angles", made_for, f"circular_error_{period}", period=period)
    is_whole, zeros = bool((labels == np.round(labels)).all()), float((labels == 0).mean())
    if is_whole and np.median(labels) <= SMALL:
        return Kind("counts", ["{loss: poisson, target: ratio}"], "poisson_deviance")
    if zeros > MANY:
        return Kind("many zeros", _offered("many zeros"), "tweedie_deviance_1.5", share=zeros)
    return None


def _offered(kind: TargetKind) -> list[str]:
    return [name for name, loss in LOSSES.items() if kind in loss.offered_for]
