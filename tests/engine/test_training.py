import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from stages.engine.networks import Network
from stages.engine.training import GRID, batch_orders, scores_of, stayed_finite, train
from stages.engine.unit import Unit
from stages.losses.catalogue import LOSSES
from tests.engine.units import N_ROWS, SEEDS, make_data, make_unit


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


def test_a_pickled_unit_gives_the_same_bytes():
    unit = make_unit("hinge")
    assert as_bytes(*train(pickle.loads(pickle.dumps(unit)))) == as_bytes(*train(unit))


@pytest.mark.parametrize("name", ["mae", "squared_hinge", "categorical_hinge"])
def test_scores_are_what_scikit_learn_makes_of_the_outputs(name):
    data, task, rng = make_data(name), LOSSES[name].task, np.random.default_rng(1)
    labels = data.labels["test"]
    outputs = rng.normal(size=(3, N_ROWS[task]["test"], 3 if task == "multiclass" else 1)).astype(np.float32)
    scores = scores_of(LOSSES[name], data, "test", outputs, np.ones(3, bool))
    for i, own in enumerate(outputs):
        match task:
            case "regression":
                # in the target's own units, value * 2 + 3, an absolute error is twice as large
                expected = {
                    "mse": metrics.mean_squared_error(labels, own),
                    "mae": 2 * metrics.mean_absolute_error(labels, own),
                    "r2": metrics.r2_score(labels, own),
                }
            case "binary":
                expected = {
                    "accuracy": metrics.accuracy_score(labels, own[:, 0] >= 0),
                    "roc_auc": metrics.roc_auc_score(labels, own[:, 0]),
                }
            case _:
                decisions = own.argmax(axis=1)
                expected = {
                    "accuracy": metrics.accuracy_score(labels, decisions),
                    "f1_macro": metrics.f1_score(labels, decisions, average="macro"),
                }
        for metric, value in expected.items():
            np.testing.assert_allclose(scores[metric][i], value, rtol=1e-6, err_msg=metric)


def test_a_seed_that_failed_has_no_score_however_good_its_outputs_are():
    data = make_data("mae")
    perfect = np.stack([data.labels["test"]] * 3).astype(np.float32)
    scores = scores_of(LOSSES["mae"], data, "test", perfect, np.array([True, False, True]))
    np.testing.assert_allclose(scores["mae"], [0, np.nan, 0], atol=1e-6)
    assert all(np.isnan(values[1]) for values in scores.values())


def test_a_seed_stays_finite_where_all_its_numbers_do():
    history, weights = np.zeros((4, 2)), np.zeros((4, 2, 3))
    history[1, 1], weights[2, 0, 1], weights[3, 1, 2] = np.nan, np.inf, -np.inf
    assert stayed_finite([history, weights]).tolist() == [True, False, False, False]


@pytest.mark.parametrize("name", ["mae", "sparse_categorical_crossentropy"])
def test_the_history_has_a_row_for_each_seed_and_epoch_and_ends_in_the_scores(name):
    epochs_done = []
    run, weights = train(make_unit(name, epochs=4), epochs_done.append)
    headline = "mse" if name == "mae" else "accuracy"
    assert epochs_done == [1, 2, 3, 4]
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


@pytest.mark.parametrize(("name", "n_features"), [("mae", 2), ("hinge", 3)])
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


def test_a_seed_that_overflows_is_recorded_and_leaves_the_others_alone(breaking):
    sound, _ = train(make_unit("mse"))
    without, _ = train(make_unit("mse", seeds=[4, 9]))
    breaking(0)
    run, _ = train(make_unit("mse"))
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
    epochs_done = []
    run, weights = train(unit, epochs_done.append)
    assert (unit.seeds(0), unit.seeds(1)) == ((4, 9, 7), (0, 2))
    assert epochs_done == [1, 2, 3, 4, 5, 6]
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
