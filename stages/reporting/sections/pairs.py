"""Every pair of losses of a comparison: the difference for new rows, its interval and the verdict."""

import itertools
from typing import Any

from stages.basics.markup import Markdown, code
from stages.reporting import top_losses
from stages.reporting.formats import difference, interval, p_cell
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts.verdict_text import verdict_cell
from stages.verdicts.comparison import Comparison

TEMPLATE = """
<details><summary>Every pair of losses</summary>

{{ pairs }}

</details>
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    if not comparison.outcome.pairs:
        return None
    return {"pairs": _pairs(comparison)}


def _pairs(comparison: Comparison) -> Table:
    fixed = comparison.plan.fixed
    rows = []
    for losses in itertools.combinations(top_losses.shown(comparison), 2):
        pair = comparison.outcome.pairs[losses]
        names = Markdown(f"{code(pair.loss)} − {code(pair.against)}")
        on_these_rows = (interval(pair.on_these_rows),) if fixed and pair.on_these_rows else ("–",) * fixed
        rows.append((names, difference(pair), verdict_cell(comparison, pair), p_cell(pair.p), *on_these_rows))
    head = ("pair", "difference for new rows", "verdict", "p", *(("on these very rows",) * fixed))
    return Table(head, rows)


SECTION = Section(part="sure", order=30, template=TEMPLATE, content=_content)
