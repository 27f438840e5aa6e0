"""What became of the published claims: which of them hold once every loss is scored and tuned alike."""

from typing import Any

from stages.basics.markup import Markdown, code
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts.published import Claim, claims

TEMPLATE = """
## What became of the published claims

**Of {{ n }} published differences between losses, {{ n_hold }} {{ "holds" if n_hold == 1 else "hold" }}.**
{{ source }}, compared these losses by one run of each. Here each claim is tried with {{ n_seeds }} networks per loss,
{{ tried }}

{{ table }}

[The published figures beside ours](#published-figures)
"""


def _content(subject: Subject, report: Report) -> dict[str, Any] | None:
    every = [claim for on_it in report.of_datasets for claim in claims(report.reference, on_it)]
    if not every:
        return None
    is_tuned = any(comparison.is_tuned for comparison in subject)
    return {
        "n": len(every),
        "n_hold": sum(claim.holds for claim in every),
        "n_seeds": len(subject[0].seeds),
        "tried": "each loss at its own best." if is_tuned else "at the one learning rate that was published.",
        "source": report.reference.source,
        "table": Table(("published", "does it hold?", "what we find"), list(map(_row, every))),
    }


def _row(claim: Claim) -> tuple[str, ...]:
    than = "as good as" if claim.published[0] == claim.published[1] else "better than"
    scores = " against ".join(f"{each:.3f}" for each in claim.published)
    said = f"{claim.dataset}: {code(claim.loss)} is {than} {code(claim.against)} ({scores})"
    return Markdown(said), Markdown(f"**{claim.answer}**"), claim.why


SECTION = Section(part="claims", order=10, template=TEMPLATE, content=_content)
