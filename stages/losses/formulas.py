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
LEAST_MEAN = 1e-7  # as Keras clips
BESSEL_JOIN = 3.75
BESSEL_NEAR = (1.0, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813)
BESSEL_FAR = (
    *(0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377),
)
STEEPEST = 30.0  # of LINEX, the exponent from which it goes on in a line


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


def gamma(targets: Any, numbers: Any, xp: ModuleType) -> Any:
    """Minus the logarithm of the gamma density, but for what no mean changes; half the gamma deviance, but for that."""
    mean = xp.maximum(numbers, LEAST_MEAN)
    return xp.log(mean) + targets / mean


def tweedie(targets: Any, numbers: Any, xp: ModuleType, *, power: float) -> Any:
    """Half the Tweedie deviance of a power between 1 and 2, but for what no mean changes."""
    mean = xp.maximum(numbers, LEAST_MEAN)
    return mean ** (2 - power) / (2 - power) - targets * mean ** (1 - power) / (1 - power)


def hurdle(targets: Any, numbers: Any, xp: ModuleType) -> Any:
    """Cross-entropy of whether a target is above 0, and of those that are the gamma loss of how large."""
    is_above = xp.where(targets > 0, xp.ones_like(targets), xp.zeros_like(targets))
    chance = xp.clip(numbers[..., :1], LEAST_MEAN, 1 - LEAST_MEAN)
    surprise = -is_above * xp.log(chance) - (1 - is_above) * xp.log(1 - chance)
    return surprise + is_above * gamma(targets, numbers[..., 1:], xp)


def expectile(targets: Any, numbers: Any, xp: ModuleType, *, expectile: float) -> Any:
    """The squared error, of which what is too low counts that share, and what is too high the rest to 1."""
    return leaning(numbers - targets, expectile, xp)


def linex(targets: Any, numbers: Any, xp: ModuleType, *, slope: float) -> Any:
    """Exponential on one side, a line on the other (Varian 1975)."""
    return linear_exponential(numbers - targets, slope, xp)


def circular_mse(targets: Any, numbers: Any, xp: ModuleType, *, period: float) -> Any:
    """Squares of how far the point is from that of the target on the circle."""
    return xp.square(numbers - _on_circle(targets, period, xp))


def circular_distance(targets: Any, numbers: Any, xp: ModuleType, *, period: float) -> Any:
    """1 less the cosine of the angle between point and target."""
    length = xp.sqrt(xp.sum(xp.square(numbers), axis=-1, keepdims=True) + LEAST_MEAN)
    return 1 - _along(targets, numbers, period, xp) / length


def von_mises(targets: Any, numbers: Any, xp: ModuleType, *, period: float) -> Any:
    """Minus the logarithm of von Mises' density, whose mean is the point's direction; the farther, the narrower."""
    narrow = xp.sqrt(xp.sum(xp.square(numbers), axis=-1, keepdims=True) + LEAST_MEAN)
    return _log_bessel(narrow, xp) - _along(targets, numbers, period, xp)


def _on_circle(values: Any, period: float, xp: ModuleType) -> Any:
    angles = values * (2 * math.pi / period)
    return xp.concatenate([xp.cos(angles), xp.sin(angles)], axis=-1)


def _along(targets: Any, numbers: Any, period: float, xp: ModuleType) -> Any:
    """How far the point lies in the direction of the target (n_rows, 1)."""
    return xp.sum(numbers * _on_circle(targets, period, xp), axis=-1, keepdims=True)


def _log_bessel(values: Any, xp: ModuleType) -> Any:
    """The logarithm of the modified Bessel function of order 0, of values of 0 or more (Abramowitz & Stegun 9.8)."""
    small, large = xp.minimum(values, BESSEL_JOIN), xp.maximum(values, BESSEL_JOIN)
    near = _polynomial(xp.square(small / BESSEL_JOIN), BESSEL_NEAR)
    far = _polynomial(BESSEL_JOIN / large, BESSEL_FAR)
    return xp.where(values < BESSEL_JOIN, xp.log(near), large - xp.log(large) / 2 + xp.log(far))


def _polynomial(values: Any, coefficients: Sequence[float]) -> Any:
    total = 0 * values
    for coefficient in reversed(coefficients):
        total = total * values + coefficient
    return total


def leaning(errors: Any, share: Any, xp: ModuleType) -> Any:
    """Squares of errors (predicted minus actual), times the share where they are below 0, else times the rest to 1."""
    return xp.where(errors < 0, share, 1 - share) * xp.square(errors)


def linear_exponential(errors: Any, slope: Any, xp: ModuleType) -> Any:
    """Of z = slope × error exp(z) - z - 1, and from where float32 would overflow on a line."""
    z = slope * errors
    near = xp.minimum(z, STEEPEST)
    return xp.exp(near) * (1 + z - near) - z - 1


def tilted(errors: Any, shares: Any, xp: ModuleType) -> Any:
    """Errors (predicted minus actual) by the pinball loss of quantiles below which these shares are."""
    return xp.maximum(-shares * errors, (1 - shares) * errors)


FORMULAS: dict[str, Formula] = {
    "Pinball": pinball,
    "Quantiles": pinball_of_quantiles,
    "Gaussian": gaussian,
    "Gamma": gamma,
    "Tweedie": tweedie,
    "Hurdle": hurdle,
    "Expectile": expectile,
    "Linex": linex,
    "CircularMse": circular_mse,
    "CircularDistance": circular_distance,
    "VonMises": von_mises,
}
