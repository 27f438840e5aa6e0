"""Whether a comparison whose seeds come in looks needs more of them, and which of its losses do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from stages.verdicts.advice import Advice
from stages.verdicts.pairs import Pair

LEAST = 0.1  # share of the variance by which more seeds have to lessen it, to be worth training

Ended = Literal["settled", "rows", "most"]


@dataclass(frozen=True)
class Look:
    """What a look at a comparison came to.

    Attributes:
        n_seeds: how many were trained.
        at_most: how many there could be.
        ended: why no more are needed: every verdict on the recommended loss is ``settled``; more seeds would make none
            much surer, as it depends on the test ``rows``; or it was the ``most`` there are. None where they are.
        going: the losses of which more seeds are to be trained.
    """

    n_seeds: int
    at_most: int
    ended: Ended | None
    going: tuple[str, ...] = ()


def look_at(losses: Sequence[str], pairs: dict[tuple[str, str], Pair], advice: Advice, looks: Sequence[int]) -> Look:
    """Whether a comparison is at its end.

    Losses that may still be recommended go on. A loss that is worse than all of these does not: its verdicts stay,
    since a pair is of the seeds that both have.

    Args:
        losses: their names.
        pairs: every ordered pair of them, by the default margin.
        advice: on which to train with, made of the same pairs.
        looks: after how many seeds the comparison can end, ascending.
    """
    n_seeds = max((pair.n_seeds for pair in pairs.values()), default=looks[-1])
    if not advice.open:
        return Look(n_seeds, looks[-1], "settled")
    if n_seeds >= looks[-1]:
        return Look(n_seeds, looks[-1], "most")
    if all(pair.estimate.lessened_by(looks[-1]) < LEAST for pair in advice.open):
        return Look(n_seeds, looks[-1], "rows")
    running = [advice.best, *(pair.against for pair in (*advice.equal, *advice.open))]
    going = (loss for loss in losses if loss in running or not _is_worse(loss, running, pairs))
    return Look(n_seeds, looks[-1], None, tuple(going))


def _is_worse(loss: str, others: Sequence[str], pairs: dict[tuple[str, str], Pair]) -> bool:
    return all(pairs[loss, other].verdict == "worse" for other in others)
