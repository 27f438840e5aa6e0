"""The unit store: what was trained once is not trained again.

One file for each chunk of a unit (some seeds of one loss), named by a hash of all that decides its result. It holds
arrays, JSON that says what was hashed, the length of that, and its own hash at its end:
``.losslab/store/<key>`` in the real repository, also while DVC runs a stage in a temporary copy, so that every
experiment shares it. It lies outside DVC's outputs, which DVC deletes before a stage runs. Files are written whole or
not at all, and several processes may use the store at once: the worst that can happen is that two train the same.

``LOSSLAB_STORE`` names another folder; empty, it switches the store off. ``LOSSLAB_STORE_GB`` bounds its size.
"""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from stages.basics import arrays, files, paths
from stages.basics.arrays import NotArraysError
from stages.basics.cli import UserError

GIGABYTE = 10**9
DEFAULT_LIMIT = 5 * GIGABYTE
_DIGEST = sha256().digest_size
_LENGTH = 8  # bytes of a number of bytes


@dataclass(frozen=True)
class Store:
    """Arrays by key, in the files of one folder.

    Attributes:
        folder: where the files are; made when the first is written.
        limit: bytes that they may take together; those read longest ago are removed first.
    """

    folder: Path
    limit: int = DEFAULT_LIMIT
    _written: list[int] = field(default_factory=list, repr=False, compare=False)  # bytes, since it was last measured

    def has(self, key: str) -> bool:
        """Whether there is something under a key."""
        return self._path(key).is_file()

    def get(self, key: str) -> dict[str, np.ndarray] | None:
        """What was put under a key; None where there is nothing.

        Raises:
            DamagedError: there is a file, but not as it was written. It is removed.
        """
        path = self._path(key)
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        written, digest = content[:-_DIGEST], content[-_DIGEST:]
        try:
            if sha256(written).digest() != digest:
                raise NotArraysError("its digest is another")
            result = arrays.from_bytes(written[: -_LENGTH - int.from_bytes(written[-_LENGTH:])])
        except NotArraysError as error:
            path.unlink(missing_ok=True)
            raise DamagedError(path) from error
        with suppress(FileNotFoundError):  # another process may have removed it meanwhile
            os.utime(path)  # read now, so removed last
        return result

    def put(self, key: str, result: Mapping[str, np.ndarray], facts: Mapping[str, Any] | None = None) -> None:
        """Keep arrays under a key, and remove what was read longest ago where that is too much.

        Args:
            key: the key.
            result: the arrays.
            facts: what they are, as JSON has it.
        """
        content, beside = arrays.to_bytes(result), json.dumps(facts).encode() if facts else b""
        digest = sha256(content)
        digest.update(end := beside + len(beside).to_bytes(_LENGTH))
        self.folder.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self.folder, prefix=files.writing_prefix())
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.write(end + digest.digest())
            self._written.append(os.path.getsize(temporary))
            os.replace(temporary, self._path(key))
        finally:
            Path(temporary).unlink(missing_ok=True)
        # measuring thousands of files takes longer than writing one
        if len(self._written) == 1 or sum(self._written) > self.limit / 100:
            self._shrink()

    def facts(self) -> Iterator[dict[str, Any]]:
        """What the entries are, of which it was said; arrays are not read."""
        for path in self.files():
            with suppress(OSError, ValueError), path.open("rb") as file:  # removed meanwhile, or damaged
                file.seek(-_DIGEST - _LENGTH, os.SEEK_END)
                if n_bytes := int.from_bytes(file.read(_LENGTH)):
                    file.seek(-_DIGEST - _LENGTH - n_bytes, os.SEEK_END)
                    yield json.loads(file.read(n_bytes))

    def files(self) -> list[Path]:
        """The files of the store, the one read longest ago first."""
        with_times = []
        for path in self.folder.glob("[!.]*"):
            with suppress(FileNotFoundError):  # another process may remove it meanwhile
                with_times.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(with_times)]

    def size(self) -> int:
        """Bytes that the files take."""
        return sum(_size(path) for path in self.files())

    def empty(self) -> int:
        """Remove every file, also those that a killed process left half written; how many entries there were."""
        entries = self.files()
        for path in entries:
            path.unlink(missing_ok=True)
        files.remove_left_over(self.folder)
        return len(entries)

    def _shrink(self) -> None:
        self._written[:] = [0]
        files.remove_left_over(self.folder)
        entries = self.files()
        total = sum(map(_size, entries))
        for path in entries[:-1]:  # the newest stays, however large
            if total <= self.limit:
                break
            total -= _size(path)
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / key


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
    folder = os.environ.get("LOSSLAB_STORE")
    if folder == "":
        return None
    size = os.environ.get("LOSSLAB_STORE_GB", "5")
    try:
        limit = float(size)
    except ValueError:
        limit = 0.0
    if not 0 < limit < float("inf"):
        raise UserError(f"LOSSLAB_STORE_GB: {size!r} given; allowed: a number above 0, as in LOSSLAB_STORE_GB=5")
    return Store(Path(folder) if folder else paths.root() / ".losslab" / "store", int(limit * GIGABYTE))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
