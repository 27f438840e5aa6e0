"""A loss function: what a network trained with it needs, and what its outputs mean.

A loss holds plain values alone, so that it goes to a file and back whole.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, Literal, NamedTuple

import numpy as np

from stages.losses import estimand, outputs
from stages.losses.estimand import MEAN, MEAN_OF_LOGARITHMS, Estimand, Statistic
from stages.losses.outputs import Gives, Output
from stages.losses.target_transform import Transform

Task = Literal["regression", "binary", "multiclass"]
Targets = Literal["value", "zero_one", "plus_minus_one", "one_hot", "class_index", "rank", "levels"]
TargetRange = Literal["any", "clipped below 0", "not below 0", "above 0", "away from 0", "0 to 1", "vectors", "by head"]
ClassWeight = Literal["auto"] | dict[str, float]
Limit = Literal[
    "above 0",
    "0 or more",
    "0 to below 1",
    "between 0 and 1",
    "0 to 1",
    "true or false",
    "ascending shares",
    "between 1 and 2",
    "not 0",
]
# of one column of values: what it holds
TargetKind = Literal["counts", "many zeros", "angles"]

TASK_OF: dict[Targets, Task] = {
    "value": "regression",
    "zero_one": "binary",
    "plus_minus_one": "binary",
    "one_hot": "multiclass",
    "class_index": "multiclass",
    "rank": "multiclass",
    "levels": "multiclass",
}
OF_ORDER: tuple[Targets, ...] = ("rank", "levels")  # what only classes in an order have
# the output activations that suit each kind of targets, the usual one first
ACTIVATIONS: dict[Targets, tuple[str, ...]] = {
    "value": ("linear", "softplus", "relu", "exponential", "sigmoid", "tanh"),
    "zero_one": ("sigmoid",),
    "plus_minus_one": ("tanh", "linear"),
    "one_hot": ("softmax", "linear"),
    "class_index": ("softmax", "linear"),
    "rank": ("linear",),
    "levels": ("sigmoid",),
}


UNEQUAL = 3  # classes are unequal where the largest has so many times the rows of the smallest


class LargeTargets(NamedTuple):
    """Targets with which a loss trains badly from weights that begin near 0.

    Attributes:
        size: root mean square of the scaled targets; measured with SGD at a learning rate of 0.01.
        steps: what becomes of the steps of training.
    """

    size: float
    steps: Literal["grow", "shrink"]


@dataclass(frozen=True)
class Loss:
    """A loss function, and what a network trained with it needs.

    Attributes:
        name: what a comparison calls it: one of Keras' own names, or the user's ``as``.
        function: the class in ``keras.losses``, or a user's own ``module:function``; of a loss that Keras has not, as
            ``Pinball``, what it would be called there.
        targets: how the targets are fed to the network.
        activation: the activation of the network's last layer.
        aliases: other names Keras knows it by.
        activations: the output activations it can be trained with.
        parameters: arguments of the loss and their values.
        limits: what values each of them may have.
        target_range: regression only: the targets it is made for.
        per_row: whether it has a value for each row; otherwise it has one for a whole batch.
        columns: a user's own: the columns of the table that it sees beside targets and outputs, as the parameters name
            them; None where it sees none.
        class_weight: classes only: ``auto``, or what each row of a class counts in training, by the class's name.
        steepness: how many times as steep its gradients are as those of losses like it, where a constant factor makes
            them so; None for 1.
        target_transform: regression only: what it makes of the target; None for what the dataset makes of it.
        offered: regression only: the target transforms with which it is offered for a target that is one column of
            values never below 0; None as it is, as it is for other targets. It is not offered where there are none.
        for_shares: regression only: the output activations with which it is offered, on the target as it is, where that
            is a share between 0 and 1.
        large_targets: regression only: the size of targets from which it trains badly; None where it does at none.
        estimates: regression only: the statistic of the target that it is best for; None where it is not known.
        transforms: regression only: the target transforms that it may have; none for any.
        offered_for: regression only: kinds of target for which it is offered besides.
        scored_as: the score that is best for what it learns, by its parameters; empty where there is none.
        gives: regression only: what it gives for a target column: a value, or several numbers.
        forms: by parameter that an entry may have in place of its own, the row that is then meant.
        parts: of a sum of losses of the catalogue: the weight, the name and the parameters of each.
        heads: by target that has one of `parts` of its own, the activation of its output; the weights are `parameters`.
        label_weights: of several yes/no columns: what the loss of each is multiplied by; empty for 1.
        usual_outputs: the output activations that are chosen from where learning rates are, if there are several.
        options: what is chosen for it by tuning: ``activation`` and parameters by name, and the values of each.
    """

    name: str
    function: str
    targets: Targets
    activation: str
    aliases: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Limit] = field(default_factory=dict)
    target_range: TargetRange = "any"
    per_row: bool = True
    columns: tuple[str, ...] | None = None
    class_weight: ClassWeight | None = None
    steepness: float | None = None
    target_transform: Transform | None = None
    offered: tuple[Transform | None, ...] = (None,)
    for_shares: tuple[str, ...] = ()
    large_targets: LargeTargets | None = None
    estimates: Statistic | None = None
    transforms: tuple[Transform, ...] = ()
    offered_for: tuple[TargetKind, ...] = ()
    scored_as: str = ""
    gives: Gives = "point"
    forms: dict[str, str] = field(default_factory=dict)
    parts: tuple[tuple[float, str, dict[str, Any]], ...] = ()
    heads: dict[str, str] = field(default_factory=dict)
    label_weights: tuple[float, ...] = ()
    usual_outputs: tuple[str, ...] = ()
    options: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def at(self, options: Mapping[str, Any]) -> "Loss":
        """The same with these of its `options`: its activation, and its parameters by name."""
        parameters = {name: value for name, value in options.items() if name != "activation"}
        activation = options.get("activation", self.activation)
        return replace(self, activation=activation, parameters=self.parameters | parameters, options={})

    def in_order(self, targets: Sequence[str]) -> "Loss":
        """The same with its `heads` in the order of the targets that they are of."""
        if set(self.heads) != set(targets):
            return self
        places = [list(self.heads).index(name) for name in targets]
        return replace(
            self,
            heads={name: self.heads[name] for name in targets},
            parts=tuple(self.parts[place] for place in places),
            parameters=dict(list(self.parameters.items())[place] for place in places),
        )

    @property
    def task(self) -> Task:
        """The kind of problem it is for."""
        return TASK_OF[self.targets]

    @property
    def is_custom(self) -> bool:
        """Whether it is a user's own function."""
        return ":" in self.function

    @property
    def threshold(self) -> float:
        """Binary only: an output at or above it is decided as class 1."""
        return 0.5 if self.targets == "zero_one" else 0.0

    @property
    def epoch_metric(self) -> str:
        """The score that is followed epoch by epoch, beside the loss."""
        return "mse" if self.task == "regression" else "accuracy"

    @property
    def outputs_probability(self) -> bool:
        """Whether the network's outputs are class probabilities."""
        return self.task != "regression" and self.activation in ("sigmoid", "softmax")

    @property
    def needs_order(self) -> bool:
        """Whether it is for classes in an order alone."""
        return self.targets in OF_ORDER

    @property
    def estimand(self) -> Estimand | None:
        """What of the target it is best for; None for classes, and for a user's own loss, of which it is not known."""
        if self.quantile is not None:
            return estimand.quantile(self.quantile)
        if self.estimates == "expectile":
            return estimand.expectile(self.parameters["expectile"])
        asked = Estimand(self.estimates) if self.estimates else None
        # quantiles of a logarithm are logarithms of quantiles; means are not
        return MEAN_OF_LOGARITHMS if self.target_transform == "log" and asked == MEAN else asked

    @property
    def quantile(self) -> float | None:
        """The quantile that it estimates; None of others, whatever they estimate."""
        return self.parameters["quantile"] if self.estimates == "quantile" else None

    @property
    def own_score(self) -> str | None:
        """The score that it is best by, as its row names it; None where there is none, or its parameters are chosen."""
        is_chosen = any(name in self.options for name in self.parameters)
        return self.scored_as.format(**self.parameters) if self.scored_as and not is_chosen else None

    @property
    def interval(self) -> float | None:
        """The share of targets that the widest interval holds whose ends it gives, a whole percentage; None of none."""
        levels = self.parameters.get("quantiles", [])
        shares = [1 - 2 * level for level in levels if level < 0.5 and any(abs(1 - level - x) < 1e-9 for x in levels)]
        whole = [share for share in shares if abs(100 * share - round(100 * share)) < 1e-9]
        return max(whole, default=None)

    def n_outputs(self, n_classes: int, n_targets: int) -> int:
        """How many outputs a network trained with it has."""
        match self.targets:
            case "value":
                return n_targets if self.gives == "point" else len(self.output.units)
            case "one_hot" | "class_index":
                return n_classes
            case "levels":
                return n_classes - 1
            case _:
                return 1

    def encode(self, labels: np.ndarray, n_classes: int) -> np.ndarray:
        """Encode the targets as this loss wants them.

        Args:
            labels: (n_rows, …, n_targets) values (regression) or (n_rows, …) class indices, with axes between where
                each position of a row has a target.
            n_classes: number of classes; not used for regression.

        Returns:
            float32 (n_rows, …, n_targets) for values, (n_rows, …, 1) for binary classes and ranks, (n_rows, …,
            n_classes) for one-hot classes, (n_rows, …, n_classes - 1) for levels, which are 1 below the class and 0
            from it on; int32 (n_rows, …) for class indices.
        """
        match self.targets:
            case "value":
                return labels.astype(np.float32)
            case "class_index":
                return labels.astype(np.int32)
            case "one_hot":
                return np.eye(n_classes, dtype=np.float32)[labels.astype(np.int64)]
            case "plus_minus_one":
                return (2 * labels - 1).astype(np.float32)[..., None]
            case "levels":
                return (labels[..., None] > np.arange(n_classes - 1)).astype(np.float32)
            case _:
                return labels.astype(np.float32)[..., None]

    @property
    def output(self) -> Output:
        """What it gives for a target column."""
        return outputs.of(self.gives, self.parameters, list(self.heads.values()))

    def decode(self, outputs: Any, n_classes: int, xp: ModuleType = np) -> Any:
        """What a network's outputs say, of each class or of a value, where they are not that already.

        Args:
            outputs: (..., n_outputs) as the network gave them.
            n_classes: number of classes.
            xp: the functions of these arrays: ``numpy``, or ``keras.ops``.

        Returns:
            Of ranks (..., n_classes) numbers of which that of the nearest class is the largest: minus the squared
            distance to each, less what all have in common. Of levels (..., n_classes) probabilities of the classes
            from those that a row is above each, none negative where these do not fall. Of values the numbers of
            `output`. Else the outputs as they are.
        """
        if self.task == "regression":
            return self.output.decode(outputs, xp)
        if self.targets == "rank":
            ranks = np.arange(n_classes, dtype=np.float32)
            with np.errstate(invalid="ignore", over="ignore"):  # of a network that failed
                return 2 * outputs * ranks - ranks**2
        if self.targets == "levels":
            certain, none = xp.ones_like(outputs[..., :1]), xp.zeros_like(outputs[..., :1])
            above = xp.concatenate([certain, outputs, none], axis=-1)
            shares = xp.maximum(above[..., :-1] - above[..., 1:], 0)
            return shares / xp.sum(shares, axis=-1, keepdims=True)
        return outputs

    def saying(self, probabilities: np.ndarray) -> np.ndarray:
        """The outputs (..., n_outputs) of a network for several classes that are of these probabilities."""
        if self.targets == "rank":
            return (probabilities * np.arange(probabilities.shape[-1])).sum(axis=-1, keepdims=True)
        return 1 - np.cumsum(probabilities, axis=-1)[..., :-1] if self.targets == "levels" else probabilities

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Make of outputs (..., n_outputs), as `decode` has them, values (..., n_targets) or classes (...)."""
        match self.task:
            case "regression":
                return self.output.point(outputs, np)
            case "binary":
                return (outputs[..., 0] >= self.threshold).astype(np.int64)
            case _:
                return outputs.argmax(axis=-1)
