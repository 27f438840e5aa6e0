"""What is not sure of dates: the century, which is the day, and whether numbers or texts are dates at all."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.parsing.dates import by_format, is_short, may_swap
from stages.parsing.number_columns import odd
from stages.records.findings import Finding

_FORMS = {  # and how many letters dates of a form have at least
    **{"%d-%b": 5, "%d %b": 5, "%b %d": 5, "%d/%m": 3, "%m/%d": 3, "%d.%m.": 4},
    **{"%y%m%d": 6, "%d%m%Y": 8, "%Y-%j": 8, "%Y-%m-%d %H": 12},
}
_OF_DIGITS = {6: "%Y%m", 8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}  # by how many a number has
_FIRST_MONTH = 190001
_FEW = 10  # different values; fewer may be dates by chance


def find(seen: Seen) -> list[Finding]:
    """Of all features, and of targets that are dates."""
    findings = []
    for name in seen.used:
        values, kind = seen.columns[name]
        if kind == "date" and name not in seen.said and pd.api.types.is_string_dtype(seen.written[name]):
            findings += dates(seen.written[name], values)
        elif kind == "category" and name in seen.features and name not in seen.said:
            findings += perhaps_of_a_form(values)
    names = [name for name in seen.features if seen.columns[name][1] == "number"]
    for some, numbers in seen.numbers(names):
        are_large = (np.isnan(numbers) | (numbers >= _FIRST_MONTH)).all(axis=0)
        findings += [each for name in np.array(some)[are_large] for each in perhaps_dates(seen.columns[name][0])]
    return findings


def dates(texts: pd.Series, days: pd.Series) -> list[Finding]:
    """What is not sure of texts that were taken for dates: the century, or which is the day.

    Args:
        texts: (n_rows,) as they are written.
        days: (n_rows,) what they were taken for.
    """
    present = texts[days.notna()].astype(str)
    if not len(present):
        return []
    first = present.head(1).rename(texts.name)
    read_as = days[first.index[0]].date()
    if is_short(first.iloc[0]):
        return [odd("century", first, read_as=read_as)]
    return [odd("day or month", first, read_as=read_as)] if may_swap(present) else []


def perhaps_dates(values: pd.Series) -> list[Finding]:
    """Whole numbers that are all dates, written without marks, such as 20240131."""
    least, most = f"{values.min():.0f}", f"{values.max():.0f}"
    form = _OF_DIGITS.get(len(least))
    if form is None or len(least) != len(most) or not "1900" <= least[:4] <= most[:4] <= "2100":
        return []
    present = values.dropna()
    if present.nunique() < _FEW or (present % 1).any():
        return []
    as_written = present.astype(np.int64).astype("str")
    return [] if by_format(as_written, form) is None else [odd("perhaps dates", as_written, read_as=form)]


def perhaps_of_a_form(texts: pd.Series) -> list[Finding]:
    """Texts that are no dates by themselves, and all are by a form that the parameters may say."""
    present = texts.dropna()
    if present.nunique() < _FEW or not any(map(str.isdigit, present.iloc[0])):
        return []
    shortest = present.str.len().min()
    form = next(
        (form for form, least in _FORMS.items() if least <= shortest and by_format(present, form) is not None), None
    )
    return [odd("perhaps of a form", present.head(1), read_as=form)] if form else []
