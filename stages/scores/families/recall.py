"""The recall of one class."""

from functools import partial

from stages.losses.estimand import DECISIONS
from stages.scores import constants, terms
from stages.scores.score import Score, of_class
from stages.scores.statistic import OfMeans


def recall(index: int) -> Score:
    """The recall of one class."""
    return Score(
        f"recall_{index}",
        f"recall of class {index}",
        OfMeans(partial(terms.is_hit, index=index), partial(terms.is_of_class, index=index)),
        rewards=DECISIONS,
        constant=constants.none,
        tasks=("binary", "multiclass"),
        unit="share of its rows",
        higher_is_better=True,
        reach=partial(of_class, index=index),
        quota=index,
    )
