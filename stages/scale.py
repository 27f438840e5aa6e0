"""Stage `scale`: split every dataset into train and test rows, and scale it."""

import joblib
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer

from stages.basics import cli, files, paths
from stages.basics.cli import UserError
from stages.params.load import load_params
from stages.params.schema import Dataset, Scale
from stages.params.source import Table
from stages.records import datasets
from stages.records.datasets import PART, Description, Fold, Scaled
from stages.tables import preprocess as columns
from stages.tables import splits
from stages.tables.preprocess import SCALERS


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
    """
    fitted_on = table if settings.fit_on == "all" else table[train]
    fitted = columns.fit(fitted_on, description.columns, settings.features)
    names = datasets.target_names(len(description.targets))
    inputs = fitted.pipeline.transform(table)
    targets, center, spread = table[names].to_numpy(), np.zeros(len(names)), np.ones(len(names))
    method = settings.target or ("none" if description.classes else "standard")
    if method != "none":
        make, fitted_values = SCALERS[method]
        scaler = make().fit(fitted_on[names].to_numpy())
        targets, (center, spread) = scaler.transform(targets), fitted_values(scaler)
    scaled = pd.DataFrame(inputs, columns=datasets.unique(fitted.names, [*names, PART]), copy=False)
    scaled[names] = targets
    scaled[PART] = np.where(train, "train", "test")
    n_train = int(train.sum())
    return (
        scaled,
        Fold(n_train, len(table) - n_train, fitted.treatments, center.tolist(), spread.tolist()),
        fitted.pipeline,
    )


def split(name: str, dataset: Dataset, table: pd.DataFrame, description: Description) -> tuple[str, list[np.ndarray]]:
    """The method by which a dataset is split, and for each fold the rows that train: bool (n_rows,)."""
    method = splits.method_of(dataset.split, description.task, generated=not isinstance(dataset.source, Table))
    groups = table[description.group] if dataset.split.column is not None else None
    labels = datasets.labels_of(table, description)
    return method, splits.train_rows(
        dataset.split,
        method,
        labels,
        groups=groups,
        classes=description.classes,
        key=f"{paths.PARAMS}: datasets.{name}.split",
    )


def main() -> None:
    """Write ``data/scaled/``: for every dataset its folds, and what was done to its columns."""
    wanted = load_params().datasets
    for name, dataset in wanted.items():
        table, description = datasets.read_raw(name)
        method, masks = split(name, dataset, table, description)
        found = []
        for index, train in enumerate(masks):
            try:
                scaled, fold, pipeline = scale(table, description, dataset.scale, train)
            except UserError as error:
                raise UserError(f"{paths.PARAMS}: datasets.{name}: {error}") from error
            found.append(fold)
            files.write_table(datasets.scaled_path(name, index, len(masks)), scaled)
            with files.replacing(datasets.scaled_path(name, index, len(masks), "joblib")) as temporary:
                joblib.dump(pipeline, temporary)
        datasets.write_scaled(name, Scaled(description, method, found))
        if description.files:
            _tell(name, found)
    cli.say(f"scale: {len(wanted)} datasets in {paths.SCALED}")


def _tell(name: str, folds: list[Fold]) -> None:
    fold = folds[0]
    rows = f"{fold.n_train:,} rows train, {fold.n_test:,} test" + f", in {len(folds)} folds" * (len(folds) > 1)
    out = [
        f"{column.column} ({column.done.removeprefix('left out: ')})"
        for column in fold.treatments
        if not column.n_inputs
    ]
    n_columns, n_inputs = len(fold.treatments), fold.n_inputs
    became = f"{n_columns:,} column{'s' * (n_columns != 1)} became {n_inputs:,} input{'s' * (n_inputs != 1)}"
    cli.say(f"scale: {name}: {rows}; {became}")
    if out:
        more = f" and {len(out) - 10:,} more" if len(out) > 10 else ""
        cli.say(f"scale: {name}: left out: {', '.join(out[:10])}{more}")


if __name__ == "__main__":
    cli.run(main)
