"""Texts that were encoded twice: UTF-8 that a program took for another encoding, as in ``MÃ¼ller`` for ``Müller``."""

import re
from contextlib import suppress

from stages.checks.every import Seen
from stages.parsing.number_columns import odd
from stages.records.findings import Finding

_TAKEN_FOR = ("cp1252", "latin-1", "cp1251")  # what others make of UTF-8 people write too, as ``SPÓŁKA``
_FEWEST = 3  # letters that are not ASCII; two may be written so, as in ``CAFÉ®``, but for these
_SURE = re.compile(r"[ÂÃ][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")


def find(seen: Seen) -> list[Finding]:
    """Of all features and targets that are texts."""
    findings = []
    for name in seen.of_kind(seen.used, "category"):
        meant = {text: once for text in seen.different(name) if (once := encoded_once(text)) is not None}
        if meant:
            texts = seen.columns[name][0]
            findings.append(odd("encoded twice", texts[texts.isin(meant)], read_as=next(iter(meant.values()))))
    return findings


def encoded_once(text: str) -> str | None:
    """What a text was before it was encoded a second time; None where it was not."""
    if sum(not letter.isascii() for letter in text) < _FEWEST and not _SURE.search(text):
        return None
    for encoding in _TAKEN_FOR:
        with suppress(UnicodeError):
            return text.encode(encoding).decode("utf-8")
    return None
