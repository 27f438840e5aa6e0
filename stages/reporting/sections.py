"""A section of the report: one dataset, the runs compared on it, and their figures."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages.basics import paths
from stages.basics import suggest as mistakes
from stages.basics.cli import UserError
from stages.losses import validity
from stages.losses.loss import Loss, Task
from stages.losses.validity import Validity
from stages.records import datasets, runs
from stages.records.datasets import PART, Description, Scaled
from stages.records.runs import Run
from stages.reporting import plots as figures
from stages.scores import measure as scoring
from stages.scores import names as scores
from stages.scores.names import EPOCH_LABELS, Score
from stages.verdicts import pairs as verdicts
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary, summarise

WIDE = 4  # losses beside each other in one row of a figure
UNLIKE = 20  # a loss so many times as high as another is drawn on a scale of its own
FAR = 2  # predictions so many ranges of the target beyond it are not drawn, which would flatten all others
IMBALANCED = 3  # the largest class has so many times the rows of the smallest


@dataclass(frozen=True)
class Section:
    """One dataset and the runs compared on it.

    Attributes:
        name: the dataset.
        runs: in the comparison's order.
        scaled: what the dataset is and what was done to it.
        folds: for each fold its rows, with the target and ``part``; with the features of a plane.
        score: the score that decides between losses.
        baseline: the loss that the others are compared with.
        validity: by loss, whether it can learn from this dataset.
        given_margin: the user's margin; None for the default.
    """

    name: str
    runs: list[Run]
    scaled: Scaled
    folds: list[pd.DataFrame]
    score: Score
    baseline: str
    validity: dict[str, Validity]
    given_margin: float | None = None

    @property
    def description(self) -> Description:
        """What the dataset is."""
        return self.scaled.description

    @property
    def task(self) -> Task:
        """The kind of problem."""
        return self.description.task

    @property
    def headline(self) -> str:
        """The name of the score that decides between losses."""
        return self.score.name

    @property
    def epoch_metric(self) -> str:
        """The score that is followed epoch by epoch."""
        return self.runs[0].loss.epoch_metric

    @property
    def two_dimensional(self) -> bool:
        """Whether classes can be drawn in the plane."""
        return self.runs[0].regions is not None

    @property
    def n_rows(self) -> int:
        """Rows of the dataset."""
        return len(self.folds[0])

    def labels(self, fold: int, part: str | None = None) -> np.ndarray:
        """The targets of one fold's rows (from 0): (n_rows, n_targets) values in target units, or class indices."""
        rows = self.folds[fold]
        labels = datasets.labels_of(rows, self.description, part)
        if self.task != "regression":
            return labels
        return labels * self.scaled.folds[fold].spread + self.scaled.folds[fold].center

    @property
    def class_sizes(self) -> np.ndarray:
        """Rows of each class: (n_classes,)."""
        return np.bincount(self.labels(0), minlength=self.description.n_classes)

    @property
    def is_imbalanced(self) -> bool:
        """Whether classes are so unequal that accuracy says little."""
        return self.task != "regression" and self.class_sizes.max() >= IMBALANCED * self.class_sizes.min()

    def summary(self, run: Run, part: str) -> Summary:
        """The headline score of one run."""
        return summarise(run.values(self.headline, part))

    @cached_property
    def margin(self) -> float:
        """Differences of the headline score within ± this do not matter in practice."""
        if self.given_margin is not None:
            return self.given_margin
        return verdicts.default_margin(
            self._scores[self.baseline], self.constant, higher_is_better=self.score.higher_is_better
        )

    @property
    def lowest(self) -> float:
        """The lowest headline score of any seed; 0 where none is below."""
        return float(min(values[np.isfinite(values)].min(initial=0) for values in self._scores.values()))

    @cached_property
    def constant(self) -> float | None:
        """The test score of a prediction that is the same for every row; None where there is none that says anything.

        With several folds it is their mean, each counting as often as a seed trained on it.
        """
        seeds, found = self.runs[0].seeds, []
        for index, fold in enumerate(self.scaled.folds[: len(seeds)]):
            rows = self.folds[index]
            train, test = (datasets.labels_of(rows, self.description, part) for part in ("train", "test"))
            scored = scoring.score_constant(
                self.headline,
                self.task,
                train,
                test,
                self.description.n_classes,
                center=fold.center,
                spread=fold.spread,
            )
            if scored is None:
                return None
            found += [scored] * len(seeds[index :: len(self.folds)])
        return float(np.mean(found))

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """For every ordered pair (loss, against), how their headline scores compare on the test rows."""
        return verdicts.compare(
            self._scores,
            higher_is_better=self.score.higher_is_better,
            margin=self.margin,
            same_objective={
                frozenset((a.loss.name, b.loss.name))
                for a, b in itertools.combinations(self.runs, 2)
                if _same_objective(a, b)
            },
            generator=np.random.default_rng(0),
        )

    @property
    def metrics(self) -> list[str]:
        """Every score that any of the losses has, but the one that only the published figures need, and recalls."""
        names = dict.fromkeys(metric for run in self.runs for metric in run.scores["metric"])
        return [name for name in names if name != "rounded_accuracy" and not name.startswith("recall_")]

    @property
    def seeds_needed(self) -> int:
        """The fewest seeds that can give a verdict here."""
        return max([verdicts.seeds_needed(1), *(pair.seeds_needed for pair in self.pairs.values())])

    def against_baseline(self) -> list[Pair]:
        """Every other loss against the baseline."""
        return [self.pairs[run.loss.name, self.baseline] for run in self.runs if run.loss.name != self.baseline]

    def each_pair(self) -> list[Pair]:
        """Every pair once."""
        return [self.pairs[a.loss.name, b.loss.name] for a, b in itertools.combinations(self.runs, 2)]

    @property
    def _scores(self) -> dict[str, np.ndarray]:
        return {run.loss.name: run.values(self.headline, "test") for run in self.runs}


def read_section(
    name: str, losses: list[Loss], *, headline: str | None, baseline: str, margin: float | None
) -> Section:
    """Read a dataset and its runs, and compare them.

    Args:
        name: the dataset.
        losses: those that are compared.
        headline: name of the score that decides; None for the default.
        baseline: the loss that the others are compared with.
        margin: differences that do not matter; None for the default.

    Raises:
        UserError: a file is missing or damaged, or the headline score is not defined for these runs.
    """
    scaled = datasets.read_scaled(name)
    description = scaled.description
    found = [runs.read(name, loss.name) for loss in losses]
    headline = headline or scores.default_headline(description.task, description.n_targets)
    score = scores.find(headline, description.task)
    for run in found:
        _check_headline(run, score)
    drawn = found[0].regions is not None
    folds = [datasets.read_fold(name, scaled, fold, features=drawn) for fold in range(len(scaled.folds))]
    batch_size = found[0].settings.batch_size
    seen = [datasets.seen(*each, description, batch_size) for each in zip(folds, scaled.folds, strict=True)]
    judged = validity.judge_all(losses, seen)
    return Section(name, found, scaled, folds, score, baseline, judged, margin)


def _check_headline(run: Run, score: Score) -> None:
    values, key = run.values(score.name, "test"), f"{paths.PARAMS}: report.headline.{run.dataset}"
    if not len(values):
        there = list(dict.fromkeys(run.scores["metric"]))
        raise UserError(f"{key}: " + mistakes.not_one_of(score.name, there, f"a score of '{run.loss.name}'", "Scores"))
    if np.isnan(values[run.finished]).any():
        raise UserError(f"{key}: '{score.name}' is not defined on the test rows of {run.dataset}; choose another score")


def _same_objective(a: Run, b: Run) -> bool:
    """Whether two losses have the same values on the same rows, but for rounding and clipping."""
    ours, theirs = a.objective, b.objective
    if a.loss.activation != b.loss.activation or ours.shape != theirs.shape or not np.isfinite(ours).any():
        return False
    # Keras' clipping comes to some 1e-6 for each class
    return np.allclose(ours, theirs, rtol=1e-5, atol=1e-4, equal_nan=True)


def drawings(section: Section) -> dict[str, Callable[[], Figure]]:
    """What draws each figure of one dataset, by file name."""
    found: dict[str, Callable[[], Figure]] = {
        "data": partial(_draw_data, section),
        "scores": partial(_draw_scores, section),
        "punishment": partial(_draw_punishment, section),
    }
    if section.two_dimensional:
        found["regions"] = partial(_draw_regions, section)
    if section.task == "regression":
        found["predicted"] = partial(_draw_predicted, section)
    found |= {f"{run.loss.name}-curves": partial(_draw_curves, run) for run in section.runs}
    return {f"{section.name}-{name}.png": drawing for name, drawing in found.items()}


def _side_by_side(n: int, *, sharey: bool = True) -> tuple[Figure, np.ndarray]:
    """A figure with axes for n losses, in rows of at most `WIDE`: (n_rows, n_columns), those left over hidden."""
    n_rows = math.ceil(n / WIDE)
    n_columns = math.ceil(n / n_rows)
    figure, axes = figures.new(3 * n_columns + 0.5, 3.2 * n_rows, n_rows, n_columns, sharey=sharey)
    for ax in axes.flat[n:]:
        ax.set_axis_off()
    return figure, axes


def _draw_data(section: Section) -> Figure:
    if section.two_dimensional:
        figure, axes = figures.new(5, 3.6)
        features = datasets.features_of(section.folds[0], section.description)
        figures.classes(axes[0, 0], features, section.labels(0), section.description.classes)
    elif section.task == "regression":
        names, values = section.description.targets, section.labels(0)
        figure, axes = figures.new(5 * len(names), 3.6, 1, len(names))
        for ax, name, column in zip(axes[0], names, values.T, strict=True):
            figures.target(ax, column, f"{name} (own units)")
    else:
        names = section.description.classes
        figure, axes = figures.new(6, 1.2 + 0.22 * min(len(names), figures.SHOWN_CLASSES))
        figures.class_sizes(axes[0, 0], section.labels(0), names)
    return figure


def _draw_scores(section: Section) -> Figure:
    figure, axes = figures.new(8, 0.9 + 0.7 * len(section.runs))
    values = {run.loss.name: run.values(section.headline, "test") for run in section.runs}
    seen = np.concatenate(list(values.values()))
    seen = seen[np.isfinite(seen)]
    # errors that lie orders of magnitude apart
    log = not section.score.higher_is_better and len(seen) > 0 and seen.max() > 10 * seen.min() > 0
    figures.final_scores(axes[0, 0], values, f"test {section.score.label}", log=bool(log))
    return figure


def _draw_punishment(section: Section) -> Figure:
    curves = {run.loss.name: run.punishment for run in section.runs}
    highest = [curve["value"].max() for curve in curves.values()]
    # one in percent would flatten all others
    alike = max(highest) <= UNLIKE * min(highest)
    figure, axes = _side_by_side(len(section.runs), sharey=alike)
    for ax, run in zip(axes.flat, section.runs, strict=False):
        figures.punishment(ax, curves, run.loss.name)
        if not alike:
            own = run.punishment["value"]
            ax.set_ylim(own.min() - 0.05 * np.ptp(own.dropna()), own.max() + 0.05 * np.ptp(own.dropna()))
    for ax in axes[:, 0]:
        ax.set_ylabel("loss of one row")
    figure.supxlabel(_punished(section), fontsize="medium")
    return figure


def _punished(section: Section) -> str:
    """What the punishment is drawn over."""
    match section.task:
        case "regression":
            return "prediction − target (scaled units)"
        case "binary":
            return "last layer's sum, positive towards the true class"
        case _ if all(run.loss.outputs_probability for run in section.runs):
            return "probability given to the true class"
        case _:
            return "output for the true class, the others sharing the rest to 1"


def _draw_regions(section: Section) -> Figure:
    figure, axes = _side_by_side(len(section.runs))
    test = section.folds[0][section.folds[0][PART] == "test"]
    features = datasets.features_of(test, section.description)
    for ax, run in zip(axes.flat, section.runs, strict=False):
        finished = run.finished
        if finished.any():
            voting = replace(run.regions, decisions=run.regions.decisions[finished])
            figures.regions(ax, voting, features, section.labels(0, "test"), run.loss.name)
        else:
            ax.set(title=run.loss.name, xlabel="every seed failed", xticks=[])
    for ax in axes[:, 0]:
        ax.set_ylabel(figures.plain(features.columns[1]))
    return figure


def _draw_predicted(section: Section) -> Figure:
    figure, axes = _side_by_side(len(section.runs))
    colors = figures.colors_of([run.loss.name for run in section.runs])
    low, high = section.labels(0).min(), section.labels(0).max()
    shown = low - FAR * (high - low), high + FAR * (high - low)
    for ax, run in zip(axes.flat, section.runs, strict=False):
        points = [_predicted(section, run, fold) for fold in range(len(run.outputs))]
        actual, values = np.concatenate(points, axis=1)
        inside = (values >= shown[0]) & (values <= shown[1])
        figures.predicted(ax, actual[inside], values[inside], run.loss.name, colors[run.loss.name])
        if not inside.all():
            ax.set_xlabel(f"actual (target units)\n{(~inside).sum():,} of {len(inside):,} points far beyond")
    for ax in axes[:, 0]:
        ax.set_ylabel("predicted (target units)")
    return figure


def _predicted(section: Section, run: Run, fold: int) -> np.ndarray:
    """Actual and predicted values of one fold's test rows, of its seeds that did not fail: (2, n_points)."""
    scaling = section.scaled.folds[fold]
    values = run.loss.decide(run.outputs[fold]["test"]) * scaling.spread + scaling.center
    failed = np.isin(run.seeds[fold :: len(section.scaled.folds)], run.failed)
    values = values[~failed & np.isfinite(values).all(axis=(1, 2))]
    actual = np.broadcast_to(section.labels(fold, "test"), values.shape)
    return np.stack([actual.ravel(), values.ravel()])


def _draw_curves(run: Run) -> Figure:
    figure, axes = figures.new(8, 5, 2, 1, sharex=True)
    finished, metric = run.finished, run.loss.epoch_metric
    for ax, name, label in (
        (axes[0, 0], "loss", f"loss ({run.loss.name})"),
        (axes[1, 0], metric, EPOCH_LABELS[metric]),
    ):
        if finished.any():
            train, test = run.epochs(name)[finished], run.epochs(f"val_{name}")[finished]
            positive = min(train.min(), test.min()) > 0
            figures.curve(ax, train, test, label, log=run.loss.task == "regression" and positive)
            ax.legend()
    axes[1, 0].set_xlabel("epoch")
    return figure
