"""Dates as people write them: in numbers in any order, with names of months, with years of two digits."""

import re
import unicodedata
import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_SHORT = re.compile(r"\d{1,2}[-/. ][^\W\d_]*\d{0,2}[-/. ]\d{2}(?!\d)")  # a year of two digits
LAST_YEAR = 2035  # a year of two digits that would lie beyond it is of the century before
_AHEAD = re.compile(r"(?i)expir|matur|due|until|valid|end")  # columns whose dates may lie far ahead
NAMED, DAY_FIRST, MONTH_FIRST = "named", "day first", "month first"  # ways to write dates that have no format
_FORMS = 20  # ways to write dates, or texts that are none, that are looked at among new rows
_NANOSECONDS = re.compile(r"(?<=:\d\d\.\d{6})\d+")
_ISO = r"\d{4}-\d\d-\d\d"
_HOW = {DAY_FIRST: {"dayfirst": True}, MONTH_FIRST: {"dayfirst": False}}
_MONTHS = [  # English, German, French, Spanish, Italian, Dutch, Portuguese, without accents
    "january januar janvier enero gennaio januari janeiro",
    "february februar fevrier febrero febbraio februari fevereiro",
    "march marz maerz mars marzo maart marco",
    "april avril abril aprile",
    "may mai mayo maggio mei maio",
    "june juni juin junio giugno junho",
    "july juli juillet julio luglio julho",
    "august aout agosto augustus",
    "september septembre septiembre settembre setembro",
    "october oktober octobre octubre ottobre outubro",
    "november novembre noviembre novembro",
    "december dezember decembre diciembre dicembre dezembro",
]
# names may be cut short to three letters or more
_MONTH_OF = {
    name[:length]: number
    for number, names in enumerate(_MONTHS, 1)
    for name in names.split()
    for length in range(3, len(name) + 1)
}
_TIME = r"(?:[T,]? ?(?:at )?(?P<time>\d{1,2}:\d\d(?::\d\d)?(?: ?[AaPp]\.?[Mm]\.?)?))?"
_WEEKDAY = (
    r"(?:(?i:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lu|ma|me|mer|je|jue|ve|vi|gi|dom|dim|wo|za|zo|se|te|qu)"
    r"[^\W\d_]{0,8}\.?,? +)?"
)
_WORD = r"(?P<month>[^\W\d_]{3,10})\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?", r"(?P<year>\d{4}|\d\d)"
_BETWEEN = r"[-/., ]{0,2}(?:de |of )?"
_NAMED = [
    re.compile(rf"{_WEEKDAY}{_DAY}{_BETWEEN}{_WORD}{_BETWEEN}{_YEAR}{_TIME}"),  # 3 January 2025
    re.compile(rf"{_WEEKDAY}{_WORD}{_BETWEEN}{_DAY}[-/., ]{{1,2}}{_YEAR}{_TIME}"),  # Jan 3, 2025
    re.compile(rf"(?P<year>\d{{4}}){_BETWEEN}{_WORD}{_BETWEEN}{_DAY}{_TIME}"),  # 2025-Jan-03
    re.compile(rf"{_WORD}{_BETWEEN}(?P<year>\d{{4}})"),  # January 2025
    re.compile(rf"(?P<year>\d{{4}}){_BETWEEN}{_WORD}"),  # 2025 Jan
]


def as_dates(texts: pd.Series) -> pd.Series | None:
    """Texts that are all dates as dates; None when they are not."""
    return _read(texts)[0]


def form_of(texts: pd.Series) -> str | None:
    """How texts that are all dates are written, as `by_known_form` takes it; None when they are not dates."""
    return _read(texts)[1]


def by_known_form(texts: pd.Series, form: str) -> pd.Series:
    """New texts as dates, where it is known how dates of their column are written; NaT where one is no such date.

    Args:
        texts: (n_rows,), none missing.
        form: what `form_of` gave for those known, or a format of ``strptime``.
    """
    texts = _to_microseconds(texts.astype(str).str.strip())
    if form == NAMED:
        if (dates := _named(texts)) is not None:
            return dates
        each = {text: _named(pd.Series([text], name=texts.name)) for text in texts.unique()}
        return texts.map({text: pd.NaT if date is None else date.iloc[0] for text, date in each.items()})
    # a date that leaves no doubt is one however the others are written
    dates = pd.to_datetime(texts.where(texts.str.match(_ISO)), utc=True, errors="coerce", format="ISO8601")
    rest = texts[dates.isna()]
    if form in _HOW:
        dates[rest.index] = _in_order(rest, day_first=_HOW[form]["dayfirst"])
    else:
        rest = rest[rest.str.match(_DATE)] if form == "ISO8601" else rest  # a number alone is no date
        dates[rest.index] = pd.to_datetime(rest, utc=True, errors="coerce", format=form)
    return _in_its_century(dates, texts) if dates.notna().any() else dates


def _in_order(texts: pd.Series, *, day_first: bool) -> pd.Series:
    """Texts as dates whose day and month stand in this order, however else they are written; NaT where one is none."""
    dates, waiting = pd.Series(pd.NaT, texts.index, dtype="datetime64[us, UTC]"), texts
    for _ in range(_FORMS):
        if waiting.empty:
            break
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            form = guess_datetime_format(waiting.iloc[0], dayfirst=day_first)
        if form is None or (form.find("%d") < form.find("%m")) != day_first:
            waiting = waiting[waiting != waiting.iloc[0]]
            continue
        made = pd.to_datetime(waiting, utc=True, errors="coerce", format=form)
        dates[waiting.index] = made
        waiting = waiting[made.isna()]
    return dates


def _read(texts: pd.Series) -> tuple[pd.Series | None, str | None]:
    """Texts that are all dates as dates, and how they are written; None when they are not."""
    texts = texts.astype(str)
    if not len(texts):
        return None, None
    texts = _to_microseconds(texts)
    if not texts.head(100).str.contains(_DATE).all():
        dates = _named(texts)
        return dates, None if dates is None else NAMED
    with_points = "." in texts.iloc[0]
    orders = ("%d{0}%m{0}%{1}", "%m{0}%d{0}%{1}") if with_points else ("%m{0}%d{0}%{1}", "%d{0}%m{0}%{1}")
    short = [order.format(mark, "y") for order in orders for mark in "./-"]
    first = (DAY_FIRST, MONTH_FIRST) if with_points else (MONTH_FIRST, DAY_FIRST)
    for form in ("ISO8601", *short, *first):
        dates = _converted(texts, **_HOW.get(form, {"format": form}))
        if dates is not None:
            return _in_its_century(dates, texts), _order(texts.iloc[0], form) if form in _HOW else form
    return None, None


def _converted(texts: pd.Series, **how: Any) -> pd.Series | None:
    """Texts as the dates that pandas makes of them; None where one is no such date."""
    with warnings.catch_warnings():
        # where pandas finds no format that all share it warns and takes each by itself, so that day and month may
        # change places
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", "Could not infer format")
        try:
            return pd.to_datetime(texts, utc=True, **how)
        except (ValueError, OverflowError, UserWarning):
            return None


def _order(first: str, form: str) -> str:
    """Which of day and month stands first, where pandas was told which; that holds only where the first date may be so.

    Args:
        first: of the dates.
        form: what pandas was told.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        guessed = guess_datetime_format(first, **_HOW[form])
    if guessed is None:  # of a single date
        return form
    return DAY_FIRST if -1 < guessed.find("%d") < guessed.find("%m") else MONTH_FIRST


def by_format(texts: pd.Series, form: str) -> pd.Series | None:
    """Texts as the dates that a format of ``strptime`` makes of them; None where one is no such date."""
    dates = _converted(texts.astype(str).str.strip(), format=form)
    return dates if dates is None or "%y" not in form else _in_its_century(dates, texts)


def _to_microseconds(texts: pd.Series) -> pd.Series:
    """Texts without digits behind microseconds: nanoseconds have no room for a date far from ours."""
    long = texts.str.len() > len("2024-01-31 12:30:00.123456")
    return texts.mask(long, texts.where(long).str.replace(_NANOSECONDS, "", regex=True)) if long.any() else texts


def is_short(text: str) -> bool:
    """Whether the year of a date has two digits."""
    return _SHORT.fullmatch(text.strip()) is not None and not re.match(r"\d{4}", text.strip())


def looks_like_date(texts: pd.Series) -> np.ndarray:
    """Which texts have the look of a date in numbers: bool (n_rows,)."""
    return texts.str.match(_DATE).to_numpy(bool)


def may_swap(texts: pd.Series) -> bool:
    """Whether day and month of all these dates may change places, and in one of them that makes another date."""
    parts = texts.str.extract(r"^\s*(\d{1,2})[-/](\d{1,2})[-/](?:\d{4}|\d\d)(?:\D.*)?$")
    if parts.isna().any(axis=None):
        return False
    first, second = (parts[column].astype(int) for column in parts)
    return bool((first <= 12).all() and (second <= 12).all() and (first != second).any())


def _named(texts: pd.Series) -> pd.Series | None:
    """Texts that are all dates with the name of a month as dates; None when they are not."""
    texts = texts.str.strip()
    for pattern in _NAMED:
        if not texts.head(100).str.fullmatch(pattern).all():
            continue
        parts = texts.str.extract(rf"^(?:{pattern.pattern})$")
        months = parts["month"].map(_month)
        if months.isna().any():
            continue
        days = parts["day"] if "day" in parts else pd.Series("1", texts.index)
        years = parts["year"]
        form = "%y" if (years.str.len() == 2).all() else "%Y"
        times = parts["time"].fillna("00:00") if "time" in parts else pd.Series("00:00", texts.index)
        dates = _converted(days + " " + months.astype(int).astype(str) + " " + years, format=f"%d %m {form}")
        clock = times.str.replace(".", "").str.upper()
        if dates is not None and (clock != "00:00").any():
            moments = _converted("2000-01-01 " + clock, format="mixed")
            dates = None if moments is None else dates + (moments - moments.dt.normalize())
        if dates is not None:
            return _in_its_century(dates, texts) if form == "%y" else dates
    return None


def _month(word: str) -> int | None:
    """The number of a month by its name, in full or cut short; None where it is none."""
    if not isinstance(word, str):
        return None
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word.lower()) if letter.isalpha())
    return _MONTH_OF.get("sep" if plain == "sept" else plain)


def _in_its_century(dates: pd.Series, texts: pd.Series) -> pd.Series:
    """Dates whose years have two digits, none later than tables hold, unless the column is of what is due."""
    late = dates.dt.year > LAST_YEAR
    if not late.any() or _AHEAD.search(str(texts.name)):
        return dates
    late &= texts.astype(str).map(is_short)
    return dates.mask(late, dates.where(late) - pd.DateOffset(years=100))
