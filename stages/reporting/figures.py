"""Which figures the report has, what each shows, and drawing them into files."""

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from stages.records import datasets
from stages.records.runs import Run
from stages.reporting import plots
from stages.reporting.plots import ForestRow
from stages.scores.names import EPOCH_LABELS
from stages.verdicts.comparison import Comparison

WIDE = 4  # losses beside each other in one row of a figure
UNLIKE = 20  # a loss so many times as high as another is drawn on a scale of its own
FAR = 2  # predictions so many ranges of the target beyond it are not drawn, which would flatten all others


@dataclass(frozen=True)
class Drawing:
    """One figure of the report: the name of its file, and what makes it."""

    name: str
    make: Callable[[], Figure]


def drawings(comparisons: list[Comparison]) -> list[Drawing]:
    """Every figure of the report."""
    every = [drawing for comparison in comparisons for drawing in of_comparison(comparison)]
    rows = forest_rows(comparisons)
    return [*every, Drawing("forest.png", partial(_forest, rows))] if rows else every


def of_comparison(comparison: Comparison) -> list[Drawing]:
    """The figures of one comparison: those that show all losses, then each loss's curves."""
    makers: dict[str, Callable[[], Figure]] = {
        "data": partial(_data, comparison),
        "scores": partial(_scores, comparison),
        "punishment": partial(_punishment, comparison),
    }
    if comparison.is_plane:
        makers["regions"] = partial(_regions, comparison)
    if comparison.task == "regression":
        makers["predicted"] = partial(_predicted, comparison)
    makers |= {f"{run.loss.name}-curves": partial(_curves, run) for run in comparison.runs}
    return [Drawing(f"{comparison.name}-{name}.png", make) for name, make in makers.items()]


def save(every: Iterable[Drawing], folder: Path) -> None:
    """Draw figures into a folder, several at a time."""
    with ProcessPoolExecutor() as executor:
        list(executor.map(partial(_save, folder), every))


def _save(folder: Path, drawing: Drawing) -> None:
    with mpl.rc_context(plots.STYLE):
        drawing.make().savefig(folder / drawing.name)


def forest_rows(comparisons: list[Comparison]) -> list[ForestRow]:
    """Every loss's difference to its baseline in units of the margin, where there are both."""
    colors = {comparison.name: plots.colors_of(comparison.losses) for comparison in comparisons}
    return [
        ForestRow(
            label=f"{comparison.name}: {pair.loss}",
            difference=pair.difference / comparison.margin,
            low=pair.low / comparison.margin,
            high=pair.high / comparison.margin,
            verdict=f"{pair.verdict} than {pair.against}" if pair.verdict in ("better", "worse") else pair.verdict,
            color=colors[comparison.name][pair.loss],
        )
        for comparison in comparisons
        if comparison.margin
        for pair in comparison.against_baseline()
        if pair.n_failed < pair.n_seeds
    ]


def _forest(rows: list[ForestRow]) -> Figure:
    figure, axes = plots.new(8.5, 1.1 + 0.42 * len(rows))
    plots.forest(axes[0, 0], rows)
    return figure


def _side_by_side(n: int, *, sharey: bool = True) -> tuple[Figure, np.ndarray]:
    """A figure with axes for n losses, in rows of at most `WIDE`: (n_rows, n_columns), those left over hidden."""
    n_rows = math.ceil(n / WIDE)
    n_columns = math.ceil(n / n_rows)
    figure, axes = plots.new(3 * n_columns + 0.5, 3.2 * n_rows, n_rows, n_columns, sharey=sharey)
    for ax in axes.flat[n:]:
        ax.set_axis_off()
    return figure, axes


def _data(comparison: Comparison) -> Figure:
    description, labels = comparison.description, comparison.labels(0)
    if comparison.is_plane:
        figure, axes = plots.new(5, 3.6)
        features = datasets.features_of(comparison.folds[0], description)
        plots.classes(axes[0, 0], features, labels, description.classes)
    elif comparison.task == "regression":
        figure, axes = plots.new(5 * description.n_targets, 3.6, 1, description.n_targets)
        for ax, name, column in zip(axes[0], description.targets, labels.T, strict=True):
            plots.target(ax, column, f"{name} (own units)")
    else:
        figure, axes = plots.new(6, 1.2 + 0.22 * min(description.n_classes, plots.SHOWN_CLASSES))
        plots.class_sizes(axes[0, 0], labels, description.classes)
    return figure


def _scores(comparison: Comparison) -> Figure:
    figure, axes = plots.new(8, 0.9 + 0.7 * len(comparison.runs))
    values = comparison.scores("test")
    finite = np.concatenate(list(values.values()))
    finite = finite[np.isfinite(finite)]
    # errors that lie orders of magnitude apart
    log = not comparison.score.higher_is_better and len(finite) > 0 and finite.max() > 10 * finite.min() > 0
    plots.final_scores(axes[0, 0], values, f"test {comparison.score.label}", log=bool(log))
    return figure


def _punishment(comparison: Comparison) -> Figure:
    curves = {run.loss.name: run.punishment for run in comparison.runs}
    highest = [curve["value"].max() for curve in curves.values()]
    # one in percent would flatten all others
    alike = max(highest) <= UNLIKE * min(highest)
    figure, axes = _side_by_side(len(curves), sharey=alike)
    for ax, loss in zip(axes.flat, curves, strict=False):
        plots.punishment(ax, curves, loss)
        if not alike:
            own = curves[loss]["value"]
            ax.set_ylim(own.min() - 0.05 * np.ptp(own.dropna()), own.max() + 0.05 * np.ptp(own.dropna()))
    for ax in axes[:, 0]:
        ax.set_ylabel("loss of one row")
    figure.supxlabel(_punished_over(comparison), fontsize="medium")
    return figure


def _punished_over(comparison: Comparison) -> str:
    match comparison.task:
        case "regression":
            return "prediction − target (scaled units)"
        case "binary":
            return "last layer's sum, positive towards the true class"
        case _ if all(run.loss.outputs_probability for run in comparison.runs):
            return "probability given to the true class"
        case _:
            return "output for the true class, the others sharing the rest to 1"


def _regions(comparison: Comparison) -> Figure:
    figure, axes = _side_by_side(len(comparison.runs))
    rows = comparison.folds[0]
    features = datasets.features_of(rows[rows[datasets.PART] == "test"], comparison.description)
    for ax, run in zip(axes.flat, comparison.runs, strict=False):
        if run.finished.any():
            voting = replace(run.regions, decisions=run.regions.decisions[run.finished])
            plots.regions(ax, voting, features, comparison.labels(0, "test"), run.loss.name)
        else:
            ax.set(title=run.loss.name, xlabel="every seed failed", xticks=[])
    for ax in axes[:, 0]:
        ax.set_ylabel(plots.plain(features.columns[1]))
    return figure


def _predicted(comparison: Comparison) -> Figure:
    figure, axes = _side_by_side(len(comparison.runs))
    colors = plots.colors_of(comparison.losses)
    low, high = comparison.labels(0).min(), comparison.labels(0).max()
    shown = low - FAR * (high - low), high + FAR * (high - low)
    for ax, run in zip(axes.flat, comparison.runs, strict=False):
        points = [_predictions(comparison, run, fold) for fold in range(len(run.outputs))]
        actual, values = np.concatenate(points, axis=1)
        inside = (values >= shown[0]) & (values <= shown[1])
        plots.predicted(ax, actual[inside], values[inside], run.loss.name, colors[run.loss.name])
        if not inside.all():
            ax.set_xlabel(f"actual (target units)\n{(~inside).sum():,} of {len(inside):,} points far beyond")
    for ax in axes[:, 0]:
        ax.set_ylabel("predicted (target units)")
    return figure


def _predictions(comparison: Comparison, run: Run, fold: int) -> np.ndarray:
    """Actual and predicted values of one fold's test rows, of its seeds that did not fail: (2, n_points)."""
    scaling = comparison.scaled.folds[fold]
    values = run.loss.decide(run.outputs[fold]["test"]) * scaling.spread + scaling.center
    finished = run.finished[fold :: len(comparison.scaled.folds)]
    values = values[finished & np.isfinite(values).all(axis=(1, 2))]
    actual = np.broadcast_to(comparison.labels(fold, "test"), values.shape)
    return np.stack([actual.ravel(), values.ravel()])


def _curves(run: Run) -> Figure:
    figure, axes = plots.new(8, 5, 2, 1, sharex=True)
    metric = run.loss.epoch_metric
    for ax, name, label in (
        (axes[0, 0], "loss", f"loss ({run.loss.name})"),
        (axes[1, 0], metric, EPOCH_LABELS[metric]),
    ):
        if run.finished.any():
            train, test = run.epochs(name)[run.finished], run.epochs(f"val_{name}")[run.finished]
            positive = min(train.min(), test.min()) > 0
            plots.curve(ax, train, test, label, log=run.loss.task == "regression" and positive)
            ax.legend()
    axes[1, 0].set_xlabel("epoch")
    return figure
