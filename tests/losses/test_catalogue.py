import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from pydantic import TypeAdapter

from stages.losses.catalogue import LOSSES, canonical_name, names_for, namesakes, row_of
from stages.losses.loss import ACTIVATIONS, Loss
from stages.wording.losses import decision_rule

VALUES = ([[-1.5], [2.0]], [[-1.5], [2.0]], np.float32)
VECTORS = ([[-1.5, 0.5], [2.0, 1.0]], [[-1.5, 0.5], [2.0, 1.0]], np.float32)
ZERO_ONE = ([0, 1], [[0], [1]], np.float32)
CLASS_INDEX = ([2, 0], [2, 0], np.int32)
ONE_HOT = ([2, 0], [[0, 0, 1], [1, 0, 0]], np.float32)
PLUS_MINUS_ONE = ([0, 1], [[-1], [1]], np.float32)
ENCODED = {
    "mse": VALUES,
    "mae": VALUES,
    "msle": VALUES,
    "mape": VALUES,
    "huber": VALUES,
    "log_cosh": VALUES,
    "poisson": VALUES,
    "pinball": VALUES,
    "cosine_similarity": VECTORS,
    "binary_crossentropy": ZERO_ONE,
    "hinge": PLUS_MINUS_ONE,
    "squared_hinge": PLUS_MINUS_ONE,
    "binary_focal_crossentropy": ZERO_ONE,
    "dice": ZERO_ONE,
    "tversky": ZERO_ONE,
    "brier": ZERO_ONE,
    "categorical_crossentropy": ONE_HOT,
    "sparse_categorical_crossentropy": CLASS_INDEX,
    "kl_divergence": ONE_HOT,
    "categorical_focal_crossentropy": ONE_HOT,
    "categorical_generalized_cross_entropy": CLASS_INDEX,
    "categorical_hinge": ONE_HOT,
    "categorical_brier": ONE_HOT,
    "share_crossentropy": VALUES,
    "quantiles": VALUES,
    "gaussian": VALUES,
    **dict.fromkeys(("gamma", "tweedie", "hurdle", "expectile", "linex"), VALUES),
    **dict.fromkeys(("circular_mse", "circular_distance", "von_mises"), VALUES),
    "rank_mse": ([2, 0], [[2], [0]], np.float32),
    # whether a row is above the first class, and above the second
    "cumulative_link": ([2, 0, 1], [[1, 1], [0, 0], [1, 0]], np.float32),
}
VALUE = ([[-0.3], [7.0]], [[-0.3], [7.0]])
VECTOR = ([[-0.3, 7.0], [1.0, 0.0]], [[-0.3, 7.0], [1.0, 0.0]])
HALF = ([[0.49], [0.5], [0.9]], [0, 1, 1])
SIGN = ([[-0.01], [0.0], [0.4]], [0, 1, 1])
LARGEST = ([[0.2, 0.3, 0.5], [0.6, 0.3, 0.1], [0.4, 0.4, 0.2]], [2, 0, 0])
DECIDED = {
    "mse": VALUE,
    "mae": VALUE,
    "msle": VALUE,
    "mape": VALUE,
    "huber": VALUE,
    "log_cosh": VALUE,
    "poisson": VALUE,
    "pinball": VALUE,
    "cosine_similarity": VECTOR,
    "binary_crossentropy": HALF,
    "hinge": SIGN,
    "squared_hinge": SIGN,
    "binary_focal_crossentropy": HALF,
    "dice": HALF,
    "tversky": HALF,
    "brier": HALF,
    "categorical_crossentropy": LARGEST,
    "sparse_categorical_crossentropy": LARGEST,
    "kl_divergence": LARGEST,
    "categorical_focal_crossentropy": LARGEST,
    "categorical_generalized_cross_entropy": LARGEST,
    "categorical_hinge": LARGEST,
    "categorical_brier": LARGEST,
    "share_crossentropy": VALUE,
    **dict.fromkeys(("gamma", "tweedie", "expectile", "linex"), VALUE),
    # a half of 1, and a quarter of 1
    "hurdle": ([[0.0, math.log(math.e - 1)], [-math.log(3), math.log(math.e - 1)]], [[0.5], [0.25]]),
    # of 360 degrees, a quarter turn and an eighth back, whatever the distance
    **dict.fromkeys(("circular_mse", "circular_distance", "von_mises"), ([[0.0, 3.0], [0.2, -0.2]], [[90.0], [315.0]])),
    "gaussian": ([[1.5, 0.3], [-1.0, 7.0]], [[1.5], [-1.0]]),
    # the second of three, softplus(ln(e - 1)) = 1 above the first
    "quantiles": ([[0.5, math.log(math.e - 1), 3.0], [-2.0, math.log(math.e - 1), 0.0]], [[1.5], [-1.0]]),
    # beyond the last class there is none
    "rank_mse": ([[0.4], [0.6], [7.0], [-3.0]], [0, 1, 2, 0]),
    # the most probable: of 0.2, 0.5, 0.3, of 0.45, 0.15, 0.4, and where the levels do not fall, of 0.3, 0, 0.8
    "cumulative_link": ([[0.8, 0.3], [0.55, 0.4], [0.7, 0.8]], [1, 0, 2]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_targets_are_encoded_as_the_loss_wants_them(name):
    labels, expected, dtype = ENCODED[name]
    encoded = LOSSES[name].encode(np.array(labels), 3)
    np.testing.assert_array_equal(encoded, expected, strict=False)
    assert encoded.shape == np.shape(expected)
    assert encoded.dtype == dtype


def decided(loss, outputs, n_classes):
    """What outputs of networks are decided as."""
    return loss.decide(loss.decode(outputs, n_classes))


@pytest.mark.parametrize("name", LOSSES)
def test_outputs_are_decided_by_the_rule_of_the_loss(name):
    outputs, expected = DECIDED[name]
    np.testing.assert_allclose(decided(LOSSES[name], np.array(outputs), 3), expected, rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_outputs_of_many_seeds_are_decided_seed_by_seed(name):
    outputs, expected = DECIDED[name]
    both = np.stack([outputs, outputs[::-1]])
    np.testing.assert_allclose(decided(LOSSES[name], both, 3), [expected, expected[::-1]], rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in LOSSES if LOSSES[name].task != "regression"])
@given(data=st.data())
def test_deciding_on_encoded_classes_gives_the_classes_back(name, data):
    loss = LOSSES[name]
    n_classes = 2 if loss.task == "binary" else data.draw(st.integers(2, 9))
    classes = data.draw(npst.arrays(np.int64, st.integers(1, 20), elements=st.integers(0, n_classes - 1)))
    encoded = loss.encode(classes, n_classes)
    outputs = np.eye(n_classes)[encoded] if loss.targets == "class_index" else encoded
    np.testing.assert_array_equal(decided(loss, outputs, n_classes), classes)


@pytest.mark.parametrize("name", names_for("multiclass"))
@given(data=st.data())
def test_outputs_that_say_some_probabilities_are_decided_as_these_are(name, data):
    shares = data.draw(npst.arrays(np.float64, (4, 5), elements=st.floats(0.01, 1)))
    shares[:, 2] += 5 * shares.sum(axis=-1)  # so much of one class that the mean rank is nearest to it too
    shares /= shares.sum(axis=-1, keepdims=True)
    loss = LOSSES[name]
    outputs = loss.saying(shares)
    assert outputs.shape == (4, loss.n_outputs(5, 1))
    assert (decided(loss, outputs, 5) == 2).all()
    if loss.outputs_probability:
        np.testing.assert_allclose(loss.decode(outputs, 5), shares, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "activation", "probability", "rule"),
    [
        ("mse", "linear", False, "value"),
        ("mae", "linear", False, "value"),
        ("msle", "linear", False, "value"),
        ("mape", "linear", False, "value"),
        ("huber", "linear", False, "value"),
        ("log_cosh", "linear", False, "value"),
        ("poisson", "softplus", False, "value"),
        ("pinball", "linear", False, "value"),
        ("cosine_similarity", "linear", False, "value"),
        ("binary_crossentropy", "sigmoid", True, "output ≥ 0.5"),
        ("hinge", "tanh", False, "output ≥ 0.0"),
        ("squared_hinge", "tanh", False, "output ≥ 0.0"),
        ("binary_focal_crossentropy", "sigmoid", True, "output ≥ 0.5"),
        ("dice", "sigmoid", True, "output ≥ 0.5"),
        ("tversky", "sigmoid", True, "output ≥ 0.5"),
        ("brier", "sigmoid", True, "output ≥ 0.5"),
        ("categorical_crossentropy", "softmax", True, "largest output"),
        ("sparse_categorical_crossentropy", "softmax", True, "largest output"),
        ("kl_divergence", "softmax", True, "largest output"),
        ("categorical_focal_crossentropy", "softmax", True, "largest output"),
        ("categorical_generalized_cross_entropy", "softmax", True, "largest output"),
        ("categorical_hinge", "linear", False, "largest output"),
        ("categorical_brier", "softmax", True, "largest output"),
        ("share_crossentropy", "sigmoid", False, "value"),
        ("rank_mse", "linear", False, "nearest class"),
        ("cumulative_link", "sigmoid", True, "most probable class"),
    ],
)
def test_a_loss_has_the_output_it_is_meant_for(name, activation, probability, rule):
    loss = LOSSES[name]
    assert (loss.activation, loss.outputs_probability, decision_rule(loss)) == (activation, probability, rule)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("mse", "mse"),
        ("MSE", "mse"),
        ("mean_squared_error", "mse"),
        ("MeanSquaredError", "mse"),
        ("mean_absolute_error", "mae"),
        ("mean_squared_logarithmic_error", "msle"),
        ("bce", "binary_crossentropy"),
        ("SquaredHinge", "squared_hinge"),
        ("KLD", "kl_divergence"),
        ("kld", "kl_divergence"),
        ("MAPE", "mape"),
        ("LogCosh", "log_cosh"),
        ("logcosh", None),  # Keras no longer knows it
        ("circle", None),  # trains no predictor
        ("ctc", None),
        ("Mse", None),
        ("", None),
        ("all", None),
    ],
)
def test_a_loss_is_found_by_any_name_keras_gives_it_and_by_no_other(given, name):
    assert canonical_name(given) == name


def test_no_two_losses_share_a_name():
    names = [name for loss in LOSSES.values() for name in {loss.name, *loss.aliases}]
    assert len(names) == len(set(names))
    of_keras = [(loss.function, loss.targets) for loss in LOSSES.values()]
    assert len(of_keras) == len(set(of_keras))


@pytest.mark.parametrize(
    ("given", "tasks", "expected"),
    [
        ("mse", ["binary"], {"binary": "brier"}),
        ("MeanSquaredError", ["multiclass", "binary"], {"binary": "brier", "multiclass": "categorical_brier"}),
        ("brier", ["regression", None], {"regression": "mse"}),
        ("brier", ["binary"], {}),
        ("rank_mse", ["regression", "binary"], {"regression": "mse", "binary": "brier"}),
        ("bce", ["regression"], {"regression": "share_crossentropy"}),
        ("share_crossentropy", ["binary"], {"binary": "binary_crossentropy"}),
        ("mae", ["binary"], {}),
        ("my_losses:mse", ["binary"], {}),
    ],
)
def test_a_loss_says_what_it_is_called_for_other_tasks(given, tasks, expected):
    assert namesakes(given, tasks) == expected


def test_whatever_it_is_called_a_loss_has_a_row_and_a_users_own_has_none():
    assert row_of(replace(LOSSES["brier"], name="mine")) is LOSSES["brier"]
    assert row_of(replace(LOSSES["mse"], name="mine")) is LOSSES["mse"]
    assert row_of(Loss("own", "my_losses:pinball", "value", "linear")) is None


def test_every_loss_belongs_to_one_task():
    by_task = {task: names_for(task) for task in ("regression", "binary", "multiclass")}
    assert {task: len(names) for task, names in by_task.items()} == {"regression": 20, "binary": 7, "multiclass": 9}
    assert sorted(name for names in by_task.values() for name in names) == sorted(LOSSES) == sorted(names_for(None))


@pytest.mark.parametrize("loss", [*LOSSES.values(), Loss("own", "my_losses:pinball", "value", "linear", per_row=False)])
def test_a_loss_goes_to_a_file_and_back_with_every_field(loss):
    loss = replace(loss, name="renamed")
    kind = TypeAdapter(Loss)
    assert kind.validate_python(json.loads(json.dumps(kind.dump_python(loss, mode="json")))) == loss


@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_every_parameter_of_a_loss_has_its_limits(loss):
    assert set(loss.parameters) == set(loss.limits)
    assert loss.activation == loss.activations[0]
    assert set(loss.activations) <= set(ACTIVATIONS[loss.targets])
