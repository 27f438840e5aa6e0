"""The loss catalogue: one row per loss decides everything that differs between losses.

It needs no TensorFlow, so that stages which do not train can read it without waiting.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from stages.basics.ranges import Fraction, Rate, Share, Spread, Weight

Task = Literal["regression", "binary", "multiclass"]
Targets = Literal["value", "zero_one", "plus_minus_one", "one_hot", "class_index"]
TargetRange = Literal["any", "clipped below 0", "not below 0", "away from 0", "vectors"]

TASK_OF: dict[Targets, Task] = {
    "value": "regression",
    "zero_one": "binary",
    "plus_minus_one": "binary",
    "one_hot": "multiclass",
    "class_index": "multiclass",
}
# the output activations that suit each kind of targets, the usual one first
ACTIVATIONS: dict[Targets, tuple[str, ...]] = {
    "value": ("linear", "softplus", "relu", "exponential", "sigmoid", "tanh"),
    "zero_one": ("sigmoid",),
    "plus_minus_one": ("tanh", "linear"),
    "one_hot": ("softmax", "linear"),
    "class_index": ("softmax", "linear"),
}


@dataclass(frozen=True)
class Loss:
    """A loss function, and what a network trained with it needs.

    Attributes:
        name: what a comparison calls it: one of Keras' own names, or the user's ``as``.
        function: the class in ``keras.losses``, or a user's own ``module:function``.
        targets: how the targets are fed to the network.
        activation: the activation of the network's last layer.
        aliases: other names Keras knows it by.
        activations: the output activations it can be trained with.
        parameters: arguments of the loss and their values.
        limits: what values each of them may have, a type that pydantic checks.
        target_range: regression only: the targets it is made for.
        per_row: whether it has a value for each row; otherwise it has one for a whole batch.
        beware: a trap, in words.
    """

    name: str
    function: str
    targets: Targets
    activation: str
    aliases: tuple[str, ...] = ()
    activations: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    limits: dict[str, Any] = field(default_factory=dict)
    target_range: TargetRange = "any"
    per_row: bool = True
    beware: str = ""

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
    def decision_rule(self) -> str:
        """In words: how an output becomes a prediction that can be scored."""
        return {"regression": "value", "binary": f"output ≥ {self.threshold}", "multiclass": "largest output"}[
            self.task
        ]

    def encode(self, labels: np.ndarray, n_classes: int) -> np.ndarray:
        """Encode the targets as this loss wants them.

        Args:
            labels: (n_rows, n_targets) values (regression) or (n_rows,) class indices.
            n_classes: number of classes; not used for regression.

        Returns:
            float32 (n_rows, n_targets) for values, (n_rows, 1) for binary classes, (n_rows, n_classes)
            for one-hot classes; int32 (n_rows,) for class indices.
        """
        match self.targets:
            case "value":
                return labels.astype(np.float32)
            case "class_index":
                return labels.astype(np.int32)
            case "one_hot":
                return np.eye(n_classes, dtype=np.float32)[labels.astype(np.int64)]
            case "plus_minus_one":
                return (2 * labels - 1).astype(np.float32)[:, None]
            case _:
                return labels.astype(np.float32)[:, None]

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Turn network outputs (..., n_outputs) into values (..., n_outputs) or class indices (...)."""
        match self.task:
            case "regression":
                return outputs
            case "binary":
                return (outputs[..., 0] >= self.threshold).astype(np.int64)
            case _:
                return outputs.argmax(axis=-1)


LOSSES = {
    loss.name: replace(loss, activations=loss.activations or ACTIVATIONS[loss.targets])
    for loss in (
        Loss("mse", "MeanSquaredError", "value", "linear", aliases=("mean_squared_error", "MSE")),
        Loss(
            "mae",
            "MeanAbsoluteError",
            "value",
            "linear",
            aliases=("mean_absolute_error", "MAE"),
            beware="estimates the median, not the mean",
        ),
        Loss(
            "msle",
            "MeanSquaredLogarithmicError",
            "value",
            "linear",
            aliases=("mean_squared_logarithmic_error", "MSLE"),
            target_range="clipped below 0",
            beware="targets and predictions below 0 count as 0; activation: softplus keeps predictions above",
        ),
        Loss(
            "mape",
            "MeanAbsolutePercentageError",
            "value",
            "linear",
            aliases=("mean_absolute_percentage_error", "MAPE"),
            target_range="away from 0",
            beware="divides by the target: those near 0 outweigh all others; in percent, so its gradients are 100 "
            "times as steep as a share's and SGD wants a smaller learning rate",
        ),
        Loss(
            "huber",
            "Huber",
            "value",
            "linear",
            parameters={"delta": 1.0},
            limits={"delta": Rate},
            beware="delta is in units of the target as it is scaled",
        ),
        Loss("log_cosh", "LogCosh", "value", "linear"),
        Loss(
            "poisson",
            "Poisson",
            "value",
            "softplus",
            activations=("softplus", "exponential"),
            target_range="not below 0",
            beware="for counts; scale the target by minmax (counts: by none)",
        ),
        Loss(
            "cosine_similarity",
            "CosineSimilarity",
            "value",
            "linear",
            activations=("linear", "tanh"),
            target_range="vectors",
            beware="needs several target columns; it learns their direction, not their length",
        ),
        Loss(
            "binary_crossentropy",
            "BinaryCrossentropy",
            "zero_one",
            "sigmoid",
            aliases=("bce", "BCE"),
            parameters={"label_smoothing": 0.0},
            limits={"label_smoothing": Fraction},
        ),
        Loss(
            "hinge", "Hinge", "plus_minus_one", "tanh", beware="Keras' own accuracy misjudges it; ours is by the sign"
        ),
        Loss(
            "squared_hinge",
            "SquaredHinge",
            "plus_minus_one",
            "tanh",
            beware="Keras' own accuracy misjudges it; ours is by the sign",
        ),
        Loss(
            "binary_focal_crossentropy",
            "BinaryFocalCrossentropy",
            "zero_one",
            "sigmoid",
            parameters={"gamma": 2.0, "alpha": 0.25, "apply_class_balancing": False, "label_smoothing": 0.0},
            limits={"gamma": Spread, "alpha": Weight, "apply_class_balancing": bool, "label_smoothing": Fraction},
            beware="alpha, the weight of class 1, acts only with apply_class_balancing: true",
        ),
        Loss(
            "dice",
            "Dice",
            "zero_one",
            "sigmoid",
            per_row=False,
            beware="one value for a whole batch, so it depends on the batch size",
        ),
        Loss(
            "tversky",
            "Tversky",
            "zero_one",
            "sigmoid",
            parameters={"alpha": 0.5, "beta": 0.5},
            limits={"alpha": Spread, "beta": Spread},
            per_row=False,
            beware="one value for a whole batch; in Keras 3.15 alpha weighs missed positives and beta false alarms, "
            "the reverse of what its documentation says",
        ),
        Loss(
            "categorical_crossentropy",
            "CategoricalCrossentropy",
            "one_hot",
            "softmax",
            activations=("softmax",),
            parameters={"label_smoothing": 0.0},
            limits={"label_smoothing": Fraction},
        ),
        Loss(
            "sparse_categorical_crossentropy",
            "SparseCategoricalCrossentropy",
            "class_index",
            "softmax",
            activations=("softmax",),
        ),
        Loss(
            "kl_divergence",
            "KLDivergence",
            "one_hot",
            "softmax",
            aliases=("kld", "KLD"),
            activations=("softmax",),
            beware="on one-hot targets the same objective as categorical_crossentropy",
        ),
        Loss(
            "categorical_focal_crossentropy",
            "CategoricalFocalCrossentropy",
            "one_hot",
            "softmax",
            activations=("softmax",),
            parameters={"gamma": 2.0, "alpha": 0.25, "label_smoothing": 0.0},
            limits={"gamma": Spread, "alpha": Rate, "label_smoothing": Fraction},
            beware="alpha scales every class alike, as a learning rate does",
        ),
        Loss(
            "categorical_generalized_cross_entropy",
            "CategoricalGeneralizedCrossEntropy",
            "class_index",
            "softmax",
            activations=("softmax",),
            parameters={"q": 0.5},
            limits={"q": Share},
            beware="q near 0 is cross-entropy, near 1 the mean absolute error, which is slow to learn",
        ),
        Loss("categorical_hinge", "CategoricalHinge", "one_hot", "linear", activations=("linear", "softmax")),
    )
}

_NAMES = {alias: loss.name for loss in LOSSES.values() for alias in (loss.name, loss.function, *loss.aliases)}


def canonical_name(name: str) -> str | None:
    """The catalogue's name for any name Keras knows a loss by; None when it is not in the catalogue."""
    return _NAMES.get(name)


def known_as(name: str) -> str:
    """The catalogue's name for any name Keras knows a loss by, or else the name itself, as a user's ``as`` is."""
    return _NAMES.get(name, name)


def task_of(n_classes: int) -> Task:
    """The task of a target with so many classes, 0 for values."""
    return "regression" if not n_classes else "binary" if n_classes == 2 else "multiclass"


def names_for(task: Task | None) -> list[str]:
    """The names of the losses for one task, or for any, in catalogue order."""
    return [loss.name for loss in LOSSES.values() if task in (None, loss.task)]


def settings_of(loss: Loss) -> dict[str, Any]:
    """What `from_settings` needs to make the loss again."""
    return {
        "loss": loss.name,
        "function": loss.function,
        "parameters": loss.parameters,
        "task": loss.task,
        "activation": loss.activation,
        "targets": loss.targets,
    }


def from_settings(settings: dict[str, Any]) -> Loss:
    """The loss that a run was trained with."""
    function = settings["function"]
    row = LOSSES.get(_NAMES.get(function, "")) or Loss("", function, settings["targets"], "")
    return replace(row, name=settings["loss"], activation=settings["activation"], parameters=settings["parameters"])


def shown(value: object) -> str:
    """A parameter's value as it is written in ``params.yaml``."""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
