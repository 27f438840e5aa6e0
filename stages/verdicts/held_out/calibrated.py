"""What the probabilities of a loss are worth, as its networks give them and after calibration.

A seed's calibration is fitted where its threshold is: on rows that it is not scored on, with outputs of networks that
did not learn from them. So what calibration gains is gained on rows that it has not seen.
"""

from dataclasses import dataclass

import numpy as np

from stages.records.plans import Plan
from stages.records.runs import Run
from stages.scores import calibration, decisions
from stages.scores.calibration import Calibration
from stages.scores.costs import cheapest
from stages.verdicts.held_out.cache import NOTHING_KEPT, Cache
from stages.verdicts.held_out.rows import HeldOut, Unseen, of_run


@dataclass(frozen=True, eq=False)
class Calibrated:
    """One loss before and after calibration.

    Attributes:
        raw: float64 (n_seeds, n_rows, n_classes), the probabilities as networks give them; None where outputs are
            none.
        probabilities: the same after calibration; NaN for a seed that failed, or for which none can be fitted.
        scores: by name (``log_loss``, ``brier``), (2, n_seeds): on the rows that each seed tests before and after; NaN
            where there is none.
        to_use: for the mean of several networks on new rows; None where none can be fitted.
    """

    raw: np.ndarray | None
    probabilities: np.ndarray
    scores: dict[str, np.ndarray]
    to_use: Calibration | None

    @property
    def is_better(self) -> bool:
        """Whether the log loss is better after calibration, or can only be had after it."""
        before, after = (losses[np.isfinite(self.scores["log_loss"][1])] for losses in self.scores["log_loss"])
        return len(after) > 0 and not after.mean() >= before.mean()


def calibrate(
    run: Run, plan: Plan, labels: np.ndarray, weights: np.ndarray | None, cache: Cache = NOTHING_KEPT
) -> Calibrated | None:
    """Calibrate the networks of a loss for classes; None where none of them knows rows that it did not learn from.

    Args:
        run: of the loss.
        plan: which rows each seed trains and tests on.
        labels: (n_rows,) class indices.
        weights: (n_rows,) what each row counts; None where all count alike.
        cache: of what was fitted before.
    """
    if (unseen := of_run(run, plan)) is None:
        return None
    strengths = decisions.strengths(run.loss, np.nan_to_num(run.outputs))
    calibrated = np.full(strengths.shape, np.nan)
    raw = calibration.Calibration(1.0, (0.0,) * strengths.shape[2]).probabilities(strengths)
    scores = {name: np.full((2, len(strengths)), np.nan) for name in ("log_loss", "brier")}
    of_seeds, to_use = _fitted(run, unseen, plan, labels, weights, cache=cache)
    for seed in np.flatnonzero(run.finished):
        tested = plan.tested[seed]
        if fitted := of_seeds[seed]:
            calibrated[seed] = fitted.probabilities(strengths[seed])
        counted = None if weights is None else weights[tested]
        for row, probabilities in enumerate((raw[seed], calibrated[seed])):
            if np.isfinite(probabilities).all() and (row or run.loss.outputs_probability):
                scores["log_loss"][row, seed] = calibration.log_loss(probabilities[tested], labels[tested], counted)
                scores["brier"][row, seed] = calibration.brier(probabilities[tested], labels[tested], counted)
    return Calibrated(raw if run.loss.outputs_probability else None, calibrated, scores, to_use)


def _fitted(
    run: Run, unseen: Unseen, plan: Plan, labels: np.ndarray, weights: np.ndarray | None, *, cache: Cache
) -> tuple[list[Calibration | None], Calibration | None]:
    """The calibration of each seed, and that of new rows; None where none can be fitted, or a seed failed."""
    tested = plan.tested[: len(run.seeds)]

    def of(held_out: HeldOut) -> np.ndarray:
        counted = None if weights is None else weights[held_out.rows]
        strengths = decisions.strengths(run.loss, held_out.outputs)
        fitted = calibration.fit(strengths, labels[held_out.rows], counted)
        return np.array((fitted.slope, *fitted.offsets) if fitted else [np.nan])

    def fit() -> dict[str, np.ndarray]:
        seeds = np.flatnonzero(run.finished)
        of_seeds = {f"seed {seed}": of(unseen.for_seed(seed, tested[seed])) for seed in seeds}
        return {**of_seeds, "new rows": of(unseen.for_new_rows())}

    numbers_of = cache.get_or_find(("calibration", run.loss, labels, unseen, tested, run.finished, weights), fit)
    calibrations = {
        name: Calibration(float(numbers[0]), tuple(map(float, numbers[1:])))
        for name, numbers in numbers_of.items()
        if np.isfinite(numbers).all()
    }
    return [calibrations.get(f"seed {seed}") for seed in range(len(run.seeds))], calibrations.get("new rows")


def decide_by_costs(
    runs: list[Run],
    plan: Plan,
    labels: np.ndarray,
    costs: np.ndarray,
    weights: np.ndarray | None,
    *,
    cache: Cache = NOTHING_KEPT,
) -> dict[str, np.ndarray]:
    """What each network decides (n_seeds, n_rows), by loss: what is expected to cost least by calibrated probabilities.

    Where there is no calibration it decides by its own rule. Of the arguments `costs` is as of `costs.of_rows`, the
    others are as of `calibrate`.
    """
    decided = {}
    for run in runs:
        by_rule = run.loss.decide(np.nan_to_num(run.outputs))
        if (calibrated := calibrate(run, plan, labels, weights, cache)) is None:
            decided[run.loss.name] = by_rule
        else:
            is_calibrated = np.isfinite(calibrated.probabilities).all(axis=2)
            cheap = cheapest(np.nan_to_num(calibrated.probabilities), costs)
            decided[run.loss.name] = np.where(is_calibrated, cheap, by_rule)
    return decided
