"""The file of a comparison's winner: the network to use, as it is kept and as whoever uses it needs to know it.

``data/winners/<comparison>.pyz`` holds

- ``__main__.py``: what runs when the file does, and what Python code takes from it;
- a package: the project's own code that it needs;
- ``winner.json``: a `Winner`;
- ``networks.npz``: a `Scaling` of one split, and of each variable of the networks the values (n_networks, *shape);
- ``encoder.json``: what makes numbers of rows of a table, see `features.pipelines`;
- ``custom/``: the files of ``stages/custom``, where the network is the user's own;
- ``requirements.txt``: the packages that it needs, as they were when it was made.
"""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from stages.basics import files, paths
from stages.records.datasets import Description, Kind
from stages.records.settings import Settings

N_NETWORKS = 10
FACTS = "winner.json"
CUSTOM = "custom/"


@dataclass(frozen=True)
class Calibrating:
    """A calibration: see `scores.calibration`.

    Attributes:
        slope: as there.
        offsets: as there.
        log_loss: on rows that networks had not learned from, before and after; empty where there was none before.
    """

    slope: float
    offsets: list[float]
    log_loss: list[float]


@dataclass(frozen=True)
class Recommended:
    """The loss of a comparison to train with.

    Attributes:
        loss: its name.
        score: the score that decided.
        mean: its mean on test rows: that of one network.
        beats_constant: whether it is surely better than a prediction that is the same for every row.
        threshold: as of `Winner`.
        calibration: as of `Winner`.
        averaged: what averages of its networks score; None where no row was tested by two of them.
        averaged_over: of how many networks they are, the fewest and the most.
        costs: as of `Winner`.
        residuals: as of `Winner`.
    """

    loss: str
    score: str
    mean: float
    beats_constant: bool
    threshold: list[float] | None = None
    calibration: Calibrating | None = None
    averaged: float | None = None
    averaged_over: tuple[int, int] | None = None
    costs: list[list[float | str]] | None = None
    residuals: list[float] | None = None


@dataclass(frozen=True)
class Input:
    """One column that the networks predict from; what was left out in training is none.

    Attributes:
        name: in the user's file.
        own_name: in ``data/raw``.
        kind: of what it holds.
        form: as of `Column`.
        low: the smallest number in training, or the first day since 1970; None for categories and booleans.
        high: the largest.
        missing: in how many rows of training it is missing.
    """

    name: str
    own_name: str
    kind: Kind
    form: str | None
    low: float | None
    high: float | None
    missing: int


@dataclass(frozen=True)
class Winner:
    """A comparison's network to use.

    Attributes:
        settings: what each of its networks was trained with.
        description: what the dataset is.
        inputs: the columns that it predicts from, in the order of the table; none where it predicts from arrays.
        n_inputs: inputs of the networks; of rows of several axes their shape.
        n_rows: rows that it was trained on.
        recommended: why this loss was taken.
        target_center: of each target, with `target_spread`, what puts it on the scale on which ``mse`` and
            ``cosine_similarity`` are measured; empty for classes.
        target_spread: see `target_center`.
        example: some rows, by column the values; empty where cells are not to be shown.
        requirements: the packages that it needs, with their versions.
        modules: what of ``custom/`` is imported by its plain name; see `imports.plain_names`.
        threshold: at what classes are decided, as `decisions.decide` takes it; None for the loss's own rule.
        calibration: what makes better probabilities of the mean of the networks; None where nothing does.
        residuals: the quantiles of what its mean misses by, see `SeedRows.residuals`; None where it gives quantiles, or
            none are scored.
        shares: of targets below each quantile that it answers with; none of a loss whose quantiles nothing asks for.
        costs: by class and what it is taken for, by which calibrated probabilities decide: numbers, or names of columns
            that hold what it is for each row; None where nothing costs.
    """

    settings: Settings
    description: Description
    inputs: list[Input]
    n_inputs: int | tuple[int, ...]
    n_rows: int
    recommended: Recommended
    target_center: list[float]
    target_spread: list[float]
    example: dict[str, list[Any]]
    requirements: list[str]
    modules: list[str]
    threshold: list[float] | None = None
    calibration: Calibrating | None = None
    costs: list[list[float | str]] | None = None
    residuals: list[float] | None = None
    shares: tuple[float, ...] = ()

    @property
    def outputs(self) -> list[str]:
        """The columns that it answers with, in their order: see `names_of`."""
        share = "p" if self.settings.loss.outputs_probability or self.calibration else "votes"
        if self.description.has_positions == "labels":
            return [f"{column}{of}" for of in self._of_targets for column in ("prediction", "spread", share)]
        if self.description.target_shape:  # of how many positions each class is decided, as a share; or how far off
            return [f"share_{name}" for name in self.description.classes] or ["error"]
        if not self.description.classes:
            names = zip(self.description.targets, self._of_targets, strict=True)
            of_each = {of: ("prediction", "spread", *["p"] * (name in self.description.yes_no)) for name, of in names}
            points = [f"{column}{of}" for of, columns in of_each.items() for column in columns]
            return [*points, *(f"q{share:g}" for share in self.shares)]
        return ["prediction", "spread", *(f"{share}_{name}" for name in self.description.classes)]

    @property
    def names_decided(self) -> list[str]:
        """What it may answer in words: the names of classes, and of yes and no."""
        return [*self.description.classes, *(name for names in self.description.yes_no.values() for name in names)]

    @property
    def in_words(self) -> list[str]:
        """The columns that it answers with in words."""
        names, description = zip(self.description.targets, self._of_targets, strict=False), self.description
        decided = [f"prediction{of}" for name, of in names if description.classes or name in description.yes_no]
        return [name for name in decided if name in self.outputs]

    @property
    def cost_columns(self) -> list[str]:
        """The columns that say what decisions cost, each once."""
        return list(dict.fromkeys(entry for line in self.costs or [] for entry in line if isinstance(entry, str)))

    @property
    def columns(self) -> list[str]:
        """The columns that it reads: those that it predicts from, and what decisions cost."""
        beside = [*self.cost_columns, *filter(None, [self.exposure])]
        return list(dict.fromkeys([*(column.name for column in self.inputs), *beside]))

    @property
    def exposure(self) -> str | None:
        """The column that says for how long each row is observed, by which what is predicted is multiplied."""
        return self.settings.data.source.get("exposure")

    @property
    def _of_targets(self) -> list[str]:
        targets = self.description.targets
        return [f"_{target}" for target in targets] if len(targets) > 1 else [""]


ADAPTER = TypeAdapter(Winner)


_BY_COMPARISON = TypeAdapter(dict[str, Recommended | None])


def write_recommended(recommended: dict[str, Recommended | None], path: Path = paths.RECOMMENDED) -> None:
    """Write which loss of each comparison is recommended: ``reports/recommended.json``."""
    files.write_json(path, _BY_COMPARISON.dump_python(recommended))


def read_recommended(path: Path = paths.RECOMMENDED) -> dict[str, Recommended | None]:
    """By comparison the loss that is recommended; None where every seed of every loss failed."""
    value = files.read_json(path, stage="report")
    with files.reading(path, "report"):
        return _BY_COMPARISON.validate_python(value)


def path_of(comparison: str) -> Path:
    """The file of a comparison's winner."""
    return paths.WINNERS / f"{comparison}.pyz"


def read(comparison: str) -> Winner | None:
    """What a comparison's winner is; None where there is none."""
    path = path_of(comparison)
    if not path.is_file():
        return None
    with files.reading(path, "winner", KeyError), zipfile.ZipFile(path) as archive:  # KeyError: it holds no such file
        return ADAPTER.validate_json(archive.read(FACTS))
