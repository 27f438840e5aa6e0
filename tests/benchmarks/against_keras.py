"""Losslab beside plain Keras, measured in one run on one machine.

python -m tests.benchmarks.against_keras            everything, about eight minutes on two cores
python -m tests.benchmarks.against_keras engine     one part: pipeline, memory, table, engine or growth

Times of different runs are not comparable; the ratios are what to quote.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPTS = {
    "regression": ("mse", "msle", "mae"),
    "circles": ("binary_crossentropy", "hinge", "squared_hinge"),
    "blobs": ("categorical_crossentropy", "sparse_categorical_crossentropy", "kl_divergence"),
}


def timed(command: list[str], cwd: Path = ROOT) -> tuple[float, float]:
    """Run a command: its wall time in seconds and the peak memory of its largest process in GB."""
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with status {process.returncode}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return time.perf_counter() - started, kilobytes / 1e6


def pipeline() -> None:
    """`dvc repro` from a clean clone (270 networks) beside nine plain scripts of one network each."""
    plain = sum(
        timed([sys.executable, "-m", "tests.benchmarks.plain_keras", dataset, loss])[0]
        for dataset, losses in SCRIPTS.items()
        for loss in losses
    )
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        ours, _ = timed(["dvc", "repro"], Path(folder))
    imports, _ = timed([sys.executable, "-c", "import keras"])
    print("pipeline")
    print(f"  nine plain Keras scripts, 9 networks      {plain:7.1f} s, {9 * imports / plain:.0%} of it `import keras`")
    print(f"  dvc repro, 270 networks, report, MLflow   {ours:7.1f} s, {imports / ours:.0%} of it `import keras`")
    print(f"  ratio: 1/{plain / ours:.1f} of the time; per network {plain / 9 / (ours / 270):.0f} times faster")


def _units() -> list:
    from stages import train
    from stages.params.load import load_params

    return train.units(load_params())


def _best_of(repeat: int, run: Callable[[], object]) -> float:
    times = []
    for _ in range(repeat):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return min(times)


def engine() -> None:
    """Inside one process: `model.fit`, one network, beside thirty seeds on the replica axis."""
    from stages.engine.training import train
    from tests.benchmarks import plain_keras

    print("engine: seconds per trained network")
    for unit in _units():
        dataset, loss = unit.settings.dataset, unit.loss.name
        plain = _best_of(1, lambda dataset=dataset, loss=loss: plain_keras.fit(dataset, loss))
        ours = _best_of(2, lambda unit=unit: train(unit)) / len(unit.settings.seeds)
        print(
            f"  {dataset:<11} {loss:<32} model.fit {plain:6.2f}   ours {ours:6.4f}   {plain / ours:4.0f} times faster"
        )


def growth() -> None:
    """What thirty seeds cost, in units of what one costs."""
    from stages.engine.networks import _initial_weights
    from stages.engine.training import train
    from stages.engine.unit import Unit

    print("growth")
    for unit in _units():
        times = []
        for seeds in ((0,), unit.settings.seeds):
            alone = Unit(unit.settings.model_copy(update={"seeds": seeds}), unit.folds)

            def afresh(alone: Unit = alone) -> None:
                _initial_weights.cache_clear()
                train(alone)

            times.append(_best_of(3, afresh))
        one, thirty = times
        print(f"  {unit.loss.name:<32} 1 seed {one:5.2f} s   30 seeds {thirty:5.2f} s   {thirty / one:.1f} times")


LARGE = """
import numpy as np
from stages.losses.catalogue import LOSSES
from stages.engine.training import train
from stages.engine.unit import Data, Unit
from tests.engine.units import make_settings
generator = np.random.default_rng(0)
features = {part: generator.normal(size=(50_000, 20)).astype("float32") for part in ("train", "test")}
labels = {part: rows.sum(axis=1, keepdims=True) for part, rows in features.items()}
optimizer = {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}
settings = make_settings(LOSSES["mse"], hidden=[25], epochs=2, batch_size=32, seeds=range(10), optimizer=optimizer)
train(Unit(settings, [Data(features, labels, 0, np.zeros(1), np.ones(1))]))
"""


def memory() -> None:
    """Peak memory of the `train` stage, and of a large dataset: 100,000 rows × 20 columns × 10 seeds × 2 epochs."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        for stage in ("generate", "scale"):
            timed([sys.executable, "-m", f"stages.{stage}"], Path(folder))
        _, train = timed([sys.executable, "-m", "stages.train"], Path(folder))
    seconds, large = timed([sys.executable, "-c", LARGE])
    print("memory")
    print(f"  train stage, default parameters           {train:5.2f} GB")
    print(f"  100,000 rows, 10 seeds, 2 epochs          {large:5.2f} GB in {seconds:.0f} s")


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
train: {{seeds: {SEEDS}, batch_size: 32, optimizer: {{name: SGD, learning_rate: 0.01, momentum: 0.9}}}}
"""
# seconds of each loss on our engine, then of one plain network, without imports and reading
TABLE_TIMES = """
import json, time
import numpy as np
from stages import train
from stages.params.load import load_params
from stages.engine.keras_parts import keras_loss, make_optimizer
from stages.engine.training import train as fit
units = train.units(load_params())
ours = []
for unit in units:
    started = time.perf_counter()
    fit(unit)
    ours.append(time.perf_counter() - started)
[data], unit = units[0].folds, units[0]
model = unit.network(0).build(0)
model.compile(make_optimizer(unit.settings.optimizer), keras_loss(unit.loss), metrics=["mse"])
started = time.perf_counter()
model.fit(data.features["train"], data.labels["train"], batch_size=32, epochs=1, verbose=0,
          validation_data=(data.features["test"], data.labels["test"]))
print(json.dumps([len(data.labels["train"]), ours, time.perf_counter() - started]))
"""


def table() -> None:
    """A user's table of 1,000,000 rows × 50 columns: peak memory of every stage, and rows trained a second."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        (Path(folder) / "params.yaml").write_text(TABLE_PARAMS)
        timed([sys.executable, "-c", TABLE], Path(folder))
        print(f"table: {ROWS:,} rows × {COLUMNS} columns, {len(TABLE_LOSSES)} losses, {SEEDS} seeds, 1 epoch")
        for stage in ("generate", "scale", "train", "report", "track"):
            seconds, peak = timed([sys.executable, "-m", f"stages.{stage}"], Path(folder))
            print(f"  {stage:<9} {peak:5.2f} GB in {seconds:3.0f} s")
        command = [sys.executable, "-c", TABLE_TIMES]
        told = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
    n_train, ours, plain = json.loads(told.splitlines()[-1])
    rates = [n_train * SEEDS / seconds for seconds in ours]
    print(f"  model.fit, one network      {n_train / plain:10,.0f} rows a second")
    for loss, rate in zip(TABLE_LOSSES, rates, strict=True):
        each = f"{rate / SEEDS:10,.0f} rows a second for each seed"
        print(f"  ours, {SEEDS} networks, {loss:<8} {each}, {rate * plain / n_train:.1f} times model.fit in all")


# those that measure memory first: a process counts what its parent held when it was started
PARTS = {part.__name__: part for part in (pipeline, memory, table, engine, growth)}

if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(PARTS):
        sys.exit(f"no such part: {', '.join(unknown)}; parts: {', '.join(PARTS)}")
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
