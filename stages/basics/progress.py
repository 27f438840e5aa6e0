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
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

from stages.basics.words import percent

PIPE = "LOSSLAB_PROGRESS"  # the number of the pipe through which a process tells of its progress
TELLING = 0.1  # seconds between two reports of a piece
SETTLED = 0.15  # of the time until something is done goes by before a pace is taken, and again before it is trusted

# the name of a piece, how much of it is done, and how much of that took no time
Show = Callable[[str, int, int], None]


class Estimate:
    """How long the work still takes, by its mean pace since it got going.

    What took no time, as it was there already, has no part in the pace. At first processes start and compile their
    first programs at the same time, of which the first report comes from one alone. So the pace is taken from a little
    later on, and nothing is said before it has been seen for a while.
    """

    def __init__(self, total: int, now: float) -> None:
        """Begin.

        Args:
            total: how much there is to do.
            now: seconds, by any clock.
        """
        self._total, self._left, self._begin = total, total, now
        self._first: float | None = None  # when something was done
        self._base: tuple[float, int] | None = None  # from when on the pace is taken, and what was done by then
        self._last = (now, 0)

    def seen(self, done: int, free: int, now: float) -> None:
        """Take note of how much is done of all, and how much of that took no time."""
        worked, self._left = done - free, self._total - done
        if worked <= self._last[1]:
            return
        self._last = (now, worked)
        if self._first is None:
            self._first = now
        if self._base is None and now - self._first >= SETTLED * (self._first - self._begin):
            self._base = self._last

    def remaining(self) -> float | None:
        """Seconds that are left; None where nobody can know yet."""
        if self._first is None or self._base is None:
            return None
        seconds, worked = (after - before for after, before in zip(self._last, self._base, strict=True))
        if not worked or seconds < SETTLED * (self._first - self._begin):
            return None
        return self._left * seconds / worked


@contextmanager
def bars(totals: Mapping[str, int], *, unit: str, heading: str) -> Iterator[Show]:
    """Show a bar for all work together, and one for each piece that is under way.

    Args:
        totals: by the name of a piece, how much there is to do.
        unit: what is counted, as in ``figures``; empty for work of many kinds, which is shown in percent.
        heading: what all pieces together are called.

    Yields:
        What to call with a piece's name, how much of it is done and how much of that took no time; threads may share
        it.
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
                case [name, n_done, n_free]:
                    show(name, n_done, n_free)


def _ignore(_: str, __: int, ___: int) -> None:
    """Show nothing."""


@contextmanager
def _through(pipe: int, totals: Mapping[str, int], unit: str, heading: str) -> Iterator[Show]:
    """Tell of all pieces through a pipe, one JSON a line."""
    last: dict[str, float] = {}

    def tell(value: Any) -> None:
        os.write(pipe, json.dumps(value).encode() + b"\n")

    def show(name: str, n_done: int, n_free: int = 0) -> None:
        if n_done >= totals[name] or time.monotonic() - last.get(name, 0.0) > TELLING:
            last[name] = time.monotonic()
            tell([name, n_done, n_free])

    tell({"totals": dict(totals), "unit": unit, "heading": heading})
    yield show


def _display() -> Callable[..., Any] | None:
    """What shows objects below a notebook's cell; None where there is no notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython and ipython.get_ipython()
    return ipython.display.display if getattr(shell, "kernel", None) else None


class _Bar:
    """A bar in a notebook; nothing, once the work has ended."""

    def __init__(self, total: int, unit: str, heading: str) -> None:
        self.total, self.unit, self.heading, self.n_done, self.is_shown = total, unit, heading, 0, True

    def _repr_html_(self) -> str:
        return f'<progress max="{self.total}" value="{self.n_done}"></progress> {self}' if self.is_shown else ""

    def __repr__(self) -> str:
        if not self.is_shown:
            return ""
        counted = f"{self.n_done:,} of {self.total:,} {self.unit}"
        return f"{counted if self.unit else percent(self.n_done / self.total)} ({self.heading})"


@contextmanager
def _in_notebook(display: Callable[..., Any], totals: Mapping[str, int], unit: str, heading: str) -> Iterator[Show]:
    """Show one bar for all work together, as HTML."""
    n_done, bar = dict.fromkeys(totals, 0), _Bar(sum(totals.values()), unit, heading)
    shown = display(bar, display_id=True)

    def show(name: str, done: int, _: int = 0) -> None:
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
    """Show bars in a terminal, and one estimate of how long all of it still takes; elsewhere nothing."""
    # where there is little room, names are cut and nothing else
    whole = Column(no_wrap=True)
    columns = (
        TextColumn("{task.description}", table_column=Column(overflow="ellipsis")),
        BarColumn(bar_width=10, table_column=whole),
        *(
            [MofNCompleteColumn(table_column=whole), TextColumn(unit)]
            if unit
            else [TaskProgressColumn("{task.percentage:.0f} %", table_column=whole)]
        ),
        TimeElapsedColumn(table_column=whole),
        TextColumn("{task.fields[left]}", table_column=whole),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        together = progress.add_task(heading, total=sum(totals.values()), left=_in_words(None))
        pieces = {name: progress.add_task(name, total=total, visible=False, left="") for name, total in totals.items()}
        free, estimate = dict.fromkeys(totals, 0), Estimate(sum(totals.values()), time.monotonic())

        def show(name: str, done: int, n_free: int = 0) -> None:
            free[name] = n_free
            progress.update(pieces[name], completed=done, visible=done < totals[name])
            all_done = sum(int(task.completed) for task in progress.tasks[1:])
            estimate.seen(all_done, sum(free.values()), time.monotonic())
            progress.update(together, completed=all_done, left=_in_words(estimate.remaining()))

        yield show


def _in_words(seconds: float | None) -> str:
    """How long it still takes, as in ``still 0:01:05``."""
    if seconds is None:
        return "still -:--:--"
    minutes, rest = divmod(round(seconds), 60)
    return f"still {minutes // 60}:{minutes % 60:02d}:{rest:02d}"
