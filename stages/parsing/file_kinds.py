"""What a file is, told by its first bytes, and what it holds as CSV or as a table."""

import bz2
import datetime
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

import pandas as pd
import pyarrow
import pyarrow.parquet
import python_calamine

from stages.basics.cli import UserError
from stages.records.findings import Finding

FileKind = Literal["parquet", "excel", "json", "archive", "csv"]
Opener = Callable[[], IO[bytes]]

_OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?P<array>\[\s*)?\{")
_ARCHIVES = (".zip", ".tar", ".zst", ".7z")
_DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)  # what the system and decompressing refuse
# what the libraries refuse, beside that
_BY_NOTES = (ValueError, TypeError, LookupError, AttributeError)  # of pandas' own notes in a Parquet file
_BY_EXCEL = (python_calamine.CalamineError, ValueError)
ALLOWED = "CSV, also as .gz, .bz2 or .xz, Excel, JSON (objects, one a line or in an array) and Parquet"


@contextmanager
def refusals(path: Path, kind: str, *by_library: type[Exception]) -> Iterator[None]:
    """Turn what a library does not take of a user's file into a line that names it.

    A library's call stands inside alone: what our own code raises is a bug, not the user's.

    Args:
        path: the file.
        kind: what it is read as.
        by_library: what the library raises, beside what the system and decompressing do.
    """
    try:
        yield
    except (*_DAMAGE, *by_library) as error:
        raise UserError(f"{path} cannot be read as {kind}: {first_line(error)}") from error


def opener(path: Path) -> Opener:
    """What opens a file, compressed or not, so that it is read as bytes."""
    suffix = path.suffix.lower()
    if suffix in _OPEN:
        return lambda: _OPEN[suffix](path, "rb")
    with path.open("rb") as file:
        start = file.read(6)
    packed = next((each for mark, each in _PACKED.items() if start.startswith(mark)), open)
    return lambda: packed(path, "rb")


def kind_of(path: Path) -> FileKind:
    """What a file is; a name that ends in .parquet is believed, so that one that is damaged is told as such."""
    with path.open("rb") as file:
        start = file.read(8)
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".pq") or start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"PK") and (names := _members(path)) is not None:
        return "excel" if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"} else "archive"
    if start == _OLD_EXCEL or suffix in (".xlsx", ".xls", ".xlsb", ".ods"):
        return "excel"
    if suffix in _ARCHIVES or start.startswith(b"PK\x03\x04"):
        return "archive"
    try:
        with opener(path)() as file:
            is_json = _JSON.match(file.read(1 << 10)) is not None
    except _DAMAGE:
        return "csv"  # which tells what is damaged
    return "json" if is_json else "csv"


def _members(path: Path) -> set[str] | None:
    """The names of what is in a zip; None where it is none that can be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeError, OSError):
        return None


def read_parquet(path: Path, check_unique: Callable[[list[str], Path], None]) -> pd.DataFrame:
    """The table of a Parquet file, whose named index is a column too.

    Raises:
        UserError: it is damaged, or two columns have one name.
    """
    with (
        refusals(path, "Parquet", pyarrow.ArrowException, UnicodeError),
        pyarrow.parquet.ParquetFile(path) as file,
    ):
        names = file.schema_arrow.names
        for batch in file.iter_batches():
            batch.validate(full=True)  # texts that are none would else fail where they are first looked at
    check_unique(names, path)
    with refusals(path, "Parquet", pyarrow.ArrowException, *_BY_NOTES):
        table = pd.read_parquet(path)
    if all(name is None for name in table.index.names):
        return table
    levels = [f"level_{number}" if name is None else str(name) for number, name in enumerate(table.index.names)]
    check_unique([*levels, *map(str, table.columns)], path)
    return table.reset_index(names=levels)


def excel_as_csv(path: Path, sheet: str | None, key: str) -> tuple[bytes, list[Finding]]:
    """A sheet of an Excel file as CSV, and whether there are others.

    Raises:
        UserError: it is damaged, or has no such sheet.
    """
    with refusals(path, "Excel", *_BY_EXCEL):
        book = pd.ExcelFile(path, engine="calamine")
    with book:
        sheets = list(map(str, book.sheet_names))
        if sheet is not None and sheet not in sheets:
            raise UserError(f"{key}.sheet: {sheet!r} is not in {path}. Sheets: {', '.join(sheets)}")
        with refusals(path, "Excel", *_BY_EXCEL):
            cells = pd.read_excel(book, sheet if sheet is not None else 0, header=None, dtype=object)
    cells = cells.dropna(how="all").dropna(how="all", axis=1)
    for name in cells:
        if (is_duration := cells[name].map(lambda cell: isinstance(cell, datetime.timedelta))).any():
            in_days = pd.to_timedelta(cells[name].where(is_duration)) / pd.Timedelta(days=1)
            cells[name] = cells[name].where(~is_duration, in_days)
    others = sheets if sheet is None and len(sheets) > 1 else []
    return as_csv(cells, header=False), [Finding("sheets", examples=others)] if others else []


def json_as_csv(path: Path) -> bytes:
    """A file of JSON objects, one a line or in an array, as CSV.

    Raises:
        UserError: it holds anything else.
    """
    with refusals(path, "JSON"), opener(path)() as file:
        content = file.read()
    is_array = _JSON.match(content)["array"] is not None
    kind = "JSON" if is_array else "JSON lines"
    with refusals(path, kind, ValueError):
        try:
            table = pd.read_json(io.BytesIO(content), lines=not is_array, dtype=False, precise_float=True)
        except (TypeError, AttributeError) as error:  # of what stands among the objects
            raise UserError(f"{path} cannot be read as {kind}: it holds something else beside objects") from error
    return as_csv(table)


def as_csv(table: pd.DataFrame, *, header: bool = True) -> bytes:
    """A table as CSV, in UTF-8 and with commas."""
    text = io.StringIO(newline="")
    table.to_csv(text, index=False, header=header, lineterminator="\n")
    return text.getvalue().encode("utf-8")


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    said = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return said.splitlines()[0]
