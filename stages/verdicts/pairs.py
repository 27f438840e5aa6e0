"""Verdicts: which of two losses does better on new rows, and how sure that is.

Seeds are paired: seed *k* has the same rows, initial weights and batch order under every loss, so losses are
compared by the differences of their row values, seed by seed and row by row. A positive difference is in favour
of the loss.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from stages.verdicts.intervals import ALPHA, ROUNDING, Estimate, estimate, over_seeds
from stages.verdicts.statistics import scores_of

Verdict = Literal["better", "worse", "equivalent", "inconclusive", "same objective", "too few seeds"]

# with two, the interval holds the truth in 90 % where seeds differ more than rows; with three in 93 %
FEWEST_SEEDS = 3
# decisions on fewer rows than this make an interval that is only roughly right
FEW_ROWS = 30


@dataclass(frozen=True)
class Pair:
    """One loss against another, over paired seeds and rows.

    Attributes:
        loss: name of the loss.
        against: name of the other.
        estimate: the mean difference, in units of the score, positive in favour of `loss`.
        p_holm: p-value adjusted by Holm for all pairs of the comparison.
        margin: differences within ± this do not matter in practice.
        n_failed: on how many seeds one of the two failed.
        on_these_rows: where all seeds test the same rows, the 95 % interval of the difference on these very rows.
        verdict: by the one rule of `decide`.
    """

    loss: str
    against: str
    estimate: Estimate
    p_holm: float
    margin: float
    n_failed: int
    on_these_rows: tuple[float, float] | None
    verdict: Verdict

    @property
    def difference(self) -> float:
        """The mean difference."""
        return self.estimate.mean

    @property
    def low(self) -> float:
        """With `high`, the 95 % interval of the difference for new seeds and rows; NaN for fewer than two seeds."""
        return self.estimate.low

    @property
    def high(self) -> float:
        """See `low`."""
        return self.estimate.high

    @property
    def p(self) -> float:
        """Two-sided p-value, of the same statistic as the interval."""
        return self.estimate.p

    @property
    def n_seeds(self) -> int:
        """Number of pairs of seeds."""
        return self.estimate.n_seeds

    @property
    def n_rows(self) -> int:
        """Number of test rows."""
        return self.estimate.n_rows

    @property
    def n_telling(self) -> float:
        """About how many of the test rows carry the difference."""
        return self.estimate.n_telling

    @property
    def few_rows_tell(self) -> bool:
        """Whether the difference is one of decisions on so few rows that the interval says little."""
        return self.estimate.of_decisions and self.n_telling < FEW_ROWS


def decide(low: float, high: float, p_holm: float, margin: float, *, enough: bool) -> Verdict:
    """The one rule, in this order.

    Equivalent: the interval lies inside ± margin. Better or worse: it excludes 0 and p_holm ≤ 0.05.
    Inconclusive otherwise.
    """
    if not enough:
        return "too few seeds"
    if -margin <= low and high <= margin:
        return "equivalent"
    if p_holm <= ALPHA and low > 0:
        return "better"
    if p_holm <= ALPHA and high < 0:
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
    values: dict[str, np.ndarray],
    tested: np.ndarray,
    *,
    higher_is_better: bool,
    margin: float,
    same_objective: set[frozenset[str]],
    reach: np.ndarray,
) -> dict[tuple[str, str], Pair]:
    """Compare every pair of losses.

    Args:
        values: by loss, (n_seeds, n_rows) values of the rows, as of `row_values.row_values`; a seed that
            failed has NaN for every row.
        tested: bool (n_seeds, n_rows), which rows each seed tests.
        higher_is_better: whether more of the score is better.
        margin: differences within ± this do not matter in practice.
        same_objective: pairs of losses that are known to be one objective.
        reach: (n_kinds,) the most that a row of each kind can tell two losses apart, as of `row_values.reach`.

    Returns:
        For each ordered pair (loss, against), one `Pair`; the two orders of a pair mirror each other.
    """
    names = list(itertools.combinations(values, 2))
    if not names:
        return {}
    scores = {loss: scores_of(each, tested) for loss, each in values.items()}
    worst = worst_score(scores, higher_is_better=higher_is_better)
    estimates, intervals = {}, {}
    for ours, theirs in names:
        differences = paired_differences(values[ours], values[theirs], tested, worst)
        if not higher_is_better:
            differences *= -1
        estimates[ours, theirs] = estimate(differences, tested, reach=reach)
        intervals[ours, theirs] = over_seeds(scores_of(differences, tested)) if (tested == tested[0]).all() else None
    adjusted = holm(np.array([each.p for each in estimates.values()]))
    pairs = {}
    for (ours, theirs), p_holm in zip(names, adjusted, strict=True):
        made = estimates[ours, theirs]
        verdict = decide(made.low, made.high, p_holm, margin, enough=made.n_seeds >= FEWEST_SEEDS)
        if frozenset((ours, theirs)) in same_objective and verdict not in ("better", "worse"):
            verdict = "same objective"
        pair = Pair(
            loss=ours,
            against=theirs,
            estimate=made,
            p_holm=float(p_holm),
            margin=margin,
            n_failed=int((~np.isfinite(scores[ours] + scores[theirs])).sum()),
            on_these_rows=intervals[ours, theirs],
            verdict=verdict,
        )
        pairs[ours, theirs], pairs[theirs, ours] = pair, mirror(pair)
    return pairs


def worst_score(scores: dict[str, np.ndarray], *, higher_is_better: bool) -> float:
    """What every row of a failed seed counts as: 0 where 1 is perfect, else twice the worst error of any seed.

    The worst error itself would not do: a loss that always fails would be as good as one that never varies.
    Where a score below 0 was seen (R²), its distance to 1 is the error.

    Args:
        scores: by loss, (n_seeds,); NaN where a seed failed.
        higher_is_better: whether a perfect score is 1 rather than 0.
    """
    seen = np.concatenate(list(scores.values()))
    seen = seen[np.isfinite(seen)]
    if not higher_is_better:
        return 2 * float(seen.max(initial=0.0))
    lowest = float(seen.min(initial=0.0))
    return 1 - 2 * (1 - lowest) if lowest < 0 else 0.0


def paired_differences(ours: np.ndarray, theirs: np.ndarray, tested: np.ndarray, worst: float) -> np.ndarray:
    """Seed by seed and row by row ours minus theirs (n_seeds, n_rows); NaN where the seed does not test the row.

    A failed seed counts as `worst` on every row it tests. Differences that are due to rounding are 0.
    """
    differences = np.full(tested.shape, np.nan)
    for seed, rows in enumerate(tested):
        a, b = (np.nan_to_num(each[seed, rows], nan=worst) for each in (ours, theirs))
        near = np.abs(a - b) <= ROUNDING * np.maximum(np.abs(a), np.abs(b))
        differences[seed, rows] = np.where(near, 0.0, a - b)
    return differences


def holm(p_values: np.ndarray) -> np.ndarray:
    """Adjust p-values (n,) by the step-down procedure of Holm (1979)."""
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(p_values), 0, -1)
    adjusted = np.empty_like(steps)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def mirror(pair: Pair) -> Pair:
    """The same pair seen from the other loss."""
    turned: dict[Verdict, Verdict] = {"better": "worse", "worse": "better"}
    return replace(
        pair,
        loss=pair.against,
        against=pair.loss,
        estimate=pair.estimate.negated(),
        on_these_rows=pair.on_these_rows and (-pair.on_these_rows[1], -pair.on_these_rows[0]),
        verdict=turned.get(pair.verdict, pair.verdict),
    )
