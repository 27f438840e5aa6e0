from dataclasses import replace

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.params import loss_entry
from stages.records.settings import OptimizerSettings
from stages.scores import catalogue, measure
from stages.training.backend import keras, tf
from stages.training.keras_parts import is_per_row, kept_loss, keras_loss, loss_maker, make_optimizer, row_metric


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
    metric = row_metric(LOSSES[name], LOSSES[name].epoch_metric)
    np.testing.assert_allclose(metric(keras.ops.array(targets, kind), keras.ops.array(outputs, "float32")), expected)


@pytest.mark.parametrize(
    ("name", "score", "targets", "outputs", "expected"),
    [
        # errors 2 and 1 in scaled units, of which one is 3 and 10 target units
        ("cosine_similarity", "rmse", [[1.0, 0.0]], [[3.0, 1.0]], [(36 + 100) / 2]),
        ("cosine_similarity", "mae", [[1.0, 0.0]], [[3.0, 1.0]], [(6 + 10) / 2]),
        ("binary_crossentropy", "log_loss", [[1.0], [0.0]], [[0.25], [0.25]], [np.log(4), -np.log(0.75)]),
        ("kl_divergence", "log_loss", [[0.0, 1.0, 0.0]], [[0.1, 0.1, 0.3]], [np.log(5)]),  # of the sum, as is scored
        ("sparse_categorical_crossentropy", "log_loss", [2, 0], [[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]], [np.log(4), 36]),
    ],
)
def test_a_score_that_chooses_is_measured_in_its_own_units(name, score, targets, outputs, expected):
    kind = np.int32 if LOSSES[name].targets == "class_index" else np.float32
    numbers = [tf.constant([[7.0, 9], [3, 10], [3, 10]])] * (LOSSES[name].task == "regression")
    measured = row_metric(LOSSES[name], score)(
        keras.ops.array(targets, kind), keras.ops.array(outputs, "float32"), *numbers
    )
    np.testing.assert_allclose(measured, expected, rtol=2e-3)


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


def test_the_brier_score_chooses_as_it_is_measured():
    metric = row_metric(LOSSES["binary_crossentropy"], "brier")
    np.testing.assert_allclose(
        metric(keras.ops.array([[1.0], [0.0]]), keras.ops.array([[0.25], [0.5]])), [0.5625, 0.25]
    )
    outputs = keras.ops.array([[0.5, 0.25, 0.25]])
    for name, target in (("kl_divergence", [[0.0, 1.0, 0.0]]), ("sparse_categorical_crossentropy", [1])):
        kind = "int32" if name.startswith("sparse") else "float32"
        metric = row_metric(LOSSES[name], "brier")
        np.testing.assert_allclose(metric(keras.ops.array(target, kind), outputs), [0.25 + 0.5625 + 0.0625])


FOLLOWED = [name for name, score in catalogue.SCORES.items() if score.is_followed] + ["pinball_0.9"]


@pytest.mark.parametrize(
    ("name", "score", "transform"),
    [
        (name, score, transform)
        for name in ("mse", "binary_crossentropy", "hinge", "kl_divergence", "sparse_categorical_crossentropy")
        for transform in ([None, "log", "ratio"] if name == "mse" else [None])
        for score in FOLLOWED
        if catalogue.find(score, LOSSES[name].task) and catalogue.find(score, None).suits(LOSSES[name], n_targets=1)
    ],
)
def test_what_is_followed_while_training_comes_to_the_score_that_is_measured(name, score, transform):
    generator, loss = np.random.default_rng(3), LOSSES[name]
    if loss.task == "regression":
        labels, center, spread = generator.gamma(2, 3, (50, 1)) + 0.1, 4.0, 2.5
        own = {None: (center, spread), "log": (1.5, 0.5), "ratio": (0.0, 6.0)}[transform]
        changed = np.log1p(labels) if transform == "log" else labels
        targets = (changed - own[0]) / own[1]
        outputs = targets + generator.normal(0, 0.5, targets.shape)
        values = outputs * own[1] + own[0]
        predicted = (np.expm1(values) if transform == "log" else values) - center
        given, units = predicted / spread, {"center": center, "spread": spread}
        numbers = [tf.constant([[own[0]], [own[1]], [spread]], tf.float32)]
    else:
        n_classes = 2 if loss.task == "binary" else 3
        labels, numbers, units = generator.integers(0, n_classes, 50), [], {}
        targets = loss.encode(labels, n_classes)
        outputs = generator.uniform(0.05, 0.95, (50, loss.n_outputs(n_classes, 1))) - (name == "hinge") * 0.5
        given = outputs
    metric = row_metric(replace(loss, target_transform=transform), score)
    followed = metric(
        tf.constant(targets.astype(loss.encode(labels, 3).dtype)), tf.constant(outputs, tf.float32), *numbers
    )
    expected = measure.score(loss, labels, given[None], also=[score], **units)[score]
    assert catalogue.find(score, loss.task).of_mean(np.mean(followed)) == pytest.approx(expected[0], rel=1e-5)


@pytest.mark.parametrize("score", ["mse", "rmse", "mae", "rmsle", "mape", "pinball_0.9"])
@pytest.mark.parametrize("transform", [None, "standard", "robust", "log"])
def test_what_is_followed_of_values_far_from_0_is_the_score_that_is_measured(transform, score):
    """Float32 has half a unit for values of 5.8 million, and the errors here are hundredths."""
    generator, loss = np.random.default_rng(3), replace(LOSSES["mse"], target_transform=transform)
    labels = 5_812_346 + generator.gamma(2, 0.3, (50, 1))
    changed = np.log1p(labels) if transform == "log" else labels
    center, spread = changed.mean(), changed.std()
    targets = ((changed - center) / spread).astype(np.float32)
    outputs = (targets + generator.normal(0, 0.05, targets.shape)).astype(np.float32)
    values = outputs.astype(np.float64) * spread + center
    predicted = np.expm1(values) if transform == "log" else values
    units = {"center": labels.mean(), "spread": labels.std()}
    expected = measure.score(loss, labels, (predicted - labels.mean())[None] / labels.std(), also=[score], **units)
    numbers = tf.constant([[center], [spread], [labels.std()]], tf.float32)
    followed = row_metric(loss, score)(tf.constant(targets), tf.constant(outputs), numbers)
    assert catalogue.find(score, loss.task).of_mean(np.mean(followed)) == pytest.approx(expected[score][0], rel=1e-3)


# every parameter that may be chosen from several, with two values of it
CHOSEN = {"power": (1.2, 1.8), "delta": (0.5, 2.0),
          "gamma": (0.5, 3.0), "alpha": (0.2, 0.7), "beta": (0.2, 0.7), "q": (0.3, 0.8),
          "label_smoothing": (0.0, 0.2)}  # fmt: skip
PARAMETERS = [
    (name, parameter)
    for name, loss in LOSSES.items()
    for parameter, limit in loss.limits.items()
    if limit != "true or false" and parameter not in loss_entry.NOT_TUNED
]


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
def test_a_loss_of_a_parameter_as_a_tensor_is_keras_own_with_that_number(name, parameter):
    rng, loss = np.random.default_rng(0), LOSSES[name]
    if "apply_class_balancing" in loss.parameters:  # without it alpha does nothing
        loss = replace(loss, parameters=loss.parameters | {"apply_class_balancing": True})
    n_outputs = {"regression": 1, "binary": 1, "multiclass": 3}[loss.task]
    labels = rng.normal(size=(12, 1)) * 3 if loss.task == "regression" else np.arange(12) % max(n_outputs, 2)
    targets = loss.encode(labels, n_outputs)
    n_outputs = loss.n_outputs(n_outputs, 1)
    outputs = tf.constant(rng.uniform(0.1, 0.9, (12, n_outputs)) / n_outputs, tf.float32)
    weights = None if not loss.per_row else tf.constant(rng.uniform(0, 2, 12), tf.float32)

    def value_and_gradient(measure):
        with tf.GradientTape() as tape:
            tape.watch(outputs)
            value = measure(targets, outputs, sample_weight=weights)
        return np.append(tape.gradient(value, outputs), value)

    make, found = loss_maker(loss, [parameter]), []
    for number in CHOSEN[parameter]:
        expected = keras_loss(replace(loss, parameters=loss.parameters | {parameter: number}))
        found.append(value_and_gradient(make(tf.constant([number]))))
        np.testing.assert_allclose(found[-1], value_and_gradient(expected), rtol=1e-5, atol=1e-6)
    if (name, parameter) != ("categorical_focal_crossentropy", "alpha"):  # of which it is a factor
        assert not np.allclose(*found, rtol=1e-3)


@pytest.mark.parametrize("positions", [(), (3, 2)])
def test_a_sum_of_losses_is_each_times_its_weight_and_gives_a_value_for_each_row_where_all_do(positions):
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (5, *positions, 1)).astype(np.float32)
    outputs = rng.uniform(0.1, 0.9, targets.shape).astype(np.float32)
    parts = {"dice": 2.0, "binary_crossentropy": 0.5}
    both = loss_entry.resolve({"sum": list(parts), "weights": list(parts.values())}, "binary")
    values = {name: float(keras_loss(LOSSES[name], positions)(targets, outputs)) for name in parts}
    assert float(keras_loss(both, positions)(targets, outputs)) == pytest.approx(
        sum(parts[name] * value for name, value in values.items()), rel=1e-6
    )
    assert is_per_row(both, positions) == bool(positions)
    assert kept_loss(both) is None
    of_rows = loss_entry.resolve({"sum": ["brier", "binary_crossentropy"]}, "binary")
    assert of_rows.per_row
    assert keras_loss(of_rows, reduction="none")(targets, outputs).shape[0] == 5
