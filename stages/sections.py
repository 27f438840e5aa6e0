"""A section of the report: one dataset, the runs compared on it, and their figures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from stages import figures, files, paths, runs
from stages.losses import Task
from stages.runs import Run
from stages.statistics import Summary, summarise


@dataclass(frozen=True)
class Section:
    """One dataset and the runs compared on it.

    Attributes:
        name: the dataset.
        runs: in the comparison's order.
        data: the scaled rows, with the columns ``target`` and ``split``.
        center: with `spread`, undoes the target's scaling.
        spread: see `center`.
    """

    name: str
    runs: list[Run]
    data: pd.DataFrame
    center: float
    spread: float

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

    def rows(self, split: str) -> pd.DataFrame:
        """The train or the test rows."""
        return self.data[self.data["split"] == split]


def read_section(name: str, losses: list[str]) -> Section:
    """Read a dataset and its runs."""
    scaling = files.read_json(paths.SCALED / f"{name}.json", stage="scale").get("target", {"center": 0.0, "scale": 1.0})
    data = files.read_table(paths.SCALED / f"{name}.parquet", stage="scale")
    return Section(name, [runs.read(name, loss) for loss in losses], data, scaling["center"], scaling["scale"])


def drawings(section: Section) -> dict[str, Callable[[], Figure]]:
    """What draws each figure of one dataset, by file name."""
    found: dict[str, Callable[[], Figure]] = {
        "data": partial(_draw_data, section),
        "scores": partial(_draw_scores, section),
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
    axes[1, 0].set_xlabel("epoch")
    axes[0, 0].legend()
    return figure
