"""Our engine on the data and the networks of `plain_keras`: all seeds and learning rates as one program."""

from collections.abc import Callable

import numpy as np

from stages.losses.catalogue import LOSSES
from stages.records.plans import Scaling
from stages.records.settings import OptimizerSettings
from stages.training.keras_parts import keras_loss, make_optimizer, row_metric
from stages.training.networks import Network, _initial_weights
from stages.training.replicas import Replicas
from stages.training.views import Rows, View
from tests.benchmarks import plain_keras

DATASET_OF = {"regression": "regression", "binary": "circles", "multiclass": "blobs"}
SIX_RATES = (0.003, 0.006, 0.01, 0.015, 0.02, 0.03)
BATCH_SIZE = 32


def first_rows(n_seeds: int, n_train: int, n_rows: int) -> View:
    """Every seed learns from the first rows and is measured on the others."""
    return View(np.zeros(n_seeds, int), [np.arange(n_train)], [np.arange(n_train, n_rows)])


def own_rows(n_seeds: int, n_train: int, features: np.ndarray) -> View:
    """Each seed learns from rows of its own, on a scale of its own, and is measured on the others."""
    orders = [np.random.default_rng(seed).permutation(len(features)) for seed in range(n_seeds)]
    train, test = [order[:n_train] for order in orders], [order[n_train:] for order in orders]
    center = np.array([features[own].mean(axis=0, dtype=np.float64) for own in train])
    spread = np.array([features[own].std(axis=0, dtype=np.float64) for own in train])
    as_it_is = np.zeros((n_seeds, 0))
    return View(np.arange(n_seeds), train, test, Scaling(center, center, spread, as_it_is, as_it_is))


def problem(name: str) -> tuple[Network, Rows]:
    """The network and the rows that `plain_keras` trains a loss with."""
    loss = LOSSES[name]
    dataset, n_outputs = DATASET_OF[loss.task], plain_keras.LOSSES[name][2]
    features, targets = plain_keras.prepare(dataset, name)
    if n_outputs == 1:
        targets = targets[:, None]
    return Network(features.shape[1], (plain_keras.HIDDEN[dataset],), n_outputs, loss.activation), Rows(
        features, targets
    )


def fit(
    name: str,
    network: Network,
    rows: Rows,
    view: View,
    *,
    epochs: int,
    rates: tuple[float, ...] = (0.01,),
    on_epoch: Callable[[int], None] = lambda _: None,
) -> None:
    """Train the networks of a loss, their weights drawn and their program traced anew."""
    _initial_weights.cache_clear()
    loss, seeds = LOSSES[name], range(len(view.split_of))
    replicas = Replicas(
        network.build(0),
        network.initial_weights(tuple(seeds)),
        loss=keras_loss(loss),
        metric=row_metric(loss, loss.epoch_metric),
        optimizer=make_optimizer(OptimizerSettings(name="SGD", learning_rate=0.01, momentum=0.9)),
        learning_rates=np.array(rates) if len(rates) > 1 else None,
        per_row=loss.per_row,
    )
    n_train = [len(view.train[split]) for split in view.split_of]

    def orders(epoch: int) -> list[np.ndarray]:
        return [np.random.default_rng((seed, epoch)).permutation(n) for seed, n in zip(seeds, n_train, strict=True)]

    replicas.fit(rows, view, epochs=epochs, batch_size=BATCH_SIZE, orders=orders, on_epoch=on_epoch)
