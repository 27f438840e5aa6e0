"""Handwritten digits of 8 × 8 pixels, as scikit-learn comes with them."""

from collections.abc import Iterable
from typing import Literal

import numpy as np

from stages.arrays.source import ArraySource, Given, Rows


class Source(ArraySource):
    """``sklearn.datasets.load_digits``: 1,797 images of 8 × 8, from 0 to 16.

    Attributes:
        target: which digit it is; or the ``features``.
    """

    generator: Literal["digits"]
    target: Literal["digit", "features"] = "digit"

    def give(self, named: Iterable[str], key: str) -> Given:  # noqa: ARG002
        """All of them."""
        from sklearn.datasets import load_digits

        digits = load_digits()
        return Given(Rows.of(digits.images.astype(np.uint8)), {"digit": digits.target}, kind="images")
