"""The scale of features that are arrays: one center and one spread for each channel, over all numbers of a row.

What each row adds to the sums of its channels is summed up once, in two passes over the file; the scale of a split is
made of the sums of its rows, so that a hundred splits cost no more than one. Where a row is the numbers of several
inputs side by side, each has channels of its own.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from stages.arrays.source import Rows
from stages.params.division import Scaler
from stages.records.array_facts import Inputs, slices


class Channels:
    """The channels of features that are arrays."""

    def __init__(self, features: np.ndarray | Rows, inputs: Inputs = ()) -> None:
        """Begin.

        Args:
            features: (n_rows, …, n_channels), uint8 or float32, NaN where missing; perhaps mapped to memory.
            inputs: of which a row (n_numbers,) is made; empty for one.
        """
        rows = features if isinstance(features, Rows) else Rows.of(features)
        self._rows, self._shape = rows, (*[1] * (len(rows.shape) - 2), rows.shape[-1])
        places = slices(inputs)
        self._inputs = [(Channels(_part(rows, places[name], shape)), shape) for name, shape in inputs]

    def __len__(self) -> int:
        return len(self._rows)

    def fit(self, rows: np.ndarray, method: Scaler) -> np.ndarray:
        """Fill, center and spread: (3, 1, …, n_channels), or (3, n_numbers) where a row is made of several inputs.

        The mean of a channel stands for what is missing in it. A channel that these rows do not have is taken as in
        all rows.

        Args:
            rows: the numbers of the rows to fit on.
            method: ``none``, ``standard`` or ``minmax``.
        """
        if self._inputs:
            fitted = [(channels.fit(rows, method), shape) for channels, shape in self._inputs]
            return np.concatenate([np.broadcast_to(own, (3, *shape)).reshape(3, -1) for own, shape in fitted], axis=1)
        counts = self._sums["count"][rows].sum(axis=0)
        empty = counts == 0
        mean = self._mean + self._sums["deviation"][rows].sum(axis=0) / np.where(empty, 1, counts)
        fill = np.where(empty, self._mean, mean)
        if method == "none":
            center, spread = np.zeros_like(fill), np.ones_like(fill)
        elif method == "minmax":
            low, high = self._sums["low"][rows].min(axis=0), self._sums["high"][rows].max(axis=0)
            center, spread = np.where(empty, 0, low), np.where(empty, 1, high - low)
        else:
            variance = self._sums["square"][rows].sum(axis=0) / np.where(empty, 1, counts) - (mean - self._mean) ** 2
            center, spread = fill, np.sqrt(np.maximum(variance, 0))
        spread = np.where(spread > 10 * np.finfo(np.float64).eps * np.abs(center), spread, 1.0)
        return np.stack([fill, center, spread]).reshape(3, *self._shape)

    @cached_property
    def _mean(self) -> np.ndarray:
        """Of each channel, in all rows: (n_channels,)."""
        total, count = 0.0, 0.0
        for _, values in self._blocks():
            total += np.nansum(values, axis=(0, 1))
            count += (~np.isnan(values)).sum(axis=(0, 1))
        return np.where(count > 0, total / np.maximum(count, 1), 0.0)

    @cached_property
    def _sums(self) -> dict[str, np.ndarray]:
        """Of each row and channel, float64 (n_rows, n_channels): how many numbers, and what they come to."""
        shape, mean = (len(self), self._shape[-1]), self._mean
        sums = {name: np.empty(shape) for name in ("count", "deviation", "square", "low", "high")}
        for some, values in self._blocks():
            is_there, deviation = ~np.isnan(values), np.nan_to_num(values - mean)
            sums["count"][some] = is_there.sum(axis=1)
            sums["deviation"][some] = deviation.sum(axis=1)
            sums["square"][some] = (deviation**2).sum(axis=1)
            sums["low"][some] = np.where(is_there, values, np.inf).min(axis=1)
            sums["high"][some] = np.where(is_there, values, -np.inf).max(axis=1)
        return sums

    def _blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Some rows at a time, float64 (n_some, n_numbers, n_channels)."""
        for some in self._rows.blocks():
            block = self._rows.read(some)
            yield some, block.reshape(len(block), -1, block.shape[-1]).astype(np.float64)


def _part(rows: Rows, place: slice, shape: tuple[int, ...]) -> Rows:
    """One of several inputs of which rows are made."""
    return Rows((len(rows), *shape), rows.dtype, lambda some: rows.read(some)[:, place].reshape(-1, *shape))
