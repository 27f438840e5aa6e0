"""Which place work runs in: processes of this machine, its threads, or a cluster."""

import os
import re

from stages.basics.cli import UserError
from stages.basics.machine import cards, memory, processors
from stages.engine.place import Place
from stages.places.threads import Threads

PROCESS_MEMORY = 2 * 10**9  # bytes of the machine's memory for each process that trains


def from_environment(n_units: int) -> Place:
    """The place that the environment names: ``LOSSLAB_EXECUTOR``, by which no result changes.

    Args:
        n_units: that are trained.

    Raises:
        UserError: it names no place.
    """
    where = os.environ.get("LOSSLAB_EXECUTOR", "")
    if where.startswith("dask://"):
        from stages.places.cluster import Cluster

        return Cluster(where.removeprefix("dask://"))
    if where not in ("", "threads") and not _PROCESSES.fullmatch(where):
        raise UserError(
            f"LOSSLAB_EXECUTOR: {where!r} given; allowed: threads, processes:4 (or another number), "
            "dask://host:8786, dask:///shared/scheduler.json"
        )
    return here(n_units)


def here(n_units: int) -> Place:
    """A place on this machine: as many processes as it has processors and memory for, where there are as many units.

    Threads of one process do not import TensorFlow once for each, but wait for each other wherever Python runs. They
    are for a graphics card, of which one process takes all memory. ``LOSSLAB_EXECUTOR`` asks for them, or for a number
    of processes.
    """
    where = os.environ.get("LOSSLAB_EXECUTOR", "")
    asked = _PROCESSES.fullmatch(where)
    n_processes = int(asked[1]) if asked else min(processors(), n_units, memory() // PROCESS_MEMORY)
    if where == "threads" or (not asked and (n_processes <= 1 or cards())):
        return Threads()
    from stages.places.processes import Processes

    return Processes(n_processes)


_PROCESSES = re.compile(r"processes:([1-9]\d{0,3})")
