"""New rows that are arrays, from files of arrays or of images, with what stands beside them."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from stages.arrays import held, registry
from stages.arrays.source import NAMES, ArraySource, Given
from stages.basics.cli import UserError
from stages.parsing.reading import NewFile
from stages.records.array_facts import ArrayFacts, Input
from stages.records.datasets import CsvFormat
from stages.sources.array_rows import ArrayRows
from stages.winners.predictor import Predictor


def read(predictor: Predictor, file: Path) -> tuple[NewFile, ArrayRows, np.ndarray | None]:
    """The rows of a file or folder: a table with their names, and targets where these are there, and their arrays.

    And where each position of a row has a target, these of all rows as they stand beside, if they do.

    Raises:
        UserError: they cannot be read, or there are none.
    """
    facts, source = predictor.winner.description.arrays, predictor.array_source
    if not file.exists():
        raise UserError(f"{file} is not there; give an .npz or .npy file, or a folder of such or of images")
    new_rows = _read(source, facts, file)
    if not len(new_rows.rows):
        raise UserError(f"{file} holds no rows")
    n_rows = len(new_rows.rows)
    known = _known([new_rows.beside.get(name) for name in source.targets], predictor.winner.description.targets, n_rows)
    names = new_rows.beside.get(NAMES, np.arange(1, n_rows + 1))
    beside = pd.DataFrame({name: values.astype(str) for name, values in known.items()})
    cells = pd.concat([pd.DataFrame({"image" if NAMES in new_rows.beside else "row": names}), beside], axis=1)
    written = CsvFormat(delimiter=",", encoding="utf-8", decimal=".")
    new = NewFile(cells, beside, written, "utf-8", csv.QUOTE_MINIMAL)
    of_positions = predictor.winner.description.has_positions is True
    rows = {name: array.read(slice(None)) for name, array in new_rows.inputs.items()}
    truth = new_rows.beside.get(source.targets[0]) if of_positions else None
    return new, rows or new_rows.rows.read(slice(None)), truth


def wanted(arrays: ArrayFacts) -> str:
    """What new rows are read from, in words."""
    if arrays.inputs:
        inputs = ", ".join(f"{one.name} ({_shape(one)})" for one in arrays.inputs)
        return f"arrays of rows, one for each input, as .npz or a folder of .npy: {inputs}"
    shape = _shape(arrays)
    images = ", or an image, or a folder of images" if arrays.kind == "images" else ""
    return f"arrays of rows of {shape}, as .npz, .npy or a folder of .npy{images}"


def _shape(arrays: ArrayFacts | Input) -> str:
    """The shape of a row as its source gave it."""
    return " × ".join(map(str, arrays.source_shape if arrays.source_shape is not None else arrays.shape)) or "1"


def _known(columns: list[np.ndarray | None], names: list[str], n_rows: int) -> dict[str, np.ndarray]:
    """The targets (n_rows,) of new rows by their names; none where one is not there, or not of each row."""
    if any(column is None or column.shape[:1] != (n_rows,) or column.ndim > 2 for column in columns):
        return {}
    arrays = [column for target in columns for column in target.reshape(n_rows, -1).T]
    return dict(zip(names, arrays, strict=True)) if len(arrays) == len(names) else {}


def _read(source: ArraySource, facts: ArrayFacts, file: Path) -> Given:
    """New rows, each kind of source being asked whether it knows such a file."""
    for kind in registry.kinds().values():
        new_rows = kind.new(file, facts, source)
        if new_rows is not None:
            return new_rows
    return held.new_rows(file, source.feature_names or ["x"], source.targets)
