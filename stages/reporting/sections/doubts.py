"""What makes a verdict less certain: losses that suit the data badly, failed or astray seeds, rates at an edge."""

import math
from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code, text
from stages.basics.words import counted, number, percent
from stages.reporting import top_losses
from stages.reporting.formats import NAMED, enumerated, listed
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import misleading, tuning_text
from stages.scores import choosing
from stages.verdicts.comparison import Comparison, class_sizes, is_misleading
from stages.verdicts.cuts import FEWEST
from stages.verdicts.statistics import astray, most_astray
from stages.wording.validity import in_words

TEMPLATE = """
{% for remark in remarks %}
- {{ remark }}
{% endfor %}

{% if is_astray %}
{{ once("Seeds that went astray count in a mean like all others; a verdict is never the milder for them.") }}
{% endif %}
"""


def _content(subject: Subject, report: Report) -> dict[str, Any]:
    [comparison] = subject
    explained = misleading.Misleading.of(report.comparisons).explained
    scores = comparison.outcome.scores
    return {
        "is_astray": any(astray(scores[run.loss.name]).any() for run in top_losses.runs(comparison)),
        "remarks": [
            *_failures(comparison),
            *_validity(comparison, explained),
            *_imbalance(comparison),
            *tuning_text.doubts(comparison),
            *_astray(comparison),
        ],
    }


def _validity(comparison: Comparison, explained: set[tuple[str, str]]) -> list[Markdown]:
    alike: dict[str, list[str]] = {}
    for loss, judged in comparison.validity.items():
        if judged.reasons:
            why = " ([why](#what-some-scores-do-not-mean))" if (comparison.name, loss) in explained else ""
            alike.setdefault(f"{text(in_words(judged))}{why}", []).append(loss)
    return [Markdown(f"{listed(losses)}{':' * (len(losses) > 1)} {judged}.") for judged, losses in alike.items()]


def _imbalance(comparison: Comparison) -> list[Markdown]:
    if comparison.description.has_positions == "labels":  # each of which has its own share, in a table
        return []
    classes, n_rows = comparison.description.classes, comparison.labels.size
    what = "positions" if comparison.description.target_shape else "rows"
    sizes = class_sizes(comparison.labels, comparison.description)
    if not choosing.are_unequal(sizes.tolist()):
        return []
    rarest, commonest = int(sizes.argmin()), int(sizes.argmax())
    sentence = (
        f"Classes are unequal: {code(classes[rarest])} has {sizes[rarest]:,} of {n_rows:,} {what} "
        f"({percent(sizes[rarest] / n_rows)}), and always saying {code(classes[commonest])} would be right in "
        f"{percent(sizes[commonest] / n_rows)}."
    )
    if is_misleading(comparison):
        sentence += (
            f" Accuracy says little here: `report.headline: {{{comparison.name}: balanced_accuracy}}` in `params.yaml` "
            "judges by the mean recall of the classes."
        )
    return [Markdown(sentence)]


def _failures(comparison: Comparison) -> list[Markdown]:
    """A sentence for each loss of which seeds failed, and how they count."""
    failed, sentences = [run for run in comparison.runs if run.failed], []
    for run in failed[:NAMED]:
        seeds = f"seed{'s' * (len(run.failed) > 1)} {', '.join(map(str, run.failed))}"
        sentences.append(
            f"{code(run.loss.name)}: {seeds} failed: the loss or a weight became infinite or not a number."
        )
    if len(failed) > NAMED:
        sentences.append(f"Seeds of {len(failed) - NAMED:,} more losses failed; the table of losses says which.")
    if failed:
        worst = f"a test {text(comparison.score.name)} of {number(comparison.outcome.worst)}"
        sentences.append(f"What failed counts in no mean; in every pair as {worst}.")
    return list(map(Markdown, sentences))


def _astray(comparison: Comparison) -> list[Markdown]:
    """Which seeds of which losses went astray, and what share of the recommended loss's seeds did."""
    scores = comparison.outcome.scores
    sentences = [
        _who_went_astray(comparison, run.loss.name, scores[run.loss.name])
        for run in top_losses.runs(comparison)
        if astray(scores[run.loss.name]).any()
    ]
    best = comparison.outcome.advice.best
    return [*sentences, _share_astray(best, scores[best])] if len(comparison.seeds) >= FEWEST else sentences


def _who_went_astray(comparison: Comparison, loss: str, scores: np.ndarray) -> Markdown:
    far, [seeds] = astray(scores), [run.seeds for run in comparison.runs if run.loss.name == loss]
    others = scores[np.isfinite(scores) & ~far]
    low, high = number(scores[far].min()), number(scores[far].max())
    seeds = enumerated([str(seed) for seed, is_far in zip(seeds, far, strict=True) if is_far])
    return Markdown(
        f"{'Seeds' if far.sum() > 1 else 'Seed'} {seeds} of {code(loss)} went astray, with a test "
        f"{text(comparison.score.name)} of {low if low == high else f'{low} to {high}'}; the others lie between "
        f"{number(others.min())} and {number(others.max())}, {number(others.mean())} on average."
    )


def _share_astray(loss: str, scores: np.ndarray) -> Markdown:
    n_astray = int((astray(scores) | ~np.isfinite(scores)).sum())
    share = f"{math.ceil(100 * most_astray(n_astray, len(scores))):.0f} %"
    seeds = f"of {counted(len(scores), 'seed')} of {code(loss)}"
    if not n_astray:
        return Markdown(f"None {seeds} failed or went astray, which says that at most {share} do (95 %).")
    return Markdown(f"{n_astray} {seeds} failed or went astray, which says that up to {share} may (95 %).")


SECTION = Section(part="sure", order=20, template=TEMPLATE, content=_content)
