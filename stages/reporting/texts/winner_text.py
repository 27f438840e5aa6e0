"""Which loss the network to use is trained with."""

from stages.basics.markup import Markdown, code
from stages.records.winners import N_NETWORKS, Recommended
from stages.reporting.texts.verdict_text import surely_beats_constant
from stages.verdicts.comparison import Comparison


def recommended(comparison: Comparison) -> Recommended | None:
    """The loss to train with; None where every seed of every loss failed."""
    if not any(summary.n for summary in comparison.outcome.summaries.values()):
        return None
    loss, threshold = comparison.outcome.advice.best, comparison.outcome.to_use
    mean, beats_constant = comparison.outcome.summaries[loss].mean, surely_beats_constant(comparison, loss)
    return Recommended(
        loss, comparison.score.name, mean, beats_constant, None if threshold is None else threshold.tolist()
    )


def to_use(comparison: Comparison) -> Markdown:
    """How new rows are predicted, and by what; empty where every seed failed."""
    if (chosen := recommended(comparison)) is None:
        return Markdown()
    rows = f"{len(comparison.labels):,}"
    return Markdown(
        f"`make predict COMPARISON={comparison.name} FILE=new.csv`, by the average of {N_NETWORKS} networks that learn "
        f"from all {rows} rows with {code(chosen.loss)}"
    )
