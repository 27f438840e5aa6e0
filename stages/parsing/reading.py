"""Reading the files of a user's table: CSV, however it is written, Excel, JSON and Parquet."""

import codecs
import glob
import io
import re
import shlex
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing import column_names, dates, file_kinds, readers
from stages.parsing.column_names import check_unique
from stages.parsing.delimited import encodings
from stages.parsing.delimited.dialect import lines_before, quoting_of, sniff
from stages.parsing.delimited.file import CsvFile
from stages.parsing.delimited.table import Parsed, as_texts, parse
from stages.parsing.file_kinds import Opener
from stages.parsing.numbers import OTHER_MARK, look, mark_of
from stages.records.datasets import CsvFormat
from stages.records.findings import Finding

_LIKE_A_NUMBER, _SWAPPED = r"^\W*\d[\d.,' ]*\W*$", str.maketrans(".,", ",.")
_HEAD = 1 << 16  # bytes that are looked at to find out how a CSV file is written
_PLAIN = {
    "delimiter": ",",
    "encoding": "utf-8",
    "decimal": ".",
    "quoting": "usual",
}  # what other kinds are handed on as


@dataclass(frozen=True)
class Reading:
    """A table that was read.

    Attributes:
        table: its rows, counted from 0: texts as they are written, or values.
        files: where they come from.
        written: how CSV files were taken to be written; None for other kinds of files.
        rows: int (n_rows,): where each row stands in its file, counted from 1 for the first below the heading.
        file_of: int (n_rows,): the file in which it stands.
        findings: what is odd about it.
        typed: whether the files tell texts from numbers.
    """

    table: pd.DataFrame
    files: list[Path]
    written: CsvFormat | None
    rows: np.ndarray
    file_of: np.ndarray
    findings: list[Finding]
    typed: bool

    @property
    def decimal(self) -> str:
        """The decimal mark of numbers that are texts."""
        return self.written.decimal if self.written else "."

    @property
    def is_quoted(self) -> bool:
        """Whether a mark that groups digits is in quotes where it is the delimiter, so that none can be mistaken."""
        return self.written is None or self.written.delimiter == ","

    def placed(self, finding: Finding) -> Finding:
        """A finding whose rows are counted from 1 over all files, with their places in the files."""
        at = [row - 1 for row in finding.rows]
        files = [self.files[self.file_of[row]].name for row in at] if len(self.files) > 1 else []
        return replace(finding, rows=[int(self.rows[row]) for row in at], files=files)


def read(source: Table, key: str) -> Reading:
    """Read the files of a table as one.

    Args:
        source: the parameters.
        key: path of the key ``source``, for messages about mistakes.
    """
    files = _files(source.file, f"{key}.file")
    if len(files) > 1 and source.drop_rows:
        raise UserError(
            f"{key}.drop_rows: counts the rows of one file, and '{source.file}' names {len(files)}; remove these rows "
            "from the files themselves"
        )
    parts = [_read_file(path, source, key) for path in files]
    first = parts[0].table.columns
    for path, part in zip(files, parts, strict=True):
        if odd := sorted(set(part.table.columns) ^ set(first)):
            raise UserError(f"{path} and {files[0]} have different columns; '{odd[0]}' is in one of them only")
    if len(files) > 1:
        # numbers here and texts there are texts everywhere, as they are written
        held = {name: {_holds(part.table[name]) for part in parts} for name in first}
        if mixed := [name for name in first if _are_mixed(held[name])]:
            parts = [_read_file(path, source, key, texts=mixed) for path in files]
    tables = [_in_marks(part, parts[0]) for part in parts]
    table = pd.concat(tables, ignore_index=True) if len(tables) > 1 else tables[0]
    table = table[column_names.filled(table)]
    rows, file_of = np.concatenate([part.rows for part in parts]), np.repeat(range(len(parts)), list(map(len, tables)))
    typed = all(part.written is None and part.typed for part in parts)
    return Reading(table, files, parts[0].written, rows, file_of, _findings(files, parts), typed)


def _in_marks(part: Parsed, first: Parsed) -> pd.DataFrame:
    """A file's table, numbers that are texts with the decimal mark of the first file."""
    if not (part.written and first.written) or part.written.decimal == first.written.decimal:
        return part.table
    texts = part.table.select_dtypes("str")
    numbers = [values for _, values in texts.items() if dates.fit(values.dropna().unique())[0] is None]
    swapped = {
        values.name: values.mask(values.str.contains(_LIKE_A_NUMBER, na=False), values.str.translate(_SWAPPED))
        for values in numbers
    }
    return part.table.assign(**swapped)


def _findings(files: list[Path], parts: list[Parsed]) -> list[Finding]:
    """What is odd about the files; what is alike in several is said of the first."""
    if len(parts) == 1:
        return parts[0].findings
    alike: dict[tuple[str, ...], list[tuple[Path, Finding]]] = {}
    for path, part in zip(files, parts, strict=True):
        for each in part.findings:
            alike.setdefault((each.kind, each.column, *each.examples), []).append((path, each))
    return [
        replace(first, files=[path.name] * max(len(first.rows), 1), n_more_files=len(more))
        for (path, first), *more in alike.values()
    ]


@dataclass(frozen=True)
class NewFile:
    """A file of new rows.

    Attributes:
        cells: (n_rows, n_columns) as they stand in the file, under its headings, of which some may be empty or alike.
        rows: the same as a table is read: by the names that columns without a heading get, what is empty missing.
        written: how the file is written.
        encoding: what to write its text in again.
        quoting: and how, as `csv` has it.
    """

    cells: pd.DataFrame
    rows: pd.DataFrame
    written: CsvFormat
    encoding: str
    quoting: int


def read_new(path: Path, source: Table, known: CsvFormat | None, names: Iterable[str]) -> NewFile:
    """Read a file of new rows: texts as they are written, or what Parquet holds; and how it is written.

    Where a file is not written as the table was that these rows belong to, that is found out as for any other.

    Args:
        path: of the file.
        source: how that table was read.
        known: how it was written.
        names: columns of which some should be there.

    Raises:
        UserError: it is not there or cannot be read, or one of these columns stands twice.
    """
    if not path.is_file():
        others = [file.name for file in sorted(path.parent.glob("*")) if file.suffix not in ("", ".md", ".dvc")]
        raise UserError(f"{path} is not there{suggest.nearest(path.name, others).rstrip('.')}")
    names, open_minded = list(names), Table(file=source.file, target=source.target)
    for each in (source, open_minded):
        with suppress(UserError) if each is not open_minded else nullcontext():
            new = _read_texts(path, each, known)
            if any(column_names.find(name, new.rows.columns) for name in names):
                break
    check_unique([name for name in new.rows.columns if any(column_names.find(each, [name]) for each in names)], path)
    return new


def _read_texts(path: Path, source: Table, known: CsvFormat | None) -> NewFile:
    # its own decimal mark is found out; that of training holds only where it leaves doubt
    parsed = _parsed(path, source.model_copy(update={"decimal": None}), str(path), lambda file, _: as_texts(file))
    cells, written, encoding, quoting = parsed.table, parsed.written, "utf-8", quoting_of(source)
    if written is None:
        written = CsvFormat(",", encoding, ".")
        if parsed.typed:
            return NewFile(cells, cells, written, encoding, quoting)
    else:
        with file_kinds.opener(path)() as file:
            has_mark = file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8
        encoding = "utf-8-sig" if has_mark else written.encoding
        usual = source.decimal or (known.decimal if known and written.delimiter == known.delimiter else None)
        written = replace(written, decimal=_new_mark(cells, usual, known) if usual else written.decimal)
    rows = cells.set_axis(range(cells.shape[1]), axis=1).apply(lambda texts: texts.str.lstrip(" ")).replace("", np.nan)
    rows.columns = [name.lstrip(" ") or f"Unnamed: {number}" for number, name in enumerate(cells.columns)]
    return NewFile(cells, rows, written, encoding, quoting)


def _new_mark(cells: pd.DataFrame, usual: str, known: CsvFormat | None) -> str:
    """The decimal mark of new rows: that of training, unless only the other makes numbers of more of them.

    Where neither does, as in 5.871, training tells whether digits are grouped.
    """
    fields = pd.Series(cells.to_numpy(object).ravel(), dtype="str").str.strip()
    fields = fields[fields.str.contains(r"[.,]")]
    mark = mark_of(fields, usual)
    looked = {mark: look(fields, mark) for mark in OTHER_MARK}
    other = OTHER_MARK[usual]
    is_sure = (looked[usual].is_number != looked[other].is_number).any()
    if not is_sure and known is not None and not known.thousands and looked[usual].doubtful.any():
        return usual if (looked[other].doubtful & looked[usual].is_number).any() else other
    return mark


def _read_file(path: Path, source: Table, key: str, texts: Iterable[str] = ()) -> Parsed:
    """One file's table, with these columns as texts where it is no Parquet."""
    file_kinds.check_keys(file_kinds.kind_of(path), source, path, key)
    parsed = _parsed(path, source, key, lambda file, places: parse(file, texts, places))
    if parsed.typed and source.drop_rows:
        rows = np.setdiff1d(parsed.rows, source.drop_rows)
        parsed = replace(parsed, table=parsed.table.iloc[rows - 1].reset_index(drop=True), rows=rows)
    check_unique(list(parsed.table.columns), path)
    return parsed


def _parsed(path: Path, source: Table, key: str, read: Callable[[CsvFile, np.ndarray | None], Parsed]) -> Parsed:
    """A file of any kind, by what reads CSV: a file, and where each of its records stands if that is known."""
    if (kind := file_kinds.kind_of(path)) is None:
        parsed = _read_csv(path, file_kinds.opener(path), source, lambda file: read(file, None))
    else:
        held = kind.read(path, source, key)
        if isinstance(held.cells, pd.DataFrame):
            table = held.cells.reset_index(drop=True)
            parsed = Parsed(table, None, np.arange(1, len(table) + 1), typed=True)
        else:
            content, plain = held.cells, source.model_copy(update=_PLAIN | ({"skip": 0} if source.skip else {}))
            parsed = _read_csv(path, lambda: io.BytesIO(content), plain, lambda file: read(file, held.places))
        parsed = replace(parsed, written=None, findings=[*held.findings, *parsed.findings])
    parsed.table.columns = list(map(str, parsed.table.columns))
    return parsed


def _holds(values: pd.Series) -> str:
    """What a column holds, as it was read: nothing, a kind of values, or texts."""
    return "nothing" if values.isna().all() else readers.by_type(values) or "texts"


def _are_mixed(held: set[str]) -> bool:
    """Whether files hold different things in one column.

    A column that is missing in one file may hold anything in another, but texts: among them a string that
    means missing elsewhere, such as NA, is a text, so the file that has nothing is read again.
    """
    return len(held - {"nothing"}) > 1 or held == {"nothing", "texts"}


def _files(pattern: str, key: str) -> list[Path]:
    """The files that a path or a pattern names, but DVC's own, in natural order."""
    path = Path(pattern)
    matches = [path] if path.is_file() else sorted(map(Path, glob.glob(pattern, recursive=True)), key=_natural)
    matches = [file for file in matches if file.is_file() and file.suffix != ".dvc"]
    if matches:
        return matches
    others = [file.as_posix() for file in sorted(path.parent.glob("*")) if file.suffix not in ("", ".md", ".dvc")]
    problem = suggest.not_one_of(pattern, others, "there", "Files") if others else f"{pattern} is not there."
    if (paths.root() / pattern).is_file():
        raise UserError(
            f"{key}: {pattern} is not versioned, and this experiment runs in a copy of what is; first run: "
            f"dvc add {shlex.quote(pattern)}"
        )
    raise UserError(
        f"{key}: {problem}", f"A file that is versioned comes with dvc pull; to version one: dvc add {pattern}"
    )


def _natural(path: Path) -> tuple[list[list[tuple[int, int]]], Path]:
    """What paths are sorted by: letter by letter, digits that follow each other as one number, 10 behind 9."""
    pieces = [re.findall(r"([0-9]+)|([^0-9])", name) for name in path.parts]
    return [[(ord(other or "0"), int(digits or 0)) for digits, other in name] for name in pieces], path


def _read_csv(path: Path, opener: Opener, source: Table, read: Callable[[CsvFile], Parsed]) -> Parsed:
    scanned = encodings.scan(path, opener, source.encoding)
    with file_kinds.refusals(path, "CSV"), opener() as file:
        head = file.read(_HEAD)
        whole = not file.read(1)
    text = codecs.getincrementaldecoder(scanned.encoding)().decode(head)  # whose last letter may be cut
    written = sniff(text, scanned.encoding, source, whole=whole)
    parsed = read(CsvFile(path, opener, written, source, scanned.n_lines))
    preamble = _preamble(text, lines_before(text, source, written))
    return replace(parsed, findings=[*scanned.findings, *preamble, *parsed.findings])


def _preamble(head: str, n_lines: int) -> list[Finding]:
    lines = head.removeprefix("\ufeff").splitlines()[:n_lines]
    return [Finding("preamble", examples=[line for line in lines if line.strip()][:2], n_rows=n_lines)] if lines else []
