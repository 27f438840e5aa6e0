import re
from dataclasses import replace

import numpy as np
import pytest

from stages.reporting import page
from stages.reporting.drawing.ranks import joined
from stages.reporting.registry import Report
from tests.reporting.drawn import NOTHING, draw, pictures


@pytest.fixture
def tables(make_comparison):
    """A factory of comparisons of mse, mae and huber on so many datasets: mae is worse by 10 to 19 %, huber by ±1 %."""

    def make(n):
        made, every = make_comparison("mse", "mae", "huber", headline="mae"), []
        for number in range(n):
            runs = []
            for run in made.runs:
                worse = {"mse": 1, "mae": 1.1 + number / 100, "huber": 1.01 - number % 2 / 50}[run.loss.name]
                errors = run.outputs - made.labels
                table = run.scores.copy()
                table.loc[table["metric"] == "mae", "value"] *= worse
                runs.append(replace(run, outputs=(made.labels + worse * errors).astype(np.float32), scores=table))
            every.append(replace(made, name=f"t{number}", dataset=f"t{number}", runs=runs, own_baseline=None))
        return every

    return make


def test_ten_tables_have_a_chapter_that_says_what_each_loss_costs_and_nine_have_none(tables):
    assert "Over all tables" not in page.markdown(Report(tables(9), NOTHING))
    text = page.markdown(Report(tables(10), NOTHING))
    chapter = text.partition("## Over all tables")[2].partition("\n## ")[0]
    assert "**10 tables, 3 losses: choosing `" in chapter
    assert "Against `mse` on average, shown to be `mae` worse." in chapter
    [line] = [line for line in chapter.splitlines() if line.startswith("| `mae` |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    # against a best of 1 and of 0.99 in turn: the mean of 10, 12.1, 12, 14.1 … and the largest, 1.19 / 0.99
    assert cells[1:3] == ["15 %", "20 %"]
    assert cells[3] == "0 of 10"
    assert re.fullmatch(r"1\d % worse \(\d+ % to 1\d % worse\)", cells[4])
    assert "![Mean rank of each loss" in chapter
    assert text.count("## Over all tables") == 1


def test_the_figure_has_each_loss_at_its_mean_rank_and_joins_those_that_are_not_told_apart(tables):
    [picture] = [each for each in pictures(*tables(10)) if each.file == "over-all-tables.svg"]
    [axes] = draw(picture).axes
    at = {text.get_text().split()[0]: text.xy[0] for text in axes.texts}
    assert at["mae"] == 3
    assert at["mse"] == at["huber"] == 1.5


def test_bars_join_the_longest_stretches_that_are_not_told_apart():
    ranks = {"a": 1.0, "b": 1.8, "c": 2.5, "d": 4.0}
    assert joined(ranks, 1.0) == [(1.0, 1.8), (1.8, 2.5)]
    assert joined(ranks, 1.6) == [(1.0, 2.5), (2.5, 4.0)]
    assert joined(ranks, 0.5) == []
    assert joined(ranks, 4.0) == [(1.0, 4.0)]
