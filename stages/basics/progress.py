"""What a terminal shows while work goes on. It is removed when the work ends; a file or a pipe gets nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Column


@contextmanager
def bars(totals: Mapping[str, int], *, unit: str, heading: str) -> Iterator[Callable[[str, int], None]]:
    """Show a bar for all work together, and one for each piece that is under way.

    Args:
        totals: by the name of a piece, how much there is to do.
        unit: what is counted, as in ``epochs``.
        heading: what all pieces together are called.

    Yields:
        What to call with a piece's name and how much of it is done; threads may share it.
    """
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
