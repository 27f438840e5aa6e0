"""What is logged of a run: its parameters, numbers, rows and figures."""

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.basics import files, paths
from stages.records import datasets
from stages.records.runs import Run
from stages.verdicts.statistics import summarise


@dataclass(frozen=True)
class Number:
    """One value of a metric; its step is an epoch, or 0 where there is a single value."""

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True)
class ScaledFile:
    """Rows that a run learned from: what they are called, the hash by which DVC knows the file, and where it is."""

    name: str
    md5: str
    path: Path


def parameters(run: Run) -> dict[str, Any]:
    """The settings of a run, those within others by a path with dots; of the seeds their number."""
    loss = {key: getattr(run.loss, key) for key in ("function", "parameters", "task", "activation", "targets")}
    settings = run.settings.model_dump(mode="json", exclude={"loss"})
    return dict(_flat({"loss": run.loss.name} | loss | settings)) | {"seeds": len(run.seeds)}


def numbers(run: Run) -> Iterator[Number]:
    """Means and standard deviations over the seeds that did not fail: of each epoch, and of the final scores."""
    if run.finished.any():
        metric = run.loss.epoch_metric
        for name in ("loss", "val_loss", metric, f"val_{metric}"):
            values = run.epochs(name)[run.finished]
            for epoch, column in enumerate(values.T, start=1):
                yield Number(name, column.mean(), epoch)
                if len(column) > 1:
                    yield Number(f"{name}_sd", column.std(ddof=1), epoch)
    for (part, score), rows in run.scores.groupby(["part", "metric"], sort=False):
        summary = summarise(rows["value"].to_numpy())
        every = {
            "": summary.mean,
            "_sd": summary.sd,
            "_low": summary.mean - summary.half_width,
            "_high": summary.mean + summary.half_width,
        }
        yield from (Number(f"{part}_{score}{ending}", value) for ending, value in every.items() if math.isfinite(value))
    yield Number("failed_seeds", len(run.failed))


def numbers_of_seeds(run: Run) -> dict[int, list[Number]]:
    """The final scores of every seed; none of one that failed."""
    return {
        int(seed): [
            Number(f"{row.part}_{row.metric}", row.value) for row in rows.itertuples() if math.isfinite(row.value)
        ]
        for seed, rows in run.scores.groupby("seed")
    }


def scaled_files(run: Run) -> list[ScaledFile]:
    """The scaled rows that the run learned from, one file for each fold."""
    n_folds, every = len(datasets.read_scaled(run.dataset).folds), []
    for fold in range(n_folds):
        path = datasets.scaled_path(run.dataset, fold, n_folds)
        with files.reading(path, "scale"), path.open("rb") as file:
            md5 = hashlib.file_digest(file, "md5").hexdigest()
        every.append(ScaledFile(run.dataset if n_folds == 1 else f"{run.dataset} fold {fold + 1}", md5, path))
    return every


def figures(run: Run) -> list[Path]:
    """The report's figures of this run, and those of its comparison that show all losses."""
    names = [f"{run.loss.name}-curves", "data", "scores", "regions", "predicted"]
    every = [paths.FIGURES / f"{run.dataset}-{name}.png" for name in names]
    return [path for path in every if path.exists()]


def _flat(settings: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield path + key, value
