"""Stage `generate`: make or read every dataset of ``params.yaml`` and write it to ``data/raw``."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn import datasets as generators

from stages.arrays.source import ArraySource
from stages.basics import cli, paths
from stages.params import experiment
from stages.params.load import check_data, load_params
from stages.params.schema import Dataset, Split
from stages.params.source import MakeMultilabel, Table
from stages.records import datasets, features
from stages.records.array_facts import packed
from stages.records.datasets import Column, Description
from stages.sources import arrays, describe, loss_columns, weights
from stages.wording import findings
from stages.wording.datasets import rows_read


def generate(generator: str, **arguments: object) -> pd.DataFrame:
    """Call one of scikit-learn's generators.

    Args:
        generator: name of a function in ``sklearn.datasets``.
        arguments: its keyword arguments.

    Returns:
        (n_samples, n_features + 1): the columns ``x1`` … ``xN`` and ``target``, unscaled; several labels of a row are
        packed into one: see `datasets.labels_of`.
    """
    values, target = getattr(generators, generator)(**arguments)
    table = pd.DataFrame(values, columns=[f"x{i + 1}" for i in range(values.shape[1])])
    return table.assign(target=packed(target.astype(np.int8)) if target.ndim > 1 and target.dtype == int else target)


def load(
    name: str, dataset: Dataset, splits: Mapping[str, Split], costs: Mapping[str, str], for_losses: Mapping[str, str]
) -> tuple[pd.DataFrame, Description]:
    """Make or read one dataset, and say what it is; features that are arrays are written as they are read.

    Args:
        name: of the dataset.
        dataset: its parameters.
        splits: those of the dataset and of the comparisons on it, by the path of their keys.
        costs: columns of a table by which these say what decisions cost, and the path of the key that names each.
        for_losses: columns that losses see, in the same way.
    """
    if isinstance(dataset.source, Table):
        return describe.load(name, dataset, splits, costs, for_losses)
    if isinstance(dataset.source, ArraySource):
        return arrays.load(name, dataset, splits, for_losses, out=features.raw_path(name))
    n_labels = dataset.source.n_classes if isinstance(dataset.source, MakeMultilabel) else 0
    table, seen = loss_columns.of_generator(generate(**dataset.source.model_dump()), for_losses)
    return table, Description(
        task=dataset.known_task,
        inferred=None,
        other_tasks=[],
        classes=[str(index) for index in range(dataset.source.target_classes())],
        targets=[f"label_{number + 1}" for number in range(n_labels)] or ["target"],
        target_shape=[n_labels] if n_labels else [],
        files=[],
        csv=None,
        n_read=len(table),
        columns=[Column(column, "number", missing=0) for column in table.columns.drop(["target", *seen.values()])],
        loss_columns=seen,
    )


def main() -> None:
    """Write ``data/raw/<dataset>.parquet``, of arrays ``.npy`` too, and what it is (``.json``) for every dataset."""
    params = load_params()
    descriptions = {}
    for name, dataset in params.datasets.items():
        named = weights.costs_of(params, name), loss_columns.keys_of(params, name)
        table, description = load(name, dataset, params.splits_of(name), *named)
        datasets.write_raw(name, table, description)
        descriptions[name] = description
        if not description.is_generated:
            for line in (rows_read(name, len(table), description), *map(findings.in_words, description.findings)):
                cli.say(f"generate: {name}: {line}")
    check_data(params, descriptions)
    cli.say(f"generate: {len(params.datasets)} datasets in {paths.RAW}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
