"""The first screen of a comparison: which loss to train with, and why."""

from typing import Any

from stages.basics.markup import Markdown
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import winner_text
from stages.reporting.texts.verdict_text import verdict

TEMPLATE = """
**{{ name }}.** {{ verdict }}

{{ to_use }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    return {
        "name": comparison.name,
        "verdict": Markdown(verdict(comparison)),
        "to_use": winner_text.to_use(comparison),
    }


SECTION = Section(part="answer", order=10, template=TEMPLATE, content=_content)
