"""Wordings that need nothing but a number or a name."""


def counted(count: int, noun: str, nouns: str | None = None) -> str:
    """A number and what it counts: ``1 column``, ``1,200 columns``; `nouns` where an s is not all that is added."""
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"
