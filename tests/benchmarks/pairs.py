"""How long it takes to compare many losses: ``python -m tests.benchmarks.pairs`` compares each of 121 with each."""

import argparse
import time

import numpy as np

from stages.verdicts.design import Design
from stages.verdicts.pairs import compare

N_LOSSES, N_SEEDS, N_ROWS, N_FOLDS = 121, 30, 1000, 10


def design(name: str, n_seeds: int, n_rows: int) -> Design:
    """All rows tested by every seed, or seeds that take turns on folds."""
    turns = np.arange(n_rows) % N_FOLDS == np.arange(n_seeds)[:, None] % N_FOLDS
    return Design(np.ones((n_seeds, n_rows), bool) if name == "one split" else turns, np.empty(0))


def main() -> None:
    """Print the seconds of one split and of folds."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pairs")
    parser.add_argument("--losses", type=int, default=N_LOSSES)
    wanted, generator = parser.parse_args(), np.random.default_rng(0)
    rows = generator.lognormal(size=N_ROWS)
    losses = {
        f"loss{number}": rows * generator.lognormal(0, 0.1, (N_SEEDS, N_ROWS)) * generator.lognormal(0, 0.1)
        for number in range(wanted.losses)
    }
    for name in ("one split", "folds"):
        made, start = design(name, N_SEEDS, N_ROWS), time.perf_counter()
        values = {loss: np.where(made.tested, each, np.nan) for loss, each in losses.items()}
        pairs = compare(values, made, higher_is_better=False, margin=0.01, same_objective=set(), worst=9.0)
        each = 1e3 * (time.perf_counter() - start) / max(len(pairs) // 2, 1)
        print(f"{name}: {len(pairs) // 2:,} pairs, {N_SEEDS} seeds and {N_ROWS:,} rows: {each:.2f} ms a pair")


if __name__ == "__main__":
    main()
