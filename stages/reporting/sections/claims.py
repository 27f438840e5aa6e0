"""What became of the published claims: which of them hold once every loss is scored and tuned alike."""

from typing import Any

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted
from stages.reporting.formats import listed
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.sections.answer import anchor_of
from stages.reporting.texts import answer_text
from stages.reporting.texts.published import Claim, by_old_accuracy, claims
from stages.verdicts.comparison import Comparison

TEMPLATE = """
## What became of the published claims

**Of {{ differences }} between losses, {{ n_hold }} {{ "holds" if n_hold == 1 else "hold" }}.**
Each was seen in one run of each loss. Here {{ n_seeds }} networks per loss try it, {{ tried }}{% if tuned %}: in
{{ tuned }}, where errors are of another size{% endif %}.
{% if repeated %}
{{ repeated }} as was published, at one rate for all losses.
{% endif %}

{{ answers }}

{{ table }}

{{ old_accuracy }}

Published by {{ source }}: [the figures beside ours](#published-figures)
"""


# by whether the comparisons that judge are tuned: some, all or none of them
_HOW = {
    frozenset({True, False}): "each loss at its own best where that was tried",
    frozenset({True}): "each loss at its own best rate and epochs",
    frozenset({False}): "at the one learning rate that was published",
}


def _content(_: Subject, report: Report) -> dict[str, Any] | None:
    tried = [claim for on_it in report.of_datasets for claim in claims(report.reference, on_it)]
    if not tried:
        return None
    judges = list({claim.comparison.name: claim.comparison for claim in tried}.values())
    tuned = [comparison.name for comparison in judges if comparison.is_tuned]
    repeated = [other.name for other in report.comparisons if report.is_published(other) and not other.is_tuned]
    datasets = [comparison.dataset for comparison in judges]
    counts = sorted({claim.n_seeds for claim in tried})
    return {
        "differences": counted(len(tried), "published difference"),
        "n_hold": sum(claim.holds for claim in tried),
        "n_seeds": f"{counts[0]} to {counts[-1]}" if counts[1:] else counts[0],
        "tried": _HOW[frozenset(claim.comparison.is_tuned for claim in tried)],
        "tuned": listed(tuned) if tuned else "",
        "repeated": _train(repeated) if tuned and repeated else "",
        "source": report.reference.source,
        "answers": Table(
            ("problem", "what to train with", "score", "a wrong choice costs at most (95 % sure)"),
            [_answer(comparison, report, is_alone=datasets.count(comparison.dataset) == 1) for comparison in judges],
        ),
        "table": Table(
            ("published", "does it hold?", "our scores", "so the first is (95 % sure)"), list(map(_row, tried))
        ),
        "old_accuracy": by_old_accuracy(report.reference, tried),
    }


def _train(comparisons: list[str]) -> Markdown:
    return Markdown(f"{listed(comparisons)} {'trains' if len(comparisons) == 1 else 'train'}")


def _answer(comparison: Comparison, report: Report, *, is_alone: bool) -> tuple[str, ...]:
    """What to train with, what that gives, and what it costs to be wrong, in a row."""
    best = comparison.outcome.advice.best
    # how its losses are trained stands above
    link = f"[{text(comparison.dataset if is_alone else comparison.name)}](#{anchor_of(comparison, report)})"
    score = f"{comparison.score.name} {answer_text.score_of(comparison, best)}"
    return (
        Markdown(link),
        answer_text.in_a_line(comparison),
        score,
        answer_text.cost_of_being_wrong(comparison),
    )


def _row(claim: Claim) -> tuple[str, ...]:
    than = "as good as" if claim.published[0] == claim.published[1] else "better than"
    scores = " against ".join(f"{score:.3f}" for score in claim.published)
    published = f"{claim.comparison.dataset}: {code(claim.loss)} is {than} {code(claim.against)} ({scores})"
    return Markdown(published), Markdown(f"**{claim.answer}**"), claim.scores, claim.why


SECTION = Section(part="claims", order=10, template=TEMPLATE, content=_content)
