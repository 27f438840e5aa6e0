"""An entry of a comparison's ``losses``: a name, or a mapping with the loss and what is to differ from its row."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, create_model
from pydantic_core import PydanticCustomError

from stages.basics.ranges import REFERENCE, Fraction, Name, Number, Rate, Share, Spread, Weight
from stages.basics.section import Section
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.losses.loss import ACTIVATIONS, Limit, Loss, Targets, Task
from stages.losses.target_transform import NEVER_NEGATIVE, TargetTransform
from stages.params.compound import heads, sums
from stages.params.compound.entries import (
    EntryError,
    by_target,
    each_once,
    name_in,
    one_or_several,
    own_name,
    validated,
)
from stages.params.explain import Mistake
from stages.params.source import Column as ColumnName


def _ascending(values: list[float]) -> list[float]:
    if len(values) < 2 or values != sorted(set(values)):
        raise PydanticCustomError("shares_type", "not ascending")
    return values


def _not_zero(value: float) -> float:
    if not value:
        raise PydanticCustomError("zero_type", "zero")
    return value


# what pydantic checks a loss's parameter by
_WITHIN: dict[Limit, Any] = {
    "above 0": Rate,
    "0 or more": Spread,
    "0 to below 1": Fraction,
    "between 0 and 1": Share,
    "0 to 1": Weight,
    "true or false": bool,
    "between 1 and 2": Annotated[Number, Field(gt=1, lt=2)],
    "not 0": Annotated[Number, AfterValidator(_not_zero)],
    "ascending shares": Annotated[list[Share], AfterValidator(_ascending)],
}
# which of them is predicted is a question of its own, and nothing to tune
NOT_TUNED = ("quantile", "quantiles", "expectile", "slope", "period")


def _class_weight(value: Any) -> Any:
    """What a row counts by its class; a class that is called by a number may stand as one."""
    if value == "auto":
        return value
    if not isinstance(value, dict):
        raise PydanticCustomError("class_weight_type", "neither auto nor a mapping")
    return {str(name).lower() if isinstance(name, bool) else str(name): weight for name, weight in value.items()}


# the tags are no keys, so that they are not taken for one in the location of pydantic's findings
_ClassWeight = Annotated[
    Annotated[Literal["auto"], Tag("<auto>")] | Annotated[dict[str, Spread], Tag("<mapping>")],
    Discriminator(lambda value: "<auto>" if value == "auto" else "<mapping>"),
    BeforeValidator(_class_weight),
]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | int) else value


_ACTIVATION = Literal[tuple(dict.fromkeys(name for names in ACTIVATIONS.values() for name in names))]


class Custom(Section):
    """A user's own loss: a function ``(y_true, y_pred)`` that gives a loss for each row, or for a batch.

    Attributes:
        loss: ``module:function``, the module a file in ``stages/custom``.
        activation: of the network's last layer; the usual one for `targets` when not given.
        targets: how the targets are fed, which says what task the loss is for.
        target: of values: what it makes of the target before it is trained with.
        class_weight: of classes: what a row counts in training by its class.
        per: whether it gives a value for each ``row``, or one for a whole ``batch``.
        columns: of the table that it sees, as ``columns``, a mapping of names to (n_rows,) numbers.
    """

    loss: str
    targets: Targets
    target: TargetTransform | None = None
    class_weight: _ClassWeight | None = None
    activation: _ACTIVATION | None = None
    per: Literal["row", "batch"] = "row"
    columns: Annotated[
        list[ColumnName] | None, BeforeValidator(_listed), Field(min_length=1), AfterValidator(each_once)
    ] = None


# ``as`` is a word of Python's own, so this field cannot be written in the class
Custom = create_model("Custom", __base__=Custom, **{"as": (Name | None, None)})


@cache
def _schema(name: str) -> type[Section]:
    """What an entry with one of the catalogue's losses may hold."""
    row = LOSSES[name]
    parameters = {
        key: (_WITHIN[limit] if key in NOT_TUNED or limit == "true or false" else one_or_several(_WITHIN[limit]),
              row.parameters[key])
        for key, limit in row.limits.items()
    }  # fmt: skip
    further = {"target": ((Literal[row.transforms] if row.transforms else TargetTransform) | None, None)}
    if row.targets != "value":
        further = {"class_weight": (_ClassWeight | None, None)}
    if row.task == "binary" and row.per_row:
        further["weights"] = (by_target(Rate) | None, None)
    return create_model(
        row.function,
        __base__=Section,
        loss=(str, ...),
        activation=(one_or_several(Literal[row.activations]) | None, None),
        **{"as": (Name | None, None), **further, **parameters},
    )


def resolve(
    entry: str | dict[str, Any],
    task: Task | None,
    *,
    is_tuned: bool = False,
    targets: Sequence[str] = (),
    period: float | None = None,
) -> Loss:
    """The loss that an entry asks for.

    Args:
        entry: as it stands in the file.
        task: the task of its dataset; None when only the data tell.
        is_tuned: whether learning rates are chosen, and so a loss's usual outputs too.
        targets: of its dataset, where they are columns of a table.
        period: of its dataset's target, where that begins anew.

    Raises:
        EntryError: it cannot be had.
    """
    keys = {"loss": entry} if isinstance(entry, str) else entry
    if "sum" in keys or "losses" in keys:
        loss = sums.resolve(keys, task, _catalogued) if "sum" in keys else heads.resolve(keys, _catalogued)
        name = loss.name
    else:
        name = name_in(keys)
        loss = _custom(keys) if ":" in name else _catalogued(keys, task, is_tuned=is_tuned)
    if task not in (None, loss.task):
        names = tuple(catalogue.names_for(task))
        facts = {"own_task": loss.task, "task": task, "namesakes": catalogue.namesakes(name, [task])}
        raise EntryError(Mistake("", "wrong_task", name, names, facts))
    if period and "period" in loss.parameters:
        return _on_circle(loss, keys.get("period", period), period)
    if loss.label_weights and targets:
        return replace(loss, label_weights=_of_labels(keys["weights"], targets))
    return loss.in_order(targets) if loss.heads else loss


def _on_circle(loss: Loss, own: float, period: float) -> Loss:
    """A loss on the circle with the period of its dataset, which its own must be."""
    if own != period:
        raise EntryError(Mistake("period", "period_of_dataset", own, facts={"period": period}))
    return replace(loss, parameters=loss.parameters | {"period": period})


def _of_labels(weights: list[float] | dict[str, float] | None, targets: Sequence[str]) -> tuple[float, ...]:
    """What the loss of each label counts, in the order of the targets, where these are known."""
    if isinstance(weights, dict):
        by_name = {str(name): float(weight) for name, weight in weights.items()}
        return tuple(by_name.get(name, 1.0) for name in targets or by_name)
    return tuple(map(float, weights or ()))


def _catalogued(keys: dict[str, Any], task: Task | None, *, is_tuned: bool) -> Loss:
    name = catalogue.canonical_name(keys["loss"])
    if name is None:
        names = tuple(catalogue.names_for(task))
        raise EntryError(Mistake("", "unknown_loss", keys["loss"], names, {"task": task}))
    form = next((form for key, form in LOSSES[name].forms.items() if key in keys), name)
    row, values = LOSSES[form], validated(_schema(form), keys)
    transform, class_weight = values.get("target") or row.target_transform, values.get("class_weight")
    if class_weight and not row.per_row:
        raise EntryError(Mistake("class_weight", "weighed_batch", class_weight, facts={"loss": name}))
    activation = values["activation"] or (is_tuned and list(row.usual_outputs)) or _activation(row, transform)
    settings = {"activation": activation} | {key: values[key] for key in row.parameters}
    several = {key: value for key, value in settings.items() if isinstance(value, list) and key not in NOT_TUNED}
    options = {key: tuple(value) for key, value in several.items() if len(value) > 1}
    parameters = settings | {key: value[0] for key, value in several.items()}
    return replace(
        row,
        name=own_name(values["as"]) or name,
        activation=parameters.pop("activation"),
        parameters=parameters,
        target_transform=transform,
        class_weight=class_weight,
        label_weights=_of_labels(values.get("weights"), ()),
        options=options,
    )


def _activation(row: Loss, transform: TargetTransform | None) -> str:
    """The usual output of a loss: above 0, where it is made for such targets and its transform leaves them so."""
    made_for_positive = row.target_range in ("clipped below 0", "not below 0", "away from 0")
    can_be = made_for_positive and "softplus" in row.activations
    return "softplus" if can_be and transform in NEVER_NEGATIVE else row.activation


def _custom(keys: dict[str, Any]) -> Loss:
    values = validated(Custom, keys)
    function, targets = values["loss"], values["targets"]
    suited = ACTIVATIONS[targets]
    activation = values["activation"] or suited[0]
    if activation not in suited:
        raise EntryError(Mistake("activation", "activation_unsuited", activation, suited, {"targets": targets}))
    if values["target"] and targets != "value":
        raise EntryError(Mistake("target", "transformed_classes", values["target"], facts={"targets": targets}))
    if values["class_weight"] and targets == "value":
        raise EntryError(Mistake("class_weight", "weighed_values", values["class_weight"]))
    if not re.fullmatch(REFERENCE, function):
        raise EntryError(Mistake("loss", "loss_reference", function))
    name = own_name(values["as"] or function.partition(":")[2])
    more = {"target_transform": values["target"], "class_weight": values["class_weight"]}
    more |= {"per_row": values["per"] == "row", "columns": values["columns"] and tuple(values["columns"])}
    return Loss(name, function, targets, activation, activations=suited, **more)


def find_mistakes(
    entries: list[str | dict[str, Any]], task: Task | None, period: float | None = None
) -> Iterator[Mistake]:
    """What is wrong with a comparison's entries, of a task and a period; keys begin within the list."""
    seen: dict[str, str] = {}
    tasks: dict[Task, str] = {}
    for index, entry in enumerate(entries):
        try:
            loss = resolve(entry, task, period=period)
        except EntryError as error:
            yield from (mistake.below(f"[{index}]") for mistake in error.mistakes)
            continue
        name = entry if isinstance(entry, str) else entry.get("loss", loss.name)
        if loss.name in seen:
            other = seen[loss.name]
            same = catalogue.canonical_name(name) == catalogue.canonical_name(other) is not None
            yield Mistake(
                f"[{index}]",
                "same_loss" if same else "name_twice",
                name,
                facts={"other": other, "name": loss.name},
            )
        seen.setdefault(loss.name, name)
        tasks.setdefault(loss.task, name)
    if task is None and len(tasks) > 1:
        losses = " and ".join(f"'{name}' for a {of} task" for of, name in tasks.items())
        others = [catalogue.namesakes(name, tasks) for name in tasks.values()]
        facts = {"losses": losses, "namesakes": next(filter(None, others), {})}
        yield Mistake("", "several_tasks", facts=facts)


def of_other_targets(entries: list[str | dict[str, Any]], targets: list[str], dataset: str) -> Iterator[Mistake]:
    """Losses by target, and weights of labels, that are not one for each target; keys begin within the list."""
    for index, entry in enumerate(entries):
        try:
            loss = resolve(entry, None)
        except EntryError:
            continue
        if loss.label_weights:
            yield from _of_other_labels(f"[{index}].weights", entry["weights"], targets)
        of_targets = list(loss.heads)
        key = f"[{index}].losses"
        if of_targets and len(targets) < 2:
            yield Mistake(key, "heads_without_targets", facts={"name": dataset})
        elif of_targets:
            yield from (
                Mistake(key, "head_unknown", name, tuple(targets)) for name in of_targets if name not in targets
            )
            yield from (Mistake(key, "head_missing", name) for name in targets if name not in of_targets)


def _of_other_labels(key: str, weights: list[float] | dict[str, float], targets: list[str]) -> Iterator[Mistake]:
    """Weights of labels that are not of a dataset's labels."""
    if len(targets) < 2:
        yield Mistake(key, "weights_without_labels")
    elif isinstance(weights, dict):
        others = [str(name) for name in weights if str(name) not in targets]
        yield from (Mistake(key, "head_unknown", name, tuple(targets)) for name in others)
    elif len(weights) != len(targets):
        yield Mistake(key, "label_weights", facts={"n_weights": len(weights), "n_targets": len(targets)})


def checked(value: Any) -> Any:
    """An entry of `losses`, which is a name or a mapping."""
    if not (isinstance(value, str) or (isinstance(value, dict) and all(isinstance(key, str) for key in value))):
        raise PydanticCustomError("entry_type", "not an entry")
    return value
