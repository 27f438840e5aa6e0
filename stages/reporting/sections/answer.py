"""The first screen of a comparison: what to train with, what that gives, how sure it is, and what to type."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code
from stages.basics.words import between, counted
from stages.records.winners import N_NETWORKS
from stages.reporting import top_losses
from stages.reporting.drawing import panel
from stages.reporting.drawing.plots import Grid
from stages.reporting.formats import listed
from stages.reporting.html_page import anchor
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.reporting.texts import answer_text, keras_text
from stages.reporting.texts.verdict_text import surely_beats_constant, verdict
from stages.verdicts.comparison import Comparison
from stages.wording import datasets

TEMPLATE = """
## {{ name }}: {{ question }}

**{{ lead }}**
{{ gives }}

{{ sureness }}
{{ others }}
{{ sizes }}

{% if train %}
**Train:** {{ train }}

{% endif %}
{% if predict %}
**Predict:** {{ predict }}

{% endif %}
{{ figures }}

{% if table %}
{{ table }}

{% endif %}
{{ size }}{% if links %} · {{ links }}{% endif %}
"""


def _content(subject: Subject, report: Report) -> dict[str, Any]:
    [comparison] = subject
    learned = any(summary.n for summary in comparison.outcome.summaries.values())
    best = comparison.outcome.advice.best
    [run] = [run for run in comparison.runs if run.loss.name == best]
    is_used = learned and surely_beats_constant(comparison, best)
    return {
        "name": comparison.name,
        "question": answer_text.question(comparison),
        "lead": Markdown(verdict(comparison).lead),
        "gives": answer_text.gives(comparison),
        "table": answer_text.table(comparison) if learned else None,
        "sureness": answer_text.sureness(comparison) if learned else "",
        "others": answer_text.by_other_scores(comparison) if learned else "",
        "sizes": _why_of_another_size(comparison, report) if learned else "",
        "train": keras_text.compiled(run) if is_used else "",
        "predict": _to_use(comparison, report.predict) if is_used else "",
        "size": _size(comparison),
        "links": _links(comparison) if report.is_linked else "",
    }


def _why_of_another_size(comparison: Comparison, report: Report) -> Markdown:
    """Why the errors are of another size than in a comparison on the same rows; empty where there is none."""
    [on_it] = [group for group in report.of_datasets if comparison in group]
    others = [other.name for other in on_it if other.is_tuned is not comparison.is_tuned]
    if not others:
        return Markdown()
    if comparison.is_tuned:
        training = f"Each loss has the rate and the epochs that suit it; in {listed(others)} all have one rate"
    else:
        training = f"All losses have one rate here; in {listed(others)} each has the rate and the epochs that suit it"
    return Markdown(f"{training}, so errors there are of another size.")


def _size(comparison: Comparison) -> Markdown:
    """How large the comparison was, in one line."""
    noun, within = datasets.row(comparison.description), comparison.runs[0].settings.within
    rows = counted(len(comparison.labels), noun)
    if within:
        rows = f"{within.rows:,} of {rows} train, within {within.budget}"
    if comparison.name != comparison.dataset:
        rows += f" of {code(comparison.dataset)}"
    losses, numbers = counted(len(comparison.losses), "loss", "losses"), [len(run.seeds) for run in comparison.runs]
    seeds = f"{between(min(numbers), max(numbers))} network{'s' * (max(numbers) > 1)}"
    best = ", each at its own best rate and epochs" if comparison.is_tuned else ", one learning rate for all"
    folds = f" · {comparison.plan.n_folds} folds" if comparison.plan.n_folds else ""
    return Markdown(f"{rows} · {losses} × {seeds}{best}{folds}")


def _links(comparison: Comparison) -> Markdown:
    sure, details = (anchor(f"{part}: {comparison.name}") for part in ("How sure", "Details"))
    data = anchor(f"The data: {comparison.dataset}")
    return Markdown(f"[How sure](#{sure}) · [Details](#{details}) · [The data](#{data})")


def _data(subject: Subject) -> panel.Panel:
    [comparison] = subject
    outcome = comparison.outcome
    best = outcome.advice.best
    shown = [loss for loss in top_losses.shown(comparison) if outcome.summaries[loss].n]
    mean = outcome.summaries[best].mean
    sign = 1 if comparison.score.higher_is_better else -1
    rows = []
    for loss in shown:
        pair = outcome.pairs.get((loss, best))
        low, high = sorted((mean + sign * pair.low, mean + sign * pair.high)) if pair else (mean, mean)
        written, verdict_of_loss = answer_text.score_of(comparison, loss), pair.verdict if pair else "best"
        rows.append(panel.Row(loss, outcome.summaries[loss].mean, written, low, high, verdict_of_loss))
    rows.sort(key=lambda row: (-sign * row.value, row.verdict != "best"))
    return panel.Panel(rows, mean, outcome.margin, str(comparison.score.label), comparison.score.higher_is_better)


def _draw(axes: np.ndarray, data: panel.Panel) -> None:
    panel.draw(axes[0, 0], data)


SECTION = Section(
    part="answer",
    order=10,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="losses",
            alt="The test {headline} of each loss of {comparison}, the best first; bars are 95 % intervals of the "
            "difference from the recommended loss, and the grey band holds differences that do not matter",
            heading="",
            data=_data,
            grid=lambda data: Grid(panel.WIDTH, panel.height(data)),
            draw=_draw,
            applies=lambda subject: (
                len(subject[0].losses) > 1 and any(summary.n for summary in subject[0].outcome.summaries.values())
            ),
        ),
    ),
)


def _to_use(comparison: Comparison, predict: str) -> Markdown:
    """What to type for predictions of new rows, and what gives them; empty where every seed failed."""
    if not any(summary.n for summary in comparison.outcome.summaries.values()):
        return Markdown()
    noun, within = datasets.row(comparison.description), comparison.runs[0].settings.within
    rows = f"{within.rows:,} {noun}s" if within else f"all {len(comparison.labels):,} {noun}s"
    file = "new.npz" if comparison.description.arrays else "new.csv"
    typed = predict.format(comparison=comparison.name, file=file)
    return Markdown(
        f"`{typed}`, by the average of {N_NETWORKS} networks that learn "
        f"from {rows} with {code(comparison.outcome.advice.best)}"
    )
