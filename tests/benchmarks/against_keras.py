"""Losslab beside plain Keras, measured in one run on one machine.

python -m tests.benchmarks.against_keras            everything, about eight minutes on two cores
python -m tests.benchmarks.against_keras engine     one part: pipeline, memory, table, engine or growth

Times of different runs are not comparable; the ratios are what to quote.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import psutil
import yaml

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    "regression": ("mse", "msle", "mae"),
    "circles": ("binary_crossentropy", "hinge", "squared_hinge"),
    "blobs": ("categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"),
}


SAMPLED = 0.1  # seconds between two looks at the memory of processes


def timed(command: list[str], cwd: Path = ROOT) -> tuple[float, float]:
    """Run a command: its wall time in seconds and the peak memory of all its processes together in GB."""
    started, peak = time.perf_counter(), 0.0
    with psutil.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while True:
            with suppress(psutil.TimeoutExpired):
                process.wait(SAMPLED)
                break
            with suppress(psutil.NoSuchProcess):
                peak = max(peak, sum(map(_memory, [process, *process.children(recursive=True)])))
        seconds = time.perf_counter() - started
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    return seconds, peak / 1e9


def _memory(process: psutil.Process) -> int:
    """Bytes of a process, its share of what several use."""
    try:
        used = process.memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    return getattr(used, "pss", used.rss)


def pipeline() -> None:
    """`dvc repro` from a clean clone beside nine plain scripts of one network each.

    Once as `params.yaml` has it, and once with the published comparisons alone.
    """
    plain = sum(
        timed([sys.executable, "-m", "tests.benchmarks.plain_keras", dataset, loss])[0]
        for dataset, losses in SCRIPTS.items()
        for loss in losses
    )
    imports, _ = timed([sys.executable, "-c", "import keras"])
    print("pipeline")
    print(f"  nine plain Keras scripts, 9 networks      {plain:7.1f} s, {9 * imports / plain:.0%} of it `import keras`")
    for what, only in (("published and fair", None), ("published alone", SCRIPTS)):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
            params = yaml.safe_load((Path(folder) / "params.yaml").read_text())
            params["comparisons"] = {name: params["comparisons"][name] for name in only or params["comparisons"]}
            params["report"]["headline"] = {name: "mse" for name in params["comparisons"] if "regression" in name}
            (Path(folder) / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
            ours, _ = timed(["dvc", "repro"], Path(folder))
        share = f"{ours / plain:.0%} of the scripts' time, 1/{plain / ours:.1f}"
        print(f"  dvc repro, {what:<29} {ours:7.1f} s, {share}", flush=True)


def _best_of(repeat: int, run: Callable[[], object]) -> float:
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def engine() -> None:
    """Inside one process: `model.fit`, one network, beside 30 and 180 on the replica axis.

    Weights are drawn and the program is traced within each time. 180 networks are 30 seeds at six learning rates;
    "own rows": each seed with train rows, test rows and a scale of its own.
    """
    from tests.benchmarks import our_engine, plain_keras

    print("engine: seconds of one network with model.fit, seconds of all of ours, and how many times faster for each")
    for dataset, loss in ((dataset, loss) for dataset, losses in SCRIPTS.items() for loss in losses):
        plain = _best_of(1, partial(plain_keras.fit, dataset, loss))
        network, rows = our_engine.problem(loss)
        shared, own = our_engine.first_rows(30, 500, len(rows)), our_engine.own_rows(30, 500, rows.features)
        train = partial(our_engine.fit, loss, network, rows, epochs=plain_keras.EPOCHS[dataset])
        thirty = _best_of(2, partial(train, shared))
        six_rates = _best_of(2, partial(train, shared, rates=our_engine.SIX_RATES))
        own_rows = _best_of(2, partial(train, own, rates=our_engine.SIX_RATES))
        print(
            f"  {loss:<32} model.fit {plain:5.1f}   30: {thirty:5.2f}, {plain / thirty * 30:4.0f} times   "
            f"180: {six_rates:5.2f}, {plain / six_rates * 180:4.0f} times, {six_rates / thirty:.1f} × that of 30   "
            f"180, own rows: {own_rows:5.2f}, {plain / own_rows * 180:4.0f} times",
            flush=True,
        )


def growth() -> None:
    """What thirty seeds cost, in units of what one costs."""
    from tests.benchmarks import our_engine, plain_keras

    print("growth")
    for dataset, loss in ((dataset, loss) for dataset, losses in SCRIPTS.items() for loss in losses):
        network, rows = our_engine.problem(loss)
        train = partial(our_engine.fit, loss, network, rows, epochs=plain_keras.EPOCHS[dataset])
        one, thirty = (_best_of(3, partial(train, our_engine.first_rows(n, 500, len(rows)))) for n in (1, 30))
        print(f"  {loss:<32} 1 seed {one:5.2f} s   30 seeds {thirty:5.2f} s   {thirty / one:.1f} times")


# rows, columns, seeds, learning rates; each seed with rows and a scale of its own
LARGE = ((100_000, 20, 1, 1), (100_000, 20, 30, 1), (100_000, 20, 30, 6), (400_000, 20, 1, 1))
TRAIN_LARGE = """
import sys
import numpy as np
from stages.training.networks import Network
from stages.training.views import Rows
from tests.benchmarks import our_engine
n_rows, n_columns, n_seeds, n_rates = map(int, sys.argv[1:])
features = np.random.default_rng(0).normal(size=(n_rows, n_columns)).astype("float32")
network, rows = Network(n_columns, (25,), 1, "linear"), Rows(features, features.sum(axis=1, keepdims=True))
view = our_engine.own_rows(n_seeds, n_rows // 2, features)
our_engine.fit("mse", network, rows, view, epochs=1, rates=our_engine.SIX_RATES[:n_rates])
"""


def memory() -> None:
    """Peak memory of the `train` stage, and of large tables: it grows with rows × columns, hardly with networks.

    Of all processes of a stage together.
    """
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        for stage in ("generate", "scale"):
            timed([sys.executable, "-m", f"stages.{stage}"], Path(folder))
        seconds, train = timed([sys.executable, "-m", "stages.train"], Path(folder))
    print("memory")
    print(f"  train stage, default parameters                  {train:5.2f} GB in {seconds:3.0f} s")
    for sizes in LARGE:
        seconds, peak = timed([sys.executable, "-c", TRAIN_LARGE, *map(str, sizes)])
        rows, columns, seeds, rates = sizes
        print(
            f"  {rows:7,} rows × {columns} columns, {seeds:2} seeds × {rates} rates  {peak:5.2f} GB in {seconds:3.0f} s"
        )


ROWS, COLUMNS, SEEDS, TABLE_LOSSES = 1_000_000, 50, 5, ("mse", "mae", "huber")
TABLE = f"""
import numpy as np, pandas as pd
rows = np.random.default_rng(0).normal(size=({ROWS}, {COLUMNS}))
table = pd.DataFrame(rows, columns=[f"c{{i}}" for i in range({COLUMNS})])
table.assign(price=rows[:, :10].sum(axis=1)).to_parquet("data/external/large.parquet", index=False)
"""
TABLE_PARAMS = f"""
loss: all
datasets: {{large: {{source: {{file: data/external/large.parquet, target: price}}}}}}
comparisons: {{large: {{epochs: 1, losses: [{", ".join(TABLE_LOSSES)}]}}}}
train: {{seeds: {SEEDS}, batch_size: 32, optimizer: {{name: SGD, learning_rate: [0.003, 0.01], momentum: 0.9}}}}
"""
# seconds of each loss on our engine, then of one plain network, without imports and reading
TABLE_TIMES = f"""
import json, time
import numpy as np
from stages.execution.units import units
from stages.params.load import load_params
from tests.training.units import train as fit
from stages.training.backend import keras
ours = []
for unit in units(load_params()):
    started = time.perf_counter()
    fit(unit)
    ours.append(time.perf_counter() - started)
features = np.random.default_rng(0).normal(size=({ROWS}, {COLUMNS})).astype("float32")
target, n_train = features[:, :10].sum(axis=1), {ROWS} * 9 // 10
layers = [keras.layers.Dense(64, activation="relu"), keras.layers.Dense(1)]
model = keras.Sequential([keras.Input(({COLUMNS},)), *layers])
model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse", metrics=["mse"])
started = time.perf_counter()
model.fit(features[:n_train], target[:n_train], batch_size=32, epochs=1, verbose=0,
          validation_data=(features[n_train:], target[n_train:]))
print(json.dumps([ours, time.perf_counter() - started]))
"""


def table() -> None:
    """A user's table of 1,000,000 rows × 50 columns: peak memory of every stage, and the time of each loss."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        (Path(folder) / "params.yaml").write_text(TABLE_PARAMS)
        timed([sys.executable, "-c", TABLE], Path(folder))
        print(f"table: {ROWS:,} rows × {COLUMNS} columns, {len(TABLE_LOSSES)} losses, {SEEDS} seeds, 2 rates, 1 epoch")
        for stage in ("generate", "scale", "train", "report", "winner", "track"):
            seconds, peak = timed([sys.executable, "-m", f"stages.{stage}"], Path(folder))
            print(f"  {stage:<9} {peak:5.2f} GB in {seconds:3.0f} s")
        command = [sys.executable, "-c", TABLE_TIMES]
        printed = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    ours, plain = json.loads(printed.splitlines()[-1])
    print(f"  model.fit, one network                     {plain:6.1f} s")
    for loss, seconds in zip(TABLE_LOSSES, ours, strict=True):
        print(f"  ours, {SEEDS} seeds, rate chosen, {loss:<8}       {seconds:6.1f} s, as {seconds / plain:.1f} of them")


# those that measure memory first: a process counts what its parent held when it was started
PARTS = {part.__name__: part for part in (pipeline, memory, table, engine, growth)}

if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(PARTS):
        sys.exit(f"no such part: {', '.join(unknown)}; parts: {', '.join(PARTS)}")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
