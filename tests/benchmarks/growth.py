"""How what `train` takes grows with rows, columns, losses, seeds and workers, in seconds of a processor; a figure.

python -m tests.benchmarks.growth measure [--of rows columns] [--most 2]   adds lines to tests/benchmarks/growth.csv
python -m tests.benchmarks.growth draw                                     draws docs/growth.svg of these

One of the five is varied, the others stay: 5,000 rows, 20 columns, two losses, ten seeds, one process. With workers
the clock is measured, so nothing else may run then. Reference models are left out, and the store is off.
"""

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

import matplotlib.pyplot as plt
import pandas as pd
import yaml

from tests.benchmarks.budget import LOSSES, ROOT, run, table

ROWS = Path(__file__).with_suffix(".csv")
FIGURE = ROOT / "docs" / "growth.svg"
USUAL = {"rows": 5_000, "columns": 20, "losses": 2, "seeds": 10, "workers": 1}
VARIED = {
    "rows": [1_000, 5_000, 20_000, 50_000],
    "columns": [5, 20, 80, 320],
    "losses": [1, 2, 4, 8],
    "seeds": [10, 20, 40, 80],
    "workers": [1, 2],
}
SEED = 0


def measured(size: dict[str, int]) -> dict[str, float]:
    """Train a comparison of this size: seconds of processors, and of the clock."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
        rows = table(size["rows"], SEED)
        wider = [rows.filter(like="x").sample(frac=1, random_state=k).reset_index(drop=True).add_prefix(f"c{k}_")
                 for k in range(1, -(-size["columns"] // 20))]  # fmt: skip
        features = pd.concat([rows.filter(like="x"), *wider], axis=1).iloc[:, : size["columns"]]
        features.assign(y=rows["y"]).to_csv(folder / "data/external/table.csv", index=False)
        losses: list[Any] = [
            *LOSSES[:4],
            *({"loss": loss, "as": f"{loss}_2", "target": "robust"} for loss in LOSSES[4:]),
        ]
        params = {
            "datasets": {"table": {"source": {"file": "data/external/table.csv", "target": "y"}}},
            "comparisons": {
                "table": {
                    "losses": losses[: size["losses"]],
                    "seeds": size["seeds"],
                    "references": False,
                    "budget": "none",
                }
            },
        }
        (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
        for stage in ("settings", "generate", "scale"):
            run(folder, f"stages.{stage}")
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        alone = os.environ | {"LOSSLAB_STORE": "", "LOSSLAB_EXECUTOR": f"processes:{size['workers']}"}
        subprocess.run([sys.executable, "-m", "stages.train"], check=True, cwd=folder, env=alone, capture_output=True)
        clock, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return {"processor": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, "clock": clock}


def measure(of: list[str], most: int) -> None:
    """Measure, and add what was measured to the file of rows; what stands there is not measured again."""
    known = set(map(tuple, pd.read_csv(ROWS)[list(USUAL)].to_numpy().tolist())) if ROWS.exists() else set()
    for varied in of:
        for number in VARIED[varied][:most]:
            size = USUAL | {varied: number}
            if tuple(size.values()) in known:
                continue
            took = {name: round(seconds, 1) for name, seconds in measured(size).items()}
            is_new = not ROWS.exists()
            with ROWS.open("a", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, [*size, *took], lineterminator="\n")
                if is_new:
                    writer.writeheader()
                writer.writerow(size | took)
            known.add(tuple(size.values()))
            print(f"{varied} {number:,}: {took}", flush=True)


def draw() -> None:
    """Draw a curve for each of the five, beside what would be in proportion."""
    rows = pd.read_csv(ROWS)
    mpl.rcParams |= {"svg.hashsalt": "growth", "svg.fonttype": "none"}
    figure, axes = plt.subplots(1, len(USUAL), figsize=(14, 3), constrained_layout=True)
    for ax, varied in zip(axes, USUAL, strict=True):
        others = [name for name in USUAL if name != varied]
        of_it = rows[(rows[others] == pd.Series(USUAL)[others]).all(axis=1)].sort_values(varied)
        seconds = of_it["clock" if varied == "workers" else "processor"]
        ax.plot(of_it[varied], seconds, "o-", color="#0072b2")
        ax.set(xlabel=varied, xscale="log", yscale="log", ylim=(1, 2 * seconds.max()))
        if varied != "workers":
            ax.plot(of_it[varied], seconds.iloc[-1] * of_it[varied] / of_it[varied].iloc[-1], ":", color="0.5")
    axes[0].set_ylabel("seconds (dotted: in proportion)")
    figure.savefig(FIGURE, metadata={"Date": None})


def main() -> None:
    """Measure or draw, as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["measure", "draw"])
    parser.add_argument("--of", nargs="+", default=list(USUAL), choices=list(USUAL))
    parser.add_argument("--most", type=int, default=4, help="sizes of each")
    asked = parser.parse_args()
    if asked.what == "measure":
        measure(asked.of, asked.most)
    else:
        draw()


if __name__ == "__main__":
    main()
