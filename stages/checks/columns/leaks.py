"""Columns that tell the target all but exactly."""

import numpy as np
import pandas as pd

from stages.checks.columns.identifiers import correlation, explained
from stages.checks.every import Seen, as_floats
from stages.records.datasets import Kind
from stages.records.findings import Finding

_FEW = 10  # different numbers; fewer may lie on a line by chance
_NEARLY = 0.99  # correlation below which a column of numbers is not looked at further
_SOME = 20  # rows; in fewer, a column may tell the target by chance
_SAMPLE = 5000  # rows that show whether a column tells the target


def find(seen: Seen) -> list[Finding]:
    """Of all features but identifiers; and but dates: a target that rises with time is no secret."""
    used = [name for name in seen.features if seen.uses[name] not in ("identifier", "date")]
    hardly = set(seen.where(used, lambda numbers: _hardly_tell(numbers[seen.kept], seen.labels)))
    return [
        Finding("tells", name)
        for name in used
        if not (name in hardly and seen.uses[name] == "number")
        and tells(seen.columns[name][0][seen.kept].reset_index(drop=True), seen.uses[name], seen.labels)
    ]


def _hardly_tell(numbers: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which columns (n_rows, n_columns) are far from telling the target; none in which a value is missing."""
    step = len(numbers) // _SAMPLE + 1
    numbers, labels = numbers[::step], labels[::step]
    whole = ~np.isnan(numbers).any(axis=0)
    if labels.ndim == 1:
        in_order = labels[np.argsort(numbers, axis=0, kind="stable")]
        n_changes = (in_order[1:] != in_order[:-1]).sum(axis=0)
        return whole & (n_changes >= len(np.unique(labels)))
    from scipy.stats import rankdata

    most = np.zeros(numbers.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        for of in (np.asarray, lambda values: rankdata(values, axis=0)):
            ours, theirs = (of(each) - of(each).mean(axis=0) for each in (numbers, labels))
            norms = np.sqrt((ours**2).sum(axis=0))[:, None] * np.sqrt((theirs**2).sum(axis=0))
            most = np.fmax(most, np.abs(ours.T @ theirs / norms).max(axis=1))
    return whole & (most < _NEARLY)


def tells(values: pd.Series, kind: Kind, labels: np.ndarray) -> bool:
    """Whether a column tells the target all but exactly.

    Args:
        values: (n_rows,) the column as it is kept.
        kind: of the column.
        labels: (n_rows, n_targets) values of the target, or (n_rows,) class indices.
    """
    kept = np.flatnonzero(values.notna().to_numpy())
    kept = kept[:: len(kept) // _SAMPLE + 1]
    if len(kept) < _SOME or len(kept) < len(values) / (2 * (len(values) // _SAMPLE + 1)):
        return False
    values, labels, are_classes = values.iloc[kept], labels[kept], labels.ndim == 1
    if kind == "category":
        codes, different = pd.factorize(values)
        if len(different) > len(kept) / 5 or len(different) < 2:
            return False
        return _tells_class(codes, labels) if are_classes else bool(np.all(explained(labels, codes) > 0.9999))
    numbers = as_floats(values)
    if are_classes:
        return _separates(numbers, labels) or (kind == "boolean" and _tells_class(numbers.astype(int), labels))
    return any(_moves_with(numbers, column) for column in labels.T)


def _moves_with(numbers: np.ndarray, labels: np.ndarray) -> bool:
    """Whether numbers and a target of values lie on a line, or rise and fall together, all but exactly."""
    if len(np.unique(numbers)) < _FEW:
        return False
    if abs(correlation(numbers, labels)) > 0.9998:
        return True
    from scipy.stats import rankdata

    return abs(correlation(rankdata(numbers), rankdata(labels))) > 0.9999


def _separates(numbers: np.ndarray, classes: np.ndarray) -> bool:
    """Whether each class has a range of numbers of its own."""
    ranges = pd.DataFrame({"number": numbers, "class": classes}).groupby("class")["number"].agg(["min", "max", "size"])
    ranges = ranges.sort_values("min")
    apart = ranges["max"].to_numpy()[:-1] < ranges["min"].to_numpy()[1:]
    return bool(apart.all() and (ranges["size"] >= 5).all())


def _tells_class(codes: np.ndarray, classes: np.ndarray) -> bool:
    """Whether each text goes with one class, in all but one of a thousand rows."""
    table = pd.crosstab(codes, classes).to_numpy()
    return bool(
        table.max(axis=1).sum() >= 0.999 * table.sum() and (table.sum(axis=0) >= 5).all() and table.shape[1] > 1
    )
