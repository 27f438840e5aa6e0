"""How losses do over many tables: what it costs to choose each.

Targets have units of their own, so all is in shares of a table's error: of the score that decides there, the smallest
mean of any loss where 0 is perfect, and the smallest distance to 1 where 1 is. The usual margin is 5 % of that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stages.losses.objectives import usual
from stages.verdicts.across_tables.effects import Pooled, random_effects
from stages.verdicts.comparison import Comparison
from stages.verdicts.intervals import ALPHA
from stages.verdicts.statistics import lacking

FEWEST = 10  # tables, below which nothing is said of all


@dataclass(frozen=True, eq=False)
class Tables:
    """Comparisons of the same losses, each on another dataset.

    Attributes:
        comparisons: at least `FEWEST`.
        losses: their names.
        reference: the loss that the others are held against: the usual one, else the first.
        costs: by loss, (n_tables,) how much worse it is than the best loss there, in shares of the table's error.
        near: by loss, bool (n_tables,), whether that is within the margin.
        ranks: (n_tables, n_losses), 1 being the best; equals share theirs.
        pooled: by loss other than the reference, against that; None where fewer than three tables have an interval.
    """

    comparisons: list[Comparison]
    losses: list[str]
    reference: str
    costs: dict[str, np.ndarray]
    near: dict[str, np.ndarray]
    ranks: np.ndarray
    pooled: dict[str, Pooled | None]


def alike(comparisons: Sequence[Comparison]) -> list[Tables]:
    """What is compared on ten datasets or more: of each task and list of losses; of one dataset the first comparison.

    Tables on which some loss is perfect have no error to take shares of, and are left out.
    """
    groups: dict[tuple[str, frozenset[str]], dict[str, Comparison]] = {}
    for comparison in comparisons:
        losses = frozenset(repr(run.settings.loss) for run in comparison.runs)
        if len(losses) > 1 and error_of(comparison) > 0:
            groups.setdefault((comparison.task, losses), {}).setdefault(comparison.dataset, comparison)
    return [over(list(group.values())) for group in groups.values() if len(group) >= FEWEST]


def error_of(comparison: Comparison) -> float:
    """The smallest mean error of any loss; 0 where one is perfect, or none finished."""
    outcome, score = comparison.outcome, comparison.score
    means = [one.mean for one in outcome.summaries.values() if one.n]
    return min((lacking(mean, higher_is_better=score.higher_is_better) for mean in means), default=0.0)


def over(comparisons: list[Comparison]) -> Tables:
    """What comes of comparisons of the same losses on several datasets."""
    losses = comparisons[0].losses
    reference = usual(run.loss for run in comparisons[0].runs) or losses[0]
    others = [loss for loss in losses if loss != reference]
    errors = np.array([error_of(comparison) for comparison in comparisons])
    margins = np.array([comparison.outcome.margin for comparison in comparisons])
    # a failed seed counts as in verdicts
    gains = np.array(
        [
            [0.0 if loss == reference else one.outcome.pairs[loss, reference].difference for loss in losses]
            for one in comparisons
        ]
    )
    lost = gains.max(axis=1, keepdims=True) - gains
    pooled = {}
    for loss in others:
        estimates = [comparison.outcome.pairs[loss, reference].estimate for comparison in comparisons]
        means = np.array([estimate.mean for estimate in estimates]) / errors
        variances = np.array([estimate.variance for estimate in estimates]) / errors**2
        has_one = np.isfinite(variances)
        pooled[loss] = random_effects(means[has_one], variances[has_one], ALPHA / len(others))
    return Tables(
        comparisons=comparisons,
        losses=losses,
        reference=reference,
        costs={loss: lost[:, place] / errors for place, loss in enumerate(losses)},
        near={loss: lost[:, place] <= margins for place, loss in enumerate(losses)},
        ranks=_ranks(lost),
        pooled=pooled,
    )


def _ranks(lost: np.ndarray) -> np.ndarray:
    """Of (n_tables, n_losses), in each line; equals share the mean of theirs."""
    below = (lost[:, :, None] > lost[:, None]).sum(axis=2)
    same = (lost[:, :, None] == lost[:, None]).sum(axis=2)
    return below + (same + 1) / 2
