"""What a terminal shows while work goes on. It is removed when the work ends; a file or a pipe gets nothing."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


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
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeElapsedColumn(),
        TextColumn("still"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        whole = progress.add_task(heading, total=sum(totals.values()))
        pieces = {name: progress.add_task(name, total=total, visible=False) for name, total in totals.items()}

        def show(name: str, done: int) -> None:
            progress.update(pieces[name], completed=done, visible=done < totals[name])
            progress.update(whole, completed=sum(task.completed for task in progress.tasks[1:]))

        yield show
