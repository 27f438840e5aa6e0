"""Files that are written whole or not at all, and read with a plain word when they are damaged."""

import io
import json
import os
import pickle
import platform
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from stages.basics.cli import UserError

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
        if here := re.match(rf"\.writing-{_numbered_by()}-(\d+)-", path.name):
            is_left_over = not _is_alive(int(here[1]))
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
        return max(each.stat().st_mtime for each in [path, *path.rglob("*")])
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
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_left_over(path.parent)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=writing_prefix()) as folder:
        temporary = Path(folder) / path.name
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)


@contextmanager
def reading(path: Path, stage: str) -> Iterator[None]:
    """Turn any failure to read `path` into a line that names it and the stage that writes it."""
    try:
        yield
    except FileNotFoundError as error:
        missing = error.filename or path
        raise UserError(f"{missing} is missing; write it with: dvc repro --force {stage}") from error
    except Exception as error:
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


def pickled(value: Any) -> bytes:
    """The same bytes for an equal value: without references, which tell which equal texts are one object."""
    content = io.BytesIO()
    pickler = pickle.Pickler(content, protocol=5)
    pickler.fast = True
    pickler.dump(value)
    return content.getvalue()


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table as Parquet, without its index."""
    with replacing(path) as temporary:
        table.to_parquet(temporary, index=False)


def read_table(path: Path, *, stage: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table that `stage` wrote, or some of its columns."""
    with reading(path, stage):
        return pd.read_parquet(path, columns=columns)
