"""Which loss the network to use is trained with, and why."""

from typing import Any

from stages.basics.markup import Markdown, code
from stages.records.winners import N_NETWORKS
from stages.reporting.texts.verdict_text import surely_beats_constant
from stages.verdicts.comparison import Comparison

_SHOWN = 3  # losses that are named


def recommended(comparison: Comparison) -> dict[str, Any] | None:
    """The loss to train with, why it is taken, and its mean; None where every seed of every loss failed."""
    if not any(summary.n for summary in comparison.outcome.summaries.values()):
        return None
    loss, threshold = comparison.outcome.advice.best, comparison.outcome.to_use
    told = {"loss": loss, "why": _why(comparison), "mean": comparison.outcome.summaries[loss].mean}
    return told if threshold is None else told | {"threshold": threshold.tolist()}


def to_use(comparison: Comparison) -> Markdown:
    """How new rows are predicted, and by what; empty where every seed failed."""
    if (chosen := recommended(comparison)) is None:
        return Markdown()
    rows = f"{len(comparison.labels):,}"
    return Markdown(
        f"`make predict COMPARISON={comparison.name} FILE=new.csv`, by the average of {N_NETWORKS} networks that learn "
        f"from all {rows} rows with {code(chosen['loss'])}"
    )


def _why(comparison: Comparison) -> str:
    advice, best = comparison.outcome.advice, f"its mean test {comparison.score.name} is the best"
    if advice.best != advice.leader:
        best = f"it is the usual loss, and {advice.leader}, whose mean is the best, is better by less than matters"
    if not surely_beats_constant(comparison, advice.best):
        return f"{best}, though not surely better than that of a constant prediction"
    if len(comparison.losses) == 1:
        others = comparison.other_names.get(advice.best, [])
        return f"{_named(others)} would be the same objective" if others else "it is the only loss that was trained"
    undecided, alike = (
        [pair.against for pair in pairs if pair.against != advice.leader] for pairs in (advice.open, advice.equal)
    )
    if undecided:
        others = [*alike, *undecided]
        return f"{best}; {_named(others)} {'is' if len(others) == 1 else 'are'} not shown to be worse"
    if alike:
        return f"{best}; {_named(alike)} would do as well"
    if advice.best != advice.leader:
        return best
    return "every other loss is worse"


def _named(losses: list[str]) -> str:
    first, more = losses[:_SHOWN], len(losses) - _SHOWN
    if more > 0:
        return f"{', '.join(first)} and {more} {'other' if more == 1 else 'others'}"
    return " and ".join(filter(None, [", ".join(first[:-1]), first[-1]]))
