import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stages.verdicts.advice import advise
from stages.verdicts.design import Design
from stages.verdicts.pairs import FEWEST_SEEDS, compare


def pairs_of(*, margin=0.01, same=(), **values):
    arrays = {loss: np.array(each, float) for loss, each in values.items()}
    return compare(
        arrays,
        Design(np.ones(next(iter(arrays.values())).shape, bool), np.empty(0)),
        higher_is_better=True,
        margin=margin,
        same_objective={frozenset(pair) for pair in same},
        worst=0.0,
    )


def noise(generator, mean=0.0, n_seeds=8, n_rows=60):
    return mean + generator.normal(size=n_rows) / 10 + generator.normal(size=(n_seeds, n_rows)) / 10


def exactly(mean, values):
    return values - values.mean() + mean


def test_one_loss_alone_may_be_beaten_by_no_other():
    advice = advise(["a"], {})
    assert (advice.best, advice.equal, advice.open, advice.beaten) == ("a", [], [], [])
    assert (advice.cost, advice.rival) == (0, None)


def test_of_equals_the_first_is_taken():
    alike = np.ones((8, 60))
    assert advise(["b", "a"], pairs_of(a=alike, b=alike)).best == "b"


def test_losses_are_sorted_by_how_they_stand_to_the_best():
    generator = np.random.default_rng(0)
    best = exactly(1.0, noise(generator))
    alike, near = best + exactly(-0.001, noise(generator) / 50), exactly(0.98, noise(generator))
    values = {"far": best - 0.5, "alike": alike, "near": near, "best": best, "one": best}
    pairs = pairs_of(**values, same=[("best", "one")])
    advice = advise(list(values), pairs)
    assert advice.best == "best"
    kinds = ("equal", "open", "beaten")
    assert {kind: [pair.against for pair in getattr(advice, kind)] for kind in kinds} == {
        "equal": ["alike", "one"],
        "open": ["near"],
        "beaten": ["far"],
    }


def test_what_it_costs_to_be_wrong_worked_by_hand():
    generator = np.random.default_rng(1)
    values = {"a": noise(generator, 1.0), "b": noise(generator, 0.99), "c": noise(generator, 0.98)}
    pairs = pairs_of(**values)
    advice = advise(list(values), pairs)
    bounds = {}
    for rival in "bc":
        made = pairs[rival, "a"].estimate
        # of three pairs each interval misses with 5 % / 3, half of it above
        bounds[rival] = made.mean + stats.t.isf(0.05 / 3 / 2, made.df) * math.sqrt(made.variance)
    assert advice.best == "a"
    assert advice.cost == pytest.approx(max(bounds.values()))
    assert advice.rival == max(bounds, key=bounds.get)


def test_no_other_can_be_ahead_by_more_than_is_lacking():
    generator = np.random.default_rng(1)
    values = {"a": noise(generator, 1.0), "b": noise(generator, 0.99)}
    pairs = pairs_of(**values)
    lacking = advise(list(values), pairs).cost / 2
    bounded = advise(list(values), pairs, lacking=lambda loss: lacking if loss == "a" else 0.0)
    assert (bounded.best, bounded.cost, bounded.rival) == ("a", lacking, "b")


def test_a_best_that_is_surely_better_than_all_costs_nothing():
    best = noise(np.random.default_rng(0), 1.0)
    advice = advise(["a", "b"], pairs_of(a=best, b=best - 0.2))
    assert (advice.cost, advice.rival) == (0, None)


def test_a_loss_of_the_same_objective_is_no_rival():
    generator = np.random.default_rng(3)
    best = noise(generator, 1.0)
    values = {"a": best, "b": best + exactly(-0.0001, noise(generator) / 50)}
    assert advise(list(values), pairs_of(margin=0, **values)).rival == "b"
    assert advise(list(values), pairs_of(margin=0, same=[("a", "b")], **values)).cost == 0


def test_the_usual_loss_is_recommended_where_it_does_as_well_as_the_best():
    generator = np.random.default_rng(0)
    best = exactly(1.0, noise(generator))
    values = {"best": best, "usual": best - 0.001, "far": best - 0.5}
    pairs = pairs_of(margin=0.01, **values)
    advice = advise(list(values), pairs, "usual")
    assert (advice.best, advice.leader) == ("usual", "best")
    assert [pair.against for pair in advice.equal] == ["best"]
    assert [pair.against for pair in advice.beaten] == ["far"]
    assert (advice.rival, advice.cost) == ("best", pytest.approx(0.001))
    assert advise(list(values), pairs).best == "best"


@pytest.mark.parametrize(("usual", "why"), [(0.995, "inconclusive"), (0.97, "worse")])
def test_the_usual_loss_is_not_recommended_where_it_is_worse_or_not_shown_to_be_equal(usual, why):
    generator = np.random.default_rng(0)
    best = exactly(1.0, noise(generator))
    values = {"best": best, "usual": best + exactly(usual - 1, noise(generator) / (2 if why == "inconclusive" else 50))}
    pairs = pairs_of(margin=0.01, **values)
    assert pairs["usual", "best"].verdict == why
    assert advise(list(values), pairs, "usual").best == "best"


def test_the_usual_loss_is_not_recommended_where_another_than_the_best_is_shown_to_be_better():
    generator = np.random.default_rng(0)
    best = exactly(1.0, noise(generator))
    # equivalent to the one with the best mean, of which little is known; worse than the other for sure
    values = {"best": best, "usual": best - 0.009, "surer": best - 0.0005}
    pairs = pairs_of(margin=0.0091, **values)
    assert pairs["usual", "best"].verdict == "equivalent"
    worse = {("usual", "surer"): "worse", ("surer", "usual"): "better"}
    pairs = {names: replace(pair, verdict=worse.get(names, pair.verdict)) for names, pair in pairs.items()}
    assert advise(list(values), pairs, "usual").best == "best"


def test_with_one_seed_nobody_knows_what_it_costs():
    advice = advise(["a", "b"], pairs_of(a=[[0.5, 0.6]], b=[[0.4, 0.5]]))
    assert (advice.best, [pair.against for pair in advice.open], advice.rival) == ("a", ["b"], None)
    assert math.isnan(advice.cost)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), n_losses=st.integers(1, 5), n_seeds=st.integers(1, 6))
def test_every_other_loss_is_in_exactly_one_group(seed, n_losses, n_seeds):
    generator = np.random.default_rng(seed)
    values = {
        f"loss{i}": noise(generator, generator.choice([0.9, 0.95, 1.0]), n_seeds=n_seeds) for i in range(n_losses)
    }
    for each in values.values():
        each[generator.random(n_seeds) < 0.1] = np.nan
    pairs = pairs_of(margin=0.02, **values)
    advice = advise(list(values), pairs)
    grouped = [*advice.equal, *advice.open, *advice.beaten]
    assert sorted([advice.best, *(pair.against for pair in grouped)]) == sorted(values)
    assert all(pair == pairs[advice.best, pair.against] and pair.difference >= 0 for pair in grouped)
    assert {pair.verdict for pair in advice.equal} <= {"equivalent", "same objective"}
    assert {pair.verdict for pair in advice.open} <= {"inconclusive", "too few seeds"}
    assert {pair.verdict for pair in advice.beaten} <= {"better"}
    # what too few seeds say of the cost is nothing
    assert advice.cost >= 0 if n_seeds >= FEWEST_SEEDS or n_losses == 1 else math.isnan(advice.cost)


def test_in_one_draw_of_twenty_at_most_being_wrong_costs_more_than_is_said():
    generator, wrong, draws = np.random.default_rng(0), 0, 150
    means = {"a": 0.0, "b": 0.0, "c": 0.02}
    for _ in range(draws):
        pairs = pairs_of(margin=0, **{loss: noise(generator, mean) for loss, mean in means.items()})
        advice = advise(list(means), pairs)
        wrong += max(means.values()) - means[advice.best] > advice.cost
    assert wrong / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)
