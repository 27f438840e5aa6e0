"""Whether a loss can learn from the data it will see: it *fits*, it *works, but*, or it *cannot*, and why.

Reasons are facts; `stages.wording.validity` puts them into words.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from stages.losses import target_transform
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, TargetRange, Task
from stages.losses.target_transform import Transform

Level = Literal["fits", "works, but", "cannot"]
_WORST: list[Level] = ["cannot", "works, but", "fits"]

EPSILON = 1e-7  # where Keras clips
HEAVY = 10  # so many times the median weight is worth a word

# what an output activation can give
OUTPUTS = {
    "softplus": (0, np.inf),
    "relu": (0, np.inf),
    "exponential": (0, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
}


Kind = Literal[
    "another task",  # task: the loss's
    "large targets",  # size: root mean square of the scaled targets; steps: what becomes of those of training
    "out of reach",  # share of the scaled targets; low, high and activation: what the output can give
    "own units",  # delta: in scaled units; own: in the target's
    "negative for log",  # share of the targets
    "mean for ratio",  # mean of the targets, the lowest of any column
    "no range for robust",
    "all clipped",
    "clipped",  # share of the scaled targets; never_negative; above: whether predictions below 0 are possible
    "predictions below 0",
    "negative",  # share of the scaled targets; never_negative
    "no shares",  # share of the scaled targets
    "no yes/no",  # name: of the target; share of its values that are neither
    "not above 0",  # n_zeros: how many targets are not
    "several columns",
    "all 0",
    "divides by 0",  # n_zeros: how many targets are 0
    "divides by little",  # share of the scaled targets; times: how many others each outweighs
    "both sides of 0",  # never_negative
    "one column",
    "direction alone",
    "one class",  # name: its
    "absent classes",  # name: of the first; n_absent
    "whole batches",  # batch_size; share of the batches without a row of a class; name: its; is_weighed, in vain
    "alpha unused",
    "no order",
    "on a line",  # period: after how much targets begin anew
]


@dataclass(frozen=True)
class Reason:
    """Why a loss can learn from a dataset as well as it can.

    Attributes:
        level: what it makes of the loss.
        kind: what it is about.
        facts: the numbers and names that belong to it.
    """

    level: Level
    kind: Kind
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Validity:
    """Whether a loss can learn from a dataset, and why; of one that fits the reasons are remarks."""

    level: Level
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Seen:
    """What a loss sees of a dataset.

    Attributes:
        labels: of the train rows: (n_train, n_targets) scaled values, or (n_train,) class indices.
        task: the kind of problem.
        classes: the classes' names in the order of their indices; empty for values.
        spread: (n_targets,) how many of the target's own units one scaled unit is.
        batch_size: rows of a batch.
        values: (n_train, n_targets) the values in the target's own units; None where they are not known.
        is_weighed: whether rows have weights.
        is_ordered: whether classes have an order.
        has_positions: whether each position of a row has a target, so that a loss of a whole batch is one of a row.
        period: after how much values begin anew; None where they do not.
    """

    labels: np.ndarray
    task: Task
    classes: list[str]
    spread: list[float]
    batch_size: int
    values: np.ndarray | None = None
    is_weighed: bool = False
    is_ordered: bool = False
    has_positions: bool = False
    period: float | None = None

    @property
    def never_negative(self) -> bool:
        """Whether the target is values that are never below 0."""
        return self.values is not None and bool((self.values >= 0).all())


def judge(loss: Loss, seen: Seen) -> Validity:
    """Judge one loss on the data it will see."""
    if loss.task != seen.task:
        return Validity("cannot", (Reason("cannot", "another task", {"task": loss.task}),))
    reasons = list(_of_values(loss, seen) if loss.task == "regression" else _of_classes(loss, seen))
    worst = next((level for level in _WORST if any(reason.level == level for reason in reasons)), "fits")
    return Validity(worst, tuple(reason for reason in reasons if reason.level == worst))


def judge_all(losses: Iterable[Loss], folds: Iterable[Seen]) -> dict[str, Validity]:
    """Judge losses on the folds of a dataset.

    Args:
        losses: whose names differ.
        folds: what a loss sees of each; read one at a time.

    Returns:
        By loss, the judgement on the fold where it is worst; on the first of those that are as bad.
    """
    losses, worst = list(losses), {}
    for seen in folds:
        for loss in losses:
            judged = judge(loss, seen)
            before = worst.setdefault(loss.name, judged)
            if _WORST.index(judged.level) < _WORST.index(before.level):
                worst[loss.name] = judged
    return worst


def _of_values(loss: Loss, seen: Seen) -> Iterator[Reason]:
    if loss.target_transform and seen.values is not None:
        yield from (reasons := list(_of_transform(loss.target_transform, seen.values)))
        if any(reason.level == "cannot" for reason in reasons):
            return
        seen = _transformed(loss.target_transform, seen, seen.values)
    if _is_of_batches(loss, seen):
        yield _of_batches(loss, seen, {"share": 0.0, "name": ""})
    if loss.gives not in ("point", "heads") and seen.labels.size > len(seen.labels):
        yield Reason("cannot", "several columns")
        return
    values = seen.labels.astype(np.float32)  # as the loss sees them
    yield from _RANGES[loss.target_range](loss, values, seen.never_negative and not loss.target_transform)
    size = math.sqrt(math.fsum(np.square(values, dtype=np.float64).flat) / values.size)
    large = loss.large_targets
    if large and size > large.size and loss.activation != "exponential":  # which gets there in steps that do not shrink
        yield Reason("works, but", "large targets", {"size": size, "steps": large.steps})
    if loss.activation in OUTPUTS and loss.target_range != "vectors":
        low, high = OUTPUTS[loss.activation]
        seen_as = np.maximum(values, 0) if loss.target_range == "clipped below 0" else values
        outside = float(np.mean((seen_as < low) | (seen_as > high)))
        if outside:
            reach = {"share": outside, "low": low, "high": high, "activation": loss.activation}
            yield Reason("cannot" if outside == 1 else "works, but", "out of reach", reach)
    if "delta" in loss.parameters and len(seen.spread) == 1 and seen.spread[0] != 1 and loss.target_transform != "log":
        delta = loss.parameters["delta"]
        yield Reason("fits", "own units", {"delta": delta, "own": delta * seen.spread[0]})
    if seen.period and loss.gives != "direction" and not loss.is_custom:
        yield Reason("fits", "on a line", {"period": seen.period})


def _of_transform(transform: Transform, values: np.ndarray) -> Iterator[Reason]:
    """Why a target cannot be transformed so, if it cannot."""
    if transform == "log" and (below := float(np.mean(values < 0))):
        yield Reason("cannot", "negative for log", {"share": below})
    if transform == "ratio" and (means := values.mean(axis=0)).min() <= 0:
        yield Reason("cannot", "mean for ratio", {"mean": float(means.min())})
    if transform == "robust" and (target_transform.has_no_range(values)).any():
        yield Reason("works, but", "no range for robust")


def _transformed(transform: Transform, seen: Seen, values: np.ndarray) -> Seen:
    """What a loss with a target transform of its own sees."""
    center, spread = target_transform.fit(transform, values)
    return replace(seen, labels=(target_transform.apply(transform, values) - center) / spread, spread=spread.tolist())


def _clipped(loss: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    below, above = float(np.mean(values < 0)), OUTPUTS.get(loss.activation, (-np.inf,))[0] >= 0
    if below == 1:
        yield Reason("cannot", "all clipped")
    elif below:
        facts = {"share": below, "above": above, "never_negative": never_negative}
        yield Reason("works, but", "clipped", facts)
    elif not above:
        yield Reason("works, but", "predictions below 0")


def _not_below(_: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    if below := float(np.mean(values < 0)):
        yield Reason("cannot", "negative", {"share": below, "never_negative": never_negative})


def _above(_: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    if (values < 0).any():
        yield from _not_below(_, values, never_negative)
    elif n_zeros := int(np.sum(values == 0)):
        yield Reason("cannot", "not above 0", {"n_zeros": n_zeros})


def _away_from_zero(_: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    size = np.abs(values)
    zeros = int(np.sum(size < EPSILON))
    if zeros == size.size:
        yield Reason("cannot", "all 0")
        return
    if zeros:
        yield Reason("works, but", "divides by 0", {"n_zeros": zeros})
        return
    heavy = float(np.mean(size < np.median(size) / HEAVY))
    if heavy >= 0.01:
        yield Reason("works, but", "divides by little", {"share": heavy, "times": HEAVY})
    if values.min() < 0 < values.max():
        yield Reason("works, but", "both sides of 0", {"never_negative": never_negative})


def _shares(_: Loss, values: np.ndarray, __: bool) -> Iterator[Reason]:
    if outside := float(np.mean((values < 0) | (values > 1))):
        yield Reason("cannot", "no shares", {"share": outside})


def _by_head(loss: Loss, values: np.ndarray, __: bool) -> Iterator[Reason]:
    for column, (name, activation) in zip(values.T, loss.heads.items(), strict=True):
        outside = float(np.mean((column < 0) | (column > 1))) if activation == "sigmoid" else 0.0
        if outside:
            yield Reason("cannot", "no yes/no", {"share": outside, "name": name})


def _vectors(_: Loss, values: np.ndarray, __: bool) -> Iterator[Reason]:
    if values.shape[1] == 1:
        yield Reason("cannot", "one column")
    else:
        yield Reason("works, but", "direction alone")


_RANGES: dict[TargetRange, Callable[[Loss, np.ndarray, bool], Iterable[Reason]]] = {
    "any": lambda *_: (),
    "clipped below 0": _clipped,
    "not below 0": _not_below,
    "above 0": _above,
    "away from 0": _away_from_zero,
    "0 to 1": _shares,
    "vectors": _vectors,
    "by head": _by_head,
}


def _of_classes(loss: Loss, seen: Seen) -> Iterator[Reason]:
    if loss.needs_order and not seen.is_ordered:
        yield Reason("cannot", "no order")
    sizes = np.bincount(seen.labels, minlength=len(seen.classes))
    absent = [name for name, size in zip(seen.classes, sizes, strict=True) if not size]
    if len(absent) == len(sizes) - 1:
        yield Reason("cannot", "one class", {"name": seen.classes[int(sizes.argmax())]})
    elif absent:
        yield Reason("works, but", "absent classes", {"name": absent[0], "n_absent": len(absent)})
    if _is_of_batches(loss, seen):
        rare = 1 if loss.task == "binary" else int(np.where(sizes > 0, sizes, sizes.sum()).argmin())
        empty = _without(int(sizes[rare]), int(sizes.sum()), seen.batch_size)
        yield _of_batches(loss, seen, {"share": empty, "name": seen.classes[rare]})
    if "apply_class_balancing" in loss.parameters and not loss.parameters["apply_class_balancing"]:
        usual = LOSSES["binary_focal_crossentropy"].parameters["alpha"]
        if loss.parameters["alpha"] != usual:
            yield Reason("works, but", "alpha unused")


def _is_of_batches(loss: Loss, seen: Seen) -> bool:
    """Whether a loss has one value for a batch; of rows with targets at each position all but a user's own have one."""
    return not loss.per_row and not (seen.has_positions and not loss.is_custom)


def _of_batches(loss: Loss, seen: Seen, facts: dict[str, Any]) -> Reason:
    """That a loss has one value for a batch; a user's own weighs rows itself, or is refused where it is tried."""
    in_vain = seen.is_weighed and not loss.is_custom
    return Reason("works, but", "whole batches", {"batch_size": seen.batch_size, "is_weighed": in_vain, **facts})


def _without(n_some: int, n_rows: int, n_drawn: int) -> float:
    """The chance that a draw from all rows, none put back, holds none of some rows (hypergeometric)."""
    n_drawn = min(n_drawn, n_rows)
    if n_rows - n_some < n_drawn:
        return 0.0
    return float(np.prod([(n_rows - n_some - i) / (n_rows - i) for i in range(n_drawn)]))
