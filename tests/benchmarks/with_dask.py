"""How work spreads over the workers of a Dask cluster, all on this machine.

python -m tests.benchmarks.with_dask speed          how time falls from one worker to two
python -m tests.benchmarks.with_dask many           100 units of 300 seeds, and what the scheduler needs for them
python -m tests.benchmarks.with_dask many --units 10 --seeds 60

Workers have one thread each and start anew for each measurement; what they take to import TensorFlow is in the time.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from stages.basics import words
from stages.execution.cutting import cut
from stages.execution.scheduler import Scheduler, Tally
from stages.execution.unit_training import train_unit
from stages.executors import packing
from stages.executors.cluster import Cluster
from stages.records.store import Store
from stages.training.chunk import Candidate
from stages.training.unit import Unit
from tests.executors.clusters import cluster
from tests.training.units import make_unit


class Measured(NamedTuple):
    """What a load took.

    Attributes:
        seconds: from the first chunk to the last result.
        n_chunks: chunks that were trained.
        answer: bytes of what a chunk gave, on average.
        peak: bytes of the scheduler, the most that it had.
        scheduling: processor seconds of the scheduler.
        asking: processor seconds of the process that wants the chunks trained.
        training: processor seconds of the workers, together.
    """

    seconds: float
    n_chunks: int
    answer: float
    peak: int
    scheduling: float
    asking: float
    training: float


def load(n_units: int, n_seeds: int, epochs: int, hidden: int) -> list[Unit]:
    """Comparisons that differ in their learning rate."""
    return [
        make_unit(
            "mse",
            comparison=f"problem{number}",
            seeds=range(n_seeds),
            epochs=epochs,
            hidden=[hidden],
            optimizer={"name": "SGD", "learning_rate": 0.01 + 0.0001 * number, "momentum": 0.9},
        )
        for number in range(n_units)
    ]


def measure(units: list[Unit], n_workers: int) -> Measured:
    """Train units on a cluster of so many workers."""
    with _folder() as folder, cluster(folder / "cluster", n_workers, "--no-nanny") as started:
        store = Store(folder / "store")
        scheduler = psutil.Process(started.scheduler.pid)
        idle, own, begun = _processor_seconds(scheduler), time.process_time(), time.perf_counter()
        with Cluster(str(started.file)) as executor:
            trainer, tally = Scheduler(executor, store), Tally()
            trainer.run([train_unit(unit, trainer.trainer(unit, tally)) for unit in units])
        n_chunks = tally.n_chunks
        seconds, scheduling = time.perf_counter() - begun, _processor_seconds(scheduler) - idle
        own = time.process_time() - own
        trained = sum(sum(psutil.Process(worker.pid).cpu_times()[:4]) for worker in started.workers)  # with children
        return Measured(seconds, n_chunks, store.size() / n_chunks, _peak(scheduler.pid), scheduling, own, trained)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _processor_seconds(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


def _peak(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")  # Linux alone tells
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def speed(arguments: argparse.Namespace) -> None:
    """Print what one worker takes, and two."""
    units = load(arguments.units or 1, arguments.seeds or 300, arguments.epochs or 1000, 50)
    one, two = (measure(units, n_workers) for n_workers in (1, 2))
    print(f"{words.counted(one.n_chunks, 'chunk')}: {two.seconds / one.seconds:.2f} of the time on two workers")
    for n_workers, done in ((1, one), (2, two)):
        had = f"{done.training / done.seconds:.2f} processors, {done.training:.0f} s of them in all"
        print(f"{words.counted(n_workers, 'worker')}: {done.seconds:.0f} s, with {had}")
    print("Where others use the machine, workers have fewer processors than there are workers.")


def many(arguments: argparse.Namespace) -> None:
    """Print what many units ask of the scheduler."""
    units = load(arguments.units or 100, arguments.seeds or 300, arguments.epochs or 5, 7)
    chunk, shared = packing.pack(cut(units[0], [Candidate(0.01)], units[0].settings.epochs)[0])
    done = measure(units, arguments.workers)
    told = (
        f"{len(units)} units × {len(units[0].settings.seeds)} seeds: {words.counted(done.n_chunks, 'chunk')}",
        f"{done.seconds:,.0f} s on {words.counted(arguments.workers, 'worker')}",
        f"the scheduler: at most {done.peak / 1e9:.2f} GB, {100 * done.scheduling / done.seconds:.1f} % of a processor",
        f"here: {1000 * done.asking / done.n_chunks:.0f} ms of a processor for a chunk",
        f"a chunk: {len(chunk) / 1000:.1f} kB there, {done.answer / 1000:.1f} kB back",
        f"once for each worker: code {len(packing.code()) / 1000:.0f} kB, {words.counted(len(shared), 'table')}",
    )
    print("\n".join(told))


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["speed", "many"])
    for name in ("units", "seeds", "epochs"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--workers", type=int, default=2, help="for many")
    arguments = parser.parse_args()
    {"speed": speed, "many": many}[arguments.what](arguments)


if __name__ == "__main__":
    main()
