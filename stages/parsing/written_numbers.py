"""Numbers as people write them: with signs of money and percent, in groups of digits, in brackets, as times."""

import math
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

OTHER_MARK = {".": ",", ",": "."}  # the mark that may group digits, by the decimal mark
_BLANKS = " \u00a0\u2009\u202f"  # of which the last three do not end a line
_MINUS = "-\u2212"
MONEY = (
    r"US\$|R\$|A\$|C\$|[$€£¥₹₩₽₺฿₫₴₪]|CHF|USD|EUR|GBP|INR|JPY|CNY|AUD|CAD|SEK|NOK|DKK|PLN|CZK|BRL|MXN"
    r"|Rs\.?|Fr\.|kr\.?|zł|Kč|lei"
)
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "mn": 1e6, "mln": 1e6, "Mio": 1e6, "B": 1e9, "bn": 1e9, "Mrd": 1e9}
HOURS, MINUTES = "hours", "minutes"  # what the first of two parts of a time is
# a unit has no digit and no mark of punctuation
_WITH_UNIT = re.compile(rf"^(?P<number>.*\d)[{_BLANKS}]*(?P<unit>[^{_MINUS}+\d\s_.,:;()'’/%][^\d\s.,:;()]{{0,11}})$")
_TIME = re.compile(r"(?P<first>\d{1,3}):(?P<second>[0-5]\d)(?::(?P<third>[0-5]\d(?:[.,]\d+)?))?")


@dataclass(frozen=True)
class Written:
    """Texts that were looked at as numbers.

    Attributes:
        numbers: (n_rows,) float64; NaN where the text is no number.
        marks: (n_rows,) the sign of money or percent of each number; empty where it has none.
        grouped: bool (n_rows,): its digits are grouped.
        doubtful: bool (n_rows,): beside another decimal mark it is another number.
        plain: bool (n_rows,): written as a program writes numbers.
    """

    numbers: np.ndarray
    marks: np.ndarray
    grouped: np.ndarray
    doubtful: np.ndarray
    plain: np.ndarray

    @property
    def is_number(self) -> np.ndarray:
        """Which of the texts are numbers: bool (n_rows,)."""
        return ~np.isnan(self.numbers)


@cache
def _pattern(decimal: str) -> re.Pattern:
    mark, other = re.escape(decimal), re.escape(OTHER_MARK[decimal])
    plain = rf"(?:0|[1-9]\d*)(?:{mark}\d*)?|{mark}\d+"
    threes = rf"[1-9]\d{{0,2}}(?P<three>[{other}'’{_BLANKS}])\d{{3}}(?:(?P=three)\d{{3}})*(?:{mark}\d+)?"
    lakhs = rf"[1-9]\d?(?P<lakh>[{other}{_BLANKS}])(?:\d\d(?P=lakh))*\d{{3}}(?:{mark}\d+)?"
    return re.compile(
        rf"(?P<open>\()?(?P<minus>[{_MINUS}+])?[{_BLANKS}]*(?P<before>{MONEY})?[{_BLANKS}]*(?P<inner>[{_MINUS}+])?"
        rf"(?P<body>{threes}|{lakhs}|{plain})(?P<power>[eE][-+]?\d+)?"
        rf"[{_BLANKS}]*(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))})?"
        rf"[{_BLANKS}]*(?P<after>{MONEY}|%)?(?P<behind>[{_MINUS}])?(?P<close>\))?",
        re.ASCII,
    )


_NO_NUMBER = (math.nan, "", False, False, False)


def look(texts: pd.Series, decimal: str) -> Written:
    """Look at texts (none missing, no blanks around them) as numbers with this decimal mark."""
    indices, different = pd.factorize(texts)
    made = [_number(text, decimal) for text in different] or [_NO_NUMBER]
    numbers, marks, *flags = zip(*made, strict=True)
    grouped, doubtful, plain = (np.array(flag, bool)[indices] for flag in flags)
    return Written(np.array(numbers)[indices], np.array(marks, object)[indices], grouped, doubtful, plain)


def _number(text: str, decimal: str) -> tuple[float, str, bool, bool, bool]:
    """A number, its mark, whether it is grouped, doubtful, plain, as `Written` has them."""
    match = _pattern(decimal).fullmatch(text)
    if match is None:
        return _NO_NUMBER
    opened, minus, before, inner, body, three, lakh, power, scale, after, behind, closed = match.groups()
    n_negative = sum(sign is not None and sign in _MINUS for sign in (minus, inner, behind)) + bool(opened)
    if bool(opened) != bool(closed) or n_negative > 1 or (before and after):
        return _NO_NUMBER
    grouped, digits = bool(three or lakh), body
    if grouped:
        digits = digits.replace(three or lakh, "")
    value = float(digits.replace(decimal, ".") + (power or "")) * _SCALES.get(scale, 1.0)
    doubtful = grouped and body.count(OTHER_MARK[decimal]) == 1 and len(digits) == len(body) - 1 and decimal not in body
    plain = not grouped and text == f"{minus or ''}{body}{power or ''}" and minus != "\u2212"
    return (-value if n_negative else value), (before or after or ""), grouped, doubtful, plain


def with_unit(texts: pd.Series, decimal: str) -> Written | None:
    """Texts that are numbers with the same unit behind each, such as ``14 kg``; None where they are not."""
    parts = texts.str.extract(_WITH_UNIT)
    if parts["unit"].isna().any() or len(set(parts["unit"])) > 1:
        return None
    looked = look(parts["number"], decimal)
    return looked if looked.is_number.all() and not (looked.marks != "").any() else None


def unit_of(text: str, decimal: str) -> str | None:
    """The unit behind a number; None where there is none, or where what is behind is part of the number."""
    match = _WITH_UNIT.fullmatch(text)
    return match["unit"] if match and not look(pd.Series([text]), decimal).is_number[0] else None


def seconds(texts: pd.Series, *, are_hours: bool | None = None) -> np.ndarray | None:
    """Times as seconds, float64 (n_rows,); None where not all are times of the same form.

    Two parts are hours and minutes, or minutes and seconds, as `are_hours` says; where it is not given, hours and
    minutes where all are below 24 hours.
    """
    if not texts.head(100).str.fullmatch(_TIME).all():
        return None
    parts = texts.str.extract(rf"^(?:{_TIME.pattern})$")
    has_third = parts["third"].notna()
    if parts["first"].isna().any() or has_third.any() != has_third.all():
        return None
    first, second = (parts[name].to_numpy(np.float64) for name in ("first", "second"))
    if has_third.all():
        return first * 3600 + second * 60 + parts["third"].str.replace(",", ".").to_numpy(np.float64)
    if are_hours is None:
        are_hours = first.max() < 24
    return first * 3600 + second * 60 if are_hours else first * 60 + second
