"""Numbers as people write them, by one grammar: to add a way to write numbers is a line in it.

A number has a sign, money or percent, digits that may be grouped, a decimal mark, an exponent, strokes for cents and a
word for thousands or millions. Which mark is the decimal one a column tells: by texts that only one mark makes numbers.
"""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np

OTHER_MARK = {".": ",", ",": "."}  # the mark that may group digits, by the decimal mark
CODE = "0[0-9]+"  # a postcode, not a number, which has no 0 before other digits
LONG = r"[-+]?\d{16,}"  # whole numbers that a float may not tell apart
_BLANKS = " \u00a0\u2007\u2009\u202f"  # of which all but the first do not end a line
_TICKS = "'’ʼ′"  # which group digits in Switzerland
_MINUS = "-\u2212\u2013"
_MONEY = (
    r"[A-Z]{0,3}[$\u20a0-\u20cf]|[€£¥฿₪円元]|Rs\.?|Rp\.?|RM|S/\.?|S?Fr\.|kr\.?|zł|Kč|lei|R(?= ?[\d,. ]+[.,]\d\d$)"
    r"|AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KES|KRW|MAD|MXN|MYR"
    r"|NGN|NOK|NZD|PEN|PHP|PKR|PLN|QAR|RON|RSD|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_ZEROS = re.compile(r"^([-+]?)0+(?=\d)")  # in front of other digits
_RADIX = re.compile(r"[-+]?0(?:[xX][0-9a-fA-F]{1,13}|[bB][01]{1,52}|[oO][0-7]{1,17})")  # which floats tell apart
_SHARES = {"%": -2, "‰": -3}
_SCALES = {
    **{"k": 3, "K": 3, "thousand": 3, "tsd": 3, "Tsd.": 3, "Tsd": 3, "tausend": 3, "mille": 3},
    **{"M": 6, "mn": 6, "mln": 6, "Mio.": 6, "Mio": 6, "million": 6, "millions": 6, "Millionen": 6, "Mill.": 6},
    **{"B": 9, "bn": 9, "Mrd.": 9, "Mrd": 9, "billion": 9, "billions": 9, "Milliarden": 9, "tn": 12, "trillion": 12},
    **{"lakh": 5, "lakhs": 5, "lac": 5, "lacs": 5, "Lakh": 5, "Lac": 5, "crore": 7, "crores": 7, "Crore": 7, "Cr": 7},
    **{"千": 3, "천": 3, "万": 4, "萬": 4, "만": 4, "亿": 8, "億": 8, "억": 8, "兆": 12, "조": 12},
}
_OF_MONEY = {"m": 6, "b": 9, "t": 12}  # behind a sign of money; else they are units
_REMEMBERED = 1 << 16  # texts, which columns have in common and are looked at more than once
_FEW = 1000  # texts, of which a look is remembered
_LETTERS = ("K", "M", "B")  # of which a code may be one
_UNIT = r"(?:[^\d\s,:;()]|\^-?\d|[ /]\d* ?(?=[^\W\d_])){0,15}"  # no mark of punctuation, and no digit but in a power
_WITH_UNIT = re.compile(
    rf"^(?P<number>.*?\d)[{_BLANKS}]*(?P<unit>(?:[^{_MINUS}+\d\s_.,:;(){_TICKS}/%‰]|/(?=[^\W\d_])){_UNIT})$"
)
_PARTS = re.compile(r"(\d*) ?([¼½¾⅐-⅞])")
_TENS = re.compile(r"(?<=10)[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SMALL = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_WIDE = str.maketrans("．，－＋％（）٫٬٪", ".,-+%().,%")  # marks of other scripts, as of their digits
PLAIN = {  # as a program writes numbers
    mark: rf"[-+]?(?:(?:0|[1-9]\d*)(?:[eE][-+]\d+)?|(?:\d*[{mark}]\d+|\d+[{mark}])(?:[eE][-+]?\d+)?"
    r"|(?i:inf(?:inity)?))|[-+]\d+"
    for mark in OTHER_MARK
}


@dataclass(frozen=True)
class Looked:
    """Texts that were looked at as numbers.

    Attributes:
        numbers: (n_rows,) float64; NaN where the text is no number.
        marks: (n_rows,) the sign of money or of shares of each number; empty where it has none.
        scales: (n_rows,) the letter behind a whole number, as in 12K, that may also be a part of a code; ``sure`` where
            a word or letter is none; else empty.
        grouped: bool (n_rows,): its digits are grouped.
        doubtful: bool (n_rows,): beside another decimal mark it is another number.
        plain: bool (n_rows,): written as a program writes numbers.
    """

    numbers: np.ndarray
    marks: np.ndarray
    scales: np.ndarray
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
    # digits before an exponent are no groups, and a stroke behind a decimal mark stands for no cents
    plain = (
        rf"(?:(?:0|[1-9]\d*)(?:{mark}(?![{_MINUS}])\d*)?|{mark}\d+)"
        rf"(?:(?:[eE]|[dD](?=[-+])|[{_BLANKS}]?[×x*·][{_BLANKS}]?10\^?)(?P<power>[{_MINUS}+]?\d+))?"
    )
    threes = rf"[1-9]\d{{0,2}}(?P<three>[{other}{_TICKS}{_BLANKS}])\d{{3}}(?:(?P=three)\d{{3}})*(?:{mark}\d+)?"
    lakhs = rf"[1-9]\d?(?P<lakh>[{other}{_BLANKS}])(?:\d\d(?P=lakh))*\d{{3}}(?:{mark}\d+)?"
    hundreds = rf"[1-9]\d{{0,2}}(?P<hundred>[{other}{_TICKS}{_BLANKS}])\d{{3}}(?:(?P=hundred)\d{{3}})*[{mark}:]"
    strokes = rf"(?:{hundreds}|(?:0|[1-9]\d*)[.,:])[{_MINUS}—]{{1,2}}"
    return re.compile(
        rf"(?:(?:[~≈]|ca\.?|approx\.?)[{_BLANKS}]?)?(?P<open>\()?(?P<minus>[{_MINUS}+])?[{_BLANKS}]*(?P<before>{_MONEY})?[{_BLANKS}]*"
        rf"(?P<bracket>\()?(?P<inner>[{_MINUS}+])?(?P<body>{strokes}|{threes}|{lakhs}|{plain}|(?P<dash>[{_MINUS}—]{{1,2}}))"
        rf"(?:/[-=])?(?P<blank>[{_BLANKS}]*)"
        rf"(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))}|(?(before)[{''.join(_OF_MONEY)}]))?"
        rf"[{_BLANKS}]*(?P<after>{_MONEY}|[{''.join(_SHARES)}])?(?P<behind>[{_MINUS}])?(?P<close>\))?",
        re.ASCII,
    )


_KINDS = (float, str, str, bool, bool, bool)  # of what is said of a text
_NO_NUMBER = (math.nan, "", "", False, False)


def look(texts: Iterable[str], decimal: str) -> Looked:
    """Look at texts (none missing, no blanks around them) as numbers with this decimal mark."""
    texts = tuple(texts)
    return (_look_again if len(texts) <= _FEW else _look)(texts, decimal)


def _look(texts: tuple[str, ...], decimal: str) -> Looked:
    columns = list(zip(*(_looked(text, decimal) for text in texts), strict=True)) or [()] * 6
    made = [np.array(column, kind) for column, kind in zip(columns, _KINDS, strict=True)]
    for each in made:
        each.flags.writeable = False
    return Looked(*made)


_look_again = lru_cache(64)(_look)  # a column is looked at for what it is, for its decimal mark, and to be read


@lru_cache(_REMEMBERED)
def _looked(text: str, decimal: str) -> tuple[float, str, str, bool, bool, bool]:
    """What `Looked` has of a text."""
    if _plain(decimal).fullmatch(text):
        return float(text.replace(decimal, ".")), "", "", False, False, True
    if _RADIX.fullmatch(text):
        return float(int(text, 0)), "", "", False, False, False
    return *_number(text, decimal), False


@cache
def _plain(decimal: str) -> re.Pattern:
    return re.compile(PLAIN[decimal], re.ASCII)


def _number(text: str, decimal: str) -> tuple[float, str, str, bool, bool]:
    """A number, its mark and scale, whether it is grouped and doubtful, as `Looked` has them."""
    if not text.isascii():
        text = "".join(str(unicodedata.decimal(letter, letter)) for letter in text).translate(_WIDE)
        text = _PARTS.sub(lambda part: _with_part(part, decimal), text)
        text = _TENS.sub(lambda power: f"^{power[0].translate(_SMALL)}", text)
    if (match := _pattern(decimal).fullmatch(text)) is None:
        return _NO_NUMBER
    parts = match.groupdict(default="")
    n_negative = sum(parts[sign] in tuple(_MINUS) for sign in ("minus", "inner", "behind")) + bool(parts["close"])
    if (
        len(parts["open"] + parts["bracket"]) != len(parts["close"])
        or n_negative > 1
        or (parts["before"] and parts["after"])
    ):
        return _NO_NUMBER
    body, mark, scale = parts["body"], parts["before"] or parts["after"], parts["scale"]
    if parts["dash"]:  # of money, as accountants write 0
        return (0.0, mark, "", False, False) if mark and mark not in _SHARES else _NO_NUMBER
    group = parts["three"] or parts["lakh"] or parts["hundred"]
    power = int(re.sub(rf"[{_MINUS}]", "-", parts["power"]) or 0)
    power += _SCALES.get(scale, _OF_MONEY.get(scale, 0)) + _SHARES.get(mark, 0)
    digits = re.match(rf"[\d.,{_TICKS}{_BLANKS}]*\d", body)[0].replace(group, "").replace(decimal, ".")
    value = float(f"{digits.rstrip('.,:')}e{power}")
    doubtful = group == OTHER_MARK[decimal] and body.count(group) == 1 and decimal not in body
    is_sure = scale and (scale not in _LETTERS or mark or parts["blank"] or decimal in body)
    return (-value if n_negative else value), mark, "sure" if is_sure else scale, bool(group), doubtful


def _with_part(part: re.Match, decimal: str) -> str:
    """A whole number and a fraction in one letter as a decimal number: ``1½`` as ``1.5``."""
    return f"{int(part[1] or 0) + unicodedata.numeric(part[2]):.10g}".replace(".", decimal)


def are_numbers(texts: list[str]) -> np.ndarray:
    """Which texts one decimal mark or the other makes numbers: bool (n_texts,)."""
    return np.logical_or(*(look(texts, mark).is_number for mark in OTHER_MARK))


def mark_of(texts: Iterable[str], usual: str, counts: np.ndarray | int = 1) -> str:
    """The decimal mark of a column: the one that alone makes numbers of more texts; else the usual one of its file.

    Args:
        texts: as of `look`.
        usual: mark.
        counts: how often each of them stands there.
    """
    if not any("." in text or "," in text for text in texts):
        return usual
    usually, otherwise = (look(texts, mark).is_number for mark in (usual, OTHER_MARK[usual]))
    more = ((usually.astype(int) - otherwise) * counts).sum()
    return usual if more >= 0 else OTHER_MARK[usual]


def read(texts: Sequence[str], decimal: str, *, are_numbers: bool = False, sure: bool = False) -> Looked:
    """Look at texts as numbers with this decimal mark, and where that makes none of them with the other.

    Args:
        texts: none missing, no blanks around them.
        decimal: the column's mark, as `mark_of` has it.
        are_numbers: whether the column is known to be one of numbers, so that digits behind a 0 are no codes.
        sure: whether there is no other mark.
    """
    if are_numbers:
        texts = [_ZEROS.sub(r"\1", text) for text in texts]
    looked = look(texts, decimal)
    if sure or looked.is_number.all():
        return looked
    other = look(texts, OTHER_MARK[decimal])
    fields = zip(vars(looked).values(), vars(other).values(), strict=True)
    *merged, _ = [np.where(looked.is_number, one, two) for one, two in fields]
    return Looked(*merged, looked.plain)


def with_unit(texts: Sequence[str], decimal: str, counts: np.ndarray | int = 1) -> tuple[Looked, str] | None:
    """Texts that are numbers with one unit behind each, such as ``14 kg``, and the unit; None where they are not."""
    matches = []
    for text in texts:
        if (match := _WITH_UNIT.match(text)) is None or match["unit"] != (matches or [match])[0]["unit"]:
            return None
        matches.append(match)
    bare = [match["number"] for match in matches]
    looked = read(bare, mark_of(bare, decimal, counts))
    is_one = looked.is_number.all() and len(set(looked.marks)) == 1 and looked.marks[0] not in _SHARES
    return (looked, matches[0]["unit"]) if is_one else None


def may_be_codes(looked: Looked) -> bool:
    """Whether the letters behind whole numbers, as in 12K, 7M and 14, may be parts of codes: not all have the same."""
    letters = set(looked.scales[looked.is_number])
    return len(letters) > 1 and "sure" not in letters
