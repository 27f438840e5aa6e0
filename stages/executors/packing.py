"""Chunks as JSON and arrays, apart from the arrays that they share with others: a table travels once, not with each."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import partial, reduce
from hashlib import sha256
from mmap import mmap
from operator import getitem
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from stages.basics import arrays
from stages.training.chunk import Chunk
from stages.training.unit import Table
from stages.usercode import imports

LARGE = 50_000  # bytes of an array that travels apart
STAGES = Path(__file__).parents[1]
_AT = " at"  # behind the name of an array of which the place of its file is told
_FACTS = "facts"  # of the arrays of a packed chunk, the one that is its JSON
_CHUNK = TypeAdapter(tuple[Chunk], config=ConfigDict(arbitrary_types_allowed=True))  # a class takes no config itself

# what several chunks need: arrays by name, by the digest of them all
Shared = dict[str, dict[str, np.ndarray]]


def pack(chunk: Chunk) -> tuple[memoryview, Shared]:
    """Pack a chunk as bytes, apart from what it shares with others: its table, and large arrays of its plan."""
    inside: dict[str, np.ndarray] = {}
    shared: Shared = {}
    places: dict[str, tuple[str, str]] = {}

    def plain(value: Any, place: str, table: Table | None = None) -> Any:
        """A value as JSON has it, without the arrays in it."""
        match value:
            case np.ndarray():
                if table is None and value.nbytes < LARGE:
                    inside[place] = value
                else:
                    digest, name = (_digest(value), "array") if table is None else (table.digest, place)
                    shared.setdefault(digest, {})[name] = value
                    places[place] = digest, name
                return None
            case np.generic():
                return value.item()
            case BaseModel():
                return value.model_dump(mode="json")
            case _ if is_dataclass(value):
                table = value if isinstance(value, Table) else None
                names = [field.name for field in fields(value)]
                return {name: plain(getattr(value, name), f"{place}.{name}", table) for name in names}
        return value

    facts = {"chunk": plain(chunk, "chunk"), "shared": places}
    return arrays.to_bytes({_FACTS: np.frombuffer(json.dumps(facts).encode(), np.uint8), **inside}), shared


def unpack(content: bytes, shared: Shared) -> Chunk:
    """Unpack a chunk.

    Raises:
        NotArraysError: it is something else.
    """
    inside = arrays.from_bytes(content)
    facts = json.loads(inside.pop(_FACTS).tobytes())
    from_shared = {place: _taken(shared[digest], name) for place, (digest, name) in facts["shared"].items()}
    for place, array in (inside | from_shared).items():
        *parents, name = place.split(".")
        reduce(getitem, parents, facts)[name] = array
    [chunk] = _CHUNK.validate_python([facts["chunk"]])
    return chunk


def contents(shared: Shared, *, here: bool = False) -> dict[str, Callable[[], memoryview]]:
    """Give, by digest, a function that packs what chunks share as bytes.

    Args:
        shared: what they share.
        here: whether they are trained on this machine, so that of an array that is mapped to a file its place will do:
            what is in memory of it is then there once, whatever the number of processes.
    """
    return {digest: partial(_packed, content, here=here) for digest, content in shared.items()}


def _packed(content: dict[str, np.ndarray], *, here: bool) -> memoryview:
    return arrays.to_bytes(dict(map(_placed, content.items())) if here else content)


def _placed(item: tuple[str, np.ndarray]) -> tuple[str, np.ndarray]:
    """An array by its name; one that is a whole file mapped to memory as the file's place."""
    name, array = item
    if not isinstance(array, np.memmap) or not isinstance(array.base, mmap):  # part of one is not at its start
        return item
    place = {"file": str(Path(array.filename).absolute()), "offset": array.offset}
    place |= {"dtype": array.dtype.str, "shape": array.shape}
    return f"{name}{_AT}", np.frombuffer(json.dumps(place).encode(), np.uint8)


def _taken(content: dict[str, np.ndarray], name: str) -> np.ndarray:
    """The array of a name, mapped to memory where its place was given."""
    if name in content:
        return content[name]
    place = json.loads(content[f"{name}{_AT}"].tobytes())
    file, offset = place["file"], place["offset"]
    return np.memmap(file, np.dtype(place["dtype"]), mode="r", offset=offset, shape=tuple(place["shape"]))


def _digest(array: np.ndarray) -> str:
    digest = sha256(f"{array.dtype} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def code() -> bytes:
    """Pack the project's code and the user's own as a ZIP file, whose bytes depend on them alone."""
    files = {f"stages/{path.relative_to(STAGES).as_posix()}": path for path in STAGES.rglob("*.py")}
    files |= {path.as_posix(): path for path in imports.every_file()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, path in sorted(files.items()):
            if "__pycache__" not in path.parts:
                archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return content.getvalue()
