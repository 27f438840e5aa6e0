"""Reading the files of a user's table: CSV, however it is written, Excel, JSON and Parquet."""

import codecs
import csv
import glob
import io
import re
import shlex
from collections.abc import Callable, Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import paths, suggest
from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing import column_names, file_kinds
from stages.parsing.csv_format import lines_before, sniff
from stages.parsing.csv_table import CsvFile, NotTextError, Parsed, check_unique, holds, parse, words_for_nothing
from stages.parsing.file_kinds import Opener
from stages.records.datasets import CsvFormat
from stages.records.findings import Finding

_HEAD = 1 << 16  # characters that are looked at to find out how a CSV file is written


@dataclass(frozen=True)
class Reading:
    """A table that was read.

    Attributes:
        table: its rows, counted from 0.
        files: where they come from.
        written: how CSV files were taken to be written; None for other kinds of files.
        rows: int (n_rows,): where each row stands in its file, counted from 1 for the first below the heading.
        file_of: int (n_rows,): the file in which it stands.
        findings: what is odd about it.
    """

    table: pd.DataFrame
    files: list[Path]
    written: CsvFormat | None
    rows: np.ndarray
    file_of: np.ndarray
    findings: list[Finding]

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
        held = {name: {holds(part.table[name]) for part in parts} for name in first}
        if mixed := [name for name in first if _are_mixed(held[name])]:
            parts = [_read_file(path, source, key, texts=mixed) for path in files]
    formats = [part.written for part in parts]
    shown = next((each for each in formats if each and each.thousands), formats[0])
    tables = [part.table for part in parts]
    table = pd.concat(tables, ignore_index=True)
    rows, file_of = np.concatenate([part.rows for part in parts]), np.repeat(range(len(parts)), list(map(len, tables)))
    return Reading(table, files, shown, rows, file_of, _findings(files, parts))


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
    written, encoding, quoting = CsvFormat(",", "utf-8", "."), "utf-8", csv.QUOTE_MINIMAL
    match file_kinds.kind_of(path):
        case "parquet":
            table = file_kinds.read_parquet(path, check_unique).reset_index(drop=True)
            table.columns = list(map(str, table.columns))
            return NewFile(table, table, written, encoding, quoting)
        case "archive":
            raise UserError(f"{path} is no CSV file, but a zip or another archive; allowed: {file_kinds.ALLOWED}")
        case "excel":
            content, _ = file_kinds.excel_as_csv(path, source.sheet, str(path))
            cells = _read_csv(path, lambda: io.BytesIO(content), _plain(source), _as_texts).table
        case "json":
            content = file_kinds.json_as_csv(path)
            cells = _read_csv(path, lambda: io.BytesIO(content), _plain(source), _as_texts).table
        case "csv":
            opener = file_kinds.opener(path)
            parsed = _read_csv(path, opener, source, _as_texts)
            cells, written, encoding = parsed.table, parsed.written, parsed.written.encoding
            quoting = csv.QUOTE_NONE if source.quoting == "none" else quoting
            with opener() as file:
                encoding = "utf-8-sig" if file.read(len(codecs.BOM_UTF8)) == codecs.BOM_UTF8 else encoding
            if known and source.decimal is None and written.delimiter == known.delimiter:
                written = replace(written, decimal=known.decimal)
    rows = cells.set_axis(range(cells.shape[1]), axis=1).apply(lambda texts: texts.str.lstrip(" ")).replace("", np.nan)
    rows.columns = [name.lstrip(" ") or f"Unnamed: {number}" for number, name in enumerate(cells.columns)]
    return NewFile(cells, rows, written, encoding, quoting)


def _read_file(path: Path, source: Table, key: str, texts: Iterable[str] = ()) -> Parsed:
    """One file's table, with these columns as texts where it is no Parquet."""
    kind = file_kinds.kind_of(path)
    match kind:
        case "parquet":
            table = file_kinds.read_parquet(path, check_unique)
            parsed = Parsed(table.reset_index(drop=True), None, np.arange(1, len(table) + 1))
        case "archive":
            raise UserError(f"{path} is no CSV file, but a zip or another archive; allowed: {file_kinds.ALLOWED}")
        case "excel":
            content, findings = file_kinds.excel_as_csv(path, source.sheet, key)
            parsed = _read_cells(path, content, source, texts)
            parsed = replace(parsed, findings=[*findings, *parsed.findings])
        case "json":
            parsed = _read_cells(path, file_kinds.json_as_csv(path), source, texts)
        case "csv":
            parsed = _read_csv(path, file_kinds.opener(path), source, lambda file: parse(file, texts))
    columns = list(map(str, parsed.table.columns))
    check_unique(columns, path)
    parsed.table.columns = columns
    return replace(parsed, table=_without_nothing(parsed.table, source))


def _without_nothing(table: pd.DataFrame, source: Table) -> pd.DataFrame:
    """A table in which what the parameters say is missing."""
    for name, words in words_for_nothing(source, table.columns).items():
        if words:
            values = table[name]
            is_nothing = values.isin(words) | values.astype(str).str.strip().isin(map(str, words))
            table[name] = values.mask(is_nothing) if is_nothing.any() else values
    return table


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


def _read_cells(path: Path, content: bytes, source: Table, texts: Iterable[str]) -> Parsed:
    """What another kind of file holds, handed on as CSV."""
    parsed = _read_csv(path, lambda: io.BytesIO(content), _plain(source), lambda file: parse(file, texts))
    return replace(parsed, written=None)


def _plain(source: Table) -> Table:
    return source.model_copy(update={"delimiter": ",", "encoding": "utf-8", "decimal": ".", "quoting": "usual"})


def _as_texts(file: CsvFile) -> Parsed:
    """A file's cells and headings as they are written, also blanks before them, of which no table that is read has any.

    Only where quotes stand behind such blanks, these are no part of the cells.
    """

    def read(**settings: Any) -> pd.DataFrame:
        return file.pandas(header=None, dtype="str", na_filter=False, **settings).fillna("")

    def without_blanks(texts: pd.DataFrame) -> pd.DataFrame:
        return texts.apply(lambda column: column.str.lstrip(" "))

    cells = None
    with suppress(UserError):  # what pandas makes of quotes that stand in a cell
        cells = read(skipinitialspace=False)
    if cells is None or not (stripped := without_blanks(cells)).equals(cells):
        known = read()
        cells = cells if cells is not None and stripped.equals(without_blanks(known)) else known
    has_heading = file.source.header != "none"
    names = list(cells.iloc[0]) if has_heading else [f"column_{number}" for number in range(1, cells.shape[1] + 1)]
    table = cells.iloc[int(has_heading) :].set_axis(names, axis=1).reset_index(drop=True)
    return Parsed(table, file.written, np.arange(1, len(table) + 1))


def _read_csv(path: Path, opener: Opener, source: Table, read: Callable[[CsvFile], Parsed]) -> Parsed:
    with file_kinds.refusals(path, "CSV"), opener() as file:
        head = file.read(_HEAD)
        whole = not file.read(1)
    encodings = [source.encoding] if source.encoding else _encodings(head)
    for encoding in encodings:
        try:
            text = _decoded(head, encoding)
            written = sniff(text, encoding, source, whole=whole)
            parsed = read(CsvFile(path, opener, written, source))
        except NotTextError:
            continue
        preamble = _preamble(text, lines_before(text, source, written))
        return replace(parsed, findings=[*preamble, *parsed.findings])
    tried = " or ".join(encodings)
    raise UserError(f"{path} is not {tried} text; say what it is with encoding: beside file:")


def _decoded(head: bytes, encoding: str) -> str:
    """The beginning of a file, whose last letter may be cut.

    Raises:
        NotTextError: it is not written in this encoding.
    """
    try:
        return head.decode(encoding, errors="ignore")
    except UnicodeError as error:  # of encodings that ignore nothing
        raise NotTextError(encoding) from error


def _preamble(head: str, n_lines: int) -> list[Finding]:
    lines = head.removeprefix("\ufeff").splitlines()[:n_lines]
    return [Finding("preamble", examples=[line for line in lines if line.strip()][:2], n_rows=n_lines)] if lines else []


def _encodings(head: bytes) -> list[str]:
    """What a file may be written in: UTF-16 tells itself; what is not UTF-8 is most often Windows'."""
    return ["utf-16"] if head[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8", "cp1252"]
