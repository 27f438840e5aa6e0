"""The optimizer that networks are trained with: Keras' names and settings, with our default learning rates."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Fraction, Rate, Spread, Weight
from stages.basics.section import Section
from stages.records.settings import Schedule


def _ascending(rates: list[float]) -> list[float]:
    for rate in rates:
        if rates.count(rate) > 1:
            raise PydanticCustomError("rate_twice", "a learning rate stands twice", {"rate": rate})
    return sorted(rates)


def _rates(value: Any) -> Any:
    if value == "auto":
        return None
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            raise PydanticCustomError("rates_type", "neither a learning rate nor a list of them") from None
    return value


# the tags are no keys, so that they are not taken for one in the location of pydantic's findings
Rates = Annotated[
    Annotated[Rate, Tag("<number>")]
    | Annotated[list[Rate], Field(min_length=1), AfterValidator(_ascending), Tag("<list>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list) else "<number>"),
]

SCHEDULES: list[Schedule] = ["cosine", "constant"]


def _each_once(schedules: list[str]) -> list[str]:
    for schedule in schedules:
        if schedules.count(schedule) > 1:
            raise PydanticCustomError("schedule_twice", "a schedule stands twice", {"schedule": schedule})
    return schedules


Schedules = Annotated[
    Annotated[Schedule, Tag("<name>")]
    | Annotated[list[Schedule], Field(min_length=1), AfterValidator(_each_once), Tag("<list>")],
    Discriminator(lambda value: "<list>" if isinstance(value, list) else "<name>"),
]

_ADAM = {
    "learning_rate": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
    "beta_1": 0.9,
    "beta_2": 0.999,
    "epsilon": 1e-7,
    "amsgrad": False,
}
# each optimizer's settings and their values where none are given; the lists are tuned
SETTINGS: dict[str, dict[str, Any]] = {
    "SGD": {"learning_rate": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3], "momentum": 0.0, "nesterov": False},
    "Adam": _ADAM,
    "AdamW": _ADAM | {"weight_decay": 0.004},
    "RMSprop": {
        "learning_rate": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
        "rho": 0.9,
        "momentum": 0.0,
        "epsilon": 1e-7,
        "centered": False,
    },
}


class Optimizer(Section):
    """An optimizer of Keras', by its name, and its settings.

    A setting that another optimizer has and this one has not may stand beside the name, so that
    ``-S train.optimizer.name=Adam`` needs no other edit; it is not used.

    Attributes:
        name: of the class in ``keras.optimizers``.
        learning_rate: a number, or the numbers to choose from for each loss; ``auto`` (None) for the optimizer's own
            list in `SETTINGS`.
        schedule: how the learning rate goes on: ``cosine``, falling to 0 at the last step, or ``constant``; or a list
            to choose from for each loss. When not given, `SCHEDULES` for rates to choose from, else ``constant``.
        global_clipnorm: the norm, over all weights together, to which a longer gradient is cut; 0 cuts none. When not
            given, 1 for rates to choose from, else none is cut.
    """

    name: Literal["SGD", "Adam", "AdamW", "RMSprop"]
    learning_rate: Annotated[Rates | None, BeforeValidator(_rates)] = None
    schedule: Schedules | None = None
    global_clipnorm: Spread | None = None
    momentum: Weight | None = None
    nesterov: bool | None = None
    beta_1: Fraction | None = None
    beta_2: Fraction | None = None
    rho: Fraction | None = None
    epsilon: Rate | None = None
    amsgrad: bool | None = None
    weight_decay: Spread | None = None
    centered: bool | None = None

    def settings(self) -> dict[str, Any]:
        """The name and the optimizer's own settings, also those left out."""
        values = {key: getattr(self, key) for key in SETTINGS[self.name]}
        defaults = SETTINGS[self.name]
        settings = {key: defaults[key] if value is None else value for key, value in values.items()}
        is_tuned = isinstance(settings["learning_rate"], list)
        schedule = self.schedule or (SCHEDULES if is_tuned else "constant")
        cut = float(is_tuned) if self.global_clipnorm is None else self.global_clipnorm
        return {"name": self.name, "schedule": schedule} | settings | ({"global_clipnorm": cut} if cut else {})

    def is_tuned(self) -> bool:
        """Whether there is something to choose from for each loss."""
        return any(isinstance(self.settings()[key], list) for key in ("learning_rate", "schedule"))

    def rates(self) -> list[float]:
        """The learning rates to choose from, ascending; a single one is not chosen but taken."""
        rates = self.settings()["learning_rate"]
        return rates if isinstance(rates, list) else [rates]

    def unused(self) -> dict[str, list[str]]:
        """The settings that stand beside the name and are not this optimizer's, with those whose they are."""
        return {
            key: [name for name, settings in SETTINGS.items() if key in settings]
            for key, value in self
            if value is not None and key not in {"name", "schedule", "global_clipnorm", *SETTINGS[self.name]}
        }
