"""JSON files: objects, one a line or in an array, also wrapped in others; by columns; or lists below a heading."""

import json
import re
from pathlib import Path
from typing import Any

from stages.params.source import Table
from stages.parsing.file_kinds import DAMAGE, Held, as_csv, opener, refusals

NAME, KEYS = "JSON", ()
_NAMES = re.compile(r"\.(?:json|jsonl|ndjson|geojson)(?:\.\w+)?$")
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*[\[{]|\{)")
_BLANKS = re.compile(r"\s*")
_DEEPEST = 3  # objects around the rows


class _NoTableError(ValueError):
    """What a file holds is no table."""


def matches(path: Path, _: bytes) -> bool:
    """Whether a file is JSON: its name says so, or it begins like that and its first line is none of CSV."""
    try:
        with opener(path)() as file:
            head = file.read(1 << 12)
    except DAMAGE:
        return False  # as CSV it is told what is damaged
    if _NAMES.search(path.name.lower()):
        return True
    if not _BEGINS.match(head):
        return False
    first = head.decode("utf-8-sig", "ignore").lstrip().split("\n")[0].rstrip()
    try:
        json.loads(first)
    except ValueError as error:
        # what is cut at the end of the line goes on; what is wrong within it is no JSON
        return getattr(error, "pos", 0) >= len(first) - 1 or len(head) < 9
    return True


def read(path: Path, source: Table, _: str) -> Held:
    """The rows of a file as CSV.

    Raises:
        UserError: it holds no table.
    """
    with refusals(path, NAME), opener(path)() as file:
        content = file.read()
    with refusals(path, NAME, ValueError, RecursionError):
        values = _values(content.decode(json.detect_encoding(content)))
    with refusals(path, NAME, _NoTableError):
        records = _records(values[0] if len(values) == 1 else values, source.target)
    return Held(as_csv([[_cell(value) for value in record] for record in records]))


def _values(text: str) -> list[Any]:
    """The values that follow each other in a text, of which a line holds one, or several lines together."""
    decoder, values, place = json.JSONDecoder(object_pairs_hook=_object), [], _BLANKS.match(text).end()
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        values.append(value)
        place = _BLANKS.match(text, place).end()
    return values


def _object(pairs: list[tuple[str, Any]]) -> Any:
    """An object, in which no name may stand twice; a value that MongoDB writes with its type is that value."""
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"'{next(name for name in names if names.count(name) > 1)}' stands twice in an object")
    return pairs[0][1] if len(pairs) == 1 and pairs[0][0].startswith("$") else held


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, (dict, list, bool)) else value


def _records(held: Any, targets: list[str], depth: int = 0) -> list[list[Any]]:
    """A heading and the rows below it.

    Args:
        held: what a file holds.
        targets: columns that are asked for, which tell a table by columns from one by rows.
        depth: of objects around it.

    Raises:
        _NoTableError: what a file holds is none.
    """
    if isinstance(held, list):
        return _of_list(held)
    if not isinstance(held, dict) or not held:
        raise _NoTableError("it holds no objects")
    lists = [each for each in held.values() if isinstance(each, list)]
    rows = next((each for each in lists if each and isinstance(each[0], list)), [[]])
    called = ([each.get("name") if isinstance(each, dict) else each for each in names] for names in lists)
    names = next(
        (each for each in called if len(each) == len(rows[0]) and all(isinstance(name, str) for name in each)), []
    )
    if names:
        return _of_list([names, *rows])
    values = list(held.values())
    if all(isinstance(each, list) for each in values) and not any(isinstance(item, dict) for item in values[0]):
        if len(set(map(len, values))) > 1:
            counts = ", ".join(f"{name} {len(each):,}" for name, each in held.items())
            raise _NoTableError(f"its columns have different numbers of values: {counts}")
        return [list(held), *map(list, zip(*values, strict=True))]
    if all(isinstance(each, dict) for each in values) and len(values) > 1:
        if set(targets) <= set(held) or all(key.isdigit() for each in values for key in each):
            return _of_columns(held)
        if set.intersection(*map(set, values)):
            return _of_rows(held)
    tables = _within(held, targets, depth + 1) if depth < _DEEPEST else {}
    if len(tables) > 1 and "data" not in tables:
        raise _NoTableError(f"it holds several tables: {', '.join(tables)}; write one of them to a file of its own")
    return tables.get("data") or next(iter(tables.values()), None) or _of_objects([held])


def _within(held: dict[str, Any], targets: list[str], depth: int) -> dict[str, list[list[Any]]]:
    """The tables of two rows or more in an object, by their names."""
    tables = {}
    for name, each in held.items():
        try:
            table = _records(each, targets, depth)
        except _NoTableError:
            continue
        if len(table) > 2:
            tables[name] = table
    return tables


def _of_list(held: list[Any]) -> list[list[Any]]:
    if any(isinstance(each, dict) for each in held):
        held = [{} if each is None else each for each in held]  # as an empty line is a row
    if held and all(isinstance(each, dict) for each in held):
        return _of_objects(held)
    if len(held) < 2 or not all(isinstance(each, list) for each in held):
        raise _NoTableError("it holds something else beside objects")
    if not all(isinstance(name, str) for name in held[0]):
        raise _NoTableError("its lists stand below no names; put a list of names before them")
    if long := next((number for number, row in enumerate(held) if len(row) > len(held[0])), None):
        raise _NoTableError(f"row {long:,} holds {len(held[long])} values, and there are {len(held[0])} names")
    return held


def _of_objects(rows: list[dict[str, Any]]) -> list[list[Any]]:
    rows = list(map(_flat, rows))
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [names, *([row.get(name) for name in names] for row in rows)]


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """An object whose objects are columns too, ``{a: {b: 1}}`` one called ``a.b``."""
    if not any(isinstance(value, dict) for value in row.values()):
        return row
    flat = {}
    for name, value in row.items():
        flat |= (
            {f"{name}.{key}": each for key, each in _flat(value).items()} if isinstance(value, dict) else {name: value}
        )
    return flat


def _of_columns(held: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Columns whose values stand under the numbers or names of their rows, as pandas writes them."""
    rows = dict.fromkeys(row for column in held.values() for row in column)
    return [list(held), *([column.get(row) for column in held.values()] for row in rows)]


def _of_rows(held: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Rows under keys of their own, which are a column too where they do more than count."""
    heading, *rows = _of_objects(list(held.values()))
    if list(held) in ([str(row) for row in range(first, first + len(rows))] for first in (0, 1)):
        return [heading, *rows]
    return [["key", *heading], *([key, *row] for key, row in zip(held, rows, strict=True))]
