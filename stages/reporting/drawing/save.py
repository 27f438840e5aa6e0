"""Figures into files: several at a time, and only those whose arrays, or whose drawing, changed.

What was drawn is kept beside the unit store, by a hash of all that it depends on.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from stages.basics.digest import digest, of_code
from stages.records.store import DamagedError, Store
from stages.reporting import drawing, sections
from stages.reporting.drawing import svg
from stages.reporting.registry import Figure, Picture

LIMIT = 200_000_000  # bytes of figures that are kept


@dataclass(frozen=True)
class _Job:
    """What is to be drawn into a file."""

    figure: Figure
    data: Any
    path: Path


def save(pictures: Sequence[Picture], folder: Path, store: Store | None = None) -> Iterator[str]:
    """Draw figures into a folder, several at a time; gives the name of each that is done.

    Args:
        pictures: what to draw.
        folder: where the files go.
        store: beside which figures are kept; None to draw all of them.
    """
    kept = store and replace(store, folder=store.folder / ".figures", limit=min(store.limit, LIMIT))
    jobs, keys = [], []
    for picture in pictures:
        job = _Job(picture.figure, picture.data, folder / picture.file)
        key = digest((job.figure.name, job.data, _drawing())) if kept else ""
        if drawn := _kept(kept, key):
            job.path.write_bytes(drawn)
            yield picture.file
        else:
            jobs.append(job)
            keys.append(key)
    for number in _drawn(jobs):
        if kept:
            kept.put(keys[number], {"svg": np.frombuffer(jobs[number].path.read_bytes(), np.uint8)})
        yield jobs[number].path.name


def _kept(store: Store | None, key: str) -> bytes | None:
    """A figure that was drawn before; None where there is none, or it was damaged."""
    try:
        picture = store and store.get(key)
    except DamagedError:
        return None
    return picture["svg"].tobytes() if picture else None


def _drawn(jobs: list[_Job]) -> Iterator[int]:
    """Draw, and give the number of each that is done."""
    if len(jobs) < 2 or (os.cpu_count() or 1) < 2:
        for number, job in enumerate(jobs):
            _draw(job)
            yield number
        return
    # each process gets all of them as it starts: what is drawn may be large
    with ProcessPoolExecutor(initializer=_hold, initargs=(jobs,)) as executor:
        yield from executor.map(_save, range(len(jobs)))


_held: list[_Job] = []  # by a process that draws


def _hold(jobs: list[_Job]) -> None:
    _held.extend(jobs)


def _save(number: int) -> int:
    _draw(_held[number])
    return number


def _draw(job: _Job) -> None:
    job.path.write_text(svg.drawn(job.figure.draw, job.figure.grid(job.data), job.data), encoding="utf-8")


def _drawing() -> str:
    """A hash of what draws: of the modules here and of the sections, and of the libraries."""
    return of_code((*drawing.__path__, *sections.__path__), ("matplotlib", "numpy", "pillow"))
