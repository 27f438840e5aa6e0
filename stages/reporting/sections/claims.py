"""What became of the published claims: which of them hold once every loss is scored and tuned alike."""

from typing import Any

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted
from stages.reporting.formats import listed
from stages.reporting.html_page import anchor
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import answer_text
from stages.reporting.texts.published import Claim, claims
from stages.reporting.texts.verdict_text import verdict
from stages.verdicts.comparison import Comparison

TEMPLATE = """
## What became of the published claims

**Of {{ differences }} between losses, {{ n_hold }} {{ "holds" if n_hold == 1 else "hold" }}.**
Each was seen in one run of each loss. Here each claim is tried with {{ n_seeds }} networks per loss,
{{ tried }}{% if tuned %}: in {{ tuned }} it has the learning rate and the number of epochs that suit it.
So errors are of another size than the published ones{% endif %}.

{{ answers }}

{{ table }}

Published by {{ source }}: [the figures beside ours](#published-figures)
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
    judges = list({claim.comparison.name: claim.comparison for claim in tried}.values())
    tuned = [comparison.name for comparison in judges if comparison.is_tuned]
    counts = sorted({claim.n_seeds for claim in tried})
    return {
        "differences": counted(len(tried), "published difference"),
        "n_hold": sum(claim.holds for claim in tried),
        "n_seeds": f"{counts[0]} to {counts[-1]}" if counts[1:] else counts[0],
        "tried": _HOW[frozenset(claim.comparison.is_tuned for claim in tried)],
        "tuned": listed(tuned) if tuned else "",
        "source": report.reference.source,
        "answers": Table(
            ("problem", "what to train with", "score", "a wrong choice costs at most (95 % sure)"),
            list(map(_answer, judges)),
        ),
        "table": Table(("published", "does it hold?", "what we find"), list(map(_row, tried))),
    }


def _answer(comparison: Comparison) -> tuple[str, ...]:
    """What to train with, what that gives, and what it costs to be wrong, in a row."""
    name, advice = comparison.name, comparison.outcome.advice
    link = f"[{text(name)}](#{anchor(f'{name}: {answer_text.question(comparison)}')})"
    score = f"{comparison.score.name} {answer_text.score_of(comparison, advice.best)}"
    return (
        Markdown(link),
        Markdown(f"**{verdict(comparison).lead}**"),
        score,
        answer_text.cost_of_being_wrong(comparison),
    )


def _row(claim: Claim) -> tuple[str, ...]:
    than = "as good as" if claim.published[0] == claim.published[1] else "better than"
    scores = " against ".join(f"{score:.3f}" for score in claim.published)
    published = f"{claim.comparison.dataset}: {code(claim.loss)} is {than} {code(claim.against)} ({scores})"
    return Markdown(published), Markdown(f"**{claim.answer}**"), claim.why


SECTION = Section(part="claims", order=10, template=TEMPLATE, content=_content)
