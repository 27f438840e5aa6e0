"""Which losses a new table is offered, and as what: as they are, and for targets that are never negative framed."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from stages.losses import catalogue, validity
from stages.losses.loss import Loss, Task
from stages.losses.validity import Seen, Validity
from stages.params import loss_entry

# for a target that is never negative: the losses made for such targets, as they are meant
FRAMED: tuple[dict[str, str], ...] = (
    {"loss": "msle", "target": "ratio"},
    {"loss": "mape", "target": "ratio"},
    {"loss": "poisson", "target": "ratio"},
    {"loss": "mse", "target": "log", "as": "mse_log"},
)

FOR_THOSE_WHO_ASK = ("pinball",)  # which quantile is wanted, nobody else knows

Entry = str | dict[str, Any]


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
        framing = f" (target: {self.loss.framing})" if self.loss.framing else ""
        return f"{self.loss.name}{framing}"


def offers(task: Task, labels: np.ndarray, seen: list[Seen]) -> list[Offer]:
    """Judge the losses for a table's target.

    Args:
        task: the kind of problem.
        labels: (n_rows, n_targets) values, or (n_rows,) class indices.
        seen: what a loss sees of the train rows, for each distinct split.
    """
    framed = FRAMED if task == "regression" and labels.shape[1] == 1 and (labels >= 0).all() else ()
    elsewise = {*(entry["loss"] for entry in framed if "as" not in entry), *FOR_THOSE_WHO_ASK}
    entries: list[Entry] = [*(name for name in catalogue.names_for(task) if name not in elsewise), *framed]
    losses = [loss_entry.resolve(entry, task) for entry in entries]
    judged = validity.judge_all(losses, seen)
    return [
        Offer(entry, loss, judged[loss.name], _is_made(loss, judged[loss.name], labels))
        for entry, loss in zip(entries, losses, strict=True)
    ]


def _is_made(loss: Loss, judged: Validity, labels: np.ndarray) -> bool:
    """Whether a loss fits; of one that is framed a remark does not matter, but that it divides by 0 does."""
    if loss.framing and (loss.target_range != "away from 0" or (labels > 0).all()):
        return judged.level != "cannot"
    return judged.level == "fits"
