"""How many targets the intervals of each loss hold, and how wide these are, where quantiles are scored."""

from dataclasses import dataclass

import numpy as np

from stages.records.runs import Run
from stages.scores import catalogue
from stages.scores.families import quantiles
from stages.verdicts.comparison import Comparison
from stages.verdicts.held_out import residuals
from stages.verdicts.outcome import Beside, values_of


@dataclass(frozen=True)
class Coverage:
    """What intervals come to on test rows, the means over seeds.

    Attributes:
        asked: the share of targets that they are to hold.
        held: the share that they hold; NaN where every seed failed.
        width: how wide they are on average, in target units.
    """

    asked: float
    held: float
    width: float


def of_loss(comparison: Comparison, run: Run) -> Coverage | None:
    """What the intervals of one loss come to; None where no quantiles are scored.

    They are those that the deciding score is of, or of 80 %.
    """
    if not comparison.score.needs_quantiles:
        return None
    low, high = quantiles.scored_ends(comparison.score.name)
    percentage = round(100 * (high - low))
    held, width = (_mean(comparison, run, f"{family}{percentage}") for family in (quantiles.COVERAGE, quantiles.WIDTH))
    return Coverage(percentage / 100, held, width)


def _mean(comparison: Comparison, run: Run, name: str) -> float:
    """A score of intervals for new rows of a run's networks, the mean over those that did not fail."""
    score, plan = catalogue.find(name, "regression", any_use=True), comparison.plan.first(len(run.seeds))
    rows = (score, plan, comparison.labels, comparison.weights)
    missed = residuals.of_runs([run], *rows).get(run.loss.name)
    values = values_of(run, *rows, beside=Beside(residuals=missed))
    of_seeds = comparison.outcome.design.first(len(run.seeds)).means(values)
    return float(np.nanmean(of_seeds)) if np.isfinite(of_seeds).any() else float("nan")
