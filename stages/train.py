"""Stage `train`: train every selected loss of every comparison, all seeds at once."""

import numpy as np

from stages.basics import cli, files, paths, words
from stages.basics.progress import bars
from stages.execution.executor import Executor
from stages.execution.scheduler import is_stored, training
from stages.execution.tuning import selection
from stages.executors import choice
from stages.losses import validity, weights
from stages.losses.loss import Loss
from stages.params import experiment
from stages.params.load import check_data, load_params, refuse, unused_settings
from stages.params.schema import Params
from stages.records import datasets, durations, plans, runs, store
from stages.records.plans import Part
from stages.records.runs import Run
from stages.records.settings import DatasetSettings, OptimizerSettings, Settings
from stages.records.store import Store
from stages.scores import catalogue, choosing, seed_rows
from stages.training.unit import Table, Unit, read_table


def units(params: Params) -> list[Unit]:
    """The units of work that the parameters ask for, their rows read from ``data/scaled``.

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
        tunes = OptimizerSettings(**setup.optimizer.settings()).is_tuned
        if tunes and not all((plan.parts == part).any(axis=1).all() for part in (Part.TRAIN, Part.VALIDATION)):
            cannot.append(
                f"comparisons.{name}: so few rows train that none can be set aside to choose the learning rate by; "
                "give one rate, as with optimizer: {name: SGD, learning_rate: 0.01}"
            )
        for kept, others in params.other_names(name).items():
            cli.say(f"train: {name}: {kept} is trained for {' and '.join(others)} too: names of one objective")
        cannot += _undefined_headline(params, name, table, [loss for loss in losses if loss not in setup.losses])
        for index, loss in enumerate(setup.losses):
            if loss.name in judged and judged[loss.name].level == "cannot":
                cannot.append(f"comparisons.{name}.losses[{index}]: '{loss.name}' {judged[loss.name]}")
        cannot += [
            f"loss: '{loss.name}' on {name} {judged[loss.name]}"
            for loss in losses
            if loss not in setup.losses and judged[loss.name].level == "cannot"
        ]
        for loss, judgement in judged.items():
            if judgement.level == "works, but":
                cli.say(f"train: {name}: {loss} {judgement}")
        selected += [Unit(settings_of(params, name, loss, table, description.classes), table, plan) for loss in losses]
    refuse(cannot)
    return selected


def _undefined_headline(params: Params, comparison: str, table: Table, unlisted: list[Loss]) -> list[str]:
    """That the score which is to decide is not defined for the target, or for a loss that no comparison lists."""
    headline = params.report.headline.get(comparison)
    if headline and catalogue.is_own(headline):
        seed_rows.own_costs(headline, table.labels, table.labels)  # raises where it cannot be had
    score = catalogue.find(headline, None) if headline else None
    if score is None:
        return []
    key, lines = f"report.headline.{comparison}: '{headline}' needs", []
    if score.never_negative and table.labels.min() < 0:
        lines.append(f"{key} targets that are never negative; the lowest is {table.labels.min():.6g}")
    without = [loss.name for loss in unlisted if score.needs_probability and not loss.outputs_probability]
    return lines + [f"{key} outputs that are probabilities, and those of '{name}' are not" for name in without]


def settings_of(params: Params, comparison: str, loss: Loss, table: Table, classes: list[str]) -> Settings:
    """The settings with which one loss of a comparison is trained."""
    written, setup = params.comparisons[comparison], params.setup(comparison)
    optimizer = OptimizerSettings(**setup.optimizer.settings())
    class_sizes = np.bincount(table.labels).tolist() if table.n_classes else ()
    headline = params.report.headline.get(comparison) or choosing.default_headline(
        loss.task, table.n_targets, class_sizes, params.selected()[comparison]
    )
    return Settings(
        loss=loss,
        comparison=comparison,
        dataset=setup.dataset,
        model=written.model,
        hidden=written.hidden,
        hidden_activation=written.activation,
        dropout=written.dropout,
        batch_norm=written.batch_norm,
        epochs=written.epochs,
        batch_size=setup.batch_size,
        optimizer=optimizer,
        selected_by=selection(headline, loss) if optimizer.is_tuned else None,
        data=DatasetSettings(**setup.data.model_copy(update={"split": setup.split}).model_dump(mode="json")),
        seeds=range(params.train.seeds),
        class_weights=weights.of_classes(loss.class_weight, table.labels, classes),
        also_scored=choosing.asked_for(headline, loss),
    )


def write(run: Run, model: bytes) -> None:
    """Write a run's folder, whole or not at all.

    Args:
        run: what training gave.
        model: the file of the first seed's model.
    """
    with files.replacing(runs.folder(run.comparison, run.loss.name)) as folder:
        folder.mkdir()
        (folder / "model.keras").write_bytes(model)
        runs.write(run, folder)


def outcome(run: Run) -> list[str]:
    """Lines that tell what became of a run: what was chosen, and which seeds failed."""
    name, lines = f"train: {run.comparison}: {run.loss.name}", []
    if tuning := run.tuning:
        by = "its own loss on validation rows" if tuning.score == "loss" else f"validation {tuning.score}"
        epochs = words.counted(tuning.epochs, "epoch")
        lines.append(f"{name}: learning rate {tuning.rate:g} and {epochs}, chosen by {by}")
        if tuning.at_edge:
            lines[-1] += f"; a rate {'below' if tuning.rate == tuning.rates[0] else 'above'} those tried may be better"
        if tuning.at_last_epoch:
            lines[-1] += "; more epochs may be better"
    if run.failed:
        lines.append(
            f"{name}: {len(run.failed)} of {len(run.seeds)} seeds failed: "
            "the loss or a weight became infinite or not a number"
        )
    return lines


def try_own(selected: list[Unit], executor: Executor, kept: Store | None) -> None:
    """Try the user's own losses and networks, those that were not trained before.

    Raises:
        UserError: one does not pass.
    """
    for unit in selected:
        if (unit.settings.model or unit.loss.is_custom) and not (kept and is_stored(unit, kept, executor.device)):
            from stages.execution.user_code_checks import try_unit

            try_unit(unit)


def came_from(chunks: list[tuple[int, int]]) -> str:
    """In words: how many units the store gave.

    Args:
        chunks: of each unit, how many chunks came from the store, and how many there are.
    """
    n_whole = sum(n_stored == n_chunks for n_stored, n_chunks in chunks)
    n_partly = sum(0 < n_stored < n_chunks for n_stored, n_chunks in chunks)
    told = [
        *([f"{n_whole} from the store"] if n_whole else []),
        *([f"{n_partly} from the store in part"] if n_partly else []),
        f"{len(chunks) - n_whole - n_partly} trained",
    ]
    return f"{words.counted(len(chunks), 'unit')}: {', '.join(told)}"


def main() -> None:
    """Write ``data/runs/<comparison>/<loss>/`` for every selected loss."""
    params, kept = load_params(), store.from_environment()
    for line in unused_settings(params):
        cli.say(f"train: {line}")
    selected = units(params)
    outcomes: dict[str, list[str]] = {}
    chunks, n_networks, n_failed = [], 0, 0
    with choice.from_environment(selected) as executor:
        try_own(selected, executor, kept)
        with bars({unit.name: unit.n_epochs for unit in selected}, unit="epochs", heading="all losses") as show:
            for each in training(selected, lambda unit, epoch: show(unit.name, epoch), executor, kept):
                run, model = each.result
                write(run, model)
                durations.keep(kept, run.comparison, run.loss.name, each.seconds)
                outcomes[each.unit.name] = outcome(run)
                chunks.append((each.n_stored, each.n_chunks))
                n_networks += len(run.seeds) * (1 + (len(run.tuning.rates) if run.tuning else 0))
                n_failed += len(run.failed)
    for unit in selected:
        for line in outcomes[unit.name]:
            cli.say(line)
    cli.say(f"train: {came_from(chunks)}")
    cli.say(f"train: {len(selected)} losses, {n_networks:,} networks ({n_failed} failed) in {paths.RUNS}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
