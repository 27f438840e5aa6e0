"""Scores that do not mean what they seem to: the accuracy of hinge losses, MSLE below 0."""

from typing import Any

from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts.misleading import Misleading

TEMPLATE = """
## What some scores do not mean

{% if hinges %}
**The accuracy of hinge losses.** They train on targets −1 and +1, and an output of 0 or more is class 1.
Keras' old `"accuracy"` asked instead whether the *rounded* output equals the target, so that every output
between −0.5 and 0.5 counted as wrong. The same trained networks, the same test rows (median over seeds):

{{ hinges }}

{% endif %}
{% for each in clipped %}
{{ once("**MSLE on negative targets.** Keras raises targets and predictions below 0 to 1e-7 before it takes the"
" logarithm.") }}
{{ each.share }} % of the train targets in {{ each.comparison }} are below 0
and all count as 0 there{{ each.no_gradient }}, so this part of the data teaches the network
only not to predict above 0.
{{ each.spread }}{{ once("That tells of the range of the target, not of the loss: on targets that are never negative it"
" is another matter.") }}

{% endfor %}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any] | None:
    misleading = Misleading.of(subject)
    if not misleading.hinges and not misleading.clipped:
        return None
    return {"hinges": misleading.hinges, "clipped": misleading.clipped}


SECTION = Section(part="method", order=10, template=TEMPLATE, content=_content)
