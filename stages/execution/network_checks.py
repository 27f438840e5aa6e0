"""What is said of a network before it trains: how many train at once, how fast, what they take, what has no mapping."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from stages.execution.cutting import memory, most_at_once, predictions
from stages.training.backend import keras
from stages.training.chunk import Candidate
from stages.training.fitting import batch_orders, replicas_of
from stages.training.keras_parts import keras_loss, make_optimizer
from stages.training.layers.mapping import noting_unmapped
from stages.training.replicas import Replicas
from stages.training.scales import shared_features, shared_targets
from stages.training.unit import Unit
from stages.training.views import Rows, View
from stages.wording.training import at_once, without_mapping

STEPS, REPEATS = 4, 2  # batches of an epoch that is timed, and how often


def about(unit: Unit) -> list[str]:
    """Say of a unit's network, in a line each, how it trains: measured on a few batches of its rows.

    Args:
        unit: whose network is not of dense layers alone.
    """
    n_networks = most_at_once(unit)
    rows, view = _few(unit, n_networks)
    seeds = unit.settings.seeds[:n_networks]
    candidates = [Candidate(float(np.min(unit.settings.optimizer.learning_rate)))]
    with noting_unmapped() as unmapped, replicas_of(unit, seeds, candidates, unit.loss.epoch_metric) as replicas:
        together, alone = _timed(unit, replicas, rows, view), _alone(unit, rows, view)
        pairs = [(together(), alone()) for _ in range(1 + REPEATS)][1:]  # what is timed first is compiled
    seconds, of_one = (min(times) for times in zip(*pairs, strict=True))
    name, ratio = unit.settings.comparison, n_networks * of_one / seconds
    takes = memory(unit, n_networks), 4 * unit.table.features.size
    lines = [at_once(name, n_networks, ratio, *takes, of_predictions=predictions(unit))]
    return lines + [without_mapping(name, *layer) for layer in _layers(unit.network().build(0), unmapped)]


def _layers(model: keras.Model, unmapped: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The layers, by name and kind, of operations that have no mapping, by path and kind."""
    kinds = {layer.name: type(layer).__name__ for layer in model.layers}
    by_length = sorted(kinds, key=len, reverse=True)  # of names that begin alike the longest is meant

    def layer_of(operation: tuple[str, str]) -> tuple[str, str]:
        return next(((name, kinds[name]) for name in by_length if f"/{name}" in operation[0]), operation)

    return list(dict.fromkeys(map(layer_of, unmapped)))


def _few(unit: Unit, n_networks: int) -> tuple[Rows, View]:
    """A few of the rows that the first seed learns from, and that so many networks see them all."""
    view, every = unit.to_train, unit.rows
    split = view.split_of[0]
    numbers = view.train[split][: STEPS * unit.settings.batch_size]
    columns = None if every.columns is None else every.columns[numbers]
    rows = Rows(every.features[numbers], every.targets[numbers], columns)
    train, test = [np.arange(len(numbers))], [np.arange(1)]
    scaling = None if view.scaling is None else view.scaling.of_splits(np.array([split]))
    own_units = None if view.own_units is None else view.own_units[[split]]
    weights = None if view.weights is None else view.weights[numbers]
    return rows, View(np.zeros(n_networks, np.int64), train, test, scaling, own_units, weights)


def _timed(unit: Unit, replicas: Replicas, rows: Rows, view: View) -> Callable[[], float]:
    """What trains all networks for an epoch, and gives the seconds that it took."""
    seeds, batch_size = range(len(view.split_of)), unit.settings.batch_size
    sizes = [len(rows)] * len(seeds)

    def run() -> float:
        started = time.perf_counter()
        replicas.fit(
            rows,
            view,
            epochs=1,
            batch_size=batch_size,
            orders=lambda epoch: batch_orders(seeds, epoch, sizes),
            on_epoch=lambda _: None,
        )
        return time.perf_counter() - started

    return run


def _alone(unit: Unit, rows: Rows, view: View) -> Callable[[], float]:
    """What trains one network for an epoch by Keras' own `fit`, and gives the seconds that it took."""
    model, one = unit.network().build(0), replace(view, split_of=view.split_of[:1])
    features, targets = shared_features(rows.features, one)[0], shared_targets(rows.targets, one)[0]
    optimizer = unit.settings.optimizer
    usual = keras_loss(unit.loss, unit.table.positions) if not unit.loss.columns else "mse"
    model.compile(make_optimizer(optimizer.at(float(np.min(optimizer.learning_rate)))), usual)

    def run() -> float:
        started = time.perf_counter()
        model.fit(features, targets, batch_size=unit.settings.batch_size, verbose=0)
        return time.perf_counter() - started

    return run
