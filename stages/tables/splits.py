"""Which rows train and which test, by scikit-learn's splitters."""

import numpy as np
import pandas as pd
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
)

from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.losses.loss import Task
from stages.params.schema import Split

FOLDS = 5  # of kfold, where the parameters give no number


def method_of(split: Split, task: Task, *, generated: bool) -> str:
    """The method of a split, the one that suits the data where the parameters name none."""
    if split.method:
        return split.method
    return "first" if generated else "shuffle" if task == "regression" else "stratified"


def train_rows(
    split: Split, method: str, labels: np.ndarray, *, groups: pd.Series | None, classes: list[str], key: str
) -> list[np.ndarray]:
    """Split rows.

    Args:
        split: the parameters.
        method: as `method_of` gives it.
        labels: (n_rows, ...) target values or (n_rows,) class indices.
        groups: (n_rows,) for the method ``group``.
        classes: the classes' names; empty for values.
        key: path of the key ``split``, for messages about mistakes.

    Returns:
        For each fold, bool (n_rows,): the rows that train; the others test.

    Raises:
        UserError: there are too few rows, of a class or of a group, for this split.
    """
    n_rows = len(labels)
    if method == "first":
        return [np.arange(n_rows) < _n_train(split.train, n_rows, key)]
    n_folds = (split.folds or FOLDS) if method == "kfold" else split.folds if method == "group" else None
    ids = _group_ids(groups, key) if method == "group" else None
    _check_enough(method, n_folds, labels, groups=ids, classes=classes, key=key)
    state = {"random_state": split.random_state}
    if n_folds:
        kind = GroupKFold if method == "group" else StratifiedKFold if classes else KFold
        splitter = kind(n_folds, shuffle=True, **state)
    else:
        share = _n_train(split.train, int(ids.max()) + 1 if method == "group" else n_rows, key)
        if method == "stratified" and not len(classes) <= share <= n_rows - len(classes):
            raise UserError(
                f"{key}.train: {share} of {n_rows} rows train and {n_rows - share} test, and either needs a row of "
                f"each of {len(classes)} classes; method: shuffle takes rows whatever their class"
            )
        size = {"n_splits": 1, "train_size": share}
        kinds = {"shuffle": ShuffleSplit, "stratified": StratifiedShuffleSplit, "group": GroupShuffleSplit}
        splitter = kinds[method](**size, **state)
    masks = []
    try:
        for train, _ in splitter.split(np.zeros((n_rows, 1)), labels if classes else None, ids):
            mask = np.zeros(n_rows, bool)
            mask[train] = True
            masks.append(mask)
    except ValueError as error:
        raise UserError(f"{key}: {str(error).splitlines()[0]}") from error
    return masks


def _n_train(train: float, n_rows: int, key: str) -> int:
    """How many rows train: those asked for, or a share of all, at least one, leaving at least one."""
    if isinstance(train, int):
        if train >= n_rows:
            raise UserError(
                f"{key}.train: {train} leaves no row to test; allowed: 1 to {n_rows - 1} (there are {n_rows} rows)"
            )
        return train
    return min(max(round(train * n_rows), 1), n_rows - 1)


def _group_ids(groups: pd.Series, key: str) -> np.ndarray:
    if groups.isna().any():
        raise UserError(f"{key}.column: '{groups.name}' is missing in {groups.isna().sum():,} rows; each needs a group")
    return pd.factorize(groups)[0]


def _check_enough(
    method: str, n_folds: int | None, labels: np.ndarray, *, groups: np.ndarray | None, classes: list[str], key: str
) -> None:
    if method == "group":
        n_groups, needed = int(groups.max()) + 1, n_folds or 2
        if n_groups < needed:
            raise UserError(f"{key}: there are {n_groups} groups, fewer than the {needed} that are needed")
    elif n_folds and len(labels) < n_folds:
        raise UserError(f"{key}: there are {len(labels)} rows, fewer than the {n_folds} folds")
    needed = n_folds if method == "kfold" else 2
    if classes and method in ("kfold", "stratified"):
        sizes = np.bincount(labels, minlength=len(classes))
        fewest, smallest = int(sizes.min()), classes[int(sizes.argmin())]
        if fewest < needed:
            what = f"the {needed} folds" if n_folds else "the 2 that are needed"
            raise UserError(
                f"{key}: class '{smallest}' has {counted(fewest, 'row')}, fewer than {what}; "
                "method: shuffle takes rows whatever their class"
            )
