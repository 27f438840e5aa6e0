"""Whether a loss can learn from the data it will see: it *fits*, it *works, but*, or it *cannot*, and why.

The sentences are the same in the output of ``train``, in ``make losses`` and in the report.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from stages.basics.words import counted
from stages.losses import target_transform
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, TargetRange, Task
from stages.losses.target_transform import TargetTransform

Level = Literal["fits", "works, but", "cannot"]
_WORST: list[Level] = ["cannot", "works, but", "fits"]

EPSILON = 1e-7  # where Keras clips
HEAVY = 10  # so many times the median weight is worth a word

_STEPS = {
    "grow": "its steps grow with the error, so training may fail",
    "shrink": "its steps shrink as predictions grow, so it may learn little",
}

# what an output activation can give
OUTPUTS = {
    "softplus": (0, np.inf),
    "relu": (0, np.inf),
    "exponential": (0, np.inf),
    "sigmoid": (0, 1),
    "tanh": (-1, 1),
}


@dataclass(frozen=True)
class Validity:
    """Whether a loss can learn from a dataset, and why; of one that fits the reasons are remarks."""

    level: Level
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        level = "cannot learn from it" if self.level == "cannot" else self.level
        return f"{level}{': ' * bool(self.reasons)}{'; '.join(self.reasons)}"


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
    """

    labels: np.ndarray
    task: Task
    classes: list[str]
    spread: list[float]
    batch_size: int
    values: np.ndarray | None = None
    is_weighed: bool = False

    @property
    def never_negative(self) -> bool:
        """Whether the target is values that are never below 0."""
        return self.values is not None and bool((self.values >= 0).all())


Reason = tuple[Level, str]


def judge(loss: Loss, seen: Seen) -> Validity:
    """Judge one loss on the data it will see."""
    if loss.task != seen.task:
        return Validity("cannot", (f"it is for a {loss.task} task",))
    reasons = list(_of_values(loss, seen) if loss.task == "regression" else _of_classes(loss, seen))
    worst = next((level for level in _WORST if any(level == of for of, _ in reasons)), "fits")
    return Validity(worst, tuple(why for of, why in reasons if of == worst))


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
        if any(level == "cannot" for level, _ in reasons):
            return
        seen = _transformed(loss.target_transform, seen, seen.values)
    values = seen.labels.astype(np.float32)  # as the loss sees them
    yield from _RANGES[loss.target_range](loss, values, seen.never_negative and not loss.target_transform)
    size = math.sqrt(math.fsum(np.square(values, dtype=np.float64).flat) / values.size)
    large = loss.large_targets
    if large and size > large.size and loss.activation != "exponential":  # which gets there in steps that do not shrink
        yield (
            "works, but",
            f"the scaled targets are of size {size:,.0f} (root mean square), and {_STEPS[large.steps]}; "
            "scale the target",
        )
    if loss.activation in OUTPUTS and loss.target_range != "vectors":
        low, high = OUTPUTS[loss.activation]
        seen_as = np.maximum(values, 0) if loss.target_range == "clipped below 0" else values
        outside = float(np.mean((seen_as < low) | (seen_as > high)))
        if outside:
            where = f"below {low}" if high == np.inf else f"outside {low} to {high}"
            level: Level = "cannot" if outside == 1 else "works, but"
            yield level, f"{percent(outside)} of the scaled targets are {where}, which {loss.activation} cannot give"
    if "delta" in loss.parameters and len(seen.spread) == 1 and seen.spread[0] != 1 and loss.target_transform != "log":
        own = loss.parameters["delta"] * seen.spread[0]
        shown = f"{own:,.0f}" if own >= 1000 else f"{own:.3g}"
        yield "fits", f"delta {loss.parameters['delta']:g}, in scaled units, is {shown} in the target's own"


def _of_transform(transform: TargetTransform, values: np.ndarray) -> Iterator[Reason]:
    """Why a target cannot be transformed so, if it cannot."""
    if transform == "log" and (below := float(np.mean(values < 0))):
        yield "cannot", f"{percent(below)} of the targets are below 0, and target: log needs 0 or more"
    if transform == "ratio" and (means := values.mean(axis=0)).min() <= 0:
        yield "cannot", f"the mean of the targets is {means.min():.3g}, and target: ratio divides by it"
    if transform == "robust" and (target_transform.has_no_range(values)).any():
        yield "works, but", "the targets have no interquartile range, so target: robust only shifts them by the median"


def _transformed(transform: TargetTransform, seen: Seen, values: np.ndarray) -> Seen:
    """What a loss with a target transform of its own sees."""
    center, spread = target_transform.fit(transform, values)
    return replace(seen, labels=(target_transform.apply(transform, values) - center) / spread, spread=spread.tolist())


_TO_RATIO = "; target: ratio beside the loss divides it by its mean instead"


def _clipped(loss: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    below, above = float(np.mean(values < 0)), OUTPUTS.get(loss.activation, (-np.inf,))[0] >= 0
    if below == 1:
        yield "cannot", "all scaled targets are below 0, and all count as 0"
    elif below:
        where = "" if above else ", where predictions have no gradient,"
        other = _TO_RATIO if never_negative else ""
        yield "works, but", f"{percent(below)} of the scaled targets are below 0{where} and all count as 0{other}"
    elif not above:
        yield "works, but", "predictions below 0 have no gradient; activation: softplus keeps them above"


def _not_below(_: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    if below := float(np.mean(values < 0)):
        other = _TO_RATIO if never_negative else "; scale the target by minmax"
        yield "cannot", f"{percent(below)} of the scaled targets are below 0, where it is not defined{other}"


def _away_from_zero(_: Loss, values: np.ndarray, never_negative: bool) -> Iterator[Reason]:
    size = np.abs(values)
    zeros = int(np.sum(size < EPSILON))
    if zeros == size.size:
        yield "cannot", "all targets are 0, and it divides by them"
        return
    if zeros:
        yield "works, but", f"it divides by {counted(zeros, 'target')} at 0, which outweigh all others"
        return
    heavy = float(np.mean(size < np.median(size) / HEAVY))
    if heavy >= 0.01:
        yield "works, but", f"{percent(heavy)} of the scaled targets are so near 0 that each weighs over {HEAVY} others"
    if values.min() < 0 < values.max():
        other = _TO_RATIO if never_negative else ""
        yield (
            "works, but",
            "the scaled targets lie on both sides of 0, and it divides by how far from it they are" + other,
        )


def _vectors(_: Loss, values: np.ndarray, __: bool) -> Iterator[Reason]:
    if values.shape[1] == 1:
        yield "cannot", "the target is one column, of which it sees no more than the sign"
    else:
        yield "works, but", "it learns the direction of the target, not its length"


_RANGES: dict[TargetRange, Callable[[Loss, np.ndarray, bool], Iterable[Reason]]] = {
    "any": lambda *_: (),
    "clipped below 0": _clipped,
    "not below 0": _not_below,
    "away from 0": _away_from_zero,
    "vectors": _vectors,
}


def _of_classes(loss: Loss, seen: Seen) -> Iterator[Reason]:
    sizes = np.bincount(seen.labels, minlength=len(seen.classes))
    absent = [name for name, size in zip(seen.classes, sizes, strict=True) if not size]
    if len(absent) == len(sizes) - 1:
        yield "cannot", f"all train rows are of class '{seen.classes[int(sizes.argmax())]}'"
    elif absent:
        more = f" and {len(absent) - 1} more have" if len(absent) > 1 else " has"
        yield "works, but", f"class '{absent[0]}'{more} no train row"
    if not loss.per_row:
        empty = _without(int(sizes[1]), int(sizes.sum()), seen.batch_size)
        why = f"it has one value for each batch of {seen.batch_size}, so it depends on the batch size"
        if empty >= 0.01:
            why += f", and {percent(empty)} of the batches hold no row of class '{seen.classes[1]}'"
        if seen.is_weighed:
            why += ", and what each row counts makes no difference to it"
        yield "works, but", why
    if "apply_class_balancing" in loss.parameters and not loss.parameters["apply_class_balancing"]:
        usual = LOSSES["binary_focal_crossentropy"].parameters["alpha"]
        if loss.parameters["alpha"] != usual:
            yield "works, but", "alpha acts only with apply_class_balancing: true"


def _without(n_some: int, n_rows: int, n_drawn: int) -> float:
    """The chance that a draw from all rows, none put back, holds none of some rows (hypergeometric)."""
    n_drawn = min(n_drawn, n_rows)
    if n_rows - n_some < n_drawn:
        return 0.0
    return float(np.prod([(n_rows - n_some - i) / (n_rows - i) for i in range(n_drawn)]))


def percent(share: float) -> str:
    """A share for people: whole percents, more digits below 1 %, never 0 or 100 % for what is not."""
    if 0.995 <= share < 1:
        return "over 99 %"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else f"{100 * share:.1f} %"
