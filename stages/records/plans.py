"""How the rows of a comparison are divided and scaled."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaling:
    """Numbers that scale the columns, ``(value - center) / spread``: one line for each distinct split.

    Attributes:
        fill: (n_splits, n_features), what stands for a missing value.
        center: (n_splits, n_features).
        spread: (n_splits, n_features).
        target_center: (n_splits, n_targets).
        target_spread: (n_splits, n_targets).
    """

    fill: np.ndarray
    center: np.ndarray
    spread: np.ndarray
    target_center: np.ndarray
    target_spread: np.ndarray
