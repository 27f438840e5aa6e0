from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from stages.records.settings import Within
from stages.reporting.sections import survival
from stages.reporting.sections.survival import does_it_survive

NOISE = np.random.default_rng(0).normal(0, 1e-3, 10)


@pytest.fixture
def varied(make_comparison, make_tuning):
    """A factory of a comparison of losses, each with its mean on test rows, with Adam, and with a wider network."""

    def make(score="mse", **means):
        comparison = make_comparison(*means)
        runs = []
        for run in comparison.runs:
            tested, *values = np.array(means[run.loss.name])[:, None] + NOISE
            others = run.scores[(run.scores["metric"] != score) | (run.scores["part"] != "test")]
            own = {"seed": run.seeds, "part": "test", "metric": score, "value": tested[: len(run.seeds)]}
            scores = pd.concat([others, pd.DataFrame(own)])
            names = np.array(["Adam", "a network twice as wide"])
            optimizer = run.settings.optimizer.model_copy(update={"learning_rate": (0.01, 0.1)})
            settings = run.settings.model_copy(update={"optimizer": optimizer})
            tuning = make_tuning("loss", values=np.stack(values), varied=names, varied_by=score)
            runs.append(replace(run, settings=settings, scores=scores, tuning=tuning))
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


def test_losses_that_were_tuned_by_their_own_values_are_compared_by_the_score_of_all(varied):
    comparison = varied("accuracy", mse=(0.9, 0.8, 0.7), mae=(0.7, 0.7, 0.8))
    assert {run.tuning.score for run in comparison.runs} == {"loss"}
    line = does_it_survive(replace(comparison, own_margin=0.01))
    assert "a network twice as wide `mae` is ahead of `mse`, the other way round (validation accuracy" in line


def test_a_loss_that_was_settled_sooner_is_compared_on_the_seeds_that_it_has(varied):
    comparison = varied("mae", mse=(1, 2, 1), mae=(2, 3, 1.05))
    first, second = comparison.runs
    few = replace(first, scores=first.scores[first.scores["seed"].isin(first.seeds[:2])])
    assert "clearly apart" not in does_it_survive(replace(comparison, runs=[few, second]))


def test_where_it_was_not_tried_that_is_said_with_the_key(varied, make_comparison):
    comparison = varied(mse=(1, 2, 3), mae=(2, 3, 1))
    untried = [replace(run, tuning=replace(run.tuning, varied=np.array([], str))) for run in comparison.runs]
    assert "`second_run: true` under the comparison" in does_it_survive(replace(comparison, runs=untried))
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
