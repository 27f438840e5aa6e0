"""What is said of one loss: its mean score, and how sure that is."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import betaincinv, stdtrit

from stages.verdicts.cuts import FEWEST
from stages.verdicts.design import Design
from stages.verdicts.intervals import ALPHA, Estimate, estimate

FAR = 10  # interquartile ranges from the median, beyond which a seed went astray


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
    sd = float(finished.std(ddof=1))
    return Summary(float(mean), sd, float(-stdtrit(n - 1, ALPHA / 2)) * sd / n**0.5, n, n_failed)


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


def most_astray(n_astray: int, n_seeds: int) -> float:
    """What share of seeds goes astray at most, with 95 %, where so many of `n_seeds` did (Clopper & Pearson 1934).

    Where none of n did it is about 3 / n: the rule of three.
    """
    return float(betaincinv(n_astray + 1, n_seeds - n_astray, 1 - ALPHA)) if n_astray < n_seeds else 1.0


def summarise_for_new_rows(values: np.ndarray, design: Design) -> Summary:
    """Summarise a score for new seeds and new rows.

    Args:
        values: (n_seeds, n_rows) values of the rows, as of `row_values.row_values`; of a failed seed NaN.
        design: which rows each seed tests.
    """
    over = summarise(design.means(values))
    return replace(over, half_width=estimate_of_finished(values, design).half_width) if over.n else over


def gain_over_constant(
    values: np.ndarray, constant: np.ndarray, design: Design, *, higher_is_better: bool
) -> Estimate | None:
    """How much better a loss does than a prediction that is the same for every row, for new seeds and new rows.

    Args:
        values: as of `summarise_for_new_rows`.
        constant: (n_seeds, n_rows), as of `row_values.constant_values`.
        design: as of `summarise_for_new_rows`.
        higher_is_better: whether more of the score is better.

    Returns:
        The gain of the seeds that did not fail, positive in favour of the loss; None where every seed failed.
    """
    gains = values - constant if higher_is_better else constant - values
    return estimate_of_finished(gains, design) if np.isfinite(gains).any() else None


def estimate_of_finished(values: np.ndarray, design: Design) -> Estimate:
    """The mean over the seeds that did not fail, at least one, and over rows."""
    finished = np.isfinite(design.means(values))
    return estimate(values[finished], design.of_seeds(finished))


def lacking(mean: float, *, higher_is_better: bool) -> float:
    """How far a mean score is from a perfect one: 0 for errors, 1 for other scores; infinity where there is none."""
    return float(max(1 - mean if higher_is_better else mean, 0.0)) if np.isfinite(mean) else np.inf
