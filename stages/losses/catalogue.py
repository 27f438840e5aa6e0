"""The loss catalogue: one row per loss decides everything that differs between losses.

It needs no TensorFlow, so that stages which do not train can read it without waiting.
"""

from collections.abc import Iterable
from dataclasses import replace

from stages.losses import beyond_keras
from stages.losses.loss import ACTIVATIONS, TASK_OF, LargeTargets, Loss, Task

LOSSES = {
    loss.name: replace(loss, activations=loss.activations or ACTIVATIONS[loss.targets])
    for loss in (
        Loss(
            "mse",
            "MeanSquaredError",
            "value",
            "linear",
            aliases=("mean_squared_error", "MSE"),
            estimates="mean",
            offered=(None, "log"),
            for_shares=("sigmoid",),
            large_targets=LargeTargets(10, "grow"),
        ),
        Loss(
            "mae",
            "MeanAbsoluteError",
            "value",
            "linear",
            aliases=("mean_absolute_error", "MAE"),
            estimates="median",
            for_shares=("sigmoid",),
        ),
        Loss(
            "msle",
            "MeanSquaredLogarithmicError",
            "value",
            "linear",
            aliases=("mean_squared_logarithmic_error", "MSLE"),
            target_range="clipped below 0",
            estimates="mean of logarithms",
            offered=("ratio",),
            large_targets=LargeTargets(10, "shrink"),
        ),
        Loss(
            "mape",
            "MeanAbsolutePercentageError",
            "value",
            "linear",
            aliases=("mean_absolute_percentage_error", "MAPE"),
            target_range="away from 0",
            steepness=100.0,
            estimates="below the median",
            offered=("ratio",),
        ),
        Loss(
            "huber",
            "Huber",
            "value",
            "linear",
            parameters={"delta": 1.0},
            limits={"delta": "above 0"},
            estimates="between mean and median",
        ),
        Loss("log_cosh", "LogCosh", "value", "linear", estimates="between mean and median"),
        Loss(
            "poisson",
            "Poisson",
            "value",
            "softplus",
            activations=("softplus", "exponential"),
            target_range="not below 0",
            estimates="mean",
            offered=("ratio",),
            large_targets=LargeTargets(1000, "shrink"),
        ),
        Loss(
            "pinball",
            "Pinball",
            "value",
            "linear",
            parameters={"quantile": 0.5},
            limits={"quantile": "between 0 and 1"},
            estimates="quantile",
            scored_as="pinball_{quantile:g}",
            offered=(),  # which quantile is wanted, nobody else knows
            forms={"quantiles": "quantiles"},
        ),
        Loss(
            "quantiles",
            "Quantiles",
            "value",
            "linear",
            activations=("linear",),
            parameters={"quantiles": [0.1, 0.5, 0.9]},
            limits={"quantiles": "ascending shares"},
            gives="quantiles",
            estimates="distribution",
            offered=(),
        ),
        Loss(
            "cosine_similarity",
            "CosineSimilarity",
            "value",
            "linear",
            activations=("linear", "tanh"),
            target_range="vectors",
            estimates="direction",
        ),
        Loss(
            "binary_crossentropy",
            "BinaryCrossentropy",
            "zero_one",
            "sigmoid",
            aliases=("bce", "BCE"),
            parameters={"label_smoothing": 0.0},
            limits={"label_smoothing": "0 to below 1"},
        ),
        Loss(
            "hinge",
            "Hinge",
            "plus_minus_one",
            "tanh",
            usual_outputs=("tanh", "linear"),
        ),
        Loss(
            "squared_hinge",
            "SquaredHinge",
            "plus_minus_one",
            "tanh",
            usual_outputs=("tanh", "linear"),
        ),
        Loss(
            "binary_focal_crossentropy",
            "BinaryFocalCrossentropy",
            "zero_one",
            "sigmoid",
            parameters={"gamma": 2.0, "alpha": 0.25, "apply_class_balancing": False, "label_smoothing": 0.0},
            limits={
                "gamma": "0 or more",
                "alpha": "0 to 1",
                "apply_class_balancing": "true or false",
                "label_smoothing": "0 to below 1",
            },
        ),
        Loss(
            "dice",
            "Dice",
            "zero_one",
            "sigmoid",
            per_row=False,
        ),
        Loss(
            "tversky",
            "Tversky",
            "zero_one",
            "sigmoid",
            parameters={"alpha": 0.5, "beta": 0.5},
            limits={"alpha": "0 or more", "beta": "0 or more"},
            per_row=False,
        ),
        Loss("brier", "MeanSquaredError", "zero_one", "sigmoid"),
        Loss(
            "categorical_crossentropy",
            "CategoricalCrossentropy",
            "one_hot",
            "softmax",
            activations=("softmax",),
            parameters={"label_smoothing": 0.0},
            limits={"label_smoothing": "0 to below 1"},
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
        ),
        Loss(
            "categorical_focal_crossentropy",
            "CategoricalFocalCrossentropy",
            "one_hot",
            "softmax",
            activations=("softmax",),
            parameters={"gamma": 2.0, "alpha": 0.25, "label_smoothing": 0.0},
            limits={"gamma": "0 or more", "alpha": "above 0", "label_smoothing": "0 to below 1"},
        ),
        Loss(
            "categorical_generalized_cross_entropy",
            "CategoricalGeneralizedCrossEntropy",
            "class_index",
            "softmax",
            activations=("softmax",),
            parameters={"q": 0.5},
            limits={"q": "between 0 and 1"},
        ),
        Loss("categorical_hinge", "CategoricalHinge", "one_hot", "linear", activations=("linear", "softmax")),
        Loss("categorical_brier", "MeanSquaredError", "one_hot", "softmax", activations=("softmax",)),
        Loss(
            "share_crossentropy",
            "BinaryCrossentropy",
            "value",
            "sigmoid",
            activations=("sigmoid",),
            parameters={"label_smoothing": 0.0},
            limits={"label_smoothing": "0 to below 1"},
            target_range="0 to 1",
            target_transform="none",
            offered=(),
            for_shares=("sigmoid",),
            estimates="mean",
        ),
        Loss("rank_mse", "MeanSquaredError", "rank", "linear"),
        Loss(
            "cumulative_link",
            "BinaryCrossentropy",
            "levels",
            "sigmoid",
            parameters={"label_smoothing": 0.0},
            limits={"label_smoothing": "0 to below 1"},
        ),
        *beyond_keras.ROWS,
    )
}

# of losses that are one class of Keras on several kinds of targets its names are those of the first above
_NAMES = {alias: loss.name for loss in reversed(LOSSES.values()) for alias in (loss.name, loss.function, *loss.aliases)}


def canonical_name(name: str) -> str | None:
    """The catalogue's name for any name Keras knows a loss by; None when it is not in the catalogue."""
    return _NAMES.get(name)


def known_as(name: str) -> str:
    """The catalogue's name for any name Keras knows a loss by, or else the name itself, as a user's ``as`` is."""
    return _NAMES.get(name, name)


def parts_of(loss: Loss) -> list[tuple[float, Loss]]:
    """The losses that a sum is of, and what each is multiplied by; none of another."""
    return [(weight, replace(LOSSES[name], parameters=dict(values))) for weight, name, values in loss.parts]


def row_of(loss: Loss) -> Loss | None:
    """The row of the catalogue that a loss was made of, whatever it is called; None of a user's own."""
    return next((row for row in LOSSES.values() if (row.function, row.targets) == (loss.function, loss.targets)), None)


def namesakes(name: str, tasks: Iterable[Task | None]) -> dict[Task, str]:
    """What a loss is called for other tasks, by task: losses that are the same class of Keras.

    Args:
        name: any that Keras knows the loss by; another has no namesakes.
        tasks: those that are asked about.
    """
    row = LOSSES.get(_NAMES.get(name, ""))
    others = [loss for loss in LOSSES.values() if row and loss.function == row.function and not loss.needs_order]
    alike = {loss.task: loss.name for loss in others}
    return {task: alike[task] for task in TASK_OF.values() if task in alike and task in tasks and task != row.task}


def task_of(n_classes: int) -> Task:
    """The task of a target with so many classes, 0 for values."""
    return "regression" if not n_classes else "binary" if n_classes == 2 else "multiclass"


def names_for(task: Task | None) -> list[str]:
    """The names of the losses for one task, or for any, in catalogue order."""
    return [loss.name for loss in LOSSES.values() if task in (None, loss.task)]


def shown(value: object) -> str:
    """A parameter's value as it is written in ``params.yaml``."""
    if isinstance(value, list):
        return f"[{', '.join(map(shown, value))}]"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"
