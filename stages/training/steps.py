"""The update step of many replicas: Keras' own optimizers, with a learning rate of each replica's own; steps in turn.

Variables and gradients hold all replicas, (n_replicas, *shape). Keras' update step works element by element and
multiplies by the learning rate, so it may see one rate for each replica, of the shape (n_replicas, 1, ...). What an
optimizer does beside its update step (weight decay, cuts of the gradient) is done here, replica by replica.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from stages.training.backend import keras, tf


class Rates(NamedTuple):
    """The learning rates of all replicas in the course of training.

    Attributes:
        start: float32 (n_replicas,), the rate of the first step.
        falls: bool (n_replicas,), whether it falls along half a cosine to 0, as Keras' ``CosineDecay`` over as many
            steps as there are; else it stays.
        n_steps: float32 (), the steps of the whole training.
    """

    start: tf.Tensor
    falls: tf.Tensor
    n_steps: tf.Tensor

    def at(self, step: tf.Tensor) -> tf.Tensor:
        """The rates (n_replicas,) of a step, a float32 from 0."""
        share = tf.minimum(step / self.n_steps, 1.0)
        return self.start * tf.where(self.falls, 0.5 * (1.0 + tf.cos(np.float32(np.pi) * share)), 1.0)


class Epochs(NamedTuple):
    """Epochs that are trained at once.

    Attributes:
        orders: int32 (n_epochs, n_seeds, n_train), the row numbers that each seed sees; of those from `count` on none
            is looked at, so that any number of epochs is trained by one program.
        count: int32 (), how many epochs there are.
        before: float32 (), the steps taken before.
    """

    orders: tf.Tensor
    count: tf.Tensor
    before: tf.Tensor


def update(
    optimizer: keras.optimizers.Optimizer,
    variables: Sequence[keras.Variable],
    gradients: Sequence[tf.Tensor],
    rates: tf.Tensor,
) -> None:
    """Take a step with every replica, as `apply` of an optimizer of its own would.

    Keras' `apply` itself sums the gradients over devices by an operation whose gradient TensorFlow registers for as
    long as the process lives, and with it the whole compiled program: megabytes for each that is trained.

    Args:
        optimizer: one whose step works element by element; its own learning rate does not matter.
        variables: what is trained, each (n_replicas, *shape).
        gradients: theirs.
        rates: (n_replicas,) learning rates.
    """
    if optimizer.global_clipnorm is not None:
        gradients = cut_by_norm(gradients, optimizer.global_clipnorm)
    for variable, gradient in zip(variables, gradients, strict=True):
        rate = tf.reshape(rates, (-1, *[1] * (len(variable.shape) - 1)))
        if optimizer.weight_decay is not None:
            variable.assign(variable - variable * optimizer.weight_decay * rate)
        optimizer.update_step(gradient, variable, rate)
        if variable.constraint is not None:
            variable.assign(variable.constraint(variable))
    optimizer.iterations.assign_add(1)


def cut_by_norm(gradients: Sequence[tf.Tensor], norm: float) -> list[tf.Tensor]:
    """Gradients (n_replicas, *shape), those of a replica whose norm over all of them is above `norm` cut to it.

    A norm that is no finite number makes its replica's gradients no number, as in Keras.
    """
    squares = [tf.reduce_sum(tf.square(gradient), axis=range(1, gradient.shape.rank)) for gradient in gradients]
    norms = tf.sqrt(tf.add_n(squares))
    factors = norm * tf.minimum(1.0 / norms, 1.0 / norm) + (norms - norms)
    return [gradient * tf.reshape(factors, (-1, *[1] * (gradient.shape.rank - 1))) for gradient in gradients]


def restart(optimizer: keras.optimizers.Optimizer) -> None:
    """Let an optimizer forget the steps that it took."""
    for variable in optimizer.variables:
        if variable is not optimizer._learning_rate:
            variable.assign(tf.zeros_like(variable))


def sum_over(give: Callable[[tf.Tensor, int], tf.Tensor], n_rows: int, size: int, shape: tuple[int, ...]) -> tf.Tensor:
    """The sum of what steps give, of this shape, over blocks of rows one after the other; the last has what is left.

    Args:
        give: gets the number of a block's first row, and how many rows it has. That how many is no tensor makes a step
            faster by a sixth, though the last one is a program of its own.
        n_rows: rows of all blocks.
        size: rows of a block.
        shape: of what is given.
    """
    n_whole, total = n_rows // size * size, tf.zeros(shape)
    if n_whole > size:
        total = tf.while_loop(
            lambda start, _: start < n_whole,
            lambda start, total: (start + size, total + tf.ensure_shape(give(start, size), shape)),
            (tf.constant(0), total),
        )[1]
    elif n_whole:
        total += give(tf.constant(0), size)
    return total + give(tf.constant(n_whole), n_rows - n_whole) if n_whole < n_rows else total


def columns(array: tf.Tensor, start: tf.Tensor, count: int) -> tf.Tensor:
    """So many columns of an array (n, m) from one on: (n, count)."""
    return tf.slice(array, [0, start], [array.shape[0], count])


def each_in_turn(give: Callable[[tf.Tensor], tf.Tensor], count: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """What steps give one after the other, from step 0 on: of this shape, with 0 for those from `count` on."""
    gathered = tf.TensorArray(tf.float32, shape[0], element_shape=shape[1:])
    return tf.while_loop(
        lambda step, _: step < count,
        lambda step, before: (step + 1, before.write(step, give(step))),
        (tf.constant(0), gathered),
    )[1].stack()
