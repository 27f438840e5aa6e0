"""What may stand in ``params.yaml``, section by section, as frozen pydantic models."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Fraction, Name, Positive, Rate, Reference, Seed, Weight, Whole
from stages.losses import catalogue
from stages.losses.catalogue import known_as
from stages.losses.loss import Loss, Task
from stages.params import loss_entry
from stages.params.section import Section
from stages.params.source import Column, Source, Table


def _as_list(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        raise PydanticCustomError("selector_type", "not a selection of losses")
    return value


def _baseline(value: Any) -> Any:
    values = value.values() if isinstance(value, dict) else [value]
    if not all(isinstance(name, str) for name in values):
        raise PydanticCustomError("baseline_type", "not a baseline")
    return value


def _entry(value: Any) -> Any:
    if not (isinstance(value, str) or (isinstance(value, dict) and all(isinstance(key, str) for key in value))):
        raise PydanticCustomError("entry_type", "not an entry")
    return value


def _rows(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not whole and not (isinstance(value, float) and 0 < value < 1):
        raise PydanticCustomError("rows_type", "neither rows nor a share")
    return value


Scaler = Literal["none", "standard", "minmax", "robust"]


class Scale(Section):
    """How the features and the target are scaled, and on which rows the scaling is fitted.

    Attributes:
        features: for columns of numbers and dates.
        target: for values; ``standard`` when not given. Classes are not scaled.
        fit_on: a scaling fitted on all rows knows something of the test rows.
    """

    features: Scaler = "standard"
    target: Scaler | None = None
    fit_on: Literal["train", "all"] = "train"


class Split(Section):
    """Which rows train and which test.

    Attributes:
        method: ``first`` rows train; ``shuffle``; ``stratified`` keeps the share of each class; ``kfold`` tests
            on each of several parts in turn; ``group`` keeps the rows with the same value of `column` together.
            When not given: ``first`` for a generator, ``stratified`` for a table of classes, else ``shuffle``.
        train: how many rows train, or what share of them.
        folds: kfold and group: the parts, each of which tests once. The seeds are spread over them.
        column: group: the column that names the groups.
        random_state: decides which rows go where.
    """

    method: Literal["first", "shuffle", "stratified", "kfold", "group"] | None = None
    train: Annotated[int | float, BeforeValidator(_rows)] = 0.8
    folds: Annotated[Whole, Field(ge=2)] | None = None
    column: Column | None = None
    random_state: Seed = 0


class Dataset(Section):
    """What to learn from.

    Attributes:
        task: the kind of problem; found out from a table's target when not given.
        source: a generator of scikit-learn's, or a table.
        scale: how columns are scaled.
        split: which rows train.
    """

    task: Task | None = None
    source: Source
    scale: Scale = Scale()
    split: Split = Split()

    @property
    def known_task(self) -> Task | None:
        """The task as the parameters alone tell it; None when only the table does."""
        if self.task or isinstance(self.source, Table):
            return self.task
        return catalogue.task_of(self.source.n_classes())


class SGD(Section):
    """Settings of ``keras.optimizers.SGD``."""

    name: Literal["SGD"]
    learning_rate: Rate = 0.01
    momentum: Weight = 0.0
    nesterov: bool = False


class Adam(Section):
    """Settings of ``keras.optimizers.Adam``."""

    name: Literal["Adam"]
    learning_rate: Rate = 0.001
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: Rate = 1e-7
    amsgrad: bool = False


class RMSprop(Section):
    """Settings of ``keras.optimizers.RMSprop``."""

    name: Literal["RMSprop"]
    learning_rate: Rate = 0.001
    rho: Fraction = 0.9
    momentum: Weight = 0.0
    epsilon: Rate = 1e-7
    centered: bool = False


Optimizer = Annotated[SGD | Adam | RMSprop, Field(discriminator="name")]


class Comparison(Section):
    """One dataset, one network, several losses; the first is the baseline.

    Attributes:
        losses: names, or mappings with the key ``loss`` and what is to differ from its row in the catalogue.
        hidden: units of each hidden layer.
        activation: of the hidden layers.
        dropout: share of each hidden layer's outputs that are dropped while training.
        batch_norm: whether each hidden layer is normalised over the batch, before its activation.
        model: instead of these four, the user's own ``module:build``, which returns a Keras model.
        epochs: passes over the train rows.
        batch_size: when not given, that of ``train``.
        optimizer: when not given, that of ``train``.
    """

    hidden: list[Positive] = Field(default_factory=lambda: [64])
    activation: Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh"] = "relu"
    dropout: Fraction = 0.0
    batch_norm: bool = False
    model: Reference | None = None
    epochs: Positive = 50
    batch_size: Positive | None = None
    optimizer: Optimizer | None = None
    losses: Annotated[list[Annotated[str | dict[str, Any], BeforeValidator(_entry)]], Field(min_length=1)]


class Train(Section):
    """How every network is trained."""

    seeds: Positive = 30
    batch_size: Positive = 32
    optimizer: Optimizer


class Track(Section):
    """What goes to MLflow, and where.

    Attributes:
        experiment: MLflow experiments are named ``<experiment>/<dataset>``.
        per_seed: whether each seed gets a child run with its final scores.
        model: whether the first seed's model is logged; `track` then waits for the import of TensorFlow.
    """

    experiment: Name = "losslab"
    per_seed: bool = False
    model: bool = False


class Report(Section):
    """How the losses of a comparison are judged.

    Attributes:
        headline: by dataset: the score that decides; `scores.default_headline` when not given.
        baseline: what the others are compared with: ``first`` (of those listed), a loss, or a loss by dataset.
        margin: by dataset: differences of the headline score within ± this do not matter in practice.
    """

    headline: dict[Name, str] = Field(default_factory=dict)
    baseline: Annotated[str | dict[str, str], BeforeValidator(_baseline)] = "first"
    margin: dict[Name, Rate] = Field(default_factory=dict)


class Params(Section):
    """The whole file."""

    loss: Annotated[list[str], BeforeValidator(_as_list)]
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    comparisons: Annotated[dict[Name, Comparison], Field(min_length=1)]
    train: Train
    track: Track = Track()
    report: Report = Report()

    def compared(self) -> dict[str, list[Loss]]:
        """The losses of every comparison, by dataset."""
        return {
            dataset: [loss_entry.resolve(entry, self.datasets[dataset].known_task) for entry in comparison.losses]
            for dataset, comparison in self.comparisons.items()
        }

    def selected(self) -> dict[str, list[Loss]]:
        """The losses to compare, by dataset: those of each comparison that `loss` selects, in its order."""
        wanted = {known_as(name) for name in self.loss}
        chosen = {
            dataset: [loss for loss in compared if self.loss == ["all"] or loss.name in wanted]
            for dataset, compared in self.compared().items()
        }
        return {dataset: losses for dataset, losses in chosen.items() if losses}

    def baseline(self, dataset: str) -> str:
        """The loss that a dataset's others are compared with; the first selected, where the one chosen is not."""
        chosen = self.report.baseline
        name = known_as(chosen.get(dataset, "first") if isinstance(chosen, dict) else chosen)
        names = [loss.name for loss in self.selected()[dataset]]
        return name if name in names else names[0]
