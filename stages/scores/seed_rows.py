"""The rows that one seed is scored on, as arrays."""

from dataclasses import dataclass
from functools import cached_property
from types import ModuleType

import numpy as np

from stages.basics import paths
from stages.basics.cli import UserError
from stages.losses.loss import Loss
from stages.losses.outputs import LEVELS
from stages.usercode import loading


@dataclass(frozen=True)
class SeedRows:
    """Rows that one seed is scored on, as `statistic.WeightedRows`.

    Where each position of a row has a target, the axes of positions stand behind that of rows in all but `weights`.

    Attributes:
        labels: (n_rows, n_targets) in target units, or (n_rows,) class indices.
        outputs: float64 (n_rows, n_outputs) as the network gave them.
        loss: the loss it was trained with.
        center: (n_targets,) with `spread`, puts outputs into target units: ``output * spread + center``.
        spread: see `center`.
        weights: (n_rows,) what each row counts; None where all count alike.
        numbers: (n_rows,) which rows of the table these are; None where nothing asks for it.
        decided: (n_rows,) class indices, as whoever uses the network decides; None for the loss's own rule.
        residuals: (n_levels,) the quantiles, at `LEVELS`, of what it misses by (actual minus predicted) on rows that
            it did not learn from; None where nothing asks for it, or it gives quantiles itself.
    """

    labels: np.ndarray
    outputs: np.ndarray
    loss: Loss
    center: np.ndarray
    spread: np.ndarray
    weights: np.ndarray | None = None
    decided: np.ndarray | None = None
    residuals: np.ndarray | None = None
    numbers: np.ndarray | None = None

    @property
    def xp(self) -> ModuleType:
        """The functions of these arrays."""
        return np

    @property
    def predictions(self) -> np.ndarray:
        """(n_rows, n_targets) in target units."""
        return self.loss.output.point(self.given, np)

    @cached_property
    def given(self) -> np.ndarray:
        """What the network gives of values, (n_rows, n_numbers) in target units."""
        center, spread = self.loss.output.scale(self.center, self.spread)
        return self.outputs * spread + center

    def quantiles(self, shares: np.ndarray) -> np.ndarray:
        """The values (n_rows, n_shares) below which these shares of the targets are predicted to be, in target units.

        Of a loss that gives one value they are as far from it as those of what it misses by on other rows; NaN where
        that is not known.
        """
        if self.loss.output.knows_quantiles:
            return self.loss.output.quantiles(self.given, shares)
        if self.residuals is None:
            return np.full((len(self.labels), len(shares)), np.nan)
        return self.predictions + np.interp(shares, LEVELS, self.residuals)

    @cached_property
    def errors(self) -> np.ndarray:
        """(n_rows, n_targets) predicted minus actual, in target units."""
        return self.predictions - self.labels

    @property
    def scaled_errors(self) -> np.ndarray:
        """(n_rows, n_targets) the same in the units of the dataset's scale."""
        return self.errors / self.spread

    @property
    def scaled_labels(self) -> np.ndarray:
        """(n_rows, n_targets) in the units of the dataset's scale."""
        return (self.labels - self.center) / self.spread

    @cached_property
    def decisions(self) -> np.ndarray:
        """(n_rows,) class indices."""
        return self.loss.decide(self.outputs) if self.decided is None else self.decided

    @property
    def of_truth(self) -> np.ndarray:
        """(n_rows,) the probability of each row's class."""
        if self.loss.task == "binary":
            return np.where(self.labels == 1, self.outputs[..., 0], 1 - self.outputs[..., 0])
        of_class = np.take_along_axis(self.outputs, self.labels[..., None].astype(np.int64), axis=-1)[..., 0]
        return of_class / self.outputs.sum(axis=-1)

    def mean(self, values: np.ndarray) -> np.ndarray:
        """The weighted mean over rows of (n_rows, ...)."""
        return values.mean(axis=0) if self.weights is None else np.average(values, axis=0, weights=self.weights)

    def costs(self, name: str) -> np.ndarray:
        """What each row costs by a user's own score: see `own_costs`."""
        return own_costs(name, self.labels, self.predictions if self.loss.task == "regression" else self.decisions)


def own_costs(name: str, truth: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """What each row costs by a user's own score.

    Args:
        name: ``module:function``, the module a file in ``stages/custom``.
        truth: (n_rows, n_targets) values in target units, of one target handed on as (n_rows,); or class indices.
        predictions: the same as predicted.

    Returns:
        float64 (n_rows,), 0 or more.

    Raises:
        UserError: the function fails, or gives something else.
    """
    function, place = loading.find(name), f"{paths.CUSTOM / name.partition(':')[0]}.py: {name.partition(':')[2]}"
    arguments = [array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array for array in (truth, predictions)]
    try:
        costs = np.asarray(function(*arguments), np.float64)
    except (Exception, SystemExit) as error:
        raise UserError(f"{place}: calling it failed: {type(error).__name__}: {loading.cause(error)}") from error
    if costs.shape != (len(truth),):
        raise UserError(f"{place}: it gave {costs.shape} for {len(truth)} rows; a cost for each is needed")
    if not (costs >= 0).all() or not np.isfinite(costs).all():
        wrong = costs[~((costs >= 0) & np.isfinite(costs))][0]
        raise UserError(f"{place}: it gave {wrong:g} for a row; what a row costs is a number, 0 or more")
    return costs
