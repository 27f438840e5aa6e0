"""How near decisions by cost come to the best there are, by how many rows they are fitted to.

python -m tests.benchmarks.costs [N_TABLES]

No network is trained: log-odds are drawn, of 7.5 % positives, and what a network gives is those with an error, shifted
as class weights shift it. For costs of a missed one of 3, 10 and 100 false alarms, it prints by how many percent the
mean cost on 100,000 fresh rows is above that of the best threshold there is on these: of decisions as what is expected
to cost least by calibrated probabilities, as they are made; of the best threshold of the same rows, the mean over
resamples, as it is chosen for other scores; and of the better of two constants.
"""

import sys
from collections.abc import Iterator

import numpy as np
from scipy.special import expit, logit

from stages.losses.catalogue import LOSSES
from stages.scores import calibration, costs, decisions
from stages.verdicts.held_out import thresholds
from stages.verdicts.held_out.rows import HeldOut

SIZES, MISSED = (60, 200, 600, 1500, 3000, 5000), (3, 10, 100)
N_TABLES, N_FRESH, SHARE = 60, 100_000, 0.075
LOSS = LOSSES["binary_crossentropy"]


def drawn(generator: np.random.Generator, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels (n_rows,), and what a network gives (n_rows, 1)."""
    labels = (generator.random(n_rows) < SHARE).astype(np.int64)
    odds = 2 * (generator.normal(size=n_rows) + 2 * labels) - 2 + logit(SHARE)
    return labels, expit(1.4 * (odds + 0.5 * generator.normal(size=n_rows)) + 2)[:, None]


class Fresh:
    """Fresh rows, and what decisions on them cost where a missed one costs so many false alarms."""

    def __init__(self, missed: float) -> None:
        self._labels, self.outputs = drawn(np.random.default_rng(0), N_FRESH)
        self.costs = costs.of_classes({"missed": missed, "false_alarm": 1}, ["no", "yes"])
        is_positive = self._labels[np.argsort(-self.outputs[:, 0])]
        flagged = np.concatenate([[0], np.cumsum(is_positive)]), np.concatenate([[0], np.cumsum(1 - is_positive)])
        by_number = missed * (is_positive.sum() - flagged[0]) + flagged[1]
        self._best, self.constant = by_number.min(), min(by_number[0], by_number[-1]) / by_number.min() - 1

    def above_best(self, decided: np.ndarray) -> float:
        """By what share of the least cost these decisions (n_rows,) cost more."""
        return np.array(self.costs)[self._labels, decided].sum() / self._best - 1


def measured(n_rows: int, fresh: Fresh, n_tables: int) -> tuple[float, float]:
    """The mean over tables of what is above the best: by calibrated probabilities, and at an averaged threshold."""
    score, above = costs.score(fresh.costs), []
    generator = np.random.default_rng(n_rows)
    while len(above) < n_tables:
        labels, outputs = drawn(generator, n_rows)
        if labels.sum() in (0, n_rows):
            continue
        fitted = calibration.fit(decisions.strengths(LOSS, outputs), labels, None)
        by_cost = np.ones(N_FRESH, np.int64)
        if fitted is not None:
            made = fitted.probabilities(decisions.strengths(LOSS, fresh.outputs))
            by_cost = costs.cheapest(made, costs.of_rows(fresh.costs, {}))
        settings = {"n_classes": 2, "weights": None, "clusters": None, "seed": len(above)}
        threshold = thresholds.choose(score, LOSS, labels, HeldOut(np.arange(n_rows), outputs), **settings)
        at_threshold = decisions.decide(LOSS, fresh.outputs, threshold)
        above.append((fresh.above_best(by_cost), fresh.above_best(at_threshold)))
    return tuple(np.mean(above, axis=0))


def table(n_tables: int) -> Iterator[str]:
    """The lines of the printed table."""
    yield f"{'rows, cost of a missed one':28}{'calibrated':>12}{'threshold':>12}{'constant':>12}"
    for missed in MISSED:
        fresh = Fresh(missed)
        for n_rows in SIZES:
            cells = (*measured(n_rows, fresh, n_tables), fresh.constant)
            yield f"{n_rows:,}, {missed}".ljust(28) + "".join(f"{100 * cell:>10.1f} %" for cell in cells)


if __name__ == "__main__":
    for line in table(int(sys.argv[1]) if len(sys.argv) > 1 else N_TABLES):
        print(line, flush=True)
