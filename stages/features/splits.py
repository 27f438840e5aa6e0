"""Which rows each seed trains, validates and tests on, by scikit-learn's splitters.

A seed's split is decided by the parameters and the seed's number alone, so that more seeds change nothing for those
before them. Where rows are shuffled, the first partition or split is the one that scikit-learn makes with the
parameters' own ``random_state``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    ShuffleSplit,
    StratifiedKFold,
    StratifiedShuffleSplit,
    TimeSeriesSplit,
)

from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.params.budget import Sizes
from stages.params.schema import Split
from stages.records.plans import Clusters, Method, Part
from stages.records.thinning import VALIDATION, thinned

FOLDS = 10  # of kfold, where the parameters give no number and rows suffice


@dataclass(frozen=True)
class Splits:
    """How rows are divided; the attributes are those of a `Plan`."""

    method: Method
    n_folds: int
    fixed: bool
    parts: np.ndarray
    split_of: np.ndarray
    wanted_folds: int = 0
    clusters: np.ndarray | None = None
    clusters_are: Clusters | None = None


@dataclass(frozen=True)
class _Rows:
    """The rows to divide; of copies that stay together the first stands for all.

    Attributes:
        labels: (n_rows, n_targets) values or (n_rows,) class indices.
        classes: the classes' names; empty for values.
        groups: (n_rows,) numbers of the groups that stay together; None where there are none.
        copies: (n_rows,) within groups, the same for copies of a row; None where there are none.
        sizes: (n_rows,) for how many rows each stands; None where each stands for itself.
    """

    labels: np.ndarray
    classes: list[str]
    groups: np.ndarray | None = None
    copies: np.ndarray | None = None
    sizes: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(np.unique(self.groups))

    @property
    def n_all(self) -> int:
        """Number of rows, copies and all."""
        return len(self) if self.sizes is None else int(self.sizes.sum())

    def counted(self, number: int) -> str:
        """So many of them, in words."""
        if self.sizes is None:
            return counted(number, "row")
        return f"{counted(number, 'different row')} (copies: apart counts each copy)"

    def take(self, numbers: np.ndarray) -> "_Rows":
        """Some of the rows."""
        taken = (None if each is None else each[numbers] for each in (self.groups, self.copies, self.sizes))
        return _Rows(self.labels[numbers], self.classes, *taken)


def divide(
    split: Split,
    labels: np.ndarray,
    *,
    generated: bool,
    classes: list[str],
    groups: pd.Series | None,
    copies: np.ndarray | None = None,
    n_seeds: int,
    key: str,
    sizes: Sizes | None = None,
) -> Splits:
    """Divide rows for every seed.

    Args:
        split: the parameters.
        labels: (n_rows, n_targets) target values or (n_rows,) class indices.
        generated: whether the rows come from a generator.
        classes: the classes' names; empty for values.
        groups: (n_rows,) for the method ``group``; else not looked at.
        copies: integers (n_rows,), the same for copies of a row; None where there are none.
        n_seeds: number of seeds.
        key: path of the key ``split``, for messages about mistakes.
        sizes: how many rows are used at most; None where all are.

    Raises:
        UserError: there are too few rows, of a class or of a group, for this split.
    """
    method = split.method_for(generated=generated, has_classes=bool(classes))
    copies = None if split.copies == "apart" else copies
    clusters, clusters_are = _clusters(_group_numbers(groups, key) if method == "group" else None, copies)
    rows, stands_for = _Rows(labels, classes), np.arange(len(labels))
    if method == "group":
        rows = _Rows(labels, classes, clusters, copies)
    elif clusters is not None:
        _, first, stands_for, counts = np.unique(clusters, return_index=True, return_inverse=True, return_counts=True)
        rows = _Rows(labels[first], classes, sizes=counts)
    n_folds, wanted_folds = _folds(split, method, rows)
    _check_enough(method, n_folds, rows, key)
    in_time = method == "first"
    fixed = (in_time and not split.origins) or (split.fixed and not n_folds)
    n_splits = 1 if fixed else min(split.origins, n_seeds) if in_time else n_seeds
    parts = np.full((n_splits, len(rows)), Part.UNUSED, np.uint8)
    divided = _in_time(split, rows, key) if in_time else _drawn(split, method, n_folds, rows, key)
    for index, (train, test) in enumerate(islice(divided, n_splits)):
        chosen = _validation(method, rows.take(train), _state(split.random_state, index, 1))
        parts[index, test] = Part.TEST
        parts[index, train] = Part.TRAIN
        parts[index, train[chosen]] = Part.VALIDATION
    parts, split_of = parts[:, stands_for], np.arange(n_seeds) % n_splits
    if sizes:
        for index, own in enumerate(parts):
            draw = split.random_state, index, 2
            parts[index] = thinned(own, labels, rows=sizes.rows, test_rows=sizes.test_rows, draw=draw)
    return Splits(method, n_folds, fixed, parts, split_of, wanted_folds, clusters, clusters_are)


def _clusters(groups: np.ndarray | None, copies: np.ndarray | None) -> tuple[np.ndarray | None, Clusters | None]:
    """Which rows stay together, integers (n_rows,) from 0 in the order of the first rows of each; and what they are.

    Args:
        groups: (n_rows,) numbers of the groups; None where rows are not divided by groups.
        copies: (n_rows,), the same for copies of a row; None where there are none, or they are taken apart.
    """
    if copies is None:
        return groups, None if groups is None else "groups"
    if groups is None:
        return pd.factorize(copies)[0], "copies"
    n_rows, n_groups = len(groups), groups.max() + 1
    # groups are linked by the rows that they share a copy of
    links = coo_array((np.ones(n_rows, bool), (groups, n_groups + copies)), (n_groups + copies.max() + 1,) * 2)
    joined = connected_components(links, directed=False)[1][groups]
    are: Clusters = "groups" if len(np.unique(joined)) == n_groups else "groups and copies"
    return pd.factorize(joined)[0], are


def _folds(split: Split, method: Method, rows: _Rows) -> tuple[int, int]:
    """The number of folds, 0 for none; and the usual number, where there are too few rows for it, else 0."""
    if method not in ("kfold", "group") or (method == "group" and not split.folds):
        return 0, 0
    if split.folds:
        return split.folds, 0
    smallest = int(np.bincount(rows.labels, minlength=len(rows.classes)).min()) if rows.classes else len(rows)
    n_folds = max(2, min(FOLDS, smallest))
    return n_folds, FOLDS if n_folds < FOLDS else 0


def _state(random_state: int, *place: int) -> int:
    """A random state for each place: a partition or split by its number, and 1 behind it for its validation rows."""
    if place == (0,):
        return random_state
    return int(np.random.SeedSequence((random_state, *place)).generate_state(1)[0])


def _in_time(split: Split, rows: _Rows, key: str) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The numbers of the rows that train and that test, at one origin in time after another.

    What lies behind the rows that train at the first origin is divided into as many stretches as there are origins, of
    equal length; at each origin what lies before a stretch trains, and the stretch tests.
    """
    count, n_train = len(rows), _n_train(split.train, rows.n_all, rows.n_all, key)
    if rows.sizes is not None:  # so many that they and their copies are about as many
        n_train = min(int(np.searchsorted(rows.sizes.cumsum(), n_train)) + 1, count - 1)
    n_test, n_origins = count - n_train, split.origins or 1
    if n_test < n_origins:
        raise UserError(f"{key}.origins: {rows.counted(n_test)} test, fewer than the {n_origins} origins")
    if n_origins == 1:
        yield np.arange(n_train), np.arange(n_train, count)
    else:
        yield from TimeSeriesSplit(n_origins, test_size=n_test // n_origins).split(np.zeros((count, 1)))


def _drawn(
    split: Split, method: Method, n_folds: int, rows: _Rows, key: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The numbers of the rows that train and that test, each ascending, of one split after another."""
    count, index = len(rows), 0
    stratify = rows.labels if rows.classes and method in ("kfold", "stratified") else None
    while True:
        state = _state(split.random_state, index)
        if n_folds:
            kind = GroupKFold if method == "group" else KFold if stratify is None else StratifiedKFold
            splitter = kind(n_folds, shuffle=True, random_state=state)
        else:
            kinds = {"shuffle": ShuffleSplit, "stratified": StratifiedShuffleSplit, "group": GroupShuffleSplit}
            units = rows.n_groups if method == "group" else count
            n_train = _n_train(split.train, rows.n_all, units, key)
            _check_classes_on_both_sides(method, n_train, rows, key)
            splitter = kinds[method](1, train_size=n_train, random_state=state)
        try:
            for train, test in splitter.split(np.zeros((count, 1)), stratify, rows.groups):
                yield np.sort(train), np.sort(test)
        except ValueError as error:
            raise UserError(f"{key}: {str(error).splitlines()[0]}") from error
        index += 1


def _validation(method: Method, train: _Rows, state: int) -> np.ndarray:
    """Which of the train rows validate: a fifth, drawn as the split is, at least one where two rows train.

    Where a class has too few train rows for that, or only one group trains, they are drawn from all alike.
    """
    count = _share(VALIDATION, len(train))
    if not count:
        return np.empty(0, int)
    if method == "first":
        return np.arange(len(train) - count, len(train))
    splitter, groups = ShuffleSplit, None
    together = train.groups if method == "group" and train.n_groups > 1 else train.copies
    if together is not None and (n_together := len(np.unique(together))) > 1:
        splitter, groups, count = GroupShuffleSplit, together, _share(VALIDATION, n_together)
    elif train.classes and method in ("kfold", "stratified"):
        sizes = np.bincount(train.labels)
        n_classes = np.count_nonzero(sizes)
        if sizes[sizes > 0].min() > 1 and n_classes <= count <= len(train) - n_classes:
            splitter = StratifiedShuffleSplit
    empty = np.zeros((len(train), 1))
    [(_, chosen)] = splitter(1, test_size=count, random_state=state).split(empty, train.labels, groups)
    return chosen


def _share(share: float, count: int) -> int:
    """A share of some rows or groups: at least one, leaving at least one; none of a single one."""
    return min(max(round(share * count), 1), count - 1)


def _n_train(train: float, n_rows: int, n_units: int, key: str) -> int:
    """How many units train: as many as rows are asked for, or a share of all, at least one, leaving at least one.

    Args:
        train: rows, or a share of them.
        n_rows: all rows.
        n_units: what is divided: the rows, those that differ, or groups.
        key: path of the key ``split``, for messages about mistakes.
    """
    if isinstance(train, int):
        if train >= n_rows:
            raise UserError(
                f"{key}.train: {train} leaves no row to test; allowed: 1 to {n_rows - 1} (there are {n_rows} rows)"
            )
        if n_units == n_rows:
            return train
        train /= n_rows
    return _share(train, n_units)


def _group_numbers(groups: pd.Series, key: str) -> np.ndarray:
    if groups.isna().any():
        raise UserError(f"{key}.column: '{groups.name}' is missing in {groups.isna().sum():,} rows; each needs a group")
    return pd.factorize(groups)[0]


def _check_enough(method: Method, n_folds: int, rows: _Rows, key: str) -> None:
    if method == "group":
        needed = n_folds or 2
        if rows.n_groups < needed:
            raise UserError(f"{key}: there are {rows.n_groups} groups, fewer than the {needed} that are needed")
    elif n_folds and len(rows) < n_folds:
        raise UserError(f"{key}: there are {rows.counted(len(rows))}, fewer than the {n_folds} folds")
    if rows.classes and method in ("kfold", "stratified"):
        needed = n_folds or 2
        sizes = np.bincount(rows.labels, minlength=len(rows.classes))
        fewest, smallest = int(sizes.min()), rows.classes[int(sizes.argmin())]
        if fewest < needed:
            what = f"the {needed} folds" if n_folds else "the 2 that are needed"
            raise UserError(
                f"{key}: class '{smallest}' has {rows.counted(fewest)}, fewer than {what}; "
                "method: shuffle takes rows whatever their class"
            )


def _check_classes_on_both_sides(method: Method, n_train: int, rows: _Rows, key: str) -> None:
    count, n_classes = len(rows), len(rows.classes)
    if method == "stratified" and not n_classes <= n_train <= count - n_classes:
        raise UserError(
            f"{key}.train: {n_train} of {rows.counted(count)} train and {count - n_train} test, and either "
            f"needs a row of each of {n_classes} classes; method: shuffle takes rows whatever their class"
        )
