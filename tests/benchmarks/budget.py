"""Whether a budget is kept, and whether the answer within it is that of the full plan. Times are of the wall clock.

python -m tests.benchmarks.budget [--tables 2] [--rows 5000 10000] [--losses 4] [--share 0.25] [--only-kept MINUTES]

For each table: the full plan is trained, its time taken, and then the same within a share of that time: how long the
budget's plan took of it, and whether both recommend the same loss, or the budget's at a cost at most twice as large.
The truth is known: heavy tails, for which `mae` and `huber` are made, or none, for which `mse` is. On a machine that
does something else meanwhile the times mean little. With ``--only-kept`` the full plan is not trained: the share is of
the time that is estimated for it, or so many minutes where that is less.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

ROOT = Path(__file__).parents[2]
LOSSES = ["mse", "mae", "huber", "log_cosh", "mse", "mae", "huber", "log_cosh"]
N_COLUMNS = 20
TIMED = ("train", "winner")


def table(rows: int, number: int) -> pd.DataFrame:
    """A table of which every other has heavy tails."""
    generator = np.random.default_rng((rows, number))
    features = generator.normal(size=(rows, N_COLUMNS))
    signal = 2 * features[:, 0] + np.sin(3 * features[:, 1]) + features[:, 2] * features[:, 3]
    noise = generator.standard_t(2, rows) if number % 2 else generator.normal(size=rows)
    return pd.DataFrame(features, columns=[f"x{i}" for i in range(N_COLUMNS)]).round(4).assign(y=signal + noise)


def project(folder: Path, rows: pd.DataFrame, n_losses: int) -> None:
    """A project with one comparison, its rows read."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    rows.to_csv(folder / "data/external/table.csv", index=False)
    losses: list[Any] = [*LOSSES[:4], *({"loss": name, "as": f"{name}_2", "target": "robust"} for name in LOSSES[4:])]
    params = {
        "datasets": {"table": {"source": {"file": "data/external/table.csv", "target": "y"}}},
        "comparisons": {"table": {"losses": losses[:n_losses], "seeds": {"at_most": 60}, "references": False}},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    for stage in ("settings", "generate"):
        run(folder, f"stages.{stage}")


def run(folder: Path, module: str, *arguments: str) -> float:
    """Run a module in a project: seconds."""
    before = time.perf_counter()
    command = [sys.executable, "-m", module, *arguments]
    alone = os.environ | {"LOSSLAB_STORE": ""}
    done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, env=alone)
    if done.returncode:
        raise SystemExit(f"{module}: {done.stderr}{done.stdout}")
    return time.perf_counter() - before


def answered(folder: Path) -> tuple[float, dict[str, Any]]:
    """Scale, train, report and refit: the seconds of what is timed, and what is recommended."""
    seconds = {stage: run(folder, f"stages.{stage}") for stage in ("scale", "train", "report", "winner")}
    metrics = json.loads((folder / "reports/metrics.json").read_text(encoding="utf-8"))
    return sum(seconds[stage] for stage in TIMED), metrics["table"]


def with_budget(folder: Path, minutes: float) -> str | None:
    """Give the comparison a budget and make its plan; why not, where there is none so short."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text(encoding="utf-8"))
    params["comparisons"]["table"]["budget"] = f"{minutes:.2f}m"
    path.write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    try:
        run(folder, "stages.commands.budget")
    except SystemExit as refused:
        return str(refused)
    return None


def plan_of(folder: Path) -> dict[str, Any]:
    """The plan by which the comparison keeps its budget."""
    return yaml.safe_load((folder / "data/budgets/table.yaml").read_text(encoding="utf-8"))


def kept_alone(rows: int, number: int, asked: argparse.Namespace) -> tuple[float, bool] | None:
    """Train one table's plan for a share of the time estimated for the full one: the share of the budget it took."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        project(folder, table(rows, number), asked.losses)
        minutes = asked.only_kept
        why = with_budget(folder, minutes)  # its plan says how long the full one would take
        if not why:
            minutes = min(minutes, asked.share * plan_of(folder)["minutes"]["full"])
            why = with_budget(folder, minutes)
        if why:
            print(f"{rows:,} rows, {asked.losses} losses, table {number}: {why.strip()}", flush=True)
            return None
        sizes = plan_of(folder)
        spent, planned = answered(folder)
    kept = spent / (60 * minutes)
    print(
        f"{rows:,} rows, {asked.losses} losses, table {number}: within {60 * minutes:.0f} s: {spent:.0f} s "
        f"({100 * kept:.0f} %; {60 * sizes['minutes']['planned']:.0f} s planned), {planned['use']}; {sizes['plan']}",
        flush=True,
    )
    return kept, True


def one(rows: int, number: int, asked: argparse.Namespace) -> tuple[float, bool] | None:
    """Compare one table's full plan with a budget's: the share of the budget that it took, and whether it agrees."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        project(folder, table(rows, number), asked.losses)
        took, full = answered(folder)
        minutes = took * asked.share / 60
        if why := with_budget(folder, minutes):
            print(f"{rows:,} rows, table {number}: full {took:.0f} s; {why.strip()}", flush=True)
            return None
        sizes = plan_of(folder)
        spent, planned = answered(folder)
    kept, agrees = spent / (60 * minutes), full["use"] == planned["use"]
    cheap = planned["cost"] is not None and planned["cost"] <= 2 * (full["cost"] or 0)
    estimated = {which: 60 * minutes for which, minutes in sizes["minutes"].items()}
    answer = "the same" if agrees else "another, at most twice the cost" if cheap else "ANOTHER"
    print(
        f"{rows:,} rows, table {number}: full {took:.0f} s ({estimated['full']:.0f} s estimated), {full['use']}; "
        f"within {60 * minutes:.0f} s: {spent:.0f} s ({100 * kept:.0f} %; {estimated['planned']:.0f} s planned), "
        f"{planned['use']} ({answer}); {sizes['plan']}",
        flush=True,
    )
    return kept, agrees or cheap


def main() -> None:
    """Print a line for each table, and one of all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=2)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000, 10_000])
    parser.add_argument("--losses", type=int, default=4, choices=range(2, 9))
    parser.add_argument("--share", type=float, default=0.25)
    parser.add_argument("--only-kept", type=float, metavar="MINUTES")
    asked = parser.parse_args()
    compare = kept_alone if asked.only_kept else one
    every = [compare(rows, number, asked) for rows in asked.rows for number in range(asked.tables)]
    done = [each for each in every if each]
    kept = [share for share, _ in done]
    kept_in = f"{sum(share <= 1.1 for share in kept)} took at most 110 % of the budget"
    print(f"{len(done)} of {len(every)} tables had a plan; {kept_in}, the most {100 * max(kept, default=0):.0f} %")
    if not asked.only_kept:
        fits = sum(fits for _, fits in done)
        print(f"{fits} gave the answer of the full plan, or another at a cost at most twice as large")


if __name__ == "__main__":
    main()
