"""How a stage starts and ends, and how it tells a user what went wrong."""

import errno
import gc
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable
from textwrap import TextWrapper
from typing import TextIO

from stages.basics.words import printable

_COMMAND = re.compile(r"(?<=: )(?:git|dvc|make|mlflow|pip|python) .*$")
WIDEST = 80  # letters of a line in a terminal, also where it has room for more

# what the system refuses whatever a program does: room, rights, and its own limits. Anything else, such as a file that
# is not there, is said where the user's file is opened, or is a mistake of ours
_REFUSED_BY_SYSTEM = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ESTALE),
    *(errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN),
    *(errno.ENAMETOOLONG, errno.ELOOP, errno.EPIPE),
}


class UserError(Exception):
    """A mistake a user can mend: one line for each thing to mend, no traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))


def plain(error: Exception) -> str | None:
    """What a user is told of an error, in plain lines; None of a mistake of ours, which needs its traceback."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.errno in _REFUSED_BY_SYSTEM:
        file = f"{error.filename}: " if error.filename else ""
        return printable(f"{file}{os.strerror(error.errno)}")
    return None


def run(main: Callable[[], None], when_it_fails: Callable[[], Iterable[str]] = list) -> None:
    """Run a stage. Mistakes of the user, and what the system refuses, end it with status 1 and plain lines.

    All objects that are left are taken from the garbage collector, as for the end of a program.
    With ``LOSSLAB_DEBUG=1`` in the environment the traceback is shown instead.

    Args:
        main: the stage.
        when_it_fails: lines that are to be said beside the mistake.
    """
    try:
        main()
    except (UserError, OSError) as error:
        line = plain(error)
        if line is None or os.environ.get("LOSSLAB_DEBUG") == "1":
            raise
        sys.exit(wrapped("\n".join([line, *map(printable, when_it_fails())]), sys.stderr))
    except KeyboardInterrupt:
        stopped = "stopped; dvc repro starts this stage again"
        sys.exit(wrapped("\n".join([stopped, *map(printable, when_it_fails())]), sys.stderr))
    finally:
        gc.freeze()  # to look through them at the end takes a second after TensorFlow


def say(message: str) -> None:
    """Print one line that tells the user what a stage did; nothing in it acts on the terminal."""
    print(wrapped(printable(message), sys.stdout), flush=True)


def wrapped(lines: str, stream: TextIO) -> str:
    """Lines as a stream is to have them: in a terminal broken at words, elsewhere as they are, for other programs.

    A command at the end of a line stays whole, as half of it may do something else to who copies it.
    """
    if not stream.isatty():
        return lines
    width = min(shutil.get_terminal_size().columns, WIDEST)
    wrap = TextWrapper(width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    whole = (_COMMAND.sub(lambda command: command[0].replace(" ", "\0"), line) for line in lines.split("\n"))
    return "\n".join("\n".join(wrap.wrap(line)) for line in whole).replace("\0", " ")
