import numpy as np
import pytest

from stages.training.backend import keras, tf
from stages.training.steps import Rates, restart, update

RATES = np.array([0.001, 0.1, 0.02], np.float32)
N_STEPS = 20
OPTIMIZERS = {
    "SGD": keras.optimizers.SGD,
    "momentum": lambda **settings: keras.optimizers.SGD(momentum=0.9, **settings),
    "nesterov": lambda **settings: keras.optimizers.SGD(momentum=0.9, nesterov=True, **settings),
    "Adam": lambda **settings: keras.optimizers.Adam(beta_1=0.8, epsilon=1e-3, **settings),
    "amsgrad": lambda **settings: keras.optimizers.Adam(amsgrad=True, **settings),
    "RMSprop": lambda **settings: keras.optimizers.RMSprop(rho=0.8, **settings),
    "centered": lambda **settings: keras.optimizers.RMSprop(momentum=0.5, centered=True, **settings),
    "AdamW": lambda **settings: keras.optimizers.AdamW(weight_decay=0.3, **settings),
}


def together(optimizer, start, gradients, falls):
    """Variables (n_replicas, *shape) after a step by each of gradients (n_steps, n_replicas, *shape)."""
    variables = [keras.Variable(array, dtype="float32") for array in start]
    optimizer.build(variables)
    rates = Rates(tf.constant(RATES), tf.constant(falls), tf.constant(float(N_STEPS)))

    @tf.function(autograph=False)
    def step(number, *gradients):
        update(optimizer, variables, gradients, rates.at(number))

    for number in range(N_STEPS):
        step(tf.constant(float(number)), *(each[number] for each in gradients))
    return [variable.numpy() for variable in variables]


def alone(make, replica, start, gradients, *, falls, **settings):
    """The same by Keras' `apply` for one replica."""
    rate = float(RATES[replica])
    optimizer = make(learning_rate=keras.optimizers.schedules.CosineDecay(rate, N_STEPS) if falls else rate, **settings)
    variables = [keras.Variable(array[replica], dtype="float32") for array in start]
    optimizer.build(variables)

    @tf.function(autograph=False)
    def step(*gradients):
        optimizer.apply(list(gradients), variables)

    for number in range(N_STEPS):
        step(*(each[number, replica] for each in gradients))
    return [variable.numpy() for variable in variables]


@pytest.mark.parametrize("clip", [None, 1.5], ids=["", "cut by norm"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_replica_steps_as_an_optimizer_of_its_own_would(name, clip):
    rng, falls = np.random.default_rng(0), np.array([True, False, True])
    # a kernel, a bias and a number, whose gradients have norms on both sides of the cut
    start = [rng.normal(size=(3, *shape)) for shape in ((2, 4), (5,), ())]
    gradients = [tf.constant(0.4 * rng.normal(size=(N_STEPS, *each.shape)), tf.float32) for each in start]
    norms = np.sqrt(sum(np.square(each).reshape(N_STEPS, 3, -1).sum(axis=2) for each in gradients))
    assert norms.min() < 1.5 < norms.max()
    made = together(OPTIMIZERS[name](global_clipnorm=clip), start, gradients, falls)
    for replica, falling in enumerate(falls):
        expected = alone(OPTIMIZERS[name], replica, start, gradients, falls=falling, global_clipnorm=clip)
        for ours, theirs in zip(made, expected, strict=True):
            np.testing.assert_allclose(ours[replica], theirs, rtol=0, atol=2e-6)


def test_a_rate_falls_along_half_a_cosine_or_stays():
    rates = Rates(tf.constant([0.1, 0.1]), tf.constant([True, False]), tf.constant(4.0))
    found = [rates.at(tf.constant(step)).numpy().tolist() for step in (0.0, 1.0, 2.0, 4.0)]
    expected = [[0.1, 0.1], [0.1 * (1 + np.sqrt(0.5)) / 2, 0.1], [0.05, 0.1], [0, 0.1]]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


def test_an_optimizer_that_restarts_steps_as_a_new_one_does():
    gradient, optimizer = tf.constant([1.0, -2.0]), keras.optimizers.Adam()
    variable = keras.Variable(np.zeros(2), dtype="float32")
    optimizer.build([variable])

    def stepped():
        variable.assign(np.zeros(2))
        for factor in (1.0, 3.0):
            update(optimizer, [variable], [factor * gradient], tf.constant([0.1, 0.2]))
        return variable.numpy().tolist()

    first = stepped()
    assert stepped() != first
    restart(optimizer)
    assert stepped() == first
