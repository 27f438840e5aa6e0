"""What may stand in ``params.yaml``, section by section, as frozen pydantic models."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator
from pydantic_core import PydanticCustomError

from stages.basics.ranges import Fraction, Name, Positive, Rate, Reference
from stages.basics.section import Section
from stages.losses import catalogue, objectives
from stages.losses.catalogue import LOSSES, known_as
from stages.losses.loss import Loss, Task
from stages.params import loss_entry
from stages.params.budget import NONE, Budget, Budgeted, Sizes
from stages.params.cost import Cost
from stages.params.division import Scale, Split
from stages.params.optimizer import Optimizer
from stages.params.seeds import AtMost, Seeds
from stages.params.source import Generator, Label, Order, Source, Table
from stages.records.networks import Shaped
from stages.records.settings import Within


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


RECOMMENDED = "recommended"  # as a baseline: whichever loss that is


class Dataset(Section):
    """What to learn from.

    Attributes:
        task: the kind of problem; found out from a table's target when not given.
        source: a generator of scikit-learn's, a table, or arrays.
        scale: how columns are scaled.
        split: how rows are divided, in comparisons that do not say.
        positive: which of two classes scores are about; the rarer when not given, where they are unequal.
        order: the classes from the lowest to the highest, where they have an order.
        period: after how much values of the target begin anew, as hours after 24.
    """

    task: Task | None = None
    source: Source
    scale: Scale = Scale()
    split: Split = Split()
    positive: Label | None = None
    order: Order | None = None
    period: Rate | None = None

    @property
    def known_task(self) -> Task | None:
        """The task as the parameters alone tell it; None when only a table or arrays do."""
        if self.order or self.period:
            return "multiclass" if self.order else "regression"
        if self.task or not isinstance(self.source, Generator):
            return self.task
        return catalogue.task_of(self.source.target_classes())


class Comparison(Section):
    """One dataset, one network, several losses.

    Attributes:
        losses: names, or mappings with the key ``loss`` and what is to differ from its row in the catalogue.
        dataset: name of the dataset; the comparison's own name when not given.
        split: how rows are divided; as the dataset says when not given.
        hidden: units of each hidden layer.
        activation: of the hidden layers.
        dropout: share of each hidden layer's outputs that are dropped while training.
        batch_norm: whether each hidden layer is normalised over the batch, before its activation.
        network: the layers before the hidden ones, by the kind of network; by the shape of a row when not given.
        model: instead of these five, the user's own ``module:build``, which returns a Keras model.
        epochs: passes over the train rows; where the learning rate is tuned, the most there are.
        seeds: with `batch_size`, `optimizer`, `budget` and `second_run`, when not given, as under ``train``.
        references: whether models that are no networks stand beside; when not given, where it is tuned.
        cost: what a wrong decision costs, by kind of error or by class and what it is taken for; it then decides.
    """

    dataset: Name | None = None
    split: Split | None = None
    hidden: list[Positive] = Field(default_factory=lambda: [64])
    activation: Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh"] = "relu"
    dropout: Fraction = 0.0
    batch_norm: bool = False
    network: Shaped | None = None
    model: Reference | None = None
    epochs: Positive = 50
    seeds: Seeds | None = None
    batch_size: Positive | None = None
    optimizer: Optimizer | None = None
    budget: Budget | None = None
    second_run: bool | None = None
    references: bool | None = None
    cost: Cost | None = None
    losses: Annotated[list[Annotated[str | dict[str, Any], BeforeValidator(loss_entry.checked)]], Field(min_length=1)]


class Train(Section):
    """How every network is trained.

    Attributes:
        second_run: tuned ones once more, with another optimizer and a wider network.
        references: whether models that are no networks stand beside.
        budget: how long each comparison may take.
    """

    seeds: Seeds = 30
    batch_size: Positive = 32
    optimizer: Optimizer = Optimizer(name="SGD", momentum=0.9)
    second_run: bool = False
    references: bool = True
    budget: Budget = NONE


class Track(Section):
    """What goes to MLflow, and where.

    Attributes:
        experiment: MLflow experiments are named ``<experiment>/<comparison>``.
        per_seed: whether each seed gets a child run with its final scores.
        model: whether the first seed's model is logged; `track` then waits for the import of TensorFlow.
    """

    experiment: Name = "losslab"
    per_seed: bool = False
    model: bool = False


class Report(Section):
    """How the losses of a comparison are judged.

    Attributes:
        headline: by comparison: the score that decides; `scores.default_headline` when not given.
        baseline: what the others are compared with: the loss that is ``recommended``, the ``first`` of those listed, a
            loss, or one of these by comparison.
        margin: by comparison: differences of the headline score within ± this do not matter in practice.
        cells: whether reports and the examples in MLflow show what single cells of a table hold; the names of its
            columns and classes they always show.
    """

    headline: dict[Name, str] = Field(default_factory=dict)
    baseline: Annotated[str | dict[str, str], BeforeValidator(_baseline)] = RECOMMENDED
    margin: dict[Name, Rate] = Field(default_factory=dict)
    cells: bool = True


@dataclass(frozen=True)
class Setup:
    """What a comparison comes to when all that it leaves to its dataset or to ``train`` is filled in.

    Attributes:
        dataset: name of the dataset.
        data: the dataset.
        split: how rows are divided.
        losses: all that are compared.
        seeds: how many train each, by steps of `batch_size` rows of an `optimizer`, within a `budget`.
        sizes: what size is trained within the budget; None where it is all that the parameters ask for.
    """

    dataset: str
    data: Dataset
    split: Split
    losses: list[Loss]
    seeds: int | AtMost
    batch_size: int
    optimizer: Optimizer
    budget: Budget
    sizes: Sizes | None


class Params(Section):
    """The whole file.

    Attributes:
        loss: which losses to train: ``all`` that are compared, or some; one of the catalogue that no comparison lists
            is trained in each whose task it fits.
        compare: which comparisons to make, ``all`` or some.
        datasets: what to learn from.
        comparisons: which losses to compare, on what.
        train: how every network is trained.
        track: what goes to MLflow.
        report: how losses are judged.
    """

    loss: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=lambda: ["all"])
    compare: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=lambda: ["all"])
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    comparisons: Annotated[dict[Name, Comparison], Field(min_length=1)]
    train: Train = Train()
    track: Track = Track()
    report: Report = Report()
    _plans: dict[str, Budgeted] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _without_empty_sections(cls, values: Any) -> Any:
        """YAML reads a section whose keys were all taken out as nothing; it is as one that is not there."""
        if not isinstance(values, dict):
            return values
        sections = [key for key in ("train", "track", "report") if values.get(key, key) is None]
        return {key: value for key, value in values.items() if key not in sections}

    def within(self, plans: dict[str, Budgeted]) -> "Params":
        """The same with the plans by which comparisons keep their budgets, by name: they decide in `setup`."""
        planned = self.model_copy()
        planned._plans = plans
        return planned

    def dataset_of(self, comparison: str) -> str:
        """The name of a comparison's dataset, which is the comparison's own where it names none."""
        return self.comparisons[comparison].dataset or comparison

    def split_key(self, comparison: str) -> str:
        """The path of the key that says how a comparison's rows are divided."""
        has_split = self.comparisons[comparison].split is not None
        return f"comparisons.{comparison}.split" if has_split else f"datasets.{self.dataset_of(comparison)}.split"

    def splits_of(self, dataset: str) -> dict[str, Split]:
        """How a dataset's rows are divided, by itself and by the comparisons on it, by the path of the key of each."""
        on_it = [name for name in self.comparisons if self.dataset_of(name) == dataset]
        own = {f"datasets.{dataset}.split": self.datasets[dataset].split}
        return own | {self.split_key(name): self.setup(name).split for name in on_it}

    def optimizer_key(self, comparison: str) -> str:
        """The path of the key that says by which optimizer a comparison's networks are trained."""
        has_optimizer = self.comparisons[comparison].optimizer is not None
        return f"comparisons.{comparison}.optimizer" if has_optimizer else "train.optimizer"

    def budget_key(self, comparison: str) -> str:
        """The path of the key that says how long a comparison may take."""
        return f"comparisons.{comparison}.budget" if self.comparisons[comparison].budget else "train.budget"

    def has_budget(self, comparison: str) -> bool:
        """Whether there is a limit to how long a comparison may take."""
        return (self.comparisons[comparison].budget or self.train.budget) != NONE

    def asks_for_second_run(self, comparison: str) -> bool:
        """Whether a comparison is to be trained once more, small, with another optimizer and a wider network."""
        own = self.comparisons[comparison].second_run
        return self.train.second_run if own is None else own

    def within_budget(self, comparison: str) -> Within | None:
        """What size of a comparison is trained within its budget; None where it is all that is asked for."""
        planned = self._plans.get(comparison)
        if planned is None or planned.sizes is None:
            return None
        sizes = planned.sizes
        return Within(
            budget=planned.budget,
            minutes=planned.minutes.full,
            rows=sizes.rows,
            horizons=tuple(sizes.horizons),
            tuning_rows=sizes.rungs.rows,
            tuning_seeds=sizes.rungs.seeds,
        )

    def setup(self, comparison: str) -> Setup:
        """What a comparison comes to, by its name."""
        written, name = self.comparisons[comparison], self.dataset_of(comparison)
        data, optimizer = self.datasets[name], written.optimizer or self.train.optimizer
        targets = data.source.target if isinstance(data.source, Table) else ()
        how = {"is_tuned": optimizer.is_tuned(), "targets": targets, "period": data.period}
        planned = self._plans.get(comparison)
        sizes = planned.sizes if planned else None
        return Setup(
            dataset=name,
            data=data,
            split=written.split or data.split,
            losses=[loss_entry.resolve(entry, data.known_task, **how) for entry in written.losses],
            seeds=sizes.seeds if sizes else written.seeds or self.train.seeds,
            batch_size=sizes.batch_size if sizes else written.batch_size or self.train.batch_size,
            optimizer=optimizer,
            budget=written.budget or self.train.budget,
            sizes=sizes,
        )

    def compared(self) -> dict[str, list[Loss]]:
        """The losses of every comparison, by its name; those on a user's own table stand before the others."""
        own_first = sorted(self.comparisons, key=self._is_generated)
        return {name: self.setup(name).losses for name in own_first}

    def _is_generated(self, comparison: str) -> bool:
        return isinstance(self.datasets[self.dataset_of(comparison)].source, Generator)

    def selected(self) -> dict[str, list[Loss]]:
        """The losses to train, by comparison: those of each that `loss` selects, in its order; then those unlisted.

        Of several names of one objective a tuned comparison trains one: see `other_names`.
        """
        return {name: self.one_of_each(name, losses) for name, losses in self._chosen().items() if losses}

    def _chosen(self) -> dict[str, list[Loss]]:
        """The losses that are asked for, by comparison."""
        named, compared = [known_as(name) for name in self.loss], self.compared()
        listed = {loss.name for losses in compared.values() for loss in losses}
        unlisted = [name for name in dict.fromkeys(named) if name in LOSSES and name not in listed]
        chosen = {}
        for name, losses in compared.items():
            if self.compare == ["all"] or name in self.compare:
                losses_named = [loss for loss in losses if self.loss == ["all"] or loss.name in named]
                setup = self.setup(name)
                how = {"is_tuned": setup.optimizer.is_tuned(), "period": setup.data.period}
                others = [loss_entry.resolve(loss, None, **how) for loss in unlisted]
                suited = [loss for loss in others if setup.data.order or not loss.needs_order]
                chosen[name] = losses_named + [loss for loss in suited if loss.task == losses[0].task]
        return chosen

    def other_names(self, comparison: str, losses: list[Loss] | None = None) -> dict[str, list[str]]:
        """The losses that a comparison trains once for several names of one objective, and the other names of each.

        Each is brought to its own best, so all would come to the same; at one given rate all are trained.

        Args:
            comparison: its name.
            losses: those that are compared; the selected ones when not given.
        """
        some = self._chosen().get(comparison, []) if losses is None else losses
        return objectives.other_names(some) if self.setup(comparison).optimizer.is_tuned() else {}

    def one_of_each(self, comparison: str, losses: list[Loss]) -> list[Loss]:
        """Losses of a comparison without those that are other names of an objective."""
        others = {name for names in self.other_names(comparison, losses).values() for name in names}
        return [loss for loss in losses if loss.name not in others]

    def baseline(self, comparison: str) -> str | None:
        """The loss that a comparison's others are held against; None for the one that is recommended.

        Where the one chosen is not selected, the first that is.
        """
        chosen = self.report.baseline
        name = known_as(chosen.get(comparison, RECOMMENDED) if isinstance(chosen, dict) else chosen)
        if name == RECOMMENDED:
            return None
        trained_as = {other: kept for kept, others in self.other_names(comparison).items() for other in others}
        names = [loss.name for loss in self.selected()[comparison]]
        return trained_as.get(name, name if name in names else names[0])
