"""How sure an answer is: the intervals behind it, and what would make it surer."""

from typing import Any

from stages.basics.markup import Markdown
from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts.verdict_text import ADVICE, verdict

TEMPLATE = """
{{ reasons }}{% if advice %} {{ once(advice) }}{% endif %}

"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    reasons = verdict(comparison).reasons
    return {
        "reasons": Markdown(" ".join(reason for reason in reasons if reason not in ADVICE)),
        "advice": Markdown(" ".join(reason for reason in reasons if reason in ADVICE)),
    }


SECTION = Section(part="sure", order=10, template=TEMPLATE, content=_content)
