"""Parquet files: columns of numbers, dates, booleans and texts, as their writer had them."""

from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet

from stages.params.source import Table
from stages.parsing.column_names import check_unique
from stages.parsing.file_kinds import Held, refusals

NAME, KEYS = "Parquet", ()
_WHOLE = {pyarrow.int64(): pd.Int64Dtype(), pyarrow.uint64(): pd.UInt64Dtype()}  # which floats would not tell apart
_BY_NOTES = (ValueError, TypeError, LookupError, AttributeError)  # of pandas' own notes in the file


def matches(path: Path, start: bytes) -> bool:
    """Whether a file is Parquet; a name that says so is believed, so that one that is damaged is told as such."""
    return path.suffix.lower() in (".parquet", ".pq") or start.startswith(b"PAR1")


def read(path: Path, _: Table, __: str) -> Held:
    """The table of a Parquet file, whose named index is a column too.

    Raises:
        UserError: it is damaged, or two columns have one name.
    """
    with (
        refusals(path, NAME, pyarrow.ArrowException, UnicodeError),
        pyarrow.parquet.ParquetFile(path) as file,
    ):
        names = file.schema_arrow.names
        nested = any(pyarrow.types.is_struct(field.type) for field in file.schema_arrow)
        for batch in file.iter_batches():
            batch.validate(full=True)  # texts that are none would else fail where they are first looked at
    check_unique(names, path)
    with refusals(path, NAME, pyarrow.ArrowException, *_BY_NOTES):
        held = pyarrow.parquet.read_table(path)
        held = held.flatten() if nested else held
        lossy = [name for name in held.column_names if held[name].type in _WHOLE and held[name].null_count]
        exact = {name: held[name].to_pandas(types_mapper=_WHOLE.get) for name in lossy}
        # what was read is freed as columns are made of it, so that it is there once
        table = held.to_pandas(split_blocks=True, self_destruct=True).assign(**exact)
    texts = list(table.select_dtypes("str"))
    table[texts] = table[texts].mask(table[texts] == "")  # an empty text is missing in every kind of file
    if all(name is None for name in table.index.names):
        return Held(table)
    levels = [f"level_{number}" if name is None else str(name) for number, name in enumerate(table.index.names)]
    check_unique([*levels, *map(str, table.columns)], path)
    return Held(table.reset_index(names=levels))
