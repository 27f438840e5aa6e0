"""A section of the report: one dataset, the runs compared on it, and their figures."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages import figures, files, paths, runs, verdicts
from stages.losses import HIGHER_IS_BETTER, Task
from stages.runs import Run
from stages.statistics import Summary, summarise
from stages.verdicts import Pair


@dataclass(frozen=True)
class Section:
    """One dataset and the runs compared on it.

    Attributes:
        name: the dataset.
        runs: in the comparison's order.
        data: the scaled rows, with the columns ``target`` and ``split``.
        center: with `spread`, undoes the target's scaling.
        spread: see `center`.
        baseline: the loss that the others are compared with.
        given_margin: the user's margin; None for the default.
    """

    name: str
    runs: list[Run]
    data: pd.DataFrame
    center: float
    spread: float
    baseline: str
    given_margin: float | None = None

    @property
    def task(self) -> Task:
        """The kind of problem."""
        return self.runs[0].loss.task

    @property
    def headline(self) -> str:
        """The score that decides between losses."""
        return self.runs[0].loss.headline

    @property
    def two_dimensional(self) -> bool:
        """Whether classes can be drawn in the plane."""
        return self.runs[0].regions is not None

    def summary(self, run: Run, split: str) -> Summary:
        """The headline score of one run."""
        return summarise(run.values(self.headline, split))

    @cached_property
    def margin(self) -> float:
        """Differences of the headline score within ± this do not matter in practice."""
        if self.given_margin is not None:
            return self.given_margin
        return verdicts.default_margin(self._scores[self.baseline], higher_is_better=HIGHER_IS_BETTER[self.headline])

    @cached_property
    def pairs(self) -> dict[tuple[str, str], Pair]:
        """For every ordered pair (loss, against), how their headline scores compare on the test rows."""
        return verdicts.compare(
            self._scores,
            higher_is_better=HIGHER_IS_BETTER[self.headline],
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
        """Every score that any of the losses has, but the one that only the published figures need."""
        names = dict.fromkeys(metric for run in self.runs for metric in run.scores["metric"])
        return [name for name in names if name != "rounded_accuracy"]

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

    def rows(self, split: str) -> pd.DataFrame:
        """The train or the test rows."""
        return self.data[self.data["split"] == split]


def read_section(name: str, losses: list[str], baseline: str, margin: float | None) -> Section:
    """Read a dataset and its runs, and compare them.

    Args:
        name: the dataset.
        losses: names of the losses.
        baseline: the loss that the others are compared with.
        margin: differences that do not matter; None for the default.
    """
    scaling = files.read_json(paths.SCALED / f"{name}.json", stage="scale").get("target", {"center": 0.0, "scale": 1.0})
    data = files.read_table(paths.SCALED / f"{name}.parquet", stage="scale")
    found = [runs.read(name, loss) for loss in losses]
    return Section(name, found, data, scaling["center"], scaling["scale"], baseline, margin)


def _same_objective(a: Run, b: Run) -> bool:
    """Whether two losses punish every output alike, but for rounding and clipping."""
    ours, theirs = a.punishment["value"].to_numpy(), b.punishment["value"].to_numpy()
    return bool(np.abs(ours - theirs).max() <= 1e-4 * np.ptp(ours))


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


def _draw_data(section: Section) -> Figure:
    figure, axes = figures.new(5, 3.6)
    if section.two_dimensional:
        features = section.data.drop(columns=["target", "split"]).to_numpy()
        figures.classes(axes[0, 0], features, section.data["target"].to_numpy())
    elif section.task == "regression":
        figures.target(axes[0, 0], section.data["target"].to_numpy() * section.spread + section.center, "own units")
    else:
        figures.class_sizes(axes[0, 0], section.data["target"].to_numpy())
    return figure


def _draw_scores(section: Section) -> Figure:
    figure, axes = figures.new(8, 0.9 + 0.7 * len(section.runs))
    scores = {run.loss.name: run.values(section.headline, "test") for run in section.runs}
    figures.final_scores(
        axes[0, 0], scores, f"test {figures.METRIC_LABELS[section.headline]}", log=section.headline == "mse"
    )
    return figure


def _draw_punishment(section: Section) -> Figure:
    figure, axes = figures.new(3 * len(section.runs) + 0.5, 3.2, 1, len(section.runs), sharey=True)
    curves = {run.loss.name: run.punishment for run in section.runs}
    for ax, run in zip(axes[0], section.runs, strict=True):
        figures.punishment(ax, curves, run.loss.name)
    axes[0, 0].set_ylabel("loss of one row")
    figure.supxlabel(_PUNISHED[section.task], fontsize="medium")
    return figure


_PUNISHED: dict[Task, str] = {
    "regression": "prediction − target (scaled units)",
    "binary": "last layer's sum, positive towards the true class",
    "multiclass": "probability given to the true class",
}


def _draw_regions(section: Section) -> Figure:
    figure, axes = figures.new(3 * len(section.runs) + 0.5, 3.2, 1, len(section.runs), sharey=True)
    test = section.rows("test")
    features, labels = test.drop(columns=["target", "split"]).to_numpy(), test["target"].to_numpy()
    for ax, run in zip(axes[0], section.runs, strict=True):
        figures.regions(ax, run.regions, features, labels, run.loss.name)
    axes[0, 0].set_ylabel("x2")
    return figure


def _draw_predicted(section: Section) -> Figure:
    figure, axes = figures.new(3 * len(section.runs) + 0.5, 3.2, 1, len(section.runs), sharey=True)
    actual = section.rows("test")["target"].to_numpy() * section.spread + section.center
    for ax, run in zip(axes[0], section.runs, strict=True):
        values = run.loss.decide(run.outputs["test"]) * section.spread + section.center
        figures.predicted(ax, actual, values[np.isfinite(values).all(axis=1)], run.loss.name)
    axes[0, 0].set_ylabel("predicted (target units)")
    return figure


def _draw_curves(run: Run) -> Figure:
    figure, axes = figures.new(8, 5, 2, 1, sharex=True)
    finished, metric = ~np.isin(run.seeds, run.failed), run.loss.headline
    for ax, name, label in (
        (axes[0, 0], "loss", f"loss ({run.loss.name})"),
        (axes[1, 0], metric, figures.METRIC_LABELS[metric]),
    ):
        if finished.any():
            train, test = run.epochs(name)[finished], run.epochs(f"val_{name}")[finished]
            figures.curve(ax, train, test, label, log=run.loss.task == "regression")
            ax.legend()
    axes[1, 0].set_xlabel("epoch")
    return figure
