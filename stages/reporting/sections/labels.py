"""Each of several labels: how often it is there, and how well each loss finds it."""

from typing import Any

import numpy as np

from stages.basics.markup import code, text
from stages.basics.words import counted, number
from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.scores import catalogue, decisions
from stages.scores.seed_rows import SeedRows
from stages.verdicts.comparison import Comparison

TEMPLATE = """
<details><summary>Each label</summary>

F1 on test rows, the mean over seeds, {{ rule }}:

{{ table }}

</details>
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    if comparison.description.has_positions != "labels":
        return None
    at_own = bool(comparison.outcome.thresholds)
    rule = "at the thresholds of the losses" if at_own else "decided by the losses' own rules"
    return {"rule": rule, "table": _table(comparison)}


def _table(comparison: Comparison) -> Table:
    runs, shares = top_losses.runs(comparison), comparison.labels.mean(axis=0)
    scores = [_f1(comparison, run) for run in runs]
    n_rows = comparison.labels.sum(axis=0)
    rows = [
        (
            text(name),
            f"{counted(int(n_rows[label]), 'row')} ({shares[label]:.0%})",
            *(number(of_loss[label]) if np.isfinite(of_loss[label]) else "–" for of_loss in scores),
        )
        for label, name in enumerate(comparison.description.targets)
    ]
    return Table(("label", f"{comparison.description.classes[1]} in", *(code(run.loss.name) for run in runs)), rows)


def _f1(comparison: Comparison, run: Run) -> np.ndarray:
    """The F1 of each label (n_labels,), the mean over the seeds that did not fail; NaN where it is not defined."""
    score, labels = catalogue.find("f1", "binary").statistic, comparison.labels
    thresholds, of_seeds = comparison.outcome.thresholds.get(run.loss.name), []
    for seed in np.flatnonzero(run.finished):
        tested = np.flatnonzero(comparison.plan.tested[seed])
        outputs = run.outputs[seed, tested].astype(np.float64)
        decided = (
            run.loss.decide(outputs) if thresholds is None else decisions.decide(run.loss, outputs, thresholds[seed])
        )
        weights = None if comparison.weights is None else comparison.weights[tested]
        nothing = np.zeros(1), np.ones(1), weights
        of_seeds.append(
            [
                score.value(SeedRows(labels[tested, label], outputs[:, label], run.loss, *nothing, decided[:, label]))
                for label in range(labels.shape[1])
            ]
        )
    return np.mean(of_seeds, axis=0) if of_seeds else np.full(labels.shape[1], np.nan)


SECTION = Section(part="details", order=68, template=TEMPLATE, content=_content)
