"""What stages other than `train` take beside those of an earlier commit, in seconds of a processor.

python -m tests.benchmarks.stages_of COMMIT [--rows 100000] [--turns 2]

Both get the same table of 20 columns, four losses and ten seeds of one epoch. They take turns.
"""

import argparse
import resource
import subprocess
import tempfile
from pathlib import Path

import yaml

from tests.benchmarks.budget import ROOT, run, table

TIMED = ("generate", "scale", "report", "track")


def project(folder: Path, commit: str, n_rows: int) -> None:
    """A clone at a commit, with one comparison of a drawn table."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    subprocess.run(["git", "checkout", "--quiet", commit], cwd=folder, check=True)
    table(n_rows, 0).to_csv(folder / "data/external/table.csv", index=False)
    params = {
        "loss": "all",
        "datasets": {"table": {"source": {"file": "data/external/table.csv", "target": "y"}}},
        "comparisons": {"table": {"epochs": 1, "losses": ["mse", "mae", "huber", "log_cosh"]}},
        "train": {"seeds": 10, "optimizer": {"name": "SGD", "learning_rate": 0.01}, "batch_size": 256},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")


def seconds(folder: Path) -> dict[str, float]:
    """Run every stage: what those that are timed take of processors. What is set for all is read by `generate`."""
    took = {}
    for stage in ("settings", "generate", "scale", "train", "report", "track"):
        if not (folder / "stages" / f"{stage}.py").exists():
            continue  # settings are a stage since later
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run(folder, f"stages.{stage}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took[stage] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took["generate"] += took.pop("settings", 0.0)
    return {stage: took[stage] for stage in TIMED}


def main() -> None:
    """Print what each stage takes, then and now."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("commit")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    total: dict[str, dict[str, float]] = {commit: dict.fromkeys(TIMED, 0.0) for commit in (asked.commit, "HEAD")}
    for _ in range(asked.turns):
        for commit, of_commit in total.items():
            with tempfile.TemporaryDirectory() as place:
                project(Path(place) / "project", commit, asked.rows)
                for stage, took in seconds(Path(place) / "project").items():
                    of_commit[stage] += took / asked.turns
    then, now = total.values()
    then["all"], now["all"] = sum(then.values()), sum(now.values())
    for stage in (*TIMED, "all"):
        print(f"{stage:<9} {then[stage]:6.1f} s, now {now[stage]:6.1f} s: {now[stage] / then[stage]:.2f}")


if __name__ == "__main__":
    main()
