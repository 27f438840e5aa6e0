"""How a stage starts and ends, and how it tells a user what went wrong."""

import gc
import os
import sys
from collections.abc import Callable, Iterable

from stages.basics.words import printable


class UserError(Exception):
    """A mistake a user can mend: one line for each thing to mend, no traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


def run(main: Callable[[], None], when_it_fails: Callable[[], Iterable[str]] = list) -> None:
    """Run a stage. Mistakes of the user and of the system end it with status 1 and plain lines.

    All objects that are left are taken from the garbage collector, as for the end of a program.
    With ``LOSSLAB_DEBUG=1`` in the environment the traceback is shown instead.

    Args:
        main: the stage.
        when_it_fails: lines that are to be said beside the mistake.
    """
    try:
        main()
    except (UserError, OSError) as error:
        if os.environ.get("LOSSLAB_DEBUG") == "1":
            raise
        told = str(error) if isinstance(error, UserError) else printable(str(error))
        sys.exit("\n".join([told, *map(printable, when_it_fails())]))
    except KeyboardInterrupt:
        sys.exit("\n".join(["stopped; dvc repro starts this stage again", *map(printable, when_it_fails())]))
    finally:
        gc.freeze()  # to look through them at the end takes a second after TensorFlow


def say(message: str) -> None:
    """Print one line that tells the user what a stage did; nothing in it acts on the terminal."""
    print(printable(message), flush=True)
