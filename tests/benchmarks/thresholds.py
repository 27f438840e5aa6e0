"""How often verdicts on unequal classes are right, with decisions at 0.5 and at each loss's own threshold.

python -m tests.benchmarks.thresholds [N_TABLES]

No network is trained: outputs are drawn. Of each row the log-odds are known; what networks make of them has an error
that all losses share, since all learn from the same rows, and one of each network's initial weights. Of the losses

- ``plain`` is that;
- ``shifted`` has initial weights of its own, and outputs that are shifted as class weights shift them;
- ``blurred`` has an error of its own on each row besides, so that it truly is worse.

It prints, for decisions at 0.5 and at thresholds that are chosen: how often the interval holds the true difference, how
often the shifted loss is called better or worse than the plain one, and how often the blurred one is called worse.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from stages.losses.catalogue import LOSSES
from stages.scores import catalogue
from stages.scores.row_values import reach, row_values
from stages.verdicts.design import Design, scores_of
from stages.verdicts.held_out import thresholds
from stages.verdicts.held_out.rows import Unseen
from stages.verdicts.pairs import Pair, compare

SHARES, SIZES, SCORES = (0.03, 0.075, 0.2), (600, 2000), ("balanced_accuracy", "f1")
N_SEEDS, N_FOLDS, N_TABLES, N_FRESH = 30, 10, 100, 200_000
GAP, SHARED, OF_SEED, BLUR = 2.0, 0.5, 0.5, 1.2  # in units of log-odds, but the gap: of the classes' means
LOSS = LOSSES["binary_crossentropy"]
NAMES = ("plain", "shifted", "blurred")


@dataclass(frozen=True)
class Problem:
    """Classes of which this share is positive, in tables of so many rows."""

    share: float
    n_rows: int
    score: str

    def draw(self, generator: np.random.Generator, n_rows: int, n_seeds: int) -> tuple[np.ndarray, dict]:
        """Labels (n_rows,), and by loss the log-odds that each network gives (n_seeds, n_rows)."""
        labels = (generator.random(n_rows) < self.share).astype(np.int64)
        odds = GAP * (generator.normal(size=n_rows) + GAP * labels) - GAP**2 / 2 + logit(self.share)
        known = odds + SHARED * generator.normal(size=n_rows)
        of_seeds = OF_SEED * generator.normal(size=(3, n_seeds, n_rows))
        blur = BLUR * generator.normal(size=n_rows)
        shift = -logit(self.share)  # as weights by the classes' shares do
        return labels, {
            "plain": known + of_seeds[0],
            "shifted": known + of_seeds[1] + shift,
            "blurred": known + of_seeds[2] + blur,
        }


def folds(n_rows: int) -> np.ndarray:
    """Which rows each seed tests: bool (n_seeds, n_rows), folds of three partitions."""
    tested = np.empty((N_SEEDS, n_rows), bool)
    for partition in range(N_SEEDS // N_FOLDS):
        fold = np.random.default_rng(partition).permutation(n_rows) % N_FOLDS
        for number in range(N_FOLDS):
            tested[partition * N_FOLDS + number] = fold == number
    return tested


def judged(problem: Problem, number: int) -> dict[str, dict[tuple[str, str], Pair]]:
    """The verdicts on one table, at 0.5 and at each loss's own threshold."""
    generator = np.random.default_rng((number, problem.n_rows, round(1000 * problem.share)))
    labels, odds = problem.draw(generator, problem.n_rows, N_SEEDS)
    tested, score, values = folds(problem.n_rows), catalogue.find(problem.score, "binary"), {}
    for name, own in odds.items():
        outputs = expit(own)[..., None]
        decided, _ = thresholds.decide(
            score, LOSS, labels, outputs, of_others=Unseen(outputs, tested), tested=tested, n_classes=2
        )
        for rule, made in (("at 0.5", None), ("chosen", decided)):
            of_rule = values.setdefault(rule, {})
            of_rule[name] = row_values(problem.score, LOSS, labels, outputs, tested, decided=made)
    made = {}
    for rule, own in values.items():
        margin = 0.05 * (1 - max(float(scores_of(each, tested).mean()) for each in own.values()))
        design = Design(tested, reach(problem.score, labels, tested))
        settings = {"higher_is_better": True, "same_objective": set(), "worst": 0.0}
        made[rule] = compare(own, design, margin=margin, **settings)
    return made


def truths(problem: Problem) -> dict[str, dict[str, float]]:
    """By rule and loss the score on fresh rows: at 0.5, and at the threshold that is best on them."""
    labels, odds = problem.draw(np.random.default_rng(0), N_FRESH, 1)
    made = {"at 0.5": {}, "chosen": {}}
    for name, [own] in odds.items():
        order = np.argsort(-own)
        hits, n = np.cumsum(labels[order]), np.arange(1, N_FRESH + 1)
        positives = hits[-1]
        if problem.score == "f1":
            at = 2 * hits / (n + positives)
        else:
            at = (hits / positives + 1 - (n - hits) / (N_FRESH - positives)) / 2
        made["at 0.5"][name], made["chosen"][name] = float(at[(own >= 0).sum() - 1]), float(at.max())
    return made


@dataclass(frozen=True)
class Found:
    """Shares of tables: see the module."""

    holds: float
    shifted_told_apart: float
    blurred_is_worse: float


def measure(problem: Problem, n_tables: int) -> dict[str, Found]:
    """What came of so many tables, by rule."""
    true, every = truths(problem), [judged(problem, number) for number in range(n_tables)]
    made = {}
    for rule, scores in true.items():
        pairs = [each[rule] for each in every]
        holds = [
            own[pair].low <= scores[pair[0]] - scores[pair[1]] <= own[pair].high
            for own in pairs
            for pair in (("plain", "shifted"), ("plain", "blurred"), ("shifted", "blurred"))
        ]
        apart = [own["shifted", "plain"].verdict in ("better", "worse") for own in pairs]
        worse = [own["blurred", "plain"].verdict == "worse" for own in pairs]
        made[rule] = Found(*(float(np.mean(each)) for each in (holds, apart, worse)))
    return made


def table(n_tables: int) -> Iterator[str]:
    """The lines of the printed table."""
    yield f"{'':33}{'at 0.5':>24}{'own threshold':>24}"
    yield f"{'score, positives, rows':33}" + f"{'holds, shifted, blurred':>24}" * 2
    for score in SCORES:
        for share in SHARES:
            for n_rows in SIZES:
                found = measure(Problem(share, n_rows, score), n_tables)
                cells = [
                    f"{100 * own.holds:.0f}, {100 * own.shifted_told_apart:.0f}, {100 * own.blurred_is_worse:.0f} %"
                    for own in found.values()
                ]
                yield f"{score}, {share:.1%}, {n_rows:,}".ljust(33) + "".join(f"{cell:>24}" for cell in cells)


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else N_TABLES):
        print(line, flush=True)
