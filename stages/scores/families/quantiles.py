"""Scores of quantiles: how good an interval is, how many targets it holds, how wide it is, and the whole distribution.

A loss that gives one value has quantiles too: those of what it misses by on rows that it did not learn from.
"""

import re
from functools import partial

import numpy as np

from stages.basics.words import percent
from stages.losses.estimand import DISTRIBUTION, quantile
from stages.losses.formulas import tilted
from stages.losses.outputs import LEVELS
from stages.scores import constants, terms
from stages.scores.score import Score
from stages.scores.statistic import OfMeans, WeightedRows

USUAL_INTERVAL = 0.8  # of a distribution that is scored whole
AT_ONCE = 20  # levels of which quantiles are held at a time
COVERAGE, WIDTH, INTERVAL = "coverage_", "width_", "interval_score_"


def crps() -> Score:
    """The continuous ranked probability score."""
    return Score(
        "crps",
        "continuous ranked probability score",
        OfMeans(ranked_probability),
        rewards=DISTRIBUTION,
        constant=constants.distribution,
        tasks=("regression",),
        unit="target units",
        is_measured="asked",
        needs_quantiles=True,
    )


def interval_score(share: float, name: str) -> Score:
    """The interval score of a central interval: its width, and what targets beyond it cost."""
    return Score(
        name,
        f"interval score of {percent(share)} intervals",
        OfMeans(partial(width_and_misses, share=share)),
        rewards=DISTRIBUTION,
        constant=constants.distribution,
        tasks=("regression",),
        unit="target units",
        is_measured="asked",
        needs_quantiles=True,
    )


def coverage(share: float, name: str) -> Score:
    """The share of targets that central intervals hold, which decides nothing: the widest hold the most."""
    return Score(
        name,
        f"share of the targets that {percent(share)} intervals hold",
        OfMeans(partial(is_held, share=share)),
        rewards=None,
        constant=constants.none,
        tasks=("regression",),
        higher_is_better=True,
        is_measured="asked",
        can_decide=False,
        needs_quantiles=True,
    )


def width(share: float, name: str) -> Score:
    """The width of central intervals, which decides nothing: the narrowest hold the fewest."""
    return Score(
        name,
        f"width of {percent(share)} intervals",
        OfMeans(partial(width_of, share=share)),
        rewards=None,
        constant=constants.none,
        tasks=("regression",),
        unit="target units",
        is_measured="asked",
        can_decide=False,
        needs_quantiles=True,
    )


def pinball(share: float, name: str) -> Score:
    """The pinball loss of one quantile."""
    return Score(
        name,
        f"pinball loss of the {100 * share:g} % quantile",
        OfMeans(partial(terms.pinball, quantile=share)),
        rewards=quantile(share),
        constant=constants.estimate_of(quantile(share)),
        tasks=("regression",),
        unit="target units",
        is_followed=True,
        is_measured="asked",
    )


def ranked_probability(rows: WeightedRows) -> np.ndarray:
    """Twice the pinball loss, averaged over all quantiles."""
    total = np.zeros(len(rows.labels))
    for shares in np.split(LEVELS, len(LEVELS) // AT_ONCE):
        total += tilted(rows.quantiles(shares) - rows.labels, shares, np).sum(axis=1)
    return 2 * total[:, None] / len(LEVELS)


def width_and_misses(rows: WeightedRows, *, share: float) -> np.ndarray:
    """The width of an interval, and for a target beyond it how far, times 2 / the share of targets to be beyond."""
    low, high = _ends(rows, share)
    beyond = np.maximum(low - rows.labels, 0) + np.maximum(rows.labels - high, 0)
    return high - low + 2 / (1 - share) * beyond


def is_held(rows: WeightedRows, *, share: float) -> np.ndarray:
    """Whether the target is within the interval; NaN where there is none."""
    low, high = _ends(rows, share)
    return np.where(np.isnan(high - low), np.nan, (rows.labels >= low) & (rows.labels <= high))


def width_of(rows: WeightedRows, *, share: float) -> np.ndarray:
    """How far the ends of the interval are apart."""
    low, high = _ends(rows, share)
    return high - low


def ends(share: float) -> np.ndarray:
    """The shares of targets below each end (2,) of the central interval that holds a share."""
    return np.array([(1 - share) / 2, (1 + share) / 2])


def scored_ends(name: str) -> list[float]:
    """The shares of targets below the ends of the interval that a score of this name is of; those of 80 % of others."""
    match = re.fullmatch(rf"(?:{'|'.join(FAMILIES)})(\d+)", name)
    return ends(int(match[1]) / 100 if match else USUAL_INTERVAL).round(4).tolist()


def _ends(rows: WeightedRows, share: float) -> tuple[np.ndarray, np.ndarray]:
    low, high = rows.quantiles(ends(share)).T[..., None]
    return low, high


# by how a name begins what makes the score; a whole percentage ends the name
FAMILIES = {INTERVAL: interval_score, COVERAGE: coverage, WIDTH: width}
