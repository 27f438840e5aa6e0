import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from sklearn import datasets

from stages.engine.backend import keras, tf
from stages.engine.networks import Network
from stages.engine.replicas import EVALUATION_ROWS, Replicas, Rows
from stages.engine.training import batch_orders, keras_loss, make_optimizer, row_metric
from stages.losses.catalogue import LOSSES

ROOT = Path(__file__).parents[2]
OPTIMIZERS = {"SGD": {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}, "Adam": {"name": "Adam"}}
BATCH_SIZE = 32
# rows of each task's data: (n_train, n_test); no two sizes are the same, and none is a multiple of a batch
N_ROWS = {"regression": (100, 37), "binary": (70, 45), "multiclass": (90, 26)}
N_CLASSES = {"regression": 0, "binary": 2, "multiclass": 3}
# the losses of the published comparison are followed for longer
PUBLISHED = {
    name
    for losses in yaml.safe_load((ROOT / "data/published.yaml").read_text(encoding="utf-8"))["scores"].values()
    for name in losses
}


def problem(loss):
    """The network, the train rows and the test rows of a small problem that one loss fits."""
    n_train, n_test = N_ROWS[loss.task]
    n_rows = n_train + n_test
    match loss.task:
        case "regression":
            n_targets = 2 if loss.target_range == "vectors" else 1
            features, labels = datasets.make_regression(n_rows, 20, noise=0.1, n_targets=n_targets, random_state=1)
            labels = ((labels - labels.mean()) / labels.std()).reshape(n_rows, n_targets)
            if loss.target_range == "not below 0":
                labels = np.random.default_rng(0).poisson(np.exp(labels))
            elif loss.target_range == "away from 0":
                labels = labels - labels.min() + 1
            hidden, n_outputs = (25,), n_targets
        case "binary":
            features, labels = datasets.make_circles(n_rows, noise=0.1, random_state=1)
            hidden, n_outputs = (50,), 1
        case "multiclass":
            features, labels = datasets.make_blobs(n_rows, 4, centers=3, cluster_std=4, random_state=2)
            hidden, n_outputs = (50,), 3
    features, targets = features.astype(np.float32), loss.encode(labels, N_CLASSES[loss.task])
    network = Network(features.shape[1], hidden, n_outputs, loss.activation)
    return network, Rows(features[:n_train], targets[:n_train]), Rows(features[n_train:], targets[n_train:])


def optimizer_for(loss, name):
    """A new optimizer; a loss in percent is 100 times as steep, and SGD would run away from it."""
    steep = name == "SGD" and loss.function == "MeanAbsolutePercentageError"
    return make_optimizer(OPTIMIZERS[name] | ({"learning_rate": 1e-4} if steep else {}))


def make_replicas(network, loss, seeds, optimizer="SGD", weights=None):
    return Replicas(
        network.build(0),
        weights or network.initial_weights(seeds),
        loss=keras_loss(loss),
        metric=row_metric(loss),
        optimizer=optimizer_for(loss, optimizer),
        evaluation_rows=EVALUATION_ROWS if loss.per_row else BATCH_SIZE,
    )


def in_file_order(n_seeds, n_rows):
    order = np.tile(np.arange(n_rows, dtype=np.int32), (n_seeds, 1))
    return lambda _epoch: order


def fit(replicas, train, test, *, epochs, orders, batch_size=BATCH_SIZE):
    return replicas.fit(train, test, epochs=epochs, batch_size=batch_size, orders=orders, on_epoch=lambda _: None)


def compiled(network, loss, seed, optimizer="SGD"):
    """One seed's model as anyone would compile it, with Keras' metric where it means what ours does."""
    metric = "mse" if loss.task == "regression" else None if loss.targets == "plus_minus_one" else "accuracy"
    model = network.build(seed)
    model.compile(
        optimizer_for(loss, optimizer),
        keras_loss(loss),
        metrics=[metric] if metric else [],
    )
    return model, metric


def batches(rows):
    """What Keras makes of arrays that it does not shuffle, without the pipeline it sets up anew each epoch."""
    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return tf.data.Dataset.from_tensor_slices((rows.features, rows.targets)).batch(BATCH_SIZE).with_options(options)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES.values(), ids=list(LOSSES))
def test_histories_equal_those_of_keras_fit(loss, optimizer):
    network, train, test = problem(loss)
    seeds, epochs = (3, 11), 20 if loss.name in PUBLISHED else 8
    unit = 100 if loss.function == "MeanAbsolutePercentageError" else 1  # in percent
    replicas = make_replicas(network, loss, seeds, optimizer)
    history = fit(replicas, train, test, epochs=epochs, orders=in_file_order(len(seeds), len(train)))

    for i in (0, 1) if loss.name in PUBLISHED else (1,):
        seed = seeds[i]
        model, metric = compiled(network, loss, seed, optimizer)
        expected = model.fit(
            batches(train), validation_data=batches(test), epochs=epochs, shuffle=False, verbose=0
        ).history
        ours = {"loss": history.loss[i], "val_loss": history.val_loss[i]}
        if metric:
            ours |= {metric: history.metric[i], f"val_{metric}": history.val_metric[i]}
        assert ours.keys() == expected.keys()
        for name, values in ours.items():
            atol = 1e-5 * (unit if name.endswith("loss") else 1)
            np.testing.assert_allclose(values, expected[name], rtol=0, atol=atol, err_msg=f"seed {seed}: {name}")
        for stacked, variable in zip(replicas.weights, model.get_weights(), strict=True):
            np.testing.assert_allclose(stacked[i], variable, rtol=0, atol=1e-4)
    assert np.abs(history.loss[0] - history.loss[1]).max() > 1e-3  # two networks, not one twice
    assert (history.loss[:, -1] < history.loss[:, 0]).all()  # what the loss fits, it learns


@pytest.mark.parametrize(
    "layers",
    [
        {"dropout": 0.4},
        {"batch_norm": True},
        {"batch_norm": True, "dropout": 0.2, "hidden_activation": "tanh"},
    ],
    ids=["dropout", "batch_norm", "both"],
)
def test_layers_that_draw_or_keep_averages_do_as_in_keras_fit(layers):
    loss = LOSSES["mse"]
    network, train, test = problem(loss)
    network = replace(network, hidden=(9, 6), **layers)
    seeds, epochs = (3, 11), 5
    replicas = make_replicas(network, loss, seeds)
    history = fit(replicas, train, test, epochs=epochs, orders=in_file_order(len(seeds), len(train)))
    for i, seed in enumerate(seeds):
        model, metric = compiled(network, loss, seed)
        expected = model.fit(
            batches(train), validation_data=batches(test), epochs=epochs, shuffle=False, verbose=0
        ).history
        ours = {"loss": history.loss[i], "val_loss": history.val_loss[i], metric: history.metric[i]}
        for name, values in ours.items():
            np.testing.assert_allclose(values, expected[name], rtol=0, atol=1e-5, err_msg=f"seed {seed}: {name}")
        for stacked, variable in zip(replicas.weights, model.variables, strict=True):
            np.testing.assert_allclose(stacked[i], variable, rtol=0, atol=1e-4)
        np.testing.assert_allclose(
            replicas.predict(test.features)[i], model.predict(test.features, verbose=0), rtol=0, atol=1e-5
        )


@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_regularizer": keras.regularizers.L2(0.05)},
        {"kernel_constraint": keras.constraints.MaxNorm(0.5), "bias_constraint": keras.constraints.NonNeg()},
        {"kernel_constraint": keras.constraints.UnitNorm(axis=1)},
    ],
    ids=["penalty", "constraints", "norms of rows"],
)
def test_what_layers_add_to_the_loss_and_constrain_is_as_in_keras_fit(settings):
    loss = LOSSES["mae"]
    _, train, test = problem(loss)

    def build(seed):
        keras.utils.set_random_seed(seed)
        hidden = keras.layers.Dense(4, activation="relu", **settings)
        return keras.Sequential([keras.Input((20,)), hidden, keras.layers.Dense(1)])

    start = [np.stack(arrays) for arrays in zip(*(build(seed).get_weights() for seed in (3, 11)), strict=True)]
    replicas = Replicas(
        build(0), start, loss=keras_loss(loss), metric=row_metric(loss), optimizer=make_optimizer(OPTIMIZERS["SGD"])
    )
    history = fit(replicas, train, test, epochs=4, orders=in_file_order(2, len(train)))
    for i, seed in enumerate((3, 11)):
        model = build(seed)
        model.compile(make_optimizer(OPTIMIZERS["SGD"]), keras_loss(loss))
        expected = model.fit(batches(train), validation_data=batches(test), epochs=4, shuffle=False, verbose=0).history
        np.testing.assert_allclose(history.loss[i], expected["loss"], rtol=0, atol=1e-5)
        np.testing.assert_allclose(history.val_loss[i], expected["val_loss"], rtol=0, atol=1e-5)
        for stacked, variable in zip(replicas.weights, model.variables, strict=True):
            np.testing.assert_allclose(stacked[i], variable, rtol=0, atol=1e-5)


def test_a_history_equals_that_of_keras_fit_on_arrays():
    loss = LOSSES["mse"]
    network, train, test = problem(loss)
    history = fit(make_replicas(network, loss, (4,)), train, test, epochs=3, orders=in_file_order(1, len(train)))
    model, _ = compiled(network, loss, 4)
    expected = model.fit(
        train.features,
        train.targets,
        validation_data=(test.features, test.targets),
        batch_size=BATCH_SIZE,
        epochs=3,
        shuffle=False,
        verbose=0,
    ).history
    np.testing.assert_allclose(history.loss[0], expected["loss"], rtol=0, atol=1e-5)
    np.testing.assert_allclose(history.val_loss[0], expected["val_loss"], rtol=0, atol=1e-5)


def one_weight(weights, *, momentum):
    """Copies of y = w·x under the mean squared error, at learning rate 0.1."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    return Replicas(
        model,
        [np.array(weights, np.float32).reshape(-1, 1, 1)],
        loss=keras.losses.MeanSquaredError(),
        metric=lambda targets, outputs: tf.abs(targets - outputs)[:, 0],
        optimizer=keras.optimizers.SGD(0.1, momentum=momentum),
    )


def column(*values):
    return np.array(values, np.float32)[:, None]


def test_each_replica_takes_its_own_momentum_step():
    # x = 2, y = 1: the gradient of (2w - 1)² is 4(2w - 1); tested on x = 1, y = 0, where the loss is w²
    # w = 1: steps -0.4, then 0.9·-0.4 - 0.1·4(1.2 - 1) = -0.44; w = 0: steps 0.4, then 0.9·0.4 + 0.08 = 0.44
    replicas = one_weight([1, 0], momentum=0.9)
    train, test = Rows(column(2), column(1)), Rows(column(1), column(0))
    history = fit(replicas, train, test, epochs=2, orders=in_file_order(2, 1))
    np.testing.assert_allclose(replicas.weights[0].ravel(), [0.16, 0.84], rtol=1e-5)
    np.testing.assert_allclose(history.loss, [[1, 0.04], [1, 0.04]], rtol=1e-5)
    np.testing.assert_allclose(history.metric, [[1, 0.2], [1, 0.2]], rtol=1e-5)
    np.testing.assert_allclose(history.val_loss, [[0.36, 0.0256], [0.16, 0.7056]], rtol=1e-5)
    np.testing.assert_allclose(history.val_metric, [[0.6, 0.16], [0.4, 0.84]], rtol=1e-5)


def test_each_replica_sees_the_rows_in_its_own_order():
    # rows x = 1 and x = 2, y = 0, one a batch: the gradient of (wx)² is 2wx²
    # 1 then 2: loss 1, w = 0.8, loss 2.56, w = 0.16; 2 then 1: loss 4, w = 0.2, loss 0.04, w = 0.16
    replicas = one_weight([1, 1], momentum=0.0)
    rows = Rows(column(1, 2), column(0, 0))
    orders = np.array([[0, 1], [1, 0]], np.int32)
    history = fit(replicas, rows, rows, epochs=1, orders=lambda _: orders, batch_size=1)
    np.testing.assert_allclose(history.loss[:, 0], [1.78, 2.02], rtol=1e-5)
    np.testing.assert_allclose(replicas.weights[0].ravel(), [0.16, 0.16], rtol=1e-5)


def test_a_smaller_last_batch_weighs_less_in_the_epochs_loss():
    # errors 1, 1 and 5 and nothing to learn from (x = 0): (2·1 + 1·25) / 3, not (1 + 25) / 2
    replicas = one_weight([1], momentum=0.0)
    rows = Rows(column(0, 0, 0), column(1, -1, 5))
    history = fit(replicas, rows, rows, epochs=1, orders=in_file_order(1, 3), batch_size=2)
    np.testing.assert_allclose([history.loss, history.val_loss, history.metric], [[[9]], [[9]], [[7 / 3]]], rtol=1e-6)


def test_the_epochs_done_are_told_one_by_one_and_orders_are_asked_for_as_they_are_needed():
    told = []
    rows = Rows(column(1), column(0))

    def orders(epoch):
        told.append(f"order {epoch}")
        return np.zeros((1, 1), np.int32)

    one_weight([1], momentum=0.0).fit(
        rows, rows, epochs=2, batch_size=1, orders=orders, on_epoch=lambda done: told.append(f"done {done}")
    )
    assert told == ["order 0", "done 1", "order 1", "done 2"]


@pytest.mark.parametrize("name", ["msle", "hinge", "kl_divergence"])
def test_a_seeds_history_does_not_depend_on_the_seeds_beside_it(name):
    network, train, test = problem(LOSSES[name])

    def history_of(seed, seeds):
        history = fit(
            make_replicas(network, LOSSES[name], seeds),
            train,
            test,
            epochs=10,
            orders=lambda epoch: batch_orders(seeds, epoch, len(train)),
        )
        return np.stack(list(vars(history).values()))[:, seeds.index(seed)]

    alone = history_of(2, (2,))
    np.testing.assert_allclose(history_of(2, (0, 2, 5)), alone, rtol=0, atol=1e-5)
    np.testing.assert_allclose(history_of(2, (2, 9)), alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["mae", "squared_hinge", "categorical_crossentropy"])
def test_predictions_equal_those_of_a_keras_model_with_the_replicas_weights(name):
    network, train, test = problem(LOSSES[name])
    replicas = make_replicas(network, LOSSES[name], (0, 1))
    fit(replicas, train, test, epochs=2, orders=in_file_order(2, len(train)))
    predicted = replicas.predict(test.features)
    assert predicted.shape == (2, len(test), network.n_outputs)
    model = network.build(0)
    for i in range(2):
        model.set_weights([array[i] for array in replicas.weights])
        np.testing.assert_allclose(predicted[i], model.predict(test.features, verbose=0), rtol=0, atol=1e-6)


def test_more_rows_than_are_evaluated_at_once_give_what_keras_gives():
    loss = LOSSES["mae"]
    network, train, _ = problem(loss)
    features = np.random.default_rng(0).normal(size=(2 * EVALUATION_ROWS + 7, 20)).astype(np.float32)
    # the few rows of the last block are the worst: blocks that all weighed the same would show
    targets = np.zeros((len(features), 1), np.float32)
    targets[2 * EVALUATION_ROWS :] = 1000
    replicas = make_replicas(network, loss, (0, 1))
    history = fit(replicas, train, Rows(features, targets), epochs=1, orders=in_file_order(2, len(train)))
    model, metric = compiled(network, loss, 0)
    for i in range(2):
        model.set_weights([array[i] for array in replicas.weights])
        expected = model.evaluate(features, targets, batch_size=1024, verbose=0, return_dict=True)
        np.testing.assert_allclose(history.val_loss[i, 0], expected["loss"], rtol=1e-5)
        np.testing.assert_allclose(history.val_metric[i, 0], expected[metric], rtol=1e-5)
        whole = model(features).numpy()
        np.testing.assert_allclose(replicas.predict(features)[i], whole, rtol=0, atol=1e-5)


ON_SOME_PROCESSORS = """
import hashlib, json, os, sys
os.sched_setaffinity(0, set(json.loads(sys.argv[1])))

from concurrent.futures import ThreadPoolExecutor
import numpy as np
from stages.backend import INTER_OP_THREADS, tf
from stages.catalogue import LOSSES, settings_of
from stages.training import Data, Unit, train

def digest(name):
    rng = np.random.default_rng(0)
    n_classes = 0 if name == "msle" else 2 if name == "hinge" else 3
    rows = {"train": 100, "test": 45}
    data = Data(
        {part: rng.normal(size=(n, 3)).astype(np.float32) for part, n in rows.items()},
        {part: rng.integers(0, n_classes, n) if n_classes else rng.normal(size=(n, 1)) for part, n in rows.items()},
        n_classes, np.zeros(1), np.ones(1),
    )
    settings = settings_of(LOSSES[name]) | {
        "dataset": "d", "model": None, "hidden": [50], "hidden_activation": "relu", "dropout": 0.1, "batch_norm": False,
        "epochs": 10, "batch_size": 32, "seeds": list(range(6)),
        "optimizer": {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9},
    }
    run, weights = train(Unit(settings, [data]))
    arrays = [run.history.to_numpy(), *run.outputs[0].values(), *weights]
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()

with ThreadPoolExecutor(INTER_OP_THREADS) as executor:
    digests = list(executor.map(digest, ["msle", "hinge", "kl_divergence"]))
print(json.dumps([INTER_OP_THREADS, tf.config.threading.get_inter_op_parallelism_threads(), digests]))
"""


@pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2, reason="needs two processors"
)
def test_the_same_seeds_give_the_same_bytes_with_one_thread_and_with_two(root):
    allowed = sorted(os.sched_getaffinity(0))
    one, two = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", ON_SOME_PROCESSORS, json.dumps(processors)],
                cwd=root,
                capture_output=True,
                check=True,
                text=True,
                timeout=120,
            ).stdout
        )
        for processors in (allowed[:1], allowed[:2])
    )
    assert (one[:2], two[:2]) == ([1, 1], [2, 2])
    assert one[2] == two[2]
    assert len(set(one[2])) == 3
