"""How far off the time is that `train` says it still takes, from a tenth of it on; times are of the wall clock.

python -m tests.benchmarks.progress [--rows 1000 20000] [--losses 4] [--budget 1m]   a drawn table of each size
python -m tests.benchmarks.progress --default                                        what the project compares

An estimate is of the whole: what has gone by and what is said to be left.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stages.basics.progress import PIPE, Estimate
from tests.benchmarks.budget import ROOT, project, run, table, with_budget


def told(folder: Path) -> tuple[list[tuple[float, float | None]], float]:
    """Train, and take what is told of it: at seconds since the start the whole that is estimated, and the whole."""
    read, write = os.pipe()
    began = time.monotonic()
    environment = os.environ | {PIPE: str(write), "LOSSLAB_STORE": ""}
    command = [sys.executable, "-m", "stages.train"]
    with subprocess.Popen(command, cwd=folder, env=environment, pass_fds=[write], stdout=subprocess.DEVNULL) as process:
        os.close(write)
        said: list[tuple[float, float | None]] = []
        done: dict[str, int] = {}
        free: dict[str, int] = {}
        with os.fdopen(read) as lines:
            for line in lines:
                now = time.monotonic()
                match json.loads(line):
                    case {"totals": totals}:
                        done, free = dict.fromkeys(totals, 0), dict.fromkeys(totals, 0)
                        estimate = Estimate(sum(totals.values()), now)
                    case [name, n_done, n_free]:
                        done[name], free[name] = n_done, n_free
                        estimate.seen(sum(done.values()), sum(free.values()), now)
                        left = estimate.remaining()
                        said.append((now - began, None if left is None else now - began + left))
    if process.returncode:
        raise SystemExit(process.returncode)
    return said, time.monotonic() - began


def line_of(name: str, folder: Path) -> str:
    """What a run of `train` told, in a line."""
    said, whole = told(folder)
    later = [estimated for seconds, estimated in said if seconds >= whole / 10]
    known = [estimated / whole for estimated in later if estimated is not None]
    within = sum(0.75 <= ratio <= 1.25 for ratio in known)
    return (
        f"{name}: {whole:.0f} s; of {len(later)} times from a tenth on {len(later) - len(known)} say nothing, {within} "
        f"are within a quarter; from {min(known, default=0):.2f} to {max(known, default=0):.2f} of the whole"
    )


def main() -> None:
    """Print a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 20_000])
    parser.add_argument("--losses", type=int, default=4, choices=range(2, 9))
    parser.add_argument("--budget", type=float, metavar="MINUTES")
    parser.add_argument("--default", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for rows in [None] if asked.default else asked.rows:
            folder = Path(place) / str(rows)
            if rows is None:
                subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
                run(folder, "stages.settings")
                run(folder, "stages.generate")
            else:
                project(folder, table(rows, 1), asked.losses)
                if asked.budget and (why := with_budget(folder, asked.budget)):
                    raise SystemExit(why)
            run(folder, "stages.scale")
            print(line_of(f"{rows:,} rows" if rows else "what the project compares", folder), flush=True)


if __name__ == "__main__":
    main()
