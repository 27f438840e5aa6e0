"""What wrong decisions cost, as it stands under a comparison."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from stages.scores import costs


def _cost(value: Any) -> Any:
    """Costs of two kinds of error, or by class and what it is taken for; class names as texts."""

    def is_cost(number: Any) -> bool:
        return isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number < float("inf")

    if isinstance(value, dict) and value:
        value = {str(key): costs_of for key, costs_of in value.items()}
        if (
            set(value) <= {costs.MISSED, costs.FALSE_ALARM}
            and all(map(is_cost, value.values()))
            and any(value.values())
        ):
            return value
        if all(
            isinstance(costs_of, dict) and costs_of and all(map(is_cost, costs_of.values()))
            for costs_of in value.values()
        ):
            return {key: {str(name): number for name, number in taken.items()} for key, taken in value.items()}
    raise PydanticCustomError("cost_type", "not costs")


Cost = Annotated[dict[str, Any], BeforeValidator(_cost)]
