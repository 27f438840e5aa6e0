"""What losses whose outputs say more than a value find, where it is known what there is to find.

python -m tests.benchmarks.kinds [intervals amounts order] [--rows 20000] [--seeds 10]

On one drawn table each: whether 80 % intervals hold 80 % of new rows, and the spread that was drawn; the deviance of
amounts of which most are 0, and their chance to be above it; the errors of losses for ordered classes from few rows.
Each loss is tuned as in the pipeline. Figures are means over networks, on 10,000 new rows.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from stages.execution.tuning import selection
from stages.scores.row_values import row_values
from stages.verdicts.design import scores_of
from tests.benchmarks.problems import LOSSES, N_NEW, OF_ORDER, PROBLEMS, amounts_of, spread_of
from tests.benchmarks.verdicts import draw_table, plan_of, train

TRAINED = 0.75  # of the rows of a table, those that train; and fewer epochs, since there are more rows
EPOCHS = 30
FEW = (100, 200, 400)  # rows that train


def learned(name: str, n_train: int, losses: tuple[str, ...], score: str, n_seeds: int, **changes: int) -> Iterator:
    """Of a problem's table with so many rows that train, of each loss: its name, and row values and numbers.

    Yields:
        The loss's name, the table, float64 (n_seeds, n_new) values of new rows by this score, and in target units the
        numbers (n_seeds, n_new, n_numbers) that say them.
    """
    n_rows = round(n_train / TRAINED)
    problem = replace(PROBLEMS[name], sizes=(n_rows, n_rows), **changes)
    table = draw_table(problem, 0, N_NEW)
    plan = plan_of(table, "one split", n_seeds)
    new = np.ones((n_seeds, len(table.labels) - n_rows), bool)
    for loss in losses:
        known = LOSSES[loss]
        numbers = train(table, plan, known, selection(score, known), n_seeds)[:, n_rows:].astype(np.float64)
        values = row_values(score, known, table.labels[n_rows:], numbers, new, **plan.target_scaling)
        if problem.task == "regression":
            of_target = (each[:, None] for each in plan.target_scaling.values())
            center, spread = known.output.scale(*of_target)
            numbers = numbers * spread + center
        yield loss, table, scores_of(values, new), numbers


def intervals(n_train: int, n_seeds: int) -> Iterator[str]:
    """Coverage and crossing of 80 % intervals, and the spread that was found beside the one that was drawn."""
    shares = np.array([0.1, 0.9])
    some = learned("uneven spread", n_train, ("quantiles", "gaussian"), "interval_score_80", n_seeds, epochs=EPOCHS)
    for loss, table, scores, numbers in some:
        output, truth = LOSSES[loss].output, spread_of(table.features[table.n_rows :])
        low, high = np.moveaxis(output.quantiles(numbers, shares), -1, 0)
        target = table.labels[table.n_rows :, 0]
        held = ((low <= target) & (target <= high)).mean(axis=1)
        wide = truth > np.median(truth)
        apart = [((low <= target) & (target <= high))[:, which].mean() for which in (~wide, wide)]
        crossed = (np.diff(numbers, axis=-1) < 0).any(axis=-1).mean() if loss == "quantiles" else 0.0
        found = (high - low) / 2.5631  # of a normal distribution's 80 % interval in standard deviations
        yield (
            f"{loss}, {n_train:,} rows: 80 % intervals hold {100 * held.mean():.1f} % ({100 * held.min():.1f} to "
            f"{100 * held.max():.1f} by network; {100 * apart[0]:.1f} and {100 * apart[1]:.1f} where rows spread less "
            f"and more), {100 * crossed:.0f} % cross; spread {(found / truth).mean():.2f} times the truth, which it "
            f"follows with a correlation of {np.mean([np.corrcoef(each, truth)[0, 1] for each in found]):.2f}; "
            f"interval score {scores.mean():.3f}"
        )


def amounts(n_train: int, n_seeds: int) -> Iterator[str]:
    """The deviance of amounts of which most are 0 beside that of the truth; the hurdle's chances beside the truth's."""
    score = "tweedie_deviance_1.5"
    for loss, table, scores, numbers in learned(
        "many zeros", n_train, ("mse", "tweedie", "hurdle"), score, n_seeds, epochs=EPOCHS
    ):
        chance, mean = amounts_of(table.features[table.n_rows :])
        labels, all_rows = table.labels[table.n_rows :], np.ones((1, N_NEW), bool)
        truth = row_values(score, LOSSES["mse"], labels, (chance * mean)[None, :, None], all_rows).mean()
        said = ""
        if loss == "hurdle":
            off = np.abs(numbers[..., 0] - chance).mean()
            same = np.mean([np.corrcoef(each, chance)[0, 1] for each in numbers[..., 0]])
            said = f"; chance to be above 0: off by {off:.3f}, correlation {same:.2f}"
        yield f"{loss}, {n_train:,} rows: deviance {scores.mean():.3f}, of the truth itself {truth:.3f}{said}"


def order(n_seeds: int) -> Iterator[str]:
    """The errors of ranks of losses for ordered classes, from few rows."""
    for n_train in FEW:
        every = learned("ordered classes", n_train, OF_ORDER, "rank_error", n_seeds)
        errors = [f"{loss} {scores.mean():.3f}" for loss, _, scores, _ in every]
        yield f"error of ranks, {n_train} rows: {', '.join(errors)}"


def main() -> None:
    """Print the lines of what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["intervals", "amounts", "order"])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=10)
    asked = parser.parse_args()
    printed = {
        "intervals": lambda: intervals(asked.rows, asked.seeds),
        "amounts": lambda: amounts(asked.rows, asked.seeds),
        "order": lambda: order(asked.seeds),
    }
    for what in asked.what or printed:
        for line in printed[what]():
            print(line, flush=True)


if __name__ == "__main__":
    main()
