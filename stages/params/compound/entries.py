"""What all entries of a comparison's ``losses`` have: mistakes, one value or several, a name of their own."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Discriminator, Field, Tag, ValidationError
from pydantic_core import PydanticCustomError

from stages.basics.section import Section
from stages.losses import catalogue
from stages.params.explain import Mistake, findings
from stages.params.source import Column


class EntryError(Exception):
    """What is wrong with an entry; keys begin within it."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def below(self, key: str) -> "EntryError":
        """The same of an entry that stands at a key of another."""
        return EntryError(*(mistake.below(key) for mistake in self.mistakes))


def validated(schema: type[Section], keys: dict[str, Any]) -> dict[str, Any]:
    """The values of an entry.

    Raises:
        EntryError: it does not fit the schema.
    """
    try:
        return schema.model_validate(keys).model_dump()
    except ValidationError as error:
        raise EntryError(*findings(error, keys)) from error


def one_or_several(kind: Any) -> Any:
    """One value, or a list from which tuning chooses."""
    return Annotated[
        Annotated[kind, Tag("<value>")]
        | Annotated[list[kind], Field(min_length=1), AfterValidator(each_once), Tag("<values>")],
        Discriminator(lambda value: "<values>" if isinstance(value, list) else "<value>"),
    ]


def each_once(values: list[Any] | None) -> list[Any] | None:
    """A list in which nothing stands twice."""
    for value in values or []:
        if values.count(value) > 1:
            raise PydanticCustomError("value_twice", "a value stands twice", {"value": value})
    return values


def own_name(name: str | None) -> str | None:
    """What a user calls a loss.

    Raises:
        EntryError: it is called so already.
    """
    if name is not None and (name in ("all", "first", "recommended") or catalogue.canonical_name(name)):
        raise EntryError(Mistake("as", "name_taken", name))
    return name


def name_in(keys: dict[str, Any]) -> str:
    """The name of the loss that an entry asks for.

    Raises:
        EntryError: there is none.
    """
    if "loss" not in keys:
        raise EntryError(Mistake("loss", "missing"))
    if not isinstance(keys["loss"], str):
        raise EntryError(Mistake("loss", "loss_type", keys["loss"]))
    return keys["loss"]


def by_target(kind: Any) -> Any:
    """A number of this kind for each of several targets: in their order, or by name."""
    return Annotated[
        Annotated[list[kind], Tag("<in order>")] | Annotated[dict[Column, kind], Tag("<by target>")],
        Discriminator(lambda value: "<by target>" if isinstance(value, dict) else "<in order>"),
    ]


def joined(names: Iterable[str]) -> str:
    """What a loss is called that is made of several."""
    return "_and_".join(names)
