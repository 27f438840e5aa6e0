"""Chunks as bytes, apart from what they share with others: a table travels once, not with every chunk."""

import io
import pickle
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from stages.training.chunk import Chunk
from stages.training.unit import Table
from stages.usercode import imports

LARGE = 50_000  # bytes of an array that travels apart
STAGES = Path(__file__).parents[1]


def pack(chunk: Chunk) -> tuple[bytes, dict[str, Any]]:
    """A chunk as bytes, and by digest what it shares with others: its table, and large arrays of its plan."""
    content, shared = io.BytesIO(), {}

    class Packer(pickle.Pickler):
        def persistent_id(self, value: Any) -> str | None:
            match value:
                case Table():
                    digest = value.digest
                case np.ndarray() if value.nbytes >= LARGE:
                    digest = sha256(f"{value.dtype} {value.shape}".encode() + value.tobytes()).hexdigest()
                case _:
                    return None
            shared[digest] = value
            return digest

    Packer(content, pickle.HIGHEST_PROTOCOL).dump(chunk)
    return content.getvalue(), shared


def unpack(content: bytes, shared: Mapping[str, Any]) -> Chunk:
    """The chunk that was packed."""

    class Unpacker(pickle.Unpickler):
        def persistent_load(self, digest: str) -> Any:
            return shared[digest]

    return Unpacker(io.BytesIO(content)).load()


def code() -> bytes:
    """The project's code and the user's own, as a ZIP file whose bytes depend on them alone."""
    files = {f"stages/{path.relative_to(STAGES).as_posix()}": path for path in STAGES.rglob("*.py")}
    files |= {path.as_posix(): path for path in imports.every_file()}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, path in sorted(files.items()):
            if "__pycache__" not in path.parts:
                archive.writestr(zipfile.ZipInfo(name), path.read_bytes())
    return content.getvalue()
