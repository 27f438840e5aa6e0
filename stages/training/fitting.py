"""Train copies of a unit's network: what tuning and the final training share."""

from collections.abc import Callable, Sequence

import numpy as np

from stages.training.keras_parts import keras_loss, make_optimizer
from stages.training.replicas import History, Replicas, RowMetric
from stages.training.unit import Unit
from stages.training.views import View


def make_replicas(unit: Unit, seeds: Sequence[int], rates: Sequence[float], metric: RowMetric) -> Replicas:
    """Untrained copies of a unit's network: of each seed, one for each learning rate."""
    network, optimizer = unit.network(), make_optimizer(unit.settings.optimizer.at(rates[0]))
    return Replicas(
        network.build(seeds[0]),
        network.initial_weights(tuple(seeds)),
        loss=keras_loss(unit.loss),
        metric=metric,
        optimizer=optimizer,
        learning_rates=None if len(rates) == 1 else np.array(rates),
        per_row=unit.loss.per_row,
    )


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
        np.random.default_rng((seed, epoch)).permutation(size).astype(np.int32)
        for seed, size in zip(seeds, n_rows, strict=True)
    ]


def stayed_finite(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """Bool (n_replicas,): whether everything that a replica has in arrays (n_replicas, ...) is a finite number."""
    return np.all([np.isfinite(array).reshape(len(array), -1).all(axis=1) for array in arrays], axis=0)
