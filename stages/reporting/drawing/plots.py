"""What figures are drawn with: style, colours, and functions that take data and axes, and draw.

A loss has the same colour wherever it appears. Colours are Okabe and Ito's, which the colour-blind
can tell apart (for lines with Tol's wine in place of a yellow too pale for them, and his olive).
"""

import math
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatterSciNotation, ScalarFormatter

from stages.basics.words import counted, one_line
from stages.losses import catalogue
from stages.losses.catalogue import LOSSES
from stages.losses.loss import Loss
from stages.records.runs import Regions

_PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#882255",
    "#000000",
    "#999933",
    "#661100",
)
_CLASSES = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#F0E442", "#999999")
N_COLORS = len(_PALETTE)
MARKERS = "osD^vP*X"

NAMED_CLASSES = 10  # more classes are not named in a legend
SHOWN_CLASSES = 60  # more are not drawn as bars
THOUSANDS, TOO_LONG = 1e4, 1e9  # ends of an axis between which its numbers are written in full
FAR = 6  # times as far from the median as the 1 % or the 99 % point: values that would squash the others
WIDE = 2  # losses beside each other in one row of a figure
POINTS = 50_000  # of predictions, more are not drawn as a scatter
DENSE = 1_200  # points that lie over each other to the darkest

# for `matplotlib.rc_context` around making and saving a figure, as ticks are made when it is saved
STYLE = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "font.sans-serif": ["DejaVu Sans", "Arial"],
    "svg.fonttype": "none",
    "svg.hashsalt": "losslab",  # the same names of shapes in every run
}


def colors_of(losses: list[str]) -> dict[str, str]:
    """The colours of the losses of a comparison.

    The first of the catalogue have the same colour on every page; one further down, a variant or a loss of the user's
    own has one that none of the others has, as far as the colours go.
    """
    of_catalogue = {name: color for name in losses if name in LOSSES for color in _color_of(LOSSES[name])}
    free = [color for color in _PALETTE if color not in of_catalogue.values()] or list(_PALETTE)
    others = [name for name in losses if name not in of_catalogue]
    return of_catalogue | {name: free[i % len(free)] for i, name in enumerate(others)}


def _color_of(loss: Loss) -> tuple[str, ...]:
    """The colour that a loss of the catalogue always has; None where colours do not suffice."""
    place = catalogue.names_for(loss.task).index(loss.name)
    return _PALETTE[place : place + 1]


def plain(name: str) -> str:
    """A user's name as it is, where Matplotlib would read formulas between dollars; the start of a long one."""
    line = one_line(name)
    return (line if len(line) <= 40 else f"{line[:39]}…").replace("$", r"\$")


def head(axes: Axes, loss: str) -> None:
    """The name of a loss above axes that are no wider than a long one."""
    axes.set_title(loss, fontsize="large" if len(loss) <= 32 else "small")


@dataclass(frozen=True)
class Grid:
    """The axes of a figure: its size in inches, and how many axes there are in rows and columns.

    Attributes:
        width: inches.
        height: inches.
        n_rows: of axes.
        n_columns: of axes.
        n_axes: how many are drawn on; those left over are hidden. All where None.
        sharex: whether axes below each other share their x axis.
        sharey: whether axes beside each other share their y axis.
    """

    width: float
    height: float
    n_rows: int = 1
    n_columns: int = 1
    n_axes: int | None = None
    sharex: bool = False
    sharey: bool = False

    def figure(self, kind: type[Figure] = Figure) -> tuple[Figure, np.ndarray]:
        """A new figure of a kind, and its axes (n_rows, n_columns)."""
        figure = kind(figsize=(self.width, self.height))
        shared = {"sharex": self.sharex, "sharey": self.sharey, "squeeze": False}
        axes = figure.subplots(self.n_rows, self.n_columns, **shared)
        for ax in axes.flat[self.n_axes or axes.size :]:
            ax.set_axis_off()
        return figure, axes


def side_by_side(n: int, *, sharey: bool = False) -> Grid:
    """Axes for n losses beside each other, in rows of at most `WIDE`."""
    n_rows = math.ceil(n / WIDE)
    n_columns = math.ceil(n / n_rows)
    return Grid(3 * n_columns + 0.5, 3.2 * n_rows, n_rows, n_columns, n_axes=n, sharey=sharey)


def classes(axes: Axes, features: pd.DataFrame, labels: np.ndarray, names: list[str]) -> Axes:
    """Scatter the rows of a two-dimensional problem by class.

    Args:
        axes: where to draw.
        features: (n_rows, 2).
        labels: (n_rows,) class indices.
        names: of the classes.
    """
    axes.set(xlabel=plain(features.columns[0]), ylabel=plain(features.columns[1]))
    features = features.to_numpy()
    for label in np.unique(labels):
        rows = features[labels == label]
        axes.scatter(
            *rows.T,
            s=12,
            color=_CLASSES[label % len(_CLASSES)],
            marker=MARKERS[label % len(MARKERS)],
            alpha=0.7,
            linewidths=0,
            rasterized=True,
            label=f"class {plain(names[label])}",
        )
    if len(names) <= NAMED_CLASSES:
        axes.legend(markerscale=1.5)
    return axes


def target(axes: Axes, values: np.ndarray, label: str) -> Axes:
    """The distribution of a regression target (n_rows,); a few values far off are counted below the axis, not drawn."""
    low, median, high = np.quantile(values, [0.01, 0.5, 0.99])
    reach = FAR * max(high - median, median - low)
    near = np.abs(values - median) <= reach
    n_far = int((~near).sum()) if reach else 0
    axes.hist(values[near] if n_far else values, bins=40, color="#999999")
    farthest = float(f"{values[np.abs(values - median).argmax()]:.4g}")
    far = f"\n{counted(n_far, 'row')} further off, up to {_grouped(farthest)}" if n_far else ""
    axes.set(xlabel=f"{plain(label)}{far}", ylabel="rows")
    return axes


def group_thousands(figure: Figure) -> None:
    """Write large numbers beside axes in full, with their thousands grouped, in place of a power of ten at the end."""
    for axes in figure.axes:
        for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            if not THOUSANDS <= max(map(abs, ends)) < TOO_LONG:
                continue
            if type(axis.get_major_formatter()) is ScalarFormatter:
                axis.set_major_formatter(FuncFormatter(_grouped))
            elif isinstance(axis.get_major_formatter(), LogFormatterSciNotation) and min(ends) >= 1:
                axis.set_major_formatter(_InFull())
                axis.set_minor_formatter(_InFull(minor_thresholds=(2, 0.5)))


class _InFull(LogFormatterSciNotation):
    """The labels that a logarithmic axis has, their numbers in full."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return _grouped(x) if super().__call__(x, pos) else ""


def _grouped(value: float, _: int = 0) -> str:
    return f"{value:,.10g}".replace("-", "−")


def class_sizes(axes: Axes, labels: np.ndarray, names: list[str]) -> Axes:
    """How many rows each class has, or positions of rows; the largest classes first where there are too many to show.

    Args:
        axes: where to draw.
        labels: (n_rows, …) class indices.
        names: of the classes.
    """
    counts = np.bincount(labels.ravel(), minlength=len(names))
    shown = np.sort(np.argsort(-counts, kind="stable")[:SHOWN_CLASSES])
    axes.barh(range(len(shown)), counts[shown], color=[_CLASSES[label % len(_CLASSES)] for label in shown])
    axes.set_yticks(range(len(shown)), [plain(names[label]) for label in shown])
    counted = "rows" if labels.ndim == 1 else "positions of all rows"
    axes.set(xlabel=counted, ylabel="class", ylim=(len(shown) - 0.4, -0.6))
    return axes


def punishment(axes: Axes, curves: dict[str, pd.DataFrame], colors: dict[str, str], shown: str) -> Axes:
    """What one loss punishes, beside the others of its comparison, which are faint.

    Args:
        axes: where to draw.
        curves: by loss, the columns ``case``, ``x`` and ``value``; a second case is dashed.
        colors: by loss.
        shown: the loss that stands out.
    """
    for loss, rows in sorted(curves.items(), key=lambda item: item[0] == shown):
        emphasis = {"linewidth": 2.5} if loss == shown else {"linewidth": 1.2, "alpha": 0.45, "rasterized": True}
        for style, (case, curve) in zip(("-", "--"), rows.groupby("case"), strict=False):
            label = case if loss == shown and case else None
            axes.plot(curve["x"], curve["value"], color=colors[loss], linestyle=style, label=label, **emphasis)
            if loss == shown and label:
                axes.legend()
    head(axes, shown)
    return axes


def regions(axes: Axes, decided: Regions, features: pd.DataFrame, labels: np.ndarray, title: str) -> Axes:
    """What the trained networks decide over the plane: the class most seeds give, paler where fewer agree.

    Args:
        axes: where to draw.
        decided: the decisions of every seed over a grid.
        features: (n_rows, 2) test rows.
        labels: (n_rows,) their classes.
        title: name of the loss.
    """
    n_classes = max(int(labels.max()), int(decided.decisions.max())) + 1
    votes = np.stack([(decided.decisions == label).mean(axis=0) for label in range(n_classes)])
    color = np.array([mpl.colors.to_rgba(_CLASSES[label % len(_CLASSES)]) for label in range(n_classes)])[
        votes.argmax(axis=0)
    ]
    color[..., 3] = 0.1 + 0.5 * votes.max(axis=0)
    axes.imshow(
        color,
        origin="lower",
        extent=(decided.x[0], decided.x[-1], decided.y[0], decided.y[-1]),
        aspect="auto",
        interpolation="nearest",
    )
    axes.scatter(
        *features.to_numpy().T,
        c=[_CLASSES[label % len(_CLASSES)] for label in labels],
        s=5,
        edgecolors="black",
        linewidths=0.2,
        rasterized=True,
    )
    axes.set(xlabel=plain(features.columns[0]))
    head(axes, title)
    axes.grid(visible=False)
    return axes


def predicted(axes: Axes, actual: np.ndarray, values: np.ndarray, title: str, color: str) -> Axes:
    """Predicted against actual test targets: every seed faintly, and the line where both are equal.

    Args:
        axes: where to draw.
        actual: (n_points,) target units.
        values: (n_points,) target units.
        title: name of the loss.
        color: of the points.
    """
    if len(actual) > POINTS:
        shown = np.random.default_rng(0).choice(len(actual), POINTS, replace=False)
        actual, values = actual[shown], values[shown]
    axes.scatter(
        actual,
        values,
        s=3,
        color=color,
        alpha=min(max(0.08, DENSE / max(len(actual), 1)), 0.6),
        linewidths=0,
        rasterized=True,
    )
    if len(actual):
        ends = [actual.min(), actual.max()]
        axes.plot(ends, ends, color="black", linewidth=1, linestyle="--")
        if np.abs(ends).max() >= 10_000:
            axes.locator_params(axis="x", nbins=4)  # long labels
    axes.set(xlabel="actual (target units)")
    head(axes, title)
    return axes
