"""Every sentence stands once: what explains the report is said where it is first needed, and not again.

Of two comparisons the same may be true, so a sentence on their losses may stand with both. A first screen is whole by
itself.
"""

import re
from collections import Counter
from dataclasses import replace

import pytest

from stages.losses.catalogue import LOSSES
from stages.reporting import page
from stages.reporting.markdown import Once
from stages.reporting.registry import Report
from tests.reporting.drawn import NOTHING
from tests.reporting.test_drawn_comparisons import _drawn

LONG = 9  # words; headings of figures have fewer


def sentences(text):
    """The long sentences of a report, by part; no tables, code, images or headings."""
    parts = re.split(r"^(?=###? )", text, flags=re.MULTILINE)
    return [found for part in parts for found in _sentences(part)]


def _sentences(part):
    is_first_screen = re.match(r"## \S+: ", part)
    for block in re.split(r"\n\s*\n|\n(?=[-|!*<#])", re.sub(r"^```.*?^```", "", part, flags=re.MULTILINE | re.DOTALL)):
        line = re.sub(r"<[^>]+>|^- ", "", " ".join(block.split()))
        if not line.startswith(("|", "![", "#")):
            for sentence in re.split(r"(?<=[.!?:;])\s+(?=[A-Z*`\[(])", line):
                if len(sentence.split()) >= LONG and not is_first_screen:
                    yield sentence


def twice(text):
    """The long sentences that stand twice and are not on losses."""
    on_losses = re.compile("|".join(f"`{re.escape(name)}" for name in LOSSES))
    return [sentence for sentence, n in Counter(sentences(text)).items() if n > 1 and not on_losses.search(sentence)]


def test_a_sentence_that_stands_twice_is_found():
    text = "## How\n\nThis is a sentence of more than eight words. It ends.\n\n| a | b |\n|---|---|\n| c | d |\n\n"
    assert twice(text) == []
    assert twice(text + "### More\n\n- This is a sentence of more than eight words.\n") == [
        "This is a sentence of more than eight words."
    ]


def test_an_explanation_is_given_once():
    once = Once()
    assert [once("a"), once("b"), once("a"), Once()("a")] == ["a", "b", "", "a"]


def test_in_the_report_as_it_comes_every_sentence_stands_once(root):
    assert twice((root / "reports/report.md").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("first", range(0, 50, 5))
def test_in_reports_on_drawn_tables_every_sentence_stands_once(make_comparison, first):
    every = [
        replace(_drawn(make_comparison, number), name=f"t{number}", dataset=f"t{number}")
        for number in range(first, first + 5)
    ]
    assert twice(page.markdown(Report(every, NOTHING))) == []


def test_in_a_report_on_every_task_tuned_or_not_every_sentence_stands_once(make_comparison, make_tuning):
    losses = [("mse", "msle"), ("binary_crossentropy", "hinge"), ("categorical_crossentropy", "kl_divergence")]
    every = [
        replace(make_comparison(*names, **tuned), name=f"{names[0]}{number}", dataset=f"{names[0]}{number}")
        for names in losses
        for number, tuned in enumerate(({}, {}, {"tuning": make_tuning()}, {"tuning": make_tuning()}))
    ]
    assert twice(page.markdown(Report(every, NOTHING))) == []
