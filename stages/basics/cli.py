"""How a stage starts, and how it tells a user what went wrong."""

import os
import signal
import sys
import threading
from collections.abc import Callable

from stages.basics import experiment

_stopped = threading.Event()


class UserError(Exception):
    """A mistake a user can mend: one line for each thing to mend, no traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(line.replace("\n", "\\n") for line in lines))


def run(main: Callable[[], None]) -> None:
    """Run a stage. Mistakes of the user and of the system end it with status 1 and plain lines.

    What a failed experiment has set in params.yaml is taken back, so that the next one does not inherit it.
    With ``LOSSLAB_DEBUG=1`` in the environment the traceback is shown instead.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)
    try:
        main()
    except (UserError, OSError) as error:
        if os.environ.get("LOSSLAB_DEBUG") == "1":
            raise
        sys.exit(_lines(str(error), experiment.undo()))
    except KeyboardInterrupt:
        sys.exit(_lines("stopped; dvc repro starts this stage again", experiment.undo()))


def _stop(*_: object) -> None:
    _stopped.set()
    raise KeyboardInterrupt


def go_on() -> None:
    """Stop where Ctrl-C was pressed and nothing came of it.

    Python drops what is raised while an object is deleted, and a program of TensorFlow is many objects.
    """
    if _stopped.is_set():
        raise KeyboardInterrupt


def _lines(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def say(message: str) -> None:
    """Print one line that tells the user what a stage did."""
    print(message, flush=True)
