"""Which figures the report has, what each shows, and drawing them into files."""

import math
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from stages.records.runs import Run
from stages.reporting import charts, crowd, plots
from stages.reporting.charts import ForestRow
from stages.scores import catalogue
from stages.scores.score import Score
from stages.verdicts.comparison import Comparison
from stages.verdicts.pairs import Pair
from stages.verdicts.tuned import best_of_each_rate

WIDE = 4  # losses beside each other in one row of a figure
LONG_LEGEND = 5  # lines; of more it stands beside the chart
UNLIKE = 20  # a loss so many times as high as another is drawn on a scale of its own
FAR = 2  # predictions so many ranges of the target beyond it are not drawn, which would flatten all others


@dataclass(frozen=True)
class Drawing:
    """One figure of the report: the name of its file, and what makes it."""

    name: str
    make: Callable[[], Figure]


def drawings(comparisons: list[Comparison]) -> list[Drawing]:
    """Every figure of the report."""
    first_on = {comparison.dataset: comparison for comparison in reversed(comparisons)}
    every = [Drawing(f"{dataset}-data.png", partial(_data, comparison)) for dataset, comparison in first_on.items()]
    every += [drawing for comparison in comparisons for drawing in of_comparison(comparison)]
    rows = forest_rows(comparisons)
    return [*every, Drawing("forest.png", partial(_forest, rows))] if rows else every


def of_comparison(comparison: Comparison) -> list[Drawing]:
    """The figures of one comparison: those that show all losses, then each loss's curves."""
    makers: dict[str, Callable[[], Figure]] = {
        "scores": partial(_scores, comparison),
        "epochs": partial(_epochs, comparison),
        "punishment": partial(_punishment, comparison),
    }
    if comparison.is_tuned:
        makers["tuning"] = partial(_tuning, comparison)
    if comparison.features is not None:
        makers["regions"] = partial(_regions, comparison)
    if any(run.loss.outputs_probability for run in crowd.runs(comparison)):
        makers["reliability"] = partial(_reliability, comparison)
    if comparison.task == "regression":
        makers["predicted"] = partial(_predicted, comparison)
    makers |= {f"{run.loss.name}-curves": partial(_curves, run) for run in crowd.runs(comparison)}
    return [Drawing(f"{comparison.name}-{name}.png", make) for name, make in makers.items()]


def save(every: Iterable[Drawing], folder: Path) -> None:
    """Draw figures into a folder, several at a time."""
    drawings = list(every)
    # each process gets all of them as it starts: a drawing holds a comparison, with what every network predicts
    with ProcessPoolExecutor(initializer=_hold, initargs=(drawings,)) as executor:
        list(executor.map(partial(_save, folder), range(len(drawings))))


_held: list[Drawing] = []  # by a process that draws


def _hold(drawings: list[Drawing]) -> None:
    _held.extend(drawings)


def _save(folder: Path, number: int) -> None:
    drawing = _held[number]
    with mpl.rc_context(plots.STYLE):
        # what `savefig` does, but that draws once more before to find the space that is needed, as drawing itself does
        FigureCanvasAgg(drawing.make()).print_png(folder / drawing.name)


def forest_rows(comparisons: list[Comparison]) -> list[ForestRow]:
    """Every loss's difference to its baseline in units of the margin, where there are both."""
    return [
        ForestRow(
            label=f"{comparison.name}: {pair.loss}",
            difference=pair.difference / pair.margin,
            low=pair.low / pair.margin,
            high=pair.high / pair.margin,
            verdict=pair.verdict,
            against=pair.against,
        )
        for comparison in comparisons
        if comparison.outcome.margin
        for pair in _against_baseline(comparison)
        if pair.n_failed < pair.n_seeds
    ]


def _against_baseline(comparison: Comparison) -> list[Pair]:
    pairs, baseline = comparison.outcome.pairs, comparison.outcome.baseline
    return [pairs[loss, baseline] for loss in crowd.shown(comparison) if loss != baseline]


def _forest(rows: list[ForestRow]) -> Figure:
    figure, axes = plots.new(8.5, 1.1 + 0.42 * len(rows))
    charts.forest(axes[0, 0], rows)
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
    description, labels = comparison.description, comparison.labels
    if comparison.features is not None:
        figure, axes = plots.new(5, 3.6)
        plots.classes(axes[0, 0], comparison.features, labels, description.classes)
    elif comparison.task == "regression":
        figure, axes = plots.new(5 * description.n_targets, 3.6, 1, description.n_targets)
        for ax, name, column in zip(axes[0], description.targets, labels.T, strict=True):
            plots.target(ax, column, f"{name} (own units)")
    else:
        figure, axes = plots.new(6, 1.2 + 0.22 * min(description.n_classes, plots.SHOWN_CLASSES))
        plots.class_sizes(axes[0, 0], labels, description.classes)
    return figure


def _scores(comparison: Comparison) -> Figure:
    every, shown = comparison.outcome.scores, crowd.shown(comparison)
    figure, axes = plots.new(8, 0.9 + 0.7 * len(shown))
    values = {loss: every[loss] for loss in shown}
    log = _far_apart(comparison.score, *values.values())
    charts.final_scores(axes[0, 0], values, crowd.colors(comparison), f"test {comparison.score.label}", log=log)
    return figure


def _far_apart(score: Score | None, *values: np.ndarray) -> bool:
    """Whether values are errors (of a loss itself where there is no score) that lie orders of magnitude apart."""
    finite = np.concatenate([np.ravel(each) for each in values])
    finite = finite[np.isfinite(finite)]
    is_error = score is None or not score.higher_is_better
    return bool(is_error and len(finite) > 0 and finite.max() > 10 * finite.min() > 0)


def _epochs(comparison: Comparison) -> Figure:
    figure, axes = plots.new(8, 3.8)
    metric = comparison.epoch_metric
    curves = {run.loss.name: run.epochs(f"val_{metric}")[run.finished] for run in crowd.runs(comparison)}
    log = _far_apart(catalogue.find(metric, comparison.task), *curves.values())
    charts.side_by_side(axes[0, 0], curves, crowd.in_color(comparison), f"test {catalogue.label_of(metric)}", log=log)
    _legend(axes[0, 0])
    return figure


def _tuning(comparison: Comparison) -> Figure:
    tuned = {run.loss.name: run.tuning for run in crowd.runs(comparison) if run.tuning}
    tried = {loss: best_of_each_rate(tuning) for loss, tuning in tuned.items()}
    chosen = {loss: tuning.rate for loss, tuning in tuned.items()}
    scores = {tuning.score for tuning in tuned.values()}
    if len(scores) > 1 or scores == {"loss"}:  # which has a unit of its own for each loss
        figure, axes = _side_by_side(len(tuned), sharey=False)
        for ax, loss in zip(axes.flat, tuned, strict=False):
            values = np.array([each.value for each in tried[loss]])
            log = _far_apart(catalogue.find(tuned[loss].score, None), values)
            label = f"validation {tuned[loss].score}"
            charts.tuned(ax, {loss: tried[loss]}, chosen, crowd.colors(comparison), label, log=log)
            ax.set_title(loss)
            ax.tick_params(axis="x", rotation=45)
        return figure
    [score] = scores
    figure, axes = plots.new(8, 3.8)
    values = np.array([each.value for points in tried.values() for each in points])
    log = _far_apart(catalogue.find(score, comparison.task), values)
    label = f"validation {catalogue.label_of(score)}"
    charts.tuned(axes[0, 0], tried, chosen, crowd.in_color(comparison), label, log=log)
    _legend(axes[0, 0])
    return figure


def _legend(axes: Axes) -> None:
    """What each line is: beside the chart where a long list would lie over the lines."""
    n_lines = len(axes.get_legend_handles_labels()[0])
    if n_lines > LONG_LEGEND:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    elif n_lines:
        axes.legend()


def _punishment(comparison: Comparison) -> Figure:
    # what is infinite somewhere is drawn where it is not
    curves = {run.loss.name: run.punishment.replace([np.inf, -np.inf], np.nan) for run in crowd.runs(comparison)}
    highest = [curve["value"].max() for curve in curves.values() if curve["value"].notna().any()]
    # one in percent would flatten all others
    alike = not highest or max(highest) <= UNLIKE * min(highest)
    figure, axes = _side_by_side(len(curves), sharey=alike)
    for ax, loss in zip(axes.flat, curves, strict=False):
        plots.punishment(ax, curves, crowd.colors(comparison), loss)
        own = curves[loss]["value"].dropna()
        if not alike and len(own):
            ax.set_ylim(own.min() - 0.05 * np.ptp(own), own.max() + 0.05 * np.ptp(own))
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
    shown = crowd.runs(comparison)
    figure, axes = _side_by_side(len(shown))
    tested = comparison.plan.tested.any(axis=0)
    features, labels = comparison.features[tested], comparison.labels[tested]
    for ax, run in zip(axes.flat, shown, strict=False):
        if run.finished.any():
            voting = replace(run.regions, decisions=run.regions.decisions[run.finished])
            plots.regions(ax, voting, features, labels, run.loss.name)
        else:
            ax.set(title=run.loss.name, xlabel="every seed failed", xticks=[])
    for ax in axes[:, 0]:
        ax.set_ylabel(plots.plain(features.columns[1]))
    return figure


def _predicted(comparison: Comparison) -> Figure:
    shown = crowd.runs(comparison)
    figure, axes = _side_by_side(len(shown))
    colors = crowd.colors(comparison)
    low, high = comparison.labels.min(), comparison.labels.max()
    lowest, highest = low - FAR * (high - low), high + FAR * (high - low)
    for ax, run in zip(axes.flat, shown, strict=False):
        actual, values = _predictions(comparison, run)
        inside = (values >= lowest) & (values <= highest)
        plots.predicted(ax, actual[inside], values[inside], run.loss.name, colors[run.loss.name])
        if not inside.all():
            ax.set_xlabel(f"actual (target units)\n{(~inside).sum():,} of {len(inside):,} points far beyond")
    for ax in axes[:, 0]:
        ax.set_ylabel("predicted (target units)")
    return figure


def _reliability(comparison: Comparison) -> Figure:
    runs = [run for run in crowd.runs(comparison) if run.loss.outputs_probability]
    figure, axes = _side_by_side(len(runs))
    colors, every_weight = crowd.colors(comparison), comparison.weights
    for ax, run in zip(axes.flat, runs, strict=False):
        points = [np.empty((3, 0))]
        for seed in np.flatnonzero(run.finished):
            rows = np.flatnonzero(comparison.plan.tested[seed])
            given, labels = run.outputs[seed, rows].astype(np.float64), comparison.labels[rows]
            weights = np.ones(len(rows)) if every_weight is None else every_weight[rows]
            if comparison.task == "binary":
                points.append(np.stack([given[:, 0], labels == 1, weights]))
            else:  # of the class that is decided
                points.append(
                    np.stack([given.max(axis=1) / given.sum(axis=1), given.argmax(axis=1) == labels, weights])
                )
        forecast, happened, weights = np.concatenate(points, axis=1)
        charts.reliability(ax, forecast, happened, weights, colors[run.loss.name])
        plots.head(ax, run.loss.name)
    is_binary = comparison.task == "binary"
    figure.supxlabel(f"probability {'of class 1' if is_binary else 'given to the class decided'}", fontsize="medium")
    for ax in axes[:, 0]:
        ax.set_ylabel("share of rows that are of it")
    return figure


def _predictions(comparison: Comparison, run: Run) -> np.ndarray:
    """Actual and predicted values of the rows that each seed tests, of seeds that did not fail: (2, n_points)."""
    scaling = {name: np.asarray(each) for name, each in comparison.plan.target_scaling.items()}
    points = [np.empty((2, 0))]
    for seed in np.flatnonzero(run.finished):
        rows = comparison.plan.tested[seed]
        values = run.loss.decide(run.outputs[seed, rows]) * scaling["spread"][seed] + scaling["center"][seed]
        if np.isfinite(values).all():
            points.append(np.stack([comparison.labels[rows].ravel(), values.ravel()]))
    return np.concatenate(points, axis=1)


def _curves(run: Run) -> Figure:
    figure, axes = plots.new(8, 5, 2, 1, sharex=True)
    metric = run.loss.epoch_metric
    for ax, name, label in (
        (axes[0, 0], "loss", f"loss ({run.loss.name})"),
        (axes[1, 0], metric, catalogue.label_of(metric)),
    ):
        if run.finished.any():
            train, test = run.epochs(name)[run.finished], run.epochs(f"val_{name}")[run.finished]
            positive = min(train.min(), test.min()) > 0
            charts.curve(ax, train, test, label, log=run.loss.task == "regression" and positive)
            ax.legend()
    axes[1, 0].set_xlabel("epoch")
    return figure
