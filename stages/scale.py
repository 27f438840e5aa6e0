"""Stage `scale`: make numbers of every dataset's columns, and plan which rows each seed of a comparison sees."""

from stages.basics import cli, paths
from stages.features import encoded, planning
from stages.params import experiment, seeds
from stages.params.load import load_planned
from stages.records import plans, winners
from stages.wording.datasets import became, division, without_spread


def main() -> None:
    """Write ``data/scaled``, every dataset as numbers; and ``data/plans`` and ``data/pipelines``, by comparison."""
    params = load_planned()
    for name, dataset in params.datasets.items():
        numbers = encoded.write(name, dataset.scale.features)
        rows, description = numbers.rows, numbers.description
        if not description.is_generated:
            flat = planning.without_spread(numbers.treatments, rows, description, dataset.scale)
            kept = became(len(rows), description, numbers.treatments, dataset.scale.features)
            for line in (*kept, *without_spread(name, flat)):
                cli.say(f"scale: {name}: {line}")
        for comparison in (comparison for comparison in params.comparisons if params.dataset_of(comparison) == name):
            setup, known = params.setup(comparison), (rows, description, numbers.features, numbers.kinds)
            plan = planning.make_plan(
                *known,
                split=setup.split,
                scale=dataset.scale,
                n_seeds=seeds.most(setup.seeds),
                key=f"{paths.PARAMS}: {params.split_key(comparison)}",
                sizes=setup.sizes,
            )
            if setup.sizes:
                planning.check_sizes(comparison, plan, setup.sizes)
            plans.write_plan(comparison, plan)
            plans.write_plan_to_use(comparison, planning.plan_to_use(*known, setup=setup, n_seeds=winners.N_NETWORKS))
            encoded.write_pipeline(comparison, numbers, plan)
            if not description.is_generated:
                cli.say(f"scale: {comparison}: {division(plan, description)}")
    cli.say(f"scale: {len(params.datasets)} datasets in {paths.SCALED}")


if __name__ == "__main__":
    cli.run(main, experiment.what_stays)
