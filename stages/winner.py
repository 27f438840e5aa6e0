"""Stage `winner`: train the recommended loss of each comparison on all rows, and write one file that takes new rows."""

import numpy as np

from stages.basics import cli, files, paths
from stages.basics.progress import bars
from stages.basics.words import counted
from stages.execution import refit
from stages.execution.scheduler import Scheduler, Tally
from stages.execution.unit_training import planned
from stages.executors import choice
from stages.features import pipelines
from stages.params import experiment
from stages.params.load import load_params
from stages.records import store, winners
from stages.training.unit import Unit
from stages.winners import facts, packing
from stages.winners.app import doubt


def train(units: dict[str, Unit]) -> dict[str, list[np.ndarray]]:
    """Train units, or take them from the store: of each the weights of the networks that did not fail."""
    all_units, made = list(units.values()), {}

    async def finish(unit: Unit) -> None:
        made[unit.settings.comparison] = await refit.refit(unit, scheduler.trainer(unit, Tally()))

    with (
        choice.here(all_units, refit.chunks_of) as executor,
        bars({each.name: planned(each) for each in all_units}, unit="", heading="to use") as show,
    ):
        scheduler = Scheduler(
            executor,
            store.from_environment(),
            stage="winner",
            on_progress=lambda unit, done: show(unit.name, done),
        )
        scheduler.run([finish(unit) for unit in all_units])
    return {name: made[name] for name in units}


def main() -> None:
    """Write ``data/winners/<comparison>.pyz`` for every comparison that has a recommended loss."""
    params = load_params()
    all_units = winners.read_recommended()
    recommended = {name: all_units[name] for name in params.selected()}
    losses = {name: best.loss for name, best in recommended.items() if best}
    encoders = {name: pipelines.encoder_of(name, params.dataset_of(name)) for name in losses}
    units = refit.units_of(params, losses)
    trained, lines = train(units), []
    with files.replacing(paths.WINNERS) as folder:
        folder.mkdir()
        for name, weights in trained.items():
            unit, n_networks = units[name], len(weights[0])
            if not n_networks:
                lines.append(f"{name}: none; on all rows every network of {unit.loss.name} failed")
                continue
            winner = facts.winner_of(unit, n_networks, recommended[name], cells=params.report.cells)
            networks = counted(n_networks, "network")
            packing.pack(folder / winners.path_of(name).name, winner, encoders[name], weights, unit.to_train.scaling)
            which = "all " * (winner.n_rows == len(unit.table.labels)) + f"{winner.n_rows:,} rows"
            lines.append(f"{name}: {unit.loss.name}, {networks} on {which}{doubt(winner)}")
    lines += [f"{name}: none; every seed of every loss failed" for name in recommended if name not in units]
    for line in lines:
        cli.say(f"winner: {line}")
    cli.say(f"winner: for new rows, from {paths.WINNERS}: make predict DATASET=… FILE=…")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
