"""The losses of a comparison: how each was trained, its scores in training and test, and every seed's score."""

from typing import Any

import numpy as np

from stages.basics.words import between
from stages.records.runs import Run
from stages.records.winners import N_NETWORKS
from stages.reporting import top_losses
from stages.reporting.drawing import charts
from stages.reporting.drawing.plots import Grid
from stages.reporting.formats import at_place, place_of, plus_minus, rate_of
from stages.reporting.markdown import Table
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.reporting.texts import loss_text
from stages.verdicts.averaged import Averaged
from stages.verdicts.comparison import Comparison
from stages.verdicts.statistics import Summary

TEMPLATE = """
{{ losses }}

{% if others %}
{{ who }}

<details><summary>The other losses</summary>

{{ others }}

</details>

{% endif %}
{{ once(means) }}{{ once(averages) }}

{{ figures }}
"""
_INTERVAL = (
    ", ± the half width of their 95 % interval: of train scores for new seeds, of test scores for new seeds and rows"
)
_AVERAGED = (
    " *Averaged*: the test score where each row is predicted by the average of the networks that were tested on it, at "
    f"most {N_NETWORKS}, which is what `make predict` averages; of fewer it says a little less than those would do."
)


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    hidden = top_losses.others(comparison)
    others = [run for run in comparison.runs if run.loss.name in hidden]
    return {
        "losses": _table(comparison, top_losses.runs(comparison)),
        "who": top_losses.who(comparison),
        "others": _table(comparison, others) if others else None,
        "means": f"Means over the seeds that did not fail{_INTERVAL if len(comparison.seeds) > 1 else ''}.",
        "averages": _AVERAGED if any(comparison.averages.values()) else "",
    }


def _table(comparison: Comparison, runs: list[Run]) -> Table:
    headline, averaged = comparison.score.name, comparison.averages
    rows, has_some = [], any(averaged.values())
    for run in runs:
        loss = run.loss.name
        rows.append(
            (
                loss_text.named(run.loss, full=True),
                rate_of(run),
                str(run.n_epochs),
                plus_minus(comparison.outcome.train[loss]),
                "; ".join(filter(None, [plus_minus(comparison.outcome.summaries[loss]), loss_text.covers(run)])),
                *([_cell(averaged[loss], comparison.outcome.summaries[loss])] if has_some else []),
                f"{len(run.failed)} of {len(run.seeds)}",
                comparison.validity[loss].level,
                run.loss.activation,
                run.loss.targets.replace("_", " "),
            )
        )
    trained = ("loss", "learning rate", "epochs", f"train {headline}", f"test {headline}", *["averaged"] * has_some)
    return Table((*trained, "failed seeds", "on this data", "output activation", "targets"), rows)


def _cell(average: Averaged | None, summary: Summary) -> str:
    """The score of an average, as fine as that of one network stands beside it."""
    if not average:
        return "–"
    score = at_place(average.score, place_of(summary.half_width, average.score))
    return f"{score} ({between(average.fewest, average.most)} networks)"


def _data(subject: Subject) -> dict[str, Any]:
    [comparison] = subject
    scores = comparison.outcome.scores
    return {
        "values": {loss: scores[loss] for loss in top_losses.shown(comparison)},
        "colors": top_losses.colors(comparison),
        "label": f"test {comparison.score.label}",
        "is error": not comparison.score.higher_is_better,
    }


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    log = data["is error"] and charts.are_orders_apart(*data["values"].values())
    charts.final_scores(axes[0, 0], data["values"], data["colors"], data["label"], log=log)


SECTION = Section(
    part="details",
    order=20,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="scores",
            alt="Final test {headline} of every seed for each loss on {comparison}",
            heading="The final test {headline} of every seed",
            legend="the black line is the mean",
            data=_data,
            grid=lambda data: Grid(6.5, 0.9 + 0.6 * len(data["values"])),
            draw=_draw,
        ),
    ),
)
