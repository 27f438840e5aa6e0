"""Drawn images, each of a disc or a square on noise, with the pixels that it covers."""

from collections.abc import Iterable
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from stages.arrays.source import ArraySource, Given, Rows
from stages.basics.ranges import Positive, Seed, Spread, Whole


class Source(ArraySource):
    """Images of one channel, from 0 to 255.

    Attributes:
        n_samples: images.
        size: pixels along each side.
        noise: standard deviation of the noise, where what is drawn is brighter than what is behind it by 1.
        target: which ``shape`` it is, disc or square; the ``area``, the share of the pixels that it covers; or the
            ``mask``, 1 in these pixels; or the ``features``.
        random_state: decides what is drawn.
    """

    generator: Literal["shapes"]
    n_samples: Positive = 1000
    size: Annotated[Whole, Field(ge=8)] = 16
    noise: Spread = 0.5
    target: Literal["shape", "area", "mask", "features"] = "shape"
    random_state: Seed = 0

    def give(self, named: Iterable[str], key: str) -> Given:  # noqa: ARG002
        """Draw them."""
        rng, size = np.random.default_rng(self.random_state), self.size
        is_square = rng.integers(2, size=self.n_samples).astype(bool)
        radius = rng.uniform(size / 8, size / 3, self.n_samples)
        centre = rng.uniform(radius, size - radius, (2, self.n_samples))
        grid = np.arange(size) + 0.5
        images, masks = np.empty((2, self.n_samples, size, size), np.uint8)
        for row in range(self.n_samples):
            down, across = np.abs(grid - centre[0, row]), np.abs(grid - centre[1, row])
            # a square of the area of the disc, so that neither its area nor its brightness tells which it is
            side = radius[row] * np.sqrt(np.pi) / 2
            disc = down[:, None] ** 2 + across[None] ** 2 <= radius[row] ** 2
            square = (down[:, None] <= side) & (across[None] <= side)
            mask = square if is_square[row] else disc
            bright = mask + rng.normal(0, self.noise, mask.shape)
            images[row] = np.clip(85 + 85 * bright, 0, 255).round()
            masks[row] = mask
        names, areas = np.where(is_square, "square", "disc"), masks.mean(axis=(1, 2))
        return Given(Rows.of(images), {"shape": names, "area": areas, "mask": masks}, kind="images")
