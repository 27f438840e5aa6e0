"""What is said beside a verdict where losses ask for different things, or are multiples of each other."""

from dataclasses import replace

import numpy as np
import pytest

from stages.reporting.texts.loss_text import covers
from stages.reporting.texts.verdict_text import caution, verdict
from stages.scores import measure


def test_losses_that_ask_for_different_things_are_not_ranked_without_a_word(make_comparison):
    comparison = make_comparison("mse", "poisson", "mae", "huber", headline="mae")
    text = str(verdict(comparison))
    assert (
        "They estimate different things, `mse` and `poisson` the mean, `mae` the median, `huber` a value "
        "between mean and median, and are ranked by one score: mae is best for the median." in text
    )
    assert caution(comparison, comparison.outcome.pairs["mae", "mse"]) == "estimates the median"
    assert caution(comparison, comparison.outcome.pairs["poisson", "mse"]) == ""


@pytest.mark.parametrize("losses", [("mse", "poisson"), ("mse",), ("hinge", "squared_hinge")])
def test_losses_that_ask_for_one_thing_need_no_word(make_comparison, losses):
    comparison = make_comparison(*losses)
    assert "estimate" not in str(verdict(comparison))


def halved(comparison, loss):
    """The same comparison, where a loss is half of the first."""
    whole = comparison.runs[0].objective
    runs = [replace(run, objective=whole / 2) if run.loss.name == loss else run for run in comparison.runs]
    return replace(comparison, runs=runs)


@pytest.mark.parametrize(
    ("is_tuned", "why"),
    [
        (True, "a constant factor is a learning rate, and tuning makes them equal"),
        (False, "a constant factor is a learning rate, and at one rate for both their steps differ"),
    ],
)
def test_half_of_a_loss_is_the_same_objective_and_the_sentence_says_why(make_decided, make_tuning, is_tuned, why):
    right = np.random.default_rng(0).random((5, 402)) < 0.9
    comparison = halved(make_decided({"hinge": right, "squared_hinge": right}), "squared_hinge")
    if is_tuned:
        comparison = replace(comparison, runs=[replace(run, tuning=make_tuning()) for run in comparison.runs])
    assert comparison.outcome.pairs["squared_hinge", "hinge"].verdict == "same objective"
    assert f"`squared_hinge` is 0.5 times `hinge`, the same objective: {why}." in str(verdict(comparison))


def test_multiples_of_which_one_is_ahead_are_said_to_differ_in_their_steps_alone(make_comparison):
    comparison = halved(make_comparison("mse", "log_cosh"), "log_cosh")
    ahead = replace(comparison.outcome.pairs["mse", "log_cosh"], verdict="better")
    assert caution(comparison, ahead) == "same objective, other steps"


def test_the_coverage_of_a_quantile_stands_beside_its_score(make_run, labels):
    run = make_run("pinball", parameters={"quantile": 0.9})
    assert covers(run) == ""  # which was not measured
    test = labels["regression"]["test"]
    outputs = run.outputs[:, -len(test) :]
    [share] = {float(np.mean(measure.score(run.loss, test, outputs, also=["coverage"])["coverage"]))}
    table = run.scores.iloc[:3].assign(part="test", metric="coverage", value=share)
    text = covers(replace(run, scores=table))
    assert text == f"covers {100 * share:.0f} % (asked for: 90 %)"
