"""What encoding a CSV file is written in: Unicode tells itself, for what is none charset-normalizer weighs letters."""

import codecs
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer

from stages.basics.cli import UserError
from stages.parsing.file_kinds import ALLOWED, Opener, is_text, refusals
from stages.records.findings import Finding

_START = 64  # bytes that show whether a file is a text
_CHUNK = 1 << 20  # bytes
_SAMPLE = 1 << 14  # bytes of lines with letters that are not ASCII
_WESTERN = "cp1252"
_CANDIDATES = [  # of which any may be meant; those of old Macs and terminals fit too much
    *(_WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("iso8859_5", "cp866", "koi8_r", "cp932", "gb18030", "big5", "cp949", "euc_jp"),
]
# tried where none of these is meant
_HARDLY = (_WESTERN, "cp1250", "iso8859_2", "iso8859_15", "cp850", "mac_roman", "cp874")
_FEWEST = 4  # bytes of letters that tell an alphabet
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # which no text has
_ESCAPES = re.compile(rb"\x1b\$[@B]")  # with which Japanese begins in mail, and else is ASCII
_UNICODE = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# a word of two alphabets, as no encoding that fits makes
_TWO_ALPHABETS = re.compile(r"[a-zA-Z][^\W\d_\x00-\u024f]|[^\W\d_\x00-\u024f][a-zA-Z]")
_NO_TEXT = re.compile(r"[\ufffd\x80-\x9f¤₪]|[a-zà-ӿ][^\w\x00-\x7f\u2010-\u2019·•]+[a-zà-ӿ]")  # symbols within words
_WORDS = re.compile(r"[^\W\d_]*[^\W\d_\x00-\x7f][^\W\d_]*")  # with a letter that is not of ASCII
_NO_WESTERN = re.compile(r"[£³¹¿¥¼¾¯][a-zà-ÿ]|[^\W\d_]Ÿ|[a-z][Ž‚„ˆ‰][a-z]")  # what letters of other alphabets look like


@dataclass(frozen=True)
class Scanned:
    """What all bytes of a file show.

    Attributes:
        encoding: of its text.
        n_lines: how many lines it has, without those at its end that are empty; None where bytes do not tell.
        findings: that another encoding would do as well, where one would.
    """

    encoding: str
    n_lines: int | None
    findings: list[Finding]


def scan(path: Path, opener: Opener, said: str | None) -> Scanned:
    """Find out the encoding of a file.

    Args:
        path: of the file.
        opener: opens it.
        said: what the parameters say that its encoding is.

    Raises:
        UserError: it is not written in that, or in none that is known.
    """
    with refusals(path, "CSV"), opener() as file:
        start = file.read(_START)
    if said is None and not is_text(start):
        raise UserError(f"{path} is no text, but a binary file of another kind; allowed: {ALLOWED}")
    unicode = next((name for mark, name in _UNICODE.items() if start.startswith(mark)), "utf-8")
    if (unmarked := {(1, 3): "utf-16-le", (0, 2): "utf-16-be"}.get(_zeros(start[:4]))) and unicode == "utf-8":
        unicode = unmarked
    encoding, findings = said or unicode, []
    if said is None and unicode == "utf-8" and _ESCAPES.search(next(_chunks(path, opener), b"")):
        encoding = unicode = "iso2022_jp_ext"
    n_lines, bad = _decoded(_chunks(path, opener), encoding)
    if bad is not None:
        if said or unicode != "utf-8":
            raise UserError(f"{path} is not {encoding} text{bad}; say what it is with encoding: beside file:")
        encoding, findings = _weighed(path, opener, bad)
        n_lines, _ = _decoded(_chunks(path, opener), encoding)
    return Scanned(encoding, None if encoding.startswith(("utf-16", "utf-32")) else n_lines, findings)


def _zeros(start: bytes) -> tuple[int, ...]:
    """Where bytes are 0, as every second is of a text of the Western alphabet in UTF-16."""
    return tuple(place for place, byte in enumerate(start) if byte == 0)


def _chunks(path: Path, opener: Opener) -> Iterator[bytes]:
    with refusals(path, "CSV"), opener() as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _decoded(chunks: Iterator[bytes], encoding: str) -> tuple[int, str | None]:
    """How many lines a text has, without empty ones at its end; and where the first byte stands that fits it not."""
    decoder, n_lines, kept, last = codecs.getincrementaldecoder(encoding)(), 0, b"", b""
    for chunk in itertools.chain(chunks, [b""]):
        last = chunk or last
        if kept or encoding != "utf-8" or not chunk.isascii():
            try:
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = n_lines + (kept + chunk)[: error.start].count(b"\n")
                where = f"row {line:,} (line {line + 1:,})" if line else "the heading (line 1)"
                return n_lines, f": byte 0x{error.object[error.start]:02X} in {where}"
            except UnicodeError:  # of encodings that do not tell where
                return n_lines, ""
            kept = decoder.getstate()[0]
        n_lines += chunk.count(b"\n")
    return n_lines + 1 - last[len(last.rstrip()) :].count(b"\n"), None


def _weighed(path: Path, opener: Opener, bad: str) -> tuple[str, list[Finding]]:
    """The encoding that fits letters best, of a file that is not UTF-8."""
    sample, n_good, n_bad, is_text = b"", 0, 0, True
    for chunk in _chunks(path, opener):
        is_text = is_text and not _CONTROL.search(chunk)
        lines = [line for line in chunk.splitlines(keepends=True) if not line.isascii()]
        sample += b"".join(lines)[: _SAMPLE - len(sample)]
        letters = [letter for letter in chunk.decode("utf-8", "surrogateescape") if not letter.isascii()]
        n_bad += sum("\udc80" <= letter <= "\udcff" for letter in letters)
        n_good += sum(not "\udc80" <= letter <= "\udcff" for letter in letters)
    refused = f"{path} is not utf-8 text{bad}; say what it is with encoding: beside file:"
    if n_good > n_bad:
        raise UserError(f"{refused}, or mend these bytes: the other letters are UTF-8")
    if not is_text:
        raise UserError(refused)
    matches = charset_normalizer.from_bytes(sample, cp_isolation=_CANDIDATES, threshold=0.4)
    ranked = [(each.chaos, -each.coherence, name, str(each)) for each in matches for name in each.could_be_from_charset]
    ranked = [each for each in ranked if each[2] in _CANDIDATES]
    ranked.sort(key=lambda each: (*each[:2], _CANDIDATES.index(each[2])))
    weighed = [each for each in ranked if not _is_odd(each[3])]
    hardly = [(math.inf, 0.0, name, sample.decode(name, "replace")) for name in _HARDLY]
    fitting = weighed or [each for each in hardly if not _is_odd(each[3])][:1]
    if not fitting:
        raise UserError(refused)
    alike = [each for each in fitting if each[:2] == fitting[0][:2]]
    *_, encoding, text = next((each for each in alike if each[2] == _WESTERN), alike[0])
    if encoding != _WESTERN and sum(byte > 0x7F for byte in sample) < _FEWEST:
        raise UserError(refused)
    others = [name for *_, name, theirs in [*alike, *(() if weighed else ranked)] if theirs != text]
    words = _WORDS.findall(text)
    return encoding, [Finding("encoding", examples=[encoding, words[0], others[0]])] if others and words else []


def _is_odd(text: str) -> bool:
    """Whether nobody wrote this text, so that the encoding is another in which bytes are it."""
    if any(odd.search(text) for odd in (_NO_TEXT, _TWO_ALPHABETS, _NO_WESTERN)):
        return True
    cased = (word for word in _WORDS.findall(text) if word.lower() != word.upper())
    return any(not (word.islower() or word.isupper() or word[1:].islower()) for word in cased)
