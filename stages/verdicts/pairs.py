"""Verdicts: which of two losses does better on new rows, and how sure that is.

Seeds are paired: seed *k* has the same rows, initial weights and batch order under every loss, so losses are
compared by the differences of their row values, seed by seed and row by row. A positive difference is in favour
of the loss.

Where losses have different numbers of seeds, as those that were settled sooner, a pair is of the seeds of both.

All that is said of the pairs of a comparison holds together with 95 %: by Bonferroni each interval misses the true
difference with a probability of 5 % over the number of pairs, and p is times that number. So an interval excludes 0
where p is at most 0.05 and only there, and what it costs to be wrong is where intervals end. All pairs count, not only
those of the recommended loss, since that one is picked after looking: of nine equal losses the best and the worst would
else be told apart in 14 of 100 comparisons. The price is power: an interval of one of three pairs is 22 % wider than it
would be alone, of one of 36 pairs 63 %. Where seeds come in looks, `intervals.level` stands in the place of 5 %.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from stages.verdicts.design import Design
from stages.verdicts.intervals import ROUNDING, Estimate, estimate, level, over_seeds, overall

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
        low: with `high`, the interval of the difference for new seeds and rows; NaN for fewer than two seeds.
        high: see `low`.
        n_pairs: how many pairs of losses the comparison has, for all of which intervals and p are adjusted.
        n_looks: after how many numbers of seeds the comparison could have ended, for which they are adjusted too.
        margin: differences within ± this do not matter in practice.
        n_failed: on how many seeds one of the two failed.
        on_these_rows: where all seeds test the same rows, the interval of the difference on these very rows.
        verdict: by the one rule of `decide`.
    """

    loss: str
    against: str
    estimate: Estimate
    low: float
    high: float
    n_pairs: int
    n_looks: int
    margin: float
    n_failed: int
    on_these_rows: tuple[float, float] | None
    verdict: Verdict

    @property
    def difference(self) -> float:
        """The mean difference."""
        return self.estimate.mean

    @property
    def p(self) -> float:
        """Two-sided p-value, of the same statistic as the interval: at most 0.05 where that excludes 0."""
        return overall(self.n_pairs * self.estimate.p, self.n_looks)

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
        """About how many of the test rows, or clusters of them, carry the difference."""
        return self.estimate.n_telling

    @property
    def few_rows_tell(self) -> bool:
        """Whether the difference is one of decisions on so few rows that the interval says little.

        Sums over whole clusters differ nearly everywhere: of n that do by chance n / 3 carry the difference.
        """
        n = self.estimate.n_clusters
        enough = FEW_ROWS if n == self.n_rows else min(FEW_ROWS, n / 4)
        return self.estimate.of_decisions and self.n_telling < enough


def decide(low: float, high: float, margin: float, *, enough: bool) -> Verdict:
    """The one rule, in this order.

    Equivalent: the interval lies inside ± margin. Better or worse: it excludes 0. Inconclusive otherwise.
    """
    if not enough:
        return "too few seeds"
    if -margin <= low and high <= margin:
        return "equivalent"
    if low > 0:
        return "better"
    return "worse" if high < 0 else "inconclusive"


def default_margin(scores: Sequence[np.ndarray], constant: float | None, *, higher_is_better: bool) -> float:
    """5 % of an error: of a score where 0 is perfect, of its distance to 1 where 1 is.

    The error is the smallest mean of any loss, or that of a constant prediction where no loss learned anything.
    0 where there is none.

    Args:
        scores: of each loss (n_seeds,); NaN where a seed failed.
        constant: the score of a constant prediction, where there is one.
        higher_is_better: whether a perfect score is 1 rather than 0.
    """
    finished = [values[np.isfinite(values)] for values in scores]
    means = [*(values.mean() for values in finished if len(values)), *([] if constant is None else [constant])]
    errors = [1 - score if higher_is_better else score for score in means]
    return 0.05 * float(min(errors, default=0.0))


def compare(
    values: dict[str, np.ndarray],
    design: Design,
    *,
    higher_is_better: bool,
    margin: float,
    same_objective: set[frozenset[str]],
    worst: float,
    n_looks: int = 1,
) -> dict[tuple[str, str], Pair]:
    """Compare every pair of losses.

    Args:
        values: by loss, (n_seeds, n_rows) values of the rows, as of `row_values.row_values`; a seed that
            failed has NaN for every row. A loss may have the first seeds alone.
        design: which rows each seed tests.
        higher_is_better: whether more of the score is better.
        margin: differences within ± this do not matter in practice.
        same_objective: pairs of losses that are known to be one objective.
        worst: what every row of a failed seed counts as, of `worst_score`.
        n_looks: after how many numbers of seeds the comparison could end.

    Returns:
        For each ordered pair (loss, against), one `Pair`; the two orders of a pair mirror each other.
    """
    names = list(itertools.combinations(values, 2))
    designs = {n_seeds: design.first(n_seeds) for n_seeds in map(len, values.values())}
    with_all = {loss: with_failed(rows, designs[len(rows)].tested, worst) for loss, rows in values.items()}
    alpha, pairs = level(n_looks) / max(len(names), 1), {}
    for loss, against in names:
        common = designs[min(len(with_all[loss]), len(with_all[against]))]
        shared = slice(common.n_seeds)
        differences = paired_differences(with_all[loss][shared], with_all[against][shared])
        if not higher_is_better:
            differences *= -1
        result = estimate(differences, common)
        low, high = result.interval(alpha)
        pair = Pair(
            loss=loss,
            against=against,
            estimate=result,
            low=low,
            high=high,
            n_pairs=len(names),
            n_looks=n_looks,
            margin=margin,
            n_failed=int((_failed(values[loss], common) | _failed(values[against], common)).sum()),
            on_these_rows=over_seeds(common.means(differences), alpha) if common.is_crossed else None,
            verdict="inconclusive",  # until it is judged
        )
        pairs[loss, against], pairs[against, loss] = pair, mirror(pair)
    return judged(pairs, margin, same_objective)


def judged(
    pairs: dict[tuple[str, str], Pair], margin: float, same_objective: set[frozenset[str]]
) -> dict[tuple[str, str], Pair]:
    """The same pairs, judged by another margin; arguments as of `compare`."""

    def verdict(pair: Pair) -> Verdict:
        by_interval = decide(pair.low, pair.high, margin, enough=pair.n_seeds >= FEWEST_SEEDS)
        same = frozenset((pair.loss, pair.against)) in same_objective and by_interval not in ("better", "worse")
        return "same objective" if same else by_interval

    return {names: replace(pair, margin=margin, verdict=verdict(pair)) for names, pair in pairs.items()}


def _failed(values: np.ndarray, design: Design) -> np.ndarray:
    """Bool (n_seeds,): which of the first seeds failed."""
    return ~np.isfinite(design.means(values[: design.n_seeds]))


def worst_score(scores: dict[str, np.ndarray], constant: float | None, *, higher_is_better: bool) -> float:
    """What every row of a failed seed counts as: the worse of a constant prediction and the worst finite seed.

    Nobody would use a network that failed, and a constant prediction can always be had. Where there is none, or no
    seed is better than that, it is 0 where 1 is perfect, else twice the worst error: a loss that always fails is not as
    good as one that never varies. Where a score below 0 was seen (R²), its distance to 1 is the error.

    Args:
        scores: by loss, (n_seeds,); NaN where a seed failed.
        constant: the score of a constant prediction; None where it says nothing.
        higher_is_better: whether a perfect score is 1, or else 0.
    """
    sign = -1 if higher_is_better else 1
    seen = np.concatenate(list(scores.values()))
    seen = sign * seen[np.isfinite(seen)]
    candidates = [*seen, *([] if constant is None else [sign * constant])]
    worst = sign * max(candidates, default=0.0)
    if constant is not None and sign * worst > seen.min(initial=np.inf):
        return float(worst)
    if higher_is_better:
        return float(1 - 2 * (1 - worst)) if worst < -ROUNDING else 0.0
    return 2 * float(worst)


def with_failed(values: np.ndarray, tested: np.ndarray, worst: float) -> np.ndarray:
    """Values (n_seeds, n_rows) in which a failed seed counts as `worst` on every row that it tests."""
    return np.where(tested & np.isnan(values), worst, values)


def paired_differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Seed by seed and row by row ours minus theirs (n_seeds, n_rows); those that are due to rounding are 0."""
    differences = first - second
    differences[np.abs(differences) <= ROUNDING * np.maximum(np.abs(first), np.abs(second))] = 0.0
    return differences


def mirror(pair: Pair) -> Pair:
    """The same pair seen from the other loss, before it is judged."""
    return replace(
        pair,
        loss=pair.against,
        against=pair.loss,
        estimate=pair.estimate.negated(),
        low=-pair.high,
        high=-pair.low,
        on_these_rows=pair.on_these_rows and (-pair.on_these_rows[1], -pair.on_these_rows[0]),
    )
