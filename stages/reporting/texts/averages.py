"""What the averages of a loss's networks score, beside what one of them does."""

from stages.basics.words import between, number
from stages.verdicts.averaged import Averaged, averaged
from stages.verdicts.comparison import Comparison


def of(comparison: Comparison) -> dict[str, Averaged | None]:
    """By loss, what its averages score; None where no row was tested by two of its networks."""
    known, thresholds = (comparison.score, comparison.plan, comparison.labels), comparison.outcome.thresholds
    return {
        run.loss.name: averaged(run, *known, weights=comparison.weights, thresholds=thresholds.get(run.loss.name))
        for run in comparison.runs
    }


def cell(found: Averaged | None) -> str:
    """That in a table."""
    return f"{number(found.score)} ({between(found.fewest, found.most)} networks)" if found else "–"
