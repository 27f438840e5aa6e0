"""How a comparison was made: its split, scaling, network and training."""

from typing import Any

from stages.reporting.registry import Report, Section, Subject
from stages.reporting.texts import setup_text

TEMPLATE = """
{{ setup }}
"""


def _content(subject: Subject, _: Report) -> dict[str, Any]:
    [comparison] = subject
    return {"setup": setup_text.setup(comparison)}


SECTION = Section(
    part="details",
    order=10,
    template=TEMPLATE,
    content=_content,
)
