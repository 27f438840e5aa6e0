"""Numbers and names as people read them, in sentences and in the cells of tables."""

import math

from stages.basics.markup import Markdown, code
from stages.basics.words import number
from stages.records.runs import Run
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary

NAMED = 6  # in a sentence; of more the first few


def plus_minus(summary: Summary) -> str:
    """A mean with its 95 % interval."""
    if not summary.n:
        return "–"
    if math.isnan(summary.half_width):
        return number(summary.mean)
    return f"{number(summary.mean)} ± {number(float(f'{summary.half_width:.2g}'))}"


def signed(value: float) -> str:
    """A difference in two significant digits."""
    return f"{value:+.2g}".replace("-", "−") if value else "0"


def interval(ends: tuple[float, float]) -> str:
    """An interval of differences; a dash where there is none."""
    return "–" if math.isnan(ends[0]) else " to ".join(map(signed, ends))


def difference(pair: Pair) -> str:
    """The mean difference in a pair and its 95 % interval; positive is in favour of the first."""
    if pair.n_failed == pair.n_seeds:
        return "no seed finished both"
    if math.isnan(pair.low):
        return signed(pair.difference)
    return f"{signed(pair.difference)} ({interval((pair.low, pair.high))})"


def p_cell(p: float) -> str:
    """A p-value where its column is headed by p."""
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def p_value(p: float) -> str:
    """A p-value in a sentence."""
    shown = p_cell(p)
    return f"p {shown}" if shown.startswith("<") else f"p = {shown}"


def whole_percent(share: float) -> str:
    """A share in whole percents, without the sign."""
    return f"{100 * share:.0f}"


def rate(value: float) -> str:
    """A learning rate, as a user would write it."""
    return f"{value:.6g}"


def rate_of(run: Run) -> str:
    """The learning rate of a run; of one that falls, where it ends."""
    return f"{rate(run.learning_rate)}{' → 0' if run.schedule == 'cosine' else ''}"


def listed(names: list[str]) -> Markdown:
    """Names in a sentence, of many the first few."""
    return Markdown(enumerated(list(map(code, names))))


def enumerated(parts: list[str], others: str = "others", *, last: str = " and ") -> str:
    """Parts of a sentence in a row, of many the first few and how many `others` there are.

    Args:
        parts: at least one.
        others: what those are called that are only counted.
        last: what stands before the last part, where all are named.
    """
    *most, end = parts if len(parts) <= NAMED + 1 else [*parts[:NAMED], f"{len(parts) - NAMED:,} {others}"]
    return f"{', '.join(most)}{last if len(parts) <= NAMED + 1 else ' and '}{end}" if most else end
