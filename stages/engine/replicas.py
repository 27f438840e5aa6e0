"""The replica axis: many seeds of one Keras model trained as one program.

The weights of all seeds are stacked on a leading axis, so a kernel (20, 25) becomes (n_seeds, 20, 25).
The forward pass is the Keras model's own, mapped over that axis. The gradient of the *sum* of the
replicas' losses is each replica's own gradient, and an optimizer that works element by element
updates each replica as it would alone. What a model keeps beside its weights (moving averages, the
state of its random generators) is stacked and carried along in the same way, and a constraint is
mapped like the forward pass. A replica's results do not depend on the others beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from stages.engine.backend import keras, tf

# (targets, outputs) of one replica's rows -> (n_rows,)
RowMetric = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]

# rows that are evaluated at once
EVALUATION_ROWS = 4096


@dataclass(frozen=True)
class Rows:
    """Features and encoded targets of the train or the test rows.

    Attributes:
        features: float32 (n_rows, n_features).
        targets: (n_rows, n_outputs) or (n_rows,), as the loss wants them.
    """

    features: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class History:
    """What every seed did in every epoch, with Keras' meaning: each array is (n_seeds, n_epochs).

    `loss` and `metric` are means over the train rows during the epoch, each batch measured before its
    update; `val_loss` and `val_metric` are means over the test rows after the epoch.
    """

    loss: np.ndarray
    metric: np.ndarray
    val_loss: np.ndarray
    val_metric: np.ndarray


class Replicas:
    """One Keras model in as many copies as there are seeds."""

    def __init__(
        self,
        model: keras.Model,
        weights: list[np.ndarray],
        *,
        loss: keras.losses.Loss,
        metric: RowMetric,
        optimizer: keras.optimizers.Optimizer,
        evaluation_rows: int = EVALUATION_ROWS,
    ) -> None:
        """Stack the copies.

        Args:
            model: the model, whose own weights are not used.
            weights: initial weights, one array (n_seeds, *shape) for each of the model's variables.
            loss: mean loss of one replica's batch.
            metric: metric of one replica's rows, beside the loss.
            optimizer: one whose update rule works element by element; not used before.
            evaluation_rows: rows that are evaluated at once: it bounds the memory, and changes a result
                only where the loss has one value for a whole batch.
        """
        self._model = model
        self._variables = [
            keras.Variable(array, dtype=variable.dtype, trainable=variable.trainable, name=f"{variable.name}_{i}")
            for i, (array, variable) in enumerate(zip(weights, model.variables, strict=True))
        ]
        for stacked, variable in zip(self._variables, model.variables, strict=True):
            if variable.constraint is not None:  # the optimizer applies it after each step
                stacked.constraint = partial(_constrain_all, variable.constraint)
        self._trainable = [variable for variable in self._variables if variable.trainable]
        self._state = [variable for variable in self._variables if not variable.trainable]
        self._loss = loss
        self._metric = metric
        self._optimizer = optimizer
        self._evaluation_rows = evaluation_rows
        optimizer.build(self._trainable)
        self._forward_all = tf.function(
            self._forward_all, autograph=False, input_signature=[tf.TensorSpec(model.input_shape)]
        )

    @property
    def weights(self) -> list[np.ndarray]:
        """The present weights: one array (n_seeds, *shape) for each of the model's variables."""
        return [variable.numpy() for variable in self._variables]

    def fit(
        self,
        train: Rows,
        test: Rows,
        *,
        epochs: int,
        batch_size: int,
        orders: Callable[[int], np.ndarray],
        on_epoch: Callable[[int], None],
    ) -> History:
        """Train every replica and measure it after each epoch.

        Args:
            train: the rows to learn from.
            test: the rows to measure on after each epoch.
            epochs: number of passes over the train rows.
            batch_size: rows of a batch; the last batch of an epoch holds what is left.
            orders: gives, for an epoch (from 0), the order in which each replica sees the train
                rows: int32 (n_seeds, n_train).
            on_epoch: called with the number of epochs done.
        """
        run_epoch = self._compile(train, test, batch_size)
        measured = np.empty((4, epochs, self._variables[0].shape[0]), np.float32)
        for epoch in range(epochs):
            measured[:, epoch] = run_epoch(tf.constant(orders(epoch)))
            on_epoch(epoch + 1)
        return History(*(values.T for values in measured))

    def predict(self, features: np.ndarray) -> np.ndarray:
        """The outputs of every replica for every row: float32 (n_seeds, n_rows, n_outputs)."""
        rows = tf.constant(features)
        blocks = [
            self._forward_all(rows[start : start + EVALUATION_ROWS]).numpy()
            for start in range(0, len(features), EVALUATION_ROWS)
        ]
        return np.concatenate(blocks, axis=1)

    def _values(self) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        """The present weights, and what else the replicas keep."""
        return [variable.value for variable in self._trainable], [variable.value for variable in self._state]

    def _forward(
        self, weights: list[tf.Tensor], state: list[tf.Tensor], features: tf.Tensor, *, training: bool
    ) -> tuple[tf.Tensor, list[tf.Tensor], list[tf.Tensor]]:
        """One replica's outputs (n_rows, n_outputs), its state after them, and what its layers add to the loss."""
        return self._model.stateless_call(weights, state, features, training=training, return_losses=True)

    def _forward_all(self, features: tf.Tensor) -> tf.Tensor:
        return tf.vectorized_map(lambda values: self._forward(*values, features, training=False)[0], self._values())

    def _measure(self, targets: tf.Tensor, outputs: tf.Tensor, added: list[tf.Tensor]) -> tf.Tensor:
        """Mean loss, with what layers add to it, and mean metric of one replica's rows: (2,)."""
        loss = tf.add_n([self._loss(targets, outputs), *added])
        return tf.stack([loss, tf.reduce_mean(self._metric(targets, outputs))])

    def _train_batch(self, features: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """Update every replica by its own batch; what each measured before it, times its rows: (n_seeds, 2)."""
        weights, state = self._values()

        def measure(replica: tuple) -> tuple[tf.Tensor, list[tf.Tensor]]:
            own_weights, own_state, own_features, own_targets = replica
            outputs, next_state, added = self._forward(own_weights, own_state, own_features, training=True)
            return self._measure(own_targets, outputs, added), next_state

        with tf.GradientTape() as tape:
            tape.watch(weights)
            measured, next_state = tf.vectorized_map(measure, (weights, state, features, targets))
            total = tf.reduce_sum(measured[:, 0])
        gradients = tape.gradient(total, weights, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        self._optimizer.apply(gradients, self._trainable)
        for variable, value in zip(self._state, next_state, strict=True):
            variable.assign(value)
        return measured * tf.cast(tf.shape(targets)[1], tf.float32)

    def _test_batch(self, features: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
        """What each replica measures on the same rows, times their number: (n_seeds, 2)."""

        def measure(replica: tuple) -> tf.Tensor:
            outputs, _, added = self._forward(*replica, features, training=False)
            return self._measure(targets, outputs, added)

        return tf.vectorized_map(measure, self._values()) * tf.cast(tf.shape(targets)[0], tf.float32)

    def _compile(self, train: Rows, test: Rows, batch_size: int) -> Callable[[tf.Tensor], tf.Tensor]:
        """One epoch as one TensorFlow program: order (n_seeds, n_train) -> (4, n_seeds), as in `History`."""
        train_features, train_targets = tf.constant(train.features), tf.constant(train.targets)
        test_features, test_targets = tf.constant(test.features), tf.constant(test.targets)

        def train_on(start: tf.Tensor, order: tf.Tensor) -> tf.Tensor:
            rows = order[:, start : start + batch_size]
            return self._train_batch(tf.gather(train_features, rows), tf.gather(train_targets, rows))

        def measure_on(start: tf.Tensor, order: tf.Tensor) -> tf.Tensor:
            del order  # every replica is measured on the rows as they stand
            rows = slice(start, start + self._evaluation_rows)
            return self._test_batch(test_features[rows], test_targets[rows])

        @tf.function(autograph=False)
        def run_epoch(order: tf.Tensor) -> tf.Tensor:
            during = _sum_over_batches(train_on, range(0, len(train), batch_size), order) / len(train)
            after = _sum_over_batches(measure_on, range(0, len(test), self._evaluation_rows), order) / len(test)
            return tf.transpose(tf.concat([during, after], axis=1))

        return run_epoch


def _constrain_all(constraint: Callable[[tf.Tensor], tf.Tensor], stacked: keras.Variable) -> tf.Tensor:
    """The values of a variable of all replicas, each replica's constrained as it would be alone."""
    return tf.vectorized_map(constraint, stacked.value)


def _sum_over_batches(
    measure: Callable[[tf.Tensor, tf.Tensor], tf.Tensor], starts: range, order: tf.Tensor
) -> tf.Tensor:
    """The sum over the batches that begin at `starts` of what `measure` gives for (start, order): (n_seeds, 2)."""
    return tf.while_loop(
        lambda start, _: start < starts.stop,
        lambda start, total: (start + starts.step, total + tf.ensure_shape(measure(start, order), total.shape)),
        (tf.constant(0), tf.zeros((order.shape[0], 2))),
    )[1]
