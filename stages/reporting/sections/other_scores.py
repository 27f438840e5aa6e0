"""Every score of every loss, and the recall of each class."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code
from stages.basics.words import number
from stages.reporting import top_losses
from stages.reporting.markdown import Table
from stages.reporting.registry import Report, Section, Subject
from stages.verdicts.comparison import Comparison, class_sizes

TEMPLATE = """
<details><summary>Other scores, mean over seeds</summary>

{{ scores }}

{{ once(note) }}

</details>

{% if recalls %}
<details><summary>Recall of each class, mean over seeds</summary>

{{ recalls }}

{{ once("The share of what is of a class in test rows that is decided as it; `results.csv` has them as `recall_0` and"
" so on, in this order.") }}

</details>
{% endif %}
"""
_NOTE_ON_VALUES = Markdown("`mse` is on the scaled target; `rmse` and `mae` are in the target's own units.")
_NOTE_ON_CLASSES = Markdown(
    "A dash stands where the score is not defined: `log_loss` needs outputs that are probabilities."
)


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    is_regression = comparison.task == "regression"
    return {
        "scores": _scores(comparison),
        "note": _NOTE_ON_VALUES if is_regression else _NOTE_ON_CLASSES,
        "recalls": None if is_regression or comparison.description.has_positions == "labels" else _recalls(comparison),
    }


def _scores(comparison: Comparison) -> Table:
    names = dict.fromkeys(metric for run in comparison.runs for metric in run.scores["metric"])
    # only the published figures need the first, and recalls have a table
    metrics = [name for name in names if name != "rounded_accuracy" and not name.startswith("recall_")]
    rows = [
        (code(run.loss.name), part, *(_mean(run.values(metric, part)) for metric in metrics))
        for run in top_losses.runs(comparison)
        for part in ("train", "test")
    ]
    return Table(("loss", "part", *metrics), rows)


def _recalls(comparison: Comparison) -> Table:
    classes, sizes = comparison.description.classes, class_sizes(comparison.labels, comparison.description)
    rows = [
        (
            code(name),
            f"{size:,}",
            *(_mean(run.values(f"recall_{index}", "test")) for run in top_losses.runs(comparison)),
        )
        for index, (name, size) in enumerate(zip(classes, sizes, strict=True))
    ]
    counted = "positions in all" if comparison.description.target_shape else "rows in all"
    return Table(("class", counted, *map(code, top_losses.shown(comparison))), rows)


def _mean(values: np.ndarray) -> str:
    """The mean over the seeds of which there is a value; a dash where there is none."""
    finite = values[np.isfinite(values)]
    return number(finite.mean()) if len(finite) else "–"


SECTION = Section(part="details", order=70, template=TEMPLATE, content=_content)
