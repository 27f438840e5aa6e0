"""Columns whose values stand in several rows that are alike, so that a split at random tests on rows half known."""

import re

import numpy as np
import pandas as pd

from stages.checks.every import Columns, Seen
from stages.records.columns import days
from stages.records.datasets import Kind
from stages.records.findings import Finding

_OF_A_GROUP = re.compile(  # in names of columns of codes
    r"(?i)(^|[_\W])(id|uuid|code|key|nr|no|num|number|index)$|[a-z]I[dD]$|patient|subject|person|participant|customer|"
    r"client|user|member|student|animal|household|family|device|machine|sensor|engine|vehicle|batch|plate|specimen|"
    r"sample|session|site|plot|farm|school|hospital|clinic|store|shop|building"
)
_FEWEST = 15  # different values; a column of fewer is a category
_SEVERAL = 0.8  # share of the rows whose value stands in another row too
_LEVEL = 1e-4  # of the F test that values differ in the target
_ALIKE, _VERY_ALIKE = 0.1, 0.7  # intraclass correlations of the target
_INPUTS_ALIKE = 0.25  # the mean of these correlations over the inputs
_FEW_ROWS = 12  # of a value; with more in each, a category is rather one to learn from
_LEFT, _LEFT_OF_MANY = 0.6, 0.45  # of the squared error, once other rows of the same value are known
_SAMPLE = 1500  # rows that are looked at
_INPUTS = 40  # that are, those that go most with the target
_TEXTS = 20  # of a column that are inputs


def find(seen: Seen) -> list[Finding]:
    """Of all columns but the target, where no split keeps rows together and none takes them in their order."""
    if seen.methods & {"group", "first"}:
        return []
    first = slice(None) if seen.copies is None else np.unique(seen.copies, return_index=True)[1]
    measured = set(seen.where(seen.columns, _measure))
    columns = {name: each for name, each in seen.columns.items() if name not in {*seen.targets, seen.weight}}
    rows = np.flatnonzero(seen.kept)[first]
    return groups(
        columns,
        [name for name in seen.features if name in columns],
        rows,
        seen.labels[first],
        seen.n_classes,
        may_group=[name for name in columns if name not in measured],
    )


def _measure(numbers: np.ndarray) -> np.ndarray:
    """Which columns (n_rows, n_columns) hold others than whole numbers, so that they group no rows."""
    return (np.isnan(numbers) | (numbers % 1 != 0)).any(axis=0)


def groups(
    columns: Columns,
    features: list[str],
    rows: np.ndarray,
    labels: np.ndarray,
    n_classes: int,
    *,
    may_group: list[str] | None = None,
) -> list[Finding]:
    """The column whose values group rows, if there is one: of several the one that tells most.

    Rows of one value are alike in the target, beyond what all other columns tell of it. So are those of a category
    that networks are to learn. A group it is where the other columns tell as well which rows belong together, as those
    of a patient do, or where each value has few rows and nearly decides the target.

    Args:
        columns: those of the table, (n_read,) each, but the targets.
        features: the names of those that are learned from.
        rows: integers (n_rows,): which rows are learned from.
        labels: (n_rows, n_targets) their values, or (n_rows,) class indices.
        n_classes: number of classes; 0 for values.
        may_group: the names of those that may; None: of all.
    """
    left, sizes = {}, {}
    for name in columns if may_group is None else may_group:
        column, kind = columns[name]
        numbers = _numbered(column.iloc[rows], kind) if kind in ("category", "number") else None
        if numbers is None:
            continue
        drawn, sizes[name] = _sample(numbers), np.bincount(numbers)
        values = _standardised(labels[drawn], n_classes)
        if values is None:
            continue
        groups = pd.factorize(numbers[drawn])[0]
        share = _share(name, groups, columns, features, rows=rows[drawn], values=values)
        if share is not None and share <= (_LEFT if np.median(sizes[name]) <= _FEW_ROWS else _LEFT_OF_MANY):
            left[name] = share
    if not left:
        return []
    name = min(left, key=left.get)
    return [Finding("groups", name, n_rows=int(np.median(sizes[name])), n_of=len(sizes[name]))]


def _standardised(labels: np.ndarray, n_classes: int) -> np.ndarray | None:
    """Targets (n_rows, n_targets) of mean 0 and as much variance together as one of 1; None where none differ."""
    values = np.eye(n_classes)[labels] if n_classes else labels.astype(np.float64)
    spread = values.std(axis=0)
    if not (spread > 0).any():
        return None
    if not n_classes:
        values = values / np.where(spread > 0, spread, 1)
    values = values - values.mean(axis=0)
    return values / np.sqrt(values.var(axis=0).sum())


def _share(
    name: str, groups: np.ndarray, columns: Columns, features: list[str], *, rows: np.ndarray, values: np.ndarray
) -> float | None:
    """What is left of the error where other rows of the same value are known: see `_left`; None where it is no group.

    Args:
        name: of the column.
        groups: integers (n,), the number of each row's value.
        columns: those of the table, (n_read,) each.
        features: those that are learned from.
        rows: integers (n,): which rows are looked at.
        values: (n, n_targets) their targets.
    """
    alike = _correlation(values, groups)
    if alike < _ALIKE:
        return None
    others = {each: columns[each] for each in features if each != name}
    measured = {each: column for each, column in others.items() if column[1] in ("number", "date")}
    few = np.median(np.bincount(groups)) <= _FEW_ROWS
    if not (few and alike >= _VERY_ALIKE) and not _recognised(_inputs(measured, values, rows), groups):
        return None
    # a column of numbers may go with the target as numbers do, each value as those beside it
    known = others | ({name: columns[name]} if columns[name][1] == "number" else {})
    return _left(values, _inputs(known, values, rows), groups)


def _numbered(column: pd.Series, kind: Kind) -> np.ndarray | None:
    """The number of each row's value, integers (n_rows,) from 0, where the column may group rows; else None."""
    if column.isna().any() or (kind == "number" and not _are_codes(column)):
        return None
    numbers, different = pd.factorize(column)
    sizes = np.bincount(numbers)
    in_several = sizes[sizes > 1].sum() >= _SEVERAL * len(numbers)
    return numbers if len(different) >= _FEWEST and in_several else None


def _are_codes(column: pd.Series) -> bool:
    """Whether numbers may be codes and measure nothing: whole ones that count on, or are called so."""
    if (column % 1).any():
        return False
    counts_on = column.nunique() == column.max() - column.min() + 1 and column.min() in (0, 1)
    return counts_on or _OF_A_GROUP.search(str(column.name)) is not None


def _correlation(values: np.ndarray, groups: np.ndarray) -> float:
    """How alike values (n_rows, n_columns) are within groups: the intraclass correlation; 0 where it may be chance."""
    sizes = np.bincount(groups)
    n_rows, n_groups = len(groups), len(sizes)
    if n_rows == n_groups:
        return 0.0
    means = _sums(values, groups) / sizes[:, None]
    within = ((values - means[groups]) ** 2).sum() / (n_rows - n_groups)
    between = (sizes[:, None] * (means - values.mean(axis=0)) ** 2).sum() / (n_groups - 1)
    if not between:
        return 0.0
    if within <= 1e-12 * between:
        return 1.0
    from scipy.stats import f

    if f.sf(between / within, n_groups - 1, n_rows - n_groups) > _LEVEL:
        return 0.0
    usual_size = (n_rows - (sizes**2).sum() / n_rows) / (n_groups - 1)
    return float((between - within) / (between + (usual_size - 1) * within))


def _sums(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The sums of values (n_rows, n_columns) by group: (n_groups, n_columns)."""
    return np.column_stack([np.bincount(groups, column) for column in values.T])


def _sample(groups: np.ndarray) -> np.ndarray:
    """The numbers of some rows: whole groups, drawn, that have so many rows together; never fewer than are needed."""
    sizes = np.bincount(groups)
    order = np.random.default_rng(0).permutation(len(sizes))
    n_groups = max(int(np.searchsorted(sizes[order].cumsum(), _SAMPLE)) + 1, _FEWEST)
    rows = np.flatnonzero(np.isin(groups, order[:n_groups]))
    return rows[:: len(rows) // (2 * _SAMPLE) + 1]


def _inputs(columns: Columns, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Columns as numbers of mean 0 and deviation 1 in some rows, those that go most with the target.

    Args:
        columns: (n_read,) each.
        values: (n, n_targets) the target of the rows that are looked at.
        rows: integers (n,): which these are.

    Returns:
        (n, n_inputs).
    """
    made = [np.empty((len(rows), 0))]
    for column, kind in columns.values():
        own = column.iloc[rows]
        match kind:
            case "category":
                made += [
                    (own == text).to_numpy(np.float64, na_value=0)[:, None]
                    for text in own.value_counts().index[:_TEXTS]
                ]
            case "identifier":
                continue
            case _:
                numbers = days(own.to_frame()).iloc[:, 0] if kind == "date" else own.astype(np.float64)
                made.append(numbers.fillna(numbers.median()).fillna(0).to_numpy()[:, None])
    from sklearn.preprocessing import StandardScaler

    inputs = StandardScaler().fit_transform(np.column_stack(made)) if len(made) > 1 else made[0]
    goes = np.abs(inputs.T @ values).max(axis=1, initial=0)
    return inputs[:, np.sort(np.argsort(-goes, kind="stable")[:_INPUTS])]


def _left(values: np.ndarray, inputs: np.ndarray, groups: np.ndarray) -> float:
    """What is left of the squared error for groups that are new, where other rows of the same group are known.

    Args:
        values: (n_rows, n_targets).
        inputs: (n_rows, n_inputs), from which they are predicted, by the better of two models.
        groups: integers (n_rows,).
    """
    from sklearn.ensemble import ExtraTreesRegressor
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GroupKFold, cross_val_predict

    folds, errors = GroupKFold(5, shuffle=True, random_state=0), [values]
    wanted = values[:, 0] if values.shape[1] == 1 else values
    if inputs.shape[1]:
        for model in (RidgeCV(np.logspace(-1, 4, 6)), ExtraTreesRegressor(60, min_samples_leaf=3, random_state=0)):
            predicted = cross_val_predict(model, inputs, wanted, groups=groups, cv=folds)
            errors.append(values - predicted.reshape(values.shape))
    error = min(errors, key=lambda each: (each**2).sum())
    if not error.any():
        return 1.0
    others = (np.bincount(groups) - 1)[groups][:, None]
    mean_of_others = (_sums(error, groups)[groups] - error) / np.maximum(others, 1)
    alike = max(_correlation(error, groups), 0.0)
    expected = mean_of_others * (others * alike / (1 + (others - 1) * alike)) if alike else 0.0
    return float(((error - expected) ** 2).sum() / (error**2).sum())


def _recognised(inputs: np.ndarray, groups: np.ndarray) -> bool:
    """Whether inputs (n_rows, n_inputs) tell which rows are of one group.

    They do where they are alike within groups, or where the row nearest to a row is of its group far more often than
    by chance.
    """
    if not inputs.shape[1]:
        return False
    if np.mean([_correlation(column[:, None], groups) for column in inputs.T]) >= _INPUTS_ALIKE:
        return True
    squares = (inputs**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * inputs @ inputs.T
    np.fill_diagonal(distances, np.inf)
    recognised = (groups[distances.argmin(axis=1)] == groups).mean()
    by_chance = ((np.bincount(groups) / len(groups)) ** 2).sum()
    return bool(recognised >= max(3 * by_chance, by_chance + 0.1))
