"""Dates as people write them, by one grammar: to add a way to write dates is a line in ``_SPELLINGS``.

The dates of a column agree on the order of day and month; that alone cannot be told from a date by itself.
"""

import calendar
import datetime
import re
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

NAMED, ISO, DAY_FIRST, MONTH_FIRST = "named", "ISO8601", "day first", "month first"  # how a column's dates are written
LAST_YEAR = 2035  # a year of two digits that would lie beyond it is of the century before
_LAST_DATE = np.datetime64(f"{LAST_YEAR}-12-31T23:59:59.999999")
_LAST_AHEAD = 2068  # the same where dates may lie far ahead
_AHEAD = re.compile(r"(?i)expir|matur|due|until|valid|end")  # columns in which they may
_SAMPLE = 100  # different texts that show whether a column may hold dates at all
_MANY = 2000  # different texts, of which those written alike are read at once
_REMEMBERED = 1 << 14  # texts, which columns have in common
_MICROSECONDS = {"hour": 3_600_000_000, "minute": 60_000_000, "second": 1_000_000}
_EPOCH = datetime.date(1970, 1, 1).toordinal()
# English, German, French, Spanish, Italian, Dutch, Portuguese, Scandinavian, Polish, Turkish, Russian, without accents
_MONTHS = [
    "january januar janvier enero gennaio januari janeiro stycznia styczen ocak января январь",
    "february februar fevrier febrero febbraio februari fevereiro lutego luty subat февраля февраль",
    "march marz maerz mars marzo maart marco marts marca marzec mart марта",
    "april avril abril aprile kwietnia kwiecien nisan апреля апрель",
    "may mai mayo maggio mei maio maj maja mayıs мая маи",
    "june juni juin junio giugno junho czerwca czerwiec haziran июня июнь",
    "july juli juillet julio luglio julho lipca lipiec temmuz июля июль",
    "august aout agosto augustus augusti sierpnia sierpien ağustos agustos августа",
    "september septembre septiembre settembre setembro wrzesnia wrzesien eylul сентября сентябрь",
    "october oktober octobre octubre ottobre outubro pazdziernika pazdziernik ekim октября октябрь",
    "november novembre noviembre novembro listopada listopad kasım ноября ноябрь",
    "december dezember decembre diciembre dicembre dezembro desember grudnia grudzien aralık декабря декабрь",
]
_IN_FULL = [  # Czech, Ukrainian, Romanian, Greek, Finnish, of which some are others if they are cut short
    "ledna leden січня січень ianuarie ιανουαριου ιανουαριος tammikuuta tammikuu",
    "unora unor лютого лютии februarie φεβρουαριου φεβρουαριος helmikuuta helmikuu",
    "brezna brezen березня березень martie μαρτιου μαρτιος maaliskuuta maaliskuu",
    "dubna duben квітня квітень aprilie απριλιου απριλιος huhtikuuta huhtikuu",
    "kvetna kveten травня травень μαιου μαιος toukokuuta toukokuu",
    "cervna cerven червня червень iunie ιουνιου ιουνιος kesakuuta kesakuu",
    "cervence cervenec липня липень iulie ιουλιου ιουλιος heinakuuta heinakuu",
    "srpna srpen серпня серпень αυγουστου αυγουστος elokuuta elokuu",
    "zari вересня вересень septembrie σεπτεμβριου σεπτεμβριος syyskuuta syyskuu",
    "rijna rijen жовтня жовтень octombrie οκτωβριου οκτωβριος lokakuuta lokakuu",
    "listopadu листопада листопад noiembrie νοεμβριου νοεμβριος marraskuuta marraskuu",
    "prosince prosinec грудня грудень decembrie δεκεμβριου δεκεμβριος joulukuuta joulukuu",
]
# names may be cut short to three letters or more
_MONTH_OF = {
    name[:length]: number
    for number, names in enumerate(_MONTHS, 1)
    for name in names.split()
    for length in range(3, len(name) + 1)
} | {"sept": 9, **{name: number for number, names in enumerate(_IN_FULL, 1) for name in names.split()}}
_ZONES = {"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3}
_ZONES |= {"MEZ": 1, "MESZ": 2, "MSK": 3, "SAST": 2, "PKT": 5, "SGT": 8, "HKT": 8, "KST": 9, "AWST": 8, "BRT": -3}
_ZONES |= {"AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "AKST": -9, "AKDT": -8, "HST": -10}
_ZONES |= {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9}

_WEEKDAYS = (
    r"(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lu|ma|me|mer|je|jue|ve|vi|gi|dom|dim|wo|za|zo|se|te|qu)"
    r"[^\W\d_]{0,8}\.?"
)
_WEEKDAY = re.compile(rf"^{_WEEKDAYS},? +|[,( ]+{_WEEKDAYS}\)?$", re.IGNORECASE)
_CALLED = re.compile(r"""^[a-zA-Z.]+\((['"])(.+)\1\)$""")  # Timestamp('2025-01-03'), as programs write objects
_TIME_FIRST = re.compile(r"(\d\d?:\d\d(?::\d\d)?(?: ?[AP]\.?M\.?)?),? +(.+)", re.IGNORECASE)
_CLOCK = (
    r"(?P<hour>\d\d?)(?:(?P<between>[:.h]?|-(?=\d\d-\d\d(?![:\d])))(?P<minute>\d\d)"
    r"(?:(?P=between)(?P<second>\d\d)(?:[.,](?P<part>\d+))?)?)?(?: (?:Uhr|hrs?))?"
)
_ZONE = (
    r"(?: ?\[?(?P<zone>(?:UTC|GMT)?[-+\u2212]\d\d?(?::?\d\d)?|[A-Z]{3,4}|Z|[A-Z]+(?:/[A-Z_]+)+)\]?"
    r"(?: [A-Z]{3,4}| ?\([^()]*\)|\[[^\[\]]*\])?)?"
)
_TIME = (
    r"(?:(?P<before>T|,? (?:at|um|à|om|a las|alle) |[,_]? *| ?[-|/–] |:(?=\d\d:)|-(?=\d\d\.\d\d\.\d\d))"
    rf"{_CLOCK}(?: ?(?P<half>[AP])\.?M\.?)?{_ZONE})?"
)
_SWAPPED = re.compile(r"^\s*(\d{1,2})[-/ ](\d{1,2})[-/ ](?:\d{4}|\d\d)(?:\D.*)?$")
_WORD = r"(?P<name>[^\W\d_]{3,12})\.?"
_PARTS = r"(?P<hour>\d\d?), ?(?P<minute>\d\d?)(?:, ?(?P<second>\d\d?)(?:, ?\d+)?)?(?P<part>)"
_DAY, _YEAR = r"(?P<day>\d\d?)(?:st|nd|rd|th|er|[ºª.])?", r"(?P<year>\d{4}|\d\d)"
_BETWEEN = r"[-/., ]{0,2}(?:de |of )?"
_MONTHS_OF = {"Q": 3, "T": 3, "H": 6, "S": 6}  # a quarter, a trimestre, a half, a semestre
_SPELLINGS = [
    rf"(?P<year>\d{{4}})(?P<mark>[-/ _:]|\. ?)(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)\.?{_TIME}",  # 2025-01-03
    rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)(?=[T _]\d){_TIME}",  # 20250103T1015
    rf"(?P<year>\d{{4}})[年년] ?(?P<month>\d\d?)[月월](?: ?(?P<day>\d\d?)[日일]{_TIME})?",
    r"\\?/Date\((?P<epoch>-?\d{1,14})(?:[-+]\d{4})?\)\\?/",  # milliseconds, of .NET
    rf"(?:new )?Date\((?P<year>\d{{4}}), ?(?P<from_0>\d\d?), ?(?P<day>\d\d?)(?:, ?{_PARTS})?\)",  # of JavaScript
    # 03/01/2025, in its order
    rf"(?P<one>\d\d?)(?P<mark>[-/]|\. ?| (?=\d\d? \d{{4}}))(?P<other>\d\d?)(?P=mark){_YEAR}\.?{_TIME}",
    rf"{_DAY}{_BETWEEN}{_WORD}{_BETWEEN}{_YEAR}{_TIME}",  # 3 January 2025
    rf"{_WORD}{_BETWEEN}{_DAY}[-/., ]{{1,2}}{_YEAR}{_TIME}",  # Jan 3, 2025
    rf"{_WORD} +{_DAY} +{_CLOCK}{_ZONE} (?P<year>\d{{4}})",  # Jan  3 10:15:30 2025
    rf"(?P<year>\d{{4}}){_BETWEEN}{_WORD}{_BETWEEN}{_DAY}{_TIME}",  # 2025-Jan-03
    rf"{_WORD}{_BETWEEN}(?P<year>\d{{4}})",  # January 2025
    rf"{_WORD}(?:[-/]| ?['’])(?P<year>\d\d)",  # Jan-25, Jan '25
    rf"(?P<year>\d{{4}}){_BETWEEN}{_WORD}",  # 2025 Jan
    r"(?P<year>(?:1[89]|20)\d\d)[-/](?P<month>\d\d?)",  # 2025-01
    r"(?P<month>\d\d?)[-/.](?P<year>(?:1[89]|20)\d\d)",  # 01/2025
    r"(?P<year>(?:1[89]|20)\d\d)[-/ ]?M(?P<month>\d\d?)",  # 2025M01
    r"M(?P<month>\d\d?)[-/ ](?P<year>(?:1[89]|20)\d\d)",  # M01 2025
    r"(?P<year>\d{4})[-/ ]?(?P<span>[QTHS])(?P<which>[1-4])",  # 2025Q1, 2025H1
    r"(?P<span>[QTHS])(?P<which>[1-4])[-/ ]?(?P<year>\d{4})",  # Q1 2025
    r"(?P<which>[1-4])(?:\.|[^\W\d_]{2})? ?(?P<span>[QTHS])[^\W\d_]*[-/ ]?(?P<year>\d{4})",  # 1st quarter 2025
    r"(?:(?P<span>Q)(?P<which>[1-4])[-/ ]?'?|(?P<quarter>[1-4])Q[-/ ]?'?)(?P<year>\d\d)",  # 1Q25
    r"(?P<year>\d{4})[-/ ]?(?:K?W|week) ?(?P<week>\d\d?)(?:-?(?P<weekday>[1-7]))?",  # 2025-W01-5
    r"(?:[KC]?W|week) ?(?P<week>\d\d?)(?:[-/ ]|, )(?P<year>\d{4})",  # week 1/2025
    r"[KC]W ?(?P<week>\d\d?)/(?P<year>\d\d)",  # KW 1/25
]


@cache
def _patterns() -> list[re.Pattern]:
    return [re.compile(spelling, re.IGNORECASE) for spelling in _SPELLINGS]


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
    if not texts or not all(map(_match, sample)):
        return None, None
    orders = (True, False) if "." in sample[0] else (False, True)
    for day_first in orders:
        if all(_moment(text, day_first=day_first) is not None for text in sample):
            moments = _read(texts, day_first=day_first)
            if not np.isnat(moments).any():
                return _form(texts, day_first=day_first), in_their_century(moments, texts, name)
    return None, None


def _form(texts: Iterable[str], *, day_first: bool) -> str:
    groups = {match.re: match.re.groupindex for text in texts if (match := _match(text))}.values()
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
        texts = texts.str.replace(r"[^\W\d_]{3,}", lambda word: names[_month(word[0]) or 0] or word[0], regex=True)
    dates = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    return dates.dt.tz_localize(None).to_numpy("datetime64[us]", copy=True)


def _read(texts: Sequence[str], *, day_first: bool | None) -> np.ndarray:
    """Texts as dates, NaT where one is none; None: no date whose day and month may change places is read."""
    moments = np.full(len(texts), "NaT", "M8[us]")
    if len(texts) > _MANY and (form := _format(texts[0], day_first=day_first)):
        moments = _by_format(texts, form)
    rest = np.flatnonzero(np.isnat(moments))
    slowly = (_moment(texts[place], day_first=day_first) for place in rest)
    missing = np.iinfo(np.int64).min  # as NumPy has it
    moments[rest] = np.array([missing if each is None else each for each in slowly], np.int64).view("M8[us]")
    return moments


def _format(text: str, *, day_first: bool | None) -> str | None:
    """The format of a date of numbers alone, by which others that are written so are read at once."""
    match = _match(text)
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


@lru_cache(_REMEMBERED)
def _match(text: str) -> re.Match | None:
    """How a date is written, its weekday aside and its time behind it; None where a text is none."""
    alone = _WEEKDAY.sub("", _CALLED.sub(r"\2", text))
    if not any(map(str.isdigit, text)):
        return None
    for written in dict.fromkeys((text, alone, _TIME_FIRST.sub(r"\2 \1", alone))):
        for pattern in _patterns():
            match = pattern.fullmatch(written)
            if match and ("name" not in match.re.groupindex or _month(match["name"])):
                return match
    return None


@lru_cache(_REMEMBERED)
def _moment(text: str, *, day_first: bool | None) -> int | None:
    """A date in microseconds since 1970, in UTC where it has a zone; None where a text is no date."""
    if (match := _match(text)) is None:
        return None
    parts = match.groupdict()
    if "epoch" in parts:
        return 1000 * int(parts["epoch"])
    if "one" in parts:
        if day_first is None:
            return None
        parts["day"], parts["month"] = (parts["one"], parts["other"])[:: 1 if day_first else -1]
    day, time = _day_of(parts), _time_of(parts)
    if day is None or time is None:
        return None
    moment = (day - _EPOCH) * 86_400_000_000 + time
    ahead = _ahead(parts.get("zone"), moment)
    return None if ahead is None else moment - ahead * 60_000_000


def _day_of(parts: dict[str, str | None]) -> int | None:
    """The day of a date, as ``datetime.date.toordinal`` has it."""
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year <= _LAST_AHEAD - 2000 else 1900
    month, day = int(parts.get("month") or int(parts.get("from_0") or 0) + 1), int(parts.get("day") or 1)
    if parts.get("name"):
        month = _month(parts["name"])
    if which := parts.get("which") or parts.get("quarter"):
        length = _MONTHS_OF[(parts["span"] or "Q").upper()]
        month = length * int(which) - length + 1
    try:
        if parts.get("week"):
            return datetime.date.fromisocalendar(year, int(parts["week"]), int(parts.get("weekday") or 1)).toordinal()
        return datetime.date(year, month, day).toordinal()
    except ValueError:
        return None


def _time_of(parts: dict[str, str | None]) -> int | None:
    """The time of a date in microseconds; None where there is no such time."""
    if not parts.get("hour"):
        return 0
    hour, minute, second = (int(parts[name] or 0) for name in _MICROSECONDS)
    if parts["minute"] is None and not parts.get("half") and parts.get("before") != "T":
        return None  # a number behind a date is no time
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half in "pP")
    if minute > 59 or second > 59 or hour > 24 or (hour == 24 and (minute or second)):
        return None
    part = int((parts["part"] or "0")[:6].ljust(6, "0"))
    return sum(map(int.__mul__, (hour, minute, second), _MICROSECONDS.values())) + part


def _ahead(zone: str | None, moment: int) -> int | None:
    """How many minutes a zone is ahead of UTC at a moment by its clocks; None where there is no such zone."""
    if zone is None:
        return 0
    if "/" in zone:
        local = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=moment)
        with suppress(KeyError, ValueError, OSError):  # what there is no such place raises
            return int(ZoneInfo(zone).utcoffset(local).total_seconds() // 60)
        return None
    if offset := re.fullmatch(r"(?:UTC|GMT)?([-+\u2212])(\d\d?):?(\d\d)?", zone, re.IGNORECASE):
        minutes = 60 * int(offset[2]) + int(offset[3] or 0)
        return minutes if offset[1] == "+" else -minutes
    hours = _ZONES.get(zone.upper())
    return None if hours is None else 60 * hours


def is_short(text: str) -> bool:
    """Whether the year of a date has two digits."""
    match = _match(text.strip())
    return match is not None and len(match.groupdict().get("year", "")) == 2


def are_dates(texts: Iterable[str]) -> np.ndarray:
    """Which texts are dates, in either order of day and month: bool (n_texts,)."""
    return np.array(
        [any(_moment(text.strip(), day_first=order) is not None for order in (True, False)) for text in texts], bool
    )


def may_swap(texts: Iterable[str]) -> bool:
    """Whether day and month of all these dates may change places, and in one of them that makes another date."""
    makes_another = False
    for text in texts:
        if (match := _SWAPPED.match(text)) is None or max(map(int, match.groups())) > 12:
            return False
        makes_another |= int(match[1]) != int(match[2])
    return makes_another


@cache
def _month(word: str) -> int | None:
    """The number of a month by its name, in full or cut short; None where it is none."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word.lower()) if letter.isalpha())
    return _MONTH_OF.get(plain)


def in_their_century(moments: np.ndarray, texts: Sequence[str], name: object) -> np.ndarray:
    """Dates whose years have two digits, none later than tables hold, unless the column is of what is due."""
    late = [place for place in np.flatnonzero(moments > _LAST_DATE) if is_short(texts[place])]
    if late and not _AHEAD.search(str(name)):
        moments[late] = (pd.Series(moments[late]) - pd.DateOffset(years=100)).to_numpy()
    return moments
