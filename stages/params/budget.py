"""How long a comparison may take, and the plan by which it keeps that: ``data/budgets/<comparison>.yaml``.

The plan says what size is trained, and decides where ``params.yaml`` says otherwise. A user may edit it. How long it
takes was estimated when it was made; the clock is not looked at again, so the same plan gives the same bytes
everywhere.
"""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from stages.basics import paths
from stages.basics.ranges import Number, Positive
from stages.basics.section import Section
from stages.params.seeds import Seeds, most

NONE = "none"
FULL = "full"  # as a plan: all that ``params.yaml`` asks for
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)([mh])")
_SECONDS = {"m": 60, "h": 3600}


def _time(value: Any) -> Any:
    if value != NONE and not (isinstance(value, str) and (written := _WRITTEN.fullmatch(value)) and float(written[1])):
        raise PydanticCustomError("budget_type", "neither a time nor none")
    return value


# a time as in 10m or 2h, or none
Budget = Annotated[str, BeforeValidator(_time)]


def seconds(budget: Budget) -> float | None:
    """How many seconds a budget is; None where there is none."""
    if budget == NONE:
        return None
    number, unit = _WRITTEN.fullmatch(budget).groups()
    return float(number) * _SECONDS[unit]


class Rungs(Section):
    """On what learning rates are halved, before the best are checked on all rows of the plan.

    Attributes:
        rows: that train each seed, a fifth of them to choose by.
        seeds: how many choose, also when the best are checked.
    """

    rows: Annotated[Positive, Field(ge=10)]
    seeds: Annotated[Positive, Field(ge=2)]


def _rising(horizons: list[int]) -> list[int]:
    if horizons != sorted(set(horizons)):
        raise PydanticCustomError("horizons_type", "not rising")
    return horizons


class Sizes(Section):
    """What size is trained.

    Attributes:
        rows: that train each seed, those to choose by among them; drawn by the seed, for all losses alike.
        test_rows: that each seed tests on at most.
        batch_size: rows per step.
        horizons: steps for which learning rates are tried, ascending; the longest is the most that are trained.
        rungs: on what they are tried.
        seeds: how many train.
    """

    rows: Annotated[Positive, Field(ge=10)]
    test_rows: Positive
    batch_size: Positive
    horizons: Annotated[list[Positive], Field(min_length=1), AfterValidator(_rising)]
    rungs: Rungs
    seeds: Seeds

    @model_validator(mode="after")
    def _possible(self) -> "Sizes":
        for name, part, all_of_it in (
            ("rows", self.rungs.rows, self.rows),
            ("seeds", self.rungs.seeds, most(self.seeds)),
        ):
            if part > all_of_it:
                context = {"name": name, "part": part, "most": all_of_it}
                raise PydanticCustomError("sizes_part", "more than there are", context)
        return self


def _word(value: Any) -> Any:
    if value != FULL:
        raise PydanticCustomError("plan_type", "neither full nor sizes")
    return value


def _kind(value: Any) -> str:
    return "sizes" if isinstance(value, dict | Sizes) else "word"


Plan = Annotated[
    Annotated[Sizes, Tag("sizes")] | Annotated[Literal["full"], BeforeValidator(_word), Tag("word")],
    Discriminator(_kind),
]


class Minutes(Section):
    """How many minutes training takes, as estimated on the machine that a plan was made on.

    Attributes:
        full: all that ``params.yaml`` asks for.
        planned: the plan.
    """

    full: Number
    planned: Number


class Budgeted(Section):
    """What stands in the file.

    Attributes:
        budget: for which it was made.
        minutes: what it takes.
        plan: what size is trained; ``full`` where all that ``params.yaml`` asks for keeps the budget.
    """

    budget: Budget
    minutes: Minutes
    plan: Plan

    @property
    def sizes(self) -> Sizes | None:
        """What size is trained; None where it is all that ``params.yaml`` asks for."""
        return None if self.plan == FULL else self.plan


def path_of(comparison: str) -> Path:
    """The file of a comparison's plan."""
    return paths.BUDGETS / f"{comparison}.yaml"
