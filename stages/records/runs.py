"""A run: everything that training one loss on one dataset left behind, and its files.

``data/runs/<dataset>/<loss>/`` holds

- ``run.json``: the settings, the seeds that failed, and the hash of every other file;
- ``history.csv``: ``seed, epoch, loss, val_loss`` and the headline metric, one row per seed and epoch;
- ``predictions.npz``: the outputs for the ``train`` and ``test`` rows, (n_seeds, n_rows, n_outputs); with
  several folds ``train_1``, ``test_1`` and so on, each of the seeds that trained on the fold;
- ``scores.csv``: ``seed, part, metric, value``;
- ``punishment.csv``: what the loss punishes, ``case, x, value``;
- ``objective.npy``: the loss's values on made-up rows, by which two losses are told apart;
- ``regions.npz`` (two features only): the class each seed decides for over a grid;
- ``model.keras``: the first seed's trained model.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from stages.basics import files, paths
from stages.losses.loss import Loss
from stages.records.settings import Settings

STAGE = "train"


@dataclass(frozen=True)
class Regions:
    """Decisions over a grid of a two-dimensional problem.

    Attributes:
        x: (n_x,) first feature.
        y: (n_y,) second feature.
        decisions: integers (n_seeds, n_y, n_x), class indices.
    """

    x: np.ndarray
    y: np.ndarray
    decisions: np.ndarray


@dataclass(frozen=True)
class Run:
    """What training one loss on one dataset gave.

    Attributes:
        settings: what it was made with.
        failed: seeds whose loss or weights became non-finite.
        history: one row per seed and epoch.
        outputs: for each fold by part, float32 (n_seeds, n_rows, n_outputs), of the seeds that trained on it.
        scores: columns ``seed``, ``part``, ``metric``, ``value``.
        punishment: what the loss punishes, columns ``case``, ``x`` and ``value``.
        objective: (n_rows,) or (n_batches,), the loss's values on made-up rows, by which two losses are told apart.
        regions: for two features, else None.
    """

    settings: Settings
    failed: list[int]
    history: pd.DataFrame
    outputs: list[dict[str, np.ndarray]]
    scores: pd.DataFrame
    punishment: pd.DataFrame
    objective: np.ndarray
    regions: Regions | None

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.settings.dataset

    @property
    def loss(self) -> Loss:
        """The loss it was trained with."""
        return self.settings.loss

    @property
    def seeds(self) -> list[int]:
        """All seeds, also those that failed."""
        return list(self.settings.seeds)

    @property
    def finished(self) -> np.ndarray:
        """Bool (n_seeds,): whether a seed's loss and weights stayed finite."""
        return ~np.isin(self.seeds, self.failed)

    def values(self, metric: str, part: str) -> np.ndarray:
        """One metric on one part for every seed (n_seeds,); NaN where a seed failed."""
        rows = self.scores[(self.scores["metric"] == metric) & (self.scores["part"] == part)]
        return rows["value"].to_numpy()

    def epochs(self, name: str) -> np.ndarray:
        """One column of the history as (n_seeds, n_epochs)."""
        return self.history[name].to_numpy().reshape(len(self.seeds), -1)


def folder(dataset: str, loss: str) -> Path:
    """Where a run is kept."""
    return paths.RUNS / dataset / loss


def write(run: Run, path: Path) -> None:
    """Write a run into an existing folder, which may hold its model; ``run.json`` last, with the hash of every file."""
    run.history.to_csv(path / "history.csv", index=False)
    run.scores.to_csv(path / "scores.csv", index=False)
    run.punishment.to_csv(path / "punishment.csv", index=False)
    np.save(path / "objective.npy", run.objective)
    np.savez(
        path / "predictions.npz",
        **{
            f"{part}_{fold}" if len(run.outputs) > 1 else part: array
            for fold, outputs in enumerate(run.outputs, start=1)
            for part, array in outputs.items()
        },
    )
    if run.regions:
        np.savez(path / "regions.npz", **vars(run.regions))
    hashes = {file.name: _sha256(file) for file in sorted(path.iterdir())}
    described = {"settings": run.settings.model_dump(mode="json"), "failed": run.failed, "sha256": hashes}
    (path / "run.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def read(dataset: str, loss: str) -> Run:
    """Read a run.

    Raises:
        UserError: a file is missing, or not as it was written.
    """
    path = folder(dataset, loss)
    described = files.read_json(path / "run.json", stage=STAGE)
    with files.reading(path / "run.json", STAGE):
        settings, failed, hashes = (described[key] for key in ("settings", "failed", "sha256"))
        settings = Settings.model_validate(settings)
    for name, written in hashes.items():
        with files.reading(path / name, STAGE):
            if _sha256(path / name) != written:
                raise ValueError("not as it was written")
    with np.load(path / "predictions.npz") as arrays:
        outputs = [
            {part: arrays[f"{part}{ending}"] for part in ("train", "test")}
            for ending in ([""] if "train" in arrays else [f"_{fold + 1}" for fold in range(len(arrays) // 2)])
        ]
    regions = None
    if "regions.npz" in hashes:
        with np.load(path / "regions.npz") as arrays:
            regions = Regions(**arrays)
    return Run(
        settings=settings,
        failed=failed,
        history=pd.read_csv(path / "history.csv"),
        outputs=outputs,
        scores=pd.read_csv(path / "scores.csv"),
        punishment=pd.read_csv(path / "punishment.csv", keep_default_na=False, na_values={"value": [""]}),
        objective=np.load(path / "objective.npy"),
        regions=regions,
    )


def fingerprint(dataset: str, loss: str) -> str:
    """SHA-256 of ``run.json``, which holds the settings and the hash of every file: same results, same fingerprint."""
    with files.reading(folder(dataset, loss) / "run.json", STAGE):
        return _sha256(folder(dataset, loss) / "run.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
