"""Stage `generate`: make every dataset of ``params.yaml`` and write it to ``data/raw``."""

import pandas as pd
from sklearn import datasets

from stages import cli, files, params, paths


def generate(generator: str, **arguments: object) -> pd.DataFrame:
    """Call one of scikit-learn's generators.

    Args:
        generator: name of a function in ``sklearn.datasets``.
        arguments: its keyword arguments.

    Returns:
        (n_samples, n_features + 1): the columns ``x1`` … ``xN`` and ``target``, unscaled.
    """
    features, target = getattr(datasets, generator)(**arguments)
    table = pd.DataFrame(features, columns=[f"x{i + 1}" for i in range(features.shape[1])])
    return table.assign(target=target)


def main() -> None:
    """Write ``data/raw/<dataset>.parquet`` for every dataset."""
    wanted = params.load().datasets
    for name, dataset in wanted.items():
        files.write_table(paths.RAW / f"{name}.parquet", generate(**dataset.source.model_dump()))
    cli.say(f"generate: {len(wanted)} datasets in {paths.RAW}")


if __name__ == "__main__":
    cli.run(main)
