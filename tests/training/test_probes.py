import itertools
from dataclasses import replace

import numpy as np
import pytest

from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.losses.objectives import factor
from stages.training.probes import objective, punishment
from tests.training.units import N_CLASSES


@pytest.mark.parametrize(
    ("name", "case", "expected"),
    [
        ("mse", "target -1", {-3: 9, 0: 0, 1.5: 2.25}),
        ("mae", "target +1", {-3: 3, 0: 0, 1.5: 1.5}),
        ("msle", "target +1", {0: 0, 2: np.log(2) ** 2, -1: np.log(2) ** 2, -2: np.log(2) ** 2}),
        ("msle", "target -1", {-3: 0, 0: 0, 1: 0, 2: np.log(2) ** 2}),  # below 0 all values are one
        ("binary_crossentropy", "", {0: np.log(2), 1: np.log(1 + np.exp(-1)), -1: np.log(1 + np.e)}),
        ("hinge", "", {0: 1, 1: 1 - np.tanh(1), -1: 1 + np.tanh(1)}),
        ("squared_hinge", "", {0: 1, 1: (1 - np.tanh(1)) ** 2, -1: (1 + np.tanh(1)) ** 2}),
        ("categorical_crossentropy", "", {0.01: np.log(100), 0.5: np.log(2)}),
        ("sparse_categorical_crossentropy", "", {0.01: np.log(100), 0.5: np.log(2)}),
        ("kl_divergence", "", {0.01: np.log(100), 0.5: np.log(2)}),
        ("mape", "target -1", {-3: 300, 0: 0, 1.5: 150}),
        ("huber", "target +1", {-3: 2.5, 0.5: 0.125}),
        ("poisson", "target +1", {0: 1, 1: 2 - np.log(2)}),
        ("cosine_similarity", "target +1", {0: -1, -2: 0}),  # (−1, 1) against (1, 1)
        # one row of class 1 as a batch: 1 − 2p / (1 + p)
        ("dice", "", {0: 1 - 1 / 1.5}),
        ("tversky", "", {0: 1 - 0.5 / 0.75}),
        ("categorical_hinge", "", {0.5: 1 + 0.25 - 0.5}),
    ],
)
def test_what_a_loss_punishes_is_as_worked_by_hand(name, case, expected):
    n_targets = 2 if name == "cosine_similarity" else 1
    table = punishment(LOSSES[name], N_CLASSES[LOSSES[name].task], n_targets)
    rows = table[table["case"] == case]
    for x, value in expected.items():
        at = rows["value"][np.isclose(rows["x"], x)]
        assert at.tolist() == [pytest.approx(value, rel=1e-5, abs=1e-6)], x


@pytest.fixture
def are_one():
    """Whether two losses of one task are the same objective."""

    def compare(*losses, n_targets=1):
        n_classes = N_CLASSES[losses[0].task]
        one, other = losses
        return factor(one, objective(one, n_classes, n_targets), other, objective(other, n_classes, n_targets))

    return compare


OWN = """from keras import ops


def crossentropy(y_true, y_pred):
    return -ops.sum(y_true * ops.log(y_pred), axis=-1)


def crossentropy_of_last_class(y_true, y_pred):
    return crossentropy(y_true, y_pred) * (1 + y_true[:, 2])


def squared(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def squared_by_column(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred) * [1.0, 2.0], axis=-1)


def squared_far_away(y_true, y_pred):
    error = ops.abs(y_true - y_pred)
    return ops.mean(ops.where(error < 0.2, 0.0, ops.square(error)), axis=-1)


def absolute_but_for_little(y_true, y_pred):
    return ops.mean(ops.relu(ops.abs(y_true - y_pred) - 0.002), axis=-1)


def percent_by_side(y_true, y_pred):
    too_high = ops.cast(y_pred > y_true, "float32")
    return ops.mean(100 * ops.abs((y_true - y_pred) / y_true) * (1 + too_high), axis=-1)
"""


@pytest.mark.parametrize(
    ("name", "some", "others"),
    [
        ("tversky", {"beta": 0.5}, {"beta": 3.0}),
        ("tversky", {"alpha": 0.5}, {"alpha": 3.0}),
        ("binary_focal_crossentropy", {"alpha": 1.0}, {"alpha": 1.0, "apply_class_balancing": True}),
        ("huber", {"delta": 3.0}, {"delta": 10.0}),
        ("huber", {"delta": 100.0}, {"delta": 1000.0}),
    ],
)
def test_a_loss_with_other_parameters_is_another_objective(are_one, name, some, others):
    one, other = (replace(LOSSES[name], parameters=LOSSES[name].parameters | given) for given in (some, others))
    assert are_one(one, one)
    assert not are_one(one, other)


@pytest.mark.parametrize(
    ("name", "function", "expected"),
    [
        ("categorical_crossentropy", "crossentropy", True),
        ("categorical_crossentropy", "crossentropy_of_last_class", False),
        ("mse", "squared", True),
        ("mse", "squared_by_column", False),
        ("mse", "squared_far_away", False),
        ("mae", "absolute_but_for_little", False),
        ("mape", "percent_by_side", False),
    ],
)
def test_an_own_loss_is_the_objective_that_it_writes_anew_and_no_other(write_own, are_one, name, function, expected):
    write_own("mine", OWN)
    own = Loss("own", f"mine:{function}", LOSSES[name].targets, LOSSES[name].activation)
    assert bool(are_one(LOSSES[name], own, n_targets=2)) == expected


def test_dice_is_tversky_that_weighs_both_mistakes_alike(are_one):
    assert are_one(LOSSES["dice"], LOSSES["tversky"])


@pytest.mark.thorough
def test_among_the_default_comparisons_the_crossentropies_alone_are_one_objective(are_one, loaded):
    same = {
        (name, one.name, other.name)
        for name, losses in loaded.compared().items()
        for one, other in itertools.combinations(losses, 2)
        if are_one(one, other)
    }
    crossentropies = ("categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence")
    pairs = list(itertools.combinations(crossentropies, 2))
    assert same == {(name, *pair) for name in ("blobs", "blobs_fair") for pair in pairs}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_classes", [3, 400])
def test_an_objective_is_finite_and_of_every_class_whatever_the_activation(name, n_classes):
    n_classes = n_classes if LOSSES[name].task == "multiclass" else N_CLASSES[LOSSES[name].task]
    for activation in LOSSES[name].activations:
        n_targets = 2 if LOSSES[name].gives == "point" else 1
        values = objective(replace(LOSSES[name], activation=activation), n_classes, n_targets)
        assert values.shape == (max(300, n_classes) if LOSSES[name].per_row else 75,)
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0


def test_a_batch_loss_is_asked_for_batches_of_several_rows():
    # of single rows, those of class 0 would have the loss 1, and they are half
    assert (objective(LOSSES["dice"], 2) < 0.9).mean() > 0.5


def test_losses_on_targets_transformed_otherwise_are_no_one_objective(are_one):
    assert are_one(LOSSES["mse"], replace(LOSSES["mse"], name="other"))
    assert not are_one(LOSSES["mse"], replace(LOSSES["mse"], name="mse_log", target_transform="log"))
