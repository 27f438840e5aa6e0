"""A score: a row of the catalogue, which holds everything that differs between scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stages.losses.estimand import DECISIONS, Estimand
from stages.losses.loss import Loss, Task
from stages.scores.constants import Constant
from stages.scores.statistic import OfMeans, Statistic

# of decisions, by class and what it is taken for: a number, or the column that holds it for each row
Costs = tuple[tuple[float | str, ...], ...]

# whether each position of a row has a target, as of masks; or whether a row has several labels
HasPositions = bool | Literal["labels"]


def _unbounded(sizes: np.ndarray) -> np.ndarray:
    """Of errors, which have no bound, and of ranks, which nearly every row changes a little."""
    del sizes
    return np.empty(0)


def all_ranks(sizes: np.ndarray) -> np.ndarray:
    """The reach of a mean over rows of how many classes a decision is off."""
    return np.array([len(sizes) - 1.0])


def any_row(sizes: np.ndarray) -> np.ndarray:
    """The reach of a share of all rows."""
    del sizes
    return np.ones(1)


def each_class(sizes: np.ndarray) -> np.ndarray:
    """The reach of a mean over classes of the share of a class's rows."""
    return sizes.sum() / sizes[sizes > 0] / np.count_nonzero(sizes)


def of_class(sizes: np.ndarray, *, index: int) -> np.ndarray:
    """The reach of a share of one class's rows."""
    return sizes.sum() / sizes[[index]]


@dataclass(frozen=True)
class Score:
    """One score.

    Attributes:
        name: as in ``results.csv``.
        title: what it is, in words.
        statistic: its value, and what each row adds to it.
        rewards: the estimand whose perfect prediction has the best score; None where it is not known.
        constant: the best prediction that is the same for every row.
        tasks: those that it is for.
        unit: what it is measured in; empty where the title says all.
        higher_is_better: a perfect score is then 1, and 0 otherwise.
        is_followed: whether its terms are measured while training too, so that learning rates can be chosen by it.
        is_measured: for which targets: ``always``; where they are ``never negative``, or it is asked for; or only
            where it is ``asked`` for.
        can_decide: whether losses may be compared by it.
        needs_probability: whether it is defined only for outputs that are probabilities.
        needs_vectors: whether it is defined only for several target columns.
        needs_order: whether it is defined only for classes in an order.
        needs_quantiles: whether it scores quantiles, which of a loss that gives one value are those of what it misses
            by on rows set aside.
        of_positions: whether it is defined where each position of a row has a target: for such ``alone``, or not.
        of_labels: the same where a row has several labels.
        never_negative: whether it is defined only for targets that are never negative.
        above_zero: whether it is defined only for targets above 0.
        reach: of the numbers of rows of each class (n_classes,), the most that one row of each kind can tell two
            losses apart (n_kinds,), a kind being a class where classes count apart; none where it has no bound.
        quota: of a score that has no best threshold the class of which as many rows are decided as are of it.
        costs: of decisions by what they cost, (n_classes, n_classes).
        row_costs: the same for each row (n_rows, n_classes, n_classes), or for all rows where `n_rows` is 1.
        constant_of_rows: where what is best depends on more of rows than their labels, the constant of some of them.
        by_decision: whether of classes it is decisions that are scored, though what it rewards is not known.
    """

    name: str
    title: str
    statistic: Statistic
    rewards: Estimand | None
    constant: Constant
    tasks: tuple[Task, ...]
    unit: str = ""
    higher_is_better: bool = False
    is_followed: bool = False
    is_measured: Literal["always", "never negative", "asked"] = "always"
    can_decide: bool = True
    needs_probability: bool = False
    needs_vectors: bool = False
    needs_order: bool = False
    needs_quantiles: bool = False
    of_positions: bool | Literal["alone"] = True
    of_labels: bool | Literal["alone"] = False
    never_negative: bool = False
    above_zero: bool = False
    reach: Callable[[np.ndarray], np.ndarray] = _unbounded
    quota: int | None = None
    costs: Costs | None = None
    row_costs: np.ndarray | None = None
    constant_of_rows: Callable[[np.ndarray], Constant] | None = None
    by_decision: bool = False

    @property
    def is_of_decisions(self) -> bool:
        """Whether it depends on which class is decided, so that a threshold has a say in it."""
        return self.rewards == DECISIONS or self.by_decision

    def constant_for(self, rows: np.ndarray) -> Constant:
        """The best prediction that is the same for some rows: their numbers, or bool (n_rows,) of all."""
        return self.constant_of_rows(rows) if self.constant_of_rows else self.constant

    @property
    def label(self) -> str:
        """Its title and its unit, for an axis."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def suits(self, loss: Loss, n_targets: int, *, has_positions: HasPositions = False) -> bool:
        """Whether it is defined for what a network predicts that is trained with a loss."""
        if not self.goes_with(has_positions=has_positions):
            return False
        is_missing = (self.needs_probability and not loss.outputs_probability) or not self.is_of_outputs(loss)
        return loss.task in self.tasks and not is_missing and not (self.needs_vectors and n_targets == 1)

    def is_of_outputs(self, loss: Loss) -> bool:
        """Whether a network's outputs alone say it, without what it misses by on rows set aside, or what rows cost."""
        return not self.costs and not (self.needs_quantiles and not loss.output.knows_quantiles)

    def goes_with(self, *, has_positions: HasPositions) -> bool:
        """Whether it is defined where each position of a row has a target, or where a row has one."""
        if has_positions == "labels":
            return bool(self.of_labels)
        if has_positions:
            return bool(self.of_positions)
        return "alone" not in (self.of_positions, self.of_labels)

    def of_mean(self, means: np.ndarray) -> np.ndarray:
        """The score that a mean of its terms comes to, as they are followed while training."""
        is_root = isinstance(self.statistic, OfMeans) and self.statistic.is_root
        return np.sqrt(means) if is_root else means
