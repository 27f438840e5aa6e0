"""The report: its parts, filled from the comparisons; `render` prints them."""

from dataclasses import dataclass

from stages.basics.words import counted
from stages.reporting import chapter, figures, published
from stages.reporting.chapter import Chapter
from stages.reporting.formats import difference, listed, number, p_cell, plus_minus, whole_percent
from stages.reporting.markdown import Image, Table, render
from stages.reporting.misleading import Misleading
from stages.reporting.published import Published, Reference
from stages.reporting.verdict_text import verdict_of
from stages.verdicts import pairs
from stages.verdicts.comparison import Comparison

_FOREST = Image(
    "Difference of each loss to its baseline with its 95 % interval, in units of the margin; "
    "the grey band holds differences that do not matter",
    "forest.png",
)


@dataclass(frozen=True)
class HowToRead:
    """What the last chapter needs of this report.

    Attributes:
        n_draws: of the simulation that is quoted.
        coverage: in how many percent of them the interval held the truth.
        false_verdicts: in how many percent of them a loss that does not differ was called better or worse.
        margins: each comparison's margin.
        seeds_needed: the fewest seeds for a verdict, of each comparison.
        split_varied: whether seeds had different rows, and what that means.
    """

    n_draws: int
    coverage: str
    false_verdicts: str
    margins: str
    seeds_needed: str
    split_varied: str


@dataclass(frozen=True)
class Report:
    """All that the page prints.

    Attributes:
        seeds: how many.
        verdicts: the verdict on each comparison, by its name.
        forest: the figure of all differences, where there are any.
        losses: every loss of every comparison.
        legend: what the scores of that table are.
        failures: a sentence for each loss of which seeds failed.
        chapters: one for each comparison.
        published: our scores beside the published ones, where any were published.
        misleading: scores that do not mean what they seem to.
        how_to_read: the last chapter.
    """

    seeds: str
    verdicts: dict[str, str]
    forest: Image | None
    losses: Table
    legend: str
    failures: list[str]
    chapters: list[Chapter]
    published: Published | None
    misleading: Misleading
    how_to_read: HowToRead


def report(comparisons: list[Comparison], reference: Reference) -> Report:
    """Fill every part of the page.

    Args:
        comparisons: at least one.
        reference: the published comparison.
    """
    misleading = Misleading.of(comparisons)
    return Report(
        seeds=counted(len(comparisons[0].seeds), "seed"),
        verdicts={comparison.name: verdict_of(comparison) for comparison in comparisons},
        forest=_FOREST if figures.forest_rows(comparisons) else None,
        losses=_losses(comparisons),
        legend=_legend(comparisons),
        failures=[sentence for comparison in comparisons for sentence in _failures(comparison)],
        chapters=[chapter.chapter(comparison, misleading.explained) for comparison in comparisons],
        published=published.beside(reference, comparisons),
        misleading=misleading,
        how_to_read=_how_to_read(comparisons),
    )


def markdown(comparisons: list[Comparison], reference: Reference) -> str:
    """The report as Markdown, its images relative to it."""
    return render("report.md.j2", report=report(comparisons, reference))


def _losses(comparisons: list[Comparison]) -> Table:
    rows = []
    for comparison in comparisons:
        for loss, summary in comparison.summaries("test").items():
            scored = (comparison.name, f"`{loss}`", f"{comparison.headline} {plus_minus(summary)}")
            if loss == comparison.baseline:
                rows.append((*scored, "baseline", "", "", ""))
                continue
            pair = comparison.pairs[loss, comparison.baseline]
            beats = f"{whole_percent(pair.beats)} %"
            rows.append((*scored, difference(pair), p_cell(pair.p_holm), beats, f"**{pair.verdict}**"))
    return Table(("dataset", "loss", "test score", "against the baseline", "p", "beats it on", "verdict"), rows)


def _legend(comparisons: list[Comparison]) -> str:
    scores = {comparison.score for comparison in comparisons}
    named = [
        f"`{score.name}`: {score.label}; {'higher' if score.higher_is_better else 'lower'} is better."
        for score in sorted(scores, key=[comparison.score for comparison in comparisons].index)
    ]
    if any(comparison.task != "regression" for comparison in comparisons):
        named.append("Classes are decided by each loss's own rule.")
    return " ".join(named)


def _failures(comparison: Comparison) -> list[str]:
    """A sentence for each loss of which seeds failed."""
    from_zero = comparison.score.higher_is_better and comparison.lowest >= 0
    worst = f"{comparison.headline} 0" if from_zero else "twice the largest error of any seed"
    sentences = []
    for run in comparison.runs:
        if run.failed:
            seeds = f"seed{'s' * (len(run.failed) > 1)} {', '.join(map(str, run.failed))}"
            count = "It counts" if len(run.failed) == 1 else "They count"
            sentences.append(
                f"`{run.loss.name}` on {comparison.name}: {seeds} failed: the loss or a weight became infinite or "
                f"not a number. {count} in no mean; in every comparison as {worst}."
            )
    return sentences


def _how_to_read(comparisons: list[Comparison]) -> HowToRead:
    return HowToRead(
        n_draws=pairs.SIMULATED_DRAWS,
        coverage=f"{100 * pairs.SIMULATED_COVERAGE:.1f}",
        false_verdicts=f"{100 * pairs.SIMULATED_FALSE_VERDICTS:.1f}",
        margins="; ".join(
            f"{comparison.name} {number(comparison.margin)} {comparison.headline}" for comparison in comparisons
        ),
        seeds_needed=", ".join(f"{comparison.seeds_needed} on {comparison.name}" for comparison in comparisons),
        split_varied=_split_varied(comparisons),
    )


def _split_varied(comparisons: list[Comparison]) -> str:
    folded = [comparison.name for comparison in comparisons if len(comparison.folds) > 1]
    if not folded:
        return "The split into train and test rows did not, so the intervals say nothing of other rows."
    sentence = (
        f"On {listed(folded)} the split into train and test rows varied too: the seeds take turns on the folds, and a "
        "seed has the same fold under every loss. Seeds of one fold share its rows, so a verdict there is about these "
        "folds: it says less of other rows than as many separate splits would, and more seeds do not change that."
    )
    if len(folded) < len(comparisons):
        sentence += " On the others it did not, so their intervals say nothing of other rows."
    return sentence
