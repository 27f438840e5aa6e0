"""Reading the files of a user's table: CSV, however it is written, and Parquet."""

import bz2
import csv
import glob
import gzip
import io
import lzma
import operator
import re
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow.parquet

from stages.basics import suggest as mistakes
from stages.basics.cli import UserError
from stages.params.source import Table
from stages.tables.column_kinds import as_dates

_OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_HEAD = 1 << 16  # characters that are looked at to find out how a CSV file is written
_DELIMITERS = ",;\t|"
_FIRST_LINE = re.compile(r'"?sep=(.)"?\r?\n')  # what Excel takes the delimiter from
_CODE = "0[0-9]+"  # a postcode, not a number, which has no 0 before other digits
_SEARCHED = 10_000  # rows that are searched for codes
_OTHER = {".": ",", ",": "."}  # the mark that groups digits in threes, by the decimal mark
# a number that begins with no 0 before other digits, plain or grouped, by the decimal mark
_NUMBER = {
    mark: rf"[-+]?(?:(?:0|[1-9][0-9]*|[0-9]*[{mark}][0-9]+)(?:[eE][-+]?[0-9]+)?"
    rf"|[1-9][0-9]{{0,2}}(?:[{other}][0-9]{{3}})+(?:[{mark}][0-9]+)?)"
    for mark, other in _OTHER.items()
}
# words for nothing: those of pandas, and - . ?
_MISSING = [
    *["", "-", ".", "?", "#N/A", "#N/A N/A", "#NA", "<NA>", "N/A", "n/a", "NA", "NULL", "null", "None"],
    *["NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"],
]


@dataclass(frozen=True)
class Format:
    """How a CSV file is written.

    Attributes:
        delimiter: what stands between the fields, as pandas takes it.
        encoding: of the text.
        decimal: the decimal mark.
        thousands: the mark that groups digits; empty where no column was read so.
        skipped: lines before the heading.
    """

    delimiter: str
    encoding: str
    decimal: str
    thousands: str = ""
    skipped: int = 0

    @property
    def is_expression(self) -> bool:
        """Whether the delimiter takes pandas' Python engine, which puts points for decimal commas in texts too."""
        return len(self.delimiter) > 1 and self.delimiter != r"\s+"

    def __str__(self) -> str:
        grouped = f"thousands {self.thousands!r}, " if self.thousands else ""
        return f"delimiter {self.delimiter!r}, decimal {self.decimal!r}, {grouped}{self.encoding}"


def read(source: Table, key: str) -> tuple[pd.DataFrame, list[Path], str]:
    """Read the files of a table as one.

    Returns:
        The table, its files, and how CSV files were read, in words; empty for Parquet.
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
    written = next((each for each in formats if "thousands" in each), formats[0])
    return pd.concat(tables, ignore_index=True), files, written


def _read_file(path: Path, source: Table, texts: Iterable[str] = ()) -> tuple[pd.DataFrame, str]:
    """One file's table, some columns of a CSV file as texts, and how a CSV file was read, in words."""
    if path.suffix.lower() in (".parquet", ".pq"):
        table, written = _read_parquet(path), ""
    else:
        table, written = _read_csv(path, source, texts)
    columns = list(map(str, table.columns))
    _check_unique(columns, path)
    table.columns = columns
    return table, str(written)


def _holds(values: pd.Series) -> str:
    """What a column holds, as it was read: nothing, booleans, numbers, dates or texts."""
    present = values.dropna()
    if not len(present):
        return "nothing"
    match pd.api.types.infer_dtype(present):
        case "boolean":
            return "booleans"
        case "integer" | "floating" | "mixed-integer-float" | "decimal":
            return "numbers"
    return "texts" if as_dates(present) is None else "dates"


def _are_mixed(held: set[str]) -> bool:
    """Whether files hold different things in one column; beside texts, a word for nothing is a text."""
    return len(held - {"nothing"}) > 1 or held == {"nothing", "texts"}


def _check_unique(names: list[str], path: Path) -> None:
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{path}: column '{twice[0]}' stands twice; rename one")


def _files(pattern: str, key: str) -> list[Path]:
    path = Path(pattern)
    found = [path] if path.is_file() else sorted(map(Path, glob.glob(pattern, recursive=True)))
    found = [file for file in found if file.is_file() and file.suffix != ".dvc"]
    if found:
        return found
    there = [file.as_posix() for file in sorted(path.parent.glob("*")) if file.suffix not in ("", ".md", ".dvc")]
    told = mistakes.not_one_of(pattern, there, "there", "Files") if there else f"{pattern} is not there."
    raise UserError(
        f"{key}: {told}", f"A file that is versioned comes with dvc pull; to version one: dvc add {pattern}"
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


def _read_csv(path: Path, source: Table, texts: Iterable[str]) -> tuple[pd.DataFrame, Format]:
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
            how = sniff(head.decode(encoding, errors="ignore"), encoding, source, whole=whole)
            try:
                return _parse(path, how, texts)
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


def _parse(path: Path, how: Format, texts: Iterable[str]) -> tuple[pd.DataFrame, Format]:
    """The table, in which an empty field is missing, and a word for it where all else is no texts."""
    # pandas renames what stands twice
    heading = _pandas(path, how, header=None, nrows=1, dtype="str").iloc[0]
    _check_unique([name for name in heading if name], path)
    head = _pandas(path, how, nrows=_SEARCHED, dtype="str", na_values=[""])
    codes = [name for name, values in head.items() if values.str.strip().str.fullmatch(_CODE).any()]
    given = dict.fromkeys([*texts, *codes], "str")
    table = _pandas(path, how, dtype=given, na_values=[""])
    found = {}
    for name, values in table.select_dtypes("str").items():
        if name in given:
            continue
        stripped = values.str.strip()
        missing = stripped.isin(_MISSING)
        numbers = None if how.is_expression else _ungrouped(stripped.mask(missing), how)
        if numbers is not None:
            table[name], how = numbers, replace(how, thousands=_OTHER[how.decimal])
        else:
            found[name] = values[missing].unique()
    if words := {name: ["", *found[name]] for name in found if len(found[name])}:
        without = _pandas(path, how, usecols=list(words), na_values=words)
        plain = [name for name in words if _holds(without[name]) != "texts"]
        table[plain] = without[plain]
    return table, how


def _ungrouped(texts: pd.Series, how: Format) -> pd.Series | None:
    """Texts that are numbers, some in groups of three digits, as numbers; None where they are not or may be codes.

    Here and not by pandas, which takes the points out of dates as well.
    """
    present, mark = texts.dropna(), _OTHER[how.decimal]
    if not all(rows.str.fullmatch(_NUMBER[how.decimal]).all() for rows in (present.head(100), present)):
        return None
    grouped = present.str.contains(mark, regex=False)
    # between commas a grouped field was in quotes, beside decimal commas 12.345 is no 12 and a bit; elsewhere 12,345
    # in every row may be a code
    doubtful = grouped & present.str.fullmatch(_NUMBER[mark])
    if not grouped.any() or (how.delimiter != "," and how.decimal != "," and doubtful.all()):
        return None
    return pd.to_numeric(texts.str.replace(mark, "", regex=False).str.replace(how.decimal, ".", regex=False))


def _pandas(path: Path, how: Format, **settings: Any) -> pd.DataFrame:
    engine = {"engine": "python"} if how.is_expression else {"engine": "c", "low_memory": False}
    written = {"sep": how.delimiter, "encoding": how.encoding, "decimal": how.decimal}
    written["skipinitialspace"] = how.delimiter != " "  # between blanks two of them are an empty field
    settings["skiprows"] = how.skipped
    with _open(path) as file, warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)  # without an index column it warns of fields left over
        try:
            return pd.read_csv(file, index_col=False, keep_default_na=False, **written, **engine, **settings)
        except pd.errors.ParserWarning as error:
            raise ValueError("its rows have more fields than its heading") from error


def _open(path: Path) -> IO[bytes]:
    return _OPEN.get(path.suffix.lower(), open)(path, "rb")


def sniff(head: str, encoding: str, source: Table, *, whole: bool = True) -> Format:
    """How a CSV file is written: as its source says, and as its first lines tell where it does not.

    The delimiter is the one that cuts the lines into the most fields, as many in (almost) each.
    """
    head, delimiter, skipped = head.removeprefix("\ufeff"), source.delimiter, 0
    if match := _FIRST_LINE.match(head):
        head, delimiter, skipped = head[match.end() :], delimiter or match[1], 1
    if delimiter is None:
        delimiter = max(_DELIMITERS, key=lambda mark: _fields(_records(head, mark, whole=whole)))
    decimal = source.decimal
    if decimal is None:
        told = delimiter != "," and len(delimiter) == 1
        decimal = _decimal(_records(head, delimiter, whole=whole)[1:]) if told else "."
    return Format(delimiter, encoding, decimal, skipped=skipped)


def _decimal(rows: list[list[str]]) -> str:
    """The decimal mark: by numbers that only one can have; else by columns that show groups of digits; else by most.

    1.5, 0.125 and 1,234.5 have a point and no comma, 1.234.567 has a comma. 1.680 leaves doubt, but not
    in a column whose numbers below a thousand are all whole.
    """
    columns = [[field.strip() for field in column] for column in zip_longest(*rows, fillvalue="")]
    columns = [[field for field in column if field not in _MISSING] for column in columns]
    fields = [field for column in columns for field in column]
    numbers = {mark: [bool(re.fullmatch(_NUMBER[mark], field)) for field in fields] for mark in _OTHER}
    votes = {mark: sum(map(operator.gt, numbers[mark], numbers[_OTHER[mark]])) for mark in _OTHER}
    if not any(votes.values()):
        votes = {mark: sum(_shows_groups(column, _OTHER[mark]) for column in columns) for mark in _OTHER}
    if not any(votes.values()):
        doubtful = [field for field, is_number in zip(fields, numbers["."], strict=True) if is_number]
        votes = {mark: sum(mark in field for field in doubtful) for mark in _OTHER}
    return "," if votes[","] > votes["."] else "."


def _shows_groups(fields: list[str], mark: str) -> bool:
    """Whether a column's whole numbers are grouped by a mark from a thousand on, and some are below."""
    if not all(re.fullmatch(rf"[-+]?(?:0|[1-9][0-9]{{0,2}}(?:[{mark}][0-9]{{3}})*)", field) for field in fields):
        return False
    return len({mark in field for field in fields}) == 2


def _records(head: str, delimiter: str, *, whole: bool) -> list[list[str]]:
    """The first records, without the last where the head of a file may have cut it."""
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=delimiter != " ")
    found = [row for row in islice(rows, 200) if row]
    return found if whole or len(found) < 2 else found[:-1]


def _fields(rows: list[list[str]]) -> tuple[int, int]:
    """How many fields a delimiter cuts the heading into: first those that (almost) all rows have too."""
    if not rows:
        return 0, 0
    n_fields = len(rows[0])
    agree = sum(len(row) == n_fields for row in rows) >= 0.9 * len(rows)
    return (n_fields if agree and n_fields > 1 else 0), n_fields


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
