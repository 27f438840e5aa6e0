"""The figure of mean ranks: which losses are told apart over many tables (Demšar 2006)."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from stages.reporting.drawing.plots import plain

_LINE = 0.5  # inches, of each loss
_BAR = 0.18  # of a line, between the bars that join losses


@dataclass(frozen=True)
class Ranks:
    """Mean ranks of losses over tables.

    Attributes:
        title: which tables these are.
        ranks: by loss, 1 being always the best.
        apart: how far two must be apart to be told apart at 5 %.
        colors: by loss.
    """

    title: str
    ranks: dict[str, float]
    apart: float
    colors: dict[str, str]


def height(charts: list[Ranks]) -> float:
    """In inches."""
    return sum(1.2 + _LINE * 0.6 * len(one.ranks) for one in charts)


def joined(ranks: dict[str, float], apart: float) -> list[tuple[float, float]]:
    """The longest stretches of two losses or more that are not told apart: where each begins and ends."""
    values = sorted(ranks.values())
    stretches = []
    for place, start in enumerate(values):
        end = max(value for value in values if value - start < apart)
        is_new = not stretches or end > stretches[-1][1]
        if is_new and sum(start <= value <= end for value in values[place:]) > 1:
            stretches.append((start, end))
    return stretches


def draw(axes: Axes, data: Ranks) -> Axes:
    """Each loss at its mean rank, a line below the other; grey bars join those that are not told apart."""
    best_first = sorted(data.ranks, key=data.ranks.__getitem__)
    for line, loss in enumerate(best_first):
        rank = data.ranks[loss]
        axes.plot([rank, rank], [-0.6, line], color="#BBBBBB", linewidth=0.8, zorder=1)
        axes.plot([rank], [line], "o", color=data.colors[loss], zorder=3)
        axes.annotate(
            f"{plain(loss)}  {rank:.2f}", (rank, line), xytext=(8, 0), textcoords="offset points", va="center"
        )
    for number, (start, end) in enumerate(joined(data.ranks, data.apart)):
        at = -0.75 - _BAR * 1.6 * number
        axes.plot([start - 0.03, end + 0.03], [at, at], color="#777777", linewidth=4, solid_capstyle="butt", zorder=2)
    n_bars = max(len(joined(data.ranks, data.apart)), 1)
    n_losses = len(best_first)
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MultipleLocator(1))
    axes.set(xlim=(0.8, n_losses + 1.2), ylim=(n_losses - 0.4, -0.9 - _BAR * 1.6 * n_bars), title=data.title)
    axes.set(xlabel=f"mean rank (1: the best on every table); told apart from {data.apart:.2f}")
    axes.spines["left"].set_visible(False)
    return axes
