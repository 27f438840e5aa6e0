"""README and the pages of docs: their commands with what these print, their links, and how easily they read."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyphen

from tests.projects import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
NUMBER = re.compile(r"(?<![\w.])-?\d+\.\d+(?!\w|\.\d)")  # whole numbers are compared as they are
SOME = "…"  # stands for whatever there is: alone in a line for lines, else for what a line goes on with
TOLERANCE = 0.05  # of numbers, which another processor's last digits change
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
_SYLLABLES = pyphen.Pyphen(lang="en_US")


@dataclass(frozen=True)
class Command:
    """A command that a page shows.

    Attributes:
        page: its name.
        line: what is typed.
        printed: what the page shows of what it prints; None where it shows nothing.
    """

    page: str
    line: str
    printed: list[str] | None


def commands(page: Path) -> Iterator[Command]:
    """The commands of a page, in their order."""
    for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        if language != "console":
            continue
        lines = block.splitlines()
        if not lines[0].startswith("$ "):
            yield from (Command(page.name, re.sub(r"\s+# .*", "", line), None) for line in lines if line)
            continue
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            yield Command(page.name, lines[start][2:], lines[start + 1 : end])


def differs(shown: list[str], printed: str) -> str | None:
    """The first line that is shown and was not printed where it should be; None where all were.

    Blanks count as one. Numbers with decimals may differ a little.
    """
    waiting = [" ".join(line.split()) for line in printed.splitlines() if line.strip()]
    may_skip = False
    for line in (" ".join(line.split()) for line in shown if line.strip()):
        if line == SOME:
            may_skip = True
            continue
        while waiting and not _same(line, waiting[0]):
            if not may_skip:
                return line
            waiting.pop(0)
        if not waiting:
            return line
        waiting.pop(0)
        may_skip = False
    return None if may_skip or not waiting else f"nothing more, and not: {waiting[0]}"


def _same(shown: str, printed: str) -> bool:
    pattern = re.escape(NUMBER.sub("<number>", shown)).replace(re.escape(SOME), ".*").replace("<number>", r"(-?[\d.]+)")
    match = re.fullmatch(pattern, printed)
    return match is not None and all(
        abs(float(is_) - float(said)) <= TOLERANCE * abs(float(said))
        for is_, said in zip(match.groups(), NUMBER.findall(shown), strict=True)
    )


def prose(page: Path) -> str:
    """The sentences of a page: paragraphs and entries of lists; no tables, code, addresses or headings."""
    text = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`[^`]*`", "it", text)
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(("#", "|"))]
    return re.sub(r"[*_]", "", " ".join(line if line.endswith((".", "!", "?")) else f"{line}." for line in lines))


def reading_ease(text: str) -> float:
    """Flesch's reading ease: 206.835 - 1.015 words a sentence - 84.6 syllables a word."""
    sentences = [each for each in re.split(r"[.!?]+(?:\s|$)", text) if _WORD.search(each)]
    words = _WORD.findall(text)
    syllables = sum(len(_SYLLABLES.inserted(word.lower()).split("-")) for word in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)


def anchors(page: Path) -> set[str]:
    """What links may point to in a page, as GitHub makes it of headings."""
    headings = re.findall(r"^#+ (.+)$", _BLOCK.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    plain = [re.sub(r"[^\w\s-]", "", heading.replace("`", "")).strip().lower() for heading in headings]
    return {re.sub(r"\s", "-", heading) for heading in plain}


def links(page: Path) -> Iterator[tuple[str, str]]:
    """The links of a page to files of the project: their path, and what in the file."""
    for target in re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if not target.startswith(("http:", "https:")):
            path, _, anchor = target.partition("#")
            yield path, anchor
