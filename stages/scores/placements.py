"""The area under the ROC curve: a score of ranks, and what each row adds to it by its placement value."""

import numpy as np

from stages.scores.statistic import Statistic, WeightedRows


class RocAuc(Statistic):
    """How often a row of class 1 ranks above one of class 0, ties halved."""

    def value(self, rows: WeightedRows) -> float:
        """The area; NaN where a class has no row."""
        placed = _placements(rows)
        return np.nan if placed is None else _area(placed[1], rows)

    def reference(self, rows: WeightedRows) -> np.ndarray:
        """(1,): the area."""
        return np.array([self.value(rows)])

    def row_values(self, rows: WeightedRows, reference: np.ndarray) -> np.ndarray:
        """Each row's placement value, raised so that the mean is the area exactly.

        How far a seed's area lies from that of all seeds is due to its few rows of the rarer class more than to
        the other: the classes share it in inverse proportion to their rows.
        """
        values = np.full(len(rows.labels), np.nan)
        if (placed := _placements(rows)) is None:
            return values
        area = _area(placed[1], rows)
        for label, placed_of in enumerate(placed):
            of_class = rows.labels == label
            share = rows.mean(of_class)
            steps = placed_of - area + (1 - share) * (area - reference[0])
            values[of_class] = reference[0] + steps / share
        return values


def _placements(rows: WeightedRows) -> tuple[np.ndarray, np.ndarray] | None:
    """Placement values (DeLong, DeLong & Clarke-Pearson 1988).

    Returns:
        For each row of class 0 the share of class 1 that lies above it, and for each row of class 1 the share of
        class 0 that lies below it, ties halved; None where a class has no row.
    """
    values, of_class = rows.outputs[:, 0], [rows.labels == 0, rows.labels == 1]
    if not all(members.any() for members in of_class):
        return None

    def share_below(some: np.ndarray, others: np.ndarray) -> np.ndarray:
        order = np.argsort(values[others], kind="stable")
        ranked = values[others][order]
        ends = (np.searchsorted(ranked, values[some], side=side) for side in ("left", "right"))
        if rows.weights is None:
            return sum(ends) / (2 * len(ranked))
        counted = np.concatenate([[0.0], np.cumsum(rows.weights[others][order])])
        return sum(counted[end] for end in ends) / (2 * counted[-1])

    return 1 - share_below(of_class[0], of_class[1]), share_below(of_class[1], of_class[0])


def _area(of_positive: np.ndarray, rows: WeightedRows) -> float:
    """The area, from the placement values of class 1."""
    if rows.weights is None:
        return float(of_positive.mean())
    return float(np.average(of_positive, weights=rows.weights[rows.labels == 1]))
