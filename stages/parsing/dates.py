"""Columns of dates: they agree on the order of day and month, which alone cannot be told from a date by itself."""

import calendar
import re
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from stages.parsing import date_grammar

NAMED, ISO, DAY_FIRST, MONTH_FIRST = "named", "ISO8601", "day first", "month first"  # how a column's dates are written
ORDERS = {DAY_FIRST: MONTH_FIRST, MONTH_FIRST: DAY_FIRST}  # by each the other
LAST_YEAR = 2035  # a year of two digits that would lie beyond it is of the century before
_LAST_DATE = np.datetime64(f"{LAST_YEAR}-12-31T23:59:59.999999")
_AHEAD = re.compile(r"(?i)expir|matur|due|until|valid|end")  # columns in which they may
_SAMPLE = 100  # different texts that show whether a column may hold dates at all
_MANY = 2000  # different texts, of which those written alike are read at once
_SWAPPED = re.compile(r"^\s*(\d{1,2})[-/ ](\d{1,2})[-/ ](?:\d{4}|\d\d)(?:\D.*)?$")


def as_dates(texts: pd.Series) -> pd.Series | None:
    """Texts that are all dates as dates, datetime64[us] without a zone; None when they are not."""
    codes, different = pd.factorize(texts.astype("str").to_numpy(object))
    moments = fit(different, texts.name)[1]
    return None if moments is None else pd.Series(moments[codes], texts.index, name=texts.name)


def fit(texts: Iterable[str], name: object = "") -> tuple[str | None, np.ndarray | None]:
    """How texts that differ, none missing, are written as dates; and datetime64[us] (n_texts,) without a zone.

    None where they are not all dates, as of a column of this name. Where either order of day and month would do, the
    day stands first before a point and the month elsewhere.
    """
    texts = [text.strip() for text in texts]
    sample = texts[:_SAMPLE]
    if not texts or not all(map(date_grammar.match, sample)):
        return None, None
    orders = (True, False) if "." in sample[0] else (False, True)
    for day_first in orders:
        if all(date_grammar.moment(text, day_first=day_first) is not None for text in sample):
            moments = _read(texts, day_first=day_first)
            if not np.isnat(moments).any():
                return _form(texts, day_first=day_first), in_their_century(moments, texts, name)
    return None, None


def _form(texts: Iterable[str], *, day_first: bool) -> str:
    groups = {match.re: match.re.groupindex for text in texts if (match := date_grammar.match(text))}.values()
    if any("one" in each for each in groups):
        return DAY_FIRST if day_first else MONTH_FIRST
    return ISO if all("mark" in each for each in groups) else NAMED


def moments_of(texts: Sequence[str], form: str, name: object) -> np.ndarray:
    """New texts as dates, datetime64[us] (n_texts,), where it is known how dates of their column are written.

    NaT where one is no such date.

    A date that leaves no doubt is one however the others are written.

    Args:
        texts: none missing.
        form: what `fit` gave for those known, or a format of ``strptime``.
        name: of the column.
    """
    texts = [text.strip() for text in texts]
    if "%" not in form:
        day_first = {DAY_FIRST: True, MONTH_FIRST: False}.get(form)
        return in_their_century(_read(texts, day_first=day_first), texts, name)
    moments = _by_format(texts, form)
    rest = np.flatnonzero(np.isnat(moments))
    moments[rest] = _read([texts[place] for place in rest], day_first=None)
    return in_their_century(moments, texts, name)


def by_format(texts: pd.Series, form: str) -> pd.Series | None:
    """Texts as the dates that a format of ``strptime`` makes of them; None where one is no such date."""
    bare = [text.strip() for text in texts.astype("str")]
    moments = _by_format(bare, form)
    if np.isnat(moments).any():
        return None
    return pd.Series(in_their_century(moments, bare, texts.name), texts.index, name=texts.name)


def _by_format(texts: Sequence[str], form: str) -> np.ndarray:
    texts = pd.Series(texts, dtype="str")
    if "%b" in form.lower():  # which ``strptime`` knows in English alone
        names = calendar.month_name if "%B" in form else calendar.month_abbr
        texts = texts.str.replace(
            r"[^\W\d_]{3,}", lambda word: names[date_grammar.month_of(word[0]) or 0] or word[0], regex=True
        )
    dates = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    return dates.dt.tz_localize(None).to_numpy("datetime64[us]", copy=True)


def _read(texts: Sequence[str], *, day_first: bool | None) -> np.ndarray:
    """Texts as dates, NaT where one is none; None: no date whose day and month may change places is read."""
    moments = np.full(len(texts), "NaT", "M8[us]")
    if len(texts) > _MANY and (form := _format(texts[0], day_first=day_first)):
        moments = _by_format(texts, form)
    rest = np.flatnonzero(np.isnat(moments))
    slowly = (date_grammar.moment(texts[place], day_first=day_first) for place in rest)
    missing = np.iinfo(np.int64).min  # as NumPy has it
    moments[rest] = np.array([missing if each is None else each for each in slowly], np.int64).view("M8[us]")
    return moments


def _format(text: str, *, day_first: bool | None) -> str | None:
    """The format of a date of numbers alone, by which others that are written so are read at once."""
    match = date_grammar.match(text)
    parts = match.groupdict() if match else {}
    if not parts.get("mark") or parts["half"] or not text[0].isdigit():
        return None
    year, mark = "%Y" if len(parts["year"]) == 4 else "%y", parts["mark"]
    order = ("%Y", "%m", "%d") if "month" in parts else ("%d", "%m", year) if day_first else ("%m", "%d", year)
    if "one" in parts and day_first is None:
        return None
    form, between = mark.join(order), parts["between"]
    if parts["minute"]:
        form += f"{parts['before']}%H{between}%M" + f"{between}%S" * bool(parts["second"]) + ".%f" * bool(parts["part"])
    return f"{form}{' ' * (match.string[match.start('zone') - 1] == ' ')}%z" if parts["zone"] else form


def is_short(text: str) -> bool:
    """Whether the year of a date has two digits."""
    match = date_grammar.match(text.strip())
    return match is not None and len(match.groupdict().get("year", "")) == 2


def are_dates(texts: Iterable[str]) -> np.ndarray:
    """Which texts are dates, in either order of day and month: bool (n_texts,)."""
    moments = ([date_grammar.moment(text.strip(), day_first=order) for order in (True, False)] for text in texts)
    return np.array([any(each is not None for each in both) for both in moments], bool)


def may_swap(texts: Iterable[str]) -> bool:
    """Whether day and month of all these dates may change places, and in one of them that makes another date."""
    makes_another = False
    for text in texts:
        if (match := _SWAPPED.match(text)) is None or max(map(int, match.groups())) > 12:
            return False
        makes_another |= int(match[1]) != int(match[2])
    return makes_another


def in_their_century(moments: np.ndarray, texts: Sequence[str], name: object) -> np.ndarray:
    """Dates whose years have two digits, none later than tables hold, unless the column is of what is due."""
    late = [place for place in np.flatnonzero(moments > _LAST_DATE) if is_short(texts[place])]
    if late and not _AHEAD.search(str(name)):
        moments[late] = (pd.Series(moments[late]) - pd.DateOffset(years=100)).to_numpy()
    return moments
