from dataclasses import replace
from itertools import combinations

import pytest

from stages.losses.catalogue import LOSSES
from stages.losses.objectives import NAMES_OF_ONE, factor, other_names, usual

THREE = ["kl_divergence", "sparse_categorical_crossentropy", "categorical_crossentropy"]


def listed(*names):
    return [LOSSES[name] for name in names]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["mae", "mse"], "mse"),
        (["hinge", "binary_crossentropy"], "binary_crossentropy"),
        (THREE, "categorical_crossentropy"),
        (["kl_divergence", "sparse_categorical_crossentropy"], "sparse_categorical_crossentropy"),
        (["mae", "huber"], None),
    ],
)
def test_the_usual_loss_of_a_task(names, expected):
    assert usual(listed(*names)) == expected


def test_a_variant_of_the_usual_loss_is_not_the_usual_one():
    mse, crossentropy = listed("mse", "binary_crossentropy")
    assert usual([replace(mse, name="mse_log", target_transform="log")]) is None
    assert usual([replace(crossentropy, name="weighted", class_weight="auto")]) is None
    assert usual([replace(crossentropy, name="smooth", parameters={"label_smoothing": 0.1})]) is None
    assert usual([replace(mse, name="squared")]) == "squared"


def test_of_several_names_of_one_objective_the_usual_stands_for_all():
    assert other_names(listed(*THREE, "categorical_hinge")) == {"categorical_crossentropy": THREE[:2]}
    assert other_names(listed("tversky", "dice")) == {"tversky": ["dice"]}
    assert other_names(listed("kl_divergence", "categorical_hinge")) == {}


def test_a_loss_with_weights_or_parameters_of_its_own_is_another_objective():
    kl, plain = listed("kl_divergence", "categorical_crossentropy")
    assert other_names([kl, replace(plain, parameters={"label_smoothing": 0.1})]) == {}
    assert other_names([kl, replace(plain, class_weight="auto")]) == {}
    weighted = [replace(each, class_weight="auto") for each in (kl, plain)]
    assert other_names(weighted) == {"kl_divergence": ["categorical_crossentropy"]}


@pytest.mark.thorough
@pytest.mark.parametrize(("n_classes", "n_targets"), [(0, 1), (0, 2), (2, 1), (3, 1), (7, 1)])
def test_the_names_of_one_objective_are_those_whose_values_keras_gives_alike(n_classes, n_targets):
    from stages.training.probes import objective

    task = {0: "regression", 2: "binary"}.get(n_classes, "multiclass")
    several = [loss for loss in LOSSES.values() if loss.task == task and (n_targets == 1 or loss.gives == "point")]
    values = {loss.name: objective(loss, n_classes, n_targets) for loss in several}
    alike = {
        frozenset((name, other))
        for name, other in combinations(values, 2)
        if factor(LOSSES[name], values[name], LOSSES[other], values[other]) == 1
    }
    assert alike == {
        frozenset(pair) for names in NAMES_OF_ONE for pair in combinations(sorted(names & values.keys()), 2)
    }
