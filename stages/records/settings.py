"""What a run was made with: everything that decides its result, as `run.json` holds it."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from stages.losses.loss import Loss, Task
from stages.records.networks import Shaped

Schedule = Literal["cosine", "constant"]  # of the learning rate: it falls along half a cosine to 0, or stays


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OptimizerSettings(_Record):
    """A Keras optimizer, with further fields: the other arguments of its class.

    Attributes:
        name: of the class.
        learning_rate: one, or those to choose from for each loss, ascending.
        schedule: one, or those to choose from for each loss.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, bool | float]

    name: str
    learning_rate: float | tuple[float, ...]
    schedule: Schedule | tuple[Schedule, ...] = "constant"

    @property
    def arguments(self) -> dict[str, bool | float]:
        """The arguments of its class besides the learning rate, as ``momentum`` and ``global_clipnorm``."""
        return dict(self.__pydantic_extra__)

    @property
    def is_tuned(self) -> bool:
        """Whether the learning rate or its schedule is chosen from several."""
        return isinstance(self.learning_rate, tuple) or isinstance(self.schedule, tuple)

    def at(self, rate: float, schedule: Schedule = "constant") -> "OptimizerSettings":
        """The same with this learning rate and schedule."""
        return self.model_copy(update={"learning_rate": rate, "schedule": schedule})


class ScaleSettings(_Record):
    """How features and target were scaled, and on which rows the scaling was fitted."""

    features: str
    target: str | None
    fit_on: str


class SplitSettings(_Record):
    """How the rows were divided, as the parameters say it; None where they leave it open."""

    method: str | None
    train: int | float
    folds: int | None
    column: str | None
    random_state: int
    fixed: bool
    copies: str = "together"
    origins: int | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_usual(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        usual = {"copies": "together", "origins": None}
        return {key: value for key, value in handler(self).items() if key not in usual or value != usual[key]}


class DatasetSettings(_Record):
    """Where the rows came from and what was done to them: a dataset's section of the parameters.

    Attributes:
        task: the kind of problem; None where it was inferred from the target.
        source: the generator and its arguments, or the file, its target and how it is read.
        scale: how the columns were scaled.
        split: how the rows were divided.
        positive: the class that scores are about, where the parameters say it.
        order: the classes from the lowest to the highest, where they have an order.
        period: of a target of angles, hours and the like: after how much it begins anew.
    """

    task: Task | None
    source: dict[str, Any]
    scale: ScaleSettings
    split: SplitSettings
    positive: str | None = None
    order: list[str] | None = None
    period: float | None = None

    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        rarely = "positive", "order", "period"
        return {key: value for key, value in handler(self).items() if key not in rarely or value is not None}


class Within(_Record):
    """What size was trained within a budget.

    Attributes:
        budget: as the parameters have it, as ``10m``.
        minutes: that all which the parameters ask for would take, as was estimated.
        rows: that train each seed, those to choose by among them.
        horizons: steps for which learning rates are tried, ascending.
        tuning_rows: that train each seed while learning rates are halved, those to choose by among them.
        tuning_seeds: how many choose.
    """

    budget: str
    minutes: float
    rows: int
    horizons: tuple[int, ...]
    tuning_rows: int
    tuning_seeds: int


_LEFT_OUT = ("network", "looks", "class_weights", "also_scored", "second_run", "within")  # where they are empty
LOOK = 10  # seeds of a look: those that test each row once, with ten folds


class Settings(_Record):
    """Everything that decides the result of a run.

    Attributes:
        loss: what it was trained with.
        comparison: the name of the comparison it is part of.
        dataset: the name of what it learned from.
        model: the user's own network, ``module:function``; None where the next four and `network` describe it.
        hidden: units of each hidden layer.
        hidden_activation: activation of the hidden layers.
        dropout: share of each hidden layer's outputs that were dropped while training.
        batch_norm: whether each hidden layer was normalised over the batch.
        epochs: passes over the train rows; the most there are, where they are chosen.
        batch_size: rows of a batch.
        optimizer: how a step is taken.
        selected_by: what the learning rate and the epochs are chosen by: a score, or the ``loss`` itself; None where
            nothing is chosen.
        data: what the dataset is made of.
        seeds: one network was trained for each.
        looks: after how many seeds its comparison was looked at, and could end; empty where that is once, at the end.
        class_weights: by class index, what a row counts in training; empty where all count alike.
        also_scored: scores that are measured besides those that every target has.
        second_run: whether what was chosen is tried with another optimizer and a wider network.
        within: what size was trained within a budget; None where all was that the parameters ask for.
        network: the layers before the hidden ones; None where there are none.
    """

    loss: Loss
    comparison: str
    dataset: str
    model: str | None
    hidden: tuple[int, ...]
    hidden_activation: str
    dropout: float
    batch_norm: bool
    epochs: int
    batch_size: int
    optimizer: OptimizerSettings
    selected_by: str | None
    data: DatasetSettings
    seeds: tuple[int, ...]
    looks: tuple[int, ...] = ()
    class_weights: tuple[float, ...] = ()
    also_scored: tuple[str, ...] = ()
    second_run: bool = False
    within: Within | None = None
    network: Shaped | None = None

    # what is not set is left out, so that a run without it has the same settings as ever
    @model_serializer(mode="wrap")
    def _without_what_is_not_set(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = handler(self)
        if "loss" in written:
            of_loss = written["loss"].items()
            written["loss"] = {key: value for key, value in of_loss if value is not None and (value or key != "parts")}
        return {key: value for key, value in written.items() if value or key not in _LEFT_OUT}

    @property
    def is_tuned(self) -> bool:
        """Whether the learning rate, its schedule, the epochs, or something of the loss are chosen."""
        return self.optimizer.is_tuned or bool(self.loss.options)
