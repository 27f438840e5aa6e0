"""Which place work runs in: processes of this machine, its threads, or a cluster."""

import os
import re
from collections.abc import Sequence

from stages.basics.cli import UserError
from stages.basics.machine import cards, memory, processors
from stages.engine.executor import RoundsOf
from stages.engine.place import Place
from stages.engine.rounds import rounds
from stages.engine.unit import Unit
from stages.places.threads import Threads

PROCESS_MEMORY = 1.5e9  # bytes of memory for a process that trains
LARGE = 1.5e8  # bytes of a table of which every process would hold several copies
_PROCESSES = re.compile(r"processes:([1-9]\d{0,3})")


def from_environment(units: Sequence[Unit]) -> Place:
    """The place that ``LOSSLAB_EXECUTOR`` names, by which no result changes; else one on this machine.

    Args:
        units: what is to be trained.

    Raises:
        UserError: it names no place.
    """
    where = _asked()
    if where.startswith("dask://"):
        from stages.places.cluster import Cluster

        return Cluster(where.removeprefix("dask://"))
    return here(units)


def here(units: Sequence[Unit], rounds_of: RoundsOf = rounds) -> Place:
    """A place on this machine: as many processes as there are chunks to begin with, processors, and memory for.

    Threads of one process do not import TensorFlow once for each, but wait for each other wherever Python runs. They
    are for a large table, which they share, and for a graphics card, of which one process takes all memory.
    ``LOSSLAB_EXECUTOR`` asks for them, or for a number of processes.

    Args:
        units: what is to be trained.
        rounds_of: what is trained of each.

    Raises:
        UserError: the variable names no place.
    """
    where = _asked()
    if where == "threads":
        return Threads()
    if asked := _PROCESSES.fullmatch(where):
        n_processes = int(asked[1])
    else:
        n_chunks = sum(len(next(rounds_of(unit))) for unit in units)
        n_processes = min(processors(), n_chunks, int(memory() / PROCESS_MEMORY))
        if n_processes <= 1 or cards() or any(unit.table.features.nbytes > LARGE for unit in units):
            return Threads()
    from stages.places.processes import Processes

    return Processes(n_processes)


def _asked() -> str:
    """What ``LOSSLAB_EXECUTOR`` says."""
    where = os.environ.get("LOSSLAB_EXECUTOR", "")
    if where in ("", "threads") or re.fullmatch("dask://.+", where) or _PROCESSES.fullmatch(where):
        return where
    raise UserError(
        f"LOSSLAB_EXECUTOR: {where!r} given; allowed: threads, processes:4 (or another number), "
        "dask://host:8786, dask:///shared/scheduler.json"
    )
