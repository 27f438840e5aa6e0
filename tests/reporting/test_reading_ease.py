"""First screens are read at once: short sentences of short words."""

import re

import pytest

from stages.reporting import page
from stages.reporting.registry import Report
from stages.reporting.texts import published
from tests.documents import prose, reading_ease

EASY = 50  # of Flesch's scale, where plain English begins


@pytest.fixture
def reference(root, monkeypatch):
    monkeypatch.chdir(root)
    return published.read()


def first_screens(text):
    """What stands before the second part, by its heading."""
    parts = re.split(r"^## (.*)\n", text.partition("\n## How sure\n")[0], flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_first_screens_read_easily(make_comparison, make_crowd, reference, tmp_path):
    own = [
        make_comparison("mse", "mae", comparison="houses", dataset="houses"),
        make_comparison("kl_divergence", comparison="alone", dataset="flowers"),
    ]
    usual = [make_comparison("mse", "msle", "mae"), make_comparison("binary_crossentropy", "hinge", "squared_hinge")]
    for comparisons in ([*own, *usual], [make_crowd("hinge", 20)]):
        screens = first_screens(page.markdown(Report(comparisons, reference)))
        assert screens
        for heading, text in screens.items():
            file = tmp_path / "screen.md"
            file.write_text(text, encoding="utf-8")
            assert reading_ease(prose(file)) >= EASY, heading


def test_a_first_screen_is_short(make_comparison, reference, tmp_path):
    comparison = make_comparison("mse", "mae", comparison="houses", dataset="houses")
    [text] = first_screens(page.markdown(Report([comparison], reference))).values()
    file = tmp_path / "screen.md"
    file.write_text(text, encoding="utf-8")
    assert len(prose(file).split()) < 140
    assert not re.search(r"p [=<]|± ?\d", text)  # these stand below, under How sure
