"""Verdicts: which of two losses did better, how sure that is, and what would settle it.

Seeds are paired: seed *k* has the same initial weights and batch order under every loss, so losses are
compared by the differences of their scores seed by seed. A positive difference is in favour of the loss.
"""

import itertools
import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy import stats

Verdict = Literal["better", "worse", "equivalent", "inconclusive", "same objective", "too few seeds"]

# measured by the simulation in tests/test_verdicts.py: 600 draws of 30 seeds
SIMULATED_DRAWS = 600
SIMULATED_COVERAGE = 571 / 600  # the interval holds the true difference; differences are normal
SIMULATED_FALSE_VERDICTS = 18 / 600  # better or worse, among three losses that do not differ

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
POWER = 0.8
RESAMPLES = 9999
# a Wilcoxon test needs this many times the pairs of a t test to find the same normal difference (3/π)
EFFICIENCY = 3 / math.pi


@dataclass(frozen=True)
class Pair:
    """One loss against another, over paired seeds.

    Attributes:
        loss: name of the loss.
        against: name of the other.
        difference: mean of the paired differences, in units of the score, positive in favour of `loss`.
        low: with `high`, the 95 % BCa bootstrap interval of `difference`; NaN for fewer than two seeds.
        high: see `low`.
        p: two-sided Wilcoxon signed-rank p-value; 1 where all pairs are tied.
        p_holm: `p` adjusted by Holm for all pairs of the comparison.
        beats: P(loss beats the other), ties halved.
        beats_low: with `beats_high`, the 95 % Wilson interval of `beats`.
        beats_high: see `beats_low`.
        margin: differences within ± this do not matter in practice.
        n_seeds: number of pairs.
        n_failed: on how many of them one of the two failed.
        seeds_needed: the fewest seeds whose test can pass Holm's adjustment.
        detectable: smallest difference these seeds find with about 80 % power.
        seeds_to_settle: for an inconclusive pair, about how many seeds would settle it, where that can be told.
        verdict: by the one rule of `decide`.
    """

    loss: str
    against: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    beats: float
    beats_low: float
    beats_high: float
    margin: float
    n_seeds: int
    n_failed: int
    seeds_needed: int
    detectable: float
    seeds_to_settle: int | None
    verdict: Verdict


def decide(low: float, high: float, p_holm: float, beats: float, margin: float, *, enough: bool) -> Verdict:
    """The one rule, in this order.

    Equivalent: the interval lies inside ± margin. Better or worse: p_holm ≤ 0.05, the interval excludes
    0, and the share of seeds on which the loss beats the other agrees. Inconclusive otherwise.
    """
    if not enough:
        return "too few seeds"
    if -margin <= low and high <= margin:
        return "equivalent"
    if p_holm <= ALPHA and low > 0 and beats > 0.5:
        return "better"
    if p_holm <= ALPHA and high < 0 and beats < 0.5:
        return "worse"
    return "inconclusive"


def default_margin(baseline: np.ndarray, constant: float | None, *, higher_is_better: bool) -> float:
    """5 % of an error: of a score where 0 is perfect, of its distance to 1 where 1 is.

    The error is the baseline's mean, or that of a constant prediction where it is smaller: a baseline
    that learned nothing does not tell what matters. 0 where there is neither.

    Args:
        baseline: (n_seeds,) scores; NaN where a seed failed.
        constant: the score of a constant prediction, where there is one.
        higher_is_better: whether a perfect score is 1 rather than 0.
    """
    finished = baseline[np.isfinite(baseline)]
    known = [finished.mean() if len(finished) else None, constant]
    errors = [1 - score if higher_is_better else score for score in known if score is not None]
    return 0.05 * float(min(errors, default=0.0))


def compare(
    scores: dict[str, np.ndarray],
    *,
    higher_is_better: bool,
    margin: float,
    same_objective: set[frozenset[str]],
    generator: np.random.Generator,
) -> dict[tuple[str, str], Pair]:
    """Compare every pair of losses.

    Args:
        scores: by loss, (n_seeds,) paired by position; NaN where a seed failed.
        higher_is_better: whether more of the score is better.
        margin: differences within ± this do not matter in practice.
        same_objective: pairs of losses that are known to be one objective.
        generator: draws the bootstrap's resamples.

    Returns:
        For each ordered pair (loss, against), one `Pair`; the two orders of a pair mirror each other.
    """
    oriented = {loss: values if higher_is_better else -values for loss, values in scores.items()}
    pairs = list(itertools.combinations(scores, 2))
    if not pairs:
        return {}
    worst = worst_score(oriented, higher_is_better=higher_is_better)
    differences = {pair: paired_differences(oriented[pair[0]], oriented[pair[1]], worst) for pair in pairs}
    p_values = {pair: signed_rank(differences[pair]) for pair in pairs}
    adjusted = dict(zip(pairs, holm(np.array(list(p_values.values()))), strict=True))
    found = {}
    for pair in pairs:
        made = _pair(
            *pair,
            differences[pair],
            n_failed=int((~np.isfinite(oriented[pair[0]] + oriented[pair[1]])).sum()),
            beats=wins(oriented[pair[0]], oriented[pair[1]]),
            p=p_values[pair],
            p_holm=float(adjusted[pair]),
            margin=margin,
            n_pairs=len(pairs),
            same=frozenset(pair) in same_objective,
            generator=generator,
        )
        found[pair] = made
        found[pair[::-1]] = mirror(made)
    return found


def worst_score(oriented: dict[str, np.ndarray], *, higher_is_better: bool) -> float:
    """What a failed seed counts as: a score of 0 where 1 is perfect, else twice the worst error of any seed.

    The worst error itself would not do: a loss that always fails would be as good as one that never varies.
    Where a score below 0 was seen (R²), its distance to 1 is the error.
    """
    worst = float(min(values[np.isfinite(values)].min(initial=0.0) for values in oriented.values()))
    if higher_is_better:
        return 1 - 2 * (1 - worst) if worst < 0 else 0.0
    return 2 * worst


def paired_differences(ours: np.ndarray, theirs: np.ndarray, worst: float) -> np.ndarray:
    """Seed by seed ours minus theirs, (n_seeds,); a failed seed (NaN) counts as `worst`."""
    differences = np.where(np.isfinite(ours), ours, worst) - np.where(np.isfinite(theirs), theirs, worst)
    # 0.85 − 0.84 and 0.84 − 0.83 are tied, but for rounding in the last of 16 digits
    return np.array([float(f"{difference:.11e}") for difference in differences])


def wins(ours: np.ndarray, theirs: np.ndarray) -> float:
    """In what share of the seeds ours is greater, ties halved; a failed seed (NaN) is below every other."""
    a, b = (np.where(np.isfinite(values), values, -np.inf) for values in (ours, theirs))
    return float(np.mean((a > b) + 0.5 * (a == b)))


def signed_rank(differences: np.ndarray) -> float:
    """Two-sided p-value of Wilcoxon's signed-rank test; 1 where all differences are 0."""
    if not differences.any():
        return 1.0
    return float(stats.wilcoxon(differences).pvalue)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust p-values (n,) by the step-down procedure of Holm (1979)."""
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def seeds_needed(n_pairs: int) -> int:
    """The fewest seeds at which the smallest p-value there is, 2 / 2**n, can pass Holm's first step."""
    return math.ceil(1 + math.log2(n_pairs / ALPHA))


def interval(differences: np.ndarray, generator: np.random.Generator) -> tuple[float, float]:
    """The 95 % BCa bootstrap interval of the mean of (n_seeds,); NaN for fewer than two seeds."""
    if len(differences) < 2:
        return math.nan, math.nan
    if np.ptp(differences) == 0:
        return float(differences[0]), float(differences[0])
    found = stats.bootstrap(
        (differences,), np.mean, confidence_level=CONFIDENCE, n_resamples=RESAMPLES, method="BCa", rng=generator
    ).confidence_interval
    return float(found.low), float(found.high)


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n (Wilson 1927)."""
    z = stats.norm.ppf((1 + CONFIDENCE) / 2)
    center = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return max(center - half, 0.0), min(center + half, 1.0)


def detectable(sd: float, n_seeds: int, n_pairs: int) -> float:
    """The smallest true difference that n_seeds find with about 80 % power, tested at the first of Holm's steps."""
    return _quantiles(n_pairs) * sd / math.sqrt(n_seeds * EFFICIENCY)


def seeds_to_settle(difference: float, sd: float, margin: float, n_pairs: int) -> int | None:
    """About how many seeds would settle a pair whose true difference is the one seen; None for more than a million.

    Whichever comes first: the test finds the difference, or the interval fits inside the margin.
    """
    needed = []
    if difference:
        needed.append((_quantiles(n_pairs) * sd / difference) ** 2 / EFFICIENCY)
    if abs(difference) < margin:
        needed.append((_quantiles(1) * sd / (margin - abs(difference))) ** 2)
    fewest = min(needed, default=math.inf)
    return math.ceil(fewest) if fewest <= 1e6 else None


def mirror(pair: Pair) -> Pair:
    """The same pair seen from the other loss."""
    turned: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}
    return replace(
        pair,
        loss=pair.against,
        against=pair.loss,
        difference=-pair.difference,
        low=-pair.high,
        high=-pair.low,
        beats=1 - pair.beats,
        beats_low=1 - pair.beats_high,
        beats_high=1 - pair.beats_low,
        verdict=turned.get(pair.verdict, pair.verdict),
    )


def _pair(
    loss: str,
    against: str,
    differences: np.ndarray,
    *,
    n_failed: int,
    beats: float,
    p: float,
    p_holm: float,
    margin: float,
    n_pairs: int,
    same: bool,
    generator: np.random.Generator,
) -> Pair:
    n = len(differences)
    mean, sd = float(differences.mean()), float(differences.std(ddof=1)) if n > 1 else math.nan
    if abs(mean) <= 1e-12 * np.abs(differences).max():
        mean = 0.0  # gains and losses that cancel out, but for rounding
    low, high = interval(differences, generator)
    needed = seeds_needed(n_pairs)
    verdict = decide(low, high, p_holm, beats, margin, enough=n >= needed)
    if same and verdict not in ("better", "worse"):
        verdict = "same objective"
    beats_low, beats_high = wilson(beats, n)
    settling = seeds_to_settle(mean, sd, margin, n_pairs) if verdict == "inconclusive" else None
    return Pair(
        loss=loss,
        against=against,
        difference=mean,
        low=low,
        high=high,
        p=p,
        p_holm=p_holm,
        beats=beats,
        beats_low=beats_low,
        beats_high=beats_high,
        margin=margin,
        n_seeds=n,
        n_failed=n_failed,
        seeds_needed=needed,
        detectable=detectable(sd, n, n_pairs),
        # a number that was not enough says that the differences are too far from normal to tell
        seeds_to_settle=settling if settling is not None and settling > n else None,
        verdict=verdict,
    )


def _quantiles(n_pairs: int) -> float:
    return float(stats.norm.ppf(1 - ALPHA / n_pairs / 2) + stats.norm.ppf(POWER))
