"""Which loss to train with, and what it costs to be wrong."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from stages.verdicts.pairs import Pair


@dataclass(frozen=True)
class Advice:
    """Which loss of a comparison is recommended, and how the others stand to it.

    Attributes:
        best: the loss that is recommended.
        leader: the loss with the best mean test score, a failed seed counting as `pairs.worst_score`.
        equal: pairs of the recommended loss with those that are equivalent or the same objective.
        open: its pairs that are inconclusive, or for which there are too few seeds.
        beaten: its pairs with losses that are worse.
        cost: what it costs to be wrong: the largest difference, in units of the score, that any other loss may
            have over it, by the intervals of the pairs; 0 where none may be better, NaN where there are too few
            seeds to say.
        rival: the loss that may be better by that much; None where none may be.
    """

    best: str
    leader: str
    equal: list[Pair]
    open: list[Pair]
    beaten: list[Pair]
    cost: float
    rival: str | None


def advise(
    losses: list[str],
    pairs: dict[tuple[str, str], Pair],
    usual: str | None = None,
    lacking: Callable[[str], float] = lambda _: math.inf,
) -> Advice:
    """Recommend the loss with the best mean, of equals the first listed, or the usual one where it does as well.

    The usual loss does as well where it is equivalent to the one with the best mean, or the same objective, and no loss
    is shown to be better. Where that is inconclusive it is not equal.

    Args:
        losses: the losses.
        pairs: every ordered pair of them.
        usual: the loss that is usual for the task; None where it is not among them.
        lacking: gives how far a loss's mean score is from a perfect one.
    """
    leader = losses[0]
    for loss in losses[1:]:
        if pairs[loss, leader].difference > 0:
            leader = loss
    best = usual if usual and usual != leader and _does_as_well(usual, leader, losses, pairs) else leader
    against = [pairs[best, other] for other in losses if other != best]
    kinds = {"equivalent": "equal", "same objective": "equal", "better": "beaten"}
    grouped: dict[str, list[Pair]] = {"equal": [], "open": [], "beaten": []}
    for pair in against:
        grouped[kinds.get(pair.verdict, "open")].append(pair)
    rivals = [pairs[pair.against, best] for pair in against if pair.verdict != "same objective"]
    cost, rival = cost_of_being_wrong(rivals, lacking(best))
    return Advice(best, leader, **grouped, cost=cost, rival=rival)


def _does_as_well(loss: str, leader: str, losses: list[str], pairs: dict[tuple[str, str], Pair]) -> bool:
    verdicts = {other: pairs[loss, other].verdict for other in losses if other != loss}
    return verdicts[leader] in ("equivalent", "same objective") and "worse" not in verdicts.values()


def cost_of_being_wrong(rivals: list[Pair], lacking: float = math.inf) -> tuple[float, str | None]:
    """The largest difference that any rival may have over the best loss, and which may: where its interval ends.

    It holds although the best was picked after looking: intervals hold for all pairs of the comparison at once.

    Args:
        rivals: the pair of each rival against the best.
        lacking: how far the best is from a perfect score, by which no rival can be ahead of it by more.
    """
    if any(math.isnan(pair.high) or pair.verdict == "too few seeds" for pair in rivals):
        return math.nan, None
    cost, rival = max(((pair.high, pair.loss) for pair in rivals), key=lambda end: end[0], default=(0.0, None))
    return (min(cost, lacking), rival) if cost > 0 else (0.0, None)
