"""How long a comparison may take: a time, or as long as all of it does."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

NONE = "none"
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
