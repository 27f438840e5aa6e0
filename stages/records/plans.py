"""The plan of a comparison: which rows each seed trains, validates and tests on, and how it scales them.

- ``data/plans/<comparison>.npz``: the arrays of a `Plan`;
- ``data/plans/<comparison>.json``: the rest of it;
- ``data/plans/to_use/<comparison>.npz`` and ``.json``: the same of networks to use, which learn from every row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import IntEnum
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import TypeAdapter

from stages.basics import files, paths
from stages.losses.validity import Seen
from stages.records.datasets import Description

Method = Literal["first", "shuffle", "stratified", "kfold", "group"]
Clusters = Literal["groups", "copies", "groups and copies"]
TRAIN_ROWS_SCORED = 20_000  # of the rows that a seed trains on; more would tell no more of how well it knows them
FEWEST_SCORED = 100  # of them, where each has so many targets that fewer rows have as many


class Part(IntEnum):
    """What a seed uses a row for. Its validation rows are train rows that also serve to choose.

    A row is unused that comes after those that a seed tests, in the order of time.
    """

    TRAIN = 0
    VALIDATION = 1
    TEST = 2
    UNUSED = 3


@dataclass(frozen=True)
class Scaling:
    """Numbers that scale the columns, ``(value - center) / spread``: one line for each distinct split.

    Attributes:
        fill: (n_splits, n_features), what stands for a missing value, in the feature's own units.
        center: (n_splits, n_features), in the feature's own units.
        spread: (n_splits, n_features), how many of the feature's own units one scaled unit is.
        target_center: (n_splits, n_targets), in target units; no targets where they are classes.
        target_spread: (n_splits, n_targets), how many target units one scaled unit is.
    """

    fill: np.ndarray
    center: np.ndarray
    spread: np.ndarray
    target_center: np.ndarray
    target_spread: np.ndarray

    def of_splits(self, splits: np.ndarray) -> "Scaling":
        """The numbers of some of the splits."""
        return Scaling(*(getattr(self, field.name)[splits] for field in fields(self)))

    def repeated(self, n_splits: int) -> "Scaling":
        """The numbers of a single split for each of several."""
        return Scaling(*(np.repeat(getattr(self, field.name), n_splits, axis=0) for field in fields(self)))


@dataclass(frozen=True)
class Plan:
    """What each seed of a comparison does with each row. Seeds of one split see the same rows.

    Attributes:
        method: how rows are divided: the ``first`` train, at one origin in time or several; ``shuffle``;
            ``stratified`` keeps the share of each class; ``kfold`` tests on each fold in turn; ``group`` keeps the
            rows of a group together.
        n_folds: folds of a partition; 0 where rows are not divided in folds.
        fixed: whether all seeds have the same rows.
        parts: uint8 (n_splits, n_rows), the `Part` of each row in each distinct split.
        split_of: integers (n_seeds,), each seed's line in `parts`.
        to_tune: fitted on the train rows less the validation rows.
        to_train: fitted on the train and validation rows.
        wanted_folds: the usual number of folds, where a class has too few rows for so many; else 0.
        clusters: integers (n_rows,), the number of each row's cluster, from 0: rows of one count as one; None where
            every row is its own. They decide nothing of what is trained, beyond what `parts` says.
        clusters_are: what the rows of a cluster have in common: a value of the column that groups rows, all that they
            hold, or either, and what is joined by it; None without clusters.
        n_positions: of a row, each of which has a target.
    """

    method: Method
    n_folds: int
    fixed: bool
    parts: np.ndarray
    split_of: np.ndarray
    to_tune: Scaling
    to_train: Scaling
    wanted_folds: int = 0
    clusters: np.ndarray | None = None
    clusters_are: Clusters | None = None
    n_positions: int = 1

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return len(self.split_of)

    @property
    def n_splits(self) -> int:
        """Number of distinct splits."""
        return len(self.parts)

    @cached_property
    def tested(self) -> np.ndarray:
        """Bool (n_seeds, n_rows): which rows each seed tests on."""
        return (self.parts == Part.TEST)[self.split_of]

    @property
    def trained(self) -> np.ndarray:
        """Bool (n_seeds, n_rows): which rows each seed trains on in the end."""
        return (self.parts <= Part.VALIDATION)[self.split_of]

    @cached_property
    def scored(self) -> np.ndarray:
        """Bool (n_splits, n_rows): of which rows predictions are kept, those of `scored_rows` of all parts."""
        scored = self.parts == Part.TEST
        for split, of_split in enumerate(scored):
            of_split[self.scored_rows(split, Part.TRAIN, Part.VALIDATION)] = True
        return scored

    @property
    def target_scaling(self) -> dict[str, np.ndarray | float]:
        """``center`` and ``spread``, each (n_seeds, n_targets), which put a seed's outputs into target units."""
        if not self.to_train.target_center.size:  # classes have none
            return {"center": 0.0, "spread": 1.0}
        center, spread = self.to_train.target_center, self.to_train.target_spread
        return {"center": center[self.split_of], "spread": spread[self.split_of]}

    @property
    def tests_in_turn(self) -> bool:
        """Whether what one seed tests another trains on, so that networks of other seeds know nothing of it.

        In the order of time rows that come later say nothing of those that come before.
        """
        return self.method != "first" and not (self.tested == self.tested[0]).all()

    @property
    def validated(self) -> np.ndarray:
        """Bool (n_seeds, n_rows): which rows each seed sets aside to choose by."""
        return (self.parts == Part.VALIDATION)[self.split_of]

    def testing_on_validation(self) -> "Plan":
        """The plan in which what is set aside to choose by is tested on, and test rows are not used."""
        parts = np.where(self.parts == Part.TEST, Part.UNUSED, self.parts)
        parts = np.where(self.parts == Part.VALIDATION, Part.TEST, parts).astype(self.parts.dtype)
        return replace(self, parts=parts, to_train=self.to_tune)

    def of_seeds(self, places: Sequence[int]) -> "Plan":
        """The plan of some of the seeds, told by their places: the splits that they use, and no others."""
        used, split_of = np.unique(self.split_of[list(places)], return_inverse=True)
        return replace(
            self,
            parts=self.parts[used],
            split_of=split_of,
            to_tune=self.to_tune.of_splits(used),
            to_train=self.to_train.of_splits(used),
        )

    def of_rows(self, numbers: np.ndarray) -> "Plan":
        """The plan of some of the rows."""
        clusters = None if self.clusters is None else self.clusters[numbers]
        return replace(self, parts=self.parts[:, numbers], clusters=clusters)

    def first(self, n_seeds: int) -> "Plan":
        """The plan of the first seeds, so many."""
        return self if n_seeds == self.n_seeds else self.of_seeds(range(n_seeds))

    def rows(self, seed_index: int, *parts: Part) -> np.ndarray:
        """The numbers of a seed's rows in these parts, ascending."""
        return self.split_rows(int(self.split_of[seed_index]), *parts)

    def split_rows(self, split: int, *parts: Part) -> np.ndarray:
        """The numbers of a split's rows in these parts, ascending."""
        return np.flatnonzero(np.isin(self.parts[split], parts))

    def scored_rows(self, split: int, *parts: Part) -> np.ndarray:
        """The same of those that are scored: all that are tested on, and of many that train some, drawn."""
        rows = self.split_rows(split, *parts)
        most = max(TRAIN_ROWS_SCORED // self.n_positions, min(FEWEST_SCORED, TRAIN_ROWS_SCORED))
        if Part.TEST in parts or len(rows) <= most:
            return rows
        return np.sort(np.random.default_rng(len(rows)).choice(rows, most, replace=False))


@dataclass(frozen=True)
class _Facts:
    """What of a plan is no array."""

    method: Method
    n_folds: int
    fixed: bool
    wanted_folds: int
    clusters_are: Clusters | None = None
    n_positions: int = 1


_FACTS = TypeAdapter(_Facts)
_SCALINGS = ("to_tune", "to_train")
_TO_USE = "to_use"


def write_plan(name: str, plan: Plan) -> None:
    """Write the plan of a comparison."""
    arrays = {"parts": plan.parts, "split_of": plan.split_of}
    if plan.clusters is not None:
        arrays["clusters"] = plan.clusters
    for scaled in _SCALINGS:
        scaling = getattr(plan, scaled)
        arrays |= {f"{scaled}_{field.name}": getattr(scaling, field.name) for field in fields(Scaling)}
    with files.replacing(paths.PLANS / f"{name}.npz") as temporary:
        np.savez_compressed(temporary, **arrays)
    facts = asdict(_Facts(**{field.name: getattr(plan, field.name) for field in fields(_Facts)}))
    usual = {"clusters_are": None, "n_positions": 1}
    facts = {name: value for name, value in facts.items() if name not in usual or value != usual[name]}
    files.write_json(paths.PLANS / f"{name}.json", facts)


def read_plan(name: str, project: Path = paths.HERE) -> Plan:
    """Read the plan of a comparison of a project's folder."""
    path = project / paths.PLANS / f"{name}.json"
    value = files.read_json(path, stage="scale")
    with files.reading(path, "scale"):
        facts = _FACTS.validate_python(value)
    names = [f"{name}_{field.name}" for name in _SCALINGS for field in fields(Scaling)]
    of_rows = ["parts", "split_of", *([] if facts.clusters_are is None else ["clusters"])]
    arrays = files.read_arrays(path.with_suffix(".npz"), [*of_rows, *names], stage="scale")
    scalings = {
        name: Scaling(**{field.name: arrays[f"{name}_{field.name}"] for field in fields(Scaling)}) for name in _SCALINGS
    }
    return Plan(**asdict(facts), **{field_name: arrays[field_name] for field_name in of_rows}, **scalings)


def write_plan_to_use(comparison: str, plan: Plan) -> None:
    """Write the plan of a comparison's networks to use."""
    write_plan(f"{_TO_USE}/{comparison}", plan)


def read_plan_to_use(comparison: str) -> Plan:
    """Read the plan of a comparison's networks to use."""
    return read_plan(f"{_TO_USE}/{comparison}")


def seen_by_losses(plan: Plan, description: Description, labels: np.ndarray, batch_size: int) -> Iterator[Seen]:
    """What a loss sees of a dataset, for each distinct split: the targets of its train rows.

    Args:
        plan: of the comparison.
        description: what the dataset is.
        labels: as of `datasets.labels_of`.
        batch_size: rows of a batch.
    """
    for split in range(plan.n_splits):
        targets = labels[plan.split_rows(split, Part.TRAIN, Part.VALIDATION)]
        if positions := description.target_shape:  # each of which is a target
            targets = targets.reshape(-1, *([] if description.classes else [targets.shape[-1]]))
        spread = plan.to_train.target_spread[split]
        scaled = targets if description.classes else (targets - plan.to_train.target_center[split]) / spread
        values = None if description.classes else targets
        rows_are = {"is_weighed": description.weight is not None, "is_ordered": description.is_ordered}
        rows_are |= {"has_positions": bool(positions), "period": description.period}
        yield Seen(scaled, description.task, description.classes, spread.tolist(), batch_size, values, **rows_are)
