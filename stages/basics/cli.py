"""How a stage starts, and how it tells a user what went wrong."""

import os
import sys
from collections.abc import Callable


class UserError(Exception):
    """A mistake a user can mend: one line for each thing to mend, no traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(line.replace("\n", "\\n") for line in lines))


def run(main: Callable[[], None]) -> None:
    """Run a stage. Mistakes of the user and of the system end it with status 1 and plain lines.

    With ``LOSSLAB_DEBUG=1`` in the environment the traceback is shown as well.
    """
    try:
        main()
    except (UserError, OSError) as error:
        if os.environ.get("LOSSLAB_DEBUG") == "1":
            raise
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped; dvc repro starts this stage again")


def say(message: str) -> None:
    """Print one line that tells the user what a stage did."""
    print(message, flush=True)
