"""How sure an answer is: the intervals behind it, and what would make it surer."""

from typing import Any

from stages.basics.markup import Markdown
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts.verdict_text import verdict

TEMPLATE = """
{{ reasons }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    return {"reasons": Markdown(" ".join(verdict(comparison).reasons))}


SECTION = Section(part="sure", order=10, template=TEMPLATE, content=_content)
