"""A mapping in ``params.yaml`` whose keys are all known."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """A mapping in the file whose keys are all known."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, values: Any) -> Any:
        # pydantic's own finding does not say which keys there are
        for key in values if isinstance(values, dict) else ():
            if key not in cls.model_fields:
                context = {"value": key, "names": tuple(cls.model_fields)}
                raise PydanticCustomError("unknown_key", "not a key of this section", context)
        return values
