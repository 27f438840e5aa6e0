"""What wrong decisions cost, as it stands under a comparison."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from stages.scores import costs


def _cost(value: Any) -> Any:
    """Costs of two kinds of error, or by class and what it is taken for; or a column. Class names as texts."""

    def is_cost(entry: Any) -> bool:
        is_number = isinstance(entry, int | float) and not isinstance(entry, bool) and 0 <= entry < float("inf")
        return is_number or (isinstance(entry, str) and bool(entry.strip()))

    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, dict) and value:
        value = {str(key): entry for key, entry in value.items()}
        if (
            set(value) <= {costs.MISSED, costs.FALSE_ALARM}
            and all(map(is_cost, value.values()))
            and any(value.values())
        ):
            return value
        if all(isinstance(taken, dict) and taken and all(map(is_cost, taken.values())) for taken in value.values()):
            return {key: {str(name): entry for name, entry in taken.items()} for key, taken in value.items()}
    raise PydanticCustomError("cost_type", "not costs")


Cost = Annotated[dict[str, Any] | str, BeforeValidator(_cost)]
