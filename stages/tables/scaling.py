"""A table split and scaled: which rows train, and its columns as a network takes them."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from stages.basics import paths
from stages.params.schema import Dataset, Scale
from stages.params.source import Table
from stages.records.datasets import PART, Description, Fold, labels_of, target_names, unique
from stages.tables import preprocess, splits
from stages.tables.preprocess import SCALERS


def split(name: str, dataset: Dataset, table: pd.DataFrame, description: Description) -> tuple[str, list[np.ndarray]]:
    """The method by which a dataset is split, and for each fold the rows that train: bool (n_rows,).

    Args:
        name: of the dataset, for messages about mistakes.
        dataset: its parameters.
        table: the features and the target, as ``data/raw`` holds them.
        description: what they are.

    Raises:
        UserError: the rows are too few for this split.
    """
    method = splits.method_of(dataset.split, description.task, generated=not isinstance(dataset.source, Table))
    return method, splits.train_rows(
        dataset.split,
        method,
        labels_of(table, description),
        groups=table[description.group] if dataset.split.column is not None else None,
        classes=description.classes,
        key=f"{paths.PARAMS}: datasets.{name}.split",
    )


def scale(
    table: pd.DataFrame, description: Description, settings: Scale, train: np.ndarray
) -> tuple[pd.DataFrame, Fold, ColumnTransformer]:
    """Scale a table's columns and say which rows train.

    Args:
        table: the features and the target, as ``data/raw`` holds them.
        description: what they are.
        settings: how features and target are scaled, and on which rows the scaling is fitted.
        train: bool (n_rows,): the rows that train; the others test.

    Returns:
        The inputs of the network, the target, and ``part`` (``train`` or ``test``); what
        was done; and the fitted pipeline of the features.

    Raises:
        UserError: no column is left to learn from.
    """
    fitted_on = table if settings.fit_on == "all" else table[train]
    fitted = preprocess.fit(fitted_on, description.columns, settings.features)
    names = target_names(len(description.targets))
    inputs = fitted.pipeline.transform(table)
    targets, center, spread = table[names].to_numpy(), np.zeros(len(names)), np.ones(len(names))
    method = settings.target or ("none" if description.classes else "standard")
    if method != "none":
        make, fitted_values = SCALERS[method]
        scaler = make().fit(fitted_on[names].to_numpy())
        targets, (center, spread) = scaler.transform(targets), fitted_values(scaler)
    scaled = pd.DataFrame(inputs, columns=unique(fitted.names, [*names, PART]), copy=False)
    scaled[names] = targets
    scaled[PART] = np.where(train, "train", "test")
    n_train = int(train.sum())
    fold = Fold(n_train, len(table) - n_train, fitted.treatments, center.tolist(), spread.tolist())
    return scaled, fold, fitted.pipeline
