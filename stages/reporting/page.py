"""The report: its parts, filled from the comparisons; `markdown` prints them."""

from dataclasses import dataclass

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted, number
from stages.reporting import chapter, crowd, figures, loss_text
from stages.reporting.chapter import Chapter
from stages.reporting.formats import NAMED, difference, p_cell, plus_minus, rate_of
from stages.reporting.html_page import anchor
from stages.reporting.markdown import Image, Table, render
from stages.reporting.misleading import Misleading
from stages.reporting.published import Reference
from stages.reporting.section import heading, verdict_cell
from stages.reporting.verdict_text import verdict
from stages.verdicts.clusters import FEWEST_GROUPS, FEWEST_IN_TIME
from stages.verdicts.comparison import Comparison
from stages.verdicts.cuts import FEWEST
from stages.verdicts.pairs import FEW_ROWS, FEWEST_SEEDS

_FOREST = Image(
    "Difference of each loss to the recommended one, or the baseline, with its 95 % interval for new rows, in units of "
    "the margin, coloured by "
    "verdict; the grey band holds differences that do not matter",
    "forest.png",
)


@dataclass(frozen=True)
class HowToRead:
    """What the last chapter needs of this report.

    Attributes:
        fewest_seeds: for a verdict.
        fewest_to_cut: seeds, among fewer of which none is told from the others.
        fewest_groups: fewer make an interval a little too narrow.
        fewest_in_time: test rows in the order of time; fewer do so too.
        few_rows: fewer that tell losses apart make an interval only roughly right.
        margins: each comparison's margin.
        tuned: whether any loss was tuned.
    """

    fewest_seeds: int
    fewest_to_cut: int
    fewest_groups: int
    fewest_in_time: int
    few_rows: int
    margins: str
    tuned: bool


@dataclass(frozen=True)
class Report:
    """All that the page prints.

    Attributes:
        seeds: how many.
        verdicts: the verdict on each comparison, by a link to its section.
        forest: the figure of all differences, where there are any.
        losses: every loss of every comparison.
        legend: what the scores of that table are.
        failures: a sentence for each loss of which seeds failed.
        chapters: one for each dataset.
        misleading: scores that do not mean what they seem to.
        how_to_read: the last chapter.
    """

    seeds: str
    verdicts: dict[Markdown, Markdown]
    forest: Image | None
    losses: Table
    legend: Markdown
    failures: list[Markdown]
    chapters: list[Chapter]
    misleading: Misleading
    how_to_read: HowToRead


def report(comparisons: list[Comparison], reference: Reference, *, cells: bool = True) -> Report:
    """Fill every part of the page.

    Args:
        comparisons: at least one.
        reference: the published comparison.
        cells: whether what the cells of tables hold may be quoted.
    """
    misleading = Misleading.of(comparisons)
    return Report(
        seeds=counted(len(comparisons[0].seeds), "seed"),
        verdicts={_link(comparison.name, comparison): Markdown(verdict(comparison)) for comparison in comparisons},
        forest=_FOREST if figures.forest_rows(comparisons) else None,
        losses=_losses(comparisons),
        legend=_legend(comparisons),
        failures=[sentence for comparison in comparisons for sentence in _failures(comparison)],
        chapters=chapter.chapters(comparisons, reference, misleading.explained, cells=cells),
        misleading=misleading,
        how_to_read=HowToRead(
            fewest_seeds=FEWEST_SEEDS,
            fewest_to_cut=FEWEST,
            fewest_groups=FEWEST_GROUPS,
            fewest_in_time=FEWEST_IN_TIME,
            few_rows=FEW_ROWS,
            margins="; ".join(f"{each.name} {number(each.outcome.margin)} {each.score.name}" for each in comparisons),
            tuned=any(comparison.is_tuned for comparison in comparisons),
        ),
    )


def markdown(comparisons: list[Comparison], reference: Reference, *, cells: bool = True) -> str:
    """The report as Markdown, its images relative to it: see `report`."""
    return render("report.md.j2", report=report(comparisons, reference, cells=cells))


def _link(shown: str, comparison: Comparison) -> Markdown:
    """A link to the section of a comparison."""
    return Markdown(f"[{text(shown)}](#{anchor(heading(comparison))})")


def _losses(comparisons: list[Comparison]) -> Table:
    rows = []
    for comparison in comparisons:
        for run in crowd.runs(comparison):
            loss = run.loss.name
            if loss == comparison.outcome.baseline:
                what = "baseline" if comparison.own_baseline else "recommended"
                judged, against = _link(what, comparison), ("", "")
            else:
                pair = comparison.outcome.pairs[loss, comparison.outcome.baseline]
                judged = _link(verdict_cell(comparison, pair), comparison)
                against = difference(pair), p_cell(pair.p)
            scored = f"{comparison.score.name} {plus_minus(comparison.outcome.summaries[loss])}"
            scored = "; ".join(filter(None, [scored, loss_text.covers(run)]))
            trained = rate_of(run), str(run.n_epochs)
            rows.append((comparison.name, loss_text.named(run.loss), judged, scored, *against, *trained))
        if others := crowd.others(comparison):
            judged = _link(crowd.verdicts_of_others(comparison), comparison)
            rows.append((comparison.name, f"{len(others):,} others", judged, *[""] * 5))
    head = ("comparison", "loss", "verdict", "test score", "against it", "p", "learning rate", "epochs")
    return Table(head, rows)


def _legend(comparisons: list[Comparison]) -> Markdown:
    scores = dict.fromkeys(comparison.score for comparison in comparisons)
    named = [
        f"{code(score.name)}: {text(score.label)}; {'higher' if score.higher_is_better else 'lower'} is better."
        for score in scores
    ]
    if any(comparison.task != "regression" for comparison in comparisons):
        named.append("Classes are decided by each loss's own rule.")
    return Markdown(" ".join(named))


def _failures(comparison: Comparison) -> list[Markdown]:
    """A sentence for each loss of which seeds failed."""
    worst = f"a test {text(comparison.score.name)} of {number(comparison.outcome.worst)}"
    name, failed, sentences = text(comparison.name), [run for run in comparison.runs if run.failed], []
    for run in failed[:NAMED]:
        seeds = f"seed{'s' * (len(run.failed) > 1)} {', '.join(map(str, run.failed))}"
        count = "It counts" if len(run.failed) == 1 else "They count"
        sentences.append(
            f"{code(run.loss.name)} in {name}: {seeds} failed: the loss or a weight became infinite or "
            f"not a number. {count} in no mean; in every pair as {worst}."
        )
    if len(failed) > NAMED:
        sentences.append(f"In {name} seeds of {len(failed) - NAMED:,} more failed; its section says which.")
    return list(map(Markdown, sentences))
