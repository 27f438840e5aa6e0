"""What is said of one loss: its mean score, and how sure that is."""

from dataclasses import dataclass, replace

import numpy as np

from stages.verdicts.intervals import Estimate, estimate, over_seeds

FAR = 10  # interquartile ranges from the median, beyond which a seed went astray
FEWEST = 10  # seeds, among fewer of which none is told from the others


@dataclass(frozen=True)
class Summary:
    """The mean of one score over the seeds that did not fail.

    Attributes:
        mean: NaN when every seed failed.
        sd: sample standard deviation over seeds (n - 1); NaN for fewer than two seeds.
        half_width: the 95 % interval of the mean is mean ± half_width; NaN for fewer than two seeds.
        n: number of seeds that did not fail.
        n_failed: number of seeds that failed.
    """

    mean: float
    sd: float
    half_width: float
    n: int
    n_failed: int


def summarise(scores: np.ndarray) -> Summary:
    """Summarise a score for new seeds on these very rows (Student's t).

    Args:
        scores: (n_seeds,) with NaN for failed seeds.
    """
    finished = scores[np.isfinite(scores)]
    n, n_failed = len(finished), len(scores) - len(finished)
    mean = finished.mean() if n else np.nan
    if n < 2 or not np.ptp(finished):  # whose deviation is not 1e-17 by rounding
        alike = 0.0 if n > 1 else np.nan
        return Summary(float(mean), alike, alike, n, n_failed)
    low, high = over_seeds(finished)
    return Summary(float(mean), float(finished.std(ddof=1)), (high - low) / 2, n, n_failed)


def astray(scores: np.ndarray) -> np.ndarray:
    """Bool (n_seeds,): which of the seeds that did not fail ended far from all others.

    Args:
        scores: (n_seeds,) with NaN for failed seeds.
    """
    finished = np.isfinite(scores)
    if finished.sum() < FEWEST:
        return np.zeros(len(scores), bool)
    low, middle, high = np.percentile(scores[finished], [25, 50, 75])
    return finished & (high > low) & (np.abs(scores - middle) > FAR * (high - low))


def summarise_for_new_rows(values: np.ndarray, tested: np.ndarray, *, reach: np.ndarray) -> Summary:
    """Summarise a score for new seeds and new rows.

    Args:
        values: (n_seeds, n_rows) values of the rows, as of `row_values.row_values`; of a failed seed NaN.
        tested: bool (n_seeds, n_rows), which rows each seed tests.
        reach: as of `row_values.reach`.
    """
    over = summarise(scores_of(values, tested))
    if not over.n:
        return over
    made = estimate_of_finished(values, tested, reach=reach)
    return replace(over, half_width=made.high - made.mean)


def gain_over_constant(
    values: np.ndarray, constant: np.ndarray, tested: np.ndarray, *, higher_is_better: bool, reach: np.ndarray
) -> Estimate | None:
    """How much better a loss does than a prediction that is the same for every row, for new seeds and new rows.

    Args:
        values: as of `summarise_for_new_rows`.
        constant: (n_seeds, n_rows), as of `row_values.constant_values`.
        tested: as of `summarise_for_new_rows`.
        higher_is_better: whether more of the score is better.
        reach: as of `row_values.reach`.

    Returns:
        The gain of the seeds that did not fail, positive in favour of the loss; None where every seed failed.
    """
    gains = values - constant if higher_is_better else constant - values
    return estimate_of_finished(gains, tested, reach=reach) if np.isfinite(gains).any() else None


def estimate_of_finished(values: np.ndarray, tested: np.ndarray, *, reach: np.ndarray) -> Estimate:
    """The mean over the seeds that did not fail, at least one, and over rows."""
    finished = np.isfinite(scores_of(values, tested))
    return estimate(values[finished], tested[finished], reach=reach)


def scores_of(values: np.ndarray, tested: np.ndarray) -> np.ndarray:
    """The score of each seed (n_seeds,) from its rows' values (n_seeds, n_rows); NaN where the seed failed."""
    return np.array([own[rows].mean() for own, rows in zip(values, tested, strict=True)])
