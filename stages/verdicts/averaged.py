"""What a loss would score if its networks were averaged, as those are that predict new rows.

Verdicts are on one network; who predicts takes several and averages them. Each row that is tested is predicted by the
mean of what the networks give that were tested on it, at most as many as predict new rows, and all such rows are scored
at once. With three partitions of ten folds that is an average of three, which says a little less than one of ten would.
"""

from dataclasses import dataclass

import numpy as np

from stages.losses.loss import Loss
from stages.records.plans import Plan
from stages.records.runs import Run
from stages.records.winners import N_NETWORKS
from stages.scores import decisions
from stages.scores.score import Score
from stages.scores.seed_rows import SeedRows


@dataclass(frozen=True)
class Averaged:
    """The score of averages.

    Attributes:
        score: of all rows that are tested.
        fewest: networks that a row is the average of, with `most`.
        most: see `fewest`.
    """

    score: float
    fewest: int
    most: int


def averaged(
    run: Run,
    score: Score,
    plan: Plan,
    labels: np.ndarray,
    *,
    weights: np.ndarray | None = None,
    thresholds: np.ndarray | None = None,
    residuals: np.ndarray | None = None,
) -> Averaged | None:
    """Score the averages of a run's networks, those that did not fail; None where no row was tested by two of them.

    Args:
        run: of one loss.
        score: the one that decides.
        plan: which rows each seed tests on; of as many seeds as the run, or more.
        labels: (n_rows, n_targets) values in target units, or (n_rows,) class indices.
        weights: (n_rows,) what each row counts; None where all count alike.
        thresholds: (n_seeds, 1 or n_classes) what each seed decides at, which knows nothing of the rows that it is
            tested on; None for the loss's own rule. An average decides at the mean of those of its networks.
        residuals: (n_levels,) see `SeedRows.residuals`, of averages.
    """
    plan = plan.first(len(run.seeds))
    used = plan.tested & _is_sound(run, plan.tested)[:, None]
    used &= used.cumsum(axis=0) <= N_NETWORKS
    n_networks = used.sum(axis=0)
    rows = np.flatnonzero(n_networks)
    if n_networks.max(initial=0) < 2:
        return None
    n_targets = labels.shape[-1] if run.loss.task == "regression" else run.outputs.shape[-1]
    center, spread = (np.broadcast_to(numbers, (plan.n_seeds, n_targets)) for numbers in plan.target_scaling.values())
    total = np.zeros((len(rows), *run.outputs.shape[2:]))
    of_rows = n_networks[rows].reshape(-1, *[1] * (total.ndim - 1))
    for seed in np.flatnonzero(used.any(axis=1)):
        used_here, threshold = used[seed, rows], None if thresholds is None else thresholds[seed]
        outputs = run.outputs[seed, rows[used_here]].astype(np.float64)
        total[used_here] += _to_average(run.loss, outputs, center[seed], spread[seed], threshold)
    decided = None
    if thresholds is not None and run.loss.outputs_probability:
        shares = used[:, rows] / n_networks[rows]
        at = shares.T @ thresholds
        if labels.ndim != 2:  # labels have a threshold each
            at = at.reshape(len(rows), *[1] * (total.ndim - 2), -1)
        decided = decisions.decide(run.loss, total / of_rows, at)
    center, spread = center.mean(axis=0), spread.mean(axis=0)
    of_numbers = run.loss.output.scale(center, spread)
    outputs = (total / of_rows - of_numbers[0]) / of_numbers[1]
    counted = None if weights is None else weights[rows]
    of_all = SeedRows(labels[rows], outputs, run.loss, center, spread, counted, decided, residuals)
    value = score.statistic.value(of_all)
    return Averaged(float(value), int(n_networks[rows].min()), int(n_networks.max()))


def _is_sound(run: Run, tested: np.ndarray) -> np.ndarray:
    """Bool (n_seeds,): whose outputs on the rows that they test can be averaged."""
    finite = [np.isfinite(outputs[rows]).all() for outputs, rows in zip(run.outputs, tested, strict=True)]
    return run.finished & np.array(finite)


def _to_average(
    loss: Loss, outputs: np.ndarray, center: np.ndarray, spread: np.ndarray, threshold: np.ndarray | None
) -> np.ndarray:
    """What of a network's outputs (n_rows, n_outputs) is averaged.

    Values in target units; probabilities; and where outputs are none, votes: of two classes 1 or -1.
    """
    if loss.task == "regression":
        center, spread = loss.output.scale(center, spread)
        return outputs * spread + center
    if loss.outputs_probability:
        return outputs / outputs.sum(axis=-1, keepdims=True) if loss.task == "multiclass" else outputs
    decided = loss.decide(outputs) if threshold is None else decisions.decide(loss, outputs, threshold)
    return np.eye(outputs.shape[-1])[decided] if loss.task == "multiclass" else 2.0 * decided[..., None] - 1
