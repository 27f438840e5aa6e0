"""The table of a CSV file, whoever wrote it: what is missing, what is a number, which rows are no data."""

import csv
import io
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.params.source import EVERY, Table
from stages.parsing import column_names, odd_rows, text_columns
from stages.parsing.csv_format import CODE, MISSING, grouping_mark, is_expression
from stages.parsing.dates import as_dates
from stages.parsing.file_kinds import Opener, as_csv, first_line, refusals
from stages.records.datasets import CsvFormat
from stages.records.findings import Finding

_SEARCHED = 10_000  # rows that are searched for codes
_THREE_DIGITS = r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+"
_SWALLOWED = 3  # lines in a field that look like rows


@dataclass(frozen=True)
class Parsed:
    """A file that was read.

    Attributes:
        table: its rows, counted from 0.
        written: how it is written.
        rows: int (n_rows,): where each row stands in the file, counted from 1 for the first below the heading.
        findings: what is odd about it.
    """

    table: pd.DataFrame
    written: CsvFormat
    rows: np.ndarray
    findings: list[Finding] = field(default_factory=list)


class NotTextError(Exception):
    """A file is not written in an encoding."""


@dataclass(frozen=True)
class CsvFile:
    """A CSV file that can be opened, and what the parameters say of it."""

    path: Path
    opener: Opener
    written: CsvFormat
    source: Table

    def pandas(self, **settings: Any) -> pd.DataFrame:
        """Read it by pandas, which takes no string for missing unless the settings say so.

        Raises:
            UserError: it is damaged, or its rows do not fit together.
            NotTextError: it is not written in its encoding.
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
            "skipinitialspace": written.delimiter != " ",  # between blanks two of them are an empty field
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
        except UnicodeError as error:
            raise NotTextError(written.encoding) from error
        except tuple(refused) as error:
            raise UserError(f"{refusal}{first_line(error)}{_way_out(error)}") from error

    def heading(self) -> dict[str, Any]:
        """What tells pandas the names of the columns.

        Raises:
            UserError: a name stands twice.
        """
        first = self.pandas(header=None, nrows=1, dtype="str").iloc[0]
        if self.source.header == "none":
            return {"header": None, "names": [f"column_{number}" for number in range(1, len(first) + 1)]}
        check_unique([name for name in first if name], self.path)  # pandas renames what stands twice
        return {}


def _way_out(error: Exception) -> str:
    """Which key gets further where a file's rows do not fit together."""
    message = str(error)
    if "EOF inside string" in message:
        return "; a quote is not closed: quoting: none beside file: takes quotes for letters like others"
    if "Expected" in message and "saw" in message:
        return "; say how it is written with delimiter:, skip: or quoting: beside file:"
    return ""


def check_unique(names: list[str], path: Path) -> None:
    """Refuse names of columns of which one stands twice."""
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise UserError(f"{path}: column '{twice[0]}' stands twice; rename one")


def parse(file: CsvFile, texts: Iterable[str]) -> Parsed:
    """The table of a CSV file, with the mark of thousands in its format if a column has one.

    An empty field is missing everywhere; the strings that mean missing are so in a column that else holds no texts.

    Args:
        file: what to read.
        texts: columns to keep as texts.
    """
    source, heading = file.source, file.heading()
    head = file.pandas(nrows=_SEARCHED, dtype="str", na_values=[""], **heading)
    kinds = column_names.by_column(source.columns, head.columns)
    nothing = {name: ["", *map(str, each)] for name, each in words_for_nothing(source, head.columns).items()}
    codes = [name for name, values in head.items() if values.str.strip().str.fullmatch(CODE).any()]
    kept = [name for name, kind in kinds.items() if kind != "number"]
    as_texts = dict.fromkeys([*texts, *codes, *kept], "str")
    # a list holds for the fields left over behind the last column as well
    differ = set(source.missing) - {EVERY}
    na_values = nothing if differ else ["", *map(str, source.missing.get(EVERY, []))]
    table = file.pandas(dtype=as_texts, na_values=na_values, **heading)
    _check_quotes(file, table)
    if not is_expression(file.written):
        no_data, findings = odd_rows.find(table)
        left_out = no_data | np.isin(np.arange(1, len(table) + 1), source.drop_rows)
        if left_out.any():
            return _without(file, left_out, findings, texts, heading)
    else:
        findings = []
    findings += [*_numbers_in_heading(table, source), *_perhaps_grouped(head, table, file.written)]
    forced = {name for name, kind in kinds.items() if kind == "number"}
    columns = [name for name in table.select_dtypes("str") if name in forced or name not in as_texts]
    settled = _settled(file.written, table[columns], forced)
    table[list(settled.numbers)] = pd.DataFrame(settled.numbers)
    if words := {name: [*nothing[name], *empty] for name, empty in settled.empty.items() if len(empty)}:
        without = file.pandas(usecols=list(words), na_values=words, **heading)
        plain = [name for name in words if holds(without[name]) != "texts"]
        table[plain] = without[plain]
    return Parsed(table, settled.written, np.arange(1, len(table) + 1), [*findings, *settled.findings])


def words_for_nothing(source: Table, columns: Iterable[str]) -> dict[str, list[str | int | float]]:
    """By column, what the parameters say that stands for nothing."""
    own = column_names.by_column(source.missing, columns)
    return {name: [*source.missing.get(EVERY, []), *own.get(name, [])] for name in columns}


@dataclass(frozen=True)
class Settled:
    """Columns of texts that were looked at.

    Attributes:
        numbers: the columns that are numbers.
        empty: of the others, the strings in them that mean missing among numbers.
        written: how the file is written, with the mark of thousands if a column has one.
        findings: what is odd about the numbers.
    """

    numbers: dict[str, pd.Series]
    empty: dict[str, np.ndarray]
    written: CsvFormat
    findings: list[Finding]


def _settled(written: CsvFormat, texts: pd.DataFrame, forced: set[str]) -> Settled:
    """Find out which columns of texts hold numbers."""
    numbers, empty, findings = {}, {}, []
    for name, values in texts.items():
        stripped = values.str.strip()
        missing = stripped.isin(MISSING)
        made, odd = None, []
        if not is_expression(written):
            made, odd = text_columns.numbers(stripped.mask(missing), written, forced=name in forced)
        findings += odd
        if made is None:
            empty[name] = values[missing].unique()
            continue
        numbers[name] = made
        if not odd:
            written = replace(written, thousands=grouping_mark(written))
    return Settled(numbers, empty, written, findings)


def _without(
    file: CsvFile, left_out: np.ndarray, findings: list[Finding], texts: Iterable[str], heading: dict[str, Any]
) -> Parsed:
    """The table of a file without some of its rows, whose columns may then be numbers."""
    rows = file.pandas(dtype="str", na_values=[""], **heading)
    content = as_csv(rows[~left_out])
    written = replace(file.written, delimiter=",", encoding="utf-8", skipped=0)
    source = file.source.model_copy(update={"drop_rows": [], "header": "first", "quoting": "usual"})
    parsed = parse(CsvFile(file.path, lambda: io.BytesIO(content), written, source), texts)
    kept = np.flatnonzero(~left_out) + 1
    others = [
        replace(finding, rows=[int(kept[row - 1]) for row in finding.rows])
        for finding in parsed.findings
        if finding.kind not in {"perhaps total"}
    ]
    own = replace(file.written, thousands=parsed.written.thousands)
    return Parsed(parsed.table, own, kept[parsed.rows - 1], [*findings, *others])


def _numbers_in_heading(table: pd.DataFrame, source: Table) -> list[Finding]:
    """That a heading may be a row, since all of its names are numbers."""
    numbers = pd.to_numeric(pd.Series(table.columns, dtype="str"), errors="coerce")
    if source.header == "none" or len(numbers) < 2 or numbers.isna().any() or (numbers % 1 == 0).all():
        return []
    return [Finding("no heading", examples=list(table.columns[:3]))]


def _perhaps_grouped(head: pd.DataFrame, table: pd.DataFrame, written: CsvFormat) -> list[Finding]:
    """Numbers such as ``6.169`` in a file none of whose numbers tells whether a dot parts thousands.

    Args:
        head: the first rows, as they are written.
        table: the rows as they were read.
        written: how the file is written.
    """
    if written.decimal != "." or is_expression(written):
        return []
    dotted = {name: head[name].dropna().str.strip() for name in table.select_dtypes("float")}
    dotted = {name: texts[texts.str.contains(".", regex=False)] for name, texts in dotted.items()}
    dotted = {name: texts for name, texts in dotted.items() if len(texts)}
    if not all(texts.str.fullmatch(_THREE_DIGITS).all() for texts in dotted.values()):
        return []  # a dot is the decimal mark
    return [
        text_columns.odd("perhaps grouped", texts, read_as=text_columns.shown(float(texts.iloc[0])))
        for texts in dotted.values()
        if len(set(texts)) > 1
    ]


def _check_quotes(file: CsvFile, table: pd.DataFrame) -> None:
    """Refuse a file in which a quote that is not closed swallows lines.

    Raises:
        UserError: a field holds lines that look like rows.
    """
    delimiter, n_between = file.written.delimiter, table.shape[1] - 1
    if file.source.quoting is not None or len(delimiter) > 1 or n_between == 0:
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


def holds(values: pd.Series) -> str:
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
