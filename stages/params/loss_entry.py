"""An entry of a comparison's ``losses``: a name, or a mapping with the loss and what is to differ from its row."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any, Literal

from pydantic import ValidationError, create_model

from stages.basics import suggest as mistakes
from stages.basics.ranges import REFERENCE, Name, Section
from stages.losses import catalogue
from stages.losses.catalogue import ACTIVATIONS, LOSSES, Loss, Task

_ACTIVATION = Literal[tuple(dict.fromkeys(name for names in ACTIVATIONS.values() for name in names))]


class EntryError(Exception):
    """What is wrong with an entry: a line for each mistake, which begins with its key's path within the entry."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


class Custom(Section):
    """A user's own loss: a function ``(y_true, y_pred)`` that gives a loss for each row.

    Attributes:
        loss: ``module:function``, the module a file in ``stages/custom``.
        activation: of the network's last layer; the usual one for `targets` when not given.
        targets: how the targets are fed, which says what task the loss is for.
    """

    loss: str
    targets: catalogue.Targets
    activation: _ACTIVATION | None = None


# ``as`` is a word of Python's own, so this field cannot be written in the class
Custom = create_model("Custom", __base__=Custom, **{"as": (Name | None, None)})


@cache
def _schema(name: str) -> type[Section]:
    """What an entry with one of the catalogue's losses may hold."""
    row = LOSSES[name]
    parameters = {key: (kind, row.parameters[key]) for key, kind in row.limits.items()}
    return create_model(
        row.function,
        __base__=Section,
        loss=(str, ...),
        activation=(Literal[row.activations], row.activation),
        **{"as": (Name | None, None), **parameters},
    )


def resolve(entry: str | dict[str, Any], task: Task | None) -> Loss:
    """The loss that an entry asks for.

    Args:
        entry: as it stands in the file.
        task: the task of its dataset; None when only the data tell.

    Raises:
        EntryError: it cannot be had.
    """
    given = {"loss": entry} if isinstance(entry, str) else entry
    if not isinstance(given.get("loss"), str):
        told = f"{mistakes.show(given['loss'])} given; allowed: a loss's name" if "loss" in given else "is missing"
        raise EntryError(f".loss: {told}")
    loss = _custom(given) if ":" in given["loss"] else _catalogued(given, task)
    if task not in (None, loss.task):
        raise EntryError(
            f": '{given['loss']}' is a loss for a {loss.task} task; "
            f"losses for a {task} task: {', '.join(catalogue.names_for(task))}"
        )
    return loss


def _catalogued(given: dict[str, Any], task: Task | None) -> Loss:
    name = catalogue.canonical_name(given["loss"])
    if name is None:
        heading = f"Losses for a {task} task" if task else "Losses"
        raise EntryError(": " + mistakes.not_one_of(given["loss"], catalogue.names_for(task), "a loss", heading))
    row, found = LOSSES[name], _validated(_schema(name), given)
    return replace(
        row,
        name=_own_name(found["as"]) or name,
        activation=found["activation"],
        parameters={key: found[key] for key in row.parameters},
    )


def _custom(given: dict[str, Any]) -> Loss:
    found = _validated(Custom, given)
    targets = found["targets"]
    suited = ACTIVATIONS[targets]
    activation = found["activation"] or suited[0]
    if activation not in suited:
        raise EntryError(f".activation: '{activation}' does not suit targets {targets}; allowed: {', '.join(suited)}")
    if not re.fullmatch(REFERENCE, found["loss"]):
        raise EntryError(
            f".loss: {mistakes.show(found['loss'])} given; allowed: module:function, as in my_losses:pinball"
        )
    name = _own_name(found["as"] or found["loss"].partition(":")[2])
    return Loss(name, found["loss"], targets, activation, activations=suited)


def _own_name(name: str | None) -> str | None:
    if name is not None and (name in ("all", "first") or catalogue.canonical_name(name)):
        raise EntryError(f".as: '{name}' has a meaning of its own; choose another name")
    return name


def _validated(schema: type[Section], given: dict[str, Any]) -> dict[str, Any]:
    try:
        return schema.model_validate(given).model_dump()
    except ValidationError as error:
        raise EntryError(
            *(
                f"{'.' if path else ''}{path or ': '}{mistakes.explain(detail)}"
                for detail in error.errors()
                for path in [mistakes.key_path(detail, given)]
            )
        ) from error


def find_mistakes(entries: list[str | dict[str, Any]], task: Task | None) -> Iterator[str]:
    """What is wrong with a comparison's entries, a line for each mistake: key path, then what is told."""
    seen: dict[str, str] = {}
    tasks: dict[Task, str] = {}
    for index, entry in enumerate(entries):
        try:
            loss = resolve(entry, task)
        except EntryError as error:
            yield from (f"[{index}]{line}" for line in error.lines)
            continue
        given = entry if isinstance(entry, str) else entry["loss"]
        if loss.name in seen:
            other = seen[loss.name]
            told = (
                f"is the same loss as '{other}'; list each once, or name one with as:"
                if catalogue.canonical_name(given) == catalogue.canonical_name(other) is not None
                else f"goes by the name '{loss.name}', as '{other}' does; name one with as:"
            )
            yield f"[{index}]: '{given}' {told}"
        seen.setdefault(loss.name, given)
        tasks.setdefault(loss.task, given)
    if task is None and len(tasks) > 1:
        told = " and ".join(f"'{name}' for a {of} task" for of, name in tasks.items())
        yield f": losses of one task are compared; {told}"
