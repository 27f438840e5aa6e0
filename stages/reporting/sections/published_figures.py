"""Our scores beside the published ones, where the protocol is the same."""

from typing import Any

from stages.basics.words import counted
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import published

TEMPLATE = """
{{ source }}, gives one run of each loss on {{ dataset }}, and its {{ metric | code }}.

{% for sentence in otherwise %}
- {{ sentence }}
{% endfor %}

{% if scores %}
Published and ours, {{ seeds }}{{ once(" (the median under the same protocol, from the lowest to the highest)") }}:

{{ scores }}

{{ inside }} published scores of {{ dataset }} lie inside the range of our seeds.

{% endif %}
{% if claims %}
What the published scores say{{ once(", and whether it holds for new rows") }}:

{{ claims }}

{% endif %}
"""


def _content(subject: Subject, report: Report) -> dict[str, Any] | None:
    beside = published.beside(report.reference, subject)
    if beside is None:
        return None
    first = subject[0]
    parts = {name: getattr(beside, name) for name in ("source", "metric", "otherwise", "scores", "inside", "claims")}
    return {"dataset": first.dataset, "seeds": counted(len(first.seeds), "seed"), **parts}


SECTION = Section(part="published", order=10, template=TEMPLATE, content=_content)
