"""Which losses a new table is offered, and as what: as they are, or with a target transform."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.losses import catalogue, validity
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task
from stages.losses.validity import Seen, Validity
from stages.params import loss_entry

Entry = str | dict[str, Any]
# for values of each position, as images that are to be given again: also between their ends, as cross-entropy needs it
OF_POSITIONS: tuple[Entry, ...] = (
    "mse",
    "mae",
    "huber",
    {"loss": "mse", "target": "minmax", "activation": "sigmoid", "as": "mse_sigmoid"},
    {"loss": "share_crossentropy", "target": "minmax", "as": "crossentropy_minmax"},
)


ON_A_LINE: tuple[Entry, ...] = ("mse", "mae")  # what losses on the circle are to beat
CHOSEN = [0.1, 1, 10]  # weights of a yes/no target's loss to choose from, beside 1 of each number's


@dataclass(frozen=True)
class Offer:
    """A loss that a table may be trained with.

    Attributes:
        entry: as it stands in ``params.yaml``.
        loss: what it asks for.
        validity: whether it can learn from the table.
        is_made: whether it is put into ``params.yaml``.
    """

    entry: Entry
    loss: Loss
    validity: Validity
    is_made: bool

    @property
    def words(self) -> str:
        """Its name, and what it makes of the target."""
        # where it can have one transform alone, nothing is told apart by it
        is_set = self.loss.target_transform and not self.loss.heads and len(self.loss.transforms) != 1
        transform = f" (target: {self.loss.target_transform})" if is_set else ""
        return f"{self.loss.name}{transform}"


def offers(
    task: Task,
    labels: np.ndarray,
    seen: list[Seen],
    *,
    is_ordered: bool = False,
    of_kinds: Mapping[str, bool] | None = None,
    period: float | None = None,
) -> list[Offer]:
    """Judge the losses for a table's target.

    Args:
        task: the kind of problem.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices.
        seen: what a loss sees of the train rows, for each distinct split.
        is_ordered: whether classes have an order.
        of_kinds: of several targets of different kinds, by name whether each is yes/no; None of others.
        period: after how much values begin anew; None where they do not.
    """
    rows = [LOSSES[name] for name in catalogue.names_for(task)]
    rows = [row for row in rows if is_ordered or not row.needs_order]
    is_column = task == "regression" and labels.ndim == 2 and labels.shape[1] == 1
    is_positive = is_column and (labels >= 0).all()
    if of_kinds:
        entries = _by_target(of_kinds)
    elif period:
        entries = [*ON_A_LINE, *(row.name for row in rows if "angles" in row.offered_for)]
    elif task == "regression" and labels.ndim > 2:
        entries = list(OF_POSITIONS)
    elif are_shares(task, labels):
        entries = [entry for row in rows for entry in [*_entries(row, is_positive=False), *_for_shares(row)]]
    else:
        entries = [entry for row in rows for entry in _entries(row, is_positive=is_positive)]
    entries.sort(key=lambda entry: 0 if isinstance(entry, str) else len(entry))  # what differs most last
    losses = [loss_entry.resolve(entry, task, period=period) for entry in entries]
    judged = validity.judge_all(losses, seen)
    return [
        Offer(entry, loss, judged[loss.name], _is_made(loss, judged[loss.name], labels))
        for entry, loss in zip(entries, losses, strict=True)
    ]


def _by_target(of_kinds: Mapping[str, bool]) -> list[Entry]:
    """A loss for each target: two for numbers, weights of 1, and weights that are chosen; and squared errors of all."""

    def heads(of_numbers: str) -> dict[str, Any]:
        return {"losses": {name: "binary_crossentropy" if yes else of_numbers for name, yes in of_kinds.items()}}

    weights = {name: CHOSEN for name, yes in of_kinds.items() if yes}
    chosen = [{**heads("mse"), "weights": weights, "as": "weights_chosen"}] if len(weights) <= 2 else []
    return [
        "mse",
        {**heads("mse"), "as": "mse_and_crossentropy"},
        {**heads("huber"), "as": "huber_and_crossentropy"},
        *chosen,
    ]


def _entries(row: Loss, *, is_positive: bool) -> list[Entry]:
    """How a loss is offered: for a target that is one column of values which are never negative, or for another."""
    transforms = row.offered if is_positive else row.offered and (None,)
    named = {"as": f"{row.name}_{transforms[-1]}"} if len(transforms) > 1 else {}
    return [{"loss": row.name, "target": transform, **named} if transform else row.name for transform in transforms]


def are_shares(task: Task, labels: np.ndarray) -> bool:
    """Whether a target is one column of values between 0 and 1."""
    return (
        task == "regression"
        and labels.ndim == 2
        and labels.shape[1] == 1
        and bool(((labels >= 0) & (labels <= 1)).all())
    )


def _for_shares(row: Loss) -> list[Entry]:
    """How a loss is offered for a target of shares: on an output that keeps predictions between 0 and 1."""
    named = {output: f"{row.name}_{output}" for output in row.for_shares if output != row.activation}
    return [
        {"loss": row.name, "activation": output, "target": "none", "as": named[output]} if output in named else row.name
        for output in row.for_shares
    ]


def _is_made(loss: Loss, judged: Validity, labels: np.ndarray) -> bool:
    """Whether a loss fits; where it transforms the target, a remark does not matter, but that it divides by 0 does."""
    if loss.target_transform and (loss.target_range != "away from 0" or (labels > 0).all()):
        return judged.level != "cannot"
    return judged.level == "fits"
