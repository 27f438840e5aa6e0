"""The units that the parameters ask for, and whether each can be trained."""

from collections.abc import Callable, Iterator

import numpy as np

from stages.basics import cli
from stages.basics.cli import UserError
from stages.basics.words import counted
from stages.execution.tuning import passes, selection
from stages.losses import validity, weights
from stages.losses.loss import Loss
from stages.params import seeds
from stages.params.contradictions import unsuited_network
from stages.params.explain import in_words as mistake_in_words
from stages.params.load import check_data, refuse
from stages.params.schema import Params, Setup
from stages.records import datasets, networks, plans
from stages.records.plans import Part, Plan
from stages.records.settings import DatasetSettings, OptimizerSettings, Settings
from stages.scores import catalogue, choosing, seed_rows
from stages.training.unit import Table, Unit, read_columns, read_table
from stages.wording.budgets import planned
from stages.wording.validity import in_words


def units(params: Params, say: Callable[[str], None] = cli.say) -> list[Unit]:
    """List the units that the parameters ask for, with their rows from ``data/scaled``.

    Args:
        params: the parameters.
        say: is told what a user ought to know of them, line by line.

    Raises:
        UserError: a loss cannot learn from its dataset.
    """
    descriptions = {name: datasets.read_encoded(name).description for name in map(params.dataset_of, params.selected())}
    check_data(params, descriptions)
    tables = {name: read_table(name, description) for name, description in descriptions.items()}
    selected, cannot = [], []
    for name, losses in params.selected().items():
        setup, plan = params.setup(name), plans.read_plan(name)
        table, description = tables[setup.dataset], descriptions[setup.dataset]
        seen = plans.seen_by_losses(plan, description, table.labels, setup.batch_size)
        judged = validity.judge_all(losses, seen)
        if within := params.within_budget(name):
            say(f"train: {name}: {planned(within, len(table.labels), seeds.most(setup.seeds))}")
        for kept, others in params.other_names(name).items():
            say(f"train: {name}: {kept} is trained for {' and '.join(others)} too: names of one objective")
        cannot += [mistake_in_words(mistake) for mistake in unsuited_network(params, name, table.shapes)]
        cannot += _no_rows_to_choose_by(name, setup, plan)
        cannot += _undefined_headline(params, name, table, [loss for loss in losses if loss not in setup.losses])
        cannot += _cannot_learn(name, setup, losses, judged)
        for loss, judgement in judged.items():
            if judgement.level == "works, but":
                say(f"train: {name}: {loss} {in_words(judgement)}")
        for loss in losses:
            settings = settings_of(params, name, loss, table, description.classes)
            columns = read_columns(setup.dataset, description, loss)
            if len(settings.seeds) > plan.n_seeds:
                wanted = f"{plan.n_seeds} seeds are planned of {name}, and {len(settings.seeds)} asked for"
                raise UserError(f"{wanted}; plan them with: dvc repro scale")
            selected.append(Unit(settings, table, plan.first(len(settings.seeds)), columns))
    refuse(cannot)
    return selected


def _no_rows_to_choose_by(name: str, setup: Setup, plan: Plan) -> Iterator[str]:
    """Yield a line where so few rows train that none can be set aside for a choice that needs some."""
    if all((plan.parts == part).any(axis=1).all() for part in (Part.TRAIN, Part.VALIDATION)):
        return
    so_few = f"comparisons.{name}: so few rows train that none can be set aside to choose"
    if setup.optimizer.is_tuned():
        yield (f"{so_few} the learning rate by; give one rate, as with optimizer: {{name: SGD, learning_rate: 0.01}}")
    for index, loss in enumerate(setup.losses):
        for option in loss.options:
            yield f"{so_few} by; give one value in place of a list: losses[{index}].{option}"


def _cannot_learn(name: str, setup: Setup, losses: list[Loss], judged: dict[str, validity.Validity]) -> Iterator[str]:
    """Yield a line for each loss that cannot learn from the dataset, those of the comparison's list first."""
    for index, loss in enumerate(setup.losses):
        if loss.name in judged and judged[loss.name].level == "cannot":
            yield f"comparisons.{name}.losses[{index}]: '{loss.name}' {in_words(judged[loss.name])}"
    for loss in losses:
        if loss not in setup.losses and judged[loss.name].level == "cannot":
            yield f"loss: '{loss.name}' on {name} {in_words(judged[loss.name])}"


def _undefined_headline(params: Params, comparison: str, table: Table, unlisted: list[Loss]) -> list[str]:
    """List lines on a deciding score that is not defined for the target, or for a loss that no comparison lists."""
    headline = params.report.headline.get(comparison)
    if headline and catalogue.is_own(headline):
        seed_rows.own_costs(headline, table.labels, table.labels)  # raises where it cannot be had
    score = catalogue.find(headline, None) if headline else None
    if score is None:
        return []
    key, lines = f"report.headline.{comparison}: '{headline}' needs", []
    if score.never_negative and table.labels.min() < 0:
        lines.append(f"{key} targets that are never negative; the lowest is {table.labels.min():.6g}")
    elif score.above_zero and (n_zeros := int((table.labels == 0).sum())):
        zeros = f"{counted(n_zeros, 'target')} {'is' if n_zeros == 1 else 'are'} 0"
        lines.append(f"{key} targets above 0, and {zeros}")
    without = [loss.name for loss in unlisted if score.needs_probability and not loss.outputs_probability]
    return lines + [f"{key} outputs that are probabilities, and those of '{name}' are not" for name in without]


def settings_of(params: Params, comparison: str, loss: Loss, table: Table, classes: list[str]) -> Settings:
    """Make the settings with which one loss of a comparison is trained."""
    written, setup, within = params.comparisons[comparison], params.setup(comparison), params.within_budget(comparison)
    optimizer = _optimizer(setup, loss)
    looks = seeds.looks(setup.seeds, len(params.selected()[comparison]))
    headline = headline_of(params, comparison, table)
    return Settings(
        loss=loss,
        comparison=comparison,
        dataset=setup.dataset,
        model=written.model,
        network=(network := networks.settled(written.network, table.shapes)),
        hidden=written.hidden if network is None or table.inputs or "hidden" in written.model_fields_set else (),
        hidden_activation=written.activation,
        dropout=written.dropout,
        batch_norm=written.batch_norm,
        epochs=passes(within.horizons[-1], within.rows, setup.batch_size) if within else written.epochs,
        batch_size=setup.batch_size,
        optimizer=optimizer,
        selected_by=_selected_by(headline, loss, optimizer, by_cost=written.cost is not None),
        data=DatasetSettings(**setup.data.model_copy(update={"split": setup.split}).model_dump(mode="json")),
        seeds=range(looks[-1]),
        looks=looks if len(looks) > 1 else (),
        class_weights=weights.of_classes(loss.class_weight, table.labels, classes),
        also_scored=choosing.asked_for(
            headline, loss, is_ordered=setup.data.order is not None, period=setup.data.period
        ),
        second_run=params.asks_for_second_run(comparison)
        and optimizer.is_tuned
        and not within
        and len(params.selected()[comparison]) > 1,
        within=within,
    )


def _selected_by(headline: str, loss: Loss, optimizer: OptimizerSettings, *, by_cost: bool) -> str | None:
    """What a loss is tuned by; None where nothing is chosen. Costs score decisions, as accuracy does."""
    if not optimizer.is_tuned and not loss.options:
        return None
    by_rule = not optimizer.is_tuned and not by_cost
    return selection("accuracy" if by_cost else headline, loss, by_rule=by_rule)


def headline_of(params: Params, comparison: str, table: Table) -> str:
    """The name of the score that decides between the losses of a comparison; where costs do, log loss, to tune by."""
    if params.comparisons[comparison].cost:
        return "log_loss"
    losses = params.selected()[comparison]
    class_sizes = np.bincount(table.labels.ravel()).tolist() if table.n_classes else ()
    return params.report.headline.get(comparison) or choosing.default_headline(
        losses[0].task,
        table.n_targets,
        class_sizes,
        losses,
        is_ordered=params.setup(comparison).data.order is not None,
        has_positions=choosing.shape_of(table.labels, table.n_classes)[1],
        period=params.setup(comparison).data.period,
    )


def _optimizer(setup: Setup, loss: Loss) -> OptimizerSettings:
    """The optimizer; a loss that a constant factor makes steeper has its gradients cut at as much more."""
    settings = setup.optimizer.settings()
    if loss.steepness and "global_clipnorm" in settings:
        settings["global_clipnorm"] *= loss.steepness
    return OptimizerSettings(**settings)
