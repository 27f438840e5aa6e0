"""The kinds of value that may stand in ``params.yaml``, with their limits."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError


def _reject_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "a number is needed here")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("whole_type", "a whole number is needed here")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Positive = Annotated[Whole, Field(ge=1)]
# Keras draws from 32-bit generators
Seed = Annotated[Whole, Field(ge=0, lt=2**32)]
Number = Annotated[float, BeforeValidator(_reject_bool), Field(allow_inf_nan=False)]
Rate = Annotated[Number, Field(gt=0)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]
Share = Annotated[Number, Field(gt=0, lt=1)]
Weight = Annotated[Number, Field(ge=0, le=1)]
Spread = Annotated[Number, Field(ge=0)]
# a name becomes a folder and part of an MLflow experiment's name
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
# the user's own code: a file in stages/custom and a name in it
REFERENCE = r"[A-Za-z_][A-Za-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*"


def _reference(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(REFERENCE, value):
        raise PydanticCustomError("reference_type", "not a reference to the user's own code")
    return value


Reference = Annotated[str, BeforeValidator(_reference)]
