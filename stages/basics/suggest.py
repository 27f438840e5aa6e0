"""The nearest of some names, and how a value is shown to the user who wrote it."""

import difflib
from collections.abc import Iterable
from typing import Any


def nearest_name(name: Any, names: Iterable[str]) -> str | None:
    """The name that comes nearest, whatever its case; None where none comes near."""
    folded = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(str(name).casefold(), folded, n=1)
    return folded[near[0]] if near else None


def nearest(name: Any, names: Iterable[str]) -> str:
    """What ends a sentence on a wrong name: the question whether the nearest was meant, or a full stop."""
    near = nearest_name(name, names)
    return f"; did you mean '{near}'?" if near else "."


def not_one_of(name: Any, names: Iterable[str], what: str, heading: str) -> str:
    """Say that a name is not one of those allowed, which are, and which comes nearest."""
    names = list(names)
    return f"{str(name)!r} is not {what}{nearest(name, names)} {heading}: {', '.join(names)}"


def show(value: Any) -> str:
    """A value as a user would write it, or its kind where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, (str, int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)
