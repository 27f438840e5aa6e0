"""What was done to the columns of a dataset, in the report's words."""

from stages.records.datasets import Treatment
from stages.wording import datasets

_KEPT = {"number": "as it is", "date": "as days", "boolean": "as 0 and 1"}
_IMPUTED = {"median": "the median", "most frequent": "the most frequent value"}
_MISSING_AS = {"a category": "a text of its own", "rare": "as a rare one"}


def done(treatment: Treatment, *, cells: bool = True) -> str:
    """What was done to one column; `cells`: whether what they hold may be quoted."""
    if treatment.left_out:
        return f"left out: {datasets.left_out(treatment, cells=cells)}"
    if treatment.kind == "category":
        return "; ".join(_encoded(treatment))
    parts = [_KEPT[treatment.kind]] if treatment.kind != "number" else []
    if treatment.imputed:
        parts.append(f"{treatment.missing:,} missing: {_IMPUTED[treatment.imputed]}")
    if treatment.scaled:
        only = "only shifted by its median, as it has no interquartile range"
        parts.append(only if treatment.no_spread else f"scaled ({treatment.scaled})")
    elif treatment.kind == "number":
        parts.append(_KEPT["number"])
    return "; ".join(parts)


def _encoded(treatment: Treatment) -> list[str]:
    parts = [f"one-hot: {treatment.n_categories:,} texts"]
    if treatment.n_rare > 1:
        parts.append(f"{treatment.n_rare:,} rare ones as one")
    if treatment.missing_as:
        parts.append(f"{treatment.missing:,} missing: {_MISSING_AS[treatment.missing_as]}")
    return parts


def treatments(treated: list[Treatment], *, cells: bool = True) -> dict[tuple[str, str], list[str]]:
    """The columns by their kind and what was done to them; `cells`: whether what they hold may be quoted."""
    columns: dict[tuple[str, str], list[str]] = {}
    for treatment in treated:
        columns.setdefault((treatment.kind, done(treatment, cells=cells)), []).append(treatment.column)
    return columns
