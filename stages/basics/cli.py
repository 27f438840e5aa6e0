"""How a stage starts and ends, and how it tells a user what went wrong."""

import gc
import os
import sys
from collections.abc import Callable

from stages.basics import experiment
from stages.basics.words import printable


class UserError(Exception):
    """A mistake a user can mend: one line for each thing to mend, no traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


def run(main: Callable[[], None]) -> None:
    """Run a stage. Mistakes of the user and of the system end it with status 1 and plain lines.

    What a failed experiment has set in params.yaml is taken back, so that the next one does not inherit it. All objects
    that are left are taken from the garbage collector, as for the end of a program.
    With ``LOSSLAB_DEBUG=1`` in the environment the traceback is shown instead.
    """
    try:
        main()
    except (UserError, OSError) as error:
        if os.environ.get("LOSSLAB_DEBUG") == "1":
            raise
        told = str(error) if isinstance(error, UserError) else printable(str(error))
        sys.exit(_lines(told, experiment.undo()))
    except KeyboardInterrupt:
        sys.exit(_lines("stopped; dvc repro starts this stage again", experiment.undo()))
    finally:
        gc.freeze()  # to look through them at the end takes a second after TensorFlow


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def say(message: str) -> None:
    """Print one line that tells the user what a stage did; nothing in it acts on the terminal."""
    print(printable(message), flush=True)
