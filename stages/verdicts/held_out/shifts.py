"""Why a loss that is ahead by its own rule is so no longer where thresholds are chosen, or decisions made by cost."""

import numpy as np

from stages.verdicts.outcome import Outcome

EXPLAINS = 0.5  # of a lead, as much at least has to come of the rule


def explains(outcome: Outcome, ahead: str, behind: str) -> bool:
    """Whether it is a shift of outputs: by their own rule two losses decide a class in unlike shares of the rows.

    That is so where the lead is lost as the other gains more by its threshold, and where the shares are nearer to each
    other there.

    Args:
        outcome: with what would have come of the rule.
        ahead: the loss that is ahead by the rule.
        behind: the other.
    """
    by_rule = outcome.by_rule
    lead, left = (part.pairs[ahead, behind].difference for part in (by_rule, outcome))
    apart_by_rule, apart = (np.abs(part.shares[ahead] - part.shares[behind]).max() for part in (by_rule, outcome))
    return bool(lead - left >= EXPLAINS * lead and apart < apart_by_rule)
