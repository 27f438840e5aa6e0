"""How a CSV file is written: its delimiter, its decimal mark, and the lines before its heading."""

import csv
import io
import re
from itertools import islice, zip_longest
from typing import Any

import pandas as pd

from stages.params.source import Table
from stages.parsing.column_kinds import MISSING
from stages.parsing.numbers import OTHER_MARK, are_numbers, look
from stages.records.datasets import CsvFormat

_DELIMITERS, _RARE = ",;\t|", "~^\x01\x1f"
_RECORDS = 200  # that show how a file is written
_NUMBERS = 0.5  # share of the fields that are, where blanks part them
_FIRST_LINE = re.compile(r'"?sep=([^\r\n\0"])"?\r?\n')  # what Excel takes the delimiter from


def sniff(head: str, encoding: str, source: Table, *, whole: bool = True) -> CsvFormat:
    """How a CSV file is written, by its first lines where its source does not say it.

    The delimiter is the one that cuts the lines into the most fields, as many in (almost) each.

    Args:
        head: the beginning of the file.
        encoding: of the file.
        source: the parameters, whose delimiter and decimal mark hold.
        whole: whether `head` is the whole file; if not, its last line may be cut.
    """
    head, delimiter, skipped = head.removeprefix("\ufeff"), source.delimiter, 0
    if match := _FIRST_LINE.match(head):
        head, delimiter, skipped = head[match.end() :], delimiter or match[1], 1
    if source.skip:
        head, skipped = "".join(head.splitlines(keepends=True)[source.skip :]), skipped + source.skip
    settings = {"whole": whole, "quoting": quoting_of(source)}
    marks = _DELIMITERS if delimiter is None else [delimiter]
    before = {mark: 0 if source.skip is not None else _preamble(head, mark, **settings) for mark in marks}
    heads = {mark: "".join(head.splitlines(keepends=True)[lines:]) if lines else head for mark, lines in before.items()}
    mark = delimiter or max(marks, key=lambda mark: _fields(_records(heads[mark], mark, **settings)))
    head, skipped = heads[mark], skipped + before[mark]
    if delimiter is None and mark not in head:
        head, mark, delimiter = _of_others(head, **settings) or (head, mark, mark)
    delimiter, decimal = delimiter or mark, source.decimal
    if decimal is None:
        may_be_comma = delimiter != "," and len(mark) == 1
        decimal = _decimal(_records(head, mark, **settings)[1:]) if may_be_comma else "."
    return CsvFormat(delimiter, encoding, decimal, skipped=skipped)


def _of_others(head: str, **settings: Any) -> tuple[str, str, str] | None:
    """The head of a file whose fields blanks or rare marks part, the mark in it, and the delimiter; else None.

    Several blanks are as good as one, and most fields are numbers, since texts have blanks too.
    """
    by_blanks = "\n".join(" ".join(line.split()) for line in head.splitlines())
    for text, mark, delimiter in ((by_blanks, " ", r"\s+"), *((head, mark, mark) for mark in _RARE)):
        rows = _records(text, mark, **settings)
        is_cut = len(rows) > 1 and len(rows[0]) > 1 and len(set(map(len, rows))) == 1
        if is_cut and are_numbers([field.strip() for row in rows[1:] for field in row]).mean() >= _NUMBERS:
            return text, mark, delimiter
    return None


def lines_before(head: str, source: Table, written: CsvFormat) -> int:
    """How many lines before the heading were taken for no part of the table."""
    has_first = _FIRST_LINE.match(head.removeprefix("\ufeff")) is not None
    return written.skipped - has_first - (source.skip or 0)


def quoting_of(source: Table) -> int:
    """Whether quotes may stand around fields, as `csv` has it."""
    return csv.QUOTE_NONE if source.quoting == "none" else csv.QUOTE_MINIMAL


def is_expression(csv_format: CsvFormat) -> bool:
    """Whether the delimiter takes pandas' Python engine, which puts points for decimal commas in texts too."""
    return len(csv_format.delimiter.encode()) > 1 and csv_format.delimiter != r"\s+"


def _decimal(rows: list[list[str]]) -> str:
    """The decimal mark of the fields of a file's rows.

    First by numbers that only one mark can have: 1.5, 0.125 and 1,234.5 have a point and no comma,
    1.234.567 has a comma. 1.680 leaves doubt, but not in a column whose numbers below a thousand are all
    whole, so next by columns that show groups of digits. Last by which mark there is more of.
    """
    columns = [[field.strip() for field in column] for column in zip_longest(*rows, fillvalue="")]
    columns = [[field for field in column if field not in MISSING] for column in columns]
    fields = pd.Series([field for column in columns for field in column], dtype="str")
    fields = fields[fields.str.contains(r"[.,]")]
    numbers = {mark: look(fields, mark).is_number for mark in OTHER_MARK}
    votes = {mark: (numbers[mark] & ~numbers[OTHER_MARK[mark]]).sum() for mark in OTHER_MARK}
    if not any(votes.values()):
        votes = {mark: sum(_shows_groups(column, OTHER_MARK[mark]) for column in columns) for mark in OTHER_MARK}
    if not any(votes.values()):
        votes = {mark: fields[numbers["."]].str.contains(mark, regex=False).sum() for mark in OTHER_MARK}
    return "," if votes[","] > votes["."] else "."


def _shows_groups(fields: list[str], mark: str) -> bool:
    """Whether a column's whole numbers are grouped by a mark from a thousand on, and some are below."""
    if not all(re.fullmatch(rf"[-+]?(?:0|[1-9][0-9]{{0,2}}(?:[{mark}][0-9]{{3}})*)", field) for field in fields):
        return False
    return len({mark in field for field in fields}) == 2


def _records(head: str, delimiter: str, *, whole: bool, quoting: int) -> list[list[str]]:
    """The first records, without the last where the head of a file may have cut it."""
    return [row for row, _ in _numbered(head, delimiter, whole=whole, quoting=quoting)]


def _numbered(head: str, delimiter: str, *, whole: bool, quoting: int) -> list[tuple[list[str], int]]:
    """The first records, each with the number of the line that it ends in."""
    blanks = delimiter != " "
    rows = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter, skipinitialspace=blanks, quoting=quoting)
    records = list(islice(((row, rows.line_num) for row in rows if row), _RECORDS))
    return records if whole or len(records) < 2 else records[:-1]


def _preamble(head: str, delimiter: str, **settings: Any) -> int:
    """How many lines before the heading are no part of the table, such as a title and a date.

    The first has half of the fields of the rows or fewer, or ends before them. What follows is a heading: names that
    differ.
    """
    records = _numbered(head, delimiter, **settings) if len(delimiter) == 1 else []
    filled = [sum(field.strip() != "" for field in row) for row, _ in records]
    if len(records) < 3:
        return 0
    usual = sorted(filled)[len(filled) // 2]
    is_padded = len(records[0][0]) == len(records[-1][0])
    most = usual / 2 if is_padded else 0.8 * usual
    if usual < (3 if is_padded else 2) or filled[0] > most or filled[0] == usual:
        return 0
    first = next(index for index, count in enumerate(filled) if count >= 0.8 * usual)
    heading = [field.strip() for field in records[first][0]]
    names = [field for field in heading if field]
    is_heading = len(names) >= 0.8 * usual and len(set(names)) == len(names) and not are_numbers(names).any()
    below = [field.strip() for row, _ in records[first + 1 :] for field in row]
    return records[first - 1][1] if is_heading and are_numbers(below).any() else 0


def _fields(rows: list[list[str]]) -> tuple[int, int]:
    """How well a delimiter cuts rows, to be compared: the heading's fields if (almost) all rows have as many, or 0.

    Second, for delimiters that are equal so far, the heading's fields whatever the rows have.
    """
    if not rows:
        return 0, 0
    n_fields = len(rows[0])
    agree = sum(len(row) == n_fields for row in rows) >= 0.9 * len(rows)
    return (n_fields if agree and n_fields > 1 else 0), n_fields
