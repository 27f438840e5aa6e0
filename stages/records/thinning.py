"""Fewer of the rows that a seed sees: those of a smaller number are among those of a larger one."""

from collections.abc import Sequence

import numpy as np

from stages.records.plans import Part

VALIDATION = 0.2  # of the rows that train
MOST_VALIDATION = 50_000  # rows; choosing by more costs time and tells no more


def most_rows(parts: np.ndarray) -> int:
    """How many rows train the seed that has most of them, those to choose by among them; uint8 (n_splits, n_rows)."""
    n_train, n_chosen_by = ((parts == part).sum(axis=1) for part in (Part.TRAIN, Part.VALIDATION))
    return int((n_train + np.minimum(n_chosen_by, MOST_VALIDATION)).max())


def n_validation(rows: int) -> int:
    """Of so many rows that train, how many are to choose by."""
    return min(round(rows * VALIDATION), MOST_VALIDATION)


def thinned(
    parts: np.ndarray, labels: np.ndarray, *, rows: int, test_rows: int | None = None, draw: Sequence[int]
) -> np.ndarray:
    """The part of each row where fewer are used; those left out become unused. The share of each class stays.

    Args:
        parts: uint8 (n_rows,), the `Part` of each row.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices.
        rows: that train, those to choose by among them.
        test_rows: that are tested on; all when not given.
        draw: numbers that decide which rows stay.
    """
    ranks = _ranks(labels, np.random.default_rng(tuple(draw)))
    n_train, n_validated = ((parts == part).sum() for part in (Part.TRAIN, Part.VALIDATION))
    n_chosen_by = min(n_validated, max(n_validation(rows), rows - n_train))  # more where the others are too few
    wanted = {Part.VALIDATION: n_chosen_by, Part.TRAIN: rows - n_chosen_by, Part.TEST: test_rows}
    fewer = np.full_like(parts, Part.UNUSED)
    for part, n_wanted in wanted.items():
        numbers = np.flatnonzero(parts == part)
        if n_wanted is not None and n_wanted < len(numbers):
            first = np.argpartition(ranks[numbers], n_wanted)[:n_wanted] if n_wanted else []
            numbers = numbers[first]
        fewer[numbers] = part
    return fewer


def _ranks(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Numbers (n_rows,) by which rows come one after another, each class evenly among the others."""
    drawn = rng.random(len(labels))
    if labels.ndim > 1:
        return drawn
    ranks = np.empty(len(labels))
    for label in np.unique(labels):
        numbers = np.flatnonzero(labels == label)
        order = numbers[np.argsort(drawn[numbers])]
        ranks[order] = (np.arange(len(order)) + np.sort(drawn[numbers])) / len(order)
    return ranks
