"""Figures of scores: over seeds, over epochs, and against the baseline.

A loss has the same colour as everywhere (`top_losses.colors`); train is always blue and test orange.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import NullLocator

from stages.scores.score import Score
from stages.verdicts.pairs import Verdict

TRAIN, TEST = "#0072B2", "#D55E00"
_GREY = "#BBBBBB"
_LINES = ("-", "--", "-.", ":")
# better and worse are told apart in grey too: by their marks, which point to the side they are on
_VERDICTS = {
    "better": ("#0072B2", ">"),
    "worse": ("#D55E00", "<"),
    "equivalent": ("#009E73", "s"),
    "same objective": ("#009E73", "D"),
    "inconclusive": ("#777777", "o"),
    "too few seeds": ("#777777", "o"),
}
POINTS = 60  # of a curve; of more some are drawn
BINS = 10  # of probabilities
LONG_LEGEND = 5  # lines; of more it stands beside the chart
FEW_BANDS = 4  # more that lie over each other are paler
LONG_LABEL = 42  # letters beside an axis; more are broken into lines
NEAR = 6  # differences within so many margins are drawn on a linear axis


@dataclass(frozen=True)
class ForestRow:
    """One line of the forest plot; differences are in units of the margin, positive is better."""

    label: str
    difference: float
    low: float
    high: float
    verdict: Verdict
    against: str


def curve(axes: Axes, train: np.ndarray, test: np.ndarray, label: str, *, log: bool) -> Axes:
    """A quantity over epochs: each seed faintly, the mean, and the band that holds the middle 80 % of seeds.

    Args:
        axes: where to draw.
        train: (n_seeds, n_epochs).
        test: (n_seeds, n_epochs).
        label: name of the quantity.
        log: whether its axis is logarithmic.
    """
    shown = _thinned(train.shape[1])
    epochs = shown + 1
    for values, color, name in ((train[:, shown], TRAIN, "train"), (test[:, shown], TEST, "test")):
        lines = [np.column_stack([epochs, seed]) for seed in values]
        # one picture of all lines, below what is no picture
        faint = {"alpha": 0.12, "linewidths": 0.6, "rasterized": True, "zorder": 0.5}
        axes.add_collection(LineCollection(lines, colors=color, **faint))
        low, high = np.percentile(values, [10, 90], axis=0)
        axes.fill_between(epochs, low, high, color=color, alpha=0.2, linewidth=0)
        axes.plot(epochs, values.mean(axis=0), color=color, linewidth=1.8, label=name)
    if log:
        axes.set_yscale("log")
    axes.autoscale_view()
    axes.set(ylabel=label, xlim=(0, train.shape[1]))
    return axes


def final_scores(axes: Axes, scores: dict[str, np.ndarray], colors: dict[str, str], label: str, *, log: bool) -> Axes:
    """Every seed's final score for each loss side by side, with its mean.

    Args:
        axes: where to draw.
        scores: by loss, (n_seeds,); NaN where a seed failed.
        colors: by loss.
        label: name of the score.
        log: whether its axis is logarithmic.
    """
    jitter = np.random.default_rng(0)
    for position, (loss, values) in enumerate(scores.items()):
        finished = values[np.isfinite(values)]
        axes.scatter(
            finished,
            position + jitter.uniform(-0.22, 0.22, len(finished)),
            s=16,
            color=colors[loss],
            alpha=0.55,
            linewidths=0,
        )
        if len(finished):
            axes.plot([finished.mean()] * 2, [position - 0.36, position + 0.36], color="black", linewidth=2)
        if len(finished) < len(values):
            axes.annotate(
                f"{len(values) - len(finished)} failed",
                (1, position),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="bottom",
            )
    axes.set_yticks(range(len(scores)), list(scores))
    axes.set(xlabel=label, ylim=(len(scores) - 0.4, -0.6))
    if log and any((values > 0).any() for values in scores.values()):
        axes.set_xscale("log")
    return axes


def forest(axes: Axes, rows: list[ForestRow]) -> Axes:
    """Differences to the baseline with their intervals, in units of the margin; 1 is the margin.

    Args:
        axes: where to draw.
        rows: from top to bottom.
    """
    axes.axvspan(-1, 1, color="#999999", alpha=0.2, linewidth=0)
    axes.axvline(0, color="black", linewidth=0.8)
    for position, row in enumerate(rows):
        color, marker = _VERDICTS[row.verdict]
        axes.plot([row.low, row.high], [position] * 2, color=color, linewidth=2.5)
        axes.plot(row.difference, position, marker, color=color, markersize=8)
        verdict = f"{row.verdict} than {row.against}" if row.verdict in ("better", "worse") else row.verdict
        axes.annotate(
            verdict,
            (1.02, position),
            xycoords=("axes fraction", "data"),
            va="center",
            color=color,
            annotation_clip=False,
        )
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set(ylim=(len(rows) - 0.4, -0.6), xlabel="← worse · difference in margins · better →")
    ends = np.array([end for row in rows for end in (row.low, row.high, row.difference) if np.isfinite(end)])
    _scale_in_margins(axes, float(min(ends.min(initial=0), -1.5)), float(max(ends.max(initial=0), 1.5)))
    return axes


def are_far_apart(score: Score | None, *values: np.ndarray) -> bool:
    """Whether values are errors that lie orders of magnitude apart; without a score they are of the loss itself."""
    return (score is None or not score.higher_is_better) and are_orders_apart(*values)


def are_orders_apart(*values: np.ndarray) -> bool:
    """Whether values, all above 0, lie orders of magnitude apart."""
    finite = np.concatenate([np.ravel(numbers) for numbers in values])
    finite = finite[np.isfinite(finite)]
    return bool(len(finite) > 0 and finite.max() > 10 * finite.min() > 0)


def legend(axes: Axes) -> None:
    """What each line is: beside the chart where a long list would lie over the lines."""
    n_lines = len(axes.get_legend_handles_labels()[0])
    if n_lines > LONG_LEGEND:
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    elif n_lines:
        axes.legend()


def _thinned(n: int) -> np.ndarray:
    """The epochs that are drawn, counted from 0. Of too many some are left out, never the first or last."""
    return np.unique(np.linspace(0, n - 1, min(n, POINTS)).round().astype(int))


def _in_legend(loss: str) -> str:
    """The name of a loss in a legend, which leaves out what begins with an underscore."""
    return f" {loss}" if loss.startswith("_") else loss


def _told_apart(losses: Iterable[str], colors: dict[str, str]) -> tuple[list[str], list[tuple[str, str | None]]]:
    """The losses that have a colour; and the others, the first of them with the legend's label for all."""
    named, unnamed = [loss for loss in losses if loss in colors], [loss for loss in losses if loss not in colors]
    labels = [f"{len(unnamed)} others", *[None] * len(unnamed)]
    return named, list(zip(unnamed, labels, strict=False))


def _scale_in_margins(axes: Axes, low: float, high: float) -> None:
    """An axis for what lies between `low` < 0 and `high` > 0: linear where all is near, else by powers of ten."""
    room = 0.04 * (high - low)
    if max(-low, high) <= NEAR:
        axes.set_xlim(low - room, high + room)
        return
    axes.set_xscale("symlog", linthresh=1, linscale=0.7)
    axes.set_xlim(1.3 * low, 1.3 * high)
    powers = [10**power for power in range(int(np.log10(max(-low, high) * 1.3)) + 1)]
    step = 1 if len(powers) <= 3 else 2  # more names would lie over each other
    steps = [*powers, *(factor * power for power in powers for factor in (2, 5))] if len(powers) <= 2 else powers
    ticks = sorted({0, *steps, *(-step for step in steps)})
    named = {0, *steps} if len(powers) <= 2 else {0, *powers[::step]}
    inside = [tick for tick in ticks if 1.3 * low <= tick <= 1.3 * high]
    axes.set_xticks(inside, [f"{tick:,}".replace("-", "−") if abs(tick) in named else "" for tick in inside])
    axes.xaxis.set_minor_locator(NullLocator())


def reliability(axes: Axes, forecast: np.ndarray, happened: np.ndarray, weights: np.ndarray, color: str) -> Axes:
    """A reliability curve: ten bins of predicted probability, and the share of each bin's rows that are of the class.

    On the dashed line the two are equal.

    Args:
        axes: where to draw.
        forecast: (n_points,) probabilities.
        happened: bool (n_points,).
        weights: (n_points,) what each counts.
        color: of the points, whose areas are in proportion to what they stand for.
    """
    axes.plot([0, 1], [0, 1], "--", color="black", linewidth=0.8)
    bins = np.minimum((forecast * BINS).astype(int), BINS - 1)
    counted = np.bincount(bins, weights, minlength=BINS)
    some = counted > 0
    means = [
        np.bincount(bins, weights * values, minlength=BINS)[some] / counted[some] for values in (forecast, happened)
    ]
    axes.plot(*means, color=color, linewidth=1.2)
    axes.scatter(*means, s=20 + 180 * counted[some] / counted.sum(), color=color, alpha=0.7, linewidths=0)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03))
    return axes


def intervals(axes: Sequence[Axes], points: dict[str, tuple[float, float]], *, asked: float, colors: list[str]) -> None:
    """What the intervals of each loss hold and how wide they are, a line for each, in two charts beside each other.

    Args:
        axes: two that share their y axis.
        points: by loss, the percentage of targets that its intervals hold, and how wide they are.
        asked: the percentage that they are to hold: the dashed line.
        colors: of each loss.
    """
    places = np.arange(len(points))[::-1]
    held, width = np.array(list(points.values())).T
    axes[0].axvline(asked, linestyle="--", color="black", linewidth=0.8)
    away = 1.3 * max(5.0, np.abs(held - asked).max())
    axes[0].set(xlim=(asked - away, asked + away), xlabel="targets that intervals hold (%)")
    axes[1].set(xlim=(0, 1.1 * width.max()), xlabel="mean width (target units)")
    for ax, values in zip(axes, (held, width), strict=True):
        ax.scatter(values, places, c=colors, s=40)
        ax.set(yticks=places, ylim=(-0.6, len(points) - 0.4))
    axes[0].set_yticklabels(list(points))
    axes[1].tick_params(labelleft=False)


def side_by_side(axes: Axes, curves: dict[str, np.ndarray], colors: dict[str, str], label: str, *, log: bool) -> Axes:
    """A score over epochs, every loss in one chart: the median over seeds and the band that holds the middle 80 %.

    Args:
        axes: where to draw.
        curves: by loss, (n_seeds, n_epochs); losses may have different numbers of epochs, and no seeds.
        colors: by loss; those that have none are grey, without a band.
        label: name of the score.
        log: whether its axis is logarithmic.
    """
    drawn = {loss: values for loss, values in curves.items() if len(values)}
    named, unnamed = _told_apart(drawn, colors)
    for loss, label_of_it in unnamed:
        median = np.median(drawn[loss], axis=0)
        axes.plot(np.arange(1, len(median) + 1), median, color=_GREY, linewidth=1, label=label_of_it)
    for loss, line in zip(named, itertools.cycle(_LINES)):
        values = drawn[loss]
        shown = _thinned(values.shape[1])
        low, median, high = np.percentile(values[:, shown], [10, 50, 90], axis=0)
        epochs = shown + 1
        axes.fill_between(
            epochs, low, high, color=colors[loss], alpha=0.15 * min(1, FEW_BANDS / len(named)), linewidth=0
        )
        axes.plot(epochs, median, line, color=colors[loss], linewidth=1.8, label=_in_legend(loss))
        axes.plot(epochs[-1], median[-1], "o", color=colors[loss], markersize=5)
    if log:
        axes.set_yscale("log")
    axes.set(xlabel="epoch", ylabel=label)
    axes.set_xlim(left=0)
    return axes
