"""JSON files: objects, one a line or in an array, also wrapped in others; by columns; or lists below a heading."""

import json
import re
from pathlib import Path
from typing import Any

from stages.basics.cli import UserError
from stages.params.source import Table
from stages.parsing.file_kinds import DAMAGE, Held, as_csv, opener, refusals

NAME, KEYS = "JSON", ()
_NAMES = re.compile(r"\.(?:json|jsonl|ndjson)(?:\.\w+)?$")
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*[\[{]|\{)")
_OTHER = "it holds something else beside objects"
_DEEPEST = 3  # objects around the rows


def matches(path: Path, _: bytes) -> bool:
    """Whether a file is JSON: it begins like that, and its first line is none of CSV, which a name may begin so."""
    try:
        with opener(path)() as file:
            head = file.read(1 << 12)
    except DAMAGE:
        return False  # as CSV it is told what is damaged
    if not _BEGINS.match(head):
        return False
    first = head.decode("utf-8-sig", "ignore").lstrip().split("\n")[0].rstrip()
    try:
        json.loads(first)
    except ValueError as error:
        # what is cut at the end of the line goes on; what is wrong within it is no JSON
        return bool(_NAMES.search(path.name.lower())) or getattr(error, "pos", 0) >= len(first) - 1 or len(head) < 9
    return True


def read(path: Path, _: Table, __: str) -> Held:
    """The objects of a file as CSV.

    Raises:
        UserError: it holds anything else.
    """
    with refusals(path, NAME), opener(path)() as file:
        content = file.read()
    is_array = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    with refusals(path, NAME if is_array else "JSON lines", ValueError, RecursionError):
        text = content.decode("utf-8-sig")
        try:
            held = json.loads(text)
        except json.JSONDecodeError:
            if is_array:
                raise
            held = [json.loads(line) for line in text.splitlines() if line.strip()]
    records = _records(held)
    if records is None:
        raise UserError(f"{path} cannot be read as {NAME if is_array else 'JSON lines'}: {_OTHER}")
    return Held(as_csv([[_cell(value) for value in record] for record in records]))


def _cell(value: Any) -> Any:
    return str(value) if isinstance(value, (dict, list, bool)) else value


def _records(held: Any, depth: int = 0) -> list[list[Any]] | None:
    """A heading and the rows below it; None where what a file holds is no table."""
    if isinstance(held, list):
        if held and all(isinstance(each, dict) for each in held):
            return _of_objects(held)
        is_table = len(held) > 1 and all(isinstance(each, list) for each in held)
        return held if is_table and all(isinstance(name, str) for name in held[0]) else None
    if not isinstance(held, dict) or not held:
        return None
    values = list(held.values())
    if isinstance(held.get("columns"), list) and isinstance(held.get("data"), list):
        return [held["columns"], *held["data"]]
    if all(isinstance(each, list) for each in values) and not any(isinstance(item, dict) for item in values[0]):
        same = len(set(map(len, values))) == 1
        return [list(held), *map(list, zip(*values, strict=True))] if same else None
    if all(isinstance(each, dict) for each in values) and len(values) > 1:
        return _of_columns(held) if all(key.isdigit() for each in values for key in each) else _of_rows(held)
    if depth < _DEEPEST:
        tables = [found for each in values if isinstance(each, (list, dict)) and (found := _records(each, depth + 1))]
        if len(tables) == 1 and len(tables[0]) > 2:
            return tables[0]
    return _of_objects([held])


def _of_objects(rows: list[dict[str, Any]]) -> list[list[Any]]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [names, *([row.get(name) for name in names] for row in rows)]


def _of_columns(held: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Columns whose values stand under the numbers of their rows, as pandas writes them."""
    rows = dict.fromkeys(row for column in held.values() for row in column)
    return [list(held), *([column.get(row) for column in held.values()] for row in rows)]


def _of_rows(held: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Rows under keys of their own, which are a column too where they do more than count."""
    heading, *rows = _of_objects(list(held.values()))
    if list(held) in ([str(row) for row in range(first, first + len(rows))] for first in (0, 1)):
        return [heading, *rows]
    return [["key", *heading], *([key, *row] for key, row in zip(held, rows, strict=True))]
