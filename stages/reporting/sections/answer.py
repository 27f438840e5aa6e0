"""The first screen of a comparison: what to train with, what that gives, how sure it is, and what to type."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code, plain, text
from stages.basics.words import between, counted
from stages.records.winners import N_NETWORKS
from stages.reporting import top_losses
from stages.reporting.drawing import panel
from stages.reporting.drawing.plots import Grid
from stages.reporting.html_page import anchor
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.reporting.texts import answer_text, keras_text
from stages.reporting.texts.verdict_text import surely_beats_constant, verdict
from stages.verdicts.comparison import Comparison
from stages.wording import datasets

TEMPLATE = """
## {{ question }}

{{ answer }}

{{ ahead }}

{% for line in lines if line %}
- {{ line }}
{% endfor %}

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
    train, predict = keras_text.compiled(run), _to_use(comparison, report.predict)
    lines = [
        answer_text.gives(comparison),
        answer_text.sureness(comparison) if learned else "",
        answer_text.by_other_scores(comparison) if learned else "",
        Markdown(f"**Train:** {train}") if is_used else "",
        Markdown(f"**Predict:** {predict}") if is_used and predict else "",
    ]
    return {
        "question": answer_text.question(comparison, report.training(comparison)),
        "answer": verdict(comparison).answer,
        "ahead": answer_text.ahead(comparison) if learned else "",
        "lines": lines,
        "table": answer_text.table(comparison) if learned else None,
        "size": _size(comparison),
        "links": _links(comparison, report) if report.is_linked else "",
    }


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


def _links(comparison: Comparison, report: Report) -> Markdown:
    """Where more is said of it, and where its rows are trained on otherwise."""
    sure, details = (anchor(f"{part}: {comparison.name}") for part in ("How sure", "Details"))
    data = anchor(f"The data: {comparison.dataset}")
    otherwise = [
        f" · {report.training(other)}: [{text(other.name)}](#{anchor_of(other, report)})"
        for other in report.trained_otherwise(comparison)
    ]
    return Markdown(f"[How sure](#{sure}) · [Details](#{details}) · [The data](#{data}){''.join(otherwise)}")


def anchor_of(comparison: Comparison, report: Report) -> str:
    """What links call the first screen of a comparison."""
    return anchor(plain(answer_text.question(comparison, report.training(comparison))))


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
            alt="The test {headline} of each loss of {comparison}, the best first. Bars are 95 % intervals of the "
            "difference from the recommended loss: inside the grey band a loss is as good; where one misses the dotted "
            "line it is worse; across the line it may be as good",
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
