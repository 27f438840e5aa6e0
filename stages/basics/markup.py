"""A text of the user's in Markdown: escaped here, once, so that nothing in it is taken for more than a text."""

import re

from markdown_it import MarkdownIt

from stages.basics.words import one_line

LONGEST_NAME = 80  # letters of a user's own name that are shown

# GitHub and MLflow link, draw or typeset addresses, mentions, emojis and formulas, escaped or not, but no code
_SPECIAL = re.compile(
    r"""
    (?<!\S) (?P<word> \S* (?: [@$] | :// | www\. | :(?!\d+:)[\w+-]{1,40}: ) \S* )
    | [\\`*\[\]#~]
    | (?<![^\W_])_ | _(?![^\W_])          # within a word it is no mark
    | ^ (?: [-+=:](?!\w) | \d{1,9}[.)](?!\S) )   # nor is this but where a line begins
    | ^ \^                               # in a link or an image it is a footnote there
    | (?P<html> [&<>] | ^\| )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}


class Markdown(str):
    """Markdown of ours, in which every text of the user's is escaped: it is printed as it stands."""

    __slots__ = ()


def text(value: object) -> Markdown:
    """A text as it is, on one line; Markdown of ours stays so."""
    return value if isinstance(value, Markdown) else Markdown(_SPECIAL.sub(_escaped, one_line(str(value))))


def code(name: str) -> Markdown:
    """A user's own name as code."""
    return Markdown(_as_code(short(name)))


def short(name: str) -> str:
    """A user's own name on one line, of a long one the beginning."""
    line = one_line(name)
    return line if len(line) <= LONGEST_NAME else f"{line[: LONGEST_NAME - 1]}…"


def plain(markdown: str) -> str:
    """What a paragraph of Markdown says, in a line without its marks."""
    [line] = MarkdownIt("commonmark", {"html": False}).parseInline(markdown)
    return "".join(" " if part.type in ("softbreak", "hardbreak") else part.content for part in line.children or [])


def _escaped(special: re.Match) -> str:
    if word := special["word"]:
        return _as_code(word)
    *before, mark = special[0]
    return _ENTITIES[mark] if special["html"] else f"{''.join(before)}\\{mark}"


def _as_code(line: str) -> str:
    """A line between more backticks than there are in it."""
    marks = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    edge = " " if "`" in (line[:1], line[-1:]) else ""
    return f"{marks}{edge}{line or ' '}{edge}{marks}"
