"""What a loss gives for outputs that no network made: what it punishes, what tells it from another, a constant's."""

import numpy as np
import pandas as pd

from stages.losses.loss import Loss
from stages.training.backend import keras, tf
from stages.training.keras_parts import keras_loss
from stages.training.scales import shared_targets
from stages.training.unit import Unit
from stages.training.views import View

PROBED, PROBED_BATCH = 300, 4  # made-up rows that losses are told apart on, and how many make a batch


def punishment(loss: Loss, n_classes: int, n_targets: int = 1) -> pd.DataFrame:
    """Ask Keras what a loss punishes: its value for one row over a range of outputs.

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
    """Compute a loss on made-up rows, the same for all losses of one task and activation: equal values, one objective.

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
    """Compute the loss of each row, or of each `batch` rows where a loss has one value for a batch."""
    measure, outputs = keras_loss(loss, reduction="none"), tf.cast(outputs, tf.float32)
    if loss.per_row:
        return measure(targets, outputs).numpy()
    starts = range(0, len(targets), batch)
    return np.array([float(measure(targets[i : i + batch], outputs[i : i + batch])) for i in starts])


def constant_losses(unit: Unit, view: View) -> np.ndarray:
    """Compute the loss that a constant prediction has on each seed's train rows: float64 (n_seeds,).

    It is the lowest over a few constants: mean and median of values; of classes their shares, and what decides for
    the largest of them with outputs of 1 or of 0.

    Args:
        unit: what is trained.
        view: what each seed sees.
    """
    measure, targets = keras_loss(unit.loss), unit.rows.targets
    values = np.empty(len(view.split_of))
    for split in set(view.split_of):
        rows, has_split = view.train[split], view.split_of == split
        alone = View(np.array([split]), view.train, view.test, view.scaling)
        seen = shared_targets(targets, alone)[0][rows]
        learned = {} if view.weights is None else {"sample_weight": view.weights[rows, 0]}
        constants = _constants(unit, seen, unit.table.labels[rows])
        outputs = (np.tile(np.float32(constant), (len(rows), 1)) for constant in constants)
        values[has_split] = min(float(measure(seen, output, **learned)) for output in outputs)
    return values


def _constants(unit: Unit, seen: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Outputs (n_outputs,) of constant predictions, for targets as a network sees them and the labels behind them."""
    if unit.loss.task == "regression":
        return [seen.mean(axis=0), np.median(seen, axis=0)]
    sizes = np.bincount(labels, minlength=unit.table.n_classes)
    largest = np.arange(len(sizes)) == sizes.argmax()
    if unit.loss.task == "multiclass":
        return [sizes / sizes.sum(), largest, np.full(len(sizes), 1 / len(sizes))]
    is_signed = unit.loss.targets == "plus_minus_one"
    return [sizes[1:] / sizes.sum(), np.array([largest[1] * (1 + is_signed) - is_signed]), np.zeros(1)]
