import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.reporting import verdict_text
from stages.reporting.formats import difference
from stages.scores import names
from stages.verdicts import pairs as verdicts
from stages.verdicts.pairs import Pair
from stages.verdicts.statistics import Summary, summarise

BASE = Pair(
    loss="a",
    against="b",
    difference=0.0123,
    low=0.0051,
    high=0.0204,
    p=0.01,
    p_holm=0.0234,
    beats=0.73,
    beats_low=0.55,
    beats_high=0.86,
    margin=0.00894,
    n_seeds=30,
    n_failed=0,
    seeds_needed=7,
    detectable=0.02,
    seeds_to_settle=None,
    verdict="inconclusive",
)
ACCURACY, MSE = names.find("accuracy", "binary"), names.find("mse", "regression")
FINISHED, FAILED = Summary(0.05, 0.01, 0.0123, 30, 0), Summary(math.nan, math.nan, math.nan, 0, 30)


def told(verdict, *, summaries=None, against=("b",), constant=None, **changes):
    """What is said of losses of which `a` is the best."""
    losses = ["a", *against]
    pairs = {}
    for other in against:
        pairs["a", other] = replace(BASE, against=other, verdict=verdict, **changes)
        pairs[other, "a"] = verdicts.mirror(pairs["a", other])
    return verdict_text.verdict(losses, pairs, summaries or dict.fromkeys(losses, FINISHED), ACCURACY, constant)


def test_one_loss_alone_gets_no_verdict():
    assert verdict_text.verdict(["a"], {}, {"a": FINISHED}, MSE, 1.0) == (
        "**No verdict**: `a` alone was trained. Its test mse is 0.05 ± 0.012."
    )


def test_where_every_seed_failed_a_remedy_is_named():
    expected = "**No verdict**: every seed failed. A smaller learning rate or another scaling may help."
    assert verdict_text.verdict(["a"], {}, {"a": FAILED}, MSE, 1.0) == expected
    assert told("equivalent", summaries={"a": FAILED, "b": FAILED}) == expected


@pytest.mark.parametrize(("n_seeds", "shown"), [(1, "1 seed"), (5, "5 seeds")])
def test_too_few_seeds_are_told_with_how_many_are_needed(n_seeds, shown):
    assert told("too few seeds", n_seeds=n_seeds, seeds_needed=7) == (
        "**Not settled: `a` has the best mean test accuracy, but `b` may do as well or better.** "
        f"{shown} cannot settle `a` against `b`: the test needs at least 7."
    )


def test_an_inconclusive_pair_is_told_with_the_command_that_settles_it():
    assert told("inconclusive", seeds_to_settle=1234) == (
        "**Not settled: `a` has the best mean test accuracy, but `b` may do as well or better.** "
        "About 1,234 seeds would settle `a` against `b` (`dvc exp run -S train.seeds=1234`)."
    )


def test_an_inconclusive_pair_is_told_where_nobody_knows_what_settles_it():
    assert told("inconclusive", against=("b", "c")) == (
        "**Not settled: `a` has the best mean test accuracy, but `b` and `c` may do as well or better.** "
        "These seeds do not tell how many would settle `a` against `b` and `c`."
    )


def test_one_number_of_seeds_settles_every_open_pair():
    pairs = {}
    for other, settled in (("b", 40), ("c", 1300), ("d", None)):
        pairs["a", other] = replace(BASE, against=other, seeds_to_settle=settled)
        pairs[other, "a"] = verdicts.mirror(pairs["a", other])
    text = verdict_text.verdict(["a", "b", "c", "d"], pairs, dict.fromkeys("abcd", FINISHED), ACCURACY, None)
    assert text.endswith(
        "These seeds do not tell how many would settle `a` against `d`. "
        "About 1,300 seeds would settle `a` against `b` and `c` (`dvc exp run -S train.seeds=1300`)."
    )
    assert "7 seeds cannot settle `a` against `b` and `c`: the test needs at least 9." in told(
        "too few seeds", against=("b", "c"), n_seeds=7, seeds_needed=9
    )


def test_equivalent_losses_are_told_with_the_margin():
    assert told("equivalent", against=("b", "c")) == (
        "**Train with any of these 3: `a`, `b` and `c`.** "
        "`b` and `c` differ from `a` by less than matters (± 0.00894 accuracy)."
    )


@pytest.mark.parametrize(
    ("against", "sentence"),
    [(("b",), "`b` is the same objective as `a`."), (("b", "c"), "`b` and `c` are the same objective as `a`.")],
)
def test_losses_of_one_objective_are_called_so(against, sentence):
    text = told("same objective", against=against)
    assert text.startswith(f"**Train with any of these {len(against) + 1}: `a`")
    assert text.endswith(f".** {sentence}")


def test_a_winner_is_told_with_the_share_of_seeds_the_difference_and_p():
    assert told("better") == (
        "**Train with `a`.** It has the better test accuracy on at least 73 % of the seeds. "
        "Worse than `a`: `b` (by 0.0123, p = 0.023)."
    )
    assert told("better", against=("b", "c"), p_holm=0.0004).endswith(
        "Worse than `a`: `b` (by 0.0123, p < 0.001), `c` (by 0.0123, p < 0.001)."
    )


def test_a_winner_on_every_seed_is_told_so():
    assert "It has the better test accuracy on every seed." in told("better", beats=1.0)


@pytest.mark.parametrize(
    ("constant", "score", "beaten"),
    [
        # the mean is 0.05 ± 0.0123
        (0.0376, ACCURACY, True),
        (0.0378, ACCURACY, False),
        (0.06, ACCURACY, False),
        (0.0624, MSE, True),
        (0.0622, MSE, False),
        (0.04, MSE, False),
    ],
)
def test_no_loss_is_recommended_that_does_not_surely_beat_a_constant_prediction(constant, score, beaten):
    pairs = {("a", "b"): replace(BASE, verdict="better"), ("b", "a"): verdicts.mirror(replace(BASE, verdict="better"))}
    text = verdict_text.verdict(["a", "b"], pairs, {"a": FINISHED, "b": FAILED}, score, constant)
    if beaten:
        assert text.startswith("**Train with `a`.**")
    else:
        assert text == (
            "**Train with none of these: no loss surely beats a constant prediction, "
            f"whose test {score.name} is {constant:.3g}.** "
            "The best mean is that of `a`, 0.05 ± 0.012. "
            "More epochs, another learning rate or another scaling may help. "
            "30 of 30 seeds of `b` failed and count as worse than any other."
        )


def test_one_seed_beats_a_constant_prediction_by_its_score_alone():
    alone = {"a": Summary(0.9, math.nan, math.nan, 1, 0)}
    assert verdict_text.verdict(["a"], {}, alone, ACCURACY, 0.8).startswith("**No verdict**: `a` alone was trained.")
    assert verdict_text.verdict(["a"], {}, alone, ACCURACY, 0.9) == (
        "**No verdict**: `a` alone was trained. Its test accuracy is 0.9; "
        "that of a constant prediction, 0.9, it does not beat."
    )


def test_a_loss_with_failed_seeds_alone_does_not_show_that_something_can_be_learned():
    # a failed seed counts as the worst, so the other is the best, and it is worse than a constant prediction
    scores = {"safe": np.full(18, 1.01), "fails": np.array([0.3] * 9 + [math.nan] * 9)}
    lead = "**Train with none of these: no loss surely beats"
    assert verdict_of(scores, MSE, 1.0).startswith(lead)
    # one that wins on every seed shows it, though the best by its mean varies too much to
    scores = {"wide": np.array([0.2] * 7 + [1.9] * 3), "tight": np.linspace(0.9, 0.91, 10)}
    assert verdict_of(scores, MSE, 1.0).startswith("**Not settled: `wide` has the best mean")
    assert verdict_of(scores, MSE, 0.5).startswith(lead)


def test_losses_that_do_no_better_than_a_constant_prediction_are_named():
    scores = {"good": np.linspace(0.9, 0.91, 10), "idle": np.linspace(0.5, 0.51, 10), "bad": np.linspace(0.4, 0.41, 10)}
    text = verdict_of(scores, ACCURACY, 0.51)
    assert text.startswith("**Train with `good`.**")
    assert text.endswith(" `idle` and `bad` do not surely beat a constant prediction (0.51).")
    assert "constant" not in verdict_of(scores, ACCURACY, 0.3)


def test_of_losses_that_do_alike_one_that_finished_is_named():
    scores = {"failed": np.full(8, math.nan), "zero": np.zeros(8)}
    assert "The best mean is that of `zero`, 0 ± 0." in verdict_of(scores, ACCURACY, 0.1)


def verdict_of(scores, score, constant):
    """The verdict on scores of several losses."""
    pairs = verdicts.compare(
        scores,
        higher_is_better=score.higher_is_better,
        margin=0,
        same_objective=set(),
        generator=np.random.default_rng(0),
    )
    summaries = {loss: summarise(values) for loss, values in scores.items()}
    return verdict_text.verdict(list(scores), pairs, summaries, score, constant)


def test_a_loss_that_failed_on_every_seed_is_worse_by_no_number():
    text = told("better", against=("b", "c"), summaries={"a": FINISHED, "b": FINISHED, "c": FAILED})
    assert "Worse than `a`: `b` (by 0.0123, p = 0.023), `c` (every seed failed)." in text
    assert difference(replace(BASE, n_failed=30)) == "no seed finished both"
    assert difference(replace(BASE, n_failed=29)).startswith("+0.012")


def test_failed_seeds_are_told_of_each_loss_that_has_some():
    some = Summary(0.05, 0.01, 0.01, 28, 2)
    text = told("better", against=("b", "c"), summaries={"a": FINISHED, "b": some, "c": FAILED})
    assert text.endswith(
        "2 of 30 seeds of `b` failed and count as worse than any other. "
        "30 of 30 seeds of `c` failed and count as worse than any other."
    )
    assert "failed" not in told("better")


SCORE = st.integers(0, 8).map(lambda value: value / 8) | st.just(math.nan)


@st.composite
def comparisons(draw):
    """The scores of some losses on some seeds, and what comparing them gives."""
    n_seeds = draw(st.sampled_from([1, 2, 7, 14]))
    losses = [f"loss{i}" for i in range(draw(st.integers(1, 4)))]
    scores = {loss: np.array(draw(st.lists(SCORE, min_size=n_seeds, max_size=n_seeds))) for loss in losses}
    same = {pair for pair in map(frozenset, itertools.combinations(losses, 2)) if draw(st.integers(0, 9)) == 0}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdicts, "RESAMPLES", 99)
        pairs = verdicts.compare(
            scores,
            higher_is_better=draw(st.booleans()),
            margin=draw(st.sampled_from([0, 0.05, 0.5])),
            same_objective=same,
            generator=np.random.default_rng(0),
        )
    return scores, pairs


@settings(max_examples=60, deadline=None)
@given(comparisons())
def test_every_other_loss_is_in_exactly_one_group(comparison):
    scores, pairs = comparison
    advice = verdict_text.advise(list(scores), pairs)
    grouped = [*advice.equal, *advice.open, *advice.beaten]
    assert sorted([advice.best, *(pair.against for pair in grouped)]) == sorted(scores)
    assert all(pair == pairs[advice.best, pair.against] and pair.difference >= 0 for pair in grouped)
    assert {pair.verdict for pair in advice.equal} <= {"equivalent", "same objective"}
    assert {pair.verdict for pair in advice.open} <= {"inconclusive", "too few seeds"}
    assert {pair.verdict for pair in advice.beaten} <= {"better"}


@settings(max_examples=60, deadline=None)
@given(comparisons())
def test_a_verdict_is_in_words_whatever_the_scores(comparison):
    scores, pairs = comparison
    summaries = {loss: summarise(values) for loss, values in scores.items()}
    text = verdict_text.verdict(list(scores), pairs, summaries, ACCURACY, None)
    assert text.startswith("**")
    assert text.count("**") == 2
    for wrong in ("nan", "inf ", "None", "About 0 "):
        assert wrong not in text
    assert all(f"`{loss}`" in text for loss in scores) or "every seed failed" in text
    assert sum(f"seeds of `{loss}` failed" in text for loss in scores) == (
        sum(summary.n_failed > 0 for summary in summaries.values()) if "every seed failed" not in text else 0
    )


def test_a_loss_that_always_fails_is_never_the_best():
    scores = {"failing": np.full(8, math.nan), "perfect": np.ones(8)}
    for n_seeds, lead in ((8, "**Train with `perfect`.**"), (1, "**Not settled: `perfect` has the best mean")):
        few = {loss: values[:n_seeds] for loss, values in scores.items()}
        pairs = verdicts.compare(
            few, higher_is_better=True, margin=0, same_objective=set(), generator=np.random.default_rng(0)
        )
        summaries = {loss: summarise(values) for loss, values in few.items()}
        assert verdict_text.verdict(list(few), pairs, summaries, ACCURACY, None).startswith(lead)
