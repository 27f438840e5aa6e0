"""What became of the published claims stands first, after the user's own tables."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from stages.reporting import page
from stages.reporting.registry import Report
from stages.reporting.texts import answer_text, published
from stages.reporting.texts.published import Claim, claims

BINARY = ["binary_crossentropy", "hinge", "squared_hinge"]


@pytest.fixture
def reference(root, monkeypatch):
    monkeypatch.chdir(root)
    return published.read()


def test_own_tables_stand_before_the_claims_and_these_before_what_is_reproduced(make_comparison, reference):
    own = make_comparison("mse", "mae", comparison="houses", dataset="houses")
    text = page.markdown(Report([make_comparison(*BINARY), own], reference))
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[:3] == [
        "houses: which loss to train with?",
        "What became of the published claims",
        "circles: which loss to train with?",
    ]


def test_a_report_on_own_tables_alone_says_nothing_of_what_was_published(make_comparison, reference):
    text = page.markdown(Report([make_comparison("mse", "mae", comparison="houses", dataset="houses")], reference))
    assert "published" not in text.partition("## How to read this")[0]


def test_a_claim_is_judged_where_each_loss_is_at_its_own_best(make_comparison, make_tuning, reference):
    usual = make_comparison("mse", "msle")
    tuned = make_comparison("mse", "msle", comparison="fair", dataset="regression", tuning=make_tuning())
    [claim] = claims(reference, [usual, tuned])
    assert (claim.loss, claim.against, claim.published) == ("mse", "msle", (0.001, 0.184))
    assert claim.verdict == tuned.outcome.pairs["mse", "msle"].verdict
    assert claim.comparison.name == "fair"
    text = page.markdown(Report([usual, tuned], reference))
    opening = " ".join(text.partition("\n## regression, ")[0].split())
    assert (
        "networks per loss try it, each loss at its own best rate and epochs: in `fair`, where errors are " in opening
    )
    assert "`regression` trains as was published, at one rate for all losses." in opening
    assert "**Of 1 published difference between losses, " in opening
    [alone] = claims(reference, [usual])
    assert alone.comparison.name == "regression"
    text = page.markdown(Report([usual], reference))
    assert " try it, at the one learning rate that was published." in " ".join(text.split())
    assert "trains as was published" not in text


def test_beside_the_claims_stands_what_to_train_with_what_it_gives_and_what_a_wrong_choice_costs(
    make_comparison, make_tuning, reference
):
    usual = make_comparison("mse", "msle")
    fair = make_comparison("mse", "msle", comparison="fair", dataset="regression", tuning=make_tuning())
    one = replace(
        make_comparison("categorical_crossentropy"), other_names={"categorical_crossentropy": ["kl_divergence"]}
    )
    text = page.markdown(Report([usual, fair, one], reference))
    opening = text.partition("\n## regression, ")[0]
    _, _, first, second = opening.split("| problem |")[1].split("\n\n")[0].splitlines()
    assert first.startswith("| [regression](#fair-each-loss-at-its-own-best-rate-which-loss-to-train-with) | **")
    score = answer_text.score_of(fair, fair.outcome.advice.best)
    assert f"** | {fair.score.name} {score} | {answer_text.cost_of_being_wrong(fair)} |" in first
    assert second.endswith(" | nothing: there is no other |")
    assert "\n## fair, each loss at its own best rate: which loss to train with?\n" in text
    assert opening.index("| problem |") < opening.index("| published |")


@pytest.mark.parametrize(
    ("cost", "rival", "cell"),
    [
        (0.012, "msle", "0.012"),
        (0.0, None, "nothing"),
        (math.nan, None, "not known: too few seeds"),
        (9.0, "msle", "not known: too few seeds or rows"),
    ],
)
def test_what_a_wrong_choice_costs_fits_a_cell(make_comparison, cost, rival, cell):
    comparison = make_comparison("mse", "msle")
    outcome = comparison.outcome
    summaries = outcome.summaries | {"mse": replace(outcome.summaries["mse"], mean=0.5)}
    of_msle = replace(outcome.pairs["mse", "msle"], verdict="inconclusive")
    advice = replace(outcome.advice, best="mse", equal=[], open=[of_msle], beaten=[], cost=cost, rival=rival)
    comparison.__dict__["outcome"] = replace(outcome, summaries=summaries, advice=advice)
    assert answer_text.cost_of_being_wrong(comparison) == cell


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.0123, 0.0204, "up to 0.020 better or up to 0.012 worse"),
        (-0.2, 0.0004, "up to 0.20 worse"),
        (0.0104, 0.0204, "0.0104 to 0.0204 better"),
        (-0.0204, -0.0104, "0.0104 to 0.0204 worse"),
        (-0.0123, 0.06, "so few seeds or rows cannot say"),
        (np.nan, np.nan, "so few seeds or rows cannot say"),
    ],
)
def test_a_claim_says_what_it_costs_to_be_wrong(make_comparison, low, high, said):
    comparison = make_comparison("mse", "msle")
    outcome = comparison.outcome
    pair = replace(outcome.pairs["mse", "msle"], low=low, high=high, verdict="inconclusive")
    means = zip(("mse", "msle"), (0.02, 0.05), strict=True)
    summaries = {loss: replace(outcome.summaries[loss], mean=mean, half_width=0.0) for loss, mean in means}
    made = replace(comparison)
    made.__dict__["outcome"] = replace(outcome, summaries=summaries)
    assert published.how_sure(made, pair) == said
    assert published._scores(made, "mse", "msle", pair) == "mse 0.0200 against 0.0500"


def test_with_how_many_networks_a_claim_is_tried_is_read_from_its_own_comparison(
    make_comparison, make_tuning, reference
):
    own = make_comparison("mse", "mae", comparison="houses", dataset="houses", n_seeds=12, tuning=make_tuning())
    text = page.markdown(Report([own, make_comparison(*BINARY, n_seeds=8)], reference))
    assert "Here 8 networks per loss try it, at the one learning rate" in text
    both = [make_comparison("mse", "msle", n_seeds=7, comparison="fair", dataset="regression", tuning=make_tuning())]
    text = page.markdown(Report([own, make_comparison(*BINARY, n_seeds=8), *both], reference))
    assert "Here 7 to 8 networks per loss try it, each loss at its own best where that was tried" in text


@pytest.mark.parametrize(
    ("published", "verdict", "answer"),
    [
        ((0.1, 0.2), "better", "yes"),
        ((0.1, 0.2), "worse", "no"),
        ((0.1, 0.2), "equivalent", "no"),
        ((0.1, 0.2), "same objective", "no"),
        ((0.1, 0.2), "inconclusive", "not proven"),
        ((0.1, 0.1), "same objective", "yes"),
        ((0.1, 0.1), "better", "no"),
    ],
)
def test_a_claim_holds_where_the_verdict_says_so(make_comparison, published, verdict, answer):
    claim = Claim(make_comparison(*BINARY), "hinge", "squared_hinge", published, verdict, "", "", 30)
    assert claim.answer == answer
    assert claim.holds is (answer == "yes")


def test_names_of_one_loss_cannot_be_told_apart(make_comparison, reference):
    once = replace(
        make_comparison("categorical_crossentropy"), other_names={"categorical_crossentropy": ["kl_divergence"]}
    )
    [claim] = claims(reference, [once])
    assert (claim.verdict, claim.answer) == ("same objective", "yes")
    assert claim.why == "the same loss, by another name"
    assert claim.scores == f"accuracy {answer_text.score_of(once, 'categorical_crossentropy')}"


def test_what_the_old_accuracy_says_of_hinge_stands_beside_what_is_so(make_comparison, reference):
    said = published.by_old_accuracy(reference, claims(reference, [make_comparison(*BINARY)]))
    # outputs of ±0.4 round to 0, so that by the old rule every one is wrong
    assert said == (
        "Keras' old `accuracy` calls outputs from −0.5 to 0.5 wrong. By it, `hinge` 0.00 and `squared_hinge` 0.00."
    )
    assert published.by_old_accuracy(reference, claims(reference, [make_comparison("mse", "msle")])) == ""
