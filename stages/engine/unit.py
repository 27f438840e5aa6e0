"""One unit of work: one loss on one dataset, every seed.

A unit is pickled as it is: arrays and settings go in, arrays come out, so any executor can run it.
"""

from dataclasses import dataclass

import numpy as np

from stages.engine.networks import CustomNetwork, Network
from stages.losses.loss import Loss
from stages.records.settings import Settings


@dataclass(frozen=True)
class Data:
    """One fold of a scaled dataset.

    Attributes:
        features: by part, float32 (n_rows, n_features).
        labels: by part, (n_rows, n_targets) scaled values or (n_rows,) class indices.
        n_classes: number of classes; 0 for values.
        center: (n_targets,) with `spread`, undoes the target's scaling: ``value * spread + center``.
        spread: see `center`.
    """

    features: dict[str, np.ndarray]
    labels: dict[str, np.ndarray]
    n_classes: int
    center: np.ndarray
    spread: np.ndarray

    @property
    def n_targets(self) -> int:
        """Columns that are predicted."""
        return len(self.center)


@dataclass(frozen=True)
class Unit:
    """One loss on one dataset, every seed. With several folds the seeds take turns on them, the first on the first.

    Attributes:
        settings: everything else that decides the result.
        folds: the rows.
    """

    settings: Settings
    folds: list[Data]

    @property
    def loss(self) -> Loss:
        """The loss to train with."""
        return self.settings.loss

    @property
    def name(self) -> str:
        """Dataset and loss, which no other unit shares."""
        return f"{self.settings.dataset}/{self.loss.name}"

    @property
    def n_epochs(self) -> int:
        """Epochs to train, over all folds."""
        return self.settings.epochs * self.n_used_folds

    @property
    def n_used_folds(self) -> int:
        """Folds that a seed trains on; seeds may be fewer than folds."""
        return min(len(self.folds), len(self.settings.seeds))

    def positions(self, fold: int) -> range:
        """Where the seeds that train on one fold stand among all."""
        return range(fold, len(self.settings.seeds), len(self.folds))

    def seeds(self, fold: int) -> tuple[int, ...]:
        """The seeds that train on one fold."""
        return tuple(self.settings.seeds[position] for position in self.positions(fold))

    def network(self, fold: int) -> Network | CustomNetwork:
        """The network to train on one fold."""
        data, loss, settings = self.folds[fold], self.loss, self.settings
        n_outputs = loss.n_outputs(data.n_classes, data.n_targets)
        n_features = data.features["train"].shape[1]
        if settings.model:
            return CustomNetwork(settings.model, n_features, n_outputs, loss.activation)
        return Network(
            n_features,
            settings.hidden,
            n_outputs,
            loss.activation,
            hidden_activation=settings.hidden_activation,
            dropout=settings.dropout,
            batch_norm=settings.batch_norm,
        )
