"""The plan of a comparison: its rows divided for every seed, and the numbers that scale them for each split."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.features import scaling, splits
from stages.features.channels import Channels
from stages.losses import target_transform
from stages.params.budget import Sizes, path_of
from stages.params.schema import Scale, Setup, Split
from stages.records.datasets import Description, Kind, Treatment, labels_of
from stages.records.plans import Part, Plan, Scaling
from stages.records.thinning import thinned


def make_plan(
    rows: pd.DataFrame,
    description: Description,
    features: np.ndarray | Channels,
    kinds: list[Kind],
    *,
    split: Split,
    scale: Scale,
    n_seeds: int,
    key: str,
    sizes: Sizes | None = None,
) -> Plan:
    """Plan which rows each seed trains, validates and tests on, and how it scales them.

    Args:
        rows: the target, and where there are such columns those that group rows and number copies, as ``data/raw``
            holds them.
        description: what the dataset is.
        features: float64 (n_rows, n_features) in their own units, NaN where missing; or the channels of arrays.
        kinds: (n_features,) the kind of the column that each comes from; empty for arrays.
        split: how rows are divided.
        scale: how features and target are scaled, and on which rows that is fitted.
        n_seeds: number of seeds.
        key: path of the key ``split``, for messages about mistakes.
        sizes: how many rows are used at most; None where all are.

    Raises:
        UserError: there are too few rows, of a class or of a group, for this split.
    """
    labels = labels_of(rows, description)
    divided = splits.divide(
        split,
        labels,
        generated=description.is_generated,
        classes=[] if description.target_shape else description.classes,  # a row is of several
        groups=None if split.column is None else rows[description.groups[split.column]],
        copies=None if description.copies is None else rows[description.copies].to_numpy(),
        n_seeds=n_seeds,
        key=key,
        sizes=sizes,
    )
    values = to_scale(labels, description)

    def fit(fitted_on: Iterable[np.ndarray]) -> Scaling:
        lines = [scaling.fit(features, kinds, values, numbers, scale) for numbers in fitted_on]
        return Scaling(*map(np.stack, zip(*lines, strict=True)))

    if scale.fit_on == "all":
        to_tune = to_train = fit([np.arange(len(labels))]).repeated(len(divided.parts))
    else:
        to_tune = fit(np.flatnonzero(own == Part.TRAIN) for own in divided.parts)
        to_train = fit(np.flatnonzero(own <= Part.VALIDATION) for own in divided.parts)
    n_positions = math.prod(description.target_shape or [1])
    return Plan(**vars(divided), to_tune=to_tune, to_train=to_train, n_positions=n_positions)


def to_scale(labels: np.ndarray, description: Description) -> np.ndarray | Channels:
    """What of a target is scaled: values (n_rows, n_targets), or those of positions by channel; nothing of classes."""
    if description.classes:
        return np.empty((len(labels), 0))
    return Channels(labels) if description.target_shape else labels


def check_sizes(comparison: str, plan: Plan, sizes: Sizes) -> None:
    """Check that there are as many rows as are to train.

    Raises:
        UserError: there are fewer.
    """
    most = int((plan.parts <= Part.VALIDATION).sum(axis=1).max())
    if most < sizes.rows:
        allowed = f"allowed: {most:,} at most, the rows that train each seed"
        raise UserError(f"{path_of(comparison)}: plan.rows: {sizes.rows:,} given; {allowed}")


def without_spread(
    treatments: list[Treatment], rows: pd.DataFrame, description: Description, scale: Scale
) -> dict[str, list[str]]:
    """The features and the targets of a dataset that cannot be scaled as is asked, by their key under ``scale``."""
    flat = [treatment.column for treatment in treatments if treatment.no_spread]
    targets: list[str] = []
    if scale.target == "robust" and not description.classes:
        has_none = target_transform.has_no_range(labels_of(rows, description))
        targets = [target for target, is_flat in zip(description.targets, has_none, strict=True) if is_flat]
    return {"features": flat, "target": targets}


def all_rows(
    features: np.ndarray | Channels,
    kinds: list[Kind],
    values: np.ndarray | Channels,
    *,
    scale: Scale,
    n_seeds: int,
    labels: np.ndarray | None = None,
    rows: int | None = None,
) -> Plan:
    """The plan of networks to use: each seed trains on all rows, or on some, on which their scale is fitted.

    Args:
        features: float64 (n_rows, n_features) in their own units, NaN where missing; or the channels of arrays.
        kinds: (n_features,) the kind of the column that each comes from; empty for arrays.
        values: (n_rows, n_targets) the target in its own units; (n_rows, 0) where it is classes.
        scale: how features and target are scaled.
        n_seeds: number of seeds.
        labels: with `rows`: (n_rows, n_targets) values, or (n_rows,) class indices.
        rows: how many train; all when not given.
    """
    parts = np.full(len(features), Part.TRAIN, np.uint8)
    if rows is not None:
        parts = thinned(parts, labels, rows=rows, draw=(0,))
    every = np.flatnonzero(parts == Part.TRAIN)
    fitted = Scaling(*(numbers[None] for numbers in scaling.fit(features, kinds, values, every, scale)))
    return Plan(
        "first", 0, fixed=True, parts=parts[None], split_of=np.zeros(n_seeds, int), to_tune=fitted, to_train=fitted
    )


def plan_to_use(
    rows: pd.DataFrame,
    description: Description,
    features: np.ndarray | Channels,
    kinds: list[Kind],
    *,
    setup: Setup,
    n_seeds: int,
) -> Plan:
    """The plan of a comparison's networks to use: of all rows, or of as many as a budget says.

    Args:
        rows: as in `make_plan`.
        description: what the dataset is.
        features: as in `make_plan`.
        kinds: as in `make_plan`.
        setup: of the comparison.
        n_seeds: number of seeds.
    """
    labels = labels_of(rows, description)
    return all_rows(
        features,
        kinds,
        to_scale(labels, description),
        scale=setup.data.scale,
        n_seeds=n_seeds,
        labels=labels,
        rows=setup.sizes.rows if setup.sizes else None,
    )


def plan_targets(
    rows: pd.DataFrame, description: Description, *, split: Split, scale: Scale, n_seeds: int, key: str
) -> Plan:
    """Make a plan of which no more than the rows and the targets is of interest: see `make_plan`."""
    no_features = np.empty((len(rows), 0))
    return make_plan(rows, description, no_features, [], split=split, scale=scale, n_seeds=n_seeds, key=key)
