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
{% if costs %}
Each row is decided as what is expected to cost least{{ once(", by probabilities that are calibrated on rows that a"
" network is not scored on") }}: {{ costs }}.
{% else %}
Each loss decides at its own threshold, for {{ headline }}{{ once(": the best on rows that a network is not scored on"
" (the mean over resamples of them), so that the score does not measure how a loss happens to shift its outputs") }}:
{% endif %}

{{ table }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    if comparison.outcome.by_rule is None:
        return None
    return {"headline": code(comparison.score.name), "table": _table(comparison), "costs": _costs(comparison)}


def _costs(comparison: Comparison) -> Markdown:
    """What each error costs; empty where nothing does."""
    classes, costs = comparison.description.classes, comparison.score.costs or ()
    errors = [
        f"{code(of)} taken for {code(taken)} {f'what {code(cost)} holds' if isinstance(cost, str) else number(cost)}"
        for of, line in zip(classes, costs, strict=False)
        for taken, cost in zip(classes, line, strict=True)
        if cost
    ]
    return Markdown("; ".join(errors))


def _table(comparison: Comparison) -> Table:
    outcome, rows, name = comparison.outcome, [], comparison.score.name
    of_two, thresholds = comparison.task == "binary", outcome.thresholds
    for run in top_losses.runs(comparison):
        loss, at_rule = run.loss.name, "–"
        if loss != outcome.baseline:
            pair = outcome.by_rule.pairs[loss, outcome.baseline]
            doubt = threshold_text.caution(comparison, outcome.pairs[loss, outcome.baseline])
            at_rule = f"**{pair.verdict}**" + (f" ({doubt})" if doubt else "")
        middle = (", ".join(map(_cut, np.median(thresholds[loss], axis=0))),) if thresholds else ()
        scores = (plus_minus(judged.summaries[loss]) for judged in (outcome, outcome.by_rule))
        rows.append((code(loss), *middle, *scores, Markdown(at_rule)))
    rules = dict.fromkeys(threshold_text.rule(run.loss) for run in comparison.runs)
    usual = " or ".join(rules) if len(rules) < 3 else "by each loss's rule"
    names, of_labels = comparison.description, comparison.description.has_positions == "labels"
    what = "threshold" if of_two else f"offsets of {', '.join(names.classes)}"
    what = f"thresholds of {', '.join(names.targets)}" if of_labels else what
    heads = (what, f"{name} there") if thresholds else (name,)
    return Table(("loss", *heads, f"{name} {usual}", f"verdict {usual}"), rows)


def _cut(value: float) -> str:
    """A threshold or an offset, to three digits."""
    return number(value).replace("-", "−")


SECTION = Section(part="sure", order=25, template=TEMPLATE, content=_content)
