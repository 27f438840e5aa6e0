"""The unit store: what was trained once is not trained again.

One file for each chunk of a unit (some seeds of one loss), named by a hash of all that decides its result:
``.losslab/store/<key>.npz`` in the real repository, also while DVC runs a stage in a temporary copy, so that every
experiment shares it. It lies outside DVC's outputs, which DVC deletes before a stage runs. Files are written whole or
not at all, and several processes may use the store at once: the worst that can happen is that two train the same.

``LOSSLAB_STORE`` names another folder; empty, it switches the store off. ``LOSSLAB_STORE_GB`` bounds its size.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from stages.basics import paths
from stages.basics.cli import UserError

GIGABYTE = 10**9
DEFAULT_LIMIT = 5 * GIGABYTE
LIBRARIES = ("keras", "numpy", "tensorflow")  # another version may calculate otherwise


@dataclass(frozen=True)
class Store:
    """Arrays by key, in the files of one folder.

    Attributes:
        folder: where the files are; made when the first is written.
        limit: bytes that they may take together; those read longest ago are removed first.
    """

    folder: Path
    limit: int = DEFAULT_LIMIT

    def get(self, key: str) -> dict[str, np.ndarray] | None:
        """What was put under a key; None where there is nothing.

        Raises:
            DamagedError: there is a file, but not as it was written. It is removed.
        """
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                values = {name: arrays[name] for name in arrays.files}
        except FileNotFoundError:
            return None
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            path.unlink(missing_ok=True)
            raise DamagedError(path) from error
        with suppress(FileNotFoundError):  # another process may have removed it meanwhile
            os.utime(path)  # read now, so removed last
        return values

    def put(self, key: str, arrays: Mapping[str, np.ndarray]) -> None:
        """Keep arrays under a key, and remove what was read longest ago where that is too much."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=".writing-")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, **arrays)
            os.replace(temporary, self._path(key))
        finally:
            Path(temporary).unlink(missing_ok=True)
        self._shrink()

    def files(self) -> list[Path]:
        """The files of the store, the one read longest ago first."""
        with_times = []
        for path in self.folder.glob("*.npz"):
            with suppress(FileNotFoundError):  # another process may remove it meanwhile
                with_times.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(with_times)]

    def size(self) -> int:
        """Bytes that the files take."""
        return sum(_size(path) for path in self.files())

    def empty(self) -> int:
        """Remove every file, also those that a killed process left half written; how many entries there were."""
        entries = self.files()
        for path in [*entries, *self.folder.glob(".writing-*")]:
            path.unlink(missing_ok=True)
        return len(entries)

    def _shrink(self) -> None:
        files = self.files()
        total = sum(map(_size, files))
        for path in files[:-1]:  # the newest stays, however large
            if total <= self.limit:
                break
            total -= _size(path)
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"


class DamagedError(Exception):
    """An entry that is not as it was written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} was damaged")
        self.path = path


def from_environment() -> Store | None:
    """The store that the environment asks for; None where it is switched off.

    Raises:
        UserError: ``LOSSLAB_STORE_GB`` is not a number above 0.
    """
    where = os.environ.get("LOSSLAB_STORE")
    if where == "":
        return None
    size = os.environ.get("LOSSLAB_STORE_GB", "5")
    try:
        limit = float(size)
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise UserError(f"LOSSLAB_STORE_GB: {size!r} given; allowed: a number above 0, as in LOSSLAB_STORE_GB=5")
    return Store(Path(where) if where else paths.root() / ".losslab" / "store", int(limit * GIGABYTE))


def key_of(facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], code: Iterable[Path]) -> str:
    """The name of what these facts, rows and code decide.

    Args:
        facts: settings, as JSON takes them.
        arrays: by name, what is learned from.
        code: the files whose change may change a result.

    Returns:
        SHA-256 in hexadecimal digits, over them and the versions of the libraries that calculate.
    """
    versions = {name: version(name) for name in LIBRARIES}
    digest = hashlib.sha256(json.dumps([facts, versions], sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    for path in sorted(code):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
