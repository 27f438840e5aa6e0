"""Durations and times of day as people and programs write them, in seconds: to add a way to write one is a line."""

import re
from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import pandas as pd

# what durations are in, the first two where a time has two parts and begins with them
HOURS, MINUTES, SECONDS = FORMS = ("hours", "minutes", "seconds")
_REMEMBERED = 1 << 14  # texts
_SECONDS = {"weeks": 604_800, "days": 86_400, "hours": 3600, "minutes": 60, "seconds": 1}
_CLOCK = r"(?P<hours>\d{1,3}):(?P<minutes>[0-5]\d):(?P<seconds>[0-5]\d(?:[.,]\d+)?)"
_HALF = r"(?:[ \u00a0\u202f]?(?P<half>[AaPp])\.?[ \u00a0]?[Mm]\.?| Uhr)?"
_NUMBER = r"\d+(?:[.,]\d+)?"
_SPELLINGS = [
    re.compile(rf"(?P<sign>-)?(?:(?P<days>\d+)[.:])?{_CLOCK}{_HALF}"),  # 1:02:03, 1.02:03:04
    re.compile(rf"(?P<first>\d{{1,3}}):(?P<second>[0-5]\d){_HALF}"),  # 1:02
    re.compile(r"(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d[.,]\d+)"),  # 2:03.5
    re.compile(r"(?P<hours>\d{1,3}) ?h ?(?P<minutes>[0-5]\d)"),  # 17h04
    re.compile(r"(?P<hours>1?\d) ?(?P<half>[AaPp])\.?[Mm]\.?"),  # 11 pm
    re.compile(rf"(?P<days>-?\d+) days?(?:,? \+?{_CLOCK})?"),  # 1 days 02:03:04, as pandas writes
    re.compile(  # P1DT2H, of ISO 8601
        rf"(?P<sign>-)?P(?=.)(?:(?P<weeks>{_NUMBER})W)?(?:(?P<days>{_NUMBER})D)?"
        rf"(?:T(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_NUMBER})S)?)?"
    ),
    re.compile(  # 1h 30m
        rf"(?=.)(?:(?P<weeks>{_NUMBER}) ?(?:w|wks?|weeks?|Wochen?)(?:,? (?:and |und |et |y )?|(?=\d)|$))?"
        rf"(?:(?P<days>{_NUMBER}) ?(?:d|days?|Tagen?|Tage?|jours?)(?:,? (?:and |und |et |y )?|(?=\d)|$))?"
        rf"(?:(?P<hours>{_NUMBER}) ?(?:h|hrs?|hours?|Std\.?|Stunden?|heures?)(?:,? (?:and |und |et |y )?|(?=\d)|$))?"
        rf"(?:(?P<minutes>{_NUMBER}) ?(?:m|[Mm]ins?\.?|minutes?|Minuten?)(?:,? (?:and |und |et |y )?|(?=\d)|$))?"
        rf"(?:(?P<seconds>{_NUMBER}) ?(?:s|secs?\.?|seconds?|Sek\.?|Sekunden?|secondes?))?"
    ),
]


def fit(texts: Iterable[str]) -> tuple[str | None, np.ndarray] | None:
    """Texts, none missing, that are all durations or times of day, in seconds.

    Two parts are hours and minutes, or minutes and seconds where one of the first is no hour of a day. Numbers with one
    unit behind each, as in 5 m, are no durations.

    Returns:
        One of `FORMS`; and float64 (n_texts,). None where a text is none.
    """
    matches = []
    for text in texts:
        if (match := _match(text)) is None:
            return None
        matches.append(match)
    units = {match[0].strip("0123456789., ") if match.re is _SPELLINGS[-1] else ":" for match in matches}
    if len(units) == 1 and re.fullmatch(r"[^\W\d_]+\.?", *units):
        return None
    firsts = [match["first"] for match in matches if "first" in match.groupdict() and match[0] != "24:00"]
    form = SECONDS if not firsts else HOURS if max(map(int, firsts)) < 24 else MINUTES
    read = seconds(texts, form)
    return None if np.isnan(read).any() else (form, read)


def seconds(texts: Iterable[str], form: str) -> np.ndarray:
    """Durations and times of day in seconds, float64 (n_texts,), NaN where a text is none.

    Args:
        texts: none missing.
        form: what the first of two parts is, as `fit` has it; where that has none, hours if it is an hour of a day.
    """
    return np.array([_seconds(text, form) for text in texts], float)


@lru_cache(_REMEMBERED)
def _match(text: str) -> re.Match | None:
    return next((match for spelling in _SPELLINGS if (match := spelling.fullmatch(text))), None)


def _seconds(text: str, form: str) -> float:
    if (match := _match(text)) is None:
        return np.nan
    parts = match.groupdict()
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        are_hours = form == HOURS or parts["half"] is not None or (form != MINUTES and first < 24)
        total = 3600.0 * first + 60 * second if are_hours else 60.0 * first + second
    else:
        numbers = {name: float((parts.get(name) or "0").replace(",", ".")) for name in _SECONDS}
        total = sum(numbers[name] * length for name, length in _SECONDS.items())
    if half := parts.get("half"):
        hour = total // 3600
        total = total % 3600 + 3600 * (hour % 12 + 12 * (half in "pP")) if 1 <= hour <= 12 else np.nan
    return -total if parts.get("sign") else total


def of_values(values: pd.Series) -> pd.Series | None:
    """Durations and times of day that a file holds as such, in seconds; None where a value is none."""
    if pd.api.types.is_timedelta64_dtype(values):
        return values / pd.Timedelta(seconds=1)
    if values.dtype != object:
        return None
    present = values.dropna()
    if not len(present) or not present.map(lambda value: hasattr(value, "total_seconds") or _is_time(value)).all():
        return None
    return present.map(_of_value).astype(np.float64).reindex(values.index)


def _is_time(value: object) -> bool:
    return hasattr(value, "hour") and not hasattr(value, "year")


def _of_value(value: object) -> float:
    if _is_time(value):
        return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    return value.total_seconds()
