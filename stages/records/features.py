"""What networks predict from: the one home of how features are kept, read, and seen by processes.

Columns of a table are in ``data/scaled/<dataset>.parquet``, beside the target. Arrays are in a file of their own,
``data/raw/<dataset>.npy`` and the same in ``data/scaled``, uint8 or float32 (n_rows, …), which is mapped to memory:
processes that read it share what is in memory, and each touches what it needs. So are the columns of a large table,
in ``data/scaled``: float32, or float64 where that would not tell apart what differs.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from stages.basics import files, paths
from stages.records import datasets
from stages.records.datasets import Description

LARGE = 10_000_000  # numbers of a table that is mapped to memory
BLOCK = 1 << 21  # numbers that are written at once, 16 MB: it bounds the memory
EXACT = 1e-5  # of a column's standard deviation, which float32 may miss of a number


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


def write_large(name: str, shape: tuple[int, int], numbers: Callable[[slice], np.ndarray]) -> np.ndarray:
    """Write the columns of a large table as numbers, some rows at a time, and give them: mapped to memory.

    Args:
        name: of the dataset.
        shape: (n_rows, n_inputs).
        numbers: gives those of some rows, float64 (n_some, n_inputs), NaN where missing.
    """
    size = max(1, BLOCK // shape[1])
    blocks = [slice(start, min(start + size, shape[0])) for start in range(0, shape[0], size)]
    dtype = "float32" if _suffices(map(numbers, blocks)) else "float64"
    with writing(scaled_path(name), shape, dtype) as array:
        for some in blocks:
            array[some] = numbers(some)
    return _mapped(scaled_path(name), stage="scale")


def _suffices(blocks: Iterator[np.ndarray]) -> bool:
    """Whether float32 tells the numbers of every column well enough: see `EXACT`."""
    count = missed = start = total = square = np.zeros(())
    for number, block in enumerate(blocks):
        start = np.nan_to_num(np.nanmean(block, axis=0)) if not number else start
        with np.errstate(over="ignore", invalid="ignore"):  # what float32 cannot hold at all is missed by far
            missed = np.fmax(missed, np.nan_to_num(np.abs(block - block.astype(np.float32)), posinf=np.inf).max(axis=0))
        deviation = np.nan_to_num(block - start)
        count = count + (~np.isnan(block)).sum(axis=0)
        total, square = total + deviation.sum(axis=0), square + (deviation**2).sum(axis=0)
    count = np.maximum(count, 1)
    spread = np.sqrt(np.maximum(square / count - (total / count) ** 2, 0))
    return bool((missed <= EXACT * spread).all())


def read(name: str, description: Description, project: Path = paths.HERE) -> np.ndarray:
    """Read the features of a dataset, in their own units, NaN where missing.

    Returns:
        Of a table float64 (n_rows, n_inputs); of a large one float32 or float64, mapped to memory; arrays uint8 or
        float32 (n_rows, …), mapped to memory.
    """
    if description.arrays or scaled_path(name, project).exists():
        return _mapped(scaled_path(name, project), stage="scale")
    return read_columns(name, description, project).to_numpy(np.float64)


def read_columns(name: str, description: Description, project: Path = paths.HERE) -> pd.DataFrame:
    """Read the features of a table: float64 (n_rows, n_inputs) in their own units, NaN where missing."""
    rows = files.read_table(project / paths.SCALED / f"{name}.parquet", stage="scale")
    return rows.drop(columns=datasets.reserved_names(description))


def _mapped(path: Path, *, stage: str) -> np.ndarray:
    with files.reading(path, stage):
        return np.load(path, mmap_mode="r", allow_pickle=False)
