"""What networks give for rows that they did not learn from, to fit on it what is then judged on other rows.

A threshold or a calibration that a seed is scored with may know nothing of the rows that it is scored on. So it is
fitted on all other rows, each with what a network gave that had not learned from it: that of the next seed, by number,
that tests the row. With folds these are the networks of the other folds. Where all seeds test the same rows, the other
rows are those that were set aside, with what the networks gave that had been trained without them.
"""

from dataclasses import dataclass

import numpy as np

from stages.records.plans import Plan
from stages.records.runs import Run


@dataclass(frozen=True)
class HeldOut:
    """Rows, and what a network gave for each that had not learned from it.

    Attributes:
        rows: (n,) their numbers, ascending.
        outputs: float64 (n, …, n_outputs), with axes between where each position of a row has a target.
    """

    rows: np.ndarray
    outputs: np.ndarray


@dataclass(frozen=True)
class Unseen:
    """What networks gave, and for which rows that they did not learn from.

    Attributes:
        outputs: (n_seeds, n_rows, n_outputs).
        rows: bool (n_seeds, n_rows), of which rows a network gives outputs that it did not learn from; none of a seed
            that failed.
    """

    outputs: np.ndarray
    rows: np.ndarray

    def for_seed(self, seed: int, tested: np.ndarray) -> HeldOut:
        """What a seed's threshold or calibration is fitted on.

        Args:
            seed: its place.
            tested: bool (n_rows,), the rows that the seed is scored on, which are left out.
        """
        order = np.roll(np.arange(len(self.outputs)), -seed)
        in_turn = self.rows[order]
        rows = np.flatnonzero(in_turn.any(axis=0) & ~tested)
        return HeldOut(rows, self.outputs[order[in_turn[:, rows].argmax(axis=0)], rows].astype(np.float64))

    def for_new_rows(self) -> HeldOut:
        """The same for new rows: of each row the mean of what the networks give that did not learn from it."""
        rows = np.flatnonzero(self.rows.any(axis=0))
        total, n_seeds = np.zeros((len(rows), *self.outputs.shape[2:])), self.rows[:, rows].sum(axis=0)
        for of_seed, seen in zip(self.outputs, self.rows[:, rows], strict=True):
            total[seen] += of_seed[rows[seen]]
        return HeldOut(rows, total / n_seeds.reshape(-1, *[1] * (total.ndim - 1)))


def of_run(run: Run, plan: Plan) -> Unseen | None:
    """What is not learned from what it is given for; None where there is no such thing, or every seed failed."""
    if plan.tests_in_turn:
        unseen = Unseen(run.outputs, plan.tested[: len(run.seeds)] & run.finished[:, None])
    elif run.held_out is not None:
        is_known = np.isfinite(run.held_out).all(axis=tuple(range(2, run.held_out.ndim)))
        unseen = Unseen(run.held_out, plan.validated[: len(run.held_out)] & is_known)
    else:
        return None
    return unseen if unseen.rows.any() else None
