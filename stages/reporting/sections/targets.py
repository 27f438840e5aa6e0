"""Each of several targets by itself: how well each loss predicts it, numbers by errors and yes/no by probabilities."""

from typing import Any

import numpy as np

from stages.basics.markup import code, text
from stages.basics.words import number
from stages.losses.catalogue import LOSSES
from stages.records.runs import Run
from stages.reporting import top_losses
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.scores import catalogue
from stages.scores.seed_rows import SeedRows
from stages.verdicts.comparison import Comparison

TEMPLATE = """
<details><summary>Each target</summary>

On test rows, the mean over seeds. `r2` of all targets is the mean of theirs{{ once(", each of which is 0 for what is "
"best without looking at a feature and 1 for what is always right; of a yes/no target it is that of the probability, "
"which is known as the Brier skill score") if yes_no else "" }}:

{{ table }}

</details>
"""
MOST = 20  # targets that have a row
# by score its name in the table, of numbers and of yes and no
_NUMBERS = {"r2": "r2", "mae": "mae"}
_YES_NO = {"r2": "r2", "log_loss": "log loss", "roc_auc": "ROC AUC"}


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    [comparison] = subject
    description = comparison.description
    if description.classes or description.has_positions or not 1 < len(description.targets) <= MOST:
        return None
    return {"table": _table(comparison), "yes_no": bool(description.yes_no)}


def _table(comparison: Comparison) -> Table:
    description, runs, rows = comparison.description, top_losses.runs(comparison), []
    for place, target in enumerate(description.targets):
        is_share = target in description.yes_no
        for score, name in (_YES_NO if is_share else _NUMBERS).items():
            values = [_mean(comparison, run, place, score) for run in runs]
            cells = [number(value) if np.isfinite(value) else "–" for value in values]
            rows.append((text(target), name, *cells))
    return Table(("target", "score", *(code(run.loss.name) for run in runs)), rows)


def _mean(comparison: Comparison, run: Run, target: int, name: str) -> float:
    """A score of one target, the mean over the seeds that did not fail; NaN where it is not defined."""
    of_classes, of_seeds, column = name in catalogue.names_for("binary"), [], slice(target, target + 1)
    statistic = catalogue.find(name, "binary" if of_classes else "regression").statistic
    center, spread = (numbers[:, column] for numbers in comparison.plan.target_scaling.values())
    for seed in np.flatnonzero(run.finished):
        tested = np.flatnonzero(comparison.plan.tested[seed])
        labels, outputs = comparison.labels[tested, column], run.outputs[seed, tested, column].astype(np.float64)
        weights = None if comparison.weights is None else comparison.weights[tested]
        scale = center[seed], spread[seed]
        if of_classes:
            shares = (outputs * spread[seed] + center[seed]).clip(0, 1)
            rows = SeedRows(labels[:, 0].astype(int), shares, LOSSES["binary_crossentropy"], *scale, weights)
        else:
            rows = SeedRows(labels, outputs, LOSSES["mse"], *scale, weights)
        of_seeds.append(statistic.value(rows))
    return float(np.mean(of_seeds)) if of_seeds else np.nan


SECTION = Section(part="details", order=69, template=TEMPLATE, content=_content)
