import numpy as np
import pytest

from stages.training.backend import keras, tf
from stages.training.rates import per_replica

RATES = np.array([0.001, 0.1, 0.02])


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(),
        keras.optimizers.SGD(momentum=0.9),
        keras.optimizers.SGD(momentum=0.9, nesterov=True),
        keras.optimizers.Adam(beta_1=0.8, epsilon=1e-3),
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.RMSprop(rho=0.8),
        keras.optimizers.RMSprop(momentum=0.5, centered=True),
    ],
    ids=["SGD", "momentum", "nesterov", "Adam", "amsgrad", "RMSprop", "centered"],
)
@pytest.mark.parametrize("shape", [(2, 4), (5,), ()], ids=["kernel", "bias", "number"])
@pytest.mark.thorough
def test_each_replica_steps_as_an_optimizer_of_its_own_would(optimizer, shape):
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=(3, *shape)), rng.normal(size=(20, 3, *shape)).astype(np.float32)

    def stepped(optimizer, start, gradients):
        variable = keras.Variable(start, dtype="float32")
        optimizer.build([variable])

        @tf.function(autograph=False)
        def step(gradient):
            optimizer.apply([gradient], [variable])

        for gradient in gradients:
            step(tf.constant(gradient))
        return variable.numpy()

    together = stepped(per_replica(optimizer, RATES), start, gradients)
    for i, rate in enumerate(RATES):
        alone = type(optimizer).from_config(optimizer.get_config() | {"learning_rate": float(rate)})
        np.testing.assert_allclose(together[i], stepped(alone, start[i], gradients[:, i]), rtol=0, atol=1e-6)


def test_the_optimizer_that_was_given_its_settings_is_left_alone():
    optimizer = keras.optimizers.SGD(0.5)
    assert not per_replica(optimizer, RATES).built
    assert not optimizer.built
    assert optimizer.learning_rate == 0.5
