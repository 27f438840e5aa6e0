"""Estimands: what of a target's distribution a loss teaches a network to predict, and a score rewards.

Losses of different estimands cannot be ranked fairly by one score, as each is best by a score of its own.
"""

from typing import Literal, NamedTuple

Statistic = Literal[
    "mean",
    "median",
    "quantile",
    "expectile",
    "mean of logarithms",
    "below the median",  # a value that depends on the loss
    "between mean and median",  # the same
    "direction",
    "probabilities",
    "ranks",
    "decisions",
    "distribution",
]


class Estimand(NamedTuple):
    """A statistic of the target, given the features.

    Attributes:
        statistic: which.
        share: of a quantile: what share of targets is below it; of an expectile: what share of the errors' sum lies on
            the lower side.
    """

    statistic: Statistic
    share: float | None = None


MEAN, MEDIAN, MEAN_OF_LOGARITHMS = Estimand("mean"), Estimand("median"), Estimand("mean of logarithms")
BELOW_MEDIAN, DIRECTION = Estimand("below the median"), Estimand("direction")
PROBABILITIES, RANKS, DECISIONS = Estimand("probabilities"), Estimand("ranks"), Estimand("decisions")
DISTRIBUTION = Estimand("distribution")


def expectile(share: float) -> Estimand:
    """The expectile that lies below so large a share of what all targets are away from it."""
    return MEAN if share == 0.5 else Estimand("expectile", share)


def quantile(share: float) -> Estimand:
    """The quantile below which a share of the targets is."""
    return MEDIAN if share == 0.5 else Estimand("quantile", share)
