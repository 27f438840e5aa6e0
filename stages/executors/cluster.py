"""A cluster of Dask, whose workers train chunks; they need Losslab's libraries, not its code, which travels to them.

A task is a function that imports nothing of the project, and bytes, which the scheduler does not look into. A worker
hands them to a process of its own, one for each of its threads (`child`), so that what ends that process does not end
the worker, and work that holds Python's lock does not make the worker look dead.
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

from stages.basics import cli, words
from stages.basics.cli import UserError
from stages.execution import keys
from stages.execution.executor import DiedError
from stages.executors import packing, remote
from stages.executors.processes import result_of
from stages.training.chunk import Chunk, Result, title

if TYPE_CHECKING:
    import distributed

PATIENCE = 5  # seconds in which a scheduler must answer
LOSSES = 10  # times that a chunk is sent again because a worker that died held what it needs


class _LostError(Exception):
    """A worker took with it what a chunk needs, or the scheduler took everything."""


def _ask(call: Callable[..., Any], *arguments: Any, **settings: Any) -> Any:
    """Call Dask.

    Raises:
        _LostError: a worker or the scheduler is gone.
    """
    from distributed.client import ClosedClientError

    try:
        return call(*arguments, **settings)
    except (OSError, CancelledError, ClosedClientError) as error:
        raise _LostError from error


class _Job:
    """A chunk on its way."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk, self.future = chunk, Future()
        self.n_lost, self.n_died = 0, 0


class Cluster:
    """The workers of a scheduler."""

    def __init__(self, where: str) -> None:
        """Name the scheduler: see `connect`."""
        self._where, self._session, self._facts = where, f"losslab-{uuid4().hex[:8]}", keys.facts()
        self.device = self._facts["device"]
        self._turn = ThreadPoolExecutor(1)  # all that follows is changed by its thread alone
        self._waiting: deque[_Job] = deque()
        self._suspects: deque[_Job] = deque()
        self._running: set[_Job] = set()
        self._shared: dict[str, distributed.Future] = {}
        self._died_at: dict[int, set[str]] = {}
        self._most = 1

    def __enter__(self) -> Self:
        self._client = connect(self._where)
        try:
            if not _ask(self._client.nthreads):
                cli.say(f"train: waits for a worker of the Dask scheduler at {self._where}")
                _ask(self._when_there_is_a_worker().result)
            self._refuse_others()
            threads = _ask(self._client.nthreads)
        except _LostError:
            self._client.close()
            raise self._gone() from None
        except BaseException:
            self._client.close()
            raise
        self.n_workers = sum(threads.values())
        workers, chunks = words.counted(len(threads), "Dask worker"), words.counted(self.n_workers, "chunk")
        cli.say(f"train: {workers} at {self._where}, {chunks} at a time")
        return self

    def __exit__(self, *error: object) -> None:
        self._turn.shutdown(wait=False, cancel_futures=True)
        self._waiting.clear()
        self._suspects.clear()
        with suppress(_LostError):
            _ask(self._client.run, remote.ending(), self._session, on_error="ignore")
        self._client.close()
        self._turn.shutdown()

    def submit(self, chunk: Chunk, on_epoch: Callable[[int], None]) -> Future[Result]:
        """Train a chunk; its epochs are told when it has ended."""
        del on_epoch
        job = _Job(chunk)
        self._next(self._waiting.append, job)
        return job.future

    def _next(self, do: Callable[..., None], job: _Job, *more: Any) -> None:
        """Do the next step of a job; an error becomes the job's result."""

        def guarded() -> None:
            self._running.discard(job)
            try:
                do(job, *more)
            except Exception as error:
                self._give_up(job, error)
            self._send()

        with suppress(RuntimeError):  # all is over
            self._turn.submit(guarded)

    def _send(self) -> None:
        """Send chunks, no more than keep the workers busy: one that dies casts suspicion on all that it was given."""
        while self._waiting and len(self._running) < self._most:
            self._start(self._waiting.popleft())
        if self._suspects and not self._running:
            self._start(self._suspects.popleft())

    def _start(self, job: _Job) -> None:
        try:
            future = self._sent(job)
        except Exception as error:
            self._give_up(job, error)
        else:
            self._wait(job, future, self._end)

    def _wait(self, job: _Job, future: "distributed.Future", then: Callable[..., None]) -> None:
        self._running.add(job)
        future.add_done_callback(lambda done: self._next(then, job, done))

    def _sent(self, job: _Job) -> "distributed.Future":
        threads, died_at = _ask(self._client.nthreads), self._died_at.get(id(job.chunk), set())
        if not threads:
            raise _LostError
        self._most = 2 * sum(threads.values()) + 1
        content, shared = packing.pack(job.chunk)
        code = self._on_workers("code", packing.code)
        arrays = {
            digest: self._on_workers(digest, content_of) for digest, content_of in packing.contents(shared).items()
        }
        others = [worker for worker in threads if worker not in died_at] if died_at else []
        return _ask(
            self._client.submit,
            remote.training(),
            *(self._session, code, self._facts, bytes(content), arrays),
            key=f"{self._session}-{uuid4().hex}",
            workers=others or None,
            allow_other_workers=bool(others),
        )

    def _on_workers(self, digest: str, content: Callable[[], bytes | memoryview]) -> "distributed.Future":
        """Put what several chunks need on the workers, which fetch it from each other."""
        future = self._shared.get(digest)
        if future is None or future.status != "finished":
            key, sent = f"{self._session}-{digest}", bytes(content())
            future = self._shared[digest] = _ask(self._client.scatter, {key: sent})[key]
        return future

    def _when_there_is_a_worker(self) -> "distributed.Future":
        """Work for any worker: a cluster that grows by need gets one for it."""
        return _ask(self._client.submit, int, key=f"{self._session}-{uuid4().hex}")

    def _end(self, job: _Job, future: "distributed.Future") -> None:
        match future.status:
            case "finished":
                worker, kind, content = _ask(future.result)
                if kind == "facts":
                    raise UserError(difference(worker, content, self._facts))
                if kind == "died":
                    self._died_at.setdefault(id(job.chunk), set()).add(worker)
                job.future.set_result(result_of(job.chunk, (kind, content)))
            case "error":
                self._failed(job, _ask(future.exception))
            case _:
                raise _LostError

    def _failed(self, job: _Job, error: BaseException) -> None:
        from distributed.scheduler import KilledWorker

        if not isinstance(error, KilledWorker):
            raise UserError(f"train: {title(job.chunk)}: the Dask worker failed: {type(error).__name__}: {error}")
        # each chunk that a worker was given counts as what ended it; alone on the cluster, it is known
        is_alone = job.n_died > 0
        job.n_died += error.allowed_failures + 1
        if is_alone:
            raise DiedError(job.n_died)
        self._suspects.append(job)

    def _give_up(self, job: _Job, error: Exception) -> None:
        if not isinstance(error, _LostError):
            job.future.set_exception(error)
            return
        job.n_lost += 1
        if self._client.status == "running" and job.n_lost <= LOSSES:
            with suppress(_LostError):
                self._wait(job, self._when_there_is_a_worker(), self._again)
                return
        job.future.set_exception(self._gone())

    def _again(self, job: _Job, future: "distributed.Future") -> None:
        if future.status != "finished":
            raise _LostError
        self._waiting.appendleft(job)

    def _gone(self) -> UserError:
        return UserError(f"train: the Dask scheduler at {self._where} is gone; what is trained is in the store")

    def _refuse_others(self) -> None:
        """Refuse workers that calculate with other versions.

        Raises:
            UserError: there is one.
        """
        versions = _ask(self._client.get_versions, packages=list(keys.LIBRARIES))
        for worker, its in versions["workers"].items():
            packages = its["packages"]
            facts = {name: packages[name] or "none" for name in keys.LIBRARIES}
            facts |= {"python": ".".join(packages["python"].split(".")[:2]), "device": self.device}
            if facts != self._facts:
                raise UserError(difference(worker, facts, self._facts))


def difference(worker: str, facts: Mapping[str, str], ours: Mapping[str, str]) -> str:
    """Say in a line how what a worker calculates with differs from what is here."""
    if reason := facts.get("missing"):
        return f"train: the Dask worker at {worker} cannot train: {reason}"
    name = next(name for name in ours if facts.get(name) != ours[name])
    return (
        f"train: the Dask worker at {worker} has {name} {facts.get(name)}, here it is {ours[name]}: "
        "results could differ, so all must have the same"
    )


def connect(where: str) -> "distributed.Client":
    """Connect to a scheduler, by what Dask's configuration says of encryption.

    Args:
        where: its ``host:port`` or ``tls://host:port``, or the path of its file.

    Raises:
        UserError: Dask is not installed, no scheduler answers, or one that is encrypted has no certificates here.
    """
    try:
        import distributed
    except ImportError:
        raise UserError("LOSSLAB_EXECUTOR: Dask is not installed; install it with: make setup EXTRA=dask") from None
    for name in ["distributed", *(name for name in logging.root.manager.loggerDict if name.startswith("distributed."))]:
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what a user must know is said in our words
    address = where
    if where.startswith("/"):
        try:
            address = json.loads(Path(where).read_text(encoding="utf-8"))["address"]
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(
                f"LOSSLAB_EXECUTOR: {where} is not the file of a Dask scheduler; "
                f"dask scheduler --scheduler-file {where} writes it"
            ) from None
    _check_encryption(where, address, distributed.Security())
    try:
        return distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError):
        signed = ", or its certificate is not one that distributed.comm.tls.ca-file stands for"
        reason = signed if address.startswith("tls://") else ""
        raise UserError(f"LOSSLAB_EXECUTOR: no Dask scheduler answers at {where}{reason}") from None


def _check_encryption(where: str, address: str, security: "distributed.Security") -> None:
    """Refuse an address that Dask's configuration does not let it connect to, before it waits for an answer.

    Args:
        where: what the user calls the scheduler.
        address: where it is.
        security: what is configured.

    Raises:
        UserError: certificates are missing, or encryption is asked for and the address is of none.
    """
    keys_of_dask = "distributed.comm.tls.ca-file, .client.cert and .client.key"
    try:
        has_certificates = security.get_connection_args("client")["ssl_context"] is not None
    except OSError as error:
        raise UserError(f"LOSSLAB_EXECUTOR: a certificate of Dask's configuration cannot be used: {error}") from None
    if address.startswith("tls://") and not has_certificates:
        raise UserError(
            f"LOSSLAB_EXECUTOR: {where} is encrypted, and Dask's configuration names no certificates; "
            f"its keys are {keys_of_dask}"
        )
    if security.require_encryption and not address.startswith("tls://"):
        raise UserError(
            f"LOSSLAB_EXECUTOR: {where} is not encrypted, as Dask's configuration requires "
            f"(distributed.comm.require-encryption); give it as tls://host:8786"
        )
