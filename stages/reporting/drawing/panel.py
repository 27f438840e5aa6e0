"""The picture of a comparison on the first screen: its losses, best first, in the score's own units."""

import math
import textwrap
from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from stages.reporting.drawing.plots import plain
from stages.reporting.formats import at_place

WIDTH = 5.2  # inches, so narrow that a telephone shows its letters as large as they are
_ROW = 0.3  # inches
FAR = 6  # losses beyond so many margins, or spreads of the others, are drawn at the edge with an arrow
# of verdicts on a loss against the recommended one: colours, marks, which tell them apart in grey, and words
_MARKS = {
    "best": ("#0072B2", "D", "use this"),
    "better": ("#0072B2", "^", "better"),
    "equivalent": ("#009E73", "s", "as good"),
    "same objective": ("#009E73", "s", "as good"),
    "worse": ("#D55E00", "X", "worse"),
}
_OPEN = ("#555555", "o", "may be as good")
_BAND, _FAINT = "#999999", 0.25  # the band of differences that do not matter
_LINE = {"color": "#555555", "linewidth": 1, "linestyle": ":"}  # at the recommended loss's score
_KEY, _KEY_COLUMNS = 0.19, 3  # inches of a line of the key
_CLOSE = {"handlelength": 1.2, "columnspacing": 1.0, "handletextpad": 0.5, "borderpad": 0.1}
_WIDEST = 40  # letters of a line below the axis
_SHORT = 26  # letters of a loss's name in a line; a longer name has two lines, or is cut


@dataclass(frozen=True)
class Row:
    """A loss: its score, the interval in which it lies if the recommended loss's score is right, and the verdict."""

    loss: str
    value: float
    written: str
    low: float
    high: float
    verdict: str


@dataclass(frozen=True)
class Panel:
    """What is drawn.

    Attributes:
        rows: the losses, from top to bottom.
        best: the recommended loss's score.
        margin: differences from it within ± this do not matter.
        label: of the score.
        higher_is_better: of it.
    """

    rows: list[Row]
    best: float
    margin: float
    label: str
    higher_is_better: bool


def height(panel: Panel) -> float:
    """Inches."""
    return 0.63 + 0.17 * len(_label(panel)) + _ROW * len(panel.rows) + _KEY * math.ceil(len(_key(panel)) / _KEY_COLUMNS)


def mark_of(verdict: str) -> tuple[str, str]:
    """The colour and the mark of a loss by the verdict on it."""
    return _MARKS.get(verdict, _OPEN)[:2]


def _key(panel: Panel) -> list[Artist]:
    """What the marks stand for that are drawn; and how bars, the band and the line decide the verdicts."""
    drawn = {_MARKS.get(row.verdict, _OPEN) for row in panel.rows}
    marks = [mark for mark in dict.fromkeys([*_MARKS.values(), _OPEN]) if mark in drawn]
    key: list[Artist] = [
        Line2D([], [], color=color, marker=marker, linestyle="", label=words) for color, marker, words in marks
    ]
    if not any(_has_interval(row) for row in panel.rows):
        return key
    key.append(Line2D([], [], color=_OPEN[0], linewidth=2, label="95 % interval"))
    if panel.margin:
        key.append(Patch(color=_BAND, alpha=_FAINT, linewidth=0, label="bar inside it: as good"))
    differs = "differs" if any(row.verdict == "better" for row in panel.rows) else "worse"
    key.append(Line2D([], [], **_LINE, label=f"bar misses it: {differs}"))
    return key


def _has_interval(row: Row) -> bool:
    return math.isfinite(row.low) and row.high > row.low


def draw(axes: Axes, panel: Panel) -> None:
    """Draw the losses with their intervals and the margin's band; what is far off is named at the edge."""
    low, high = _limits(panel)
    axes.axvspan(panel.best - panel.margin, panel.best + panel.margin, color=_BAND, alpha=_FAINT, linewidth=0)
    axes.axvline(panel.best, **_LINE)
    for position, row in enumerate(panel.rows):
        color, marker = mark_of(row.verdict)
        if low <= row.value <= high:
            if _has_interval(row):
                _bar(axes, row, position, color, (low, high))
            axes.plot(row.value, position, marker, color=color, markersize=7)
        else:
            beyond = high if row.value > high else low
            axes.plot(beyond, position, ">" if row.value > high else "<", color=color, markersize=8, clip_on=False)
        axes.annotate(
            row.written,
            (1.035, position),
            xycoords=("axes fraction", "data"),
            va="center",
            annotation_clip=False,
            fontweight="bold" if row.verdict == "best" else "normal",
        )
    names = [_in_lines(row.loss) for row in panel.rows]
    axes.set_yticks(range(len(panel.rows)), ["\n".join(map(plain, lines)) for lines in names])
    for label, row, lines in zip(axes.get_yticklabels(), panel.rows, names, strict=True):
        label.set(fontweight="bold" if row.verdict == "best" else "normal", linespacing=1.0)
        label.set_fontsize("medium" if len(lines) == 1 else "small")
    axes.set(xlim=(low, high), ylim=(len(panel.rows) - 0.4, -0.6))
    axes.set_xlabel("\n".join(_label(panel)))
    axes.figure.legend(handles=_key(panel), loc="outside lower left", ncols=_KEY_COLUMNS, fontsize=9, **_CLOSE)
    axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    written = next((row.written for row in panel.rows if row.verdict == "best"), "")
    power = int(written.partition("e")[2]) if "e" in written else None
    axes.xaxis.set_major_formatter(lambda value, _: _tick(value, axes, power))


def _bar(axes: Axes, row: Row, position: int, color: str, ends: tuple[float, float]) -> None:
    """Draw an interval; where it goes on beyond the axis it ends in an arrow."""
    low, high = ends
    axes.plot([max(row.low, low), min(row.high, high)], [position] * 2, color=color, linewidth=2)
    for is_beyond, end, marker in ((row.low < low, low, "<"), (row.high > high, high, ">")):
        if is_beyond:
            axes.plot(end, position, marker, color=color, markersize=6, clip_on=False)


def _in_lines(name: str) -> list[str]:
    """A loss's name in one line, or in two that are parted at an underscore; the start of one that fits neither."""
    if len(name) <= _SHORT:
        return [name]
    for place in range(min(len(name), _SHORT), 0, -1):
        if name[place - 1] == "_" and len(name) - place <= _SHORT:
            return [name[:place], name[place:]]
    return [f"{name[: _SHORT - 1]}…"]


def _label(panel: Panel) -> list[str]:
    """The label of the axis, in lines that are no wider than the axis where names are long."""
    better = f"{'more' if panel.higher_is_better else 'less'} is better"
    lines = textwrap.wrap(f"{panel.label}: {better}", _WIDEST)
    # rather between the two parts than within the second
    return [f"{panel.label}:", better] if len(lines) > 1 and len(panel.label) < _WIDEST else lines


def _limits(panel: Panel) -> tuple[float, float]:
    """The ends of the axis: around the band and all losses and intervals that are not far off."""
    distances = np.array([abs(row.value - panel.best) for row in panel.rows])
    near = FAR * max(panel.margin, float(np.median(distances)))
    shown = [row for row, distance in zip(panel.rows, distances, strict=True) if distance <= near or not near]
    ends = [panel.best - panel.margin, panel.best + panel.margin]
    for row in shown:
        ends.append(row.value)
        # a wide interval is cut where it would squash the others
        whole = [end for end in (row.low, row.high) if math.isfinite(end)]
        ends += np.clip(whole, panel.best - near, panel.best + near).tolist() if near else whole
    low, high = min(ends), max(ends)
    room = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - room, high + room


def _tick(value: float, axes: Axes, power: int | None) -> str:
    """A number on the axis, its thousands grouped; by a power of ten where the recommended loss's score has one."""
    low, high = axes.get_xlim()
    place = math.floor(math.log10((high - low) / 8))
    if power is None:
        return at_place(value, place)
    shown = f"{value * 10.0**-power:.{max(power - place, 0)}f}"
    return f"{shown}e{power}" if float(shown) else "0"
