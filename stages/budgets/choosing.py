"""The sizes that keep a budget: rows, horizons in steps, batch size and seeds, on a coarse grid.

Two shares of what is asked for are traded: of the rows, and of the passes over them. From the least there is, the one
that lags behind is raised by a step of the grid, as long as the plan keeps the budget; then the seeds.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from stages.budgets.work import Asked
from stages.execution.tuning import SHARES
from stages.params.budget import Rungs, Sizes
from stages.params.seeds import AtMost
from stages.records.settings import LOOK

RUNG_ROWS, RUNG_SEEDS = 20_000, 5  # at most, while rates are halved
TEST_ROWS = 100_000  # at most
LEAST_ROWS, LEAST_STEPS = 1_000, 90
LEAST_PASSES = 2  # over the rows of a plan
SMALL, LARGE = (5_000, 32), (100_000, 256)  # rows, and rows per step


@dataclass(frozen=True)
class _Place:
    """A place of the grid.

    Attributes:
        rows: that train each seed.
        steps: the longest horizon.
        looks: of ten seeds.
    """

    rows: int
    steps: int
    looks: int


def batch_size(rows: int) -> int:
    """Rows per step, by the rows that train: a power of two, 32 up to 5,000 rows, 256 from 100,000 on."""
    (low, small), (high, large) = SMALL, LARGE
    share = math.log(rows / low) / math.log(high / low)
    return 2 ** int(math.log2(small) + min(max(share, 0), 1) * math.log2(large / small))


def grid(least: int, most: int) -> list[int]:
    """Numbers with one digit, 1, 2 or 5, from the least to the most; and the most."""
    powers = range(int(math.log10(least)), int(math.log10(most)) + 1)
    every = [digit * 10**power for power in powers for digit in (1, 2, 5)]
    return [*(each for each in every if least <= each < most), most]


def choose(asked: Asked, budget: float, takes: Callable[[Sizes], float]) -> Sizes | None:
    """The sizes that keep a budget.

    Args:
        asked: what the comparison asks for.
        budget: seconds.
        takes: the seconds that a plan takes.

    Returns:
        None where not even the least keeps it: see `least`.
    """

    def sizes(place: _Place) -> Sizes:
        return _sizes(place, asked)

    def fits(place: _Place) -> bool:
        return takes(sizes(place)) <= budget

    place = _least(asked)
    if not fits(place):
        return None
    stuck: set[str] = set()
    while len(stuck) < 2:
        one_pass = -(-place.rows // _batch(place, asked))
        grids = {"rows": grid(LEAST_ROWS, asked.rows), "steps": _horizons(asked.epochs * one_pass)}
        shares = {name: getattr(place, name) / every[-1] for name, every in grids.items() if name not in stuck}
        lagging = min(shares, key=shares.get)
        higher = next((each for each in grids[lagging] if each > getattr(place, lagging)), None)
        raised = place if higher is None else replace(place, **{lagging: higher})
        if raised == place or not _is_seen(raised, asked) or not fits(raised):
            stuck.add(lagging)
        else:
            place, stuck = raised, set()
    while LOOK * place.looks < asked.seeds and fits(more := replace(place, looks=place.looks + 1)):
        place = more
    return sizes(place)


def least(asked: Asked) -> Sizes:
    """The smallest plan there is."""
    return _sizes(_least(asked), asked)


def _least(asked: Asked) -> _Place:
    return _Place(min(LEAST_ROWS, asked.rows), LEAST_STEPS, 1)


def _batch(place: _Place, asked: Asked) -> int:
    return asked.batch_size if asked.is_batch_chosen else batch_size(place.rows)


def _horizons(most: int) -> list[int]:
    """Numbers of steps of which a ninth is on the grid, up to so many."""
    return [SHARES[0] * each for each in grid(LEAST_STEPS // SHARES[0], max(most, LEAST_STEPS) // SHARES[0])]


def _is_seen(place: _Place, asked: Asked) -> bool:
    """Whether so many steps go over the rows often enough."""
    return place.steps * _batch(place, asked) >= LEAST_PASSES * place.rows


def _sizes(place: _Place, asked: Asked) -> Sizes:
    n_seeds = min(LOOK * place.looks, asked.seeds)
    return Sizes(
        rows=place.rows,
        test_rows=min(asked.test_rows, TEST_ROWS),
        batch_size=_batch(place, asked),
        horizons=sorted({max(1, place.steps // share) for share in SHARES}) if asked.is_tuned else [place.steps],
        rungs=Rungs(rows=min(RUNG_ROWS, place.rows), seeds=min(RUNG_SEEDS, n_seeds)),
        seeds=n_seeds if n_seeds % LOOK else AtMost(at_most=n_seeds),
    )
