"""The table of a CSV file, whoever wrote it: what is missing, what is a number, which rows are no data."""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing import column_names, number_columns, odd_rows
from stages.parsing.column_names import check_unique
from stages.parsing.csv_format import is_expression
from stages.parsing.file_kinds import Opener, first_line, refusals
from stages.parsing.numbers import PLAIN, are_numbers
from stages.records.datasets import CsvFormat, unique
from stages.records.findings import Finding

_SEARCHED = 10_000  # rows that are searched for codes
_THREE_DIGITS = r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+"
_RECORDS = 50  # that show whether rows have names
_MOSTLY = 0.5  # share of numbers among names that may be a row
_SWALLOWED = 3  # lines in a field that look like rows
_CHUNK = 1 << 20  # bytes


@dataclass(frozen=True)
class Parsed:
    """A file that was read.

    Attributes:
        table: its rows, counted from 0.
        written: how it is written; None where it is no CSV file.
        rows: int (n_rows,): where each row stands in the file, counted from 1 for the first below the heading.
        findings: what is odd about it.
        typed: whether it tells texts from numbers.
    """

    table: pd.DataFrame
    written: CsvFormat | None
    rows: np.ndarray
    findings: list[Finding] = field(default_factory=list)
    typed: bool = False


@dataclass(frozen=True)
class CsvFile:
    """A CSV file that can be opened, what the parameters say of it, and how many lines it has, if that is known."""

    path: Path
    opener: Opener
    written: CsvFormat
    source: Table
    n_lines: int | None = None

    def pandas(self, **settings: Any) -> pd.DataFrame:
        """Read it by pandas, which takes no string for missing unless the settings say so.

        Raises:
            UserError: it is damaged, or its rows do not fit together.
        """
        written, refused = self.written, [pd.errors.ParserError, csv.Error]
        if is_expression(written):
            engine = {"engine": "python"}
            refused.append(ValueError)  # which its search for a quote in the first line raises
        else:
            engine = {"engine": "c", "low_memory": False}
        settings = {
            "sep": written.delimiter,
            "encoding": written.encoding,
            "decimal": written.decimal,
            "skipinitialspace": self.has_blanks,
            "skiprows": written.skipped,
            "quoting": csv.QUOTE_NONE if self.source.quoting == "none" else csv.QUOTE_MINIMAL,
        } | settings
        refusal = f"{self.path} cannot be read as CSV: "
        try:
            with refusals(self.path, "CSV", pd.errors.EmptyDataError), warnings.catch_warnings():
                # without an index column pandas warns of fields left over
                warnings.simplefilter("error", pd.errors.ParserWarning)
                with self.opener() as file:
                    return pd.read_csv(file, index_col=False, keep_default_na=False, **engine, **settings)
        except pd.errors.ParserWarning as error:
            raise UserError(f"{refusal}its rows have more fields than its heading") from error
        except tuple(refused) as error:
            raise UserError(f"{refusal}{first_line(error)}{_way_out(error)}") from error

    @cached_property
    def has_blanks(self) -> bool:
        """Whether blanks stand before fields, which are no part of them; between blanks two are an empty field."""
        mark = self.written.delimiter
        if mark == " " or len(mark) > 1 or self.n_lines is None:
            return mark != " "
        marks, before = [f"{each} ".encode(self.written.encoding) for each in ("\n", mark)], b"\n"
        with refusals(self.path, "CSV"), self.opener() as file:
            while chunk := file.read(_CHUNK):
                content = before + chunk
                if any(each in content for each in marks):
                    return True
                before = chunk[-1:]
        return False

    @contextmanager
    def records(self) -> Iterator[Iterator[list[str]]]:
        """The records from the heading on, as Python's own reader has them."""
        quoting = csv.QUOTE_NONE if self.source.quoting == "none" else csv.QUOTE_MINIMAL
        blanks = self.written.delimiter != " "
        with self.opener() as file, io.TextIOWrapper(file, self.written.encoding, newline="") as text:
            for _ in range(self.written.skipped):
                text.readline()
            yield csv.reader(text, delimiter=self.written.delimiter, quoting=quoting, skipinitialspace=blanks)

    def places(self, n_rows: int) -> np.ndarray:
        """Where each of so many rows stands, counted from 1 for the first below the heading, empty lines too."""
        first = int(self.source.header != "none")
        if self.is_line_by_line(n_rows) or len(self.written.delimiter) > 1:
            return np.arange(1, n_rows + 1)
        with self.records() as records:
            filled = [number for number, record in enumerate(records) if "".join(record).strip() or len(record) > 1]
        return np.array(filled[first:])[:n_rows] - filled[0] + 1 - first

    def is_line_by_line(self, n_rows: int) -> bool:
        """Whether each of so many rows is a line: none is empty, and no field goes on over lines."""
        return self.n_lines == self.written.skipped + int(self.source.header != "none") + n_rows

    def heading(self) -> tuple[dict[str, Any], list[Finding]]:
        """What tells pandas the names of the columns, and whether one is short.

        Raises:
            UserError: a name stands twice.
        """
        first = self.pandas(header=None, nrows=1, dtype="str").iloc[0]
        if self.source.header == "none":
            return {"header": None, "names": [f"column_{number}" for number in range(1, len(first) + 1)]}, []
        if self._has_row_names(len(first)):
            names = unique(["row_names", *first], [])
            return {"header": 0, "names": names}, [Finding("short heading", examples=[names[0]])]
        names = [name for name in first if name]
        if len(set(names)) < len(names) and are_numbers(names).mean() >= _MOSTLY:
            raise UserError(
                f"{self.path}: the heading looks like a row, {', '.join(names[:4])}; if it is one, header: none beside "
                "file: names the columns column_1, column_2, …; else rename those that stand twice"
            )
        check_unique(names, self.path)  # pandas renames what stands twice
        return {}, []

    def _has_row_names(self, n_names: int) -> bool:
        """Whether rows have one field more than the heading, and all begin otherwise, as where R writes their names."""
        if len(self.written.delimiter) > 1:
            return False
        with suppress(csv.Error), self.records() as records:
            rows = [row for row in islice(records, 1, _RECORDS) if row]
            differ = len({row[0] for row in rows}) == len(rows) > 1
            return differ and {len(row) for row in rows} == {n_names + 1} and any(row[-1].strip() for row in rows)
        return False


def _way_out(error: Exception) -> str:
    """Which key gets further where a file's rows do not fit together."""
    message = str(error)
    if "EOF inside string" in message:
        return "; a quote is not closed: quoting: none beside file: takes quotes for letters like others"
    if "Expected" in message and "saw" in message:
        return "; say how it is written with delimiter:, skip: or quoting: beside file:"
    return ""


def parse(file: CsvFile, texts: Iterable[str], places: np.ndarray | None = None) -> Parsed:
    """The table of a CSV file: numbers where a column holds numbers as programs write them, else texts as they stand.

    The first rows are read as texts, and all of them where there are no more; else the others are read after them.

    Args:
        file: what to read.
        texts: columns to keep as texts.
        places: (n_records,) where each record stands, the heading's and those before it too; None: as in the file.
    """
    source, (heading, in_heading) = file.source, file.heading()
    is_whole = is_expression(file.written)
    head = file.pandas(nrows=None if is_whole else _SEARCHED, dtype="str", na_values=[""], **heading)
    kinds = column_names.by_column(source.columns, head.columns)
    kept = {*texts, *(name for name, kind in kinds.items() if kind != "number")}
    table = _typed(head, kept, file.written.decimal)
    if not is_whole and len(head) == _SEARCHED:
        texts = [name for name in table.select_dtypes("str") if name in kept or _looks_typed(head[name])]
        table = file.pandas(dtype=dict.fromkeys(texts, "str"), na_values=[""], **heading)
    _check_quotes(file, table)
    no_data, findings = odd_rows.find(table)
    if places is None:
        places = file.places(len(table))
    else:
        below = len(places) - len(table)  # the heading, and what stands before it
        places = places[below:] - (places[below - 1] if source.header != "none" else places[below] - 1)
    left_out = no_data | np.isin(places, source.drop_rows)
    findings += _perhaps_grouped(head, table, file.written)
    findings = [replace(each, rows=[int(places[row - 1]) for row in each.rows]) for each in findings]
    if left_out.any():
        findings = [each for each in findings if each.kind != "perhaps total" or each.rows[0] not in source.drop_rows]
        table, places = table[~left_out].reset_index(drop=True), places[~left_out]
        texts = table.select_dtypes("str")
        table[list(texts)] = _typed(texts, kept, file.written.decimal)
    return Parsed(table, file.written, places, [*in_heading, *findings, *_numbers_in_heading(table, source)])


def _typed(texts: pd.DataFrame, kept: set[str], decimal: str) -> pd.DataFrame:
    """Columns of texts, but those to keep, as numbers where all are numbers as programs write them and none is a code.

    All cells are looked at together, which a table of thousands of columns makes worth while.
    """
    cells = pd.Series(texts.to_numpy(object).ravel(order="F"), dtype="str").str.strip()
    is_code = cells.str.match(r"0\d").to_numpy(bool, na_value=False)
    plain = cells.str.fullmatch(PLAIN[decimal]).to_numpy(bool, na_value=True) & ~is_code
    are_plain = plain.reshape(len(texts), -1, order="F").all(axis=0) if len(texts) else np.ones(texts.shape[1], bool)
    names = [name for name, is_plain in zip(texts, are_plain, strict=True) if is_plain and name not in kept]
    numbers = cells.where(plain).str.replace(decimal, ".", regex=False)
    is_whole = numbers.str.fullmatch(r"[-+]?\d+").to_numpy(bool, na_value=False)
    values = numbers.to_numpy(object, na_value="nan").astype(np.float64)
    columns = {}
    for number, name in enumerate(texts):
        rows = slice(number * len(texts), (number + 1) * len(texts))
        if name not in names:
            columns[name] = texts[name].to_numpy()
        elif is_whole[rows].all() and len(texts):
            columns[name] = pd.to_numeric(numbers[rows]).to_numpy()
        else:
            columns[name] = values[rows]
    return pd.DataFrame(columns, texts.index)


def _looks_typed(texts: pd.Series) -> bool:
    """Whether pandas may take texts for numbers or booleans, as codes that begin with 0."""
    present = texts.dropna().str.strip()
    is_number = pd.to_numeric(present, errors="coerce").notna()
    return bool((is_number | present.str.lower().isin(["true", "false"])).all())


def _numbers_in_heading(table: pd.DataFrame, source: Table) -> list[Finding]:
    """That a heading may be a row: numbers stand above all columns of numbers, and are no years or the like."""
    of_numbers = [str(name) for name in table.select_dtypes("number")]
    if source.header == "none" or len(of_numbers) < 2 or not are_numbers(of_numbers).all():
        return []
    texts = table.select_dtypes("str")
    is_value = any((values == name).any() for name, values in texts.items())
    if all(name.strip("+-").isdigit() for name in of_numbers) and not is_value:
        return []
    return [Finding("no heading", examples=list(map(str, table.columns[:3])))]


def _perhaps_grouped(head: pd.DataFrame, table: pd.DataFrame, written: CsvFormat) -> list[Finding]:
    """Numbers such as ``6.169`` in a file none of whose numbers tells whether a dot parts thousands.

    Args:
        head: the first rows, as they are written.
        table: the rows as they were read.
        written: how the file is written.
    """
    if written.decimal != "." or is_expression(written):
        return []
    dotted = {}
    for name in table.select_dtypes("float"):
        texts = head[name].dropna().str.strip()
        dotted[name] = texts[texts.str.contains(".", regex=False)]
        if not dotted[name].str.fullmatch(_THREE_DIGITS).all():
            return []  # a dot is the decimal mark
    return [
        number_columns.odd("perhaps grouped", texts, read_as=number_columns.shown(float(texts.iloc[0])))
        for texts in dotted.values()
        if len(set(texts)) > 1
    ]


def _check_quotes(file: CsvFile, table: pd.DataFrame) -> None:
    """Refuse a file in which a quote that is not closed swallows lines.

    Raises:
        UserError: a field holds lines that look like rows.
    """
    delimiter, n_between = file.written.delimiter, table.shape[1] - 1
    if file.source.quoting is not None or len(delimiter) > 1 or n_between == 0 or file.is_line_by_line(len(table)):
        return
    for name, values in table.select_dtypes("str").items():
        for row, value in values[values.str.count("\n") > _SWALLOWED].items():
            lines = value.split("\n")
            n_alike = sum(line.count(delimiter) == n_between for line in lines[1:-1])
            if n_alike >= max(_SWALLOWED, 0.9 * (len(lines) - 2)):
                raise UserError(
                    f"{file.path}: in row {row + 1} a field of '{name}' goes on over {len(lines)} lines, which look "
                    "like rows, so its quote is not closed; quoting: none beside file: takes quotes for letters like "
                    "others, and quoting: usual takes the field as it is"
                )
