"""What networks give for rows that they did not learn from, to fit on it what is then judged on other rows.

A threshold or a calibration that a seed is scored with may know nothing of the rows that it is scored on. So it is
fitted on all other rows, each with what a network gave that had not learned from it: that of the next seed, by number,
that tests the row. With folds these are the networks of the other folds. Where all seeds test the same rows, the other
rows are those that were set aside, with what the networks gave that had been trained without them.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class HeldOut:
    """Rows, and what a network gave for each that had not learned from it.

    Attributes:
        rows: (n,) their numbers, ascending.
        outputs: float64 (n, n_outputs).
    """

    rows: np.ndarray
    outputs: np.ndarray


def of_seed(seed: int, outputs: np.ndarray, unseen: np.ndarray, tested: np.ndarray) -> HeldOut:
    """What a seed's threshold or calibration is fitted on.

    Args:
        seed: its place.
        outputs: (n_seeds, n_rows, n_outputs).
        unseen: bool (n_seeds, n_rows), of which rows a network gives outputs that it did not learn from; none of a
            seed that failed.
        tested: bool (n_rows,), the rows that the seed is scored on, which are left out.
    """
    order = np.roll(np.arange(len(outputs)), -seed)
    in_turn = unseen[order]
    rows = np.flatnonzero(in_turn.any(axis=0) & ~tested)
    return HeldOut(rows, outputs[order[in_turn[:, rows].argmax(axis=0)], rows].astype(np.float64))


def of_new_rows(outputs: np.ndarray, unseen: np.ndarray) -> HeldOut:
    """What a threshold or a calibration for new rows is fitted on: of each row the mean of what is not learned from it.

    Args:
        outputs: as in `of_seed`.
        unseen: as in `of_seed`.
    """
    rows = np.flatnonzero(unseen.any(axis=0))
    known = unseen[:, rows, None]
    return HeldOut(rows, np.where(known, outputs[:, rows], 0.0).sum(axis=0, dtype=np.float64) / known.sum(axis=0))
