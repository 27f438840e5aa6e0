"""What wrong decisions cost, as it stands under a comparison."""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from stages.scores import costs


def _cost(value: Any) -> Any:
    """Costs of two kinds of error, or by class and what it is taken for; class names as texts."""

    def is_cost(each: Any) -> bool:
        return isinstance(each, int | float) and not isinstance(each, bool) and 0 <= each < float("inf")

    if isinstance(value, dict) and value:
        value = {str(key): each for key, each in value.items()}
        if (
            set(value) <= {costs.MISSED, costs.FALSE_ALARM}
            and all(map(is_cost, value.values()))
            and any(value.values())
        ):
            return value
        if all(isinstance(each, dict) and each and all(map(is_cost, each.values())) for each in value.values()):
            return {key: {str(name): each for name, each in taken.items()} for key, taken in value.items()}
    raise PydanticCustomError("cost_type", "not costs")


Cost = Annotated[dict[str, Any], BeforeValidator(_cost)]
