"""Stage `scale`: split every dataset into train and test rows, and scale it."""

import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages import cli, files, params, paths

# each scaler, and the (center, scale) it fitted: value = scaled * scale + center
_SCALERS = {
    "standard": (StandardScaler, lambda scaler: (scaler.mean_, scaler.scale_)),
    # MinMaxScaler's own scale_ multiplies
    "minmax": (MinMaxScaler, lambda scaler: (scaler.data_min_, 1 / scaler.scale_)),
    "robust": (RobustScaler, lambda scaler: (scaler.center_, scaler.scale_)),
}


def scale(
    table: pd.DataFrame, *, features: str, target: str, fit_on: str, train: int
) -> tuple[pd.DataFrame, dict[str, dict[str, float]]]:
    """Scale a table's columns and say which rows train.

    Args:
        table: (n_rows, n_features + 1): features and the column ``target``.
        features: how each feature is scaled: none, standard, minmax or robust.
        target: how the target is scaled.
        fit_on: ``train`` fits the scaling on the train rows, ``all`` on every row.
        train: number of rows, from the first, that train; the others test.

    Returns:
        The scaled table with one more column, ``split`` (``train`` or ``test``), and for each scaled
        column ``{"center": c, "scale": s}`` such that ``value = scaled * s + c``.
    """
    scaled, scaling = table.copy(), {}
    fitted_rows = slice(None) if fit_on == "all" else slice(train)
    for columns, method in ((table.columns.drop("target"), features), (pd.Index(["target"]), target)):
        if method != "none":
            make, fitted = _SCALERS[method]
            scaler = make().fit(table[columns].to_numpy()[fitted_rows])
            scaled[columns] = scaler.transform(table[columns].to_numpy())
            scaling |= {
                name: {"center": float(center), "scale": float(spread)}
                for name, center, spread in zip(columns, *fitted(scaler), strict=True)
            }
    scaled["split"] = np.where(np.arange(len(table)) < train, "train", "test")
    return scaled, scaling


def main() -> None:
    """Write ``data/scaled/<dataset>.parquet`` and, beside it, how to undo the scaling (``.json``)."""
    wanted = params.load().datasets
    for name, dataset in wanted.items():
        table = files.read_table(paths.RAW / f"{name}.parquet", stage="generate")
        scaled, scaling = scale(table, **dataset.scale.model_dump(), train=dataset.split.train)
        files.write_table(paths.SCALED / f"{name}.parquet", scaled)
        files.write_json(paths.SCALED / f"{name}.json", scaling)
    cli.say(f"scale: {len(wanted)} datasets in {paths.SCALED}")


if __name__ == "__main__":
    cli.run(main)
