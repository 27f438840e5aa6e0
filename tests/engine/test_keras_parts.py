import numpy as np
import pytest

from stages.engine.backend import keras
from stages.engine.keras_parts import make_optimizer, row_metric
from stages.losses.catalogue import LOSSES
from stages.records.settings import OptimizerSettings


@pytest.mark.parametrize(
    ("name", "targets", "outputs", "expected"),
    [
        ("mse", [[1.0], [-2.0]], [[3.0], [-2.5]], [4, 0.25]),
        ("msle", [[1.0], [-2.0]], [[3.0], [-2.5]], [4, 0.25]),  # the squared error, not the loss
        ("binary_crossentropy", [[0.0], [0.0], [1.0], [1.0]], [[0.49], [0.5], [0.5], [0.49]], [1, 0, 1, 0]),
        ("hinge", [[-1.0], [-1.0], [1.0], [1.0]], [[-0.1], [0.0], [0.1], [-0.1]], [1, 0, 1, 0]),
        ("kl_divergence", [[0.0, 0, 1], [1, 0, 0]], [[0.3, 0.3, 0.4], [0.3, 0.4, 0.3]], [1, 0]),
        ("sparse_categorical_crossentropy", [2, 0], [[0.3, 0.3, 0.4], [0.3, 0.4, 0.3]], [1, 0]),
    ],
)
def test_the_row_metric_is_the_squared_error_or_whether_the_decision_is_right(name, targets, outputs, expected):
    kind = np.int32 if LOSSES[name].targets == "class_index" else np.float32
    measured = row_metric(LOSSES[name])(keras.ops.array(targets, kind), keras.ops.array(outputs, "float32"))
    np.testing.assert_allclose(measured, expected)


@pytest.mark.parametrize(
    ("settings", "kind", "expected"),
    [
        (
            {"name": "SGD", "learning_rate": 0.5, "momentum": 0.25, "nesterov": True},
            "SGD",
            {"momentum": 0.25, "nesterov": True},
        ),
        ({"name": "Adam", "learning_rate": 0.5, "beta_1": 0.75}, "Adam", {"beta_1": 0.75}),
        ({"name": "RMSprop", "learning_rate": 0.5, "rho": 0.75}, "RMSprop", {"rho": 0.75}),
    ],
)
def test_an_optimizer_is_made_anew_from_its_settings(settings, kind, expected):
    optimizer, another = (make_optimizer(OptimizerSettings(**settings)) for _ in range(2))
    assert optimizer is not another
    assert type(optimizer) is getattr(keras.optimizers, kind)
    assert float(optimizer.learning_rate) == 0.5
    assert {key: getattr(optimizer, key) for key in expected} == expected
