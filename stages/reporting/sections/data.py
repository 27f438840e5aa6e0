"""The rows: where they come from, and what was done to their columns."""

from typing import Any

import numpy as np

from stages.basics.markup import Markdown, code
from stages.records import datasets
from stages.reporting.drawing import plots
from stages.reporting.drawing.plots import Grid
from stages.reporting.markdown import Table
from stages.reporting.registry import Figure, Report, Section, Subject
from stages.reporting.texts import columns_text, setup_text
from stages.verdicts.comparison import Comparison
from stages.wording import findings

TEMPLATE = """
{{ source }}

{% if table %}
<details><summary>What was done to each column</summary>

{{ once("Before the network sees it. Which texts are categories, and which are rare, is known from all rows,"
" since it says nothing of the target; all else is fitted on train rows.") }}

{{ table }}

{% if oddities %}
Odd about the table{{ once("; what is in brackets goes beside `file:` in `params.yaml`") }}:

{% for line in oddities %}
- {{ line }}
{% endfor %}

{% endif %}
{{ encoding | code }} has every column; {{ pipelines }} makes a network's inputs of new rows.

</details>

{% elif oddities %}
Odd about the rows{{ once("; what is in brackets goes into `params.yaml`") }}:

{% for line in oddities %}
- {{ line }}
{% endfor %}

{% endif %}
{{ figures }}
"""
SHOWN_COLUMNS = 40  # more are counted


def _content(subject: Subject, report: Report) -> dict[str, Any]:
    first = subject[0]
    settings = first.runs[0].settings.data.source
    source = setup_text.source(first.dataset, settings, len(first.labels), first.encoded, cells=report.cells)
    if first.description.is_generated:
        return {"source": source, "table": None, "oddities": []}
    oddities = [findings.in_words(finding, cells=report.cells) for finding in first.description.findings]
    if first.description.arrays:
        return {"source": source, "table": None, "oddities": oddities}
    return {
        "source": source,
        "table": _columns(subject, cells=report.cells),
        "oddities": oddities,
        "encoding": f"data/scaled/{first.dataset}.json",
        "pipelines": Markdown(", ".join(code(str(datasets.pipeline_path(comparison.name))) for comparison in subject)),
    }


def _columns(subject: Subject, *, cells: bool) -> Table:
    rows = []
    for (kind, done), columns in columns_text.treatments(subject[0].encoded.treatments, cells=cells).items():
        names = ", ".join(map(code, columns[:SHOWN_COLUMNS]))
        more = f" and {len(columns) - SHOWN_COLUMNS:,} more" if len(columns) > SHOWN_COLUMNS else ""
        rows.append((Markdown(names + more), kind, done))
    return Table(("columns", "kind", "what was done"), rows)


def _data(subject: Subject) -> dict[str, Any]:
    first = subject[0]
    if first.description.has_positions == "labels":  # the rows that have each
        classes, labels = first.description.targets, np.nonzero(first.labels)[1]
    else:
        classes, labels = first.description.classes, first.labels
    return {
        "features": first.features,
        "labels": labels.reshape(-1, labels.shape[-1]) if _of_channels(first) else labels,
        "classes": classes,
        "targets": _channels(first.labels.shape[-1]) if _of_channels(first) else first.description.targets,
    }


def _of_channels(comparison: Comparison) -> bool:
    """Whether each position of a row has values to predict."""
    return bool(comparison.description.target_shape and not comparison.description.classes)


def _channels(number: int) -> list[str]:
    return [f"channel {index}" for index in range(1, number + 1)] if number > 1 else ["numbers of all rows"]


def _grid(data: dict[str, Any]) -> Grid:
    if data["features"] is not None:
        return Grid(5, 3.6)
    if not data["classes"]:
        return Grid(5 * len(data["targets"]), 3.6, 1, len(data["targets"]))
    return Grid(6, 1.2 + 0.22 * min(len(data["classes"]), plots.SHOWN_CLASSES))


def _draw(axes: np.ndarray, data: dict[str, Any]) -> None:
    if data["features"] is not None:
        plots.classes(axes[0, 0], data["features"], data["labels"], data["classes"])
    elif not data["classes"]:
        for ax, name, column in zip(axes[0], data["targets"], data["labels"].T, strict=True):
            plots.target(ax, column, f"{name} (own units)")
    else:
        plots.class_sizes(axes[0, 0], data["labels"], data["classes"])


SECTION = Section(
    part="data",
    order=10,
    template=TEMPLATE,
    content=_content,
    figures=(
        Figure(
            name="data",
            alt="The target, or the classes, of all rows of {dataset}",
            heading="",
            data=_data,
            grid=_grid,
            draw=_draw,
            about="{dataset}",
        ),
    ),
)
