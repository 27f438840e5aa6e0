"""One unit of work: one loss of one comparison, every seed. It needs no TensorFlow until it is trained."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from stages.losses import target_transform
from stages.losses.loss import Loss
from stages.records import columns, datasets, features
from stages.records.array_facts import Inputs, inputs_of
from stages.records.datasets import Description
from stages.records.plans import Part, Plan, Scaling
from stages.records.settings import Settings
from stages.records.thinning import thinned
from stages.training.views import Rows, View

if TYPE_CHECKING:
    from stages.training.networks import CustomNetwork, Network


@dataclass(frozen=True)
class Table:
    """The rows of a dataset, which all units of its comparisons share.

    Attributes:
        features: float64 (n_rows, n_features), or arrays uint8 or float32 (n_rows, …), in their own units, NaN where a
            value is missing.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        n_classes: number of classes; 0 for values.
        weights: (n_rows,) what each row counts, in training and in every score; None where all count alike.
        inputs: where a network has several inputs, those of which a row's features are made.
    """

    features: np.ndarray
    labels: np.ndarray
    n_classes: int
    weights: np.ndarray | None = None
    inputs: Inputs = ()

    @property
    def n_targets(self) -> int:
        """Values that are predicted: columns, or where each position of a row has some, those of a position."""
        return self.labels.shape[-1] if self.labels.ndim > 1 and not self.n_classes else 1

    @property
    def positions(self) -> tuple[int, ...]:
        """Lengths of the axes along which each position of a row has a target, as of masks; empty where a row has."""
        return self.labels.shape[1:] if self.n_classes else self.labels.shape[1:-1]

    @property
    def n_inputs(self) -> int | tuple[int, ...]:
        """Inputs of a network; of rows of several axes their shape."""
        shape = self.features.shape[1:]
        return shape[0] if len(shape) == 1 else shape

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shape of a row, or of what each of several inputs has of it."""
        return [shape for _, shape in self.inputs] or [self.features.shape[1:]]

    def take(self, numbers: np.ndarray) -> "Table":
        """Some of the rows."""
        weights = None if self.weights is None else self.weights[numbers]
        return replace(self, features=self.features[numbers], labels=self.labels[numbers], weights=weights)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that is in it."""
        digest = sha256(f"{self.n_classes} {self.inputs}".encode())
        for array in (self.features, self.labels, *(() if self.weights is None else (self.weights,))):
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def read_table(name: str, description: Description) -> Table:
    """Read the rows of a dataset."""
    values = features.read(name, description)
    weights = datasets.read_weights(name, description)
    labels = datasets.read_labels(name, description)
    return Table(values, labels, description.n_classes, weights, inputs_of(description.arrays))


def read_columns(name: str, description: Description, loss: Loss) -> np.ndarray | None:
    """Read what a loss sees of a dataset's table besides: float32 (n_rows, n_columns); None where it sees nothing."""
    return columns.read_loss_columns(name, description, loss.columns) if loss.columns else None


@dataclass(frozen=True)
class Unit:
    """One loss of one comparison, every seed.

    Attributes:
        settings: everything that decides the result beside the rows.
        table: the rows.
        plan: which of them each seed trains, validates and tests on, and how it scales them.
        columns: float32 (n_rows, n_columns), what the loss sees of the table besides; None where it sees nothing.
    """

    settings: Settings
    table: Table
    plan: Plan
    columns: np.ndarray | None = None

    @property
    def loss(self) -> Loss:
        """The loss to train with."""
        return self.settings.loss

    @property
    def name(self) -> str:
        """Comparison and loss, which no other unit shares."""
        return f"{self.settings.comparison}/{self.loss.name}"

    @property
    def rows(self) -> Rows:
        """All rows, with targets as the loss wants them; values in target units, or as its transform changes them."""
        if self.loss.task == "regression":
            targets = target_transform.apply(self.loss.target_transform, self.table.labels.astype(np.float64))
        else:
            targets = self.loss.encode(self.table.labels, self.table.n_classes)
        return Rows(self.table.features, targets, self.columns)

    @property
    def to_tune(self) -> View:
        """What each seed sees while the learning rate is tuned: it learns without its validation rows."""
        return self._view((Part.TRAIN,), (Part.VALIDATION,), tuning=True)

    @property
    def to_train(self) -> View:
        """What each seed sees in the end: it learns from all its train rows and is measured on its test rows."""
        return self._view((Part.TRAIN, Part.VALIDATION), (Part.TEST,), tuning=False)

    @property
    def used(self) -> np.ndarray:
        """Bool (n_rows,): which rows any seed uses."""
        return (self.plan.parts != Part.UNUSED).any(axis=0)

    @cached_property
    def n_seen(self) -> int:
        """Rows that a seed uses; of the split that has most."""
        return int((self.plan.parts != Part.UNUSED).sum(axis=1).max())

    def of_seeds(self, places: Sequence[int]) -> "Unit":
        """Keep some of the seeds, by their places."""
        seeds = tuple(self.settings.seeds[place] for place in places)
        return replace(
            self, settings=self.settings.model_copy(update={"seeds": seeds}), plan=self.plan.of_seeds(places)
        )

    def thinned(self, rows: int) -> "Unit":
        """Keep fewer rows: so many of each split train, none tests, and rows that no split uses are left out."""
        parts = np.where(self.plan.parts == Part.TEST, Part.UNUSED, self.plan.parts)
        labels = self.table.labels
        parts = np.stack([thinned(of_split, labels, rows=rows, draw=(split,)) for split, of_split in enumerate(parts)])
        used = np.flatnonzero((parts != Part.UNUSED).any(axis=0))
        return replace(self, plan=replace(self.plan, parts=parts)).of_rows(used)

    def of_rows(self, numbers: np.ndarray) -> "Unit":
        """The same with some of the rows."""
        columns = None if self.columns is None else self.columns[numbers]
        return replace(self, table=self.table.take(numbers), plan=self.plan.of_rows(numbers), columns=columns)

    def network(self) -> "Network | CustomNetwork":
        """The network to train."""
        from stages.training.networks import CustomNetwork, Network

        settings, loss = self.settings, self.loss
        n_features, along = self.table.n_inputs, (self.table.positions, self.table.inputs)
        n_outputs = loss.n_outputs(self.table.n_classes, self.table.n_targets)
        if settings.model:
            return CustomNetwork(settings.model, n_features, n_outputs, loss.activation, *along)
        return Network.of(settings, n_features, n_outputs, *along)

    def in_units_of_the_plan(self, outputs: np.ndarray) -> np.ndarray:
        """Scale outputs (n_seeds, n_rows, n_outputs) as the plan scales targets, whatever the loss learns by."""
        if self.loss.target_transform is None:
            return outputs
        learned, plan, scaled = self.to_train.scaling, self.plan.to_train, np.empty_like(outputs)
        for seed, split in enumerate(self.plan.split_of):
            center, spread = self.loss.output.scale(learned.target_center[split], learned.target_spread[split])
            values = outputs[seed].astype(np.float64) * spread + center
            values = target_transform.invert(self.loss.target_transform, values)
            center, spread = self.loss.output.scale(plan.target_center[split], plan.target_spread[split])
            scaled[seed] = (values - center) / spread
        return scaled

    def _view(self, learned: tuple[Part, ...], measured: tuple[Part, ...], *, tuning: bool) -> View:
        splits, planned = range(self.plan.n_splits), self.plan.to_tune if tuning else self.plan.to_train
        train = [self.plan.split_rows(split, *learned) for split in splits]
        scaling = planned if self.loss.target_transform is None else self._transformed(planned, train)
        own_units = [scaling.target_center, scaling.target_spread, planned.target_spread]
        return View(
            split_of=self.plan.split_of,
            train=train,
            test=[self.plan.split_rows(split, *measured) for split in splits],
            scaling=scaling,
            own_units=np.stack(own_units, axis=1) if self.loss.task == "regression" else None,
            weights=self._weights(tuning=tuning),
        )

    def _weights(self, *, tuning: bool) -> np.ndarray | None:
        """What each row counts: see `View.weights`.

        Weights of classes are for training, as in ``model.fit``; while tuning, a loss that chooses by its own value
        chooses by what it is trained with.
        """
        of_classes, rows = self.settings.class_weights, self.table.weights
        if not of_classes and rows is None:
            return None
        counted = np.ones(len(self.table.labels)) if rows is None else rows
        learned = counted * np.array(of_classes)[self.table.labels] if of_classes else counted
        return np.stack([learned, learned if tuning else counted, counted], axis=1).astype(np.float32)

    def _transformed(self, planned: Scaling, train: list[np.ndarray]) -> Scaling:
        """Give a plan's scaling with that of the loss's own transform of the target, fitted on the same rows."""
        values, on_all = self.table.labels.astype(np.float64), self.settings.data.scale.fit_on == "all"
        fitted = [
            target_transform.fit(
                self.loss.target_transform, (values if on_all else values[rows]).reshape(-1, values.shape[-1])
            )
            for rows in train
        ]
        center, spread = (np.stack(numbers) for numbers in zip(*fitted, strict=True))
        return replace(planned, target_center=center, target_spread=spread)
