"""The loss catalogue: one row per loss decides everything that differs between losses.

It needs NumPy alone, so that stages which do not train can read it without waiting for TensorFlow.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Task = Literal["regression", "binary", "multiclass"]
Targets = Literal["value", "zero_one", "plus_minus_one", "one_hot", "class_index"]

# the score that decides between losses, and whether more of it is better
HEADLINE: dict[Task, str] = {"regression": "mse", "binary": "accuracy", "multiclass": "accuracy"}
HIGHER_IS_BETTER = {"mse": False, "accuracy": True}


@dataclass(frozen=True)
class Loss:
    """A loss function, and what a network trained with it needs.

    Attributes:
        name: Losslab's name for it, one of Keras' own.
        keras_class: the class in ``keras.losses``.
        task: the kind of problem it is for.
        activation: the activation of the network's last layer.
        targets: how the targets are fed to the network.
        threshold: binary only: an output at or above it is decided as class 1.
        aliases: other names Keras knows it by.
    """

    name: str
    keras_class: str
    task: Task
    activation: str
    targets: Targets
    threshold: float | None = None
    aliases: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The score that decides between losses of this task."""
        return HEADLINE[self.task]

    @property
    def outputs_probability(self) -> bool:
        """Whether the network's outputs are class probabilities."""
        return self.activation in ("sigmoid", "softmax")

    @property
    def decision_rule(self) -> str:
        """In words: how an output becomes a prediction that can be scored."""
        return {"regression": "value", "binary": f"output ≥ {self.threshold}", "multiclass": "largest output"}[
            self.task
        ]

    def encode(self, labels: np.ndarray, n_classes: int) -> np.ndarray:
        """Encode the targets as this loss wants them.

        Args:
            labels: (n_rows,) values (regression) or class indices.
            n_classes: number of classes; not used for regression.

        Returns:
            float32 (n_rows, 1) for values and binary classes, (n_rows, n_classes) for one-hot
            classes; int32 (n_rows,) for class indices.
        """
        match self.targets:
            case "class_index":
                return labels.astype(np.int32)
            case "one_hot":
                return np.eye(n_classes, dtype=np.float32)[labels.astype(np.int64)]
            case "plus_minus_one":
                return (2 * labels - 1).astype(np.float32)[:, None]
            case _:
                return labels.astype(np.float32)[:, None]

    def decide(self, outputs: np.ndarray) -> np.ndarray:
        """Turn network outputs (..., n_outputs) into predictions (...): values or class indices."""
        match self.task:
            case "regression":
                return outputs[..., 0]
            case "binary":
                return (outputs[..., 0] >= self.threshold).astype(np.int64)
            case _:
                return outputs.argmax(axis=-1)


LOSSES = {
    loss.name: loss
    for loss in (
        Loss("mse", "MeanSquaredError", "regression", "linear", "value", aliases=("mean_squared_error", "MSE")),
        Loss("mae", "MeanAbsoluteError", "regression", "linear", "value", aliases=("mean_absolute_error", "MAE")),
        Loss(
            "msle",
            "MeanSquaredLogarithmicError",
            "regression",
            "linear",
            "value",
            aliases=("mean_squared_logarithmic_error", "MSLE"),
        ),
        Loss("binary_crossentropy", "BinaryCrossentropy", "binary", "sigmoid", "zero_one", 0.5, ("bce", "BCE")),
        Loss("hinge", "Hinge", "binary", "tanh", "plus_minus_one", 0.0),
        Loss("squared_hinge", "SquaredHinge", "binary", "tanh", "plus_minus_one", 0.0),
        Loss("categorical_crossentropy", "CategoricalCrossentropy", "multiclass", "softmax", "one_hot"),
        Loss(
            "sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", "multiclass", "softmax", "class_index"
        ),
        Loss("kl_divergence", "KLDivergence", "multiclass", "softmax", "one_hot", aliases=("kld", "KLD")),
    )
}

_NAMES = {alias: loss.name for loss in LOSSES.values() for alias in (loss.name, loss.keras_class, *loss.aliases)}


def canonical_name(name: str) -> str | None:
    """The catalogue's name for any name Keras knows a loss by; None when it is not in the catalogue."""
    return _NAMES.get(name)


def names_for(task: Task) -> list[str]:
    """The names of the losses for one task, in catalogue order."""
    return [loss.name for loss in LOSSES.values() if loss.task == task]
