"""At which threshold each loss decides, and what its score would be by its own rule."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code
from stages.basics.words import number
from stages.reporting import top_losses
from stages.reporting.formats import plus_minus
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import threshold_text
from stages.verdicts.comparison import Comparison

TEMPLATE = """
Each loss decides at a threshold of its own, the best for {{ headline }} on rows that a network is not scored on (the
mean over resamples of them), so that the score does not measure how a loss happens to shift its outputs:

{{ table }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    if not comparison.outcome.thresholds:
        return None
    return {"headline": code(comparison.score.name), "table": _table(comparison)}


def _table(comparison: Comparison) -> Table:
    outcome, rows = comparison.outcome, []
    of_two = comparison.task == "binary"
    for run in top_losses.runs(comparison):
        loss, chosen = run.loss.name, outcome.thresholds[run.loss.name]
        mean = ", ".join(number(value) for value in np.median(chosen, axis=0))
        at_rule = "–"
        if loss != outcome.baseline:
            pair = outcome.by_rule.pairs[loss, outcome.baseline]
            doubt = threshold_text.caution(comparison, outcome.pairs[loss, outcome.baseline])
            at_rule = f"**{pair.verdict}**" + (f" ({doubt})" if doubt else "")
        scores = (plus_minus(each.summaries[loss]) for each in (outcome, outcome.by_rule))
        rows.append((code(loss), mean, *scores, Markdown(at_rule)))
    rules = dict.fromkeys(threshold_text.rule(run.loss) for run in comparison.runs)
    usual = " or ".join(rules)
    what = "threshold" if of_two else f"offsets of {', '.join(comparison.description.classes)}"
    name = comparison.score.name
    return Table(("loss", what, f"{name} there", f"{name} {usual}", f"verdict {usual}"), rows)


SECTION = Section(part="sure", order=25, template=TEMPLATE, content=_content)
