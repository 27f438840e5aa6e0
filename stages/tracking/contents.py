"""What is logged of a run: its parameters, numbers, rows and figures.

MLflow puts metrics into sections by what stands before the slash in their names, in the order of the alphabet, and
those without a slash last. So the score that decides comes first, and the values of the losses, which have units of
their own, come last.
"""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from stages.basics import files, paths
from stages.records import features
from stages.records.runs import Run
from stages.verdicts.statistics import summarise
from stages.verdicts.tuned import best_of_each_rate

POINTS = 100  # of a curve
DECIDES, EPOCHS, FINAL, TUNING = "decides/", "epochs/", "final/", "tuning/"


@dataclass(frozen=True)
class Number:
    """One value of a metric; its step is an epoch, or 0 where there is a single value."""

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True)
class ScaledFile:
    """The rows that a run learned from: their name, the hash by which DVC knows their file, and its place."""

    name: str
    md5: str
    path: Path


def parameters(run: Run) -> dict[str, Any]:
    """The settings of a run. Nested keys are joined by dots; for the seeds their number stands.

    Where the learning rate and the epochs were tuned, those are the chosen ones, and what they were chosen from and by
    which score stands beside them.
    """
    loss = {key: getattr(run.loss, key) for key in ("function", "parameters", "task", "activation", "targets")}
    settings = run.settings.model_dump(mode="json", exclude={"loss"})
    chosen = {
        "seeds": len(run.seeds),
        "epochs": run.n_epochs,
        "optimizer.learning_rate": run.learning_rate,
        "optimizer.schedule": run.schedule,
    }
    if run.tuning:
        chosen |= {
            "tuning.learning_rates": sorted(set(run.tuning.rates.tolist())),
            "tuning.epochs": run.settings.epochs,
            "tuning.schedules": sorted(set(run.tuning.schedules.tolist())),
            "tuning.score": run.tuning.score,
            "tuning.firmness": run.tuning.firmness,
        }
    return dict(_flat({"loss": run.loss.name} | loss | settings)) | chosen


def deciding(headline: str) -> str:
    """The name of the metric that decides between losses: the headline score of the test rows."""
    return f"{DECIDES}test_{headline}"


def as_decided(run: Run, headline: str, values: list[float | None] | None) -> Run:
    """The run with the test score that decides as the verdict has it.

    Where decisions are at thresholds of each loss's own, or by what they cost, that is not what was measured by the
    loss's own rule, which then has another name.

    Args:
        run: the run.
        headline: the score that decides.
        values: of each seed, None of one that failed; None where it is as it was measured.
    """
    if values is None:
        return run
    is_it = (run.scores["part"] == "test") & (run.scores["metric"] == headline)
    measured = run.scores.assign(metric=run.scores["metric"].mask(is_it, f"{headline}_by_its_own_rule"))
    decided = pd.DataFrame({"seed": run.seeds, "part": "test", "metric": headline, "value": np.array(values, float)})
    return replace(run, scores=pd.concat([measured, decided], ignore_index=True))


def numbers(run: Run, headline: str) -> Iterator[Number]:
    """Means and standard deviations over the seeds that did not fail: of each epoch, and of the final scores.

    Where rates were tuned, also the best validation score at each: its step counts the rates, the smallest first.

    Args:
        run: the run.
        headline: the score that decides.
    """
    if run.finished.any():
        metric = run.loss.epoch_metric
        for section, column in ((EPOCHS, metric), (EPOCHS, f"val_{metric}"), ("", "loss"), ("", "val_loss")):
            values, name = run.epochs(column)[run.finished], section + column
            for epoch in epochs_shown(values.shape[1]):
                seeds = values[:, epoch - 1]
                yield Number(name, seeds.mean(), epoch)
                if len(seeds) > 1:
                    yield Number(f"{name}_sd", seeds.std(ddof=1), epoch)
    for (part, score), rows in run.scores.groupby(["part", "metric"], sort=False):
        summary = summarise(rows["value"].to_numpy())
        summaries = {
            "": summary.mean,
            "_sd": summary.sd,
            "_low": summary.mean - summary.half_width,
            "_high": summary.mean + summary.half_width,
        }
        name = final(part, score, headline)
        yield from (Number(name + ending, value) for ending, value in summaries.items() if math.isfinite(value))
    yield Number(f"{FINAL}failed_seeds", len(run.failed))
    for step, tried in enumerate(best_of_each_rate(run.tuning) if run.tuning else [], start=1):
        yield Number(f"{TUNING}learning_rate", tried.rate, step)
        if math.isfinite(tried.value):
            yield Number(f"{TUNING}{run.tuning.score}", tried.value, step)


def epochs_shown(n_epochs: int) -> list[int]:
    """The epochs of a curve, from 1: all, or as many as a chart can show, with the first and the last."""
    return np.unique(np.linspace(1, n_epochs, min(n_epochs, POINTS)).round().astype(int)).tolist()


def final(part: str, score: str, headline: str) -> str:
    """The name of the metric that holds a final score."""
    return deciding(headline) if (part, score) == ("test", headline) else f"{FINAL}{part}_{score}"


def numbers_of_seeds(run: Run, headline: str) -> dict[int, list[Number]]:
    """The final scores of every seed; none of one that failed."""
    return {
        int(seed): [
            Number(final(row.part, row.metric, headline), row.value)
            for row in rows.itertuples()
            if math.isfinite(row.value)
        ]
        for seed, rows in run.scores.groupby("seed")
    }


def scaled_file(dataset: str) -> ScaledFile:
    """The rows of a dataset, as networks and other models learn from them; of arrays the features."""
    arrays = features.scaled_path(dataset)
    path = arrays if arrays.is_file() else paths.SCALED / f"{dataset}.parquet"
    with files.reading(path, "scale"), path.open("rb") as file:
        return ScaledFile(dataset, hashlib.file_digest(file, "md5").hexdigest(), path)


def figures(names: list[str]) -> list[Path]:
    """Of the report's figures with these names those that are there."""
    return [path for name in names if (path := paths.FIGURES / name).exists()]


def digest(paths_of: list[Path]) -> str:
    """A hash of files and their names."""
    seen = hashlib.sha256()
    for path in paths_of:
        seen.update(f"{path.name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\0".encode())
    return seen.hexdigest()


def _flat(settings: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield path + key, value
