"""Stage `train`: train every selected loss of every comparison, all seeds at once."""

from itertools import chain

from stages.basics import cli, paths
from stages.basics.progress import bars
from stages.execution.cutting import effort
from stages.execution.looks import groups, longest_first, train_looks
from stages.execution.refit import RefitsAhead
from stages.execution.scheduler import Scheduler, Tally
from stages.execution.unit_training import Training, try_first, work
from stages.execution.units import headline_of, units
from stages.executors import choice
from stages.params import experiment
from stages.params.load import load_planned, unused_settings
from stages.params.schema import Params
from stages.records import datasets, durations, references, runs, store
from stages.references import fitting
from stages.scores.costs import columns_of
from stages.training.unit import Unit
from stages.verdicts.comparison import score_of
from stages.verdicts.held_out import cache
from stages.verdicts.held_out.cache import Cache
from stages.verdicts.looking import Looking
from stages.wording.looks import looks
from stages.wording.training import came_from, outcome, what_was_new


def looking_at(unit: Unit, params: Params, judged_before: Cache) -> Looking:
    """What says which losses of a unit's comparison go on."""
    name, dataset = unit.settings.comparison, unit.settings.dataset
    description, cost = datasets.read_encoded(dataset).description, params.comparisons[name].cost
    columns = datasets.read_costs(dataset, columns_of(cost))
    score = score_of(headline_of(params, name, unit.table), description, cost, columns)
    return Looking(score, unit.plan, description, unit.table.labels, weights=unit.table.weights, cache=judged_before)


def main() -> None:
    """Write ``data/runs/<comparison>/<loss>/`` for every selected loss."""
    params, kept = load_planned(), store.from_environment()
    for line in unused_settings(params):
        cli.say(f"train: {line}")
    selected = units(params)
    judged = cache.beside(kept)
    looking_by = {unit.settings.comparison: looking_at(unit, params, judged) for unit in reversed(selected)}
    scores = {name: looking.score for name, looking in looking_by.items()}
    outcomes, n_failed = {unit.name: [] for unit in selected}, 0
    tallies, totals = {unit.name: Tally() for unit in selected}, {unit.name: round(work(unit)) for unit in selected}

    async def finish(places: list[int]) -> None:
        nonlocal n_failed
        some = [Training(unit, scheduler.trainer(unit, tallies[unit.name])) for unit in (selected[i] for i in places)]
        looking = looking_by[some[0].unit.settings.comparison]
        for each, run in zip(some, await train_looks(some, looking), strict=True):
            name, tally = each.unit.name, tallies[each.unit.name]
            runs.write_folder(run, each.model)
            durations.keep(kept, run.comparison, run.loss.name, tally.seconds)
            outcomes[name] = outcome(run)
            n_failed += len(run.failed)
            trained = round((tally.done - tally.stored) * effort(each.unit))
            show(name, totals[name], totals[name] - trained)  # what was not needed took no time
        if look := looking.look:
            words = looks(look.n_seeds, look.at_most, look.ended)
            outcomes[name].append(f"train: {run.comparison}: {words}")
        await ahead.after([each.unit for each in some], looking.recommend)

    def on_progress(unit: Unit, done: int) -> None:
        stored = tallies[unit.name].stored
        show(unit.name, *(min(round(each * effort(unit)), totals[unit.name]) for each in (done, stored)))

    with (
        fitting.meanwhile(params, selected, scores, kept) as fitted,
        choice.from_environment(selected) as executor,
        bars(totals, unit="", heading="all losses") as show,
    ):
        scheduler = Scheduler(executor, kept, on_progress=on_progress)
        ahead = RefitsAhead(selected, scheduler)
        try_first(selected, scheduler)
        scheduler.run([finish(places) for places in longest_first(groups(selected), list(map(work, selected)))])
        references.write(fitted())
    new = {name: tally.new for name, tally in tallies.items()}
    for line in chain(*outcomes.values(), what_was_new(new)):
        cli.say(line)
    n_networks = sum(tally.n_networks for tally in tallies.values())
    cli.say(f"train: {came_from([(tally.n_stored, tally.n_chunks) for tally in tallies.values()])}")
    cli.say(f"train: {len(selected)} losses, {n_networks:,} networks ({n_failed} failed) in {paths.RUNS}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
