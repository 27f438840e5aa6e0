"""Figures into files: several at a time, and only those whose arrays, or whose drawing, changed.

What was drawn is kept beside the unit store, by a hash of all that it depends on.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from stages.basics.digest import digest, of_code
from stages.records.store import DamagedError, Store
from stages.reporting import drawing, sections
from stages.reporting.drawing import svg
from stages.reporting.drawing.plots import Grid
from stages.reporting.registry import Picture

LIMIT = 200_000_000  # bytes of figures that are kept


@dataclass(frozen=True)
class _Job:
    """What is to be drawn into a file."""

    draw: Callable[[np.ndarray, Any], None]
    grid: Grid
    data: Any
    path: Path


class Drawing:
    """Figures that are drawn into a folder by processes of their own, while this one goes on."""

    def __init__(self, folder: Path, store: Store | None = None) -> None:
        """Begin.

        Args:
            folder: where the files go.
            store: beside which figures are kept; None to draw all of them.
        """
        self._folder = folder
        self._kept = store and replace(store, folder=store.folder / ".figures", limit=min(store.limit, LIMIT))
        self._pool = ProcessPoolExecutor() if (os.cpu_count() or 1) > 1 else None
        self._found: list[str] = []
        self._jobs: list[tuple[_Job, str, Future[None] | None]] = []

    def add(self, picture: Picture) -> Picture:
        """Draw a figure, if it is not kept, and give it back."""
        data = picture.data
        job = _Job(picture.figure.draw, picture.figure.grid(data), data, self._folder / picture.file)
        key = digest((picture.figure.name, data, _drawing())) if self._kept else ""
        if drawn := _read(self._kept, key):
            job.path.write_bytes(drawn)
            self._found.append(picture.file)
        else:
            self._jobs.append((job, key, self._pool.submit(_draw, job) if self._pool else None))
        return picture

    def done(self) -> Iterator[str]:
        """Wait for all, and give the name of each that is done."""
        yield from self._found
        for job, key, drawn in self._jobs:
            drawn.result() if drawn else _draw(job)
            if self._kept:
                self._kept.put(key, {"svg": np.frombuffer(job.path.read_bytes(), np.uint8)})
            yield job.path.name

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)


def save(pictures: Iterable[Picture], folder: Path, store: Store | None = None) -> Iterator[str]:
    """Draw figures into a folder, several at a time; gives the name of each that is done. See `Drawing`."""
    with Drawing(folder, store) as under_way:
        for picture in pictures:
            under_way.add(picture)
        yield from under_way.done()


def _read(store: Store | None, key: str) -> bytes | None:
    """A figure that was drawn before; None where there is none, or it was damaged."""
    try:
        picture = store and store.get(key)
    except DamagedError:
        return None
    return picture["svg"].tobytes() if picture else None


def _draw(job: _Job) -> None:
    job.path.write_text(svg.drawn(job.draw, job.grid, job.data), encoding="utf-8")


def _drawing() -> str:
    """A hash of what draws: of the modules here and of the sections, and of the libraries."""
    return of_code((*drawing.__path__, *sections.__path__), ("matplotlib", "numpy", "pillow"))
