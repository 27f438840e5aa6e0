"""Wordings that need nothing but a number or a name."""

import math


def counted(count: int, noun: str, nouns: str | None = None) -> str:
    """A number and what it counts: ``1 column``, ``1,200 columns``; `nouns` where an s is not all that is added."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def number(value: float) -> str:
    """A score for people: three significant digits; a dash where there is none."""
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e9 else f"{value:.3g}"
