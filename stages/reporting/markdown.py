"""Markdown: tables and images, and how templates are printed.

What is no Markdown of ours is a text, wherever it stands: it is escaped when it is printed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2

from stages.basics.markup import Markdown, code, text


def _printed(value: object) -> str:
    """What a template prints of a value."""
    return str(value) if isinstance(value, Table | Image) else text(value)


_ENVIRONMENT = jinja2.Environment(
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
    finalize=_printed,
)
_ENVIRONMENT.filters["code"] = code


@dataclass(frozen=True)
class Table:
    """A table: its head, and rows of as many cells."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def __str__(self) -> str:
        return "\n".join([_row(self.head), "|" + "---|" * len(self.head), *map(_row, self.rows)])


@dataclass(frozen=True)
class Image:
    """A figure of the report: what it shows, for those who cannot see it, and its file."""

    alt: str
    name: str

    def __str__(self) -> str:
        return f"![{text(self.alt)}](figures/{self.name})"


class Once:
    """What explains a report: each explanation stands in it once, where it is first needed."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def __call__(self, explanation: str) -> Markdown:
        """An explanation, which is Markdown of ours; nothing where it stands in the report already."""
        if explanation in self._seen:
            return Markdown()
        self._seen.add(explanation)
        return Markdown(explanation)


def _row(cells: Iterable[str]) -> str:
    """A line of a table, in which a bar parts cells, within code too, unless it is escaped."""
    escaped = [text(cell).replace("|", r"\|") for cell in cells]
    return "|" + "|".join(f" {cell} " if cell else " " for cell in escaped) + "|"


def render(template: str, **parts: Any) -> str:
    """Print a template, with one blank line where parts that are left out leave several."""
    return re.sub(r"\n{3,}", "\n\n", _compiled(template).render(parts)).strip()


def blocks(parts: Iterable[str]) -> Markdown:
    """Blocks of Markdown of ours, a blank line between two."""
    return Markdown("\n\n".join(part for part in parts if part))


@cache
def _compiled(template: str) -> jinja2.Template:
    return _ENVIRONMENT.from_string(template)
