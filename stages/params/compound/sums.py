"""An entry that is a sum of losses, each times its weight."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, create_model

from stages.basics.ranges import Name, Rate
from stages.basics.section import Section
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss, Task
from stages.params.compound.entries import EntryError, joined, name_in, own_name, validated
from stages.params.explain import Mistake


class Sum(Section):
    """A sum of losses of the catalogue, which is one loss.

    Attributes:
        sum: what it is of: names, or mappings as of a comparison's losses.
        weights: what each is multiplied by; 1 when not given.
    """

    sum: Annotated[list[str | dict[str, Any]], Field(min_length=2)]
    weights: list[Rate] | None = None


Sum = create_model("Sum", __base__=Sum, **{"as": (Name | None, None)})


def resolve(keys: dict[str, Any], task: Task | None, catalogued: Callable[..., Loss]) -> Loss:
    """The loss that is a sum.

    Args:
        keys: the entry.
        task: the task of its dataset; None when only the data tell.
        catalogued: gives the loss of an entry with one of the catalogue's.

    Raises:
        EntryError: it cannot be had.
    """
    values, losses = validated(Sum, keys), []
    for index, entry in enumerate(values["sum"]):
        try:
            own = {"loss": entry} if isinstance(entry, str) else entry
            if ":" in name_in(own):
                raise EntryError(Mistake("", "sum_of_own", own["loss"]))
            losses.append(catalogued({**own}, task, is_tuned=False))
        except EntryError as error:
            raise error.below(f"sum[{index}]") from error
    first, weights = losses[0], values["weights"] or [1.0] * len(losses)
    if len(weights) != len(losses):
        raise EntryError(Mistake("weights", "sum_weights", facts={"n_weights": len(weights), "n_losses": len(losses)}))
    for index, loss in enumerate(losses):
        plain = loss == replace(LOSSES[catalogue.canonical_name(loss.name)], parameters=loss.parameters)
        if not plain or (loss.targets, loss.activation) != (first.targets, first.activation) or loss.gives != "point":
            raise EntryError(Mistake(f"sum[{index}]", "sum_unlike", loss.name, facts={"first": first.name}))
    return Loss(
        own_name(values["as"]) or joined(loss.name for loss in losses),
        "Sum",
        first.targets,
        first.activation,
        activations=(first.activation,),
        per_row=all(loss.per_row for loss in losses),
        parts=tuple((float(weight), loss.name, loss.parameters) for weight, loss in zip(weights, losses, strict=True)),
    )
