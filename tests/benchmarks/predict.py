"""100,000 new rows predicted from a CSV file, beside what Keras takes for a matrix that is ready.

python -m tests.benchmarks.predict

Each is a process of its own, the import of Keras included: ``python sales.pyz new.csv``, which reads, encodes, predicts
by ten networks and writes; and `keras.Model.predict`, as it is by default, of one such network.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[2]
N_ROWS, N_TRAINED, N_NUMBERS, REPEATS = 100_000, 2_000, 8, 3
PARAMS = {
    "loss": "all",
    "datasets": {"sales": {"source": {"file": "data/external/sales.csv", "target": "y"}}},
    "comparisons": {"sales": {"hidden": [50], "epochs": 5, "losses": ["mse"]}},
    "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.01}},
}
KERAS = """
import numpy as np
from stages.training.backend import keras

features = np.load("ready.npy")
layers = [keras.layers.Dense(50, "relu"), keras.layers.Dense(1)]
keras.Sequential([keras.Input((features.shape[1],)), *layers]).predict(features, verbose=0)
"""


def rows(n_rows: int) -> pd.DataFrame:
    """A table of numbers and a category."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(n_rows, N_NUMBERS)).round(4), columns=list("abcdefgh"))
    return table.assign(town=rng.choice(["Zürich", "Bern", "Genf"], n_rows))


def seconds(*command: str, folder: Path) -> float:
    """How long a command takes."""
    started = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT), "DVC_ROOT": str(folder)}
    subprocess.run([sys.executable, *command], cwd=folder, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - started


def main() -> None:
    """Print the shortest of a few times of each, taken in turns, and their ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data/external").mkdir(parents=True)
        (folder / "data/published.yaml").write_bytes((ROOT / "data/published.yaml").read_bytes())
        trained = rows(N_TRAINED)
        trained.assign(y=trained["a"] + trained["b"] ** 2).to_csv(folder / "data/external/sales.csv", index=False)
        (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS))
        for stage in ("generate", "scale", "train", "report", "winner"):
            seconds("-m", f"stages.{stage}", folder=folder)
        rows(N_ROWS).to_csv(folder / "new.csv", index=False)
        np.save(folder / "ready.npy", np.random.default_rng(0).normal(size=(N_ROWS, N_NUMBERS + 3)).astype(np.float32))
        commands = {
            "the file, ten networks": ("data/winners/sales.pyz", "new.csv"),
            "Keras, one network": ("-c", KERAS),
        }
        taken = {what: [] for what in commands}
        for _ in range(REPEATS):
            for what, command in commands.items():
                taken[what].append(seconds(*command, folder=folder))
    ours, theirs = map(min, taken.values())
    for what, times in taken.items():
        print(f"{what:<24}{min(times):6.1f} s")
    print(f"{'ratio':<24}{ours / theirs:7.2f}")


if __name__ == "__main__":
    main()
