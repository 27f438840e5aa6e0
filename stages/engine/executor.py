"""Where units are trained: on any executor, by default on threads of this process."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial

import numpy as np

from stages.engine.backend import INTER_OP_THREADS
from stages.engine.training import train
from stages.engine.unit import Unit
from stages.records.runs import Run


@contextmanager
def training(
    units: list[Unit], on_epoch: Callable[[Unit, int], None], executor: Executor | None = None
) -> Iterator[Iterator[tuple[Unit, Run, list[np.ndarray]]]]:
    """Train units on an executor, which ends with the block: what has not begun by then is cancelled.

    Args:
        units: what to train.
        on_epoch: called with a unit and the number of its epochs that are done; where units are trained in other
            processes, only when one has ended.
        executor: any of ``concurrent.futures``; as many threads as there are processors when not given.

    Yields:
        Each unit with its run and the first seed's weights, as it ends.
    """
    executor = executor or ThreadPoolExecutor(INTER_OP_THREADS)
    shares_memory = isinstance(executor, ThreadPoolExecutor)
    tasks = {
        executor.submit(train, unit, *([partial(on_epoch, unit)] if shares_memory else [])): unit for unit in units
    }

    def ended() -> Iterator[tuple[Unit, Run, list[np.ndarray]]]:
        for task in as_completed(list(tasks)):
            unit = tasks.pop(task)  # so that its arrays are not kept until all have ended
            run, weights = task.result()
            on_epoch(unit, unit.n_epochs)
            yield unit, run, weights

    try:
        yield ended()
    finally:
        for task in tasks:
            task.cancel()
        executor.shutdown()
