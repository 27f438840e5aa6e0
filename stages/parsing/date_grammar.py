"""One date as people write it, by one grammar: to add a way to write dates is a line in ``_SPELLINGS``."""

import datetime
import re
import unicodedata
from contextlib import suppress
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

_LAST_AHEAD = 2068  # a year of two digits that would lie beyond it is of the century before
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
    "september septembre septiembre settembre setembro setembre wrzesnia wrzesien eylul сентября сентябрь",
    "october oktober octobre octubre ottobre outubro pazdziernika pazdziernik ekim октября октябрь",
    "november novembre noviembre novembro listopada listopad kasım ноября ноябрь",
    "december dezember decembre diciembre dicembre dezembro desember desembre grudnia grudzien aralık декабря декабрь",
]
_IN_FULL = [  # Czech, Ukrainian, Romanian, Greek, Finnish, Hungarian, Slovak, Indonesian, Malay, Bulgarian, Catalan,
    # Latvian, of which some are others if they are cut short; Roman numbers
    "i ledna leden січня січень ianuarie ιανουαριου ιανουαριος tammikuuta tammikuu januara януари gener janvaris",
    "ii unora unor лютого лютии februarie φεβρουαριου φεβρουαριος helmikuuta helmikuu februara февруари februaris",
    "iii brezna brezen березня березень martie μαρτιου μαρτιος maaliskuuta maaliskuu marcius maret",
    "iv dubna duben квітня квітень aprilie απριλιου απριλιος huhtikuuta huhtikuu aprilis aprila април",
    "v kvetna kveten травня травень μαιου μαιος toukokuuta toukokuu majus maig maijs",
    "vi cervna cerven червня червень iunie ιουνιου ιουνιος kesakuuta kesakuu junius juna юни juny junijs",
    "vii cervence cervenec липня липень iulie ιουλιου ιουλιος heinakuuta heinakuu julius jula юли juliol julijs",
    "viii srpna srpen серпня серпень αυγουστου αυγουστος elokuuta elokuu augusztus agustus ogos augusts",
    "ix zari вересня вересень septembrie σεπτεμβριου σεπτεμβριος syyskuuta syyskuu szeptember septembra септември",
    "x rijna rijen жовтня жовтень octombrie οκτωβριου οκτωβριος lokakuuta lokakuu oktobra октомври oktobris",
    "xi listopadu листопада листопад noiembrie νοεμβριου νοεμβριος marraskuuta marraskuu novembra ноември novembris",
    "xii prosince prosinec грудня грудень decembrie δεκεμβριου δεκεμβριος joulukuuta joulukuu decembra декември",
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
_BLANKS = re.compile("[\u00a0\u2007\u2009\u202f]")
_WEEKDAY = re.compile(rf"^{_WEEKDAYS},? +|[,( ]+{_WEEKDAYS}\)?$", re.IGNORECASE)
_CALLED = re.compile(r"""^[a-zA-Z.]+\((['"])(.+)\1\)$""")  # Timestamp('2025-01-03'), as programs write objects
# the years before their first
_ERAS = {"民國": 1911, "民国": 1911, "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
_ERA = re.compile(rf"({'|'.join(_ERAS)}) ?(\d{{1,3}}|元)年")
_AFTER_NOON = ("下午", "午後", "오후")
_HALF_BEFORE = re.compile(rf"(上午|午前|오전|{'|'.join(_AFTER_NOON)}) ?(\d\d?[時时시:](?: ?\d\d?[分분]?)?(?::\d\d)?)")
_MINUTE = "分분"
_MARKS = [  # what stands in the place of words
    (re.compile(words, re.IGNORECASE), mark)
    for words, mark in (
        (r"\([月火水木金土日](?:曜日?)?\)", ""),
        *((r"[年년月월] ?", "-"), (r"[日일号] ?", " "), (r"[時时시点] ?", ":")),
        *((rf"(?<!\d)(\d)(?=[{_MINUTE}秒초])", r"0\1"), (rf"[{_MINUTE}] ?(?=\d)", ":"), (rf"[{_MINUTE}秒초]", "")),
        *((r":(?= |$)", ":00"), (r" (?:г|р|god)\.?(?=$| )", "")),
        *((r"\bngày ", ""), (r" (?:tháng|năm) ", "/"), (r"\bdel\b", "de"), (r"^(?:den|d\.) ", "")),
    )
]
_TIME_FIRST = re.compile(r"(\d\d?:\d\d(?::\d\d)?(?: ?[AP]\.?M\.?)?),? +(.+)", re.IGNORECASE)
_CLOCK = (
    r"(?P<hour>\d\d?)(?:(?P<between>[:.h]?|-(?=\d\d-\d\d(?![:\d])))(?P<minute>\d\d)"
    r"(?:(?P=between)(?P<second>\d\d)(?:[.,:](?P<part>\d+))?)?)?(?: (?:Uhr|hrs?))?"
)
_ZONE = (
    r"(?: ?\[?(?P<zone>(?:UTC|GMT)?[-+\u2212]\d\d?(?::?\d\d)?|[A-Z]{3,4}|Z|[A-Z]+(?:/[A-Z_]+)+)\]?"
    r"(?: [A-Z]{3,4}| ?\([^()]*\)|\[[^\[\]]*\])?)?"
)
_TIME = (
    r"(?:(?P<before>T|,? (?:at|um|à|om|a las|alle) |[,_]? *(?<!\d)| ?[-|/–] |:(?=\d\d:)|-(?=\d\d\.\d\d\.\d\d))"
    rf"{_CLOCK}(?: ?(?P<half>[AP])\.? ?M\.?)?{_ZONE})?"
)
_WORD = r"(?P<name>[^\W\d_]{3,12})\.?"
_PARTS = r"(?P<hour>\d\d?), ?(?P<minute>\d\d?)(?:, ?(?P<second>\d\d?)(?:, ?\d+)?)?(?P<part>)"
_DAY, _YEAR = r"(?P<day>\d\d?)(?:st|nd|rd|th|er|[ºª.])?", r"['’]?(?P<year>\d{4}|\d\d)"
_BETWEEN = r"[-/._, ]{0,2}(?:de |of )?"
_MONTHS_OF = {"Q": 3, "T": 3, "H": 6, "S": 6}  # a quarter, a trimestre, a half, a semestre
_SPELLINGS = [
    rf"(?P<year>\d{{4}})(?P<mark>[-/ _:]|\. ?)(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)\.?{_TIME}",  # 2025-01-03
    rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d)(?=[T _]\d){_TIME}",  # 20250103T1015
    r"\\?/Date\((?P<epoch>-?\d{1,14})(?:[-+]\d{4})?\)\\?/",  # milliseconds, of .NET
    # of Python
    rf"datetime(?:\.date(?:time)?)?\((?P<year>\d{{4}}), ?(?P<month>\d\d?), ?(?P<day>\d\d?)(?:, ?{_PARTS})?\)",
    rf"(?:new )?Date\((?P<year>\d{{4}}), ?(?P<from_0>\d\d?), ?(?P<day>\d\d?)(?:, ?{_PARTS})?\)",  # of JavaScript
    # 03/01/2025, in its order
    rf"(?P<one>\d\d?)(?P<mark>[-/]|\. ?| (?=\d\d? \d{{4}}))(?P<other>\d\d?)(?P=mark){_YEAR}\.?{_TIME}",
    rf"{_DAY}{_BETWEEN}{_WORD}{_BETWEEN}{_YEAR}{_TIME}",  # 3 January 2025
    rf"{_WORD}{_BETWEEN}{_DAY}[-/., ]{{1,2}}{_YEAR}{_TIME}",  # Jan 3, 2025
    rf"{_WORD} +{_DAY} +{_CLOCK}{_ZONE} (?P<year>\d{{4}})",  # Jan  3 10:15:30 2025
    rf"{_WORD} +{_DAY} +{_CLOCK} (?P<year>\d{{4}}){_ZONE}",  # Jan  3 10:15:30 2025 +0100
    rf"(?P<year>\d{{4}}){_BETWEEN}{_WORD}{_BETWEEN}{_DAY}{_TIME}",  # 2025-Jan-03
    rf"{_WORD}{_BETWEEN}(?P<year>\d{{4}})",  # January 2025
    rf"{_WORD}(?:[-/]| ?['’])(?P<year>\d\d)",  # Jan-25, Jan '25
    rf"(?P<name>{'|'.join(names[:3] for names in _MONTHS)})(?P<year>\d\d)",  # JAN25
    rf"(?P<day>\d\d?)(?P<sep>[-/ ]|\. ?)(?P<name>[IVX]{{1,4}})(?P=sep)(?P<year>\d{{4}}){_TIME}",  # 3.I.2025
    rf"(?P<year>\d{{4}}){_BETWEEN}{_WORD}",  # 2025 Jan
    r"(?P<year>(?:1[89]|20)\d\d)[-/_:](?P<month>\d\d?)",  # 2025-01
    r"(?P<month>\d\d?)[-/.](?P<year>(?:1[89]|20)\d\d)",  # 01/2025
    r"(?P<year>(?:1[89]|20)\d\d)[-/ ]?M(?P<month>\d\d?)",  # 2025M01
    r"M(?P<month>\d\d?)[-/ ](?P<year>(?:1[89]|20)\d\d)",  # M01 2025
    r"(?P<year>\d{4})[-/ .:]?(?P<span>[QTHS])(?P<which>[1-4])",  # 2025Q1, 2025H1
    r"(?P<span>[QTHS])(?P<which>[1-4])(?:[-/ ]|, )?(?P<year>\d{4})",  # Q1 2025
    r"(?P<which>[1-4])(?:\.|[^\W\d_]{2})? ?(?P<span>[QTHS])[^\W\d_]*[-/ ]?(?P<year>\d{4})",  # 1st quarter 2025
    r"(?P<span>[QH])(?P<which>[1-4])[-/ ]?['’]?(?P<year>\d\d)",  # Q1 25
    r"(?P<which>[1-4])(?P<span>[QH])[-/ ]?['’]?(?P<year>\d\d)",  # 1Q25
    r"(?P<year>\d{4})[-/ ]?(?:K?W|wk|week) ?(?P<week>\d\d?)(?:-?(?P<weekday>[1-7]))?",  # 2025-W01-5
    r"(?:[KC]?W|wk|week) ?(?P<week>\d\d?)(?:[-/ ]|, )(?P<year>\d{4})",  # week 1/2025
    r"(?P<week>\d\d?)\. ?KW,? ?(?P<year>\d{4})",  # 1. KW 2025
    r"[KC]W ?(?P<week>\d\d?)/(?P<year>\d\d)",  # KW 1/25
]


@cache
def _patterns() -> list[re.Pattern]:
    return [re.compile(spelling, re.IGNORECASE) for spelling in _SPELLINGS]


@lru_cache(_REMEMBERED)
def match(text: str) -> re.Match | None:
    """How a date is written, its weekday aside and its time behind it; None where a text is none."""
    if not any(map(str.isdigit, text)):
        return None
    text = _BLANKS.sub(" ", text)
    alone = _WEEKDAY.sub("", _CALLED.sub(r"\2", text))
    for written in dict.fromkeys((text, alone, _TIME_FIRST.sub(r"\2 \1", alone), _in_our_marks(alone))):
        for pattern in _patterns():
            found = pattern.fullmatch(written)
            if found and ("name" not in found.re.groupindex or month_of(found["name"])):
                return found
    return None


def _in_our_marks(text: str) -> str:
    """A date with our digits and marks in the place of words for years, days and hours, its year counted from 1."""
    text = "".join(str(unicodedata.decimal(letter, letter)) for letter in text)
    text = _ERA.sub(lambda era: f"{_ERAS[era[1]] + (1 if era[2] == '元' else int(era[2]))}年", text)
    text = _HALF_BEFORE.sub(lambda time: f"{time[2]} {'PM' if time[1] in _AFTER_NOON else 'AM'}", text)
    for words, mark in _MARKS:
        text = words.sub(mark, text)
    return text.strip(" -:[]")


@lru_cache(_REMEMBERED)
def moment(text: str, *, day_first: bool | None) -> int | None:
    """A date in microseconds since 1970, in UTC where it has a zone; None where a text is no date."""
    if (found := match(text)) is None:
        return None
    parts = found.groupdict()
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
        month = month_of(parts["name"])
    if which := parts.get("which"):
        length = _MONTHS_OF[parts["span"].upper()]
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


@cache
def month_of(word: str) -> int | None:
    """The number of a month by its name, in full or cut short; None where it is none."""
    plain = "".join(letter for letter in unicodedata.normalize("NFD", word.lower()) if letter.isalpha())
    return _MONTH_OF.get(plain)
