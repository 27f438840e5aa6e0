"""Each loss at its own best beside one learning rate for all, on the tables that scikit-learn ships.

python -m tests.benchmarks.tuned

Both comparisons are what `make try` adds for a table; the untuned one has the learning rate 0.01 and all epochs.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import yaml
from sklearn import datasets

ROOT = Path(__file__).parents[2]
TABLES = ("diabetes", "breast_cancer", "wine")
UNTUNED = {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}


def results(folder: Path) -> pd.DataFrame:
    """Every score of every seed, of the tables tuned and untuned."""

    def run(*command: str) -> None:
        subprocess.run([sys.executable, "-m", *command], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    for table in TABLES:
        getattr(datasets, f"load_{table}")(as_frame=True).frame.to_csv(folder / f"{table}.csv", index=False)
        run("stages.commands.add_table", f"{table}.csv", "target")
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    tuned = {table: params["comparisons"][table] for table in TABLES}
    untuned = {
        f"{table}_untuned": {**own, "dataset": table, "optimizer": UNTUNED, "epochs": own.get("epochs", 100)}
        for table, own in tuned.items()
    }
    params["datasets"] = {table: params["datasets"][table] for table in TABLES}
    params |= {"comparisons": tuned | untuned, "report": {"headline": {}}}
    path.write_text(yaml.safe_dump(params, sort_keys=False))
    for stage in ("generate", "scale", "train", "report"):
        run(f"stages.{stage}")
    return pd.read_csv(folder / "reports/results.csv")


def main() -> None:
    """Print the mean over seeds of the headline score on test rows, untuned beside tuned."""
    with tempfile.TemporaryDirectory() as folder:
        scores = results(Path(folder))
    of_test = scores[scores["part"] == "test"]
    for table in TABLES:
        score = "rmse" if "rmse" in set(of_test[of_test["comparison"] == table]["metric"]) else "accuracy"
        own = of_test[of_test["metric"] == score]
        means = own.groupby(["comparison", "loss"], sort=False)["value"].mean()
        print(f"{table}, {score}: untuned, tuned")
        for loss in means[table].index:
            before, after = means[f"{table}_untuned", loss], means[table, loss]
            print(f"  {loss:<32} {before:8.4g} {after:8.4g}   {after / before - 1:+.1%}")


if __name__ == "__main__":
    main()
