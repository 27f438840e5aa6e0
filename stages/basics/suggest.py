"""How a mistake in the parameters is told: what was given, what is allowed, and the nearest valid name."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

from pydantic_core import ErrorDetails


def not_one_of(given: Any, allowed: Iterable[str], what: str, heading: str) -> str:
    """Say that a name is not one of those allowed, which are, and which comes nearest."""
    allowed = list(allowed)
    return f"{str(given)!r} is not {what}{nearest(given, allowed)} {heading}: {', '.join(allowed)}"


def nearest(given: Any, allowed: Iterable[str]) -> str:
    """What ends a sentence on a wrong name: the question whether the nearest was meant, or a full stop."""
    folded = {name.casefold(): name for name in allowed}
    near = difflib.get_close_matches(str(given).casefold(), folded, n=1)
    return f"; did you mean '{folded[near[0]]}'?" if near else "."


def show(value: Any) -> str:
    """A value as a user would write it, or its kind where it is long."""
    if value is None:
        return "nothing"
    if isinstance(value, (str, int, float)):
        return repr(value)
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else str(value)


def key_path(detail: ErrorDetails, given: Any) -> str:
    """The path of the key at fault as it stands in the file, less what pydantic adds to its locations."""
    path = ""
    for part in detail["loc"]:
        if isinstance(part, int) and isinstance(given, list):
            path, given = f"{path}[{part}]", given[part] if part < len(given) else None
        elif isinstance(given, dict) and (part in given or (detail["type"] == "missing" and part == detail["loc"][-1])):
            path, given = f"{path}.{part}" if path else str(part), given.get(part)
    return f"{path}: " if path else ""


# what is allowed where pydantic finds a mistake of this kind; the names in braces are from its finding
_ALLOWED = {
    "baseline_type": "first, a loss's name, or a mapping of datasets to them",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping of keys to values",
    "encoding_type": "a name that Python knows an encoding by, as in utf-8, cp1252 or latin-1",
    "entry_type": "a loss's name, or a mapping with the key loss",
    "finite_number": "a number",
    "float_parsing": "a number",
    "float_type": "a number",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "below {lt:g}",
    "less_than_equal": "{le:g} or less",
    "list_type": "a list",
    "model_attributes_type": "a mapping of keys to values",
    "model_type": "a mapping of keys to values",
    "number_type": "a number",
    "reference_type": "module:function, as in my_models:build",
    "rows_type": "rows (a whole number, 1 or more) or a share (above 0, below 1)",
    "selector_type": "all, one loss's name, or a list of names",
    "string_pattern_mismatch": "letters, digits, '_', '-' and '.', not starting with '-' or '.'",
    "string_too_short": "{min_length} or more letters",
    "string_type": "a name",
    "too_long": "{max_length} at most",
    "tuple_type": "a list",
    "whole_type": "a whole number",
}


def explain(detail: ErrorDetails) -> str:
    """What was given and what is allowed, for one of pydantic's findings."""
    given, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "unknown_key" | "source":
            return context["message"]
        case "missing":
            return "is missing"
        case "too_short":
            return "is empty; allowed: at least one"
        case "union_tag_not_found":
            return f"{context['discriminator']} is missing"
        case "union_tag_invalid":
            return not_one_of(
                context["tag"],
                _words(context["expected_tags"]),
                f"a {context['discriminator'].strip(chr(39))}",
                "Allowed",
            )
        case "literal_error" if not isinstance(given, str):
            return f"{show(given)} given; allowed: {', '.join(_words(context['expected']))}"
        case "literal_error":
            return not_one_of(given, _words(context["expected"]), "allowed here", "Allowed")
        case kind if kind in _ALLOWED:
            return f"{show(given)} given; allowed: {_ALLOWED[kind].format(**context)}"
        case _:
            return f"{show(given)} given: {detail['msg']}"


def _words(quoted: str) -> list[str]:
    return re.findall(r"'([^']*)'", quoted)
