"""Error against learning rate: both schedules and all horizons of one loss in one chart.

A line is a schedule and a horizon: a rate that falls is drawn through, a constant one dashed; the longer the horizon,
the darker the line, and each horizon has a mark of its own.
"""

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from stages.records.settings import Schedule
from stages.reporting.drawing.plots import MARKERS
from stages.verdicts.tuned import Tried

LONG_LABEL = 30  # letters beside an axis; more are broken into lines
ENTRY = 1.4  # inches of a legend
NAMED_RATES = 8  # more would lie over each other
_LINES: dict[Schedule, str] = {"cosine": "-", "constant": "--"}
_CALLED: dict[Schedule, str] = {"cosine": "falls to 0", "constant": "constant"}
_PALEST = 0.3  # the shortest horizon

Lines = dict[tuple[Schedule, int], list[Tried]]  # by schedule and horizon, what each rate came to


def tuned(axes: Axes, lines: Lines, chosen: tuple[Schedule, int, float], color: str, label: str, *, log: bool) -> Axes:
    """What one loss came to at each learning rate, with a ring around the trial chosen.

    A rate at which seeds failed has a cross at the upper edge.

    Args:
        axes: where to draw.
        lines: see `Lines`.
        chosen: schedule, horizon and rate of the trial chosen.
        color: of the loss.
        label: name of the score.
        log: whether its axis is logarithmic.
    """
    lengths = horizons(lines)
    for (schedule, horizon), points in lines.items():
        rates, values = (np.array([getattr(point, name) for point in points]) for name in ("rate", "value"))
        style = {"color": color, "alpha": _shade(horizon, lengths), "marker": _mark(horizon, lengths), "markersize": 4}
        axes.plot(rates, values, _LINES[schedule], linewidth=1.4, **style)
        if (schedule, horizon) == chosen[:2]:
            best = rates == chosen[2]
            axes.plot(rates[best], values[best], "o", markersize=13, markerfacecolor="none", color=color)
        failed = rates[~np.isfinite(values)]
        if len(failed):  # of no points, which nothing clips, the layout thinks that they are far away
            at_edge = {"transform": axes.get_xaxis_transform(), "clip_on": False}
            axes.plot(failed, np.ones(len(failed)), "x", color=color, **at_edge)
    rates = sorted({point.rate for points in lines.values() for point in points})
    axes.set_xscale("log")
    if log:
        axes.set_yscale("log")
    named = rates if len(rates) <= NAMED_RATES else rates[:: -(-len(rates) // NAMED_RATES)]
    axes.set_xticks(named, [f"{rate:.3g}" for rate in named])
    axes.tick_params(axis="x", rotation=45)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel="learning rate", ylabel=textwrap.fill(label, LONG_LABEL))
    return axes


def legend(axes: Axes, charts: list[Lines]) -> None:
    """What the lines and marks of all charts mean, below them: the schedules, and the horizons."""
    schedules = [drawn for drawn in _LINES if any(drawn == schedule for lines in charts for schedule, _ in lines)]
    lengths = sorted({horizon for lines in charts for _, horizon in lines})
    handles = [
        Line2D([], [], color="black", linestyle=_LINES[schedule], label=_CALLED[schedule]) for schedule in schedules
    ]
    handles += [
        Line2D([], [], color="black", alpha=_shade(length, lengths), marker=_mark(length, lengths), linestyle="",
               label=f"{length:,} epochs")
        for length in lengths
    ]  # fmt: skip
    n_columns = max(1, min(len(handles), int(axes.figure.get_figwidth() / ENTRY)))
    axes.figure.legend(handles=handles, loc="outside lower center", ncols=n_columns, fontsize="small")


def horizons(lines: Lines) -> list[int]:
    """The horizons, ascending."""
    return sorted({horizon for _, horizon in lines})


def _shade(horizon: int, lengths: list[int]) -> float:
    return 1.0 if len(lengths) == 1 else _PALEST + (1 - _PALEST) * lengths.index(horizon) / (len(lengths) - 1)


def _mark(horizon: int, lengths: list[int]) -> str:
    return MARKERS[lengths.index(horizon) % len(MARKERS)]
