import itertools
import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.verdicts import pairs
from stages.verdicts.design import Design, scores_of
from stages.verdicts.intervals import estimate, over_seeds
from stages.verdicts.pairs import Verdict

NAN, NO_BOUND, ONE = math.nan, np.empty(0), np.ones(1)
TURNED = {"better": "worse", "worse": "better"}


def compare(higher_is_better=True, margin=0.01, *, same=(), tested=None, reach=NO_BOUND, constant=None, **values):
    """Compare losses by the values of rows; of numbers alone, one for each seed, every row has that of its seed."""
    arrays = {loss: np.array(each, float) for loss, each in values.items()}
    arrays = {loss: np.tile(each[:, None], 40) if each.ndim == 1 else each for loss, each in arrays.items()}
    if tested is None:
        tested = np.ones(next(iter(arrays.values())).shape, bool)
    scores = {loss: scores_of(each, tested) for loss, each in arrays.items()}
    return pairs.compare(
        arrays,
        Design(tested, reach),
        higher_is_better=higher_is_better,
        margin=margin,
        same_objective=set(same),
        worst=pairs.worst_score(scores, constant, higher_is_better=higher_is_better),
    )


@pytest.mark.parametrize(
    ("scores", "constant", "higher_is_better", "margin"),
    [
        ([[0.8, 0.9, NAN]], None, True, 0.0075),
        ([[0.1, NAN, 0.3]], None, False, 0.01),
        ([[NAN, NAN]], None, False, 0),
        # the loss with the best mean
        ([[0.8, 0.9, NAN], [0.9, 0.95, 1.0]], None, True, 0.0025),
        ([[0.1, NAN, 0.3], [9.0, 0.1, 0.1]], None, False, 0.01),
        # a constant prediction, where no loss learned anything
        ([[0.8, 1.0]], 0.5, False, 0.025),
        ([[NAN, NAN], [0.7, 0.7]], 0.5, False, 0.025),
        ([[0.5, 0.5]], 0.6, True, 0.02),
        ([[NAN]], 0.6, True, 0.02),
        ([[0.8, 0.9, NAN]], 0.6, True, 0.0075),
    ],
)
def test_the_default_margin_is_a_twentieth_of_the_smallest_error(scores, constant, higher_is_better, margin):
    scores = [np.array(own) for own in scores]
    assert pairs.default_margin(scores, constant, higher_is_better=higher_is_better) == pytest.approx(margin)


@pytest.mark.parametrize(
    ("bounds", "margin", "enough", "verdict"),
    [
        ((0.02, 0.05), 0.01, True, "better"),
        ((-0.05, -0.02), 0.01, True, "worse"),
        ((0.02, 0.05), 0.01, False, "too few seeds"),
        ((0.0, 0.05), 0.01, True, "inconclusive"),
        ((-0.05, 0.0), 0.01, True, "inconclusive"),
        ((-0.02, 0.05), 0.01, True, "inconclusive"),
        ((0.001, 0.009), 0.01, True, "equivalent"),
        ((-0.01, 0.01), 0.01, True, "equivalent"),
        ((-0.01, 0.0101), 0.01, True, "inconclusive"),
        ((-0.0101, 0.01), 0.01, True, "inconclusive"),
        ((0.0, 0.0), 0, True, "equivalent"),
        ((NAN, NAN), 0.01, False, "too few seeds"),
    ],
)
def test_the_one_rule_and_its_order(bounds, margin, enough, verdict):
    assert pairs.decide(*bounds, margin, enough=enough) == verdict


def test_two_losses_worked_by_hand():
    # errors of three seeds on two rows; differences in favour of the first: 1 and 3, 2 and 4, 0 and 2
    pair = compare(higher_is_better=False, margin=0, ours=[[1, 1], [1, 1], [1, 1]], theirs=[[2, 4], [3, 5], [1, 3]])[
        "ours", "theirs"
    ]
    assert pair.difference == 2
    # rows' means 1 and 3 have variance 2, seeds' means 2, 3 and 1 variance 1; interaction 0
    assert pair.estimate.variance == pytest.approx(2 / 2 + 1 / 3)
    assert pair.on_these_rows == pytest.approx((2 - 4.302653 / math.sqrt(3), 2 + 4.302653 / math.sqrt(3)))
    assert (pair.n_seeds, pair.n_rows, pair.n_telling, pair.n_failed, pair.verdict) == (3, 2, 2, 0, "inconclusive")


@pytest.mark.parametrize(
    ("higher_is_better", "constant", "difference"),
    [
        # a failed seed's accuracy is that of a constant prediction, 0.45: 0.9 - 0.45, 0.45 - 0.6 and 0
        (True, 0.45, 0.1),
        # the worst seed's, 0.5, which is worse than the constant's: 0.4, -0.1 and 0
        (True, 0.7, 0.1),
        # without a constant prediction 0: 0.9, -0.6 and 0
        (True, None, 0.1),
        # its error is the constant's, 3: 2.1, -2.4 and 0
        (False, 3.0, -0.1),
        # the worst seed's, 2: 1.1, -1.4 and 0
        (False, 1.5, -0.1),
        # twice that, 4, without a constant: 3.1, -3.4 and 0
        (False, None, -0.1),
    ],
)
def test_a_failed_seed_counts_as_a_constant_prediction_or_the_worst_seed_by_hand(
    higher_is_better, constant, difference
):
    third = [0.5, 0.8, 0.5] if higher_is_better else [0.5, 2, 0.5]
    pair = compare(higher_is_better, constant=constant, ours=[0.9, NAN, NAN], theirs=[NAN, 0.6, NAN], third=third)[
        "ours", "theirs"
    ]
    assert pair.difference == pytest.approx(difference)
    assert pair.n_failed == 3


@pytest.mark.parametrize(
    ("scores", "constant", "higher_is_better", "worst"),
    [
        ([0.5, -0.5, NAN], None, True, -2),  # R²: twice as far from 1
        ([0.5, -0.5, NAN], 0.0, True, -0.5),
        ([0.5, -1e-17, NAN], None, True, 0),  # a recall of 0, but for the last digit
        ([0.9, NAN], 0.5, True, 0.5),
        ([0.4, NAN], 0.5, True, 0.4 * 0),  # no seed is better than what a failed one would count as
        ([0.4, 0.6, NAN], 0.5, True, 0.4),
        ([3.0, NAN], 2.0, False, 6),
        ([NAN, NAN], 2.0, False, 4),
        ([NAN, NAN], None, False, 0),
        ([5.58, 0.1, NAN], 1.0, False, 5.58),
    ],
)
def test_what_a_failed_seed_counts_as(scores, constant, higher_is_better, worst):
    found = pairs.worst_score({"a": np.array(scores)}, constant, higher_is_better=higher_is_better)
    assert found == pytest.approx(worst)


def test_a_difference_that_is_sure_but_does_not_matter_is_equivalence():
    theirs = np.linspace(0.8, 0.9, 30)
    ours = theirs + np.linspace(0.001, 0.003, 30)
    assert compare(margin=0.01, ours=ours, theirs=theirs)["ours", "theirs"].verdict == "equivalent"
    assert compare(margin=0.0001, ours=ours, theirs=theirs)["ours", "theirs"].verdict == "better"


def test_losses_known_to_be_one_objective_are_called_so_and_no_others():
    base = np.linspace(0.6, 0.7, 30)
    alike, better = base + np.tile([0.001, -0.001], 15), base + 0.2
    compared = compare(a=base, b=alike, c=base, d=better, same=[frozenset("ab"), frozenset("ad")])
    assert {"".join(pair): compared[pair].verdict for pair in itertools.combinations("abc", 2)} == {
        "ab": "same objective",
        "ac": "equivalent",
        "bc": "equivalent",
    }
    assert compared["d", "a"].verdict == "better"
    assert compared["b", "a"].verdict == "same objective"
    assert compare(a=[0.1], b=[0.2], same=[frozenset("ab")])["a", "b"].verdict == "same objective"


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), grid=st.booleans())
def test_losses_that_differ_by_rounding_alone_are_never_ranked(seed, grid):
    generator = np.random.default_rng(seed)
    base = generator.random((12, 60)).round(1 if grid else 9)
    losses = {name: base * (1 + generator.choice([-1, 0, 1], base.shape) * 2e-16) for name in "abc"}
    for margin in (0, 0.01):
        assert {pair.verdict for pair in compare(margin=margin, **losses).values()} == {"equivalent"}


def test_every_interval_and_p_is_adjusted_for_all_pairs():
    generator = np.random.default_rng(0)
    compared = compare(**{loss: generator.normal(size=(12, 20)) for loss in "abcd"})
    assert set(compared) == set(itertools.permutations("abcd", 2))
    assert all((pair.loss, pair.against) == names for names, pair in compared.items())
    for pair in compared.values():
        assert (pair.low, pair.high) == pytest.approx(pair.estimate.interval(0.05 / 6))
        assert pair.p == pytest.approx(min(6 * pair.estimate.p, 1))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5), st.sampled_from([3, 9, 10, 30]))
def test_no_interval_that_excludes_0_stands_beside_a_p_above_5_percent(seed, n_losses, n_seeds):
    generator = np.random.default_rng(seed)
    values = {
        f"loss{i}": generator.normal(size=20) / 3 + generator.standard_t(2, (n_seeds, 1)) / 9 + generator.random() / 2
        for i in range(n_losses)
    }
    values = {loss: each + generator.normal(size=(n_seeds, 20)) / 9 for loss, each in values.items()}
    for pair in compare(margin=0, **values).values():
        assert (pair.p <= 0.05) == (pair.low > 0 or pair.high < 0) == (pair.verdict in TURNED)


def test_one_loss_has_no_pairs():
    assert compare(a=[0.5, 0.6]) == {}


def test_differences_are_of_the_rows_that_a_seed_tests_and_those_by_rounding_are_none():
    ours, theirs = np.array([[0.3, 0.5, NAN], [NAN, NAN, NAN]]), np.array([[0.1 + 0.2, 0.4, NAN], [NAN, 0.2, 0.3]])
    tested = np.array([[True, True, False], [False, True, True]])
    np.testing.assert_allclose(
        pairs.paired_differences(*(pairs.with_failed(each, tested, 0.0) for each in (ours, theirs))),
        [[0, 0.1, NAN], [NAN, -0.2, -0.3]],
        atol=0,
        rtol=1e-15,
    )


def test_on_a_fixed_split_the_interval_on_these_rows_is_over_seeds_alone():
    generator = np.random.default_rng(0)
    values = {loss: generator.normal(size=(8, 1)) + generator.normal(size=(8, 50)) for loss in "ab"}
    pair = compare(**values)["a", "b"]
    assert pair.on_these_rows == pytest.approx(over_seeds((values["a"] - values["b"]).mean(axis=1), 0.05))
    tested = generator.random((8, 50)) < 0.5
    pair = compare(tested=tested, **values)["a", "b"]
    assert pair.on_these_rows is None
    assert pair.estimate == estimate(np.where(tested, values["a"] - values["b"], NAN), Design(tested, NO_BOUND))


def test_it_is_known_where_few_decisions_tell_two_losses_apart():
    ours = np.zeros((5, 1000))
    theirs = ours.copy()
    theirs[:, :20] = 1
    assert compare(reach=ONE, a=ours, b=theirs)["a", "b"].few_rows_tell
    assert not compare(a=ours, b=theirs)["a", "b"].few_rows_tell
    theirs[:, 20:40] = -1
    assert not compare(reach=ONE, a=ours, b=theirs)["a", "b"].few_rows_tell


@pytest.mark.parametrize(("n_rows", "verdict"), [(305, "equivalent"), (304, "inconclusive")])
def test_where_no_row_tells_two_losses_apart_only_enough_rows_make_them_equivalent(n_rows, verdict):
    alike = np.ones((10, n_rows))
    pair = compare(margin=0.01, reach=ONE, a=alike, b=alike)["a", "b"]
    # the rule of three: 3.0424 / 305 is less than 0.01, 3.0424 / 304 more
    assert pair.high == pytest.approx(3.0424 / n_rows, rel=1e-4)
    assert (pair.difference, pair.p, pair.verdict) == (0, 1, verdict)


# properties

GRID = st.integers(0, 20).map(lambda value: value / 20)
several = settings(max_examples=40, deadline=None)


@st.composite
def drawn_values(draw, *, fails=True, lowest=0.0):
    """Row values of two losses, and which rows each seed tests: always the same ones, or a half of its own."""
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    shape = draw(st.integers(1, 8)), draw(st.integers(2, 30))
    values = [(lowest + generator.random(shape) + generator.random((shape[0], 1))).round(1) / 2 for _ in range(2)]
    tested = np.ones(shape, bool)
    if draw(st.booleans()):
        tested = (generator.random(shape) < 0.5) | (np.arange(shape[1]) == 0)
    for each in values:
        each[~tested] = NAN
        if fails:
            each[generator.random(shape[0]) < 0.2] = NAN
    return *values, tested


@several
@given(drawn_values(), st.booleans(), st.sampled_from([0, 0.01, 0.2]))
def test_swapping_two_losses_turns_everything_round(drawn, higher_is_better, margin):
    ours, theirs, tested = drawn
    one = compare(higher_is_better, margin, tested=tested, ours=ours, theirs=theirs)["ours", "theirs"]
    for values in ({"ours": ours, "theirs": theirs}, {"theirs": theirs, "ours": ours}):
        other = compare(higher_is_better, margin, tested=tested, **values)["theirs", "ours"]
        assert (other.loss, other.against) == ("theirs", "ours")
        assert (other.difference, other.low, other.high, other.p) == pytest.approx(
            (-one.difference, -one.high, -one.low, one.p), abs=1e-12, nan_ok=True
        )
        assert (other.on_these_rows is None) == (one.on_these_rows is None)
        if one.on_these_rows:
            low, high = one.on_these_rows
            assert other.on_these_rows == pytest.approx((-high, -low), abs=1e-12, nan_ok=True)
        assert other.verdict == TURNED.get(one.verdict, one.verdict)


@several
@given(drawn_values(), st.booleans(), st.integers(0, 10**6))
def test_the_order_of_seeds_and_rows_does_not_matter(drawn, higher_is_better, seed):
    generator = np.random.default_rng(seed)
    seeds, rows = (generator.permutation(n) for n in drawn[0].shape)
    before, after = (
        compare(higher_is_better, ours=ours, theirs=theirs, tested=tested)["ours", "theirs"]
        for ours, theirs, tested in (drawn, [each[seeds][:, rows] for each in drawn])
    )
    assert (after.difference, after.low, after.high, after.p) == pytest.approx(
        (before.difference, before.low, before.high, before.p), abs=1e-9, nan_ok=True
    )
    assert after.n_telling == pytest.approx(before.n_telling)
    assert (after.n_rows, after.n_failed) == (before.n_rows, before.n_failed)


@several
@given(drawn_values(), st.booleans(), st.sampled_from([0, 0.01, 0.2]))
@pytest.mark.filterwarnings("error")
def test_the_difference_lies_in_its_interval_and_every_number_is_a_number(drawn, higher_is_better, margin):
    ours, theirs, tested = drawn
    pair = compare(higher_is_better, margin, tested=tested, ours=ours, theirs=theirs)["ours", "theirs"]
    assert 0 <= pair.p <= 1
    assert 0 <= pair.n_telling <= pair.n_rows
    assert pair.verdict in get_args(Verdict)
    if pair.n_seeds < 2 or pair.n_rows < 2:
        assert np.isnan([pair.low, pair.high]).all()
    else:
        assert pair.low <= pair.difference <= pair.high
    if pair.verdict in TURNED:
        assert pair.p <= 0.05
        assert (pair.low > 0) == (pair.verdict == "better") != (pair.high < 0)


# errors differ by no more than a factor of two, so that none is worse than what a failed seed counts as
@several
@given(drawn_values(fails=False, lowest=2.0), st.booleans())
def test_a_failed_seed_never_improves_a_loss(drawn, higher_is_better):
    ours, theirs, tested = drawn
    before = compare(higher_is_better, tested=tested, ours=ours, theirs=theirs)["ours", "theirs"]
    for seed in {0, len(ours) - 1}:
        failed = np.where(np.arange(len(ours))[:, None] == seed, NAN, ours)
        after = compare(higher_is_better, tested=tested, ours=failed, theirs=theirs)["ours", "theirs"]
        assert after.difference <= before.difference + 1e-12


CONSTANT = np.random.default_rng(0).random(30)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ([0.75] * 30, [0.5] * 30, "better"),
        # 0.25 but for rounding
        (CONSTANT + 0.25, CONSTANT, "better"),
        ([0.5] * 29 + [0.6], [0.5] * 30, "inconclusive"),
        ([0.6], [0.5], "too few seeds"),
        ([NAN], [0.5], "too few seeds"),
        ([0.6, 0.6], [0.5, 0.5], "too few seeds"),
        ([0.5, 0.6, 0.7], [0.6, 0.5, 0.4], "inconclusive"),
        ([0.6, 0.7, 0.8], [0.1, 0.2, 0.3], "better"),
        ([NAN] * 30, CONSTANT + 1, "worse"),
        ([NAN] * 30, [1.0] * 30, "worse"),
        ([NAN] + [0.9] * 29, [0.9] * 30, "inconclusive"),
        ([NAN], [NAN], "too few seeds"),
    ],
    ids=str,
)
@pytest.mark.parametrize("higher_is_better", [True, False])
@pytest.mark.filterwarnings("error")
def test_degenerate_scores_get_a_verdict_without_a_warning(ours, theirs, verdict, higher_is_better):
    pair = compare(higher_is_better, ours=ours, theirs=theirs)["ours", "theirs"]
    failed = np.isnan(np.r_[ours, theirs]).any()
    assert pair.verdict == (verdict if higher_is_better or failed else TURNED.get(verdict, verdict))
    assert np.isfinite([pair.difference, pair.p]).all()
    assert np.isfinite([pair.low, pair.high]).all() == (len(ours) > 1)


@pytest.mark.parametrize("value", [0.0, 0.5, NAN])
def test_losses_that_do_alike_on_every_row_are_not_ranked(value):
    pair = compare(ours=[value] * 30, theirs=[value] * 30)["ours", "theirs"]
    assert (pair.difference, pair.p, pair.verdict) == (0, 1, "equivalent")


# a simulation, with a seed of its own


def test_where_there_is_no_difference_one_draw_in_twenty_at_most_gets_a_winner():
    generator, wrong, draws = np.random.default_rng(1), 0, 200
    for _ in range(draws):
        rows, seeds = generator.normal(size=60), generator.normal(0, 0.1, (10, 1))
        values = {loss: rows + seeds + generator.normal(size=60) + generator.normal(0, 0.1, (10, 1)) for loss in "abc"}
        wrong += any(pair.verdict in TURNED for pair in compare(margin=1e-6, **values).values())
    assert wrong / draws <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / draws)
