"""Columns that tell the target all but exactly."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.checks.identifiers import correlation, explained
from stages.records.datasets import Kind
from stages.records.findings import Finding

_FEW = 10  # different numbers; fewer may lie on a line by chance
_SOME = 20  # rows; in fewer, a column may tell the target by chance
_SAMPLE = 5000  # rows that show whether a column tells the target


def find(seen: Seen) -> list[Finding]:
    """Of all features but identifiers; and but dates: a target that rises with time is no secret."""
    findings = []
    for name in seen.features:
        kind = seen.uses[name]
        values = seen.columns[name][0][seen.kept].reset_index(drop=True)
        if kind not in ("identifier", "date") and tells(values, kind, seen.labels):
            findings.append(Finding("tells", name))
    return findings


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
    numbers = _as_numbers(values)
    if are_classes:
        return _separates(numbers, labels) or (kind == "boolean" and _tells_class(numbers.astype(int), labels))
    return any(_moves_with(numbers, column) for column in labels.T)


def _as_numbers(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.to_numpy().astype("datetime64[us]").astype(np.int64).astype(np.float64)
    return values.to_numpy(np.float64)


def _moves_with(numbers: np.ndarray, labels: np.ndarray) -> bool:
    """Whether numbers and a target of values lie on a line, or rise and fall together, all but exactly."""
    if len(np.unique(numbers)) < _FEW:
        return False
    if abs(correlation(numbers, labels)) > 0.9998:
        return True
    return abs(correlation(_ranks(numbers), _ranks(labels))) > 0.9999


def _ranks(numbers: np.ndarray) -> np.ndarray:
    """The rank of each number, (n_rows,); those that are equal share their mean."""
    different, places, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places] if len(different) < len(numbers) else places


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
