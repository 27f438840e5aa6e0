"""The learning rate that falls, and the choice by halving, measured.

python -m tests.benchmarks.schedules PART [--skip 0] [--tables 10] [--seeds 30] [--epochs 100]

Parts: falling (against each schedule alone), halving (against the full grid of rates and horizons with all seeds),
parameters (a loss with six values of a parameter beside one with a single value), unequal (rare positives by accuracy).
All are small enough for an afternoon; with ``--tables 2 --seeds 10 --epochs 30`` for a cup of tea.
"""

import argparse
import asyncio
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn import datasets

from stages.execution.scheduler import Scheduler, Tally
from stages.execution.trials import Trial, best_of, train_trials
from stages.execution.tuning import first_candidates, horizons, tune, variants
from stages.execution.units import units
from stages.executors.threads import Threads
from stages.params.load import load_params
from stages.training.chunk import Candidate
from stages.training.unit import Unit

ROOT = Path(__file__).parents[2]
LOSSES = {
    "regression": ["mse", "mae", "huber"],
    "binary": ["binary_crossentropy", "hinge", "squared_hinge"],
    "multiclass": ["categorical_crossentropy", "categorical_hinge"],
}
MARGIN = 0.05  # of the error: what matters


def _drawn(features: np.ndarray, target: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(features, columns=[f"x{i}" for i in range(features.shape[1])]).assign(target=target)


def _heavy_tails() -> pd.DataFrame:
    features, target = datasets.make_friedman1(600, random_state=0)
    return _drawn(features, target + 2 * np.random.default_rng(0).standard_t(2, len(target)))


def rare_positives(n_rows: int = 2000, share: float = 0.075) -> pd.DataFrame:
    """A table of classes of which one is rare."""
    made = datasets.make_classification(n_rows, 8, n_informative=5, weights=[1 - share], flip_y=0.01, random_state=3)
    return _drawn(made[0], np.where(made[1], "yes", "no"))


def _frame(name: str) -> pd.DataFrame:
    return getattr(datasets, f"load_{name}")(as_frame=True).frame


TABLES = {
    "diabetes": ("regression", lambda: _frame("diabetes")),
    "breast_cancer": ("binary", lambda: _frame("breast_cancer").replace({"target": {0: "bad", 1: "good"}})),
    "heavy_tails": ("regression", _heavy_tails),
    "moons": ("binary", lambda: _drawn(*_named(datasets.make_moons(500, noise=0.3, random_state=0)))),
    "wine": ("multiclass", lambda: _frame("wine").replace({"target": {0: "a", 1: "b", 2: "c"}})),
    "friedman1": ("regression", lambda: _drawn(*datasets.make_friedman1(500, noise=1, random_state=0))),
    "rare": ("binary", lambda: rare_positives(800)),
    "iris": ("multiclass", lambda: _frame("iris").replace({"target": {0: "a", 1: "b", 2: "c"}})),
    "friedman3": ("regression", lambda: _drawn(*datasets.make_friedman3(400, noise=0.1, random_state=0))),
    "lines": ("regression", lambda: _drawn(*datasets.make_regression(400, 12, noise=10, random_state=0))),
}


def _named(made: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return made[0], np.where(made[1], "yes", "no")


def project(
    folder: Path, tables: dict[str, tuple[str, pd.DataFrame]], schedules: list[str], asked: argparse.Namespace
) -> None:
    """A project of these tables, each compared with each schedule, ready to train."""
    subprocess.run(["git", "clone", "--quiet", ROOT, folder], check=True)
    optimizer = {"name": "SGD", "learning_rate": "auto", "momentum": 0.9}
    params = {"datasets": {}, "comparisons": {}, "train": {"seeds": asked.seeds, "batch_size": 32, "references": False}}
    params["report"] = {"headline": {}}
    for name, (task, table) in tables.items():
        table.to_csv(folder / "data/external" / f"{name}.csv", index=False)
        source = {"file": f"data/external/{name}.csv", "target": "target"}
        params["datasets"][name] = {"source": source, "split": {"method": "kfold", "folds": 10}}
        for schedule in schedules:
            own = {} if schedule == "both" else {"schedule": schedule}
            if task != "regression":
                params["report"]["headline"][f"{name}_{schedule}"] = "accuracy"
            params["comparisons"][f"{name}_{schedule}"] = {
                "dataset": name,
                "losses": LOSSES[task],
                "epochs": asked.epochs,
                "hidden": [25],
                "optimizer": optimizer | own,
            }
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    for stage in ("settings", "generate", "scale"):
        run(folder, stage)


def run(folder: Path, stage: str, compare: str = "all") -> float:
    """Run a stage for some comparisons: processor seconds."""
    path = folder / "params.yaml"
    params = yaml.safe_load(path.read_text())
    names = [name for name in params["comparisons"] if compare in ("all", name.rpartition("_")[2])]
    path.write_text(yaml.safe_dump(params | {"compare": names}, sort_keys=False))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command, output = [sys.executable, "-m", f"stages.{stage}"], {"stdout": subprocess.DEVNULL}
    subprocess.run(command, cwd=folder, check=True, env=os.environ | {"LOSSLAB_STORE": ""}, **output)
    path.write_text(yaml.safe_dump(params, sort_keys=False))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


ONE = ("constant", "cosine")  # schedules, one at a time


def falling(asked: argparse.Namespace) -> None:
    """Each loss at the schedule that was chosen beside the better one for it: errors on test rows, order, time."""
    print(
        "falling: test score with a constant rate, with a falling one, with the one chosen of both by validation rows;"
    )
    print("  how much more that is than with the better of the two, in % and in standard errors")
    ahead = []
    for name, (task, make) in list(TABLES.items())[asked.skip : asked.tables]:
        with tempfile.TemporaryDirectory() as place:
            folder, scores = Path(place) / "project", {}
            project(folder, {name: (task, make())}, [*ONE, "both"], asked)
            seconds = {}
            for schedule in (*ONE, "both"):
                seconds[schedule] = run(folder, "train", schedule)
                for path in sorted((folder / "data/runs" / f"{name}_{schedule}").iterdir()):
                    table = pd.read_csv(path / "scores.csv")
                    metric = "rmse" if task == "regression" else "accuracy"
                    rows = table[(table["part"] == "test") & (table["metric"] == metric)]
                    error = rows["value"].to_numpy() if task == "regression" else 1 - rows["value"].to_numpy()
                    scores[schedule, path.name] = error
        losses = sorted({loss for _, loss in scores})
        orders = [sorted(losses, key=lambda loss: scores[way, loss].mean()) for way in ("constant", "both")]
        print(f"  {name}: {seconds['both'] / seconds['constant']:.2f} of the time of a constant rate; "
              f"{' < '.join(orders[0])} → {' < '.join(orders[1])}")  # fmt: skip
        for loss in losses:
            before = min((scores[schedule, loss] for schedule in ONE), key=np.mean)
            after = scores["both", loss]
            difference = after - before
            error = difference.std(ddof=1) / np.sqrt(len(difference))
            share = difference.mean() / before.mean()
            ahead.append(share <= 0.02 or difference.mean() <= 0.02 * before.mean() + error)
            means = " ".join(f"{scores[schedule, loss].mean():9.4g}" for schedule in (*ONE, "both"))
            print(f"    {loss:<26} {means}  {share:+6.1%}  "
                  f"{difference.mean() / error if error else 0:+5.1f}", flush=True)  # fmt: skip
    print(f"  not above the better by more than 2 % and a standard error: {sum(ahead)} of {len(ahead)} losses")


def _units(folder: Path) -> list[Unit]:
    with chdir(folder):
        return units(load_params())


def _alone(unit: Unit, work: object) -> object:
    """What a coroutine gives that trains a unit's chunks, on one thread."""
    found = []

    async def keep(scheduler: Scheduler) -> None:
        found.append(await work(scheduler.trainer(unit, Tally())))

    with Threads(1) as executor:
        scheduler = Scheduler(executor)
        scheduler.run([keep(scheduler)])
    return found[0]


def halving(asked: argparse.Namespace) -> None:
    """The choice by halving with ten seeds beside that of the full grid with all: what it costs in validation error."""
    print(
        "halving: validation error of all seeds at the best of the full grid, at the choice by halving; how much more"
    )
    print(
        "  that is in quarters of a margin of 5 %, and in standard errors, paired over seeds; the same beside the best"
    )
    print(
        "  of the grid by the other half of the seeds, as the best of many by the seeds it is measured on looks better"
    )
    within, apart, every = 0, 0, 0
    for name, (task, make) in list(TABLES.items())[asked.skip : asked.tables]:
        with tempfile.TemporaryDirectory() as place:
            project(Path(place) / "project", {name: (task, make())}, ["both"], asked)
            selected = _units(Path(place) / "project")
        for unit in selected:
            tuning = _alone(unit, lambda train, unit=unit: tune(unit, train))
            chosen = unit.settings.model_copy(update={"loss": unit.loss.at(tuning.options)})
            cost = _costs(replace(unit, settings=chosen), [Candidate(tuning.rate, tuning.schedule)], [tuning.epochs])
            grid = np.stack([
                np.where(np.isfinite(trial.costs), trial.costs, np.inf)
                for each in variants(unit) for trial in _trials(each, first_candidates(each), horizons(each))
            ])  # fmt: skip
            shares = []
            for best in (grid[grid.mean(axis=1).argmin()], _by_other_half(grid)):
                error, least = (_error(each.mean(), unit.settings.selected_by) for each in (cost, best))
                share = (error - least) / (MARGIN * least / 4) if least > 0 else 0.0
                spread = (cost - best).std(ddof=1) / np.sqrt(len(cost))
                shares += [f"{least:9.4g}  {share:6.2f}  {(cost - best).mean() / spread if spread else 0:+5.1f}"]
                within, apart = (within + (share <= 1), apart) if len(shares) == 1 else (within, apart + (share <= 1))
            every += 1
            print(f"  {unit.name:<44} {unit.settings.selected_by:<9} {error:9.4g}   {'   '.join(shares)}", flush=True)
    print(f"  within a quarter of the margin: {within} of {every} units; beside the best by other seeds: {apart}")


def _error(cost: float, selected_by: str) -> float:
    """Of an accuracy, which is counted downwards, the share that is wrong; of a mean square its root."""
    return 1 + cost if selected_by == "accuracy" else float(np.sqrt(cost)) if selected_by in ("mse", "rmse") else cost


def _costs(unit: Unit, candidates: list[Candidate], epochs: list[int]) -> np.ndarray:
    """The costs of all seeds on validation rows, (n_seeds,), at the best of all candidates and horizons."""
    return best_of(_trials(unit, candidates, epochs)).costs


def _trials(unit: Unit, candidates: list[Candidate], epochs: list[int]) -> list[Trial]:
    """Every candidate with every horizon, by all seeds."""

    async def work(train: object) -> list[Trial]:
        tried = await asyncio.gather(*(train_trials(unit, candidates, each, train) for each in epochs))
        return [trial for trials in tried for trial in trials]

    return _alone(unit, work)


def _by_other_half(costs: np.ndarray) -> np.ndarray:
    """The cost of each seed, (n_seeds,), at the best of (n_trials, n_seeds) by the seeds of the other half."""
    is_odd = np.arange(costs.shape[1]) % 2 == 1
    by_odd, by_even = (costs[:, half].mean(axis=1).argmin() for half in (is_odd, ~is_odd))
    return np.where(is_odd, costs[by_even], costs[by_odd])


def parameters(asked: argparse.Namespace) -> None:
    """Processor time of tuning huber with one delta and with six, for each network that is trained."""
    print("parameters: tuning huber on the table of diabetes, processor time")
    table = {"diabetes": ("regression", _frame("diabetes"))}
    with tempfile.TemporaryDirectory() as place:
        project(Path(place) / "project", table, ["both"], asked)
        unit = next(each for each in _units(Path(place) / "project") if each.loss.name == "huber")
    six = replace(unit.loss, options={"delta": (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)})
    spent = []
    for loss in (unit.loss, six):
        own = replace(unit, settings=unit.settings.model_copy(update={"loss": loss}))
        started = time.process_time()
        tuning = _alone(own, lambda train, own=own: tune(own, train))
        spent.append((time.process_time() - started) / (tuning.horizons.sum() * tuning.n_seeds))
        print(
            f"  {len(loss.options.get('delta', [1]))} values: {1e3 * spent[-1]:.3f} ms a network and epoch", flush=True
        )
    print(f"  {spent[1] / spent[0]:.2f} times the time a network")


def unequal(asked: argparse.Namespace) -> None:
    """Rare positives by accuracy: the share that is wrong, with each output of the hinges, beside a constant's."""
    table = pd.read_csv(asked.file).rename(columns={asked.target: "target"}) if asked.file else rare_positives()
    print(f"unequal: {len(table):,} rows, share wrong; a constant prediction: "
          f"{1 - table['target'].value_counts(normalize=True).max():.2%}")  # fmt: skip
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        project(folder, {"unequal": ("binary", table)}, ["both"], asked)
        run(folder, "train")
        for path in _runs(folder / "data/runs/unequal_both"):
            scores = pd.read_csv(path / "scores.csv")
            rows = scores[(scores["part"] == "test") & (scores["metric"] == "accuracy")]
            with np.load(path / "tuning.npz") as tuning:
                chosen = int(tuning["chosen"])
                how = f"{tuning['activations'][chosen]}, {tuning['rates'][chosen]:g} {tuning['schedules'][chosen]}"
            print(f"  {path.name:<26} {1 - rows['value'].mean():.2%}  {how}")


def _runs(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.iterdir()) if (path / "scores.csv").exists())


PARTS = {part.__name__: part for part in (falling, halving, parameters, unequal)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The learning rate that falls, measured.")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--skip", type=int, default=0, help="the first tables, so many")
    parser.add_argument("--tables", type=int, default=len(TABLES))
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--file", help="of unequal: a table of one's own")
    parser.add_argument("--target", default="target", help="of unequal: its target")
    options = parser.parse_args()
    PARTS[options.part](options)
