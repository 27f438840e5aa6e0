"""New rows that are arrays, from files of arrays or of images, with what stands beside them."""

import csv
from pathlib import Path

import numpy as np
import pandas as pd

from stages.arrays import held, registry
from stages.arrays.source import NAMES, ArraySource, Given
from stages.basics.cli import UserError
from stages.parsing.reading import NewFile
from stages.records.array_facts import ArrayFacts
from stages.records.datasets import CsvFormat
from stages.winners.predictor import Predictor


def read(predictor: Predictor, file: Path) -> tuple[NewFile, np.ndarray]:
    """The rows of a file or folder, as a table of what each is called and of its target where it has one; and arrays.

    Raises:
        UserError: they cannot be read, or there are none.
    """
    facts, targets = predictor.winner.description.arrays, predictor.winner.description.targets
    if not file.exists():
        raise UserError(f"{file} is not there; give an .npz or .npy file, or a folder of such or of images")
    given = _given(predictor.array_source, facts, file, targets)
    if not len(given.rows):
        raise UserError(f"{file} holds no rows")
    n_rows = len(given.rows)
    known = {name: np.asarray(given.beside[name]) for name in targets if name in given.beside}
    known = {name: values for name, values in known.items() if values.shape in ((n_rows,), (n_rows, 1))}
    names = given.beside.get(NAMES, np.arange(1, n_rows + 1))
    beside = pd.DataFrame({name: values.reshape(-1).astype(str) for name, values in known.items()})
    cells = pd.concat([pd.DataFrame({"image" if NAMES in given.beside else "row": names}), beside], axis=1)
    written = CsvFormat(delimiter=",", encoding="utf-8", decimal=".")
    return NewFile(cells, beside, written, "utf-8", csv.QUOTE_MINIMAL), given.rows.read(slice(None))


def _given(source: ArraySource, facts: ArrayFacts, file: Path, targets: list[str]) -> Given:
    """New rows, each kind of source being asked whether it knows such a file."""
    for kind in registry.kinds().values():
        given = kind.new(file, facts, source)
        if given is not None:
            return given
    return held.new_rows(file, getattr(source, "features", "x"), targets)
