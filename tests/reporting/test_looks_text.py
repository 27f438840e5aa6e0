from dataclasses import replace

import pytest

from stages.reporting.texts import looks_text
from stages.verdicts.settling import Look


@pytest.fixture
def looked(make_comparison):
    """A factory of comparisons whose look came to what is given."""

    def make(*look, key="train.seeds", n_seeds=20):
        comparison = replace(make_comparison("mse", "mae", n_seeds=n_seeds), seeds_key=key)
        outcome = replace(comparison.outcome, look=Look(*look) if look else None)
        object.__setattr__(comparison, "outcome", outcome)
        return comparison

    return make


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ("settled", "20 of at most 60 seeds settled every verdict"),
        ("rows", "ended after 20 of at most 60 seeds: more would hardly make it surer, only more test rows would"),
        ("most", "60 seeds, the most there are, did not settle every verdict"),
    ],
)
def test_how_many_seeds_there_were_and_why_no_more_is_said(looked, ended, expected):
    assert looks_text.how_many(looked(20, 60, ended)) == f"Seeds came in looks of ten: {expected}."
    assert looks_text.how_many(looked()) == ""


def test_losses_that_ended_sooner_are_named(looked, make_run):
    comparison = looked(20, 60, "settled")
    comparison.runs[1] = make_run("mae", n_seeds=10)
    said = looks_text.how_many(comparison)
    assert said.endswith("settled every verdict; `mae` ended after 10, worse than all that could be recommended.")


@pytest.mark.parametrize(
    ("n_seeds", "look", "expected"),
    [
        (3, (), "-S 'comparisons.houses.seeds={at_most: 60}'"),
        (45, (), "-S 'comparisons.houses.seeds={at_most: 90}'"),
        (60, (60, 60, "most"), "-S comparisons.houses.seeds.at_most=120"),
        (20, (20, 60, "settled"), "-S comparisons.houses.seeds=40"),  # but for a margin of the user's own
    ],
)
def test_more_seeds_are_trained_in_looks_that_hold_the_error(looked, n_seeds, look, expected):
    comparison = looked(*look, key="comparisons.houses.seeds", n_seeds=n_seeds)
    assert looks_text.how_to_train_more(comparison) == f"`dvc exp run {expected}`"
