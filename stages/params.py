"""The parameters: what may stand in ``params.yaml``, checked in one place.

`load` returns the whole file as frozen pydantic models, or raises `UserError` with one line for
each mistake: the key's path, what was given, what is allowed, and the nearest valid name.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from stages import losses, mistakes, paths
from stages.cli import UserError
from stages.losses import LOSSES, Loss, Task


def _reject_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number_type", "a number is needed here")
    return value


def _whole(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int):
        raise PydanticCustomError("whole_type", "a whole number is needed here")
    return value


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


Whole = Annotated[int, BeforeValidator(_whole)]
Positive = Annotated[Whole, Field(ge=1)]
Natural = Annotated[Whole, Field(ge=0)]
# Keras draws from 32-bit generators
Seed = Annotated[Whole, Field(ge=0, lt=2**32)]
Number = Annotated[float, BeforeValidator(_reject_bool), Field(allow_inf_nan=False)]
Rate = Annotated[Number, Field(gt=0)]
Fraction = Annotated[Number, Field(ge=0, lt=1)]
Spread = Annotated[Number, Field(ge=0)]
# a name becomes a folder and part of an MLflow experiment's name
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")]
Scaler = Literal["none", "standard", "minmax", "robust"]


class Section(BaseModel):
    """A mapping in the file whose keys are all known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, given: Any) -> Any:
        if isinstance(given, dict) and (unknown := [key for key in given if key not in cls.model_fields]):
            raise PydanticCustomError(
                "unknown_key",
                "{message}",
                {"message": mistakes.not_one_of(unknown[0], cls.model_fields, "a key here", "Keys")},
            )
        return given


class MakeRegression(Section):
    """Arguments of ``sklearn.datasets.make_regression``."""

    generator: Literal["make_regression"]
    n_samples: Positive = 100
    n_features: Positive = 100
    n_informative: Positive = 10
    bias: Number = 0.0
    effective_rank: Positive | None = None
    tail_strength: Annotated[Number, Field(ge=0, le=1)] = 0.5
    noise: Spread = 0.0
    shuffle: bool = True
    random_state: Seed

    def n_classes(self) -> int | None:
        """Number of classes of the target; None for values."""
        return None


class MakeCircles(Section):
    """Arguments of ``sklearn.datasets.make_circles``."""

    generator: Literal["make_circles"]
    n_samples: Positive = 100
    shuffle: bool = True
    noise: Spread | None = None
    factor: Fraction = 0.8
    random_state: Seed

    def n_classes(self) -> int | None:
        """Number of classes of the target."""
        return 2


class MakeBlobs(Section):
    """Arguments of ``sklearn.datasets.make_blobs``."""

    generator: Literal["make_blobs"]
    n_samples: Positive = 100
    n_features: Positive = 2
    centers: Annotated[Whole, Field(ge=2)] = 3
    cluster_std: Spread = 1.0
    center_box: tuple[Number, Number] = (-10.0, 10.0)
    shuffle: bool = True
    random_state: Seed

    def n_classes(self) -> int | None:
        """Number of classes of the target."""
        return self.centers


class Scale(Section):
    """How the features and the target are scaled, and on which rows the scaling is fitted."""

    features: Scaler = "standard"
    target: Scaler = "none"
    fit_on: Literal["train", "all"] = "train"


class Split(Section):
    """Which rows train: the first `train`; the others test."""

    train: Positive


class Dataset(Section):
    """What to learn from."""

    task: Task
    source: Annotated[MakeRegression | MakeCircles | MakeBlobs, Field(discriminator="generator")]
    scale: Scale = Scale()
    split: Split


class Comparison(Section):
    """One dataset, one network, several losses; the first is the baseline."""

    hidden: list[Positive]
    epochs: Positive
    losses: Annotated[list[str], Field(min_length=1)]


class SGD(Section):
    """Settings of ``keras.optimizers.SGD``."""

    name: Literal["SGD"]
    learning_rate: Rate = 0.01
    momentum: Annotated[Number, Field(ge=0, le=1)] = 0.0
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
    momentum: Annotated[Number, Field(ge=0, le=1)] = 0.0
    epsilon: Rate = 1e-7
    centered: bool = False


class Train(Section):
    """How every network is trained."""

    seeds: Positive = 30
    batch_size: Positive = 32
    optimizer: Annotated[SGD | Adam | RMSprop, Field(discriminator="name")]


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
        baseline: what the others are compared with: ``first`` (of those listed), a loss, or a loss by dataset.
        margin: by dataset: differences of the headline score within ± this do not matter in practice.
    """

    baseline: Annotated[str | dict[str, str], BeforeValidator(_baseline)] = "first"
    margin: dict[Name, Rate] = {}


class Params(Section):
    """The whole file."""

    loss: Annotated[list[str], BeforeValidator(_as_list)]
    datasets: Annotated[dict[Name, Dataset], Field(min_length=1)]
    comparisons: Annotated[dict[Name, Comparison], Field(min_length=1)]
    train: Train
    track: Track = Track()
    report: Report = Report()

    def selected(self) -> dict[str, list[Loss]]:
        """The losses to compare, by dataset: those of each comparison that `loss` selects, in its order."""
        wanted = set(map(losses.canonical_name, self.loss))
        chosen = {
            dataset: [
                LOSSES[name]
                for name in map(losses.canonical_name, comparison.losses)
                if self.loss == ["all"] or name in wanted
            ]
            for dataset, comparison in self.comparisons.items()
        }
        return {dataset: rows for dataset, rows in chosen.items() if rows}

    def baseline(self, dataset: str) -> str:
        """The loss that a dataset's others are compared with; the first selected, where the one chosen is not."""
        chosen = self.report.baseline
        name = losses.canonical_name(chosen.get(dataset, "first") if isinstance(chosen, dict) else chosen)
        names = [loss.name for loss in self.selected()[dataset]]
        return name if name in names else names[0]


def load(path: Path = paths.PARAMS) -> Params:
    """Read and check the parameters.

    Raises:
        UserError: one line for each mistake in the file.
    """
    try:
        given = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{path} is missing; run this in the project's folder") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not UTF-8 text (byte {error.start})") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise UserError(f"{path}{where}: not YAML: {getattr(error, 'problem', None) or error}") from error
    if not isinstance(given, dict):
        raise UserError(
            f"{path}: the keys {', '.join(Params.model_fields)} are needed; the file holds {mistakes.show(given)}"
        )
    try:
        params = Params.model_validate(given)
    except ValidationError as error:
        lines = [f"{mistakes.key_path(detail, given)}{mistakes.explain(detail)}" for detail in error.errors()]
    else:
        lines = list(_contradictions(params))
    if lines:
        raise UserError(*dict.fromkeys(f"{path}: {line}" for line in lines))
    return params


def _contradictions(params: Params) -> Iterator[str]:
    """Mistakes that no single key shows: a line for each."""
    for name, dataset in params.datasets.items():
        yield from _dataset_contradictions(f"datasets.{name}", dataset)
    for name, comparison in params.comparisons.items():
        if name not in params.datasets:
            yield f"comparisons.{name}: " + mistakes.not_one_of(name, params.datasets, "a dataset", "Datasets")
        else:
            yield from _loss_contradictions(f"comparisons.{name}.losses", comparison.losses, params.datasets[name].task)
    yield from _selector_contradictions(params)
    yield from _report_contradictions(params)


def _dataset_contradictions(key: str, dataset: Dataset) -> Iterator[str]:
    source, n_classes = dataset.source, dataset.source.n_classes()
    task: Task = "regression" if n_classes is None else "binary" if n_classes == 2 else "multiclass"
    if dataset.task != task:
        target = "values" if n_classes is None else f"{n_classes} classes"
        yield f"{key}.task: '{dataset.task}' does not fit {source.generator}, which gives {target}; allowed: {task}"
    if dataset.split.train >= source.n_samples:
        yield (
            f"{key}.split.train: {dataset.split.train} leaves no row to test; "
            f"allowed: 1 to {source.n_samples - 1} (there are {source.n_samples} rows)"
        )
    if dataset.task != "regression" and dataset.scale.target != "none":
        yield f"{key}.scale.target: '{dataset.scale.target}' scales values, and the target is classes; allowed: none"
    if isinstance(source, MakeBlobs) and source.center_box[0] > source.center_box[1]:
        yield f"{key}.source.center_box: {list(source.center_box)} is upside down; allowed: [low, high]"


def _loss_contradictions(key: str, names: list[str], task: Task) -> Iterator[str]:
    fitting = losses.names_for(task)
    seen: dict[str, str] = {}
    for index, given in enumerate(names):
        name = losses.canonical_name(given)
        if name is None:
            yield f"{key}[{index}]: " + mistakes.not_one_of(given, fitting, "a loss", f"Losses for a {task} task")
        elif name not in fitting:
            yield (
                f"{key}[{index}]: '{given}' is a loss for a {LOSSES[name].task} task; "
                f"losses for a {task} task: {', '.join(fitting)}"
            )
        elif name in seen:
            yield f"{key}[{index}]: '{given}' is the same loss as '{seen[name]}'; list each loss once"
        else:
            seen[name] = given


def _selector_contradictions(params: Params) -> Iterator[str]:
    if params.loss == ["all"]:
        return
    compared = dict.fromkeys(
        losses.canonical_name(name) or name for comparison in params.comparisons.values() for name in comparison.losses
    )
    if not params.loss:
        yield f"loss: is empty; allowed: all, or any of {', '.join(compared)}"
    for name in params.loss:
        if name == "all":
            yield "loss: 'all' stands alone, without other names"
        elif losses.canonical_name(name) is None:
            yield "loss: " + mistakes.not_one_of(name, ["all", *compared], "a loss", "Allowed")
        elif losses.canonical_name(name) not in compared:
            yield f"loss: '{name}' is in no comparison; allowed: all, or any of {', '.join(compared)}"


def _report_contradictions(params: Params) -> Iterator[str]:
    compared = {
        dataset: [losses.canonical_name(name) or name for name in comparison.losses]
        for dataset, comparison in params.comparisons.items()
    }
    chosen = params.report.baseline
    if isinstance(chosen, str):
        allowed = list(dict.fromkeys(name for names in compared.values() for name in names))
        if chosen != "first" and losses.canonical_name(chosen) not in allowed:
            yield "report.baseline: " + mistakes.not_one_of(chosen, ["first", *allowed], "a loss compared", "Allowed")
    else:
        for dataset, name in chosen.items():
            key = f"report.baseline.{dataset}: "
            if dataset not in compared:
                yield key + mistakes.not_one_of(dataset, compared, "a comparison", "Comparisons")
            elif name != "first" and losses.canonical_name(name) not in compared[dataset]:
                yield key + mistakes.not_one_of(name, ["first", *compared[dataset]], "a loss compared here", "Allowed")
    for dataset in params.report.margin:
        if dataset not in compared:
            yield f"report.margin.{dataset}: " + mistakes.not_one_of(dataset, compared, "a comparison", "Comparisons")
