"""What makes a verdict less certain: losses that suit the data badly, failed seeds, rates at an edge."""

from typing import Any

from stages.basics.markup import Markdown, code, text
from stages.basics.words import number, percent
from stages.reporting.formats import NAMED, listed
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import astray_text, misleading, tuning_text
from stages.scores import choosing
from stages.verdicts.comparison import Comparison, class_sizes, is_misleading
from stages.wording.validity import in_words

TEMPLATE = """
{% for remark in remarks %}
- {{ remark }}
{% endfor %}
"""


def _content(subject: Subject, report: Report) -> dict[str, Any]:
    [comparison] = subject
    explained = misleading.Misleading.of(report.comparisons).explained
    return {
        "remarks": [
            *_failures(comparison),
            *_validity(comparison, explained),
            *_imbalance(comparison),
            *tuning_text.doubts(comparison),
            *astray_text.remarks(comparison),
        ]
    }


def _validity(comparison: Comparison, explained: set[tuple[str, str]]) -> list[Markdown]:
    alike: dict[str, list[str]] = {}
    for loss, judged in comparison.validity.items():
        if judged.reasons:
            why = " ([why](#what-some-scores-do-not-mean))" if (comparison.name, loss) in explained else ""
            alike.setdefault(f"{text(in_words(judged))}{why}", []).append(loss)
    return [Markdown(f"{listed(losses)}{':' * (len(losses) > 1)} {judged}.") for judged, losses in alike.items()]


def _imbalance(comparison: Comparison) -> list[Markdown]:
    classes, n_rows = comparison.description.classes, len(comparison.labels)
    sizes = class_sizes(comparison.labels, comparison.description)
    if not choosing.are_unequal(sizes.tolist()):
        return []
    rarest, commonest = int(sizes.argmin()), int(sizes.argmax())
    sentence = (
        f"Classes are unequal: {code(classes[rarest])} has {sizes[rarest]:,} of {n_rows:,} rows "
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
    """A sentence for each loss of which seeds failed."""
    worst = f"a test {text(comparison.score.name)} of {number(comparison.outcome.worst)}"
    failed, sentences = [run for run in comparison.runs if run.failed], []
    for run in failed[:NAMED]:
        seeds = f"seed{'s' * (len(run.failed) > 1)} {', '.join(map(str, run.failed))}"
        count = "It counts" if len(run.failed) == 1 else "They count"
        sentences.append(
            f"{code(run.loss.name)}: {seeds} failed: the loss or a weight became infinite or "
            f"not a number. {count} in no mean; in every pair as {worst}."
        )
    if len(failed) > NAMED:
        sentences.append(f"Seeds of {len(failed) - NAMED:,} more losses failed; the table of losses says which.")
    return list(map(Markdown, sentences))


SECTION = Section(part="sure", order=20, template=TEMPLATE, content=_content)
