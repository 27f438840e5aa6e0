"""Looking more than once: how sure each look must be, so that all of them together err in 5 %.

With ``seeds: {at_most: 60}`` seeds come in looks, and a comparison may end at each. Plain intervals at 10, 20 and 30
seeds would tell two equal losses apart in 11 of 100 comparisons. So every look has the same level, lower than 5 %, at
which a mean of independent, normal parts is taken for other than 0 in 5 % by any of the looks (Pocock 1977). What
looks have in common beside the earlier parts, as the same test rows, makes them more alike, and the error smaller.
"""

import math
from functools import cache

import numpy as np
from scipy.special import ndtr, ndtri

from stages.verdicts.intervals import ALPHA

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_TINY = 1e-10  # below, looks that err are so rare that no two of them do


@cache
def level(n_looks: int) -> float:
    """How often the interval of one look may miss, so that one of `n_looks` does in 5 %: 0.0294 for 2 of them."""
    if n_looks == 1:
        return ALPHA
    from scipy.optimize import brentq  # takes a fifth of a second, which a single look does not need

    return float(brentq(lambda p: overall(p, n_looks) - ALPHA, ALPHA / n_looks, ALPHA))


def overall(p: float, n_looks: int) -> float:
    """How often one of `n_looks` has a two-sided p-value of at most `p` where there is no difference."""
    if n_looks == 1 or p >= 1:
        return min(p, 1.0)
    if p < _TINY:
        return n_looks * p
    bound = -float(ndtri(p / 2))
    # the density of the sum of the parts so far, where no look has erred, at points and with weights to integrate by
    points = bound * _NODES
    mass = np.exp(-(points**2) / 2) / math.sqrt(2 * math.pi) * bound * _WEIGHTS
    erred = p
    for look in range(2, n_looks + 1):
        end = bound * math.sqrt(look)
        erred += float(mass @ (ndtr(-end - points) + ndtr(-end + points)))
        onward = end * _NODES
        steps = np.exp(-((onward[:, None] - points) ** 2) / 2) / math.sqrt(2 * math.pi)
        points, mass = onward, (steps @ mass) * end * _WEIGHTS
    return min(erred, 1.0)
