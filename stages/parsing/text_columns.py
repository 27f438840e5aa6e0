"""Columns of texts that are numbers as people write them: which are, and what about them is not sure."""

import numpy as np
import pandas as pd

from stages.parsing.csv_format import ungrouped
from stages.parsing.written_numbers import HOURS, MINUTES, OTHER_MARK, Written, look, seconds, unit_of, with_unit
from stages.records.datasets import CsvFormat
from stages.records.findings import SHOWN_ROWS, Finding, Odd

ERRORS = ["#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!"]  # what a spreadsheet could not calculate
_SAMPLE = 1000  # rows that show whether texts may be numbers at all
_FEW = 20  # rows; among fewer, what is no number makes a column one of texts
_MOST = 0.9  # share of numbers among which the others are taken for missing


def numbers(texts: pd.Series, written: CsvFormat, *, forced: bool = False) -> tuple[pd.Series | None, list[Finding]]:
    """A column of texts as numbers, where they are numbers, and what is odd about that.

    Args:
        texts: (n_rows,) without blanks around them; what is missing is missing.
        written: how the file is written, with its decimal mark.
        forced: whether the parameters say that they are numbers.

    Returns:
        The numbers; None where they stay texts.
    """
    present = texts.dropna()
    if not len(present):
        return None, []
    if (plain := ungrouped(texts, written)) is not None:
        return plain, []
    decimal = _decimal(present.head(_SAMPLE), written)
    if decimal is None:
        if (times := seconds(present)) is not None:
            return _whole(_in_rows(times, present, texts)), [_read(present, f"{shown(times[0])} seconds")]
        looked = with_unit(present, written.decimal)
        if looked is None:
            return None, []
        if not forced and (doubt := _doubt(looked, present, written, written.decimal)):
            return None, [doubt]
        return _whole(_in_rows(looked.numbers, present, texts)), [_read(present, shown(looked.numbers[0]))]
    looked = look(present, decimal)
    is_number = looked.is_number
    others = present[~is_number]
    if not (forced or _are_numbers(looked, others)) or (looked.plain.all() and not forced):
        return None, []  # what a program wrote is read by one
    if not forced and (doubt := _doubt(looked, present, written, decimal)):
        return None, [doubt]
    return _whole(_in_rows(looked.numbers, present, texts)), [
        *_as_written(looked, present),
        *_odd(others, len(present)),
    ]


def odd(kind: Odd, values: pd.Series, *, n_of: int = 0, read_as: object = "") -> Finding:
    """A finding about these values, whose index tells their rows."""
    shown = values.head(SHOWN_ROWS)
    rows = [int(row) + 1 for row in shown.index]
    return Finding(kind, str(values.name), [str(value) for value in shown], rows, len(values), n_of, str(read_as))


def form_of(finding: Finding, decimal: str) -> str | None:
    """What few new rows could not tell of numbers that are written so: the unit, or what a time begins with."""
    example = finding.examples[0]
    if example.count(":") != 1:
        return unit_of(example, decimal)
    first = seconds(pd.Series([example]), are_hours=True)
    return None if first is None else HOURS if finding.read_as == f"{shown(first[0])} seconds" else MINUTES


def shown(number: float) -> str:
    """A number as a finding shows it."""
    return f"{number:,.10g}"


def _decimal(sample: pd.Series, written: CsvFormat) -> str | None:
    """The decimal mark with which most texts are numbers; another than the file's where they have both marks."""
    if look(sample, written.decimal).is_number.mean() >= 0.5:
        return written.decimal
    other = OTHER_MARK[written.decimal]
    looked = look(sample, other)
    has_both = looked.grouped & ~looked.doubtful & sample.str.contains(other, regex=False).to_numpy(bool)
    return other if looked.is_number.mean() >= _MOST and has_both.any() else None


def _are_numbers(looked: Written, others: pd.Series) -> bool:
    """Whether texts are numbers although some are none: spreadsheets' errors, or few among many that differ."""
    n_present = len(looked.numbers)
    if not len(others):
        return True
    if others.isin(ERRORS).all():
        return len(others) <= n_present / 2
    differ = len(np.unique(looked.numbers[looked.is_number])) > 10
    return n_present >= _FEW and len(others) <= (1 - _MOST) * n_present and differ


def _doubt(looked: Written, present: pd.Series, written: CsvFormat, decimal: str) -> Finding | None:
    """What speaks against reading texts as the numbers that they seem to be."""
    is_number, marks = looked.is_number, looked.marks
    different = set(marks[is_number])
    if len(different - {""}) > 1 or ("%" in different and "" in different):
        first = present[is_number & (marks == sorted(different)[-1])].head(1)
        other = present[is_number & (marks == sorted(different)[0])].head(1)
        return odd("doubtful", pd.concat([first, other]).sort_index())
    quoted = written.delimiter == "," or decimal == ","
    if not quoted and (looked.doubtful | ~is_number).all() and different <= {"", "%"}:
        first = present[is_number].head(1)
        return odd("doubtful", first, read_as=shown(looked.numbers[is_number][0]))
    return None


def _as_written(looked: Written, present: pd.Series) -> list[Finding]:
    special = looked.is_number & ~looked.plain & ~(looked.grouped & _is_grouped_only(present))
    if not special.any():
        return []
    return [_read(present[special], shown(looked.numbers[special][0]))]


def _is_grouped_only(present: pd.Series) -> np.ndarray:
    """Which texts are digits in groups of three and no more, as programs write them too: bool (n_rows,)."""
    return present.str.fullmatch(r"[-+]?\d{1,3}(?:(?:,\d{3})+(?:\.\d+)?|(?:\.\d{3})+(?:,\d+)?)").to_numpy(bool)


def _odd(others: pd.Series, n_present: int) -> list[Finding]:
    return [odd("odd texts", others, n_of=n_present)] if len(others) else []


def _read(texts: pd.Series, read_as: str) -> Finding:
    """That texts were read as numbers, and as which the first."""
    return odd("written", texts, read_as=read_as)


def _in_rows(numbers: np.ndarray, present: pd.Series, texts: pd.Series) -> pd.Series:
    """The numbers of the texts that are present, in the rows of all."""
    values = pd.Series(np.nan, texts.index)
    values[present.index] = numbers
    return values


def no_number(texts: pd.Series) -> Finding:
    """The first of texts that are said to be numbers which is none."""
    present = texts.dropna().astype(str).str.strip()
    return odd("mixed", present[~look(present, ".").is_number])


def _whole(values: pd.Series) -> pd.Series:
    """Numbers as whole ones where all are."""
    is_whole = values.notna().all() and (values.abs() < 2**53).all() and not (values % 1).any()
    return values.astype(np.int64) if is_whole else values
