"""Files that are written whole or not at all, and read with a plain word when they are damaged."""

import json
import os
import platform
import re
import shutil
import tempfile
import time
import uuid
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from stages.basics.cli import UserError

# what is raised of damage by json and pydantic (both ValueError), zip, NumPy's files and those that read them
_DAMAGE = (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error)
# and of a Parquet file: pandas' notes in it are read by Python code
PARQUET = (pyarrow.ArrowException, TypeError, LookupError, AttributeError)
OLD = 86_400  # seconds after which what another machine was writing is taken for left over


def writing_prefix() -> str:
    """What the name of a temporary file or folder begins with: whose it is, so that it can be told from a left-over."""
    return f".writing-{_numbered_by()}-{os.getpid()}-"


def remove_left_over(folder: Path) -> None:
    """Remove what killed processes left half written in a folder.

    Of a process that the same machine, or the same container, has numbered, it is known whether it has ended. Another
    machine or container, whatever its name, may still be writing: what it wrote is left until it is a day old.
    """
    for path in folder.glob(".writing-*"):
        if match := re.match(rf"\.writing-{_numbered_by()}-(\d+)-", path.name):
            is_left_over = not _is_alive(int(match[1]))
        else:
            is_left_over = time.time() - _last_written(path) > OLD
        if is_left_over:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


@cache
def _numbered_by() -> str:
    """What gives processes their numbers, in letters and digits: a machine since it started, or a container in it.

    Names of machines and containers will not do, as several may share one.
    """
    try:
        started = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8")
        whole = f"{started} {Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:  # not Linux, so no containers
        whole = f"{platform.node()} {uuid.getnode()}"
    return sha256(whole.encode()).hexdigest()[:12]


def _last_written(path: Path) -> float:
    """When a file, or something in a folder, was last written, in seconds since 1970; now where it is gone."""
    try:
        return max(entry.stat().st_mtime for entry in [path, *path.rglob("*")])
    except FileNotFoundError:
        return time.time()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # someone else's
        return True
    return True


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` to write a file or fill a folder at.

    It takes the place of `path` when the block ends, and is removed when the block fails; what a killed process
    left there is removed when the next one writes.

    Raises:
        UserError: a file stands where a folder is needed, or the other way round.
        OSError: what the system refuses in the block; it names `path`.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = tempfile.TemporaryDirectory(dir=path.parent, prefix=writing_prefix())
    except (FileExistsError, NotADirectoryError) as error:
        raise UserError(f"{path} cannot be written: {error.filename} is no folder") from error
    except FileNotFoundError as error:  # a folder of the system's own, such as /proc
        raise UserError(f"{path} cannot be written: {path.parent} takes no new files") from error
    remove_left_over(path.parent)
    with beside as folder:
        temporary = Path(folder) / path.name
        try:
            yield temporary
        except OSError as error:
            error.filename = error.filename or str(path)
            raise
        if path.is_dir():
            if not temporary.is_dir():
                raise UserError(f"{path} cannot be written: it is a folder")
            shutil.rmtree(path)
        os.replace(temporary, path)


@contextmanager
def reading(path: Path, stage: str, *by_library: type[Exception]) -> Iterator[None]:
    """Turn what a library makes of a file that is missing or damaged into a line that names the stage that writes it.

    A library's call stands inside alone: what our own code raises is a bug, not damage.

    Args:
        path: the file.
        stage: what writes it.
        by_library: what the library raises of damage, beside what `_DAMAGE` lists.
    """
    try:
        yield
    except (*_DAMAGE, *by_library) as error:
        if not path.exists():
            raise UserError(f"{path} is missing; write it with: dvc repro --force {stage}") from error
        if isinstance(error, OSError) and error.errno is not None and not path.is_dir():
            raise  # the system's own, of a file that does not let itself be read, or of another one
        raise UserError(
            f"{path} cannot be read (damaged or cut short); write it again with: dvc repro --force {stage}"
        ) from error


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON, its keys in the order given."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_json(path: Path, *, stage: str) -> Any:
    """Read JSON that `stage` wrote."""
    with reading(path, stage):
        return json.loads(path.read_text(encoding="utf-8"))


def read_arrays(path: Path, names: Iterable[str], *, stage: str) -> dict[str, np.ndarray]:
    """Read arrays of an ``.npz`` file that `stage` wrote, by name; the file must hold them all."""
    with reading(path, stage), path.open("rb") as file:
        arrays = np.load(file, allow_pickle=False)
        if not isinstance(arrays, np.lib.npyio.NpzFile) or not set(names) <= set(arrays.files):
            raise ValueError("arrays are missing")
        return {name: arrays[name] for name in names}


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, without its index."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path, *, stage: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table that `stage` wrote, or some of its columns."""
    with reading(path, stage, *PARQUET):
        # what was read is freed as columns are made of it, so that it is there once
        return pd.read_parquet(path, columns=columns, to_pandas_kwargs={"split_blocks": True, "self_destruct": True})
