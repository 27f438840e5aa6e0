"""A comparison: one dataset, the runs of several losses on it, and what came of them."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from stages.losses.loss import Task
from stages.losses.validity import Validity
from stages.records.datasets import Description, Encoded
from stages.records.plans import Plan
from stages.records.runs import Run
from stages.scores import choosing
from stages.scores.score import Score
from stages.verdicts.outcome import Outcome, judge


@dataclass(frozen=True)
class Comparison:
    """One dataset and the runs that are compared on it.

    Attributes:
        name: of the comparison.
        dataset: name of the dataset.
        runs: in the order of the parameters.
        encoded: what the dataset is and what was done to its columns.
        features: (n_rows, 2) in their own units, where there are classes in a plane; else None.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        plan: which rows each seed trains and tests on.
        score: the score that decides between losses.
        validity: by loss, whether it can learn from this dataset.
        own_baseline: the loss that the user compares the others with; None for the one that is recommended.
        own_margin: the user's margin; None for the default.
        other_names: of the losses that stand for several names of one objective, the names that were not trained.
        weights: (n_rows,) what each row counts; None where all count alike.
        seeds_key: the path of the key in ``params.yaml`` that says how many seeds train.
    """

    name: str
    dataset: str
    runs: list[Run]
    encoded: Encoded
    features: pd.DataFrame | None
    labels: np.ndarray
    plan: Plan
    score: Score
    validity: dict[str, Validity]
    own_baseline: str | None = None
    own_margin: float | None = None
    other_names: dict[str, list[str]] = field(default_factory=dict)
    weights: np.ndarray | None = None
    seeds_key: str = "train.seeds"

    @property
    def description(self) -> Description:
        """What the dataset is."""
        return self.encoded.description

    @property
    def task(self) -> Task:
        """The kind of problem."""
        return self.description.task

    @property
    def losses(self) -> list[str]:
        """The names of the losses."""
        return [run.loss.name for run in self.runs]

    @property
    def seeds(self) -> list[int]:
        """The seeds of the losses that have the most; those that were settled sooner have the first of them."""
        return max((run.seeds for run in self.runs), key=len)

    @property
    def epoch_metric(self) -> str:
        """The score that is followed epoch by epoch."""
        return self.runs[0].loss.epoch_metric

    @property
    def is_tuned(self) -> bool:
        """Whether each loss has the learning rate and the number of epochs that are best for it."""
        return any(run.tuning for run in self.runs)

    @cached_property
    def outcome(self) -> Outcome:
        """How the losses did, which is judged once."""
        return judge(
            self.runs,
            self.score,
            self.plan,
            self.description,
            self.labels,
            weights=self.weights,
            baseline=self.own_baseline,
            margin=self.own_margin,
        )


def class_sizes(labels: np.ndarray, description: Description) -> np.ndarray:
    """Rows of each class (n_classes,); empty for values."""
    return np.bincount(labels, minlength=description.n_classes) if description.classes else np.empty(0, np.int64)


def is_misleading(comparison: Comparison) -> bool:
    """Whether accuracy decides although classes are so unequal that it says little."""
    sizes = class_sizes(comparison.labels, comparison.description)
    return comparison.score.name == "accuracy" and choosing.are_unequal(sizes.tolist())


def names(comparison: Comparison) -> list[str]:
    """The names of the losses, and the other names of their objectives."""
    return [*comparison.losses, *(name for others in comparison.other_names.values() for name in others)]


def trained_as(comparison: Comparison, name: str) -> str:
    """The loss that was trained for a name: another name of its objective, or itself."""
    return next((loss for loss, others in comparison.other_names.items() if name in others), name)


def by_dataset(comparisons: list[Comparison]) -> list[Comparison]:
    """The comparisons in their order, those on one dataset one after the other."""
    datasets_in_order = list(dict.fromkeys(comparison.dataset for comparison in comparisons))
    return sorted(comparisons, key=lambda comparison: datasets_in_order.index(comparison.dataset))
