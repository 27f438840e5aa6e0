import json
import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn import datasets

from stages.losses.catalogue import LOSSES
from stages.records.plans import Scaling
from stages.records.settings import OptimizerSettings
from stages.training import replicas
from stages.training.backend import keras, tf
from stages.training.keras_parts import keras_loss, make_optimizer, row_metric
from stages.training.networks import Network
from stages.training.replicas import EVALUATION_ROWS, Replicas
from stages.training.views import Rows, View
from tests.training.units import batches

OPTIMIZERS = {
    "SGD": OptimizerSettings(name="SGD", learning_rate=0.01, momentum=0.9),
    "Adam": OptimizerSettings(name="Adam", learning_rate=0.001),
}
BATCH_SIZE = 32
# rows of each task's data: (n_train, n_test); no two sizes are the same, and none is a multiple of a batch
N_ROWS = {"regression": (100, 37), "binary": (70, 45), "multiclass": (90, 26)}
N_CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}
# every loss with SGD, and one of each kind of targets with Adam
USUAL = ("mse", "msle", "mae", "hinge", "categorical_crossentropy", "sparse_categorical_crossentropy")
CASES = [(name, "SGD") for name in USUAL] + [
    pytest.param(name, optimizer, marks=pytest.mark.thorough)
    for optimizer, names in (
        ("SGD", [name for name in LOSSES if name not in USUAL]),
        ("Adam", {loss.targets: name for name, loss in LOSSES.items()}.values()),
    )
    for name in names
]


def problem(loss):
    """The network and the rows of a small problem that one loss fits; the first of them are to train on."""
    n_rows = sum(N_ROWS[loss.task])
    match loss.task:
        case "regression":
            n_targets = 2 if loss.target_range == "vectors" else 1
            n_outputs = loss.n_outputs(0, n_targets)
            features, labels = datasets.make_regression(n_rows, 20, noise=0.1, n_targets=n_targets, random_state=1)
            labels = ((labels - labels.mean()) / labels.std()).reshape(n_rows, n_targets)
            if loss.target_range in ("not below 0", "above 0"):
                labels = np.random.default_rng(0).poisson(np.exp(labels)) + (loss.target_range == "above 0")
            elif loss.target_range == "away from 0":
                labels = labels - labels.min() + 1
            elif loss.target_range == "0 to 1":
                labels = (labels - labels.min()) / np.ptp(labels)
        case "binary":
            features, labels = datasets.make_circles(n_rows, noise=0.1, random_state=1)
            n_outputs = 1
        case "multiclass":
            features, labels = datasets.make_blobs(n_rows, 4, centers=3, cluster_std=4, random_state=2)
            n_outputs = loss.n_outputs(3, 1)
    rows = Rows(features.astype(np.float32), loss.encode(labels, N_CLASSES[loss.task]))
    has_levels = loss.targets == "levels"
    return Network(features.shape[1], (9,), n_outputs, loss.activation, has_levels=has_levels), rows


def first_rows(n_seeds, n_train, n_rows):
    """Every seed learns from the first rows and is measured on the others."""
    return View(np.zeros(n_seeds, int), [np.arange(n_train)], [np.arange(n_train, n_rows)])


def view_of(loss, n_seeds):
    return first_rows(n_seeds, N_ROWS[loss.task][0], sum(N_ROWS[loss.task]))


def taken(rows, numbers):
    return Rows(rows.features[numbers], rows.targets[numbers])


def optimizer_for(loss, name):
    """A new optimizer; SGD would run away from a loss in percent, and on features as large from squares of ranks."""
    steep = name == "SGD" and (loss.function == "MeanAbsolutePercentageError" or loss.targets == "rank")
    return make_optimizer(OPTIMIZERS[name].model_copy(update={"learning_rate": 1e-4} if steep else {}))


def make_replicas(network, loss, seeds, optimizer="SGD", learning_rates=None):
    return Replicas(
        network.build(0),
        network.initial_weights(seeds),
        loss=keras_loss(loss),
        metric=row_metric(loss, loss.epoch_metric, N_CLASSES[loss.task]),
        optimizer=optimizer_for(loss, optimizer) if isinstance(optimizer, str) else optimizer,
        learning_rates=learning_rates,
        per_row=loss.per_row,
    )


def in_file_order(view):
    orders = [np.arange(len(view.train[split])) for split in view.split_of]
    return lambda _epoch: orders


def fit(replicas, rows, view, *, epochs, orders=None, batch_size=BATCH_SIZE):
    return replicas.fit(
        rows,
        view,
        epochs=epochs,
        batch_size=batch_size,
        orders=orders or in_file_order(view),
        on_epoch=lambda _: None,
    )


def batches_of(rows):
    return batches(rows.features, rows.targets, BATCH_SIZE)


def keras_fit(model, loss, optimizer, *, train, test):
    """The history of Keras' own `fit`, with our names, and Keras' metric where it means what ours does.

    `train` holds the rows of each epoch, in the order in which they are seen.
    """
    is_own = loss.targets == "plus_minus_one" or loss.needs_order or loss.gives != "point"
    metric = None if is_own else "mse" if loss.task == "regression" else "accuracy"
    # a few small batches are sooner done than traced
    model.compile(optimizer, keras_loss(loss), metrics=[metric] if metric else [], run_eagerly=True)
    every_epoch = batches_of(train[0])
    for rows in train[1:]:
        every_epoch = every_epoch.concatenate(batches_of(rows))
    history = model.fit(
        every_epoch,
        validation_data=batches_of(test),
        epochs=len(train),
        steps_per_epoch=-(-len(train[0]) // BATCH_SIZE),
        shuffle=False,
        verbose=0,
    ).history
    return {name.replace(metric or "no metric", "metric"): values for name, values in history.items()}


def assert_is_alone(history, replicas, i, expected, model, *, atol=1e-5):
    """Replica `i` did, and became, what Keras' own `fit` made of a model."""
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(history, name)[i], values, rtol=0, atol=atol, err_msg=f"{i}: {name}")
    for stacked, variable in zip(replicas.weights, model.variables, strict=True):
        np.testing.assert_allclose(stacked[i], variable, rtol=0, atol=1e-4)


@pytest.mark.parametrize(("name", "optimizer"), CASES)
def test_histories_equal_those_of_keras_fit(name, optimizer):
    loss, epochs = LOSSES[name], 4
    network, rows = problem(loss)
    n_train, seeds = N_ROWS[loss.task][0], (3, 11)
    view = view_of(loss, len(seeds))
    replicas = make_replicas(network, loss, seeds, optimizer)
    history = fit(replicas, rows, view, epochs=epochs)

    model = network.build(11)
    train, test = taken(rows, slice(n_train)), taken(rows, slice(n_train, None))
    expected = keras_fit(model, loss, optimizer_for(loss, optimizer), train=[train] * epochs, test=test)
    percent = loss.function == "MeanAbsolutePercentageError"
    assert_is_alone(history, replicas, 1, expected, model, atol=1e-3 if percent else 1e-5)
    assert np.abs(history.loss[0] - history.loss[1]).max() > 1e-3  # two networks, not one twice
    assert (history.loss[:, -1] < history.loss[:, 0]).all()  # what the loss fits, it learns


def table():
    """A regression whose columns miss values and lie far from 0, and two seeds' unequal splits of it."""
    rng = np.random.default_rng(0)
    known = rng.normal(size=(120, 4))
    values = (known @ [[1.0], [-2.0], [0.5], [1.0]] + 0.1 * rng.normal(size=(120, 1))) * 40 + 1e6
    features = known * [1, 100, 1, 1e-3] + [0, 1.6e9, -5, 0]
    features[rng.random((120, 4)) < 0.1] = np.nan
    order = rng.permutation(120)
    train, test = [order[:80], order[33:]], [order[80:], order[:33]]
    scaling = Scaling(
        fill=np.stack([np.nanmedian(features[own], axis=0) for own in train]),
        center=np.stack([np.nanmean(features[own], axis=0) for own in train]),
        spread=np.stack([np.nanstd(features[own], axis=0) for own in train]),
        target_center=np.stack([values[own].mean(axis=0) for own in train]),
        target_spread=np.stack([values[own].std(axis=0) for own in train]),
    )
    return Rows(features, values), View(np.array([1, 0]), train, test, scaling)


def scaled(rows, scaling, split):
    """The rows as a seed of one split sees them, computed in float64."""
    features = np.where(np.isnan(rows.features), scaling.fill[split], rows.features)
    return Rows(
        ((features - scaling.center[split]) / scaling.spread[split]).astype(np.float32),
        ((rows.targets - scaling.target_center[split]) / scaling.target_spread[split]).astype(np.float32),
    )


@pytest.mark.parametrize(
    ("optimizer", "layers"),
    [
        ({"name": "SGD", "momentum": 0.9, "nesterov": True}, {}),
        pytest.param({"name": "Adam", "amsgrad": True}, {"dropout": 0.4}, marks=pytest.mark.thorough),
        pytest.param(
            {"name": "RMSprop", "centered": True, "momentum": 0.5},
            {"batch_norm": True, "dropout": 0.2},
            marks=pytest.mark.thorough,
        ),
    ],
    ids=["SGD", "Adam, dropout", "RMSprop, batch_norm and dropout"],
)
def test_with_rows_a_scale_and_learning_rates_of_its_own_each_replica_is_as_in_keras_fit(optimizer, layers):
    rows, view = table()
    loss, seeds, rates, epochs = LOSSES["huber"], (3, 11), np.array([0.003, 0.03]), 3
    network = Network(4, (6,), 1, "linear", **layers)
    replicas = make_replicas(
        network, loss, seeds, make_optimizer(OptimizerSettings(learning_rate=0.01, **optimizer)), rates
    )
    orders = [[np.random.default_rng((epoch, seed)).permutation(size) for seed, size in ((3, 87), (11, 80))]
              for epoch in range(epochs)]  # fmt: skip
    history = fit(replicas, rows, view, epochs=epochs, orders=lambda epoch: orders[epoch])
    predicted = replicas.predict(rows.features, view)
    # the first seed at the higher rate, and the second, which sees seven of its rows twice, at the lower
    for i, seed, split, rate in ((1, 0, 1, 0.03), (2, 1, 0, 0.003)):
        model, own = network.build(seeds[seed]), scaled(rows, view.scaling, split)
        alone = make_optimizer(OptimizerSettings(learning_rate=rate, **optimizer))
        seen = [taken(own, np.resize(view.train[split][order[seed]], 87)) for order in orders]
        expected = keras_fit(model, loss, alone, train=seen, test=taken(own, view.test[split]))
        assert_is_alone(history, replicas, i, expected, model)
        np.testing.assert_allclose(predicted[i], model(own.features), rtol=0, atol=1e-5)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("hidden", "last"),
    [
        ({"kernel_regularizer": keras.regularizers.L2(0.05)}, {}),
        (
            {"kernel_constraint": keras.constraints.UnitNorm(axis=1)},
            {"kernel_constraint": keras.constraints.MaxNorm(0.5), "bias_constraint": keras.constraints.NonNeg()},
        ),
    ],
    ids=["penalty", "constraints"],
)
def test_what_layers_add_to_the_loss_and_constrain_is_as_in_keras_fit(hidden, last):
    loss, n_train = LOSSES["mae"], N_ROWS["regression"][0]
    _, rows = problem(loss)

    def build(seed):
        keras.utils.set_random_seed(seed)
        layers = keras.layers.Dense(4, activation="relu", **hidden), keras.layers.Dense(1, **last)
        return keras.Sequential([keras.Input((20,)), *layers])

    start = [np.stack(arrays) for arrays in zip(*(build(seed).get_weights() for seed in (3, 11)), strict=True)]
    # each seed has its test rows to itself: measured row by row, what layers add must still be added once
    n_rows = sum(N_ROWS["regression"])
    view = View(np.arange(2), [np.arange(n_train)] * 2, [np.arange(n_train, n_rows), np.arange(n_train, n_rows - 9)])
    replicas = Replicas(
        build(0),
        start,
        loss=keras_loss(loss),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=make_optimizer(OPTIMIZERS["SGD"]),
        learning_rates=np.array([0.003, 0.01]),
    )
    history = fit(replicas, rows, view, epochs=3)
    for i, seed, rate in ((1, 3, 0.01), (2, 11, 0.003)):
        model, train, test = build(seed), taken(rows, slice(n_train)), taken(rows, view.test[i // 2])
        optimizer = make_optimizer(OPTIMIZERS["SGD"].model_copy(update={"learning_rate": rate}))
        expected = keras_fit(model, loss, optimizer, train=[train] * 3, test=test)
        assert_is_alone(history, replicas, i, expected, model)


@pytest.mark.thorough
def test_a_loss_of_a_whole_batch_is_measured_on_batches_that_each_count_by_their_rows():
    loss, n_train = LOSSES["dice"], N_ROWS["binary"][0]
    network, rows = problem(loss)
    # 40 test rows: a batch of 32 and one of 8, for each seed alone
    view = View(np.arange(2), [np.arange(n_train)] * 2, [np.arange(70, 110), np.arange(75, 115)])
    replicas = make_replicas(network, loss, (3, 11))
    history = fit(replicas, rows, view, epochs=2)
    model = network.build(11)
    train, test = taken(rows, slice(n_train)), taken(rows, view.test[1])
    expected = keras_fit(model, loss, optimizer_for(loss, "SGD"), train=[train] * 2, test=test)
    assert_is_alone(history, replicas, 1, expected, model)


@pytest.mark.thorough
def test_a_history_equals_that_of_keras_fit_on_arrays():
    loss, n_train = LOSSES["mse"], N_ROWS["regression"][0]
    network, rows = problem(loss)
    history = fit(make_replicas(network, loss, (4,)), rows, view_of(loss, 1), epochs=3)
    model = network.build(4)
    model.compile(optimizer_for(loss, "SGD"), keras_loss(loss))
    expected = model.fit(
        rows.features[:n_train],
        rows.targets[:n_train],
        validation_data=(rows.features[n_train:], rows.targets[n_train:]),
        batch_size=BATCH_SIZE,
        epochs=3,
        shuffle=False,
        verbose=0,
    ).history
    np.testing.assert_allclose(history.loss[0], expected["loss"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(history.val_loss[0], expected["val_loss"], rtol=0, atol=1e-5)


def one_weight(weights, *, momentum=0.0, learning_rates=None):
    """Copies of y = w·x under the mean squared error, at learning rate 0.1 unless others are asked for."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    return Replicas(
        model,
        [np.array(weights, np.float32).reshape(-1, 1, 1)],
        loss=keras.losses.MeanSquaredError(),
        metric=lambda targets, outputs: tf.abs(targets - outputs)[:, 0],
        optimizer=keras.optimizers.SGD(0.1, momentum=momentum),
        learning_rates=learning_rates,
    )


def column(*values):
    return np.array(values, np.float32)[:, None]


def test_each_replica_takes_its_own_momentum_step():
    # x = 2, y = 1: the gradient of (2w - 1)² is 4(2w - 1); tested on x = 1, y = 0, where the loss is w²
    # w = 1: steps -0.4, then 0.9·-0.4 - 0.1·4(1.2 - 1) = -0.44; w = 0: steps 0.4, then 0.9·0.4 + 0.08 = 0.44
    replicas = one_weight([1, 0], momentum=0.9)
    history = fit(replicas, Rows(column(2, 1), column(1, 0)), first_rows(2, 1, 2), epochs=2)
    np.testing.assert_allclose(replicas.weights[0].ravel(), [0.16, 0.84], rtol=1e-5)
    np.testing.assert_allclose(history.loss, [[1, 0.04], [1, 0.04]], rtol=1e-5)
    np.testing.assert_allclose(history.metric, [[1, 0.2], [1, 0.2]], rtol=1e-5)
    np.testing.assert_allclose(history.val_loss, [[0.36, 0.0256], [0.16, 0.7056]], rtol=1e-5)
    np.testing.assert_allclose(history.val_metric, [[0.6, 0.16], [0.4, 0.84]], rtol=1e-5)


def test_each_seed_learns_at_each_rate():
    # the gradients at w = 1 and w = 0 are 4 and -4
    replicas = one_weight([1, 0], learning_rates=np.array([0.1, 0.2, 0.25]))
    fit(replicas, Rows(column(2, 1), column(1, 0)), first_rows(2, 1, 2), epochs=1)
    np.testing.assert_allclose(replicas.weights[0].ravel(), [0.6, 0.2, 0, 0.4, 0.8, 1], rtol=0, atol=1e-6)


def test_each_seed_sees_the_rows_in_its_own_order():
    # rows x = 1 and x = 2, y = 0, one a batch: the gradient of (wx)² is 2wx²
    # 1 then 2: loss 1, w = 0.8, loss 2.56, w = 0.16; 2 then 1: loss 4, w = 0.2, loss 0.04, w = 0.16
    replicas = one_weight([1, 1])
    view = View(np.zeros(2, int), [np.arange(2)], [np.arange(2)])
    orders = np.array([[0, 1], [1, 0]])
    history = fit(replicas, Rows(column(1, 2), column(0, 0)), view, epochs=1, orders=lambda _: orders, batch_size=1)
    np.testing.assert_allclose(history.loss[:, 0], [1.78, 2.02], rtol=1e-5)
    np.testing.assert_allclose(replicas.weights[0].ravel(), [0.16, 0.16], rtol=1e-5)


def test_a_smaller_last_batch_weighs_less_in_the_epochs_loss():
    # errors 1, 1 and 5 and nothing to learn from (x = 0): (2·1 + 1·25) / 3, not (1 + 25) / 2
    rows, view = Rows(column(0, 0, 0), column(1, -1, 5)), View(np.zeros(1, int), [np.arange(3)], [np.arange(3)])
    history = fit(one_weight([1]), rows, view, epochs=1, batch_size=2)
    np.testing.assert_allclose([history.loss, history.val_loss, history.metric], [[[9]], [[9]], [[7 / 3]]], rtol=1e-6)


def test_a_seed_with_fewer_rows_is_measured_on_its_own_and_on_each_once():
    # nothing to learn from (x = 0); the errors are 1, 2, 3: 1 and 4 against (1 + 4 + 9) / 3
    view = View(np.array([0, 1, 2]), [np.arange(1)] * 3, [np.array([0]), np.array([1]), np.arange(3)])
    history = fit(one_weight([1, 1, 1]), Rows(column(0, 0, 0), column(1, 2, 3)), view, epochs=1)
    np.testing.assert_allclose(history.val_loss[:, 0], [1, 4, 14 / 3], rtol=1e-6)
    np.testing.assert_allclose(history.val_metric[:, 0], [1, 2, 2], rtol=1e-6)


@pytest.mark.parametrize(
    ("n_rows", "expected"),
    [
        (2, ["order 0", "order 1", "done 2", "order 2", "done 3"]),
        (1, ["order 0", "done 1", "order 1", "done 2", "order 2", "done 3"]),
    ],
)
def test_epochs_are_reported_and_orders_asked_for_as_many_as_are_trained_at_once(monkeypatch, n_rows, expected):
    monkeypatch.setattr(replicas, "ORDERED_ROWS", n_rows)
    events = []

    def orders(epoch):
        events.append(f"order {epoch}")
        return np.zeros((1, 1), int)

    one_weight([1]).fit(
        Rows(column(1, 1), column(0, 0)),
        first_rows(1, 1, 2),
        epochs=3,
        batch_size=1,
        orders=orders,
        on_epoch=lambda done: events.append(f"done {done}"),
    )
    assert events == expected


def test_epochs_trained_at_once_give_the_bytes_of_epochs_one_by_one(monkeypatch):
    loss = LOSSES["mse"]
    network, rows = problem(loss)
    rng, size = np.random.default_rng(0), N_ROWS[loss.task][0]
    orders = [[rng.permutation(size) for _ in range(2)] for _ in range(5)]

    def train(n_at_once):
        monkeypatch.setattr(replicas, "EPOCHS", n_at_once)
        trained = make_replicas(network, loss, (0, 1), learning_rates=np.array([0.1, 0.01]))
        trained.restart(network.initial_weights((0, 1)), np.array([0.1, 0.01]), np.array([True, False]))
        history = fit(trained, rows, view_of(loss, 2), epochs=5, orders=orders.__getitem__)
        return [array.tobytes() for array in (*vars(history).values(), *trained.weights)]

    assert train(1) == train(2) == train(10)


@pytest.mark.thorough
@pytest.mark.parametrize("name", ["msle", "hinge", "kl_divergence"])
def test_a_seeds_history_does_not_depend_on_the_replicas_beside_it(name):
    network, rows = problem(LOSSES[name])
    n_train = N_ROWS[LOSSES[name].task][0]

    def history_of(seed, seeds, rates):
        replicas = make_replicas(network, LOSSES[name], seeds, learning_rates=np.array(rates))
        history = fit(
            replicas,
            rows,
            view_of(LOSSES[name], len(seeds)),
            epochs=4,
            orders=lambda epoch: [np.random.default_rng((seed, epoch)).permutation(n_train) for seed in seeds],
        )
        return np.stack(list(vars(history).values()))[:, seeds.index(seed) * len(rates) + rates.index(0.01)]

    alone = history_of(2, (2,), (0.01,))
    np.testing.assert_allclose(history_of(2, (0, 2, 5), (0.1, 0.01)), alone, rtol=0, atol=1e-5)


@pytest.mark.thorough
def test_a_rate_for_each_replica_changes_no_digit_of_what_one_rate_for_all_gives():
    network, rows = problem(LOSSES["mse"])
    histories = [
        fit(make_replicas(network, LOSSES["mse"], (1, 2), "SGD", rates), rows, view_of(LOSSES["mse"], 2), epochs=3)
        for rates in (None, np.array([0.01]))
    ]
    for ours, expected in zip(*(vars(history).values() for history in histories), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("name", ["mae", "squared_hinge", "categorical_crossentropy"])
def test_predictions_equal_those_of_a_keras_model_with_the_replicas_weights(name):
    network, rows = problem(LOSSES[name])
    replicas, view = make_replicas(network, LOSSES[name], (0, 1)), view_of(LOSSES[name], 2)
    predicted = replicas.predict(rows.features, view)
    assert predicted.shape == (2, len(rows), network.n_outputs)
    model = network.build(0)
    for i in range(2):
        model.set_weights([array[i] for array in replicas.weights])
        np.testing.assert_allclose(predicted[i], model(rows.features), rtol=0, atol=1e-6)


@pytest.mark.parametrize("is_scaled", [False, True], ids=["one scale", "a scale for each seed"])
@pytest.mark.parametrize("share", [0.2, 0.8], ids=["few", "most"])
def test_rows_that_are_wanted_are_predicted_as_among_all_and_others_are_not_known(share, is_scaled):
    rng = np.random.default_rng(0)
    network, rows = problem(LOSSES["mae"])
    n_splits, n_columns = 3, rows.features.shape[1]
    center, spread = rng.normal(size=(n_splits, n_columns)), np.full((n_splits, n_columns), 2.0)
    scaling = Scaling(center, center, spread, np.zeros((n_splits, 1)), np.ones((n_splits, 1))) if is_scaled else None
    view = View(np.arange(n_splits), [np.arange(5)] * n_splits, [np.arange(5, 10)] * n_splits, scaling)
    replicas = make_replicas(network, LOSSES["mae"], (0, 1, 2))
    wanted = np.zeros((n_splits, len(rows)), bool)
    for split, of_split in enumerate(wanted):  # not of one number
        of_split[rng.choice(len(rows), round(share * len(rows)) + split, replace=False)] = True
    every, some = replicas.predict(rows.features, view), replicas.predict(rows.features, view, wanted)
    assert (view.numbers_of(wanted).ndim == 2) == (share < 0.5)
    np.testing.assert_allclose(some[wanted], every[wanted], rtol=0, atol=1e-6)
    assert np.isnan(some[~wanted]).all()


@pytest.mark.parametrize("are_shared", [True, False], ids=["one split", "a split for each seed"])
def test_more_rows_than_are_evaluated_at_once_give_what_keras_gives(are_shared):
    loss, n_test = LOSSES["mae"], 2 * EVALUATION_ROWS + 7
    network = Network(3, (4,), 1, "linear")
    features = np.random.default_rng(0).normal(size=(n_test, 3)).astype(np.float32)
    # the few rows of the last block are the worst: blocks that all weighed the same would show
    targets = np.zeros((n_test, 1), np.float32)
    targets[2 * EVALUATION_ROWS :] = 1000
    n_splits = 1 if are_shared else 2
    view = View(np.arange(2) % n_splits, [np.arange(40)] * n_splits, [np.arange(n_test)] * n_splits)
    replicas = make_replicas(network, loss, (0, 1))
    history = fit(replicas, Rows(features, targets), view, epochs=1)
    predicted = replicas.predict(features, view)
    model = network.build(0)
    for i in range(2):
        model.set_weights([array[i] for array in replicas.weights])
        whole = model(features).numpy()
        np.testing.assert_allclose(history.val_loss[i, 0], np.abs(whole - targets).mean(), rtol=1e-5)
        np.testing.assert_allclose(history.val_metric[i, 0], np.square(whole - targets).mean(), rtol=1e-5)
        np.testing.assert_allclose(predicted[i], whole, rtol=0, atol=1e-5)


ON_SOME_PROCESSORS = """
import hashlib, json, os
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(os.environ["LOSSLAB_THREADS"])])

from concurrent.futures import ThreadPoolExecutor
import numpy as np
from stages.training.backend import INTER_OP_THREADS, tf
from stages.training.networks import Network
from stages.training.replicas import Replicas
from stages.training.keras_parts import keras_loss, make_optimizer, row_metric
from stages.training.views import Rows, View
from tests.training.units import batches
from stages.losses.catalogue import LOSSES
from stages.records.plans import Scaling
from stages.records.settings import OptimizerSettings

def digest(name):
    loss, rng = LOSSES[name], np.random.default_rng(0)
    n_classes = 0 if name == "msle" else 3
    features = rng.normal(size=(145, 3))
    labels = rng.integers(0, n_classes, 145) if n_classes else rng.normal(size=(145, 1))
    train = [np.arange(100), np.arange(45, 145)]
    numbers = np.array([features[own].mean(axis=0) for own in train])
    scaling = Scaling(numbers, numbers, np.ones((2, 3)), np.zeros((2, 0)), np.ones((2, 0)))
    view = View(np.arange(6) % 2, train, [np.arange(100, 145), np.arange(45)], scaling)
    network = Network(3, (50,), n_classes or 1, loss.activation, dropout=0.1)
    seeds = tuple(range(6))
    replicas = Replicas(
        network.build(0),
        network.initial_weights(seeds),
        loss=keras_loss(loss),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=make_optimizer(OptimizerSettings(name="SGD", learning_rate=0.01, momentum=0.9)),
        learning_rates=np.array([0.01, 0.03]),
    )
    history = replicas.fit(
        Rows(features, loss.encode(labels, n_classes)), view, epochs=5, batch_size=32, on_epoch=lambda _: None,
        orders=lambda epoch: [np.random.default_rng((seed, epoch)).permutation(100) for seed in seeds],
    )
    arrays = [*vars(history).values(), replicas.predict(features, view), *replicas.weights]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

with ThreadPoolExecutor(INTER_OP_THREADS) as executor:
    digests = list(executor.map(digest, ["msle", "kl_divergence"]))
print(json.dumps([INTER_OP_THREADS, tf.config.threading.get_inter_op_parallelism_threads(), digests]))
"""


@pytest.mark.endurance
def test_the_same_seeds_give_the_same_bytes_with_one_thread_and_with_two(root):
    one, two = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", ON_SOME_PROCESSORS],
                cwd=root,
                env=os.environ | {"LOSSLAB_THREADS": n_threads},
                capture_output=True,
                check=True,
                text=True,
                timeout=120,
            ).stdout
        )
        for n_threads in ("1", "2")
    )
    assert (one[:2], two[:2]) == ([1, 1], [2, 2])
    assert one[2] == two[2]
    assert len(set(one[2])) == 2
