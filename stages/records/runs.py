"""A run: everything that training one loss of one comparison left behind, and its files.

``data/runs/<comparison>/<loss>/`` holds

- ``run.json``: the settings, the seeds that failed, and the hash of every other file;
- ``history.csv``: ``seed, epoch, loss, val_loss`` and the headline metric, one row per seed and epoch;
- ``predictions.npz``: ``outputs`` and ``held_out``, as `arrays.packed` writes them: rows that are not scored take no
  room;
- ``tuning.npz`` (where the learning rate was chosen): how it was chosen;
- ``scores.csv``: ``seed, part, metric, value``;
- ``punishment.csv``: what the loss punishes, ``case, x, value``;
- ``objective.npy``: the loss's values on made-up rows, by which two losses are told apart;
- ``regions.npz`` (two features only): the class each seed decides for over a grid;
- ``model.keras``: the first seed's trained model.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from stages.basics import files, paths
from stages.basics.arrays import packed, unpacked
from stages.losses.loss import Loss
from stages.records.settings import Schedule, Settings

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
class Tuning:
    """How a loss was brought to its own best, on validation rows and for all seeds alike.

    A trial is one candidate (learning rate, schedule, output and parameters of the loss), trained for a horizon.

    Attributes:
        rates: (n_trials,) learning rates.
        schedules: (n_trials,) names, see `settings.Schedule`.
        activations: (n_trials,) names of output activations.
        parameters: (n_trials, n_parameters), those of the loss that were chosen from several.
        parameter_names: (n_parameters,).
        horizons: (n_trials,) epochs trained.
        curves: (n_trials, n_epochs), the mean over seeds of the validation score after every epoch (for ``rmse`` the
            root of the mean squared error); NaN beyond the horizon, and where a seed failed.
        reached: (n_trials,) the mean validation score by which trials were compared: of a rate that stays after epochs
            that the other half of the seeds chose; NaN where a seed failed. None: the best of its curve.
        n_failed: (n_trials,) how many seeds failed.
        chosen: the number of the trial that is best.
        score: the name of the score that chose; ``loss`` for the loss itself.
        n_seeds: how many seeds chose.
        epochs: the number chosen: the horizon, or with a constant rate the best epoch within it.
        rate: the one trained with: the best, or where a seed went astray with it, a lower one.
        gave_way: (n_lowered,) rates that gave way to it.
        at_edge: whether the best is at an end of the rates that were tried, so that one beyond may be better.
        at_last_epoch: whether the epochs are the most that were tried, so that more may be better.
        firmness: the share of resamples of the seeds in which the same trial is best.
        varied: (n_varied,) in words, what was changed to see whether the order of the losses survives.
        varied_by: the name of the score that measured these.
        values: (n_varied, n_seeds), this score on validation rows of each seed that chose; NaN where it failed.
        checked: bool (n_trials,), whether a trial was trained on as many rows as in the end; None where all were.
    """

    rates: np.ndarray
    schedules: np.ndarray
    activations: np.ndarray
    parameters: np.ndarray
    parameter_names: np.ndarray
    horizons: np.ndarray
    curves: np.ndarray
    n_failed: np.ndarray
    chosen: int
    score: str
    n_seeds: int
    epochs: int
    rate: float
    gave_way: np.ndarray
    at_edge: bool
    at_last_epoch: bool
    firmness: float
    varied: np.ndarray = field(default_factory=lambda: np.array([], np.str_))
    varied_by: str = ""
    values: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    checked: np.ndarray | None = None
    reached: np.ndarray | None = None

    @property
    def schedule(self) -> Schedule:
        """The one chosen."""
        return str(self.schedules[self.chosen])

    @property
    def options(self) -> dict[str, str | float]:
        """What was chosen of the loss itself: its output, where there were several, and its parameters."""
        parameters = zip(self.parameter_names.tolist(), self.parameters[self.chosen].tolist(), strict=True)
        activation = {"activation": str(self.activations[self.chosen])}
        return (activation if len(set(self.activations.tolist())) > 1 else {}) | dict(parameters)


@dataclass(frozen=True)
class Run:
    """What training one loss of one comparison gave.

    Attributes:
        settings: what it was made with.
        failed: seeds whose loss or weights became non-finite.
        history: one row per seed and epoch.
        outputs: float32 (n_seeds, n_rows, n_outputs) for the rows of `Plan.scored`, values in each seed's scaled units;
            NaN for others.
        scores: columns ``seed``, ``part``, ``metric``, ``value``.
        punishment: what the loss punishes, columns ``case``, ``x`` and ``value``.
        objective: (n_rows,) or (n_batches,), the loss's values on made-up rows, by which two losses are told apart.
        regions: for classes and two features, else None.
        tuning: how the learning rate and the epochs were chosen; None where they were not.
        held_out: of classes, float32 (n_first_seeds, n_rows, n_outputs) as `outputs`, of networks that were trained in
            the same way without what is set aside to choose by, for these rows, NaN for others and of those that
            failed; None where other seeds test
            other rows, or nothing was chosen.
    """

    settings: Settings
    failed: list[int]
    history: pd.DataFrame
    outputs: np.ndarray
    scores: pd.DataFrame
    punishment: pd.DataFrame
    objective: np.ndarray
    regions: Regions | None
    tuning: Tuning | None = None
    held_out: np.ndarray | None = None

    @property
    def comparison(self) -> str:
        """Name of the comparison."""
        return self.settings.comparison

    @property
    def dataset(self) -> str:
        """Name of the dataset."""
        return self.settings.dataset

    @property
    def loss(self) -> Loss:
        """The loss it was trained with: of several outputs and parameters, those that were chosen."""
        return self.settings.loss.at(self.tuning.options) if self.tuning else self.settings.loss

    @property
    def seeds(self) -> list[int]:
        """All seeds, also those that failed."""
        return list(self.settings.seeds)

    @property
    def finished(self) -> np.ndarray:
        """Bool (n_seeds,): whether a seed's loss and weights stayed finite."""
        return ~np.isin(self.seeds, self.failed)

    @property
    def learning_rate(self) -> float:
        """The learning rate that it was trained with: the one chosen, or the one set."""
        return self.tuning.rate if self.tuning else self.settings.optimizer.learning_rate

    @property
    def schedule(self) -> Schedule:
        """How its learning rate went on: the one chosen, or the one set."""
        return self.tuning.schedule if self.tuning else self.settings.optimizer.schedule

    @property
    def n_epochs(self) -> int:
        """The number of epochs that it was trained for: the one chosen, or the one set."""
        return self.tuning.epochs if self.tuning else self.settings.epochs

    def values(self, metric: str, part: str) -> np.ndarray:
        """One metric on one part for every seed (n_seeds,); NaN where a seed failed."""
        return self.scores["value"].to_numpy()[self._places.get((metric, part), [])]

    @cached_property
    def _places(self) -> Mapping[tuple[str, str], np.ndarray]:
        """Which rows of the scores are of a metric on a part."""
        return self.scores.reset_index(drop=True).groupby(["metric", "part"], observed=True).indices

    def epochs(self, name: str) -> np.ndarray:
        """One column of the history as (n_seeds, n_epochs)."""
        return self.history[name].to_numpy().reshape(len(self.seeds), -1)


@dataclass(frozen=True)
class _Described:
    """What is in ``run.json``."""

    settings: Settings
    failed: list[int]
    sha256: dict[str, str]


_DESCRIBED = TypeAdapter(_Described)


def folder(comparison: str, loss: str) -> Path:
    """Where a run is kept."""
    return paths.RUNS / comparison / loss


def write_folder(run: Run, model: bytes) -> None:
    """Write a run's folder, with the file of the first seed's model, whole or not at all."""
    with files.replacing(folder(run.comparison, run.loss.name)) as path:
        path.mkdir()
        (path / "model.keras").write_bytes(model)
        write(run, path)


def write(run: Run, path: Path) -> None:
    """Write a run into an existing folder, which may hold its model; ``run.json`` last, with the hash of every file."""
    run.history.to_csv(path / "history.csv", index=False)
    run.scores.to_csv(path / "scores.csv", index=False)
    run.punishment.to_csv(path / "punishment.csv", index=False)
    objective = io.BytesIO()  # NumPy does not say why it could not write a file of one array
    np.save(objective, run.objective)
    (path / "objective.npy").write_bytes(objective.getbuffer())
    held_out = {} if run.held_out is None else packed("held_out", run.held_out)
    np.savez(path / "predictions.npz", **packed("outputs", run.outputs), **held_out)
    if run.tuning:
        np.savez(path / "tuning.npz", **{name: value for name, value in vars(run.tuning).items() if value is not None})
    if run.regions:
        np.savez(path / "regions.npz", **vars(run.regions))
    hashes = {file.name: _sha256(file) for file in sorted(path.iterdir())}
    described = {"settings": run.settings.model_dump(mode="json"), "failed": run.failed, "sha256": hashes}
    (path / "run.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def read(comparison: str, loss: str, project: Path = paths.HERE) -> Run:
    """Read a run of a project's folder.

    Raises:
        UserError: a file is missing, or not as it was written.
    """
    path = project / folder(comparison, loss)
    value = files.read_json(path / "run.json", stage=STAGE)
    with files.reading(path / "run.json", STAGE):
        described = _DESCRIBED.validate_python(value)
    for name, written in described.sha256.items():
        with files.reading(path / name, STAGE):
            if _sha256(path / name) != written:
                raise ValueError("not as it was written")
    with np.load(path / "predictions.npz") as arrays:
        outputs = unpacked("outputs", arrays)
        held_out = unpacked("held_out", arrays) if "held_out" in arrays else None
    tuning = regions = None
    if "tuning.npz" in described.sha256:
        with np.load(path / "tuning.npz") as arrays:
            tuning = Tuning(**{name: array if array.ndim else array.item() for name, array in arrays.items()})
    if "regions.npz" in described.sha256:
        with np.load(path / "regions.npz") as arrays:
            regions = Regions(**arrays)
    return Run(
        settings=described.settings,
        failed=described.failed,
        history=pd.read_csv(path / "history.csv"),
        outputs=outputs,
        held_out=held_out,
        scores=pd.read_csv(path / "scores.csv"),
        punishment=pd.read_csv(path / "punishment.csv", keep_default_na=False, na_values={"value": [""]}),
        objective=np.load(path / "objective.npy"),
        regions=regions,
        tuning=tuning,
    )


def fingerprint(comparison: str, loss: str) -> str:
    """SHA-256 of ``run.json``, which holds the settings and the hash of every file: same results, same fingerprint."""
    with files.reading(folder(comparison, loss) / "run.json", STAGE):
        return _sha256(folder(comparison, loss) / "run.json")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
