"""Optimizers whose learning rate is one per replica.

Keras' own update step does the work. It multiplies by the learning rate element by element, so it sees rates
of the shape (n_replicas, 1, ...), which broadcast over a variable of all replicas: (n_replicas, *shape).
"""

import numpy as np

from stages.training.backend import keras, tf


def per_replica(optimizer: keras.optimizers.Optimizer, rates: np.ndarray) -> keras.optimizers.Optimizer:
    """A new optimizer with the settings of another, but a learning rate of its own for each replica.

    Args:
        optimizer: SGD, Adam or RMSprop, whose own learning rate does not matter; without weight decay, which
            Keras scales by the optimizer's one rate outside its update step.
        rates: (n_replicas,) learning rates.
    """
    rates = np.asarray(rates, np.float32)

    class PerReplica(type(optimizer)):
        def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: tf.Tensor) -> None:
            del learning_rate  # the one of the optimizer
            super().update_step(gradient, variable, rates.reshape(-1, *[1] * (len(variable.shape) - 1)))

    return PerReplica.from_config(optimizer.get_config())
