"""Wordings that need nothing but a number or a name."""

import math
import re

# what moves the cursor, colours, ends a line or turns the direction of what follows it, and halves of characters
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_NO_TEXT = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}  # what YAML takes for something else


def printable(text: str) -> str:
    """A text on one line, which nothing in it acts on: what is not to be seen is written as Python writes it."""
    return _UNSEEN.sub(lambda unseen: repr(unseen[0])[1:-1], text)


def one_line(text: str) -> str:
    """A text of the user's on one line, with one blank where there are several."""
    return printable(" ".join(text.split()))


def counted(count: int, noun: str, nouns: str | None = None) -> str:
    """A number and what it counts: ``1 column``, ``1,200 columns``; `nouns` where an s is not all that is added."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def number(value: float) -> str:
    """A score for people: three significant digits; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e9 else f"{value:.3g}".replace("e-0", "e-")


def between(fewest: int, most: int) -> str:
    """A number that is not always the same: 3, or 1 to 10."""
    return f"{most:,}" if fewest == most else f"{fewest:,} to {most:,}"


def percent(share: float) -> str:
    """A share for people: whole percents, more digits below 1 %, never 0 or 100 % for what is not."""
    if 0.995 <= share < 1:
        return "over 99 %"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{100 * share:.0f} %" if share >= 0.01 or not share else f"{100 * share:.1f} %"


def distinct_numbers(*numbers: float) -> list[str]:
    """Numbers of a user's table side by side: six digits, and as many more as tell those apart that differ."""
    for digits in range(6, 18):
        texts = [f"{number:.{digits}g}" for number in numbers]
        is_whole = all(abs(number) >= 1e15 or "e+" not in text for number, text in zip(numbers, texts, strict=True))
        if is_whole and len(set(texts)) == len(set(numbers)):
            break
    return texts


def yaml_word(text: str) -> str:
    """A text as YAML takes it for one, in quotes where it needs them."""
    if re.fullmatch(r"[^\W\d]\w*", text) and text.casefold() not in _NO_TEXT:
        return text
    return "'" + text.replace("'", "''") + "'"
