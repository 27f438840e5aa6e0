"""Which loss to train with, and what it costs to be wrong."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from stages.verdicts.intervals import ALPHA
from stages.verdicts.pairs import Pair


@dataclass(frozen=True)
class Advice:
    """How the losses of a comparison stand to the one with the best mean, which is the one recommended.

    Attributes:
        best: the loss with the best mean test score, a failed seed counting as `pairs.worst_score`.
        equal: its pairs with losses that are equivalent or the same objective.
        open: its pairs that are inconclusive, or for which there are too few seeds.
        beaten: its pairs with losses that are worse.
        cost: what it costs to be wrong: the largest difference, in units of the score, that any other loss may
            have over it, with 95 % confidence for all others at once; 0 where none may be better, NaN where
            there are too few seeds to say.
        rival: the loss that may be better by that much; None where none may be.
    """

    best: str
    equal: list[Pair]
    open: list[Pair]
    beaten: list[Pair]
    cost: float
    rival: str | None


def advise(
    losses: list[str], pairs: dict[tuple[str, str], Pair], lacking: Callable[[str], float] = lambda _: math.inf
) -> Advice:
    """Sort the losses of a comparison by how they stand to the best; of equals, the first listed is taken.

    Args:
        losses: the losses.
        pairs: every ordered pair of them.
        lacking: gives how far a loss's mean score is from a perfect one.
    """
    best = losses[0]
    for loss in losses[1:]:
        if pairs[loss, best].difference > 0:
            best = loss
    against = [pairs[best, other] for other in losses if other != best]
    kinds = {"equivalent": "equal", "same objective": "equal", "better": "beaten"}
    grouped: dict[str, list[Pair]] = {"equal": [], "open": [], "beaten": []}
    for pair in against:
        grouped[kinds.get(pair.verdict, "open")].append(pair)
    rivals = [pairs[pair.against, best] for pair in against if pair.verdict != "same objective"]
    cost, rival = cost_of_being_wrong(rivals, lacking(best))
    return Advice(best, **grouped, cost=cost, rival=rival)


def cost_of_being_wrong(rivals: list[Pair], lacking: float = math.inf) -> tuple[float, str | None]:
    """The largest difference that any rival may have over the best loss, and which may.

    One-sided 95 % bounds, by Bonferroni for all rivals at once. They hold although the best was picked after
    looking: where the truly best loss is a rival, its own bound covers what it is ahead (Hsu 1984, multiple
    comparisons with the best), and where it is the one picked, nothing is lost.

    Args:
        rivals: the pair of each rival against the best.
        lacking: how far the best is from a perfect score, by which no rival can be ahead of it by more.
    """
    bounds = [(pair.estimate.upper_bound(ALPHA / len(rivals)), pair.loss) for pair in rivals]
    if any(math.isnan(bound) for bound, _ in bounds):
        return math.nan, None
    cost, rival = max(bounds, key=lambda bound: bound[0], default=(0.0, None))
    return (min(cost, lacking), rival) if cost > 0 else (0.0, None)
