"""What is not sure of dates: the century, which is the day, and whether numbers or texts are dates at all."""

import numpy as np
import pandas as pd

from stages.checks.every import Seen
from stages.parsing.dates import DAY_FIRST, MONTH_FIRST, are_dates, by_format, is_short, may_swap, moments_of
from stages.parsing.number_columns import odd
from stages.records.findings import Finding

_FORMS = {  # and how many letters dates of a form have at least
    **{"%d-%b": 5, "%d %b": 5, "%b %d": 5, "%d/%m": 3, "%m/%d": 3, "%d.%m.": 4, "%H%M": 4, "%b %d %H:%M:%S": 15},
    **{"%y%m%d": 6, "%d%m%y": 6, "%d%m%Y": 8, "%Y-%j": 8, "%Y-%m-%d %H": 12},
}
_OF_DIGITS = {  # by how many a number has
    **{6: ["%Y%m", "%y%m%d", "%d%m%y"], 7: ["%Y%j"], 8: ["%Y%m%d", "%d%m%Y"]},
    **{12: ["%Y%m%d%H%M"], 14: ["%Y%m%d%H%M%S"]},
}
_LEAST = 100_000  # of these
_YEARS = 1900, 2100  # between which years of numbers lie
_FEW = 10  # different values; fewer may be dates by chance


def find(seen: Seen) -> list[Finding]:
    """Of all features, and of targets that are dates."""
    findings = []
    for name in seen.used:
        values, kind = seen.columns[name]
        if kind == "date" and name not in seen.said and pd.api.types.is_string_dtype(seen.written[name]):
            findings += dates(seen.written[name], values)
    for values in (seen.columns[name][0] for name in seen.with_digits(seen.features)):
        findings += two_orders(values) or perhaps_of_a_form(values)
    may_be = seen.where(seen.of_kind(seen.features, "number"), _may_be_dates)
    return findings + [each for name in may_be for each in perhaps_dates(seen.columns[name][0])]


def _may_be_dates(numbers: np.ndarray) -> np.ndarray:
    """Which columns (n_rows, n_columns) hold only large numbers, or only what may be years."""
    are = numbers >= _LEAST, (numbers > _YEARS[0]) & (numbers < _YEARS[1])
    return np.logical_or(*((np.isnan(numbers) | each).all(axis=0) for each in are))


def dates(texts: pd.Series, days: pd.Series) -> list[Finding]:
    """What is not sure of texts that were taken for dates: the century, or which is the day.

    Args:
        texts: (n_rows,) as they are written.
        days: (n_rows,) what they were taken for.
    """
    present = np.flatnonzero(days.notna().to_numpy())
    if not len(present):
        return []
    cells, place = texts.to_numpy(object), present[0]
    first = texts.iloc[[place]]
    if is_short(cells[place]):
        return [odd("century", first, read_as=days.iloc[place].date())]
    may_be_two = may_swap(dict.fromkeys(cells[present]))
    return [odd("day or month", first, read_as=days.iloc[place].date())] if may_be_two else []


def perhaps_dates(values: pd.Series) -> list[Finding]:
    """Numbers that are all dates, written without marks, such as 20240131, or as a year and a month, 2024.01."""
    present = values.dropna()
    if present.nunique() < _FEW:
        return []
    if (present % 1).any():
        as_written, forms = present.map("{:.2f}".format).astype("str"), ["%Y.%m"]
        if (as_written.astype(np.float64) != present).any():
            return []
    else:
        as_written = present.astype(np.int64).astype("str")
        lengths = as_written.str.len()
        forms = _OF_DIGITS.get(lengths.iloc[0], []) if (lengths == lengths.iloc[0]).all() else []
    for form in forms:
        days = by_format(as_written, form)
        if days is not None and days.dt.year.between(*_YEARS).all():
            return [odd("perhaps dates", as_written, read_as=form)]
    return []


def two_orders(texts: pd.Series) -> list[Finding]:
    """Texts that are all dates, but some with the day first and some with the month."""
    present = texts.dropna()
    if len(present) < 2 or not are_dates(present).all():
        return []
    day_first, month_first = (
        ~np.isnat(moments_of(list(present), form, texts.name)) for form in (DAY_FIRST, MONTH_FIRST)
    )
    if day_first.all() or month_first.all():
        return []
    return [odd("two orders", pd.concat([present[~month_first].head(1), present[~day_first].head(1)]).sort_index())]


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
