"""Hashes by which results are kept: of data, equal arrays, texts and numbers having an equal one, and of code."""

import hashlib
from dataclasses import fields, is_dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd


def digest(value: Any) -> str:
    """The hash of a value made of arrays, tables, texts, numbers, and lists, mappings and dataclasses of these.

    Raises:
        TypeError: something else is among them.
    """
    seen = hashlib.sha256()
    _add(seen, value)
    return seen.hexdigest()


@cache
def of_code(folders: tuple[str, ...], libraries: tuple[str, ...]) -> str:
    """The hash of all Python modules below some folders, and of the versions of some libraries."""
    seen = hashlib.sha256(repr([(library, version(library)) for library in libraries]).encode())
    for folder in folders:
        for module in sorted(Path(folder).rglob("*.py")):
            seen.update(module.relative_to(folder).as_posix().encode() + module.read_bytes())
    return seen.hexdigest()


def _add(seen: "hashlib._Hash", value: Any) -> None:
    match value:
        case None | bool() | int() | float() | str() | np.generic():
            parts = [repr(value)]
        case np.ndarray() if value.dtype.hasobject:
            parts = value.tolist()
        case np.ndarray():
            parts = [str(value.dtype), repr(value.shape)]
            seen.update(np.ascontiguousarray(value).tobytes())
        case pd.DataFrame():
            parts = [(name, value[name].to_numpy()) for name in value]
        case dict():
            parts = list(value.items())
        case list() | tuple():
            parts = value
        case _ if is_dataclass(value):
            parts = [getattr(value, field.name) for field in fields(value)]
        case _:
            raise TypeError(f"{type(value).__name__} is not plain data")
    seen.update(f"{type(value).__name__} {len(parts)}:".encode())
    for part in parts:
        if isinstance(part, str):
            seen.update(f"{len(part)}:{part}".encode())
        else:
            _add(seen, part)
