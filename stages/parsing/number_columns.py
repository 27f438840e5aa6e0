"""Columns of texts that are numbers as people write them: which are, and what about them is not sure."""

import math
import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from stages.parsing import dates, durations
from stages.parsing.column_kinds import EXACT, Texts
from stages.parsing.numbers import CODE, OTHER_MARK, Looked, mark_of, may_be_codes, read, with_unit
from stages.records.findings import SHOWN_ROWS, Finding

_CODE, _BEGINS_WITH_0 = re.compile(CODE), re.compile("0[0-9]")
_GROUPED = re.compile(r"[-+]?[0-9]{1,3}(?:(?:,[0-9]{3})+(?:\.[0-9]+)?|(?:\.[0-9]{3})+(?:,[0-9]+)?)")
_LONGEST = 19  # digits of a whole number of 64 bits
_SAMPLE = 1000  # rows that show whether texts may be numbers at all
FEW = 20  # rows; among fewer, what is no number makes a column one of texts
MOST = 0.9  # share of numbers among which the others are taken for missing
DIFFER = 10  # numbers that differ; of no more they are labels


@dataclass(frozen=True)
class Decided:
    """What a column of texts was taken for.

    Attributes:
        are_numbers: whether they are numbers; if not, they stay texts.
        form: the unit behind each, or of durations one of `durations.FORMS`; None where there is neither.
        grouping: the mark that groups their digits as programs write them; empty where there is none.
        findings: what is odd about that.
    """

    are_numbers: bool
    form: str | None = None
    grouping: str = ""
    findings: list[Finding] = field(default_factory=list)


def decide(present: Texts, decimal: str, *, quoted: bool, forced: bool = False, sure: bool = False) -> Decided:
    """Whether texts are numbers.

    Args:
        present: (n_rows,) what it holds.
        decimal: the decimal mark of the file.
        quoted: whether a mark that groups digits cannot be mistaken for a delimiter's.
        forced: whether the parameters say that they are numbers.
        sure: whether the parameters say what the decimal mark is.
    """
    begin_with_0 = [text for text in present.different if _BEGINS_WITH_0.match(text)] if not forced else []
    if not len(present) or any(map(_CODE.fullmatch, begin_with_0)):
        return Decided(False)
    if begin_with_0 and dates.fit(present.different)[0]:
        return Decided(False)  # 01.2015
    sample = present.head(_SAMPLE)
    are_numbers = read(sample.different, decimal, are_numbers=forced, sure=sure).is_number
    if are_numbers[sample.codes].mean() < 0.5:
        decided = _durations_or_units(present, decimal, quoted=quoted, forced=forced)
        if decided.are_numbers or not (forced and are_numbers.any()):
            return decided
    mark = decimal if sure else mark_of(present.different, decimal, present.counts)
    looked = read(present.different, mark, are_numbers=forced, sure=sure)
    if not forced and _lose_digits(present.different):
        return Decided(False)
    others = present.where(~looked.is_number)
    if not (forced or _are_numbers(looked, len(present), len(others))):
        return Decided(False)
    if not forced and (doubt := _doubt(looked, present, mark, quoted=quoted)):
        return Decided(False, findings=[doubt])
    by_programs = looked.grouped & _is_grouped_only(present.different)
    by_programs &= not _are_of_two_marks(looked, present.different, mark)
    special = looked.is_number & ~looked.plain & ~by_programs
    findings = [_read(present.where(special), shown(looked.numbers[special][0]))] if special.any() else []
    findings += [odd("odd texts", others, n_of=len(present), read_as="numbers")] if len(others) else []
    return Decided(True, None, OTHER_MARK[mark] if by_programs.any() and not findings else "", findings)


def _durations_or_units(present: Texts, decimal: str, *, quoted: bool, forced: bool) -> Decided:
    if (times := durations.fit(present.different)) is not None:
        form, numbers = times
        return Decided(True, form, findings=[_read(present, f"{shown(numbers[0])} seconds")])
    if (found := with_unit(present.different, decimal, present.counts)) is None:
        return Decided(False)
    looked, unit = found
    if not forced and (doubt := _doubt(looked, present, decimal, quoted=quoted)):
        return Decided(False, findings=[doubt])
    return Decided(True, unit, findings=[_read(present, shown(looked.numbers[0]))])


def odd(kind: str, values: pd.Series | Texts, *, n_of: int = 0, read_as: object = "") -> Finding:
    """A finding about these values, whose index tells their rows."""
    examples = values.head(SHOWN_ROWS)
    examples = examples.as_written() if isinstance(examples, Texts) else examples
    rows = [int(row) + 1 for row in examples.index]
    return Finding(kind, str(values.name), [str(value) for value in examples], rows, len(values), n_of, str(read_as))


def shown(number: float) -> str:
    """A number as a finding shows it, with all digits that tell it from others."""
    short = f"{number:,.10g}"
    if float(short.replace(",", "")) == number or not math.isfinite(number):
        return short
    return f"{int(number):,}" if number == int(number) and abs(number) < EXACT else repr(float(number))


def _lose_digits(different: list[str]) -> bool:
    """Whether whole numbers are too long for 64 bits, and floats make others of them that are equal."""
    long = [text for text in different if len(text) > _LONGEST and text.lstrip("+-").isdecimal()]
    return len({float(text) for text in long}) < len(long)


def _are_numbers(looked: Looked, n_present: int, n_others: int) -> bool:
    """Whether texts are numbers although some are none, few among many that differ."""
    if not n_others:
        return True
    differ = len(np.unique(looked.numbers[looked.is_number])) > DIFFER
    return n_present >= FEW and n_others <= (1 - MOST) * n_present and differ


def _doubt(looked: Looked, present: Texts, decimal: str, *, quoted: bool) -> Finding | None:
    """What speaks against reading texts as the numbers that they seem to be."""
    is_number, marks = looked.is_number, looked.marks
    different = set(marks[is_number])
    if len(different - {""}) > 1 or (different & {"%", "‰"} and "" in different):
        ends = (present.where(is_number & (marks == sorted(different)[end])).head(1) for end in (-1, 0))
        return odd("doubtful", pd.concat([each.as_written() for each in ends]).sort_index())
    if may_be_codes(looked):
        of_code = looked.scales != ""
        return odd("doubtful", present.where(of_code).head(1), read_as=shown(looked.numbers[of_code][0]))
    if not (quoted or decimal == ",") and (looked.doubtful | ~is_number).all() and different <= {"", "%"}:
        return odd("doubtful", present.where(is_number).head(1), read_as=shown(looked.numbers[is_number][0]))
    return None


def _are_of_two_marks(looked: Looked, different: list[str], mark: str) -> bool:
    """Whether digits in groups have no decimal mark and all other numbers have, so that both may be one mark."""
    has_mark = np.array([mark in text for text in different], bool)
    grouped, others = has_mark[looked.grouped], has_mark[looked.is_number & ~looked.grouped]
    return len(grouped) > 0 and len(others) > 0 and not grouped.any() and bool(others.all())


def _is_grouped_only(different: list[str]) -> np.ndarray:
    """Which texts are digits in groups of three and no more, as programs write them too: bool (n_different,)."""
    return np.array([_GROUPED.fullmatch(text) is not None for text in different], bool)


def _read(texts: Texts, read_as: str) -> Finding:
    """That texts were read as numbers, and as which the first."""
    return odd("written", texts, read_as=read_as)
