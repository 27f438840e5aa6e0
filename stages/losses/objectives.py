"""The usual loss of a task, and names of one objective: known from the catalogue, before anything is trained."""

from collections.abc import Iterable
from dataclasses import replace

from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss

USUAL = ("mse", "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy")
# losses with the same value for all targets and outputs, but for rounding and clipping
NAMES_OF_ONE = (
    frozenset({"categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"}),
    frozenset({"dice", "tversky"}),
)


def usual(losses: Iterable[Loss]) -> str | None:
    """The name of the loss among these that is usual for its task, as the catalogue has it; None where none is."""
    plain = [loss for loss in losses if not loss.class_weight]
    return next((loss.name for name in USUAL for loss in plain if loss == _row(loss, name)), None)


def other_names(losses: list[Loss]) -> dict[str, list[str]]:
    """The losses whose objective others among them have too, and what these are called.

    Of several names of one objective the usual one stands for all, else the first.
    """
    groups: dict[tuple[frozenset[str], str], list[Loss]] = {}
    for loss in losses:
        for names in NAMES_OF_ONE:
            if any(loss == _row(loss, name) for name in names):
                groups.setdefault((names, repr(loss.class_weight)), []).append(loss)
    found = {}
    for group in groups.values():
        if len(group) > 1:
            kept = usual(group) or group[0].name
            found[kept] = [loss.name for loss in group if loss.name != kept]
    return found


def _row(loss: Loss, name: str) -> Loss:
    """The row of the catalogue with what may differ in a loss that is the same objective: its name, and weights."""
    return replace(LOSSES[name], name=loss.name, class_weight=loss.class_weight)
