"""Make the plan by which a comparison keeps its budget: probe, choose, and write it for people to read and edit."""

from dataclasses import dataclass

import pandas as pd

from stages.basics import files, paths
from stages.basics.cli import UserError
from stages.budgets import choosing
from stages.budgets.asking import asked_of, units_to_probe
from stages.budgets.probe import POINTS, probe
from stages.budgets.work import Asked, Speed, seconds_of, seconds_of_all
from stages.executors import choice
from stages.params.budget import FULL, Budgeted, Minutes, Sizes, path_of, seconds
from stages.params.schema import Params
from stages.records.datasets import Description
from stages.training.unit import Unit
from stages.wording.budgets import duration

KEPT_FREE = 0.15  # of a budget, for what an estimate misses


class TooShortError(UserError):
    """A budget in which not even the least can be trained."""


@dataclass(frozen=True)
class Made:
    """A plan, and what was asked for.

    Attributes:
        plan: as it stands in its file.
        asked: what the comparison asks for.
    """

    plan: Budgeted
    asked: Asked


def make(params: Params, comparison: str, rows: pd.DataFrame, description: Description, *, budget: str) -> Made:
    """Make the plan of a comparison for a budget; nothing is written.

    Args:
        params: the parameters.
        comparison: its name.
        rows: as ``data/raw`` holds them.
        description: what its dataset is.
        budget: as the parameters have it.

    Raises:
        TooShortError: not even the least plan keeps the budget.
    """
    units = units_to_probe(params, comparison, rows, description)
    return _planned(params, comparison, asked_of(params, comparison, rows, description, units), units, budget)


def make_where_longer(
    params: Params, comparison: str, rows: pd.DataFrame, description: Description, *, budget: str
) -> Made | None:
    """Make a plan where all that a comparison asks for would take longer than a budget; None where it would not.

    Where that is beyond doubt, nothing is probed. See `make` for the arguments.

    Raises:
        TooShortError: not even the least plan keeps the budget.
    """
    units = units_to_probe(params, comparison, rows, description)
    asked = asked_of(params, comparison, rows, description, units)
    if seconds_of_all(asked, dict.fromkeys(asked.candidates, _slow(units[0])), 1) <= seconds(budget):
        return None
    made = _planned(params, comparison, asked, units, budget)
    return made if made.plan.sizes else None


def _slow(unit: Unit) -> Speed:
    """How fast a loss trains at least, on a slow machine, if the network is not the user's own."""
    if isinstance(unit.table.n_inputs, tuple):
        from stages.training.networks import sizes_of

        products = sizes_of(unit.network()).products
    else:
        products = (unit.table.n_inputs + 1) * sum(unit.settings.hidden)
    return Speed(step=0.005, row=2e-9 * max(products, 500), program=1.0, start=5.0)


def _planned(params: Params, comparison: str, asked: Asked, units: list[Unit], budget: str) -> Made:
    speeds, n_workers = _probed(units)

    def takes(sizes: Sizes) -> float:
        return seconds_of(sizes, asked, speeds, n_workers)

    full, most = seconds_of_all(asked, speeds, n_workers), seconds(budget)
    if full <= most:
        return Made(_plan(budget, full, full, FULL), asked)
    sizes = choosing.choose(asked, most * (1 - KEPT_FREE), takes)
    if sizes is None:
        enough = duration(takes(choosing.least(asked)) / (1 - KEPT_FREE) / 60 + 1)
        raise TooShortError(
            f"{paths.PARAMS}: {params.budget_key(comparison)}: {budget} is less than {comparison} takes at least; "
            f"allowed: none, or {enough} and more"
        )
    return Made(_plan(budget, full, takes(sizes), sizes), asked)


def _probed(units: list[Unit]) -> tuple[dict[str, Speed], int]:
    """How fast the losses of units train where they will be trained, and how many chunks at a time are there."""
    with choice.from_environment(units, lambda unit: [unit] * len(POINTS)) as executor:
        return probe(units, executor), executor.n_workers


def _plan(budget: str, full: float, planned: float, plan: Sizes | str) -> Budgeted:
    minutes = Minutes(full=_rounded(full / 60), planned=_rounded(planned / 60))
    return Budgeted(budget=budget, minutes=minutes, plan=plan)


def _rounded(minutes: float) -> float:
    return max(0.1, round(minutes, 1)) if minutes < 10 else float(round(minutes))


def text(comparison: str, made: Made) -> str:
    """What stands in a plan's file: YAML with what its keys mean."""
    plan, sizes = made.plan, made.plan.sizes
    lines = [
        f"# What {comparison} trains within its budget. You may edit it; `make` then trains again what is new.",
        f"# Made anew by: make budget COMPARISON={comparison}",
        f"budget: {plan.budget}",
        f"minutes: {{full: {plan.minutes.full:g}, planned: {plan.minutes.planned:g}}}   # as estimated here",
    ]
    if sizes is None:
        return "\n".join([*lines, f"plan: {FULL}   # all that params.yaml asks for", ""])
    number = sizes.seeds if isinstance(sizes.seeds, int) else f"{{at_most: {sizes.seeds.at_most}}}"
    keys = {
        f"rows: {sizes.rows}": f"of {made.asked.rows:,} that train each seed, a fifth of them to choose by",
        f"test_rows: {sizes.test_rows}": f"of {made.asked.test_rows:,} that each seed tests on",
        f"batch_size: {sizes.batch_size}": "rows per step",
        f"horizons: {sizes.horizons}": "steps; the longest is the most that a network trains",
        f"rungs: {{rows: {sizes.rungs.rows}, seeds: {sizes.rungs.seeds}}}": "on which learning rates are halved",
        f"seeds: {number}": "in looks of ten",
    }
    width = max(map(len, keys))
    return "\n".join([*lines, "plan:", *(f"  {key:{width}}   # {words}" for key, words in keys.items()), ""])


def write(comparison: str, made: Made) -> None:
    """Write the file of a plan."""
    with files.replacing(path_of(comparison)) as temporary:
        temporary.write_text(text(comparison, made), encoding="utf-8")
