import itertools
import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stages.engine.backend import keras
from stages.engine.networks import Network
from stages.engine.training import (
    GRID,
    Unit,
    batch_orders,
    make_optimizer,
    objective,
    punishment,
    row_metric,
    train,
)
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.records.settings import OptimizerSettings
from stages.verdicts.comparison import same_objective
from tests.engine.units import N_CLASSES, N_ROWS, SEEDS, make_settings, make_unit


def as_bytes(run, weights):
    return pickle.dumps(
        [
            run.settings.model_dump_json(),
            run.failed,
            run.history.to_numpy().tobytes(),
            run.scores.to_csv(),
            *(array.tobytes() for fold in run.outputs for array in fold.values()),
            *(array.tobytes() for array in weights),
            [array.tobytes() for array in vars(run.regions).values()] if run.regions else None,
        ]
    )


def test_batch_orders_are_permutations_that_depend_on_seed_and_epoch_alone():
    orders = batch_orders((3, 8), 5, 11)
    assert (orders.shape, orders.dtype) == ((2, 11), np.int32)
    np.testing.assert_array_equal(np.sort(orders), [range(11)] * 2)
    np.testing.assert_array_equal(batch_orders((8, 1, 3), 5, 11)[[2, 0]], orders)
    assert not np.array_equal(orders[0], orders[1])
    assert not np.array_equal(batch_orders((3, 8), 6, 11)[0], orders[0])
    assert not np.array_equal(batch_orders((5,), 3, 11)[0], orders[0])  # seed 5 in epoch 3 is not seed 3 in epoch 5


def test_losses_of_one_task_start_alike_and_see_the_rows_in_the_same_order():
    # on a one-hot target these three are one objective, so all that could tell them apart is where they begin
    # and which rows each batch holds
    names = ("categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence")
    first, *others = (train(make_unit(name))[0].epochs("loss") for name in names)
    assert np.ptp(first, axis=0).min() > 1e-3  # another start and order are seen
    for other in others:
        np.testing.assert_allclose(other, first, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["mae", "hinge"])
def test_a_pickled_unit_gives_the_same_bytes(name):
    unit = make_unit(name)
    assert as_bytes(*train(pickle.loads(pickle.dumps(unit)))) == as_bytes(*train(unit))


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


@pytest.mark.parametrize("name", LOSSES)
def test_scores_are_what_scikit_learn_makes_of_the_outputs(name):
    unit = make_unit(name)
    run, _ = train(unit)
    task, [data] = LOSSES[name].task, unit.folds
    assert run.failed == []
    for part, outputs in run.outputs[0].items():
        n_outputs = 3 if task == "multiclass" else len(data.center)
        assert (outputs.shape, outputs.dtype) == ((3, N_ROWS[task][part], n_outputs), np.float32)
        labels = data.labels[part]
        for i in range(len(SEEDS)):
            match task:
                case "regression":
                    values = outputs[i].astype(float)
                    # in the target's own units, value * 2 + 3, an absolute error is twice as large
                    expected = {
                        "mse": metrics.mean_squared_error(labels, values),
                        "mae": 2 * metrics.mean_absolute_error(labels, values),
                        "r2": metrics.r2_score(labels, values),
                    }
                case "binary":
                    threshold = 0.5 if LOSSES[name].activation == "sigmoid" else 0
                    expected = {
                        "accuracy": metrics.accuracy_score(labels, outputs[i, :, 0] >= threshold),
                        "roc_auc": metrics.roc_auc_score(labels, outputs[i, :, 0]),
                    }
                case _:
                    decisions = outputs[i].argmax(axis=1)
                    expected = {
                        "accuracy": metrics.accuracy_score(labels, decisions),
                        "f1_macro": metrics.f1_score(labels, decisions, average="macro"),
                    }
            for metric, value in expected.items():
                np.testing.assert_allclose(run.values(metric, part)[i], value, rtol=1e-6, err_msg=metric)


@pytest.mark.parametrize("name", ["mae", "squared_hinge", "sparse_categorical_crossentropy"])
def test_the_history_has_a_row_for_each_seed_and_epoch_and_ends_in_the_scores(name):
    told = []
    run, weights = train(make_unit(name, epochs=4), told.append)
    headline = "mse" if name == "mae" else "accuracy"
    assert told == [1, 2, 3, 4]
    assert list(run.history) == ["seed", "epoch", "loss", "val_loss", headline, f"val_{headline}"]
    assert run.history["seed"].tolist() == [4] * 4 + [0] * 4 + [9] * 4
    assert run.history["epoch"].tolist() == [1, 2, 3, 4] * 3
    np.testing.assert_allclose(run.epochs(f"val_{headline}")[:, -1], run.values(headline, "test"), rtol=1e-5)
    assert [array.ndim for array in weights] == [2, 1, 2, 1]


def test_the_weights_given_back_are_the_first_seeds():
    unit = make_unit("mse")
    run, weights = train(unit)
    model = unit.network(0).build(0)
    model.set_weights(weights)
    for part, features in unit.folds[0].features.items():
        np.testing.assert_allclose(model.predict(features, verbose=0), run.outputs[0][part][0], rtol=0, atol=1e-6)


@pytest.mark.parametrize(("name", "n_features"), [("mae", 2), ("hinge", 3), ("sparse_categorical_crossentropy", 4)])
def test_there_are_no_regions_of_values_or_of_more_than_two_features(name, n_features):
    assert train(make_unit(name, epochs=1, n_features=n_features))[0].regions is None


def test_regions_are_the_decisions_over_the_plane():
    unit = make_unit("hinge", epochs=1)
    run, weights = train(unit)
    model = unit.network(0).build(0)
    model.set_weights(weights)
    assert (run.regions.decisions.shape, run.regions.decisions.dtype) == ((len(SEEDS), GRID, GRID), np.int8)
    x, y = np.meshgrid(run.regions.x, run.regions.y)
    outputs = model.predict(np.stack([x.ravel(), y.ravel()], axis=1), batch_size=GRID**2, verbose=0)
    sure = np.abs(outputs[:, 0]) > 1e-5
    decisions = run.regions.decisions[0].ravel()
    np.testing.assert_array_equal(decisions[sure], outputs[sure, 0] >= 0)
    assert 0 < decisions.mean() < 1
    rows = np.concatenate(list(unit.folds[0].features.values()))
    assert run.regions.x[0] < rows[:, 0].min() < rows[:, 0].max() < run.regions.x[-1]
    assert run.regions.y[0] < rows[:, 1].min() < rows[:, 1].max() < run.regions.y[-1]


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
def are_one(make_run):
    """Whether two losses of one task are the same objective."""

    def compare(*losses, n_targets=1):
        usual = {"regression": "mse", "binary": "hinge", "multiclass": "kl_divergence"}[losses[0].task]
        n_classes = N_CLASSES[losses[0].task]
        return same_objective(
            *(
                replace(make_run(usual), settings=make_settings(loss), objective=objective(loss, n_classes, n_targets))
                for loss in losses
            )
        )

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
    assert are_one(LOSSES[name], own, n_targets=2) == expected


def test_dice_is_tversky_that_weighs_both_mistakes_alike(are_one):
    assert are_one(LOSSES["dice"], LOSSES["tversky"])


def test_among_the_default_comparisons_the_crossentropies_alone_are_one_objective(are_one, loaded):
    same = {
        (name, one.name, other.name)
        for name, losses in loaded.compared().items()
        for one, other in itertools.combinations(losses, 2)
        if are_one(one, other)
    }
    crossentropies = ("categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence")
    assert same == {("blobs", *pair) for pair in itertools.combinations(crossentropies, 2)}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("n_classes", [3, 400])
def test_an_objective_is_finite_and_of_every_class_whatever_the_activation(name, n_classes):
    n_classes = n_classes if LOSSES[name].task == "multiclass" else N_CLASSES[LOSSES[name].task]
    for activation in LOSSES[name].activations:
        values = objective(replace(LOSSES[name], activation=activation), n_classes, 2)
        assert values.shape == (max(300, n_classes) if LOSSES[name].per_row else 75,)
        assert np.isfinite(values).all()
        assert np.ptp(values) > 0


def test_a_batch_loss_is_asked_for_batches_of_several_rows():
    # of single rows, those of class 0 would have the loss 1, and they are half
    assert (objective(LOSSES["dice"], 2) < 0.9).mean() > 0.5


@pytest.fixture
def breaking(monkeypatch):
    """Make one seed's network start from weights so large that its loss overflows."""

    def break_seed(broken):
        sound = Network.initial_weights

        def initial_weights(network, seeds):
            huge = np.array([1e30 if seed == broken else 1 for seed in seeds], np.float32)
            return [array * huge.reshape(-1, *[1] * (array.ndim - 1)) for array in sound(network, seeds)]

        monkeypatch.setattr(Network, "initial_weights", initial_weights)

    return break_seed


@pytest.mark.parametrize("name", ["mse", "msle", "mae"])
def test_a_seed_that_overflows_is_recorded_and_leaves_the_others_alone(name, breaking):
    sound, _ = train(make_unit(name))
    without, _ = train(make_unit(name, seeds=[4, 9]))
    breaking(0)
    run, _ = train(make_unit(name))
    assert (sound.failed, without.failed, run.failed) == ([], [], [0])
    scores = run.scores.set_index("seed")["value"]
    assert scores[0].isna().all()
    others = run.scores["seed"] != 0
    np.testing.assert_array_equal(run.scores[others]["value"], sound.scores[others]["value"])
    np.testing.assert_array_equal(run.history[run.history["seed"] != 0], sound.history[sound.history["seed"] != 0])
    for part in ("train", "test"):
        [ours], [theirs], [fewer] = run.outputs, sound.outputs, without.outputs
        np.testing.assert_array_equal(ours[part][[0, 2]], theirs[part][[0, 2]])
        np.testing.assert_allclose(ours[part][[0, 2]], fewer[part], rtol=0, atol=1e-5)
    assert not np.isfinite(run.epochs("val_loss")[1]).all()


def test_when_every_seed_fails_every_score_is_nan():
    run, _ = train(make_unit("mse", optimizer={"name": "SGD", "learning_rate": 1e30}))
    assert run.failed == list(SEEDS)
    assert set(run.scores["seed"]) == set(SEEDS)
    assert run.scores["value"].isna().all()


def test_seeds_take_turns_on_the_folds_and_come_back_in_their_order():
    unit = make_unit("mae", seeds=[4, 0, 9, 2, 7], n_folds=2)
    told = []
    run, weights = train(unit, told.append)
    assert (unit.seeds(0), unit.seeds(1)) == ((4, 9, 7), (0, 2))
    assert told == [1, 2, 3, 4, 5, 6]
    assert unit.n_epochs == 6
    assert [{part: array.shape for part, array in fold.items()} for fold in run.outputs] == [
        {"train": (3, 50, 1), "test": (3, 21, 1)},
        {"train": (2, 51, 1), "test": (2, 22, 1)},
    ]
    assert run.history["seed"].tolist() == [seed for seed in (4, 0, 9, 2, 7) for _ in range(3)]
    for fold, seeds in ((0, [4, 9, 7]), (1, [0, 2])):
        alone, own_weights = train(Unit(unit.settings.model_copy(update={"seeds": seeds}), [unit.folds[fold]]))
        for seed in seeds:
            for ours, theirs in ((run.history, alone.history), (run.scores, alone.scores)):
                pd.testing.assert_frame_equal(
                    ours[ours["seed"] == seed].reset_index(drop=True),
                    theirs[theirs["seed"] == seed].reset_index(drop=True),
                )
            position = run.seeds.index(seed)
            assert run.values("rmse", "test")[position] == alone.values("rmse", "test")[seeds.index(seed)]
        if fold == 0:
            for ours, theirs in zip(weights, own_weights, strict=True):
                np.testing.assert_array_equal(ours, theirs)


def test_fewer_seeds_than_folds_leave_folds_unused():
    run, _ = train(make_unit("hinge", seeds=[3], n_folds=3))
    assert (run.seeds, len(run.outputs), run.values("accuracy", "test").shape) == ([3], 1, (1,))


def test_a_pair_of_losses_has_the_same_fold_and_the_same_start_for_each_seed():
    # these two are one objective: what could tell them apart is the fold, the start and the order of the rows
    names = ("categorical_crossentropy", "sparse_categorical_crossentropy")
    one, other = (train(make_unit(name, seeds=list(range(4)), n_folds=2))[0] for name in names)
    np.testing.assert_allclose(one.epochs("loss"), other.epochs("loss"), rtol=0, atol=1e-5)
    np.testing.assert_array_equal(one.values("accuracy", "test"), other.values("accuracy", "test"))


def test_regions_of_several_folds_are_not_drawn():
    assert train(make_unit("hinge", epochs=1, n_folds=2))[0].regions is None


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
