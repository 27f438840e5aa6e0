"""Processes that train chunks for another, one after the other each, and end with it.

``python -m stages.executors.child`` is such a process; `Children` is how the other speaks to them, through their
standard input and output. What stands above `main` imports nothing of the project, so that a Dask worker, which has
no project, can load this file.
"""

import gc
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

CHUNKS = 500  # that a child trains before another takes its place: TensorFlow frees not all of a program
KEPT = 10**9  # bytes of tables and plans that a child keeps for the next chunk
IDLE = 300  # seconds after which a child without work ends, so that it holds no memory for a client that is gone

TELLING = 0.1  # seconds between two reports of how many epochs are done

# ("result", bytes), ("user", text) for a mistake of the user, or ("error", text); before it comes ("epochs", number)
Answer = tuple[str, Any]
_FOLLOWED = ("result", "shared", "chunk")  # kinds of messages of which the bytes follow


def _ignore(_: int) -> None:
    """Do nothing at an epoch."""


class EndedError(Exception):
    """The process at the other end of the pipe has ended."""


def _send(connection: Connection, kind: str, value: Any = None, content: bytes | memoryview = b"") -> None:
    """Send a message: JSON, and bytes after it where it is one of `_FOLLOWED`.

    Raises:
        EndedError: nobody receives it.
    """
    facts = json.dumps([kind, value]).encode()
    try:
        connection.send_bytes(facts)
        if kind in _FOLLOWED:
            connection.send_bytes(content)
    except OSError as error:
        raise EndedError from error


def _receive(connection: Connection) -> tuple[str, Any, bytes]:
    """Receive a message: its kind, its value, and the bytes after it.

    Raises:
        EndedError: nobody sends any more.
        NoMessageError: what came is something else.
    """
    try:
        kind, value = json.loads(connection.recv_bytes())
        return kind, value, connection.recv_bytes() if kind in _FOLLOWED else b""
    except (EOFError, OSError) as error:
        raise EndedError from error
    except (ValueError, TypeError) as error:
        raise NoMessageError from error


class NoMessageError(Exception):
    """The bytes that came are no message."""


class Child:
    """A process that trains chunks."""

    def __init__(self, folder: Path, code: Path) -> None:
        """Start it.

        Args:
            folder: where it runs, with the user's own code in ``stages/custom``.
            code: where the package ``stages`` is.
        """
        path = os.pathsep.join([str(code), *filter(None, [os.environ.get("PYTHONPATH")])])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "stages.executors.child"],
            cwd=folder,
            # a chunk calculates on one processor; who wants more starts more children
            env=os.environ | {"LOSSLAB_THREADS": "1", "PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the process that started it
        )
        self._to = Connection(os.dup(self._process.stdin.fileno()), readable=False)
        self._from = Connection(os.dup(self._process.stdout.fileno()), writable=False)
        self._process.stdin.close()
        self._process.stdout.close()
        self._kept: dict[str, int] = {}
        self._is_ended = False
        self.n_chunks = 0  # that it was sent

    @cached_property
    def facts(self) -> dict[str, str]:
        """The versions and the device that it calculates with, once it has imported TensorFlow.

        Alone ``missing``, why it cannot; or ``mistake``, the traceback of what is wrong in our code.

        Raises:
            EndedError: the process ended.
        """
        return self._answer()[1]

    def run(
        self,
        chunk: bytes | memoryview,
        shared: Mapping[str, Callable[[], bytes | memoryview]],
        on_epoch: Callable[[int], None] = _ignore,
    ) -> Answer:
        """Train a chunk.

        Args:
            chunk: as `packing` packs it.
            shared: by digest, how to get what it shares with other chunks; only what the child has not is sent.
            on_epoch: called now and then with the number of epochs done.

        Raises:
            EndedError: the process ended.
        """
        self.facts  # noqa: B018 - it trains when it has told them
        for digest, content in shared.items():
            if digest not in self._kept:
                sent = content()
                _send(self._to, "shared", digest, sent)
                self._kept[digest] = len(sent)
        _send(self._to, "chunk", content=chunk)
        self.n_chunks += 1
        for digest in _too_old(self._kept):
            del self._kept[digest]
        while (answer := self._answer())[0] == "epochs":
            on_epoch(answer[1])
        return answer

    def is_alive(self) -> bool:
        """Whether it can train."""
        return self._process.poll() is None

    def end(self) -> None:
        """End the process, also in the middle of a chunk, and what the user's own code has started in it."""
        if not self._is_ended:
            self._is_ended = True
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _answer(self) -> Answer:
        kind, value, content = _receive(self._from)
        return kind, content if kind in _FOLLOWED else value


class Children:
    """A pool of children: one for each chunk at a time, each kept for the next chunk."""

    def __init__(self, folder: Path, code: Path) -> None:
        """Say where they run, and where the package ``stages`` is."""
        self._where = folder, code
        self._idle: list[Child] = []
        self._busy: set[Child] = set()
        self._lock, self._is_ended = threading.Lock(), False

    def run(
        self,
        chunk: bytes | memoryview,
        shared: Mapping[str, Callable[[], bytes | memoryview]],
        facts: Mapping[str, str] | None = None,
        on_epoch: Callable[[int], None] = _ignore,
    ) -> Answer:
        """Train a chunk in one of them.

        Args:
            chunk: see `Child.run`.
            shared: see `Child.run`.
            facts: what the child must calculate with.
            on_epoch: see `Child.run`.

        Returns:
            See `Child.run`; or ``("died", None)``, or ``("facts", …)`` of a child that calculates with others.
        """
        if (child := self._take()) is None:
            return "died", None
        goes_on = False
        try:
            if mistake := child.facts.get("mistake"):
                return "error", mistake
            if facts and child.facts != facts:
                return "facts", child.facts
            if reason := child.facts.get("missing"):
                return "user", f"a process that trains cannot start: {reason}"
            answer = child.run(chunk, shared, on_epoch)
            goes_on = child.n_chunks < CHUNKS
            return answer
        except EndedError:
            return "died", None
        except NoMessageError:
            return "user", "a process that trains answered with something that is no message"
        finally:
            with self._lock:
                self._busy.discard(child)
                self._idle += [child] if goes_on else []
            if not goes_on:
                child.end()

    def _take(self) -> Child | None:
        """Take an idle child, or start a new one; None where the pool has ended."""
        with self._lock:
            if self._is_ended:
                return None
            alive = [child for child in self._idle if child.is_alive()]
            self._idle = alive[:-1]
            child = alive[-1] if alive else Child(*self._where)
            self._busy.add(child)
        return child

    def end(self) -> None:
        """End all, also those in the middle of a chunk, and those that are still starting."""
        with self._lock:
            self._is_ended = True
            for child in [*self._idle, *self._busy]:
                child.end()


def _too_old(sizes: Mapping[str, int]) -> list[str]:
    """Choose the oldest entries that are too much to keep; both ends of the pipe choose alike."""
    total, old = sum(sizes.values()), []
    for digest in list(sizes)[:-1]:
        if total <= KEPT:
            break
        total -= sizes[digest]
        old.append(digest)
    return old


def _is_missing(error: Exception) -> bool:
    """Whether an import failed for lack of a library, or of something it needs, and not of one of our own modules."""
    if isinstance(error, ImportError):
        return (error.name or "").partition(".")[0] != "stages"
    raised_in = Path(traceback.extract_tb(error.__traceback__)[-1].filename)
    return isinstance(error, OSError) and not raised_in.is_relative_to(Path(__file__).parents[1])


def _end_with(parent: int, requests: Connection) -> None:
    """End at once when the other process does, also in the middle of a chunk: its end of the pipe is closed then."""
    poll = select.poll()
    poll.register(requests.fileno(), 0)
    while not poll.poll(1000) and os.getppid() == parent:  # macOS does not tell of the pipe
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Train what comes in, until nothing has come for a while."""
    requests, answers = Connection(os.dup(0), writable=False), Connection(os.dup(1), readable=False)
    threading.Thread(target=_end_with, args=(os.getppid(), requests), daemon=True).start()
    # what the user's own code prints is no answer, and it cannot ask; what it forks must not keep the pipe open
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    os.register_at_fork(after_in_child=answers.close)
    try:
        from stages.basics import arrays, cli
        from stages.execution import keys
        from stages.executors import packing
        from stages.training import seed_training
    except Exception as error:
        is_missing = _is_missing(error)
        _send(answers, "facts", {"missing": str(error)} if is_missing else {"mistake": traceback.format_exc()})
        return
    gc.freeze()  # what is imported stays: to look through it again and again is a tenth of what tracing a program takes
    _send(answers, "facts", keys.facts())
    kept, sizes, last_told = {}, {}, 0.0

    def tell(epochs: int) -> None:
        nonlocal last_told
        if time.monotonic() - last_told > TELLING:
            _send(answers, "epochs", epochs)
            last_told = time.monotonic()

    while requests.poll(IDLE):
        kind, digest, content = _receive(requests)
        if kind == "shared":
            kept[digest], sizes[digest] = arrays.from_bytes(content), len(content)
            continue
        try:
            chunk = packing.unpack(content, kept)
            for old in _too_old(sizes):
                del kept[old], sizes[old]
            result = arrays.to_bytes(seed_training.train(chunk, tell))
        except (Exception, SystemExit) as error:
            line = cli.plain(error)
            _send(answers, *(("user", line) if line else ("error", traceback.format_exc())))
        else:
            _send(answers, "result", content=result)


if __name__ == "__main__":
    try:
        main()
    except EndedError:
        os._exit(1)
