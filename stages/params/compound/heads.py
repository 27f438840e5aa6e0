"""An entry that has a loss for each of several targets, each times its weight, as Keras' ``loss_weights``."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any

from pydantic import Field, create_model

from stages.basics.ranges import Name, Rate
from stages.basics.section import Section
from stages.losses.catalogue import LOSSES, canonical_name
from stages.losses.loss import Loss
from stages.params.compound.entries import EntryError, by_target, joined, name_in, one_or_several, own_name, validated
from stages.params.explain import Mistake
from stages.params.source import Column


class Heads(Section):
    """A loss for each target of a network that has an output for each.

    Attributes:
        losses: by target a name, or a mapping as of a comparison's losses.
        weights: what each is multiplied by, or a list from which tuning chooses; in the order of `losses`, or by
            target; 1 when not given.
    """

    losses: Annotated[dict[Column, str | dict[str, Any]], Field(min_length=2)]
    weights: by_target(one_or_several(Rate)) | None = None


Heads = create_model("Heads", __base__=Heads, **{"as": (Name | None, None)})


def weight_of(target: str) -> str:
    """What the weight of a target's loss is called among the parameters of the whole."""
    return f"weight of {target}"


def resolve(keys: dict[str, Any], catalogued: Callable[..., Loss]) -> Loss:
    """The loss of which each target has a part.

    Args:
        keys: the entry.
        catalogued: gives the loss of an entry with one of the catalogue's.

    Raises:
        EntryError: it cannot be had.
    """
    values = validated(Heads, keys)
    losses = {target: _of_one(target, entry, catalogued) for target, entry in values["losses"].items()}
    weights = _weights(values["weights"], list(losses))
    several = {weight_of(target): weight for target, weight in weights.items() if isinstance(weight, list)}
    parameters = {weight_of(target): weight for target, weight in weights.items()}
    of_mean = all(loss.task == "binary" or loss.estimates == "mean" for loss in losses.values())
    return Loss(
        own_name(values["as"]) or joined(loss.name for loss in losses.values()),
        "Heads",
        "value",
        "linear",
        activations=("linear",),
        parameters=parameters | {name: weight[0] for name, weight in several.items()},
        target_range="by head",
        target_transform="of heads",
        estimates="mean" if of_mean else None,
        gives="heads",
        parts=tuple((1.0, loss.name, loss.parameters) for loss in losses.values()),
        heads={target: loss.activation for target, loss in losses.items()},
        options={name: tuple(weight) for name, weight in several.items() if len(weight) > 1},
    )


def _of_one(target: str, entry: str | dict[str, Any], catalogued: Callable[..., Loss]) -> Loss:
    try:
        own = {"loss": entry} if isinstance(entry, str) else entry
        if ":" in name_in(own):
            raise EntryError(Mistake("", "head_of_own", own["loss"]))
        loss = catalogued({**own}, None, is_tuned=False)
    except EntryError as error:
        raise error.below(f"losses.{target}") from error
    plain = loss == replace(LOSSES[canonical_name(loss.name)], parameters=loss.parameters)
    if not plain or loss.name not in possible():
        raise EntryError(Mistake(f"losses.{target}", "head_unsuited", loss.name, tuple(possible())))
    return loss


def possible() -> list[str]:
    """The losses that a target may have: of values as they are, and of the probability of yes."""
    return [name for name, loss in LOSSES.items() if _is_possible(loss)]


def _is_possible(loss: Loss) -> bool:
    of_values = loss.targets == "value" and loss.activation == "linear" and loss.target_range == "any"
    is_plain = loss.gives == "point" and loss.per_row and loss.target_transform is None
    return is_plain and (of_values or (loss.targets == "zero_one" and loss.activation == "sigmoid"))


def _weights(
    given: list[float | list[float]] | dict[str, float | list[float]] | None, targets: list[str]
) -> dict[str, float | list[float]]:
    """The weight of each target's loss, or those to choose from."""
    if given is None:
        return dict.fromkeys(targets, 1.0)
    if isinstance(given, list):
        if len(given) != len(targets):
            facts = {"n_weights": len(given), "n_losses": len(targets)}
            raise EntryError(Mistake("weights", "sum_weights", facts=facts))
        return dict(zip(targets, given, strict=True))
    for name in given:
        if name not in targets:
            raise EntryError(Mistake("weights", "head_unknown", name, tuple(targets)))
    return {target: given.get(target, 1.0) for target in targets}
