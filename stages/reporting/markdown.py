"""Markdown: tables and images, and the templates that print the parts of a page."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

_ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


@dataclass(frozen=True)
class Table:
    """A table: its head, and rows of as many cells."""

    head: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def __str__(self) -> str:
        return "\n".join(_row(cells) for cells in (self.head, ["---"] * len(self.head), *self.rows))


@dataclass(frozen=True)
class Image:
    """A figure of the report: what it shows, for those who cannot see it, and its file."""

    alt: str
    name: str

    def __str__(self) -> str:
        return f"![{self.alt}](figures/{self.name})"


def _row(cells: Iterable[str]) -> str:
    return "|" + "|".join(cell if cell == "---" else f" {cell} " if cell else " " for cell in cells) + "|"


def render(template: str, **parts: Any) -> str:
    """Print the parts of a page with a template, with one blank line where parts that are left out leave several."""
    return re.sub(r"\n{3,}", "\n\n", _ENVIRONMENT.get_template(template).render(parts))
