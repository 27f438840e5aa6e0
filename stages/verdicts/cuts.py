"""The lower end of an interval over all cuts: a seed that is far above the others must not widen it downwards.

A mean over seeds rises with each of them, but so does its variance, and the faster: at some height one seed more above
zero makes a mean that is surely above zero doubtful. So differences of seeds are cut at a level c, and what bounds the
mean of the cut ones from below bounds the whole mean, since cutting only lowers it. The lower end is the largest over
all c, and grows with every seed's difference: at the best c the plain lower end does not fall with any seed's
difference that is not cut, and those that are cut do not matter (for degrees of freedom that stay as they are; of
folds, where a seed's rows are those of some others, but for a hundredth of the interval).

On the rows × seeds table a cut of a seed lowers all its rows evenly, so that sums by seed and by row are those of the
lowered table. Of seeds whose rows are scattered far more than those of most, what they add to the rows' sums may be
left out too, once they are cut: what rows add to the variance is then that of the other seeds.

That all n seeds lie on one side has a p-value of 2 / 2ⁿ, and no cut says more than that. Of fewer than ten seeds none
is cut: three of three lie above zero in one draw of eight.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtr, stdtrit

from stages.verdicts.table import FREEDOM_OF_ONE, Table, centred, freedom_of_sums, satterthwaite

FEWEST = 10  # seeds, among fewer of which none is told from the others
SCATTERED = 2  # times as far as those of the middle seed: rows that may be left out once their seed is cut


@dataclass(frozen=True, eq=False)
class Cuts:
    """A mean and its variance as functions of the level c at which seeds are cut from above.

    There is a line for each stretch of c between neighbouring seeds, on which the mean is linear and the variances are
    quadratic in c. The first is of no cut.

    Attributes:
        start: (n_lines,) with `stop`, the stretch.
        stop: see `start`.
        mean: (n_lines, 2) coefficients of 1 and c.
        variances: (n_lines, n_variances, 3) coefficients of 1, c and c²; the largest of them counts.
        df: (n_lines,) degrees of freedom.
        least_p: the p-value below which no cut goes.
    """

    start: np.ndarray
    stop: np.ndarray
    mean: np.ndarray
    variances: np.ndarray
    df: np.ndarray
    least_p: float

    @property
    def variance(self) -> float:
        """That of the mean where no seed is cut."""
        return float(self._at(self.stop[:1, None], slice(1))[1].item() ** 2)

    def lower_end(self, alpha: float) -> float:
        """The lower end of the interval that misses the mean with probability `alpha`, half of it on either side."""
        lines = slice(None) if alpha >= self.least_p else slice(1)
        t = -stdtrit(self.df[lines], alpha / 2)[:, None]
        mean, deviation = self._at(self._candidates(lines, t), lines)
        return float((mean - t * deviation).max())

    @property
    def p(self) -> float:
        """Two-sided p-value of a mean of 0 or less: at most alpha where the lower end of that alpha is at least 0."""
        mean, deviation = self._at(self._candidates(slice(None), None), slice(None))
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(deviation > 0, mean / deviation, np.where(mean, np.copysign(np.inf, mean), 0.0))
        p = 2 * stdtr(self.df[:, None], -t).min(axis=1)
        return float(min(p[0], max(p.min(), self.least_p), 1.0))

    def _at(self, c: np.ndarray, lines: slice) -> tuple[np.ndarray, np.ndarray]:
        """The mean and its standard deviation at levels (n_lines, n_levels)."""
        mean = self.mean[lines, :1] + self.mean[lines, 1:] * c
        powers = np.stack([np.ones_like(c), c, c**2])
        variance = np.einsum("lvp,plc->vlc", self.variances[lines], powers).max(axis=0)
        return mean, np.sqrt(np.maximum(variance, 0.0))

    def _candidates(self, lines: slice, t: np.ndarray | None) -> np.ndarray:
        """Levels (n_lines, n_levels) of which one is best on its stretch.

        The bound by each variance alone is concave, so the lowest of them is greatest at an end of the stretch, where
        one of them is, or where two are equal.

        Args:
            lines: those that are asked for.
            t: (n_lines, 1) by how many deviations the end lies below the mean; None where the best ratio of mean and
                deviation is asked for.
        """
        start, stop = self.start[lines, None], self.stop[lines, None]
        (m0, m1), (v0, v1, v2) = self.mean[lines].T[..., None], np.moveaxis(self.variances[lines], 2, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            if t is None:
                best = (m0 * v1 / 2 - m1 * v0) / (m1 * v1 / 2 - m0 * v2)
            else:
                lowest, least = -v1 / (2 * v2), np.maximum(v0 - v1**2 / (4 * v2), 0.0)
                best = lowest + m1 * np.sqrt(least / (v2 * np.maximum(t**2 * v2 - m1**2, 0.0)))
            one, other = np.triu_indices(v0.shape[1], 1)
            a, b, c = (variance[:, other] - variance[:, one] for variance in (v2, v1, v0))
            root = np.sqrt(b**2 - 4 * a * c)
            equal = [(-b - root) / (2 * a), (-b + root) / (2 * a), -c / b]
        every = np.concatenate([start, stop, best, *equal], axis=1)
        return np.clip(np.where(np.isnan(every), start, every), start, stop)


@dataclass(frozen=True, eq=False)
class Steps:
    """Seeds' means at every level c: ``fixed + c * cut``, with a line for each stretch of c as in `Cuts`.

    Attributes:
        fixed: (n_lines, n_seeds), 0 where a seed is cut.
        cut: (n_lines, n_seeds), 1 where a seed is cut, else 0.
        start: (n_lines,).
        stop: (n_lines,).
    """

    fixed: np.ndarray
    cut: np.ndarray
    start: np.ndarray
    stop: np.ndarray

    @classmethod
    def of(cls, means: np.ndarray) -> "Steps":
        """Cut none of the seeds (n_seeds,), the largest, the two largest, and so on to all but one."""
        n_seeds, ascending = len(means), np.sort(means)
        n_cut = np.arange(n_seeds if n_seeds >= FEWEST else 1)
        ranks = np.empty(n_seeds, int)
        ranks[np.argsort(-means, kind="stable")] = np.arange(n_seeds)
        is_cut = ranks < n_cut[:, None]
        start, stop = ascending[n_seeds - 1 - n_cut], ascending[np.minimum(n_seeds - n_cut, n_seeds - 1)]
        return cls(np.where(is_cut, 0.0, means), is_cut.astype(float), start, stop)

    def below(self, level: float) -> "Steps":
        """Those of no level above this one."""
        is_below = self.start <= level
        is_below[0] = False
        fixed, cut, start, stop = (array[is_below] for array in (self.fixed, self.cut, self.start, self.stop))
        return Steps(fixed, cut, start, np.minimum(stop, level))

    @property
    def mean(self) -> np.ndarray:
        """(n_lines, 2), as in `Cuts`."""
        return np.stack([self.fixed.mean(axis=1), self.cut.mean(axis=1)], axis=1)

    @property
    def variance(self) -> np.ndarray:
        """(n_lines, 3) coefficients of the variance of the mean over seeds."""
        u, v, n_seeds = centred(self.fixed), centred(self.cut), self.fixed.shape[1]
        sums = np.stack([(u**2).sum(axis=1), 2 * (u * v).sum(axis=1), (v**2).sum(axis=1)], axis=1)
        return sums / (n_seeds * max(n_seeds - 1, 1))

    def at_start(self, coefficients: np.ndarray) -> np.ndarray:
        """What coefficients (n_lines, …, 3) of 1, c and c² come to where each stretch begins: (n_lines, …)."""
        powers = np.stack([np.ones_like(self.start), self.start, self.start**2], axis=1)
        return np.einsum("l...p,lp->l...", coefficients, powers)

    def cuts(self, variances: np.ndarray, df: np.ndarray) -> Cuts:
        """With variances and degrees of freedom, as in `Cuts`."""
        return Cuts(self.start, self.stop, self.mean, variances, df, 2.0 ** (1 - self.fixed.shape[1]))


def over_seeds(means: np.ndarray) -> Cuts:
    """Of seeds' differences (n_seeds,) on the very rows that they were tested on: by Student's t."""
    steps = Steps.of(means)
    df = np.full(len(steps.start), len(means) - 1.0)
    return steps.cuts(steps.variance[:, None], df)


def over_seeds_and_rows(
    means: np.ndarray, table: Table, *, freedom_of_rows: float | None, unseen: np.ndarray
) -> tuple[Cuts, Cuts]:
    """Of seeds' differences for new seeds and rows, and of the same with the other sign.

    Args:
        means: (n_seeds,).
        table: how their rows deviate from them.
        freedom_of_rows: degrees of freedom of what rows add; None for those that their sums tell.
        unseen: (n_kinds,) variances of rows that were not seen to differ.
    """
    tables = [table, *(_without_scattered(table) if len(means) >= FEWEST else ())]
    freedoms = [freedom_of_rows or float(freedom_of_sums(one.by_cluster(means))) for one in tables]

    def one_way(sign: int) -> Cuts:
        steps, lines = Steps.of(sign * means), []
        for part, df in zip(tables, freedoms, strict=True):
            kept = steps if part is table else steps.below((sign * means)[~part.seeds].min())
            lines.append(_of_table(kept, part, sign, df, unseen))
        names = ("start", "stop", "mean", "variances", "df")
        joined = {name: np.concatenate([getattr(line, name) for line in lines]) for name in names}
        return lines[0] if len(lines) == 1 else replace(lines[0], **joined)

    return one_way(1), one_way(-1)


def _without_scattered(table: Table) -> Iterator[Table]:
    """The table without the seed whose rows scatter most, without two, and so on to those that scatter as most do."""
    scatter = table.scatter
    order = np.argsort(-scatter, kind="stable")
    n_far = int((scatter > SCATTERED * np.median(scatter)).sum())
    return (table.without(order[:n]) for n in range(1, min(n_far, len(order) // 2) + 1))


def _of_table(steps: Steps, table: Table, sign: int, freedom_of_rows: float, unseen: np.ndarray) -> Cuts:
    """The lines of one table: with which `sign` its values are taken, and how many degrees of freedom its rows give."""
    rows, cells = table.variances(steps.fixed, steps.cut, sign)
    seeds = steps.variance
    variances = np.stack([rows + seeds - cells, rows, seeds], axis=1)
    variances[:, :, 0] += unseen.sum()
    freedom_of_seeds = freedom_of_sums(centred(steps.fixed + steps.cut * steps.start[:, None]))
    parts = [(steps.at_start(rows), freedom_of_rows), (steps.at_start(seeds), freedom_of_seeds)]
    parts += [(np.full(len(seeds), variance), FREEDOM_OF_ONE) for variance in unseen]
    df = satterthwaite(steps.at_start(variances).max(axis=1), parts)
    return steps.cuts(variances, df)
