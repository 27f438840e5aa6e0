"""A CSV file as it lies on disk: its heading, its records, and what is wrong where they do not fit together."""

import csv
import io
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, compress, islice, repeat
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing.column_names import check_unique
from stages.parsing.delimited.dialect import is_expression, quoting_of
from stages.parsing.file_kinds import Opener, first_line, refusals
from stages.parsing.numbers import are_numbers
from stages.records.datasets import CsvFormat, unique
from stages.records.findings import Finding

_RECORDS = 50  # that show whether rows have names
_MOSTLY = 0.5  # share of numbers among names that may be a row
_CHUNK = 1 << 20  # bytes
_SHOWN = 40  # characters of a line


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
            "quoting": quoting_of(self.source),
        } | settings
        refusal = f"{self.path} cannot be read as CSV: "
        try:
            with refusals(self.path, "CSV", pd.errors.EmptyDataError), warnings.catch_warnings():
                # without an index column pandas warns of fields left over
                warnings.simplefilter("error", pd.errors.ParserWarning)
                with self.opener() as file:
                    return pd.read_csv(file, index_col=False, keep_default_na=False, **engine, **settings)
        except pd.errors.ParserWarning as error:
            raise UserError(f"{refusal}{self._long_row() or 'its rows have more fields than its heading'}") from error
        except tuple(refused) as error:
            is_long = "Expected" in str(error) and "saw" in str(error)
            said = self._long_row() if is_long else None
            raise UserError(f"{refusal}{said or first_line(error) + _way_out(error)}") from error

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

    def records(self, lines: Iterable[str]) -> Iterator[list[str]]:
        """What Python's own reader makes of lines."""
        mark = self.written.delimiter
        return csv.reader(lines, delimiter=mark, quoting=quoting_of(self.source), skipinitialspace=mark != " ")

    def filled(self) -> Iterator[tuple[int, list[str]]]:
        """The records from the heading on, but for empty lines, which count."""
        with self.opener() as file, io.TextIOWrapper(file, self.written.encoding, newline="") as text:
            for _ in range(self.written.skipped):
                text.readline()
            for at, record in enumerate(self.records(text)):
                if len(record) > 1 or "".join(record).strip():
                    yield at, record

    def n_fields(self, rows: np.ndarray) -> np.ndarray:
        """How many fields these of all rows, bool (n_rows,), have: int, one for each."""
        first = int(self.source.header != "none")
        if not self.is_line_by_line(len(rows)):
            return np.array([len(record) for _, record in self.filled()])[first:][rows]
        with self.opener() as file:
            lines = list(compress(file, chain(repeat(False, self.written.skipped + first), rows.tolist())))
        return np.array([len(record) for record in self.records(line.decode(self.written.encoding) for line in lines)])

    def places(self, n_rows: int) -> np.ndarray:
        """Where each of so many rows stands, counted from 1 for the first below the heading, empty lines too."""
        first = int(self.source.header != "none")
        if self.is_line_by_line(n_rows) or len(self.written.delimiter) > 1:
            return np.arange(1, n_rows + 1)
        filled = [at for at, _ in self.filled()]
        return np.array(filled[first:])[:n_rows] - filled[0] + 1 - first

    def is_line_by_line(self, n_rows: int) -> bool:
        """Whether each of so many rows is a line: none is empty, and no field goes on over lines."""
        return self.n_lines == self.written.skipped + int(self.source.header != "none") + n_rows

    def _long_row(self) -> str | None:
        """Which row has more fields than the heading, and the way out; None where Python's own reader sees none."""
        if len(self.written.delimiter) > 1:
            return None
        records = self.filled()
        try:
            first, heading = next(records, (0, []))
            place, long = next(((at - first, each) for at, each in records if len(each) > len(heading)), (0, []))
        except csv.Error:
            return None
        if not long:
            return None
        place, of = (place + 1, "first row") if self.source.header == "none" else (place, "heading")
        mark = self.written.delimiter
        return (
            f"row {place:,} has {len(long)} fields, and the {of} {len(heading)}: {_shown(mark.join(long))}; put cells "
            f"that hold {mark!r} into quotes, or say how the file is written with delimiter:, skip: or quoting: beside "
            "file:"
        )

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
        with suppress(csv.Error):
            rows = [record for _, record in islice(self.filled(), 1, _RECORDS)]
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


def _shown(line: str) -> str:
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")
