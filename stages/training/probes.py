"""What a loss is asked on made-up rows: what it punishes, and by which values it is told from another loss."""

import numpy as np
import pandas as pd

from stages.losses.loss import Loss
from stages.training.backend import keras, tf
from stages.training.keras_parts import keras_loss

PROBED, PROBED_BATCH = 300, 4  # made-up rows that losses are told apart on, and how many make a batch


def punishment(loss: Loss, n_classes: int, n_targets: int = 1) -> pd.DataFrame:
    """What a loss punishes, asked of Keras: its value for one row over a range of outputs.

    Args:
        loss: the loss.
        n_classes: number of classes of a multi-class problem.
        n_targets: number of target columns of a regression.

    Returns:
        Columns `case`, `x` and `value`. Regression: `x` is prediction − target (of the first target
        column, the others being right), for a target of −1 and of 1. Binary: `x` is the last layer's
        sum before the activation, positive towards the true class. Multi-class: `x` is the output of
        the true class, the others sharing the rest to 1.
    """
    if loss.task == "regression":
        x = np.linspace(-3, 3, 121)
        cases = []
        for value in (-1, 1):
            labels = np.full((len(x), n_targets), value, np.float64)
            cases.append((f"target {value:+d}", labels, labels + np.column_stack([x, np.zeros((121, n_targets - 1))])))
    elif loss.task == "binary":
        x = np.linspace(-3, 3, 121)
        cases = [("", np.ones_like(x), keras.activations.get(loss.activation)(x[:, None]))]
    else:
        x = np.linspace(0.01, 0.99, 99)
        others = np.repeat(((1 - x) / (n_classes - 1))[:, None], n_classes - 1, axis=1)
        cases = [("", np.zeros_like(x), np.column_stack([x, others]))]
    tables = [
        pd.DataFrame({"case": case, "x": x, "value": _values(loss, loss.encode(labels, n_classes), outputs, batch=1)})
        for case, labels, outputs in cases
    ]
    return pd.concat(tables, ignore_index=True)


def objective(loss: Loss, n_classes: int, n_targets: int = 1) -> np.ndarray:
    """A loss's values on made-up rows, which tell it from another: all losses of one task and activation see the same.

    Args:
        loss: the loss.
        n_classes: number of classes of a multi-class problem.
        n_targets: number of target columns of a regression.

    Returns:
        (n_rows,) the loss of single rows, or (n_batches,) of batches, where it has one value for a
        batch. Every class is the true one of some rows. The outputs are what the activation gives
        for sums from -5 to 5. A regression's targets lie within ±2, ±20 and ±2,000 by turns, so that
        a loss that bends far out shows it.
    """
    generator = np.random.default_rng(0)
    n_rows = max(PROBED, n_classes)
    if loss.task == "regression":
        furthest = np.resize([2, 20, 2000], n_rows)[:, None]
        labels = generator.uniform(-furthest, furthest, (n_rows, n_targets))
    else:
        labels = generator.permutation(np.arange(n_rows) % n_classes)
    sums = generator.uniform(-5, 5, (n_rows, loss.n_outputs(n_classes, n_targets))).astype(np.float32)
    # an array, as Keras' crossentropies look behind the outputs of an activation
    outputs = np.asarray(keras.activations.get(loss.activation)(sums))
    return _values(loss, loss.encode(labels, n_classes), outputs, batch=PROBED_BATCH)


def _values(loss: Loss, targets: np.ndarray, outputs: np.ndarray | tf.Tensor, *, batch: int) -> np.ndarray:
    """The loss of each row, or of each `batch` rows where it has one value for a batch."""
    measure, outputs = keras_loss(loss, reduction="none"), tf.cast(outputs, tf.float32)
    if loss.per_row:
        return measure(targets, outputs).numpy()
    starts = range(0, len(targets), batch)
    return np.array([float(measure(targets[i : i + batch], outputs[i : i + batch])) for i in starts])
