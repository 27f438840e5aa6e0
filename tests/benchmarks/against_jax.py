"""Our engine beside JAX: `jit(vmap(scan))` written by hand for the same networks, on one processor.

python -m tests.benchmarks.against_jax PYTHON     PYTHON: one that has JAX, which this project does not need:
                                                  python -m venv /tmp/jax; /tmp/jax/bin/pip install jax

Times of different runs are not comparable; the ratios are what to quote.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

ROOT = Path(__file__).parents[2]
NAMES = ("mse", "binary_crossentropy", "categorical_crossentropy")
N_REPLICAS = (30, 180, 500)
N_TRAIN, BATCH_SIZE, EPOCHS = 500, 32, 20


def times_of(fit: Callable[[Callable[[int], None]], None]) -> tuple[float, float]:
    """Seconds of processor time until the first epoch is done, and of the quickest epoch after it."""
    times = [time.process_time()]
    fit(lambda _: times.append(time.process_time()))
    first, *others = np.diff(times)
    return float(first), float(min(others))


def ours(folder: Path) -> Callable[[str, int], tuple[float, float]]:
    """Our engine. It writes each problem for JAX into the folder."""
    from tests.benchmarks import our_engine

    def measure(name: str, n_replicas: int) -> tuple[float, float]:
        network, rows = our_engine.problem(name)
        np.savez(folder / f"{name}.npz", features=rows.features, targets=rows.targets, hidden=network.hidden[0])
        view = our_engine.first_rows(n_replicas, N_TRAIN, len(rows))
        return times_of(lambda done: our_engine.fit(name, network, rows, view, epochs=EPOCHS, on_epoch=done))

    return measure


def by_hand(folder: Path) -> Callable[[str, int], tuple[float, float]]:
    """JAX."""
    import jax
    from jax import numpy as jnp

    losses = {
        "mse": lambda sums, targets: jnp.square(sums - targets).mean(),
        "binary_crossentropy": lambda sums, targets: (jax.nn.softplus(sums) - targets * sums).mean(),
        "categorical_crossentropy": lambda sums, targets: -(targets * jax.nn.log_softmax(sums)).sum(axis=-1).mean(),
    }
    metrics = {
        "mse": lambda sums, targets: jnp.square(sums - targets).mean(),
        "binary_crossentropy": lambda sums, targets: ((sums >= 0) == (targets >= 0.5)).mean(),
        "categorical_crossentropy": lambda sums, targets: (sums.argmax(axis=-1) == targets.argmax(axis=-1)).mean(),
    }

    def measure(name: str, n_replicas: int) -> tuple[float, float]:
        with np.load(folder / f"{name}.npz") as arrays:
            features, targets, hidden = (
                jnp.array(arrays["features"]),
                jnp.array(arrays["targets"]),
                int(arrays["hidden"]),
            )

        def loss_and_metric(weights: list, x: jax.Array, y: jax.Array) -> tuple:
            kernel, bias, last_kernel, last_bias = weights
            sums = jax.nn.relu(x @ kernel + bias) @ last_kernel + last_bias
            return losses[name](sums, y), metrics[name](sums, y)

        def step(state: tuple, rows: jax.Array) -> tuple:
            weights, momentum = state
            measured, gradients = jax.value_and_grad(loss_and_metric, has_aux=True)(
                weights, features[rows], targets[rows]
            )
            momentum = jax.tree.map(lambda m, g: 0.9 * m - 0.01 * g, momentum, gradients)
            return (jax.tree.map(jnp.add, weights, momentum), momentum), jnp.stack(measured) * len(rows)

        def epoch(state: tuple, order: jax.Array) -> tuple:
            n_whole = N_TRAIN // BATCH_SIZE * BATCH_SIZE
            state, whole = jax.lax.scan(step, state, order[:n_whole].reshape(-1, BATCH_SIZE))
            state, left = step(state, order[n_whole:])
            during = (whole.sum(axis=0) + left) / N_TRAIN
            return state, (during, loss_and_metric(state[0], features[N_TRAIN:], targets[N_TRAIN:]))

        generator = np.random.default_rng(0)
        widths = (features.shape[1], hidden, targets.shape[1])
        weights = []
        for i, (before, after) in enumerate(pairwise(widths)):
            limit = np.sqrt(6 / before) if i == 0 else np.sqrt(6 / (before + after))
            weights += [generator.uniform(-limit, limit, (n_replicas, before, after)), np.zeros((n_replicas, after))]
        weights = [jnp.array(array, jnp.float32) for array in weights]

        def fit(done: Callable[[int], None]) -> None:
            run, state = jax.jit(jax.vmap(epoch)), (weights, [jnp.zeros_like(array) for array in weights])
            for i in range(EPOCHS):
                order = [np.random.default_rng((seed, i)).permutation(N_TRAIN) for seed in range(n_replicas)]
                state, measured = run(state, jnp.array(np.array(order, np.int32)))
                jax.block_until_ready(measured)
                done(i + 1)

        return times_of(fit)

    return measure


def measure_all(which: str, folder: Path) -> None:
    """One side, on one processor; a line of JSON for each loss and number of replicas."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    measure = {"ours": ours, "jax": by_hand}[which](folder)
    for name in NAMES:
        for n_replicas in N_REPLICAS:
            print(json.dumps([name, n_replicas, *measure(name, n_replicas)]), flush=True)


def main(python: str) -> None:
    """Print both sides side by side."""
    with TemporaryDirectory() as folder:
        sides = []
        for executable, which in ((sys.executable, "ours"), (python, "jax")):
            command = [executable, "-m", "tests.benchmarks.against_jax", which, folder]
            lines = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
            sides.append([json.loads(line) for line in lines if line.startswith("[")])
    print("processor time of an epoch of 500 rows, and of the first: drawing weights, tracing, compiling")
    for (name, n_replicas, *us), (*_, first, epoch) in zip(*sides, strict=True):
        print(
            f"  {name:<25} {n_replicas:3} replicas   ours {us[1] * 1e3:6.1f} ms   JAX {epoch * 1e3:6.1f} ms   "
            f"JAX takes {epoch / us[1]:4.2f} of our time   first: {us[0]:4.1f} s, {first:4.1f} s"
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("ours" | "jax") as which, folder]:
            measure_all(which, Path(folder))
        case [python]:
            main(python)
        case _:
            sys.exit(__doc__)
