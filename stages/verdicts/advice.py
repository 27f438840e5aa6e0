"""Which loss to train with, and what it costs to be wrong."""

import math
from collections.abc import Callable
from dataclasses import dataclass

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
            have over it, by the intervals of the pairs; 0 where none may be better, NaN where there are too few
            seeds to say.
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
    """The largest difference that any rival may have over the best loss, and which may: where its interval ends.

    It holds although the best was picked after looking: intervals hold for all pairs of the comparison at once.

    Args:
        rivals: the pair of each rival against the best.
        lacking: how far the best is from a perfect score, by which no rival can be ahead of it by more.
    """
    if any(math.isnan(pair.high) for pair in rivals):
        return math.nan, None
    cost, rival = max(((pair.high, pair.loss) for pair in rivals), key=lambda end: end[0], default=(0.0, None))
    return (min(cost, lacking), rival) if cost > 0 else (0.0, None)
