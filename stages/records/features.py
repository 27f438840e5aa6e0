"""What networks predict from: the one home of how features are kept, read, and seen by processes.

Columns of a table are in ``data/scaled/<dataset>.parquet``, beside the target. Arrays are in a file of their own,
``data/raw/<dataset>.npy`` and the same in ``data/scaled``, uint8 or float32 (n_rows, …), which is mapped to memory:
processes that read it share what is in memory, and each touches what it needs.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from stages.basics import files, paths
from stages.records import datasets
from stages.records.datasets import Description


def raw_path(name: str) -> Path:
    """The file of a dataset's features, where they are arrays, as they were read or made."""
    return paths.RAW / f"{name}.npy"


def scaled_path(name: str, project: Path = paths.HERE) -> Path:
    """The file of a dataset's features, where they are arrays, as networks learn from them."""
    return project / paths.SCALED / f"{name}.npy"


@contextmanager
def writing(path: Path, shape: tuple[int, ...], dtype: str) -> Iterator[np.ndarray]:
    """Give an array that is written to a file as it is filled; the file is there once all is."""
    with files.replacing(path) as temporary:
        array = np.lib.format.open_memmap(temporary, mode="w+", dtype=dtype, shape=shape)
        yield array
        array.flush()
        del array


def read_raw(name: str) -> np.ndarray:
    """The features of a dataset, which are arrays, as ``data/raw`` holds them: (n_rows, …), mapped to memory."""
    return _mapped(raw_path(name), stage="generate")


def write_scaled(name: str) -> None:
    """Write the features of a dataset, which are arrays, to ``data/scaled``: as they are, in their own units."""
    with files.replacing(scaled_path(name)) as temporary:
        shutil.copyfile(raw_path(name), temporary)


def read(name: str, description: Description, project: Path = paths.HERE) -> np.ndarray:
    """Read the features of a dataset, in their own units, NaN where missing.

    Returns:
        Of a table float64 (n_rows, n_inputs); arrays uint8 or float32 (n_rows, …), mapped to memory.
    """
    if description.arrays:
        return _mapped(scaled_path(name, project), stage="scale")
    return read_columns(name, description, project).to_numpy(np.float64)


def read_columns(name: str, description: Description, project: Path = paths.HERE) -> pd.DataFrame:
    """Read the features of a table: float64 (n_rows, n_inputs) in their own units, NaN where missing."""
    rows = files.read_table(project / paths.SCALED / f"{name}.parquet", stage="scale")
    return rows.drop(columns=datasets.reserved_names(description))


def _mapped(path: Path, *, stage: str) -> np.ndarray:
    with files.reading(path, stage):
        return np.load(path, mmap_mode="r", allow_pickle=False)
