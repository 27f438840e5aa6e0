"""How many seeds train: a number, or as many as are needed and at most some."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Positive
from stages.basics.section import Section
from stages.records.settings import LOOK

ALONE = 30  # seeds of a loss that is compared with none, where as many as are needed are to train


def _tens(value: int) -> int:
    if value % LOOK:
        raise PydanticCustomError("looks_type", "not whole looks")
    return value


class AtMost(Section):
    """As many seeds as are needed.

    Attributes:
        at_most: the most there are: one look or several.
    """

    at_most: Annotated[Positive, AfterValidator(_tens)]


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("seeds_type", "neither a number nor at most some")
    return value


def _kind(value: Any) -> str:
    return "looks" if isinstance(value, dict | AtMost) else "number"


Seeds = Annotated[
    Annotated[AtMost, Tag("looks")] | Annotated[Positive, BeforeValidator(_number), Tag("number")], Discriminator(_kind)
]


def key(comparison: str, seeds: int | AtMost | None) -> str:
    """The path of the key that says how many seeds of a comparison train, which has `seeds` of its own or none."""
    return "train.seeds" if seeds is None else f"comparisons.{comparison}.seeds"


def most(seeds: int | AtMost) -> int:
    """The most seeds that train."""
    return seeds.at_most if isinstance(seeds, AtMost) else seeds


def looks(seeds: int | AtMost, n_losses: int) -> tuple[int, ...]:
    """After how many seeds a comparison is looked at, and may end: ascending, the last of them at the latest.

    Args:
        seeds: how many train.
        n_losses: losses that are compared; one alone is not looked at before it ends.
    """
    if not isinstance(seeds, AtMost):
        return (seeds,)
    return tuple(range(LOOK, (seeds.at_most if n_losses > 1 else min(ALONE, seeds.at_most)) + 1, LOOK))
