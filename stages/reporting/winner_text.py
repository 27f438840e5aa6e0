"""Which loss the network to use is trained with, and why."""

from typing import Any

from stages.reporting.verdict_text import surely_beats_constant
from stages.verdicts.comparison import Comparison

_SHOWN = 3  # losses that are named


def recommended(comparison: Comparison) -> dict[str, Any] | None:
    """The loss with the best mean, why it is taken, and that mean; None where every seed of every loss failed."""
    if not any(summary.n for summary in comparison.summaries.values()):
        return None
    loss = comparison.advice.best
    return {"loss": loss, "why": _why(comparison), "mean": comparison.summaries[loss].mean}


def _why(comparison: Comparison) -> str:
    advice, best = comparison.advice, f"its mean test {comparison.headline} is the best"
    if not surely_beats_constant(comparison, advice.best):
        return f"{best}, though not surely better than that of a constant prediction"
    if len(comparison.losses) == 1:
        return "it is the only loss that was trained"
    if others := [pair.against for pair in [*advice.equal, *advice.open]]:
        more = f" and {len(others) - _SHOWN} others" if len(others) > _SHOWN else ""
        verb = "is" if len(others) == 1 else "are"
        return f"{best}, and {', '.join(others[:_SHOWN])}{more} {verb} not shown to be worse"
    return "every other loss is worse"
