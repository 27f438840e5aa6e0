"""Losses that Keras lacks, each as a formula of targets and what a network gives, in scaled units.

Each takes targets (n_rows, n_targets), numbers (n_rows, n_numbers) as `Loss.decode` has them, the functions of these
arrays (``numpy`` or ``keras.ops``) and the loss's parameters, and gives (n_rows, n_parts), of which the mean over parts
is the loss of a row.
"""

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from stages.losses.loss import Loss

Formula = Callable[..., Any]


def of(loss: Loss) -> Formula:
    """The formula of a loss by what it is called in the catalogue.

    Raises:
        KeyError: it has none.
    """
    return FORMULAS[loss.function]


def pinball(targets: Any, numbers: Any, xp: ModuleType, *, quantile: float) -> Any:
    """What is too low costs that share of the error, what is too high the rest to 1."""
    return tilted(numbers - targets, quantile, xp)


def pinball_of_quantiles(targets: Any, numbers: Any, xp: ModuleType, *, quantiles: Sequence[float]) -> Any:
    """The pinball loss of each quantile."""
    return tilted(numbers - targets, xp.array(quantiles, dtype="float32"), xp)


def gaussian(targets: Any, numbers: Any, xp: ModuleType, *, beta: float) -> Any:
    """Minus the logarithm of the normal density, times the variance to the power of beta.

    That weight is taken for a constant, so that it changes what a step looks at and not what is best
    (Seitzer et al. 2022, arXiv 2203.09168); with a beta of 0 it is the likelihood.
    """
    mean, variance = numbers[..., :1], xp.square(numbers[..., 1:])
    surprise = (xp.log(variance) + xp.square(targets - mean) / variance + math.log(2 * math.pi)) / 2
    return stopped(variance, xp) ** beta * surprise


def stopped(values: Any, xp: ModuleType) -> Any:
    """Values whose gradient is taken to be 0."""
    return xp.stop_gradient(values) if hasattr(xp, "stop_gradient") else values


def tilted(errors: Any, shares: Any, xp: ModuleType) -> Any:
    """Errors (predicted minus actual) by the pinball loss of quantiles below which these shares are."""
    return xp.maximum(-shares * errors, (1 - shares) * errors)


FORMULAS: dict[str, Formula] = {"Pinball": pinball, "Quantiles": pinball_of_quantiles, "Gaussian": gaussian}
