"""What became of the published claims: which of them hold once every loss is scored and tuned alike."""

from typing import Any

from stages.basics.markup import Markdown, code
from stages.reporting.formats import listed
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts.published import Claim, claims

TEMPLATE = """
## What became of the published claims

**Of {{ n }} published differences between losses, {{ n_hold }} {{ "holds" if n_hold == 1 else "hold" }}.**
{{ source }}, compared these losses by one run of each. Here each claim is tried with {{ n_seeds }} networks per loss,
{{ tried }}{% if tuned %}: see {{ tuned }}, where a loss has the learning rate and the number of epochs that suit it.
So errors there are of another size than the published ones{% endif %}.

{{ table }}

[The published figures beside ours](#published-figures)
"""


# by whether the comparisons that judge are tuned: some, all or none of them
_HOW = {
    frozenset({True, False}): "each loss at its own best where that was tried",
    frozenset({True}): "each loss at its own best",
    frozenset({False}): "at the one learning rate that was published",
}


def _content(_: Subject, report: Report) -> dict[str, Any] | None:
    tried = [claim for on_it in report.of_datasets for claim in claims(report.reference, on_it)]
    if not tried:
        return None
    tuned = list(dict.fromkeys(claim.comparison.name for claim in tried if claim.comparison.is_tuned))
    counts = sorted({claim.n_seeds for claim in tried})
    return {
        "n": len(tried),
        "n_hold": sum(claim.holds for claim in tried),
        "n_seeds": f"{counts[0]} to {counts[-1]}" if counts[1:] else counts[0],
        "tried": _HOW[frozenset(claim.comparison.is_tuned for claim in tried)],
        "tuned": listed(tuned) if tuned else "",
        "source": report.reference.source,
        "table": Table(("published", "does it hold?", "what we find"), list(map(_row, tried))),
    }


def _row(claim: Claim) -> tuple[str, ...]:
    than = "as good as" if claim.published[0] == claim.published[1] else "better than"
    scores = " against ".join(f"{score:.3f}" for score in claim.published)
    published = f"{claim.comparison.dataset}: {code(claim.loss)} is {than} {code(claim.against)} ({scores})"
    return Markdown(published), Markdown(f"**{claim.answer}**"), claim.why


SECTION = Section(part="claims", order=10, template=TEMPLATE, content=_content)
