"""What encoding a CSV file is written in: Unicode tells itself, for what is none charset-normalizer weighs letters."""

import codecs
import itertools
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
    *("koi8_r", "cp932", "gb18030", "big5", "cp949", "euc_jp"),
]
_FEWEST = 4  # bytes of letters that tell an alphabet
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")  # which no text has
_UNICODE = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# a word of two alphabets, as no encoding that fits makes
_TWO_ALPHABETS = re.compile(r"[a-zA-Z][^\W\d_\x00-\u024f]|[^\W\d_\x00-\u024f][a-zA-Z]")
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
    matches = list(charset_normalizer.from_bytes(sample, cp_isolation=_CANDIDATES, threshold=0.4))
    matches = [
        each for each in matches if _WESTERN not in each.could_be_from_charset or not _NO_WESTERN.search(str(each))
    ]
    if matches and is_text and all(_TWO_ALPHABETS.search(str(each)) for each in matches):
        western = sample.decode(_WESTERN, "replace")  # whose letters alone stand beside those of ASCII in words
        if "\ufffd" not in western and not _NO_WESTERN.search(western):
            return _WESTERN, [
                Finding("encoding", examples=[_WESTERN, *_WORDS.findall(western)[:1], matches[0].encoding])
            ]
    matches = [each for each in matches if not _TWO_ALPHABETS.search(str(each))] or matches
    if not matches or not is_text:
        raise UserError(refused)
    best = min(matches, key=lambda each: (each.chaos, -each.coherence))
    alike = [each for each in matches if (each.chaos, each.coherence) == (best.chaos, best.coherence)]
    fitting = {name: str(each) for each in alike for name in each.could_be_from_charset}
    encoding = _WESTERN if _WESTERN in fitting else best.encoding
    if encoding != _WESTERN and sum(byte > 0x7F for byte in sample) < _FEWEST:
        raise UserError(refused)
    others = [name for name in fitting if name in _CANDIDATES and fitting[name] != fitting[encoding]]
    words = _WORDS.findall(fitting[encoding])
    return encoding, [Finding("encoding", examples=[encoding, words[0], others[0]])] if others and words else []
