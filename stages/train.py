"""Stage `train`: train every selected loss of every comparison, all seeds at once."""

from collections.abc import Sequence

from stages.basics import cli, files, paths
from stages.basics.progress import bars
from stages.execution.scheduler import Scheduler, Tally
from stages.execution.summary import came_from, outcome
from stages.execution.unit_training import first_chunks, planned, train_unit
from stages.execution.units import units
from stages.executors import choice
from stages.params import experiment
from stages.params.load import load_params, unused_settings
from stages.records import durations, runs, store
from stages.records.runs import Run
from stages.training.unit import Unit


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


def try_user_code(selected: Sequence[Unit], scheduler: Scheduler) -> None:
    """Try the user's own losses and networks, those that were not trained before.

    Raises:
        UserError: one does not pass.
    """
    for unit in selected:
        if (unit.settings.model or unit.loss.is_custom) and not scheduler.has(first_chunks(unit)):
            from stages.execution.user_code_checks import try_unit

            try_unit(unit)


def main() -> None:
    """Write ``data/runs/<comparison>/<loss>/`` for every selected loss."""
    params, kept = load_params(), store.from_environment()
    for line in unused_settings(params):
        cli.say(f"train: {line}")
    selected = units(params)
    tallies, outcomes, n_failed = [Tally() for _ in selected], {unit.name: [] for unit in selected}, 0

    async def finish(unit: Unit, tally: Tally) -> None:
        nonlocal n_failed
        run, model = await train_unit(unit, scheduler.trainer(unit, tally))
        write(run, model)
        durations.keep(kept, run.comparison, run.loss.name, tally.seconds)
        outcomes[unit.name] = outcome(run)
        n_failed += len(run.failed)
        show(unit.name, planned(unit))

    with (
        choice.from_environment(selected) as executor,
        bars({unit.name: planned(unit) for unit in selected}, unit="networks × epochs", heading="all losses") as show,
    ):
        scheduler = Scheduler(executor, kept, on_progress=lambda unit, done: show(unit.name, min(done, planned(unit))))
        try_user_code(selected, scheduler)
        scheduler.run([finish(unit, tally) for unit, tally in zip(selected, tallies, strict=True)])
    for lines in outcomes.values():
        for line in lines:
            cli.say(line)
    n_networks = sum(tally.n_networks for tally in tallies)
    cli.say(f"train: {came_from(tallies)}")
    cli.say(f"train: {len(selected)} losses, {n_networks:,} networks ({n_failed} failed) in {paths.RUNS}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
