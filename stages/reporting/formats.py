"""Numbers and names as people read them, in sentences and in the cells of tables."""

import math

from stages.basics.markup import Markdown, code
from stages.basics.words import number
from stages.records.runs import Run
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary

_SMALL = -6  # numbers that need finer decimal places are written by powers of ten
NAMED = 6  # in a sentence; of more the first few


def plus_minus(summary: Summary) -> str:
    """A mean with its 95 % interval."""
    if not summary.n:
        return "–"
    if math.isnan(summary.half_width):
        return number(summary.mean)
    place = place_of(summary.half_width, summary.mean)
    power = power_of(place, summary.mean, summary.half_width)
    return f"{at_place(summary.mean, place, power)} ± {at_place(summary.half_width, place, power)}"


def place_of(half_width: float, value: float = math.nan) -> int:
    """The last decimal place that an interval lets a number have: that of the second digit of its half width.

    Where there is no interval, three digits of the value.
    """
    if math.isfinite(half_width) and half_width > 0:
        return math.floor(math.log10(half_width) + 1e-9) - 1
    return math.floor(math.log10(abs(value))) - 2 if math.isfinite(value) and value else 0


def at_place(value: float, place: int, power: int | None = None) -> str:
    """A number rounded to a decimal place, 1 being the tens, its thousands grouped; a dash where there is none.

    Args:
        value: the number.
        place: the decimal place.
        power: of ten, where the number is so small that it is written by one; None for its own.
    """
    if not math.isfinite(value):
        return "–"
    if (rounded := round(value, -place)) < 0:
        return f"−{at_place(-value, place, power)}"
    own_power = power_of(place, value)
    if not rounded or own_power is None:
        return f"{rounded:,.{max(-place, 0)}f}" if rounded or place >= _SMALL else "0"
    power = own_power if power is None else power
    return f"{rounded * 10.0**-power:.{max(power - place, 0)}f}e{power}"


def power_of(place: int, *values: float) -> int | None:
    """The power of ten by which numbers beside each other are written; None where they need none."""
    largest = max((abs(round(value, -place)) for value in values if math.isfinite(value)), default=0.0)
    return math.floor(math.log10(largest)) if place < _SMALL and 0 < largest < 1e-3 else None


def power_beside(mean: float, place: int, *differences: float) -> int | None:
    """The power of ten by which differences are written: that of the score beside which they stand, or their own."""
    power = power_of(place, mean)
    return power_of(place, *differences) if power is None else power


def signed_at(value: float, place: int, power: int | None = None) -> str:
    """A difference rounded to a decimal place, with its sign: see `at_place`."""
    shown = at_place(abs(value), place, power)
    if not any(digit in shown for digit in "123456789"):
        return "0"
    return f"{'−' if value < 0 else '+'}{shown}"


def signed(value: float) -> str:
    """A difference in two significant digits."""
    return signed_at(value, place_of(math.nan, value) + 1) if value else "0"


def ends_at(low: float, high: float, place: int, power: int | None = None) -> str:
    """The ends of an interval at a decimal place; one that excludes 0 is shown to, by more places if need be."""
    place = place_of_ends(low, high, place)
    power = power_of(place, low, high) if power is None else power
    return f"{signed_at(low, place, power)} to {signed_at(high, place, power)}"


def place_of_ends(low: float, high: float, place: int) -> int:
    """The decimal place of the ends of an interval, given that of its middle: finer where it all but holds 0."""
    return min(place, math.floor(math.log10(min(abs(low), abs(high)) * 2))) if low * high > 0 else place


def interval(ends: tuple[float, float], power: int | None = None) -> str:
    """An interval of differences, to the second digit of its half width; a dash where there is none."""
    if math.isnan(ends[0]):
        return "–"
    return ends_at(*ends, place_of((ends[1] - ends[0]) / 2, max(map(abs, ends))), power)


def difference(pair: Pair) -> str:
    """The mean difference in a pair and its 95 % interval; positive is in favour of the first."""
    if pair.n_failed == pair.n_seeds:
        return "no seed finished both"
    if math.isnan(pair.low):
        return signed(pair.difference)
    place = place_of((pair.high - pair.low) / 2, pair.difference)
    power = power_of(place, pair.difference, pair.low, pair.high)
    return f"{signed_at(pair.difference, place, power)} ({interval((pair.low, pair.high), power)})"


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
