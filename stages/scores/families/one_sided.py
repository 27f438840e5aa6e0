"""Scores by which an error on one side is worse: by squares (of an expectile), and exponentially (LINEX)."""

from functools import partial

from stages.losses.estimand import expectile as estimand
from stages.losses.formulas import leaning, linear_exponential
from stages.scores import constants
from stages.scores.score import Score
from stages.scores.statistic import OfMeans, Rows

EXPECTILE, LINEX = "expectile_", "linex_"


def expectile(share: float, name: str) -> Score:
    """The squared error of which what is too low counts a share, and what is too high the rest to 1."""
    return Score(
        name,
        f"squared error of the {100 * share:g} % expectile",
        OfMeans(partial(of_expectile, share=share)),
        rewards=estimand(share),
        constant=constants.estimate_of(estimand(share)),
        tasks=("regression",),
        unit="squared target units",
        is_followed=True,
        is_measured="asked",
    )


def linex(slope: float, name: str) -> Score:
    """The error that costs exponentially on one side and in a line on the other."""
    return Score(
        name,
        f"LINEX error of slope {slope:g}",
        OfMeans(partial(of_linex, slope=slope)),
        rewards=None,
        constant=constants.none,
        tasks=("regression",),
        unit="of the scaled target",
        is_followed=True,
        is_measured="asked",
    )


def of_expectile(rows: Rows, *, share: float) -> object:
    """In squared target units."""
    return leaning(rows.errors, share, rows.xp)


def of_linex(rows: Rows, *, slope: float) -> object:
    """In the units of the dataset's scale."""
    return linear_exponential(rows.scaled_errors, slope, rows.xp)
