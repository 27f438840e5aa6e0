"""Statistics over seeds."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Summary:
    """The mean of one score over the seeds that did not fail.

    Attributes:
        mean: NaN when every seed failed.
        sd: sample standard deviation (n - 1); NaN for fewer than two seeds.
        half_width: the 95 % interval of the mean is mean ± half_width (Student's t); NaN for fewer
            than two seeds.
        n: number of seeds that did not fail.
        n_failed: number of seeds that failed.
    """

    mean: float
    sd: float
    half_width: float
    n: int
    n_failed: int


def summarise(values: np.ndarray) -> Summary:
    """Summarise a score over seeds.

    Args:
        values: (n_seeds,) with NaN for failed seeds.
    """
    finished = values[np.isfinite(values)]
    n, n_failed = len(finished), len(values) - len(finished)
    mean = finished.mean() if n else np.nan
    sd = (finished.std(ddof=1) if np.ptp(finished) else 0.0) if n > 1 else np.nan  # not 1e-17 by rounding
    half_width = stdtrit(n - 1, (1 + CONFIDENCE) / 2) * sd / np.sqrt(n) if n > 1 else np.nan
    return Summary(float(mean), float(sd), float(half_width), n, n_failed)
