"""The table of a CSV file, whoever wrote it: what is missing, what is a number, which rows are no data."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing import column_names, number_columns
from stages.parsing.delimited import odd_rows
from stages.parsing.delimited.dialect import is_expression
from stages.parsing.delimited.file import CsvFile
from stages.parsing.numbers import LONG, PLAIN, are_numbers
from stages.records.datasets import CsvFormat
from stages.records.findings import SHOWN_ROWS, Finding

_SEARCHED = 10_000  # rows that are searched for codes
_THREE_DIGITS = r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+"
_SWALLOWED = 3  # lines in a field that look like rows


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
    findings += [
        *_short_rows(file, table, ~np.isin(places, source.drop_rows)),
        *_perhaps_grouped(head, table, file.written),
    ]
    findings = [replace(each, rows=[int(places[row - 1]) for row in each.rows]) for each in findings]
    if left_out.any():
        findings = [each for each in findings if each.kind != "perhaps total" or each.rows[0] not in source.drop_rows]
        table, places = table[~left_out].reset_index(drop=True), places[~left_out]
        texts = table.select_dtypes("str")
        table[list(texts)] = _typed(texts, kept, file.written.decimal)
    return Parsed(table, file.written, places, [*in_heading, *findings, *_numbers_in_heading(table, source)])


def as_texts(file: CsvFile) -> Parsed:
    """A file's cells and headings as they are written, also blanks before them, of which no table that is read has any.

    Only where quotes stand behind such blanks, these are no part of the cells.
    """
    has_heading = file.source.header != "none"

    def read(**settings: Any) -> pd.DataFrame:
        settings |= {"dtype": "str", "na_values": [""]}
        if not has_heading:
            return file.pandas(header=None, **settings).fillna("")
        # below a heading a delimiter at the end of each row makes no column
        heading = file.pandas(header=None, nrows=1, **settings)
        below = file.pandas(header=0, names=range(heading.shape[1]), **settings)
        return pd.concat([heading, below], ignore_index=True).fillna("")

    def without_blanks(texts: pd.DataFrame) -> pd.DataFrame:
        return texts.apply(lambda column: column.str.lstrip(" "))

    cells = None
    with suppress(UserError):  # what pandas makes of quotes that stand in a cell
        cells = read(skipinitialspace=False)
    if cells is None or not (stripped := without_blanks(cells)).equals(cells):
        known = read()
        cells = cells if cells is not None and stripped.equals(without_blanks(known)) else known
    names = list(cells.iloc[0]) if has_heading else [f"column_{number}" for number in range(1, cells.shape[1] + 1)]
    table = cells.iloc[int(has_heading) :].set_axis(names, axis=1).reset_index(drop=True)
    return Parsed(table, file.written, np.arange(1, len(table) + 1))


def _typed(texts: pd.DataFrame, kept: set[str], decimal: str) -> pd.DataFrame:
    """Columns of texts, but those to keep, as numbers where all are as programs write them, and no codes and not long.

    All cells are looked at together, which a table of thousands of columns makes worth while.
    """
    if not len(texts):
        return texts
    cells = pd.Series(texts.to_numpy(object).ravel(order="F"), dtype="str").str.strip()
    is_empty = cells.isna().to_numpy()
    is_code, is_long = (cells.str.fullmatch(form).to_numpy(bool, na_value=False) for form in (r"0\d.*", LONG))
    plain = is_empty | cells.str.fullmatch(PLAIN[decimal]).to_numpy(bool, na_value=False) & ~is_code & ~is_long
    numbers = cells.where(plain).str.replace(decimal, ".", regex=False).to_numpy(object, na_value="nan")
    is_whole = cells.str.fullmatch(r"[-+]?\d+").to_numpy(bool, na_value=False)
    are_plain, are_whole = (each.reshape(len(texts), -1, order="F").all(axis=0) for each in (plain, is_whole))
    are_plain &= ~texts.columns.isin(kept)
    by_column = numbers.reshape(len(texts), -1, order="F")
    whole, others = are_plain & are_whole, are_plain & ~are_whole
    frames = [
        pd.DataFrame(by_column[:, is_it].astype(kind), texts.index, texts.columns[is_it])
        for is_it, kind in ((whole, np.int64), (others, np.float64))
    ]
    return pd.concat([*frames, texts.loc[:, ~are_plain]], axis=1)[list(texts)]


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


def _short_rows(file: CsvFile, table: pd.DataFrame, kept: np.ndarray) -> list[Finding]:
    """Rows that are kept, bool (n_rows,), with fewer fields than the heading has names."""
    names = column_names.filled(table)
    may_be = kept & table[names[-1]].isna().to_numpy() if names and len(file.written.delimiter) == 1 else np.array([])
    if not may_be.any():
        return []
    short = np.flatnonzero(may_be)[file.n_fields(may_be) <= table.columns.get_loc(names[-1])]
    return (
        [Finding("short rows", "", [], (short[:SHOWN_ROWS] + 1).tolist(), len(short), len(table))] if len(short) else []
    )


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
