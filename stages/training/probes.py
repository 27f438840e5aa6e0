"""What a loss gives for outputs that no network made: what it punishes, what tells it from another, a constant's."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from stages.losses.loss import Loss
from stages.training.backend import keras, tf
from stages.training.keras_parts import is_per_row, keras_loss
from stages.training.scales import shared_targets
from stages.training.unit import Unit
from stages.training.views import View

PROBED, PROBED_BATCH = 300, 4  # made-up rows that losses are told apart on, and how many make a batch


def punishment(loss: Loss, n_classes: int, n_targets: int = 1, columns: np.ndarray | None = None) -> pd.DataFrame:
    """Ask Keras what a loss punishes: its value for one row over a range of outputs.

    Args:
        loss: the loss.
        n_classes: number of classes of a multi-class problem.
        n_targets: number of target columns of a regression.
        columns: (n_rows, n_columns) what the loss sees of a table besides; the row has the median of each.

    Returns:
        Columns `case`, `x` and `value`. Regression: `x` is prediction − target (of the first target
        column, the others being right), for a target of −1 and of 1. Binary: `x` is the last layer's
        sum before the activation, positive towards the true class. Multi-class: `x` is the output of
        the true class, the others sharing the rest to 1; where outputs are none of classes,
        those that say the same.
    """
    if loss.task == "regression":
        x = np.linspace(-3, 3, 121)
        cases = []
        for value in (-1, 1):
            labels = loss.output.possible(np.full((len(x), n_targets), value, np.float64))
            predicted = labels + np.column_stack([x, np.zeros((121, n_targets - 1))])
            cases.append((f"target {value:+d}", labels, loss.output.saying(predicted)))
    elif loss.task == "binary":
        x = np.linspace(-3, 3, 121)
        cases = [("", np.ones_like(x), keras.activations.get(loss.activation)(x[:, None]))]
    else:
        x = np.linspace(0.01, 0.99, 99)
        others = np.repeat(((1 - x) / (n_classes - 1))[:, None], n_classes - 1, axis=1)
        cases = [("", np.zeros_like(x), loss.saying(np.column_stack([x, others])))]
    seen = None if columns is None else np.median(columns, axis=0)[None]
    tables = [
        pd.DataFrame(
            {"case": case, "x": x, "value": _values(loss, loss.encode(labels, n_classes), outputs, seen, batch=1)}
        )
        for case, labels, outputs in cases
    ]
    return pd.concat(tables, ignore_index=True)


def objective(loss: Loss, n_classes: int, n_targets: int = 1, columns: np.ndarray | None = None) -> np.ndarray:
    """Compute a loss on made-up rows, the same for all losses of one task and activation: equal values, one objective.

    Args:
        loss: the loss.
        n_classes: number of classes of a multi-class problem.
        n_targets: number of target columns of a regression.
        columns: (n_rows, n_columns) what the loss sees of a table besides, of which the rows have some.

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
        labels = loss.output.possible(generator.uniform(-furthest, furthest, (n_rows, n_targets)))
    else:
        labels = generator.permutation(np.arange(n_rows) % n_classes)
    sums = generator.uniform(-5, 5, (n_rows, loss.n_outputs(n_classes, n_targets))).astype(np.float32)
    # an array, as Keras' crossentropies look behind the outputs of an activation
    outputs = np.asarray(keras.activations.get(loss.activation)(sums))
    return _values(loss, loss.encode(labels, n_classes), outputs, columns, batch=PROBED_BATCH)


def _values(
    loss: Loss, targets: np.ndarray, outputs: np.ndarray | tf.Tensor, columns: np.ndarray | None, *, batch: int
) -> np.ndarray:
    """Compute the loss of each row, or of each `batch` rows where a loss has one value for a batch."""
    measure, outputs = keras_loss(loss, reduction="none"), tf.cast(outputs, tf.float32)
    seen = {} if columns is None else {"columns": np.resize(columns, (len(targets), columns.shape[1]))}

    def of(rows: slice) -> tf.Tensor:
        return measure(targets[rows], outputs[rows], **{name: values[rows] for name, values in seen.items()})

    if loss.per_row:
        return of(slice(None)).numpy()
    return np.array([float(of(slice(start, start + batch))) for start in range(0, len(targets), batch)])


def constant_losses(unit: Unit, view: View) -> np.ndarray:
    """Compute the loss that a constant prediction has on each seed's train rows: float64 (n_seeds,).

    It is the lowest over a few constants: mean and median of values; of classes their shares, and what decides for
    the largest of them with outputs of 1 or of 0. A loss of a whole batch is measured on batches of the unit's size.

    Args:
        unit: what is trained.
        view: what each seed sees.
    """
    measure, targets = keras_loss(unit.loss, unit.table.positions), unit.rows.targets
    values = np.empty(len(view.split_of))
    for split in set(view.split_of):
        rows, has_split = view.train[split], view.split_of == split
        alone = View(np.array([split]), view.train, view.test, view.scaling)
        seen = shared_targets(targets, alone)[0][rows]
        learned = {} if view.weights is None else {"sample_weight": view.weights[rows, 0]}
        learned |= {} if unit.columns is None else {"columns": unit.columns[rows]}
        n_batches = 1 if is_per_row(unit.loss, unit.table.positions) else -(-len(rows) // unit.settings.batch_size)
        batches = [slice(start, None, n_batches) for start in range(n_batches)]  # alike, however rows are sorted
        constants = _constants(unit, seen, unit.table.labels[rows])
        shape = len(rows), *unit.table.positions
        outputs = [np.tile(np.float32(constant), (*shape, 1)) for constant in constants]
        values[has_split] = min(_mean_over(batches, measure, seen, output, learned) for output in outputs)
    return values


def _mean_over(
    batches: list[slice],
    measure: Callable[..., tf.Tensor],
    targets: np.ndarray,
    outputs: np.ndarray,
    learned: dict[str, np.ndarray],
) -> float:
    """The loss of rows in batches, each of which counts by its rows."""
    values = [
        float(measure(targets[rows], outputs[rows], **{name: array[rows] for name, array in learned.items()}))
        for rows in batches
    ]
    return float(np.average(values, weights=[len(targets[rows]) / len(targets) for rows in batches]))


def _constants(unit: Unit, seen: np.ndarray, labels: np.ndarray) -> list[np.ndarray]:
    """Outputs (n_outputs,) of constant predictions, for targets as a network sees them and the labels behind them."""
    loss = unit.loss
    if loss.task == "regression":
        every = seen.reshape(-1, seen.shape[-1])
        return [loss.output.encode(numbers) for numbers in loss.output.constants(every)]
    sizes = np.bincount(labels.ravel(), minlength=unit.table.n_classes)
    largest = np.arange(len(sizes)) == sizes.argmax()
    if unit.loss.task == "multiclass":
        shares = sizes / sizes.sum(), largest, np.full(len(sizes), 1 / len(sizes))
        return [unit.loss.saying(of_classes) for of_classes in shares]
    is_signed = unit.loss.targets == "plus_minus_one"
    return [sizes[1:] / sizes.sum(), np.array([largest[1] * (1 + is_signed) - is_signed]), np.zeros(1)]
