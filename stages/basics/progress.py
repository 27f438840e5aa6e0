"""What a terminal or a notebook shows while work goes on. It is removed when the work ends; a file gets nothing.

A process that works for another tells it of its progress through a pipe, and the other shows it.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column

PIPE = "LOSSLAB_PROGRESS"  # the number of the pipe through which a process tells of its progress
TELLING = 0.1  # seconds between two reports of a piece

Show = Callable[[str, int], None]


@contextmanager
def bars(totals: Mapping[str, int], *, unit: str, heading: str) -> Iterator[Show]:
    """Show a bar for all work together, and one for each piece that is under way.

    Args:
        totals: by the name of a piece, how much there is to do.
        unit: what is counted, as in ``epochs``.
        heading: what all pieces together are called.

    Yields:
        What to call with a piece's name and how much of it is done; threads may share it.
    """
    if pipe := os.environ.get(PIPE):
        shown = _through(int(pipe), totals, unit, heading)
    elif display := _display():
        shown = _in_notebook(display, totals, unit, heading)
    else:
        shown = _in_terminal(totals, unit, heading)
    with shown as show:
        yield show


def show_from(lines: Iterable[str]) -> None:
    """Show what another process tells of its progress, until it ends.

    Args:
        lines: what comes through the pipe.
    """
    with ExitStack() as stack:
        show: Show = _ignore
        for line in lines:
            match json.loads(line):
                case {"totals": totals, "unit": unit, "heading": heading}:
                    stack.close()
                    show = stack.enter_context(bars(totals, unit=unit, heading=heading))
                case [name, n_done]:
                    show(name, n_done)


def _ignore(_: str, __: int) -> None:
    """Show nothing."""


@contextmanager
def _through(pipe: int, totals: Mapping[str, int], unit: str, heading: str) -> Iterator[Show]:
    """Tell of all pieces through a pipe, one JSON a line."""
    last: dict[str, float] = {}

    def tell(value: Any) -> None:
        os.write(pipe, json.dumps(value).encode() + b"\n")

    def show(name: str, n_done: int) -> None:
        if n_done >= totals[name] or time.monotonic() - last.get(name, 0.0) > TELLING:
            last[name] = time.monotonic()
            tell([name, n_done])

    tell({"totals": dict(totals), "unit": unit, "heading": heading})
    yield show


def _display() -> Callable[..., Any] | None:
    """What shows objects below a notebook's cell; None where there is no notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return ipython.display.display if getattr(shell, "kernel", None) else None


class _Bar:
    """A bar in a notebook; nothing, once the work has ended."""

    def __init__(self, total: int, words: str) -> None:
        self.total, self.words, self.n_done, self.is_shown = total, words, 0, True

    def _repr_html_(self) -> str:
        return f'<progress max="{self.total}" value="{self.n_done}"></progress> {self}' if self.is_shown else ""

    def __repr__(self) -> str:
        return f"{self.n_done:,} of {self.total:,} {self.words}" if self.is_shown else ""


@contextmanager
def _in_notebook(display: Callable[..., Any], totals: Mapping[str, int], unit: str, heading: str) -> Iterator[Show]:
    """Show one bar for all work together, as HTML."""
    n_done, bar = dict.fromkeys(totals, 0), _Bar(sum(totals.values()), f"{unit} ({heading})")
    shown = display(bar, display_id=True)

    def show(name: str, done: int) -> None:
        n_done[name] = done
        bar.n_done = sum(n_done.values())
        shown.update(bar)

    try:
        yield show
    finally:
        bar.is_shown = False
        shown.update(bar)


@contextmanager
def _in_terminal(totals: Mapping[str, int], unit: str, heading: str) -> Iterator[Show]:
    """Show bars in a terminal; elsewhere nothing."""
    # where there is little room, names are cut and nothing else
    whole = Column(no_wrap=True)
    columns = (
        TextColumn("{task.description}", table_column=Column(overflow="ellipsis")),
        BarColumn(bar_width=10, table_column=whole),
        MofNCompleteColumn(table_column=whole),
        TextColumn(unit),
        TimeElapsedColumn(table_column=whole),
        TextColumn("still"),
        TimeRemainingColumn(table_column=whole),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        together = progress.add_task(heading, total=sum(totals.values()))
        pieces = {name: progress.add_task(name, total=total, visible=False) for name, total in totals.items()}

        def show(name: str, done: int) -> None:
            progress.update(pieces[name], completed=done, visible=done < totals[name])
            progress.update(together, completed=sum(task.completed for task in progress.tasks[1:]))

        yield show
