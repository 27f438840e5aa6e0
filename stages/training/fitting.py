"""Train copies of a unit's network: what tuning and the final training share."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np

from stages.training.chunk import Candidate
from stages.training.keras_parts import is_per_row, keras_loss, loss_maker, make_optimizer, row_metric, weighs_batch
from stages.training.replicas import History, Replicas
from stages.training.unit import Unit
from stages.training.views import View

# compiled copies that no one trains at the moment, the least recently used first: chunks of one unit follow each other
_IDLE: OrderedDict[str, Replicas] = OrderedDict()
_LOCK = threading.Lock()
KEPT = 24  # of them, a few megabytes each
KEPT_WEIGHTS = 50_000_000  # weights that all of them may hold
# orders of at most so many rows are kept, so many of them, 40 MB in all: losses and candidates see the same ones
FEW_ROWS, KEPT_ORDERS = 1_000, 10_000


@contextmanager
def replicas_of(unit: Unit, seeds: Sequence[int], candidates: Sequence[Candidate], score: str) -> Iterator[Replicas]:
    """Make untrained copies of a unit's network: one for each seed and candidate.

    Networks alike are compiled once: tracing takes longer than a small chunk.

    Args:
        unit: what is trained.
        seeds: the seeds.
        candidates: differ in values of the same parameters of the loss, if in any.
        score: what is measured beside the loss, see `keras_parts.row_metric`.
    """
    network, positions = unit.network(), unit.table.positions
    weights = network.initial_weights(tuple(seeds))
    rates = np.array([candidate.rate for candidate in candidates])
    falls = np.array([candidate.schedule == "cosine" for candidate in candidates])
    names = [name for name, _ in candidates[0].parameters]
    parameters = np.array([[value for _, value in candidate.parameters] for candidate in candidates]) if names else None
    key = repr((_settings_of(unit), len(seeds), len(candidates), names, score))
    with _LOCK:
        replicas = _IDLE.pop(key, None)
    if replicas is None:
        replicas = Replicas(
            network.build(seeds[0]),
            weights,
            loss=loss_maker(unit.loss, names, positions) if names else keras_loss(unit.loss, positions),
            metric=row_metric(unit.loss, score, unit.table.n_classes),
            optimizer=make_optimizer(unit.settings.optimizer.at(candidates[0].rate)),
            learning_rates=rates,
            falls=falls,
            parameters=parameters,
            per_row=is_per_row(unit.loss, positions),
            weighs_batch=weighs_batch(unit.loss),
        )
    else:
        replicas.restart(weights, rates, falls, parameters)
    yield replicas
    if not unit.settings.model and not unit.loss.is_custom:  # the user's own code may keep something itself
        with _LOCK:
            _IDLE[key] = replicas
            while len(_IDLE) > KEPT or sum(idle.n_weights for idle in _IDLE.values()) > KEPT_WEIGHTS:
                _IDLE.popitem(last=False)


def _settings_of(unit: Unit) -> tuple:
    """List the settings that two units must share so that one compiled program serves both."""
    settings, table = unit.settings, unit.table
    network = settings.model, settings.hidden, settings.hidden_activation, settings.dropout, settings.batch_norm
    network += (settings.network,)
    optimizer = settings.optimizer.name, sorted(settings.optimizer.arguments.items())
    return network, optimizer, (table.n_inputs, table.n_classes, table.n_targets, table.positions), unit.loss


def fit(
    replicas: Replicas, unit: Unit, view: View, seeds: Sequence[int], *, epochs: int, on_epoch: Callable[[int], None]
) -> History:
    """Train copies of a unit's network on what these seeds see of its rows, each in its own order."""
    n_rows = [len(view.train[split]) for split in view.split_of]
    return replicas.fit(
        unit.rows,
        view,
        epochs=epochs,
        batch_size=unit.settings.batch_size,
        orders=lambda epoch: batch_orders(seeds, epoch, n_rows),
        on_epoch=on_epoch,
    )


def batch_orders(seeds: Sequence[int], epoch: int, n_rows: Sequence[int]) -> list[np.ndarray]:
    """The order in which each seed sees its train rows in an epoch, from seed and epoch alone.

    Args:
        seeds: the seeds.
        epoch: from 0.
        n_rows: (n_seeds,) train rows of each.

    Returns:
        For each seed a permutation of the numbers below `n_rows`, int32.
    """
    return [
        (_kept_order if size <= FEW_ROWS else _order)(seed, epoch, size)
        for seed, size in zip(seeds, n_rows, strict=True)
    ]


def _order(seed: int, epoch: int, n_rows: int) -> np.ndarray:
    order = np.random.default_rng((seed, epoch)).permutation(n_rows).astype(np.int32)
    order.flags.writeable = False
    return order


_kept_order = lru_cache(KEPT_ORDERS)(_order)


def stayed_finite(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Whether all numbers of each replica in these arrays (n_replicas, ...) are finite: bool (n_replicas,)."""
    return np.all([np.isfinite(array).reshape(len(array), -1).all(axis=1) for array in arrays], axis=0)
