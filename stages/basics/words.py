"""Wordings that need nothing but a number or a name."""


def counted(count: int, noun: str) -> str:
    """A number and what it counts: ``1 column``, ``1,200 columns``."""
    return f"{count:,} {noun}{'s' * (count != 1)}"
