"""What the first screen says of a comparison."""

import re
from dataclasses import replace

import numpy as np
import pytest

from stages.records.store import Store
from stages.reporting import html_page, page
from stages.reporting.formats import at_place, place_of, signed_at
from stages.reporting.registry import Report
from stages.reporting.texts import answer_text, published
from stages.reporting.texts.published import NOTHING
from stages.scores import catalogue
from stages.verdicts.held_out import cache
from stages.verdicts.pairs import mirror
from tests.reporting.conftest import with_scores

N_ROWS = 402


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def right(generator, share, n_seeds=5):
    """Rows decided rightly, the same for every seed but for one row in fifty."""
    decided = generator.random(N_ROWS) < share
    return np.where(generator.random((n_seeds, N_ROWS)) < 0.02, ~decided, decided)


@pytest.mark.parametrize(
    ("value", "half_width", "shown"),
    [
        (15776.3, 1234, "15,800"),
        (1387.2, 155, "1,390"),
        (0.8473, 0.03, "0.847"),
        (0.5, 0.25, "0.50"),
        (2.29e-6, 1.1e-6, "2.3e-6"),
        (-213.0, 355, "−210"),
        (7.0, np.nan, "7.00"),
        (123456.0, np.nan, "123,000"),
        (0.0, 0.0, "0"),
        (np.nan, np.nan, "–"),
    ],
)
def test_a_number_has_the_precision_that_its_interval_gives(value, half_width, shown):
    assert at_place(value, place_of(half_width, value)) == shown


@pytest.mark.parametrize(("value", "place", "shown"), [(-560.4, 1, "−560"), (0.0004, -4, "+0.0004"), (3.0, 2, "0")])
def test_a_difference_has_its_sign_unless_it_is_none(value, place, shown):
    assert signed_at(value, place) == shown


def rows_of(comparison):
    return answer_text.table(comparison).rows


def test_the_recommended_loss_comes_first_and_what_to_avoid_last(make_decided, generator):
    losses = {"squared_hinge": right(generator, 0.6), "hinge": right(generator, 0.95)}
    first, last = rows_of(make_decided(losses))
    assert (first[0], first[2], first[3]) == ("**`hinge`**", "–", "**use this**")
    assert (last[0], last[3]) == ("`squared_hinge`", "worse: avoid")
    assert re.fullmatch(r"0\.\d+ worse \(0\.\d+ to 0\.\d+\)", last[2])


def test_a_difference_stands_with_its_interval_in_favour_of_the_loss(make_decided, generator):
    comparison = make_decided({"hinge": right(generator, 0.9), "squared_hinge": right(generator, 0.85)})
    best = comparison.outcome.advice.best
    [pair] = [pair for (loss, _), pair in comparison.outcome.pairs.items() if loss == best]
    made = replace(pair, estimate=replace(pair.estimate, mean=24.7), low=-180.2, high=131.4)
    assert answer_text.against_best(made) == "up to 180 better or up to 130 worse"
    assert answer_text.against_best(mirror(made)) == "up to 130 better or up to 180 worse"
    one_sided = replace(made, low=-0.2)
    assert answer_text.against_best(one_sided) == "up to 131 worse"
    alike = replace(made, estimate=replace(pair.estimate, mean=0.0), low=-1e-9, high=2.0)
    assert answer_text.against_best(replace(alike, high=1e-9)) == "up to 1.0e-9 better or up to 1.0e-9 worse"
    assert answer_text.against_best(replace(alike, low=0.0, high=0.0)) == "the same"
    surely = replace(made, low=12.3, high=131.4)
    assert answer_text.against_best(surely) == "25 worse (12 to 131)"
    assert answer_text.against_best(mirror(surely)) == "25 better (12 to 131)"
    barely = replace(made, low=0.3, high=131.4)
    assert answer_text.against_best(barely) == "25 worse (0.3 to 131.4)"


def test_numbers_of_one_cell_have_one_power_of_ten(make_decided, generator):
    comparison = make_decided({"hinge": right(generator, 0.9), "squared_hinge": right(generator, 0.85)})
    pair = comparison.outcome.pairs["hinge", "squared_hinge"]
    small = replace(pair, estimate=replace(pair.estimate, mean=6.3e-6), low=-3e-7, high=1.7e-5)
    assert answer_text.against_best(small) == "up to 0.03e-5 better or up to 1.70e-5 worse"
    # that of the score above it
    assert answer_text.against_best(small, 2.3e-6) == "up to 0.3e-6 better or up to 17.0e-6 worse"
    assert answer_text.against_best(small, 0.25) == "up to 0.03e-5 better or up to 1.70e-5 worse"


def test_of_two_comparisons_on_the_same_rows_each_heading_says_how_it_is_trained_and_leads_to_the_other(
    make_comparison, make_tuning
):
    usual = make_comparison("mse", "msle")
    tuned = make_comparison("mse", "msle", comparison="fair", dataset="regression", tuning=make_tuning())
    text = page.markdown(Report([usual, tuned], NOTHING)).partition("\n## How sure")[0]
    headings = [
        "regression, one rate for all losses: which loss to train with?",
        "fair, each loss at its own best rate: which loss to train with?",
    ]
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == headings
    first, second = text.partition(f"\n## {headings[1]}")[::2]
    assert f"each loss at its own best rate: [fair](#{html_page.anchor(headings[1])})" in first
    assert f"one rate for all losses: [regression](#{html_page.anchor(headings[0])})" in second
    alone = page.markdown(Report([usual], NOTHING)).partition("\n## How sure")[0]
    assert "## regression: which loss to train with?" in alone
    assert "rate for all losses:" not in alone


def test_what_was_trained_as_published_says_so(make_comparison, make_tuning, root, monkeypatch):
    monkeypatch.chdir(root)
    tuned = make_comparison("mse", "msle", comparison="fair", dataset="regression", tuning=make_tuning())
    text = page.markdown(Report([make_comparison("mse", "msle"), tuned], published.read()))
    assert "\n## regression, as published: which loss to train with?\n" in text
    other = make_comparison("mse", "msle", epochs=3)
    text = page.markdown(Report([other, tuned], published.read()))
    assert "\n## regression, one rate for all losses: which loss to train with?\n" in text


def test_many_losses_of_one_verdict_share_a_row(make_decided, generator):
    losses = {"hinge": right(generator, 0.97)} | {
        f"hinge_{number}": right(generator, 0.4 + 0.02 * number) for number in range(6)
    }
    rows = rows_of(make_decided(losses))
    assert len(rows) == 3
    assert rows[1][3] == rows[2][3] == "worse: avoid"
    assert rows[2][0].count("`hinge_") == 5
    assert " to 0." in rows[2][1]


def test_what_it_gives_stands_beside_a_guess(make_decided, make_comparison, generator):
    gives = answer_text.gives(make_decided({"hinge": right(generator, 0.9), "squared_hinge": right(generator, 0.8)}))
    assert gives.startswith("Of rows not trained on, **0.")
    assert gives.endswith(" are decided rightly (accuracy). Always guessing the same for every row gives 0.500.")
    for headline, guess in (("mse", "mean"), ("mae", "median")):
        said = answer_text.gives(make_comparison("mse", "mae", headline=headline))
        assert f" Always guessing the {guess} gives " in said
    assert "Predictions miss by about **" in said
    assert "(mean absolute error, on rows not trained on)" in said


def test_the_sentence_has_the_figure_of_the_table(make_decided, generator):
    """It is one figure of one precision, though its own interval would give it fewer digits than the table needs."""
    decided = generator.random(N_ROWS) < 0.9
    nearly = {name: np.where(generator.random((5, N_ROWS)) < 0.002, ~decided, decided) for name in ("hinge", "hinge_2")}
    comparison = make_decided(nearly)
    first, *_ = rows_of(comparison)
    summary = comparison.outcome.summaries[comparison.outcome.advice.best]
    assert first[1] != at_place(summary.mean, place_of(summary.half_width, summary.mean))
    assert f"**{first[1]}**" in answer_text.gives(comparison)


def test_how_sure_it_is_stands_in_one_clause_beside_the_margin(make_decided, generator):
    beaten = {"hinge": right(generator, 0.95), "squared_hinge": right(generator, 0.6)}
    said = answer_text.sureness(make_decided(beaten, margin=0.01))
    assert said == (
        "A wrong choice costs **nothing**: no other loss is better, which is 95 % sure. "
        "Differences below 0.010 count as none."
    )
    near = {"hinge": right(generator, 0.9), "squared_hinge": right(generator, 0.9)}
    open_one = make_decided(near)
    cost = open_one.outcome.advice.cost
    said = answer_text.sureness(open_one)
    most = at_place(cost, place_of(cost))
    assert said.startswith(f"A wrong choice costs at most **{most}**: no other loss is better by more (95 % sure). ")
    assert "(5 % of what is missing to a perfect 1)" in said
    few = {name: values[:1] for name, values in near.items()}
    assert answer_text.sureness(make_decided(few)) == "How sure that is, 1 seed cannot say: at least 3 can."


def test_a_score_that_would_choose_another_loss_is_named_with_it_and_judged_once(
    make_decided, generator, tmp_path, monkeypatch
):
    decided = right(generator, 0.9)
    comparison = make_decided({"binary_crossentropy": decided, "binary_crossentropy_2": decided})
    assert comparison.outcome.advice.best == "binary_crossentropy"
    assert answer_text.by_other_scores(comparison) == ""
    # the same decisions, by outputs near 0.5: far less sure of what is mostly right
    run, other = comparison.runs
    timid = with_scores(replace(run, outputs=0.5 + (run.outputs - 0.5) / 10), comparison)
    said = answer_text.by_other_scores(replace(comparison, runs=[timid, other]))
    assert said.startswith("Another score would choose another loss: `binary_crossentropy_2` by ")
    assert "log loss" in said
    kept = replace(comparison, runs=[timid, other], cache=cache.beside(Store(tmp_path)))
    assert answer_text.by_other_scores(kept) == said
    monkeypatch.delattr(type(comparison), "by")
    assert answer_text.by_other_scores(replace(kept)) == said
    with pytest.raises(AttributeError, match="by"):  # other rows are judged anew
        answer_text.by_other_scores(replace(kept, weights=np.linspace(0.9, 1.1, len(kept.labels))))


def test_the_recall_of_a_class_chooses_no_loss(make_decided, generator):
    """Who always says class 0 has the best recall of class 0, and has learned nothing."""
    decided, always_0 = right(generator, 0.8), np.tile(np.arange(N_ROWS) % 2 == 0, (5, 1))
    comparison = make_decided({"binary_crossentropy": decided, "hinge": always_0})
    assert comparison.outcome.advice.best == "binary_crossentropy"
    assert comparison.by(catalogue.find("recall_0", "binary")).pairs["hinge", "binary_crossentropy"].verdict == "better"
    assert "recall of class" not in answer_text.by_other_scores(comparison)


def test_no_score_is_asked_where_every_network_failed(make_comparison):
    comparison = make_comparison("mse", "mae", failed=(0, 1, 2))
    assert answer_text.by_other_scores(comparison) == ""
    assert answer_text.gives(comparison) == ""
    assert answer_text.in_a_line(comparison) == "**No answer: every network failed.**"
