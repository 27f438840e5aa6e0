"""Make the plan by which a comparison keeps its budget, and print it: ``make budget``.

python -m stages.commands.budget [COMPARISON]   of one, or of every comparison that has a budget
"""

import sys

from rich.console import Console

from stages.basics import cli, paths, suggest
from stages.basics.cli import UserError
from stages.budgets import making
from stages.budgets.making import Made
from stages.params.budget import path_of
from stages.params.load import check_data, load_params
from stages.params.schema import Params
from stages.params.seeds import most
from stages.records import datasets
from stages.wording.budgets import duration, planned


def comparisons_of(params: Params, name: str) -> list[str]:
    """The comparisons whose plan is to be made.

    Args:
        params: the parameters.
        name: of one; empty for all that have a budget.

    Raises:
        UserError: there is no such comparison, or it has no budget.
    """
    if name and name not in params.comparisons:
        raise UserError(suggest.not_one_of(name, list(params.comparisons), "a comparison", "There are"))
    found = [each for each in ([name] if name else params.comparisons) if params.has_budget(each)]
    if not found and name:
        raise UserError(
            f"{name} has no budget; write one, as in budget: 10m under comparisons.{name} in {paths.PARAMS}"
        )
    if not found:
        raise UserError(f"no comparison has a budget; write one, as in budget: 10m under it in {paths.PARAMS}")
    return found


def plan_in_words(params: Params, comparison: str, made: Made) -> str:
    """What a plan comes to, in a line."""
    within = params.within({comparison: made.plan}).within_budget(comparison)
    if within is None:
        return f"all of it takes {duration(made.plan.minutes.full)}, within {made.plan.budget}"
    n_seeds, key = most(made.plan.sizes.seeds), params.budget_key(comparison)
    return f"{planned(within, made.asked.rows, n_seeds)} ({key}: none for all)"


def main() -> None:
    """Make the plans that the command line names."""
    params, name = load_params(), [*sys.argv[1:], ""][0]
    for comparison in comparisons_of(params, name):
        dataset, budget = params.dataset_of(comparison), params.setup(comparison).budget
        rows, description = datasets.read_raw(dataset)
        check_data(params, {dataset: description})
        made = making.make(params, comparison, rows, description, budget=budget)
        making.write(comparison, made)
        Console().print(making.text(comparison, made), end="", markup=False, highlight=False, soft_wrap=True)
        cli.say(f"budget: {comparison}: {plan_in_words(params, comparison, made)}")
        cli.say(f"budget: {path_of(comparison)} holds it; keep it in git")


if __name__ == "__main__":
    cli.run(main)
