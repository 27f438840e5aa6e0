"""What a file is, told by its first bytes: each kind but CSV has a module in ``kinds``, and to add one is to add that.

Such a module has a ``NAME``, the ``KEYS`` of a source that hold for such files, ``matches(path, start)`` and
``read(path, source, key)``, which gives a `Held`.
"""

import bz2
import codecs
import csv
import gzip
import importlib
import io
import lzma
import pkgutil
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import IO

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.records.findings import Finding

Opener = Callable[[], IO[bytes]]

_OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_PACKED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}
_WRITE = "pandas.{}(…).to_parquet('table.parquet') makes Parquet of it"
_PAGE = "is a page of the web; save the table that it shows or links to, as CSV or Excel"
_NO_TABLES = {  # by how they begin, in small letters
    b"version https://git-lfs": "is a pointer of Git LFS, and the table is not here; git lfs pull brings it",
    **dict.fromkeys((b"<!doctype html", b"<html", b"<table"), _PAGE),
    b"<?xml": "is XML; open it in Excel or by pandas.read_xml, and save it as CSV or Excel",
    b"<stata_dta>": f"is a file of Stata; {_WRITE.format('read_stata')}",
    **dict.fromkeys((b"$fl2", b"$fl3"), f"is a file of SPSS; {_WRITE.format('read_spss')}"),
    b"\0" * 12 + b"\xc2\xea\x81\x60": f"is a file of SAS; {_WRITE.format('read_sas')}",
    b"\x89hdf": f"is a file of HDF5; {_WRITE.format('read_hdf')}",
    b"arrow1": f"is a file of Arrow or Feather; {_WRITE.format('read_feather')}",
    b"orc": f"is a file of ORC; {_WRITE.format('read_orc')}",
    b"sqlite format 3": f"is a database of SQLite; {_WRITE.format('read_sql')}",
    **dict.fromkeys((b"rdx", b"rda3", b"rdb"), "is a file of R; there, write.csv(table, 'table.csv') writes CSV"),
    b"@relation": f"is a file of Weka; {_WRITE.format('DataFrame')}, of what scipy.io.arff.loadarff reads",
    b"%pdf": "is a PDF; copy its table to Excel, or save it as CSV",
    **dict.fromkeys((b"\x89png", b"\xff\xd8\xff", b"gif8"), "is a picture, no table"),
}
# NULs are letters of UTF-16, ESC stands in Japanese, and the first and last of these letters part fields
_TEXT = re.compile(rb"(?:\xff\xfe|\xfe\xff|\xef\xbb\xbf)?[^\x02-\x08\x0e-\x1a\x1c-\x1e]*")
_ARCHIVES = (".zip", ".tar", ".zst", ".7z")
DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)  # what the system and decompressing refuse
OF_FILES = ("delimiter", "encoding", "decimal", "quoting", "skip", "header", "sheet")  # keys that say how to read one
OF_CSV = ("delimiter", "encoding", "decimal", "quoting", "skip", "header")
ALLOWED = "CSV, also as .gz, .bz2 or .xz, Excel, JSON (objects, one a line or in an array) and Parquet"


@dataclass(frozen=True)
class Held:
    """What a file holds that is no CSV file.

    Attributes:
        cells: its table, or the same as CSV, in UTF-8 and with commas.
        findings: what is odd about it.
        places: (n_records,) where each record of the CSV stands, as a person sees it; None: one behind the other.
    """

    cells: pd.DataFrame | bytes
    findings: list[Finding] = field(default_factory=list)
    places: np.ndarray | None = None


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
    except (*DAMAGE, *by_library) as error:
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


@cache
def _kinds() -> list[ModuleType]:
    kinds = importlib.import_module(f"{__package__}.kinds")
    return [importlib.import_module(f"{kinds.__name__}.{each.name}") for each in pkgutil.iter_modules(kinds.__path__)]


def kind_of(path: Path) -> ModuleType | None:
    """The kind of a file; None for CSV.

    Raises:
        UserError: it is an archive, or stands for a file that is somewhere else.
    """
    with path.open("rb") as file:
        start = file.read(64)
    begins = start.removeprefix(codecs.BOM_UTF8).lstrip().lower()
    if what := next((what for mark, what in _NO_TABLES.items() if _begins_with(begins, mark)), None):
        raise UserError(f"{path} {what}")
    if (kind := next((each for each in _kinds() if each.matches(path, start)), None)) is not None:
        return kind
    if path.suffix.lower() in _ARCHIVES or start.startswith(b"PK\x03\x04"):
        raise UserError(f"{path} is no CSV file, but a zip or another archive; allowed: {ALLOWED}")
    return None


def _begins_with(start: bytes, mark: bytes) -> bool:
    """Whether a file begins with a mark; letters that could begin a heading too stand before bytes of no text."""
    return start.startswith(mark) and not (mark.isalnum() and is_text(start) and b"\0" not in start)


def is_text(start: bytes) -> bool:
    """Whether the first bytes of a file may be those of a text."""
    return _TEXT.fullmatch(start) is not None


def check_keys(kind: ModuleType | None, source: Table, path: Path, key: str) -> None:
    """Refuse keys that a kind of file does not heed.

    Args:
        kind: of the file; None for CSV.
        source: the parameters.
        path: of the file.
        key: path of the key ``source``.
    """
    name, heeded = ("CSV", OF_CSV) if kind is None else (kind.NAME, kind.KEYS)
    for unheeded in sorted(source.model_fields_set & set(OF_FILES) - set(heeded)):
        if getattr(source, unheeded) != type(source).model_fields[unheeded].default:
            allowed = f"; of how a file is read, it heeds {', '.join(heeded)}" if heeded else ""
            raise UserError(f"{key}.{unheeded}: does not hold for {path}, which is {name}{allowed}; leave it out")


def members(path: Path) -> set[str] | None:
    """The names of what is in a zip; None where it is none that can be opened."""
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeError, OSError):
        return None


def as_csv(records: Iterable[Iterable[object]]) -> bytes:
    """Records as CSV, in UTF-8 and with commas; None as nothing."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(records)  # so that each of both in a cell is put into quotes
    return text.getvalue().encode("utf-8", "surrogatepass")


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    said = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
    return said.splitlines()[0]
