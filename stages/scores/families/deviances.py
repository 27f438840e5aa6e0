"""Scores of counts and amounts, as scikit-learn defines them: mean deviances of Poisson, gamma and Tweedie.

Each is least for the mean, and says by what share a prediction misses rather than by how much. A prediction that is not
above 0 has none, and counts as a thousandth of a unit of the dataset's scale.
"""

from functools import partial
from typing import Any

import numpy as np

from stages.losses.estimand import MEAN
from stages.scores import constants
from stages.scores.score import Score
from stages.scores.statistic import OfMeans, WeightedRows

LEAST = 1e-3  # of the scale
TWEEDIE = "tweedie_deviance_"


def poisson() -> Score:
    """The mean Poisson deviance."""
    return _score("poisson_deviance", "mean Poisson deviance", of_poisson)


def gamma() -> Score:
    """The mean gamma deviance, of targets above 0."""
    return _score("gamma_deviance", "mean gamma deviance", of_gamma, above_zero=True)


def tweedie(power: float, name: str) -> Score:
    """The mean Tweedie deviance of a power between 1 (Poisson) and 2 (gamma)."""
    return _score(name, f"mean Tweedie deviance of power {power:g}", partial(of_tweedie, power=power))


def _score(name: str, title: str, terms: Any, **more: bool) -> Score:
    constant, settings = constants.estimate_of(MEAN), {"never_negative": True, "is_measured": "asked"}
    return Score(name, title, OfMeans(terms), rewards=MEAN, constant=constant, tasks=("regression",), **settings | more)


def of_poisson(rows: WeightedRows) -> np.ndarray:
    """Twice the logarithm of how much likelier the target would be by itself."""
    truth, mean = rows.labels, _above_zero(rows)
    return 2 * (_times_log(truth, truth / mean) - truth + mean)


def of_gamma(rows: WeightedRows) -> np.ndarray:
    """The same; NaN of targets that are not above 0."""
    ratio = np.where(rows.labels > 0, rows.labels, np.nan) / _above_zero(rows)
    return 2 * (ratio - np.log(ratio) - 1)


def of_tweedie(rows: WeightedRows, *, power: float) -> np.ndarray:
    """The same, of a power between 1 and 2."""
    truth, mean = rows.labels, _above_zero(rows)
    by_itself = truth ** (2 - power) / ((1 - power) * (2 - power))
    return 2 * (by_itself - truth * mean ** (1 - power) / (1 - power) + mean ** (2 - power) / (2 - power))


def _above_zero(rows: WeightedRows) -> np.ndarray:
    return np.maximum(rows.predictions, LEAST * rows.spread)


def _times_log(values: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Values times the logarithm of others, 0 where a value is 0."""
    return np.where(values > 0, values * np.log(np.where(values > 0, others, 1.0)), 0.0)
