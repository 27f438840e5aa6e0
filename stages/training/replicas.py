"""The replica axis: many copies of one Keras model trained as one program.

A replica is a seed and a learning rate. The weights of all replicas are stacked on a leading axis, so a kernel
(20, 25) becomes (n_replicas, 20, 25). The forward pass is the Keras model's own, mapped over that axis. The
gradient of the *sum* of the replicas' losses is each replica's own gradient, and an optimizer that works
element by element updates each replica as it would alone. What a model keeps beside its weights (moving
averages, the state of its random generators) is stacked and carried along in the same way, and a constraint is
mapped like the forward pass. A replica's results do not depend on the others beside it.

A seed decides which rows a replica sees, in which order and on which scale, its initial weights and its random
draws; the candidates of a seed (learning rates, schedules, parameters of the loss) share all of these. The replicas
of a seed stand together: with n_candidates, replica r is of seed r // n_candidates and learns with candidate
r % n_candidates.

What differs between trainings of the same networks is handed to the compiled program, which so serves them all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from stages.training.backend import keras, tf
from stages.training.layers.mapping import for_each
from stages.training.layers.sizes import of_model
from stages.training.scales import Scale, Shared, share, shared_features
from stages.training.steps import Epochs, Rates, columns, each_in_turn, restart, sum_over, update
from stages.training.views import Rows, View

# (targets, outputs) of one replica's rows, and where the view has some its numbers of `View.own_units` -> (n_rows,)
RowMetric = Callable[..., tf.Tensor]

# rows that are evaluated at once: at most so many of one replica, and about so many of all together
EVALUATION_ROWS, EVALUATION_ROWS_OF_ALL = 4096, 16_384
EVALUATION_NUMBERS = 50_000_000  # that layers give for them, which bounds the memory
# epochs that are trained at once: at most so many, and so many row numbers that all seeds see in them
EPOCHS, ORDERED_ROWS = 10, 1_000_000


@dataclass(frozen=True)
class History:
    """What every replica did in every epoch, with Keras' meaning: each array is (n_replicas, n_epochs).

    `loss` and `metric` are means over the train rows during the epoch, each batch measured before its
    update; `val_loss` and `val_metric` are means over the rows to measure on after the epoch.
    """

    loss: np.ndarray
    metric: np.ndarray
    val_loss: np.ndarray
    val_metric: np.ndarray


class Replicas:
    """One Keras model in as many copies as there are seeds and candidates."""

    def __init__(
        self,
        model: keras.Model,
        weights: list[np.ndarray],
        *,
        loss: keras.losses.Loss | Callable[[tf.Tensor], keras.losses.Loss],
        metric: RowMetric,
        optimizer: keras.optimizers.Optimizer,
        learning_rates: np.ndarray | None = None,
        falls: np.ndarray | None = None,
        parameters: np.ndarray | None = None,
        per_row: bool = True,
        weighs_batch: bool = False,
    ) -> None:
        """Stack the copies.

        Args:
            model: the model, whose own weights are not used.
            weights: initial weights, one array (n_seeds, *shape) for each of the model's variables.
            loss: mean loss of one replica's batch; with `parameters`, a function that makes it of a candidate's.
            metric: metric of one replica's rows, beside the loss.
            optimizer: one whose update rule works element by element; not used before.
            learning_rates: (n_candidates,) the learning rate of each candidate; None for the optimizer's own.
            falls: bool (n_candidates,) whether its learning rate falls to 0; None where none does.
            parameters: (n_candidates, n_parameters) what the loss is made of; None where all have the same loss.
            per_row: whether the loss has a value for each row; one that has a value for a whole batch is measured
                on batches as large as those it trains on, as Keras does.
            weighs_batch: whether a loss of a whole batch is told what each row of it counts.
        """
        rates = np.array([float(optimizer.learning_rate)]) if learning_rates is None else learning_rates
        self._n_candidates, self._n_replicas = len(rates), len(weights[0]) * len(rates)
        self._model = model
        self._variables = [
            keras.Variable(
                np.repeat(array, len(rates), axis=0),
                dtype=variable.dtype,
                trainable=variable.trainable,
                name=f"{variable.name}_{i}",
            )
            for i, (array, variable) in enumerate(zip(weights, model.variables, strict=True))
        ]
        for stacked, variable in zip(self._variables, model.variables, strict=True):
            if variable.constraint is not None:
                stacked.constraint = partial(_constrain_all, variable.constraint)
        self._trainable = [variable for variable in self._variables if variable.trainable]
        self._state = [variable for variable in self._variables if not variable.trainable]
        self._seed_of = np.repeat(np.arange(len(weights[0])), len(rates))
        self._loss = loss if parameters is not None else lambda _: loss
        self._per_row, self._weighs_batch = per_row, weighs_batch
        self._metric = metric
        self._optimizer = optimizer
        optimizer.build(self._trainable)
        self._set_candidates(rates, falls, parameters)
        self._epochs = tf.function(self._run_epochs, autograph=False)
        self._outputs = tf.function(self._predict_block, autograph=False)

    def _set_candidates(self, rates: np.ndarray, falls: np.ndarray | None, parameters: np.ndarray | None) -> None:
        n_seeds, n_candidates = self._n_replicas // len(rates), len(rates)
        self._rates = np.tile(rates, n_seeds).astype(np.float32)
        self._falls = np.tile(np.zeros(n_candidates, bool) if falls is None else falls, n_seeds)
        values = np.zeros((n_candidates, 0)) if parameters is None else parameters
        self._parameters = np.tile(values, (n_seeds, 1)).astype(np.float32)

    def restart(
        self,
        weights: list[np.ndarray],
        learning_rates: np.ndarray,
        falls: np.ndarray | None = None,
        parameters: np.ndarray | None = None,
    ) -> None:
        """Begin anew with other seeds and candidates, as many as before; compiled programs are kept."""
        for variable, array in zip(self._variables, weights, strict=True):
            variable.assign(np.repeat(array, self._n_candidates, axis=0))
        restart(self._optimizer)
        self._set_candidates(learning_rates, falls, parameters)

    @property
    def weights(self) -> list[np.ndarray]:
        """The present weights: one array (n_replicas, *shape) for each of the model's variables."""
        return [variable.numpy() for variable in self._variables]

    @property
    def n_weights(self) -> int:
        """Numbers in the weights of all replicas together."""
        return sum(int(np.prod(variable.shape)) for variable in self._variables)

    def fit(
        self,
        rows: Rows,
        view: View,
        *,
        epochs: int,
        batch_size: int,
        orders: Callable[[int], Sequence[np.ndarray]],
        on_epoch: Callable[[int], None],
    ) -> History:
        """Train every replica and measure it after each epoch.

        Args:
            rows: the rows that all share.
            view: which of them each seed learns from and is measured on, and on which scale.
            epochs: number of passes over the train rows, in which a learning rate that falls reaches 0.
            batch_size: rows of a batch; the last batch of an epoch holds what is left.
            orders: gives, for an epoch (from 0), the order in which each seed sees its train rows: for each seed
                a permutation of their number. Where seeds have unequal numbers of train rows, an epoch is as long
                as the largest, and the others see some of their rows twice.
            on_epoch: called now and then with the number of epochs done.
        """
        shared, n_batches = share(rows, view, self._parameters), view.n_steps(batch_size)
        rates = Rates(tf.constant(self._rates), tf.constant(self._falls), tf.constant(epochs * n_batches, tf.float32))
        measured = np.empty((epochs, 4, self._n_replicas), np.float32)
        n_seeds, n_train = len(view.split_of), view.n_train
        n_at_once = max(1, min(EPOCHS, ORDERED_ROWS // (n_seeds * n_train)))
        order = np.zeros((n_at_once, n_seeds, n_train), np.int32)
        for first in range(0, epochs, n_at_once):
            some = range(first, min(first + n_at_once, epochs))
            for place, epoch in enumerate(some):
                order[place] = view.in_order(orders(epoch))
            part = Epochs(*map(tf.constant, (order, len(some), np.float32(first * n_batches))))
            measured[some.start : some.stop] = self._epochs(part, rates, shared, batch_size)[: len(some)]
            on_epoch(some.stop)
        return History(*measured.transpose(1, 2, 0))

    def predict(self, features: np.ndarray, view: View, wanted: np.ndarray | None = None) -> np.ndarray:
        """Every replica's outputs on its seed's scale: float32 (n_replicas, n_rows, n_outputs), NaN of rows not wanted.

        Args:
            features: (n_rows, n_features), as in `Rows`.
            view: the scale of each seed.
            wanted: bool (n_splits, n_rows); None for all.
        """
        shared, scale = shared_features(features, view)
        every = np.arange(len(features)) if wanted is None else view.numbers_of(wanted)
        outputs = np.full((self._n_replicas, len(features), *self._model.output_shape[1:]), np.nan, np.float32)
        spec = tf.TensorSpec([*every.shape[:-1], None, *shared.shape[1:]], tf.as_dtype(shared.dtype))
        outputs_of = self._outputs.get_concrete_function(spec, scale)  # for the last block, and for other rows, too
        for start in range(0, every.shape[-1], self._block):
            rows = every[..., start : start + self._block]
            places = np.arange(self._n_replicas)[:, None], rows if rows.ndim == 1 else rows[self._seed_of]
            outputs[places] = outputs_of(tf.constant(shared[rows]), scale)
        if wanted is not None:
            outputs[~wanted[view.split_of[self._seed_of]]] = np.nan
        return outputs

    def _predict_block(self, features: tf.Tensor, scale: Scale | None) -> tf.Tensor:
        """Outputs for rows that all replicas share (n_rows, …), or for each seed's (n_seeds, n_rows, …)."""
        weights, state, seen = *self._values(), features if scale is None else scale(features)
        if seen.shape.rank == len(self._model.input_shape):
            return for_each(lambda one: self._forward(*one, seen, training=False)[0], (weights, state))
        return for_each(lambda one: self._forward(*one, training=False)[0], (weights, state, self._for_replicas(seen)))

    @property
    def _block(self) -> int:
        """Rows of each replica that are evaluated at once."""
        numbers = EVALUATION_NUMBERS // (of_model(self._model).numbers * self._n_replicas)
        return max(1, min(EVALUATION_ROWS, EVALUATION_ROWS_OF_ALL // self._n_replicas, numbers))

    def _values(self) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The present weights, and what else the replicas keep."""
        return [variable.value for variable in self._trainable], [variable.value for variable in self._state]

    def _for_replicas(self, of_seeds: tf.Tensor) -> tf.Tensor:
        """Repeat the values of each seed, (n_seeds, ...), for each of its candidates: (n_replicas, ...)."""
        return of_seeds if self._n_candidates == 1 else tf.gather(of_seeds, self._seed_of)

    def _forward(
        self, weights: list[tf.Tensor], state: list[tf.Tensor], features: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, list[tf.Tensor], list[tf.Tensor]]:
        """One replica's outputs (n_rows, n_outputs), its state after them, and what its layers add to the loss."""
        return self._model.stateless_call(weights, state, features, training=training, return_losses=True)

    def _train_batch(self, shared: Shared, rates: tf.Tensor, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        """Update every replica by its own batch; what each measured before it, times its rows: (n_replicas, 2).

        Args:
            shared: what all batches share.
            rates: (n_replicas,) learning rates of this step.
            batch: what `Shared.rows` has of each replica's rows: features (n_replicas, n_rows, n_features), and so on.
        """
        weights, state = self._values()

        def measure(replica: tuple) -> tuple[tf.Tensor, tf.Tensor, list[tf.Tensor]]:
            own_weights, own_state, numbers, parameters, batch_rows = replica
            outputs, next_state, added = self._forward(own_weights, own_state, batch_rows["features"], training=True)
            metric, loss_of = self._metric(batch_rows["targets"], outputs, *numbers), self._loss(parameters)
            if "weights" not in batch_rows:
                loss = loss_of(batch_rows["targets"], outputs, **_seen(batch_rows))
            else:
                learned, _, in_metric = tf.unstack(batch_rows["weights"], axis=-1)
                loss = loss_of(batch_rows["targets"], outputs, sample_weight=learned, **_seen(batch_rows))
                metric *= in_metric
            return tf.add_n([loss, *added]), tf.reduce_mean(metric), next_state

        with tf.GradientTape() as tape:
            tape.watch(weights)
            loss, metric, next_state = for_each(measure, (weights, state, shared.own_units, shared.parameters, batch))
            total = tf.reduce_sum(loss)
        gradients = tape.gradient(total, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        update(self._optimizer, self._trainable, gradients, rates)
        for variable, value in zip(self._state, next_state, strict=True):
            variable.assign(value)
        return tf.stack([loss, metric], axis=1) * tf.cast(tf.shape(batch["targets"])[1], tf.float32)

    def _test_batch(self, shared: Shared, counts: tf.Tensor, batch: dict[str, tf.Tensor]) -> tf.Tensor:
        """What each replica measures, summed over the rows that count: (n_replicas, 2).

        Args:
            shared: what all batches share.
            counts: float32, of rows that all replicas share (n_rows,), or of each (n_replicas, n_rows): 1 where a row
                counts, else 0.
            batch: what `Shared.rows` has of them, in the same way.
        """
        rows, are_shared = (counts, batch), counts.shape.rank == 1

        def measure(replica: tuple) -> tf.Tensor:
            values, numbers, parameters, own_rows = replica
            own_counts, batch_rows = rows if are_shared else own_rows
            in_loss, in_metric = [own_counts] * 2
            if "weights" in batch_rows:
                _, *both = tf.unstack(batch_rows["weights"], axis=-1)
                in_loss, in_metric = (own_counts * weights for weights in both)
            outputs, _, added = self._forward(*values, batch_rows["features"], training=False)
            loss_of = self._loss(parameters)
            n_rows, n_counted = tf.cast(tf.size(own_counts), tf.float32), tf.reduce_sum(own_counts)
            if self._per_row:  # Keras divides the weighted sum by all rows
                loss = loss_of(batch_rows["targets"], outputs, sample_weight=in_loss, **_seen(batch_rows)) * n_rows
            elif self._weighs_batch:  # where no row counts it may be no number
                loss = loss_of(batch_rows["targets"], outputs, sample_weight=in_loss, **_seen(batch_rows))
                loss = tf.math.multiply_no_nan(loss, n_counted)
            else:
                loss = loss_of(batch_rows["targets"], outputs, **_seen(batch_rows)) * n_counted
            metric = tf.reduce_sum(self._metric(batch_rows["targets"], outputs, *numbers) * in_metric)
            return tf.stack([tf.add_n([loss, *(value * n_counted for value in added)]), metric])

        return for_each(measure, (self._values(), shared.own_units, shared.parameters, () if are_shared else rows))

    def _run_epochs(self, epochs: Epochs, rates: Rates, shared: Shared, batch_size: int) -> tf.Tensor:
        """Some epochs, to be compiled: (n_epochs, 4, n_replicas), each as in `History`."""
        (n_epochs, _, n_train), (orders, count, before) = epochs.orders.shape, epochs

        def run(epoch: tf.Tensor) -> tf.Tensor:
            step = before + tf.cast(epoch * -(-n_train // batch_size), tf.float32)
            return self._run_epoch(orders[epoch], step, rates, shared, batch_size)

        return each_in_turn(run, count, (n_epochs, 4, self._n_replicas))

    def _run_epoch(self, order: tf.Tensor, step: tf.Tensor, rates: Rates, shared: Shared, batch_size: int) -> tf.Tensor:
        """One epoch: (4, n_replicas), as in `History`.

        Args:
            order: (n_seeds, n_train) the row numbers that each seed sees.
            step: float32, the steps taken before.
            rates: the learning rates.
            shared: what all epochs share.
            batch_size: rows of a batch.
        """
        n_train, (n_lines, n_test) = order.shape[1], shared.tested.shape
        block = self._block if self._per_row else batch_size

        def of_seeds(numbers: tf.Tensor) -> dict[str, tf.Tensor]:
            gathered = {name: tf.gather(values, numbers) for name, values in shared.rows.items()}
            return gathered | {name: scale(gathered[name]) for name, scale in shared.scales.items()}

        def of_replicas(numbers: tf.Tensor) -> dict[str, tf.Tensor]:
            return {name: self._for_replicas(values) for name, values in of_seeds(numbers).items()}

        def train_on(start: tf.Tensor, count: int) -> tf.Tensor:
            batch = of_replicas(columns(order, start, count))
            return self._train_batch(shared, rates.at(step + tf.cast(start // batch_size, tf.float32)), batch)

        def measure_on(start: tf.Tensor, count: int) -> tf.Tensor:
            counts, numbers = columns(shared.counts, start, count), columns(shared.tested, start, count)
            if n_lines == 1:
                return self._test_batch(shared, counts[0], of_seeds(numbers[0]))
            return self._test_batch(shared, self._for_replicas(counts), of_replicas(numbers))

        during = sum_over(train_on, n_train, batch_size, (self._n_replicas, 2)) / n_train
        if "weights" in shared.rows:  # of the metric a weighted mean, of the loss what Keras has
            share = self._for_replicas(tf.reduce_mean(tf.gather(shared.rows["weights"][:, 2], order), axis=1))
            during /= tf.stack([tf.ones_like(share), share], axis=1)
        after = sum_over(measure_on, n_test, block, (self._n_replicas, 2)) / shared.totals
        return tf.transpose(tf.concat([during, after], axis=1))


def _seen(rows: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """What a loss is told of a replica's rows beside targets and outputs."""
    return {"columns": rows["columns"]} if "columns" in rows else {}


def _constrain_all(constraint: Callable[[tf.Tensor], tf.Tensor], stacked: keras.Variable) -> tf.Tensor:
    """The values of all replicas, each replica's constrained as it would be alone."""
    return for_each(constraint, stacked.value)
