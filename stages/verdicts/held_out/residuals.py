"""What a loss that gives one value misses by on rows that its networks did not learn from: the spread that it lacks.

Where quantiles are scored, such a loss predicts the value, and around it what it missed by on rows that the seed is not
scored on: see `held_out.rows`. So losses with and without a spread of their own are compared by one score.
"""

import numpy as np

from stages.losses.outputs import LEVELS
from stages.records.plans import Plan
from stages.records.runs import Run
from stages.scores.medians import quantile
from stages.scores.score import Score
from stages.verdicts.held_out.rows import HeldOut, Unseen, of_run


def of_runs(
    runs: list[Run], score: Score, plan: Plan, labels: np.ndarray, weights: np.ndarray | None
) -> dict[str, np.ndarray]:
    """By loss `of_seeds`, of those that give one value; none where quantiles are not scored."""
    if not score.needs_quantiles:
        return {}
    missed = {run.loss.name: of_seeds(run, plan, labels, weights) for run in runs if not score.is_of_outputs(run.loss)}
    return {name: levels for name, levels in missed.items() if levels is not None}


def of_seeds(run: Run, plan: Plan, labels: np.ndarray, weights: np.ndarray | None) -> np.ndarray | None:
    """The quantiles (n_seeds, n_levels), at `LEVELS`, of what is missed by (actual minus predicted), in target units.

    NaN of a seed without such rows; None where no seed has any.

    Args:
        run: of a loss that gives one value, of one target column.
        plan: which rows each seed trains and tests on.
        labels: (n_rows, 1) in target units.
        weights: (n_rows,) what each row counts; None where all count alike.
    """
    if (unseen := _points(run, plan)) is None:
        return None
    missed = np.full((len(run.seeds), len(LEVELS)), np.nan)
    for seed in range(len(run.seeds)):
        held_out = unseen.for_seed(seed % len(unseen.outputs), plan.tested[seed])
        if len(held_out.rows):
            missed[seed] = _levels(held_out, labels, weights)
    return missed


def for_new_rows(
    run: Run, score: Score, plan: Plan, labels: np.ndarray, weights: np.ndarray | None
) -> np.ndarray | None:
    """The same for rows that no network has seen, where several answer by their mean: (n_levels,).

    None where a score needs no such thing.
    """
    if not score.needs_quantiles or score.is_of_outputs(run.loss) or (unseen := _points(run, plan)) is None:
        return None
    return _levels(unseen.for_new_rows(), labels, weights)


def _levels(held_out: HeldOut, labels: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    missed = labels[held_out.rows, 0] - held_out.outputs[:, 0]
    counted = None if weights is None else weights[held_out.rows]
    return np.array([quantile(missed, share, counted) for share in LEVELS])


def _points(run: Run, plan: Plan) -> Unseen | None:
    """What networks gave for rows that they did not learn from, as one value in target units."""
    if (unseen := of_run(run, plan)) is None:
        return None
    scaling = plan.target_scaling if plan.tests_in_turn else plan.testing_on_validation().target_scaling
    center, spread = (np.asarray(numbers)[: len(unseen.outputs), None] for numbers in scaling.values())
    center, spread = run.loss.output.scale(center, spread)
    return Unseen(run.loss.decide(unseen.outputs * spread + center), unseen.rows)
