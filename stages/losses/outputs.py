"""What a network gives for a target of one column: a value, or several numbers that say more of it.

The numbers are made of the outputs of the network's last layer (`decode`), are put into target units (`units`), and
say one value (`point`) and, where they are of a whole distribution, its quantiles. A loss's row in the catalogue names
the kind; everything that differs between kinds is here.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from statistics import NormalDist
from types import ModuleType
from typing import Any, Literal

import numpy as np

Gives = Literal["point", "quantiles", "mean and spread", "hurdle", "direction", "heads"]
# what of a target's scale a number is on: center and spread, as a value is; the spread alone, as a distance; none
Unit = Literal["value", "distance", "plain"]
FURTHEST_LOGIT = 30.0  # a probability beyond it is 0 or 1 to the last digit of float32
LEAST_SPREAD = 1e-3  # of a normal distribution, in scaled units: a likelihood has no bound without
LEVELS = (np.arange(200) + 0.5) / 200  # shares at which a distribution is known that has no formula


class Output(ABC):
    """A kind of output.

    Attributes:
        units: of each number.
        knows_quantiles: whether the numbers are of a whole distribution.
    """

    units: tuple[Unit, ...]
    knows_quantiles = False

    @abstractmethod
    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """The numbers (..., n_numbers) of what the last layer gives (..., n_outputs), by ``numpy`` or ``keras.ops``."""

    @abstractmethod
    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """The way back from `decode`."""

    @abstractmethod
    def point(self, numbers: Any, xp: ModuleType) -> Any:
        """The one value (..., 1) that numbers (..., n_numbers) say."""

    @abstractmethod
    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """Numbers (n_numbers,) that are good for all rows alike, of targets (n_rows, 1)."""

    @abstractmethod
    def saying(self, values: np.ndarray) -> np.ndarray:
        """Outputs (n_rows, n_outputs) of the last layer that say values (n_rows, n_targets), as scaled."""

    def quantiles(self, numbers: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """The quantiles (..., n_shares) below which these shares of the targets are."""
        raise NotImplementedError

    def possible(self, values: np.ndarray) -> np.ndarray:
        """Targets (n_rows, n_targets) made of any numbers."""
        return values

    def scale(self, center: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The scale of each number, (..., n_numbers), from that of the target, (..., 1)."""
        has_center = np.array([unit == "value" for unit in self.units])
        has_spread = np.array([unit != "plain" for unit in self.units])
        return np.where(has_center, center, 0.0), np.where(has_spread, spread, 1.0)


class Point(Output):
    """A value for each target column: the network's output as it is."""

    def scale(self, center: np.ndarray, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """That of the target, of however many columns."""
        return center, spread

    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """The outputs."""
        del xp
        return outputs

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """The numbers."""
        return numbers

    def point(self, numbers: Any, xp: ModuleType) -> Any:
        """The numbers."""
        del xp
        return numbers

    def saying(self, values: np.ndarray) -> np.ndarray:
        """The values."""
        return values

    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """Mean and median."""
        return [values.mean(axis=0), np.median(values, axis=0)]


class Heads(Point):
    """A value for each target column by an output activation of its own: of a yes/no target its probability."""

    def __init__(self, activations: Sequence[str]) -> None:
        """Take the activation for each target: ``linear`` or ``sigmoid``."""
        self.units = ("value",) * len(activations)
        self._is_share = np.array([activation == "sigmoid" for activation in activations])

    def of_each(self, outputs: Any, xp: ModuleType) -> list[Any]:
        """The value (..., 1) of each target, of outputs (..., n_targets)."""
        columns = [outputs[..., place : place + 1] for place in range(len(self._is_share))]
        pairs = zip(columns, self._is_share.tolist(), strict=True)
        return [_sigmoid(column, xp) if is_share else column for column, is_share in pairs]

    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """Values, and probabilities."""
        return xp.concatenate(self.of_each(outputs, xp), axis=-1)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """Values, and what probabilities are sigmoid of."""
        shares = np.clip(numbers, 1e-6, 1 - 1e-6)
        return np.where(self._is_share, np.log(shares / (1 - shares)), numbers)

    def saying(self, values: np.ndarray) -> np.ndarray:
        """What these values are made of."""
        return self.encode(values)

    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """Mean and median; of yes/no targets their share."""
        mean, median = super().constants(values)
        return [mean, np.where(self._is_share, mean, median)]

    def possible(self, values: np.ndarray) -> np.ndarray:
        """Numbers, and of yes/no targets whether they are above 0."""
        return np.where(self._is_share, values > 0, values)


class Quantiles(Output):
    """Quantiles that never cross: the lowest, and how much higher than the one before it each of the others is.

    The increments are softplus of the outputs, so that they are above 0 (Park et al. 2022, arXiv 2111.06581). Between
    two quantiles, and beyond the outermost, the distribution is that of a normal with these quantiles: lines on a scale
    of normal deviates.
    """

    knows_quantiles = True

    def __init__(self, levels: Sequence[float]) -> None:
        """Take the shares of targets below each, ascending, two or more."""
        self.levels = np.array(levels, np.float64)
        self.units = ("value",) * len(levels)

    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """The quantiles, ascending."""
        steps = xp.concatenate([outputs[..., :1], _softplus(outputs[..., 1:], xp)], axis=-1)
        return xp.cumsum(steps, axis=-1)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """The lowest, and what the increments are softplus of."""
        steps = np.maximum(np.diff(numbers, axis=-1), 1e-6)
        return np.concatenate([numbers[..., :1], unsoftened(steps)], axis=-1)

    def point(self, numbers: Any, xp: ModuleType) -> Any:
        """The median, where that is one of them; else the middle one, or the middle between the middle two."""
        del xp
        [middle, *_] = np.flatnonzero(self.levels == 0.5).tolist() or [None]
        low, high = (middle, middle) if middle is not None else ((len(self.levels) - 1) // 2, len(self.levels) // 2)
        return (numbers[..., low : low + 1] + numbers[..., high : high + 1]) / 2

    def saying(self, values: np.ndarray) -> np.ndarray:
        """Those of a standard normal around each value."""
        around = deviates(self.levels)
        return self.encode(values + around - self.point(around, np))

    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """The quantiles of the targets."""
        return [np.quantile(values[:, 0], self.levels)]

    def quantiles(self, numbers: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """These, and those between and beyond them on lines of normal deviates."""
        known, asked = deviates(self.levels), deviates(shares)
        at = np.clip(np.searchsorted(known, asked) - 1, 0, len(known) - 2)
        above = (asked - known[at]) / (known[at + 1] - known[at])
        return numbers[..., at] * (1 - above) + numbers[..., at + 1] * above


class MeanAndSpread(Output):
    """A normal distribution: its mean, and its standard deviation, which is softplus of an output."""

    units, knows_quantiles = ("value", "distance"), True

    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """Mean and standard deviation."""
        return xp.concatenate([outputs[..., :1], LEAST_SPREAD + _softplus(outputs[..., 1:], xp)], axis=-1)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """The mean, and what the standard deviation is softplus of."""
        spread = np.maximum(numbers[..., 1:] - LEAST_SPREAD, 1e-6)
        return np.concatenate([numbers[..., :1], unsoftened(spread)], axis=-1)

    def point(self, numbers: Any, xp: ModuleType) -> Any:
        """The mean."""
        del xp
        return numbers[..., :1]

    def saying(self, values: np.ndarray) -> np.ndarray:
        """A standard deviation of 1 around each value."""
        return self.encode(np.concatenate([values, np.ones_like(values)], axis=-1))

    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """Mean and standard deviation of the targets."""
        return [np.append(values.mean(axis=0), values.std(axis=0))]

    def quantiles(self, numbers: np.ndarray, shares: np.ndarray) -> np.ndarray:
        """Those of the normal distribution."""
        return numbers[..., :1] + numbers[..., 1:] * deviates(shares)


class Hurdle(Output):
    """Whether a target is above 0, and how large it is where it is: a probability (sigmoid), an amount (softplus)."""

    units = ("plain", "value")

    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """Probability and amount."""
        chance = 1 / (1 + xp.exp(-xp.clip(outputs[..., :1], -FURTHEST_LOGIT, FURTHEST_LOGIT)))
        return xp.concatenate([chance, _softplus(outputs[..., 1:], xp)], axis=-1)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """What they are sigmoid and softplus of."""
        chance, amount = np.clip(numbers[..., :1], 1e-6, 1 - 1e-6), np.maximum(numbers[..., 1:], 1e-6)
        return np.concatenate([np.log(chance / (1 - chance)), unsoftened(amount)], axis=-1)

    def point(self, numbers: Any, xp: ModuleType) -> Any:
        """The mean: the probability times the amount."""
        del xp
        return numbers[..., :1] * numbers[..., 1:]

    def saying(self, values: np.ndarray) -> np.ndarray:
        """Twice each value, with a probability of a half."""
        return self.encode(np.concatenate([np.full_like(values, 0.5), 2 * values], axis=-1))

    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """The share of targets above 0, and their mean."""
        above = values[values > 0]
        return [np.array([(values > 0).mean(), above.mean() if len(above) else 0.0])]


class Direction(Output):
    """A point in the plane, of which the direction from the center is the value: an angle, an hour of a day."""

    units = ("plain", "plain")

    def __init__(self, period: float) -> None:
        """Take the length of a turn, in target units."""
        self._turn = 2 * math.pi / period

    def decode(self, outputs: Any, xp: ModuleType) -> Any:
        """The point: the outputs as they are."""
        del xp
        return outputs

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """The point."""
        return numbers

    def point(self, numbers: Any, xp: ModuleType) -> Any:
        """The value, from 0 to below the period."""
        return xp.mod(xp.arctan2(numbers[..., 1:], numbers[..., :1]), 2 * math.pi) / self._turn

    def saying(self, values: np.ndarray) -> np.ndarray:
        """The points of values on the circle of radius 1."""
        return np.concatenate([np.cos(values * self._turn), np.sin(values * self._turn)], axis=-1)

    def constants(self, values: np.ndarray) -> list[np.ndarray]:
        """The mean of their points."""
        return [self.saying(values).mean(axis=0)]


def in_turn(values: np.ndarray, begins: float, period: float) -> np.ndarray:
    """Values that begin anew after a period, from where a turn begins to below its end."""
    values = begins + np.mod(values - begins, period)
    return np.where(values < begins + period, values, begins)


def shorter_way(errors: Any, period: float, xp: ModuleType = np) -> Any:
    """Differences between values that begin anew after a period, the shorter way round, with their sign."""
    return xp.mod(errors + period / 2, period) - period / 2


def unsoftened(values: np.ndarray) -> np.ndarray:
    """What values above 0 are softplus of."""
    return values + np.log(-np.expm1(-values))


def deviates(shares: np.ndarray) -> np.ndarray:
    """The standard normal's quantiles below which these shares are."""
    return np.array([NormalDist().inv_cdf(share) for share in np.asarray(shares).tolist()])


def of(gives: Gives, parameters: dict[str, Any], activations: Sequence[str] = ()) -> Output:
    """The kind of output of a loss with these parameters, and where targets have heads these activations."""
    match gives:
        case "quantiles":
            return Quantiles(parameters["quantiles"])
        case "mean and spread":
            return MEAN_AND_SPREAD
        case "hurdle":
            return HURDLE
        case "direction":
            return Direction(parameters["period"])
        case "heads":
            return Heads(activations)
        case _:
            return POINT


POINT, MEAN_AND_SPREAD, HURDLE = Point(), MeanAndSpread(), Hurdle()


def _sigmoid(values: Any, xp: ModuleType) -> Any:
    if xp is not np:
        return xp.sigmoid(values)  # behind which Keras' crossentropy looks
    return 1 / (1 + np.exp(-np.clip(values, -FURTHEST_LOGIT, FURTHEST_LOGIT)))


def _softplus(values: Any, xp: ModuleType) -> Any:
    return np.logaddexp(0.0, values) if xp is np else xp.softplus(values)
