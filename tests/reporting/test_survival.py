from dataclasses import replace

import numpy as np
import pytest

from stages.records.settings import Within
from stages.reporting.sections import survival
from stages.reporting.sections.survival import does_it_survive

NOISE = np.random.default_rng(0).normal(0, 1e-3, 10)


@pytest.fixture
def varied(make_comparison, make_tuning):
    """A factory of a comparison by mse of losses, each with its mean as chosen, with Adam, and with a wider network."""

    def make(score="mse", **means):
        comparison = make_comparison(*means)
        runs = []
        for run in comparison.runs:
            values = np.array(means[run.loss.name])[:, None] + NOISE
            names = np.array(["Adam", "a network twice as wide"])
            optimizer = run.settings.optimizer.model_copy(update={"learning_rate": (0.01, 0.1)})
            settings = run.settings.model_copy(update={"optimizer": optimizer})
            runs.append(replace(run, settings=settings, tuning=make_tuning(score, values=values, varied=names)))
        return replace(comparison, runs=runs, own_margin=0.1)

    return make


def test_an_order_that_holds_is_one_line(varied):
    assert does_it_survive(varied(mse=(1, 2, 1), mae=(2, 3, 1.05))) == (
        "**Does it survive?** With Adam and with a network twice as wide the order holds "
        "(validation mse, 10 seeds, three rates)."
    )


def test_what_turns_is_named(varied):
    assert does_it_survive(varied(mse=(1, 2, 3), mae=(2, 3, 1), msle=(1.05, 2, 3))) == (
        "**Does it survive?** With Adam the order holds; with a network twice as wide `mae` is ahead of `mse` and "
        "`mae` is ahead of `msle`, the other way round (validation mse, 10 seeds, three rates)."
    )


def test_more_is_better_for_some_scores(varied):
    assert "`mae` is ahead of `mse`, the other way round" in does_it_survive(
        varied("r2", mse=(0.9, 0.2, 0.9), mae=(0.2, 0.9, 0.2))
    )


def test_that_no_two_losses_are_apart_is_said(varied):
    assert "the order holds (validation mse, 10 seeds, three rates; no two losses are clearly apart" in (
        does_it_survive(varied(mse=(1, 2, 1), mae=(1.05, 2, 1)))
    )


def test_losses_that_were_tuned_by_their_own_values_are_not_compared(varied):
    assert "no unit in common" in does_it_survive(varied("loss", mse=(1, 2, 3), mae=(2, 3, 1)))


def test_where_it_was_not_tried_that_is_said_with_the_key(varied, make_comparison):
    comparison = varied(mse=(1, 2, 3), mae=(2, 3, 1))
    untried = [replace(run, tuning=replace(run.tuning, varied=np.array([], str))) for run in comparison.runs]
    assert "`train: {second_run: true}`" in does_it_survive(replace(comparison, runs=untried))
    assert does_it_survive(make_comparison("mse", "mae")) == ""
    assert survival.SECTION.content([make_comparison("mse", "mae")], None) is None


def test_within_a_budget_it_is_not_the_key_that_lacks(varied):
    comparison = varied(mse=(1, 2, 3), mae=(2, 3, 1))
    within = Within(budget="10m", minutes=48, rows=40, horizons=(3, 9), tuning_rows=20, tuning_seeds=2)
    untried = [
        replace(
            run,
            settings=run.settings.model_copy(update={"within": within}),
            tuning=replace(run.tuning, varied=np.array([], str)),
        )
        for run in comparison.runs
    ]
    assert does_it_survive(replace(comparison, runs=untried)) == (
        "**Does it survive?** Not tried with another optimizer or a wider network: a budget leaves no time."
    )
