"""Which executor trains: processes of this machine, its threads, or a cluster."""

import math
import os
import re
from collections.abc import Callable, Sequence

import numpy as np

from stages.basics.cli import UserError
from stages.basics.machine import cards, memory, processors
from stages.execution.executor import Executor
from stages.execution.unit_training import first_chunks
from stages.executors.threads import Threads
from stages.training.chunk import Chunk
from stages.training.unit import Unit

PROCESS_MEMORY = 1.5e9  # bytes of memory for a process that trains
LARGE = 1.5e8  # bytes of a table in memory of which every process would hold several copies
COPIES = 12  # bytes of a process for each number that it uses of a table that is mapped to memory
_PROCESSES = re.compile(r"processes:([1-9]\d{0,3})")


def from_environment(units: Sequence[Unit], chunks_of: Callable[[Unit], list[Chunk]] = first_chunks) -> Executor:
    """Choose the executor that ``LOSSLAB_EXECUTOR`` names, or one on this machine; results do not depend on it.

    Args:
        units: what is to be trained.
        chunks_of: gives what is trained first of each.

    Raises:
        UserError: it names no executor.
    """
    where = _asked()
    if where.startswith(("dask://", "tls://")):
        from stages.executors.cluster import Cluster

        return Cluster(where.removeprefix("dask://"))
    return here(units, chunks_of)


def here(units: Sequence[Unit], chunks_of: Callable[[Unit], list[Chunk]] = first_chunks) -> Executor:
    """Choose an executor on this machine: as many processes as first chunks, processors and memory allow.

    Threads of one process do not import TensorFlow once for each, but wait for each other wherever Python runs. They
    are for a large table in memory, which they share, and for a graphics card, of which one process takes all memory.
    ``LOSSLAB_EXECUTOR`` asks for them, or for a number of processes.

    Args:
        units: what is to be trained.
        chunks_of: gives what is trained first of each.

    Raises:
        UserError: the variable names no executor.
    """
    where = _asked()
    if where == "threads":
        return Threads()
    if asked := _PROCESSES.fullmatch(where):
        n_processes = int(asked[1])
    else:
        n_chunks = sum(len(chunks_of(unit)) for unit in units)
        tables = [unit.table.features for unit in units]
        n_processes = min(processors(), n_chunks, int(memory() / (PROCESS_MEMORY + max(map(_used, units)))))
        if n_processes <= 1 or cards() or any(not _is_mapped(table) and table.nbytes > LARGE for table in tables):
            return Threads()
    from stages.executors.processes import Processes

    return Processes(n_processes)


def _is_mapped(features: np.ndarray) -> bool:
    return isinstance(features, np.memmap)


def _used(unit: Unit) -> int:
    """Bytes that a process holds of what a unit uses of a table that is mapped to memory."""
    if not _is_mapped(unit.table.features):
        return 0
    return COPIES * int(unit.used.sum()) * math.prod(unit.table.features.shape[1:])


def _asked() -> str:
    """Read ``LOSSLAB_EXECUTOR`` and check it."""
    where = os.environ.get("LOSSLAB_EXECUTOR", "")
    if where in ("", "threads") or re.fullmatch("(dask|tls)://.+", where) or _PROCESSES.fullmatch(where):
        return where
    raise UserError(
        f"LOSSLAB_EXECUTOR: {where!r} given; allowed: threads, processes:4 (or another number), "
        "dask://host:8786, tls://host:8786, dask:///shared/scheduler.json"
    )
