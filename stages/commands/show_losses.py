"""Print the loss catalogue, or what it comes to on a dataset.

make losses             every loss: its parameters, targets, output and traps
make losses ON=houses   which of them can learn from a dataset of params.yaml, and why
"""

import sys

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stages.basics import cli, paths, suggest
from stages.basics.cli import UserError
from stages.basics.words import printable
from stages.features import planning
from stages.losses import catalogue, validity
from stages.losses.catalogue import LOSSES
from stages.losses.loss import ACTIVATIONS, TASK_OF, Loss
from stages.params import seeds
from stages.params.load import check_data, load_params
from stages.records import datasets, plans
from stages.wording.losses import BEWARE, decision_rule
from stages.wording.validity import reasons

WIDE = 120  # letters in a line, from which each thing to know of a loss has a column of its own


def catalogue_table(width: int) -> Table:
    """The whole catalogue, by task, on so many letters a line."""
    is_wide = width >= WIDE
    table = _table("loss", *(("targets", "output", "decides by", "beware") if is_wide else ("targets, output, trap",)))
    for task in dict.fromkeys(TASK_OF.values()):
        table.add_section()
        table.add_row(f"[bold]{task}")
        for loss in map(LOSSES.get, catalogue.names_for(task)):
            names = [loss.name, *(f"  = {alias}" for alias in loss.aliases), *_parameters(loss)]
            made_for = f", {loss.target_range}" if loss.target_range != "any" else ""
            usual, *others = loss.activations
            more = f" or {', '.join(others)}" if len(others) < 3 and others else " …" * bool(others)
            facts = loss.targets + made_for, usual + more, decision_rule(loss), BEWARE.get(loss.name, "")
            cells = facts if is_wide else ("targets {}; output {}; decides by {}\n{}".format(*facts).strip(),)
            table.add_row("\n".join(names), *cells)
    also = ", ".join(ACTIVATIONS["value"][1:])
    table.caption = f"linear …: also {also}, as in {{loss: msle, activation: softplus}}"
    return table


def dataset_table(name: str) -> Table:
    """What every loss for a dataset's task comes to on its train rows, those that are compared first.

    Args:
        name: of a comparison, or of a dataset, whose own split is taken.

    Raises:
        UserError: there is neither, or its rows are not in ``data/raw`` yet.
    """
    params = load_params()
    if name not in params.datasets and name not in params.comparisons:
        names = dict.fromkeys([*params.datasets, *params.comparisons])
        raise UserError(suggest.not_one_of(name, names, "a dataset or a comparison", "There are"))
    if name in params.comparisons:
        setup = params.setup(name)
        dataset, split, key = setup.dataset, setup.split, params.split_key(name)
        compared, n_seeds, batch_size = setup.losses, setup.seeds, setup.batch_size
    else:
        dataset, split, key = name, params.datasets[name].split, f"datasets.{name}.split"
        compared, n_seeds, batch_size = [], params.train.seeds, params.train.batch_size
    rows, description = datasets.read_raw(dataset)
    check_data(params, {dataset: description})
    plan = planning.plan_targets(
        rows,
        description,
        split=split,
        scale=params.datasets[dataset].scale,
        n_seeds=seeds.most(n_seeds),
        key=f"{paths.PARAMS}: {key}",
    )
    labels = datasets.labels_of(rows, description)
    named = {loss.name for loss in compared}
    losses = [*compared, *(LOSSES[other] for other in catalogue.names_for(description.task) if other not in named)]
    judged = validity.judge_all(losses, plans.seen_by_losses(plan, description, labels, batch_size))
    table = _table(f"{description.task} loss", "compared", f"on {name}", "why")
    for loss in losses:
        level, why = judged[loss.name].level, printable("; ".join(reasons(judged[loss.name])))
        table.add_row(
            "\n".join([loss.name, *_parameters(loss)]), "yes" if loss.name in named else "", level, escape(why)
        )
    return table


def _parameters(loss: Loss) -> list[str]:
    return [f"  {key}: {escape(catalogue.shown(value))}" for key, value in loss.parameters.items()]


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    for column in columns:
        table.add_column(column, no_wrap=column.endswith("loss"), overflow="fold")
    return table


def main() -> None:
    """Print what the command line asks for."""
    match sys.argv[1:]:
        case []:
            console = Console()
            console.print(catalogue_table(console.width))
        case [name]:
            Console().print(dataset_table(name))
        case _:
            raise UserError("usage: make losses, or make losses ON=houses")


if __name__ == "__main__":
    cli.run(main)
