"""Reading the files of a user's table: CSV, however it is written, and Parquet."""

import bz2
import glob
import gzip
import lzma
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Literal

import pandas as pd
import pyarrow.parquet

from stages.basics import suggest
from stages.basics.cli import UserError
from stages.params.source import Table
from stages.records.datasets import CsvFormat
from stages.tables.column_kinds import as_dates
from stages.tables.csv_format import CODE, MISSING, grouping_mark, is_expression, sniff, ungrouped

_OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_HEAD = 1 << 16  # characters that are looked at to find out how a CSV file is written
_SEARCHED = 10_000  # rows that are searched for codes

Content = Literal["nothing", "booleans", "numbers", "dates", "texts"]


def read(source: Table, key: str) -> tuple[pd.DataFrame, list[Path], CsvFormat | None]:
    """Read the files of a table as one.

    Args:
        source: the parameters.
        key: path of the key ``source``, for messages about mistakes.

    Returns:
        The table, its files, and how CSV files were taken to be written; None for Parquet.
    """
    files = _files(source.file, f"{key}.file")
    tables, formats = zip(*(_read_file(path, source) for path in files), strict=True)
    first = tables[0].columns
    for path, table in zip(files, tables, strict=True):
        if odd := sorted(set(table.columns) ^ set(first)):
            raise UserError(f"{path} and {files[0]} have different columns; '{odd[0]}' is in one of them only")
    if len(files) == 1:
        return tables[0].reset_index(drop=True), files, formats[0]
    # numbers here and texts there are texts everywhere, as they are written
    if mixed := [name for name in first if _are_mixed({_holds(table[name]) for table in tables})]:
        tables, formats = zip(*(_read_file(path, source, texts=mixed) for path in files), strict=True)
    shown = next((each for each in formats if each and each.thousands), formats[0])
    return pd.concat(tables, ignore_index=True), files, shown


def _read_file(path: Path, source: Table, texts: Iterable[str] = ()) -> tuple[pd.DataFrame, CsvFormat | None]:
    """One file's table, with these columns as texts where it is CSV, and how it is written if so."""
    if path.suffix.lower() in (".parquet", ".pq"):
        table, csv_format = _read_parquet(path), None
    else:
        table, csv_format = _read_csv(path, source, texts)
    columns = list(map(str, table.columns))
    _check_unique(columns, path)
    table.columns = columns
    return table, csv_format


def _holds(values: pd.Series) -> Content:
    """What a column holds, as it was read."""
    present = values.dropna()
    if not len(present):
        return "nothing"
    match pd.api.types.infer_dtype(present):
        case "boolean":
            return "booleans"
        case "integer" | "floating" | "mixed-integer-float" | "decimal":
            return "numbers"
    return "texts" if as_dates(present) is None else "dates"


def _are_mixed(held: set[Content]) -> bool:
    """Whether files hold different things in one column.

    A column that is missing in one file may hold anything in another, but texts: among them a string that
    means missing elsewhere, such as NA, is a text, so the file that has nothing is read again.
    """
    return len(held - {"nothing"}) > 1 or held == {"nothing", "texts"}


def _check_unique(names: list[str], path: Path) -> None:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{path}: column '{twice[0]}' stands twice; rename one")


def _files(pattern: str, key: str) -> list[Path]:
    """The files that a path or a pattern names, but DVC's own."""
    path = Path(pattern)
    matches = [path] if path.is_file() else sorted(map(Path, glob.glob(pattern, recursive=True)))
    matches = [file for file in matches if file.is_file() and file.suffix != ".dvc"]
    if matches:
        return matches
    others = [file.as_posix() for file in sorted(path.parent.glob("*")) if file.suffix not in ("", ".md", ".dvc")]
    problem = suggest.not_one_of(pattern, others, "there", "Files") if others else f"{pattern} is not there."
    raise UserError(
        f"{key}: {problem}", f"A file that is versioned comes with dvc pull; to version one: dvc add {pattern}"
    )


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        names = pyarrow.parquet.read_schema(path).names
        _check_unique(names, path)
        table = pd.read_parquet(path)
        return table.reset_index() if any(name is not None for name in table.index.names) else table
    except UserError:
        raise
    except Exception as error:  # whatever pyarrow makes of damage
        raise UserError(f"{path} cannot be read as Parquet: {_first_line(error)}") from error


def _read_csv(path: Path, source: Table, texts: Iterable[str]) -> tuple[pd.DataFrame, CsvFormat]:
    if path.suffix.lower() in (".zip", ".tar", ".zst", ".7z", ".xls", ".xlsx"):
        raise UserError(
            f"{path} is no CSV file, but a zip or another archive; allowed: CSV, also as .gz, .bz2 or .xz, and Parquet"
        )
    try:
        with _open(path) as file:
            head = file.read(_HEAD)
            whole = not file.read(1)
        encodings = [source.encoding] if source.encoding else _encodings(head)
        for encoding in encodings:
            csv_format = sniff(head.decode(encoding, errors="ignore"), encoding, source, whole=whole)
            try:
                return _parse(path, csv_format, texts)
            except UnicodeDecodeError:
                if encoding == encodings[-1]:
                    raise
    except UnicodeDecodeError as error:
        tried = " or ".join(encodings)
        raise UserError(f"{path} is not {tried} text; say what it is with encoding: beside file:") from error
    except UserError:
        raise
    except Exception as error:  # whatever a compression, a codec or pandas makes of damage
        raise UserError(f"{path} cannot be read as CSV: {_first_line(error)}") from error
    raise AssertionError("there is always an encoding to try")


def _encodings(head: bytes) -> list[str]:
    """What a file may be written in: UTF-16 tells itself; what is not UTF-8 is most often Windows'."""
    return ["utf-16"] if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8", "cp1252"]


def _parse(path: Path, csv_format: CsvFormat, texts: Iterable[str]) -> tuple[pd.DataFrame, CsvFormat]:
    """The table of a CSV file, and its format with the mark of thousands if a column has one.

    An empty field is missing everywhere; the strings that mean missing are so in a column that else holds no texts.
    """
    # pandas renames what stands twice
    heading = _pandas(path, csv_format, header=None, nrows=1, dtype="str").iloc[0]
    _check_unique([name for name in heading if name], path)
    head = _pandas(path, csv_format, nrows=_SEARCHED, dtype="str", na_values=[""])
    codes = [name for name, values in head.items() if values.str.strip().str.fullmatch(CODE).any()]
    as_texts = dict.fromkeys([*texts, *codes], "str")
    table = _pandas(path, csv_format, dtype=as_texts, na_values=[""])
    empty = {}
    for name, values in table.select_dtypes("str").items():
        if name in as_texts:
            continue
        stripped = values.str.strip()
        missing = stripped.isin(MISSING)
        numbers = None if is_expression(csv_format) else ungrouped(stripped.mask(missing), csv_format)
        if numbers is not None:
            table[name], csv_format = numbers, replace(csv_format, thousands=grouping_mark(csv_format))
        else:
            empty[name] = values[missing].unique()
    if words := {name: ["", *empty[name]] for name in empty if len(empty[name])}:
        without = _pandas(path, csv_format, usecols=list(words), na_values=words)
        plain = [name for name in words if _holds(without[name]) != "texts"]
        table[plain] = without[plain]
    return table, csv_format


def _pandas(path: Path, csv_format: CsvFormat, **settings: Any) -> pd.DataFrame:
    """Read a CSV file by pandas, which takes no string for missing unless the settings say so."""
    engine = {"engine": "python"} if is_expression(csv_format) else {"engine": "c", "low_memory": False}
    settings |= {
        "sep": csv_format.delimiter,
        "encoding": csv_format.encoding,
        "decimal": csv_format.decimal,
        "skipinitialspace": csv_format.delimiter != " ",  # between blanks two of them are an empty field
        "skiprows": csv_format.skipped,
    }
    with _open(path) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # without an index column it warns of fields left over
        try:
            return pd.read_csv(file, index_col=False, keep_default_na=False, **engine, **settings)
        except pd.errors.ParserWarning as error:
            raise ValueError("its rows have more fields than its heading") from error


def _open(path: Path) -> IO[bytes]:
    return _OPEN.get(path.suffix.lower(), open)(path, "rb")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
