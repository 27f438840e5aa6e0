"""A comparison of more losses than a reader can take in."""

import re

import numpy as np
import pytest

from stages.reporting import html_page, page, registry, top_losses
from stages.reporting.drawing import plots
from stages.reporting.drawing.save import save
from stages.reporting.registry import Report
from stages.reporting.texts import published
from stages.reporting.texts.verdict_text import verdict
from tests.reporting.drawn import drawn
from tests.reporting.test_page import tables

N = 41


@pytest.fixture
def reference(root, monkeypatch):
    monkeypatch.chdir(root)
    return published.read()


def test_few_losses_are_all_shown_in_their_order(make_comparison):
    comparison = make_comparison("mse", "mae", "msle")
    assert top_losses.shown(comparison) == ["mse", "mae", "msle"]
    assert top_losses.others(comparison) == []
    assert top_losses.who(comparison) == ""
    assert top_losses.in_color(comparison) == top_losses.colors(comparison) == plots.colors_of(["mse", "mae", "msle"])


@pytest.mark.thorough
def test_of_many_losses_the_best_and_the_baseline_are_shown(make_crowd):
    comparison = make_crowd("mse", 40)
    assert top_losses.shown(comparison) == [*(f"mse_{i}" for i in range(15)), "mse_39"]
    assert top_losses.others(comparison) == [f"mse_{i}" for i in range(15, 39)]
    assert top_losses.who(comparison).startswith("Of 40 losses the tables and figures")


def test_the_recommended_loss_is_shown_first_and_those_whose_every_seed_failed_last(make_crowd):
    comparison = make_crowd("mse", 17)
    comparison.runs[2].failed[:] = comparison.seeds
    assert top_losses.shown(comparison)[0] == comparison.outcome.advice.best == "mse_0"
    assert top_losses.others(comparison) == ["mse_2"]


@pytest.mark.thorough
def test_lines_in_one_chart_have_each_a_colour_of_their_own_or_are_grey(make_crowd):
    comparison = make_crowd("mse", 40)
    named = top_losses.in_color(comparison)
    assert list(named) == [*(f"mse_{i}" for i in range(9)), "mse_39"]
    assert len(set(named.values())) == len(named)
    [axes] = drawn(comparison)["regression-epochs"].axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["6 others", *named]


@pytest.mark.thorough
def test_a_verdict_on_many_losses_names_those_first_that_come_nearest(make_decided):
    rng = np.random.default_rng(0)
    right = {f"hinge_{i}": rng.random((5, 300)) < 0.55 + 0.013 * i for i in range(31)}
    comparison = make_decided(right, failed={f"hinge_{i}": [1] for i in range(10)}, margin=0.001)
    statement = verdict(comparison)
    pattern = r"Use `hinge_\d+`; avoid (`hinge_\d+`, ){5}`hinge_\d+` and \d+ others\."
    assert re.fullmatch(pattern, statement.lead)
    named = re.findall(r"`(\w+)`", statement.lead)[1:]
    behind = {pair.against: pair.difference for pair in comparison.outcome.advice.beaten}
    assert named == sorted(behind, key=behind.get)[:6]
    assert all(len(each) < 400 for each in statement.reasons)


@pytest.mark.thorough
def test_every_sentence_and_table_of_a_report_on_many_losses_can_be_read(make_crowd, reference, make_tuning):
    comparison = make_crowd("mse", N, failed=range(20, 40), tuning=make_tuning(at_last_epoch=True))
    text = page.markdown(Report([comparison], reference))
    prose = [line for line in text.splitlines() if not line.startswith("|")]
    assert max(map(len, prose)) < 1800
    assert text.count("more may be better") == 1
    assert len(re.findall(r"^- `mse_\d+`: seed 1 failed", text, re.MULTILINE)) == 6
    assert "Seeds of 14 more losses failed" in text
    assert len(re.findall(r" counts in no mean; in every pair as a test mse of [\d.,e-]+\.", text)) == 1
    every = tables(text)
    assert max(len(table[0]) for table in every) < 15
    assert [len(table) for table in every if "failed seeds" in table[0]] == [top_losses.SHOWN, N - top_losses.SHOWN]
    assert len([row for table in every if "pair" in table[0] for row in table]) == 16 * 15 / 2


@pytest.mark.endurance
@pytest.mark.parametrize("name", ["mse", "binary_crossentropy"])
def test_the_page_of_many_losses_is_small_enough_to_send(make_crowd, reference, tmp_path, make_tuning, name):
    comparison = make_crowd(name, N, tuning=make_tuning("mse" if name == "mse" else "accuracy"))
    folder = tmp_path / "figures"
    folder.mkdir()
    list(save(registry.pictures(Report([comparison], reference)), folder))
    text = page.markdown(Report([comparison], reference))
    linked = re.findall(r"\]\(figures/([^)]+)\)", text)
    assert sorted(linked) == sorted(path.name for path in folder.iterdir())
    assert len(linked) < 30
    assert len(html_page.page(text, tmp_path)) < 10_000_000
    assert len(text) < 300_000
