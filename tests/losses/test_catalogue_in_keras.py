import inspect
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from stages.losses.catalogue import LOSSES, canonical_name
from stages.losses.formulas import FORMULAS
from stages.losses.outputs import LEAST_SPREAD
from stages.training.backend import keras
from stages.training.keras_parts import keras_loss

# Keras clips probabilities at 1e-7, which moves a logarithm by a few parts in a million
TOLERANCE = 1e-5
LN2, E1 = math.log(2), math.e - 1
THREE_CLASSES = ([0, 2], [[0.5, 0.25, 0.25], [0.25, 0.25, 0.5]], LN2)
# labels, outputs, and the mean over rows worked by hand
WORKED = {
    "mse": ([1, 2], [[1.5], [1.0]], (0.25 + 1) / 2),
    "mae": ([1, 2], [[1.5], [1.0]], (0.5 + 1) / 2),
    # the median: half the absolute error
    "pinball": ([1, 2], [[1.5], [1.0]], (0.5 + 1) / 4),
    # quantiles 0.5, 1.5 and 2.5 of levels 0.1, 0.5 and 0.9, around a target of 2
    "quantiles": ([2], [[0.5, math.log(E1), math.log(E1)]], (0.1 * 1.5 + 0.5 * 0.5 + 0.1 * 0.5) / 3),
    # standard deviations of 1 and 2, less a thousandth that every one is larger by
    "gaussian": (
        [1, 2],
        [[1.5, math.log(math.expm1(1 - LEAST_SPREAD))], [1.0, math.log(math.expm1(2 - LEAST_SPREAD))]],
        (math.log(2 * math.pi) + (0.25 + 2 * LN2 + 0.25) / 2) / 2,
    ),
    # ln of the mean, and how many times it the target is
    "gamma": ([2, 6], [[1.0], [math.e]], (2 + 1 + 6 / math.e) / 2),
    # power 1.5: 2 (√mean + target / √mean)
    "tweedie": ([0, 3], [[1.0], [4.0]], (2 + 2 * (2 + 3 / 2)) / 2),
    # of 0 the surprise that it is, of 2 that it is not, and the gamma loss of an amount of 1
    "hurdle": ([0, 2], [[0.0, math.log(E1)], [math.log(3), math.log(E1)]], (LN2 + math.log(4 / 3) + 2) / 2),
    "expectile": ([1, 2], [[1.5], [1.0]], (0.25 + 1) / 4),
    # exp(z) - z - 1, too high by 0.5 and too low by 1
    "linex": ([1, 2], [[1.5], [1.0]], (math.exp(0.5) - 1.5 + math.exp(-1)) / 2),
    # of 90 degrees the point (0, 1), of 180 (-1, 0)
    "circular_mse": ([90, 180], [[1.0, 1.0], [0.0, 0.5]], (1 / 2 + (1 + 0.25) / 2) / 2),
    "circular_distance": ([90, 180], [[3.0, 4.0], [0.0, 0.5]], (1 - 0.8 + 1) / 2),
    "von_mises": ([90, 180], [[3.0, 4.0], [0.0, 0.5]], (math.log(special.i0(5)) - 4 + math.log(special.i0(0.5))) / 2),
    "msle": ([0, -3, E1], [[E1], [0.0], [E1]], (1 + 0 + 0) / 3),
    "mape": ([2, -4], [[1.0], [-5.0]], 100 * (1 / 2 + 1 / 4) / 2),
    # within delta 1 half the square, beyond it delta × (error − delta / 2)
    "huber": ([0, 0], [[0.5], [3.0]], (0.5 * 0.25 + 3 - 0.5) / 2),
    "log_cosh": ([0, 1], [[LN2], [1.0]], (math.log((2 + 1 / 2) / 2) + 0) / 2),
    "poisson": ([0, 3], [[2.0], [math.e]], (2 + math.e - 3) / 2),
    "cosine_similarity": ([[1, 0], [2, 2]], [[3.0, 0.0], [0.0, 5.0]], -(1 + math.sqrt(1 / 2)) / 2),
    "binary_crossentropy": ([1, 0], [[0.5], [0.25]], (LN2 + math.log(4 / 3)) / 2),
    "hinge": ([1, 0], [[0.5], [0.5]], (0.5 + 1.5) / 2),
    "squared_hinge": ([1, 0], [[0.5], [0.5]], (0.25 + 2.25) / 2),
    # gamma 2: (1 − p)² × cross-entropy
    "binary_focal_crossentropy": ([1, 0], [[0.5], [0.25]], (LN2 / 4 + math.log(4 / 3) / 16) / 2),
    # over the whole batch: 1 − 2 × overlap / (targets + outputs)
    "dice": ([1, 0, 1], [[0.5], [0.5], [1.0]], 1 - 2 * 1.5 / (2 + 2)),
    # overlap 1.5, missed 0.5, false alarms 0.5, each by half
    "tversky": ([1, 0, 1], [[0.5], [0.5], [1.0]], 1 - 1.5 / (1.5 + 0.25 + 0.25)),
    "brier": ([1, 0], [[0.5], [0.25]], (0.25 + 0.0625) / 2),
    # a quarter of the cross-entropy of class 1 and three quarters of that of class 0
    # two levels of three classes: of class 1 the first is 1, the second 0
    "rank_mse": ([2, 0], [[1.5], [1.0]], (0.25 + 1) / 2),
    "cumulative_link": ([1, 0], [[0.5, 0.25], [0.5, 0.25]], (LN2 + math.log(4 / 3)) / 2),
    "share_crossentropy": ([0.25, 0.5], [[0.5], [0.5]], LN2),
    "categorical_crossentropy": THREE_CLASSES,
    "sparse_categorical_crossentropy": THREE_CLASSES,
    "kl_divergence": THREE_CLASSES,
    # gamma 2, alpha 0.25
    "categorical_focal_crossentropy": (*THREE_CLASSES[:2], 0.25 * 0.5**2 * LN2),
    # q 0.5: (1 − √p) / q
    "categorical_generalized_cross_entropy": (*THREE_CLASSES[:2], 2 * (1 - math.sqrt(0.5))),
    # 1 + the largest wrong output − the right one
    "categorical_hinge": (*THREE_CLASSES[:2], 1 + 0.25 - 0.5),
    # a third of the sum over classes
    "categorical_brier": (*THREE_CLASSES[:2], (0.25 + 2 * 0.0625) / 3),
}
# Keras 3.15 does not find it by a name
NOT_BY_NAME = {"categorical_generalized_cross_entropy"}
# names of ours: of a loss that Keras has not, and of one of Keras' on other targets
OURS = {
    *("pinball", "brier", "categorical_brier", "share_crossentropy", "rank_mse", "cumulative_link"),
    *("quantiles", "gaussian", "gamma", "tweedie", "hurdle", "expectile", "linex"),
    *("circular_mse", "circular_distance", "von_mises"),
}


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        (name, alias)
        for name, loss in LOSSES.items()
        if name not in NOT_BY_NAME | OURS
        for alias in (name, loss.function, *loss.aliases)
    ],
)
def test_every_name_of_a_loss_means_to_keras_what_was_worked_by_hand(name, alias):
    labels, outputs, expected = WORKED[name]
    encoded = LOSSES[name].encode(labels_of(name, labels), 3)
    value = np.mean(keras.losses.get(alias)(encoded, np.array(outputs, np.float32)))
    assert value == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize("name", LOSSES)
def test_the_class_of_a_loss_gives_the_value_worked_by_hand(name):
    labels, outputs, expected = WORKED[name]
    encoded = LOSSES[name].encode(labels_of(name, labels), 3)
    value = float(keras_loss(LOSSES[name])(encoded, np.array(outputs, np.float32)))
    assert value == pytest.approx(expected, rel=TOLERANCE)


@pytest.mark.parametrize("loss", [loss for loss in LOSSES.values() if hasattr(keras.losses, loss.function)], ids=str)
def test_what_the_catalogue_says_of_a_losss_parameters_is_what_keras_takes_and_has_by_default(loss):
    taken = inspect.signature(getattr(keras.losses, loss.function).__init__).parameters
    assert {key: taken[key].default for key in loss.parameters} == loss.parameters
    left_out = set(taken) - set(loss.parameters) - {"self", "reduction", "name", "dtype"}
    # what the output activation and the encoding of the targets decide
    assert left_out <= {"from_logits", "axis", "ignore_class"}


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        # too high by 0.5 costs a tenth, too low by 1 nine tenths
        ("pinball", {"quantile": 0.9}, (0.1 * 0.5 + 0.9 * 1) / 2),
        ("expectile", {"expectile": 0.9}, (0.1 * 0.25 + 0.9) / 2),
        ("linex", {"slope": -2.0}, (math.exp(-1) + math.exp(2) - 3) / 2),
        ("tweedie", {"power": 1.25}, (1 / 0.75 + 4 + 4**0.75 / 0.75 + 12 * 4**-0.25) / 2 - 2),
        # each row times its variance
        ("gaussian", {"beta": 1.0}, (math.log(2 * math.pi) * 5 + 0.25 + 4 * (2 * LN2 + 0.25)) / 4),
        ("huber", {"delta": 0.5}, (0.5 * 0.25 + 0.5 * (3 - 0.25)) / 2),
        (
            "binary_crossentropy",
            {"label_smoothing": 0.5},
            -(0.75 * math.log(0.5) + 0.25 * math.log(0.5)) / 2 - (0.25 * math.log(0.25) + 0.75 * math.log(0.75)) / 2,
        ),
        ("binary_focal_crossentropy", {"gamma": 0.0}, (LN2 + math.log(4 / 3)) / 2),
        # of class 1 by alpha, of class 0 by 1 − alpha
        (
            "binary_focal_crossentropy",
            {"gamma": 0.0, "alpha": 0.75, "apply_class_balancing": True},
            (0.75 * LN2 + 0.25 * math.log(4 / 3)) / 2,
        ),
        # alpha weighs what is missed, beta false alarms: the reverse of what Keras' documentation says
        ("tversky", {"alpha": 1.0, "beta": 0.0}, 1 - 1.5 / (1.5 + 0.5)),
        ("categorical_generalized_cross_entropy", {"q": 0.25}, 4 * (1 - 0.5**0.25)),
        ("categorical_focal_crossentropy", {"gamma": 1.0, "alpha": 1.0}, 0.5 * LN2),
    ],
)
def test_a_parameter_reaches_keras(name, parameters, expected):
    labels, outputs, _ = WORKED[name]
    loss = replace(LOSSES[name], parameters=LOSSES[name].parameters | parameters)
    value = float(keras_loss(loss)(loss.encode(labels_of(name, labels), 3), np.array(outputs, np.float32)))
    assert value == pytest.approx(expected, rel=TOLERANCE)


def test_the_tverskys_parameters_weigh_what_is_missed_and_false_alarms():
    targets = np.array([[1.0], [1.0], [0.0], [0.0]], np.float32)
    missed, false_alarm = np.array([[1.0], [0], [0], [0]], np.float32), np.array([[1.0], [1], [1], [0]], np.float32)
    heavy = keras_loss(replace(LOSSES["tversky"], parameters={"alpha": 0.9, "beta": 0.1}))
    assert float(heavy(targets, missed)) > 2 * float(heavy(targets, false_alarm))


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_a_loss_has_a_value_for_each_row_or_one_for_a_batch_as_the_catalogue_says(loss):
    labels, outputs, _ = WORKED[loss.name]
    encoded = loss.encode(labels_of(loss.name, labels), 3)
    values = keras_loss(loss, reduction="none")(encoded, np.array(outputs, np.float32))
    assert values.shape == ((len(labels),) if loss.per_row else ())


def labels_of(name, labels):
    """Labels as `Loss.encode` takes them: values have a column for each target."""
    array = np.array(labels)
    return array[:, None] if LOSSES[name].task == "regression" and array.ndim == 1 else array


def test_every_loss_of_keras_that_trains_a_predictor_is_in_the_catalogue():
    classes = {name for name, value in vars(keras.losses).items() if inspect.isclass(value)}
    assert {loss.function for loss in LOSSES.values()} & classes == classes - {"Loss", "Circle", "CTC"}
    assert {loss.function for loss in LOSSES.values()} - classes == set(FORMULAS)


@pytest.mark.parametrize("name", [name for name in LOSSES if name not in NOT_BY_NAME | OURS])
def test_every_name_that_keras_has_for_a_loss_is_accepted(name):
    function = keras.losses.get(name)
    aliases = [alias for alias in dir(keras.losses) if getattr(keras.losses, alias) is function]
    assert {alias: canonical_name(alias) for alias in aliases} == dict.fromkeys(aliases, name)
