"""Models that are no networks, beside the networks of the recommended loss."""

from typing import Any

from stages.basics.markup import Markdown, code
from stages.basics.words import counted
from stages.reporting.formats import difference, plus_minus
from stages.reporting.markdown import Table, blocks
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import reference_text

TEMPLATE = """
Models that are no networks, by scikit-learn on the same splits, against the networks of {{ best }} (the first
{{ seeds }}):

{% if table %}
{{ table }}

{% endif %}
{{ notes }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    notes = reference_text.notes(comparison)
    if not comparison.beside and not notes:
        return None
    rows = [
        (
            reference_text.title(comparison, beside.reference),
            plus_minus(beside.summary),
            difference(beside.pair),
            Markdown(f"**{beside.pair.verdict}**"),
        )
        for beside in comparison.beside
    ]
    best = code(comparison.outcome.advice.best)
    return {
        "best": best,
        "seeds": counted(max(len(reference.seeds) for reference in comparison.references), "seed"),
        "table": Table(("model", comparison.score.name, Markdown(f"against {best}"), "verdict"), rows)
        if rows
        else None,
        "notes": blocks(notes),
    }


SECTION = Section(part="sure", order=28, template=TEMPLATE, content=_content)
