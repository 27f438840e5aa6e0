import itertools
import math
from contextlib import contextmanager
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stages.verdicts import pairs as verdicts
from stages.verdicts.pairs import Verdict

NAN = math.nan
# SciPy's own example: differences in height of cross- and self-fertilised corn (Darwin), p worked there
CORN = np.array([6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75])


@contextmanager
def resamples(number):
    """Fewer bootstrap resamples where the interval's exact bounds do not matter."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verdicts, "RESAMPLES", number)
        yield


def compare(higher_is_better=True, margin=0.01, same=(), **scores):
    return verdicts.compare(
        {loss: np.array(values, float) for loss, values in scores.items()},
        higher_is_better=higher_is_better,
        margin=margin,
        same_objective=set(same),
        generator=np.random.default_rng(0),
    )


def quickly(*arguments, **keywords):
    with resamples(199):
        return compare(*arguments, **keywords)


def standard_errors(share, draws):
    """Three standard errors of a share of independent draws: a right share stays within in 99.7 % of seeds."""
    return 3 * math.sqrt(share * (1 - share) / draws)


# against references


def test_the_interval_is_scipys_with_the_same_generator():
    sample = np.random.default_rng(1).normal(size=30)
    expected = stats.bootstrap(
        (sample,), np.mean, n_resamples=9999, confidence_level=0.95, method="BCa", rng=np.random.default_rng(2)
    ).confidence_interval
    assert verdicts.interval(sample, np.random.default_rng(2)) == (expected.low, expected.high)


def test_the_interval_of_normal_differences_is_near_students():
    sample = np.random.default_rng(1).normal(size=200)
    expected = stats.t.interval(0.95, 199, sample.mean(), stats.sem(sample))
    assert verdicts.interval(sample, np.random.default_rng(2)) == pytest.approx(expected, abs=0.02)


def test_p_of_darwins_corn_is_the_one_published():
    assert verdicts.signed_rank(CORN) == pytest.approx(0.041259765625)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=7))
def test_p_is_the_share_of_sign_flips_that_are_as_extreme(values):
    differences = np.array([value for value in values if value], float)
    ranks = stats.rankdata(np.abs(differences))
    statistics = [np.dot(signs, ranks) for signs in itertools.product((-1, 1), repeat=len(ranks))]
    expected = np.mean(np.abs(statistics) >= abs(np.dot(np.sign(differences), ranks)) - 1e-9)
    assert verdicts.signed_rank(np.array(values, float)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.03], [0.03]),
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([0.6, 0.9], [1, 1]),
    ],
)
def test_holm_by_hand(p_values, adjusted):
    np.testing.assert_allclose(verdicts.holm(np.array(p_values)), adjusted)


@given(st.lists(st.sampled_from([0.001, 0.01, 0.02, 0.04, 0.3, 1.0]) | st.floats(0, 1), min_size=1, max_size=5))
def test_holm_is_the_closure_of_bonferroni(p_values):
    subsets = [
        subset for size in range(1, len(p_values) + 1) for subset in itertools.combinations(range(len(p_values)), size)
    ]
    expected = [
        max(min(1, len(subset) * min(p_values[j] for j in subset)) for subset in subsets if i in subset)
        for i in range(len(p_values))
    ]
    np.testing.assert_allclose(verdicts.holm(np.array(p_values)), expected)


@given(st.integers(1, 40), st.data())
def test_wilsons_interval_is_scipys(n, data):
    won = data.draw(st.integers(0, n))
    expected = stats.binomtest(won, n).proportion_ci(0.95, method="wilson")
    assert verdicts.wilson(won / n, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("n_pairs", "floor"), [(1, 6), (2, 7), (3, 7), (6, 8), (7, 9), (8, 9), (9, 9), (10, 9)])
def test_seeds_needed_is_the_fewest_that_can_pass_holm(n_pairs, floor):
    assert verdicts.seeds_needed(n_pairs) == floor
    best = {n: stats.wilcoxon(np.arange(1, n + 1)).pvalue for n in (floor - 1, floor)}
    assert best[floor] * n_pairs <= 0.05 < best[floor - 1] * n_pairs


# by hand


def test_four_seeds_worked_by_hand():
    pair = compare(ours=[0.90, 0.85, 0.80, 0.70], theirs=[0.80, 0.85, 0.75, 0.72])["ours", "theirs"]
    # differences 0.1, 0, 0.05, −0.02; of the eight signs of three ranks, two of each side are as extreme as 1 against 5
    assert (pair.difference, pair.p, pair.p_holm) == pytest.approx((0.0325, 0.5, 0.5))
    # two wins and a tie of four; z = 1.95996: (0.625 + z²/8) / (1 + z²/4) ± 0.34434
    assert (pair.beats, pair.beats_low, pair.beats_high) == pytest.approx((0.625, 0.219427, 0.908101), abs=1e-6)
    assert (pair.n_seeds, pair.seeds_needed, pair.seeds_to_settle, pair.verdict) == (4, 6, None, "too few seeds")


def test_a_lower_error_is_a_positive_difference():
    pair = compare(higher_is_better=False, ours=[1, 2, 3, 4], theirs=[2, 2, 5, 3])["ours", "theirs"]
    assert (pair.difference, pair.beats) == (0.5, 0.625)


@pytest.mark.parametrize(
    ("higher_is_better", "difference"),
    [
        (True, 0.1),  # a failed seed's accuracy is 0: 0.9, −0.6 and 0
        (False, -0.1),  # its error is 4, twice the worst: 3.1, −3.4 and 0
    ],
)
def test_a_failed_seed_counts_as_the_worst_score_by_hand(higher_is_better, difference):
    found = quickly(higher_is_better, ours=[0.9, NAN, NAN], theirs=[NAN, 0.6, NAN], third=[0.5, 2, 0.5])
    pair = found["ours", "theirs"]
    assert pair.difference == pytest.approx(difference)
    assert pair.beats == 0.5


@pytest.mark.parametrize(
    ("scores", "higher_is_better", "margin"),
    [([0.8, 0.9, NAN], True, 0.0075), ([0.1, NAN, 0.3], False, 0.01), ([NAN, NAN], True, 0), ([NAN], False, 0)],
)
def test_the_default_margin_is_a_twentieth_of_the_baselines_error(scores, higher_is_better, margin):
    assert verdicts.default_margin(np.array(scores), None, higher_is_better=higher_is_better) == pytest.approx(margin)


@pytest.mark.parametrize(
    ("baseline", "constant", "higher_is_better", "margin"),
    [
        ([0.1, 0.3], 0.5, False, 0.01),
        ([0.8, 1.0], 0.5, False, 0.025),
        ([NAN, NAN], 0.5, False, 0.025),
        ([0.8, 0.9], 0.6, True, 0.0075),
        ([0.5, 0.5], 0.6, True, 0.02),
        ([NAN], 0.6, True, 0.02),
    ],
)
def test_a_baseline_that_learned_nothing_does_not_set_the_margin(baseline, constant, higher_is_better, margin):
    found = verdicts.default_margin(np.array(baseline), constant, higher_is_better=higher_is_better)
    assert found == pytest.approx(margin)


@pytest.mark.parametrize(
    ("bounds", "p_holm", "margin", "enough", "verdict"),
    [
        ((0.02, 0.05), 0.001, 0.01, True, "better"),
        ((-0.05, -0.02), 0.001, 0.01, True, "worse"),
        ((0.02, 0.05), 0.001, 0.01, False, "too few seeds"),
        ((0.02, 0.05), 0.06, 0.01, True, "inconclusive"),
        ((0.02, 0.05), 0.05, 0.01, True, "better"),
        ((0.0, 0.05), 0.001, 0.01, True, "inconclusive"),
        ((-0.05, 0.0), 0.001, 0.01, True, "inconclusive"),
        ((-0.02, 0.05), 0.001, 0.01, True, "inconclusive"),
        ((0.001, 0.009), 0.001, 0.01, True, "equivalent"),
        ((-0.01, 0.01), 1, 0.01, True, "equivalent"),
        ((-0.01, 0.0101), 1, 0.01, True, "inconclusive"),
        ((-0.0101, 0.01), 1, 0.01, True, "inconclusive"),
        ((0.0, 0.0), 1, 0, True, "equivalent"),
    ],
)
def test_the_one_rule_and_its_order(bounds, p_holm, margin, enough, verdict):
    assert verdicts.decide(*bounds, p_holm, 0.9 if bounds[0] > 0 else 0.1, margin, enough=enough) == verdict


def test_a_difference_that_is_sure_but_does_not_matter_is_equivalence():
    theirs = np.linspace(0.8, 0.9, 30)
    ours = theirs + np.linspace(0.001, 0.003, 30)
    assert compare(margin=0.01, ours=ours, theirs=theirs)["ours", "theirs"].verdict == "equivalent"
    assert compare(margin=0.0001, ours=ours, theirs=theirs)["ours", "theirs"].verdict == "better"


def test_losses_known_to_be_one_objective_are_called_so_and_no_others():
    base = np.linspace(0.6, 0.7, 30)
    alike, better = base + np.tile([0.001, -0.001], 15), base + 0.2
    found = quickly(a=base, b=alike, c=base, d=better, same=[frozenset("ab"), frozenset("ad")])
    assert {"".join(pair): found[pair].verdict for pair in itertools.combinations("abc", 2)} == {
        "ab": "same objective",
        "ac": "equivalent",
        "bc": "equivalent",
    }
    assert found["d", "a"].verdict == "better"
    assert found["b", "a"].verdict == "same objective"
    assert quickly(a=[0.1], b=[0.2], same=[frozenset("ab")])["a", "b"].verdict == "same objective"


def test_every_ordered_pair_is_there_and_adjusted_for_all():
    generator = np.random.default_rng(0)
    found = quickly(**{loss: generator.normal(size=12) for loss in "abcd"})
    assert set(found) == set(itertools.permutations("abcd", 2))
    assert all((pair.loss, pair.against) == names for names, pair in found.items())
    once = list(itertools.combinations("abcd", 2))
    expected = verdicts.holm(np.array([found[pair].p for pair in once]))
    np.testing.assert_array_equal([found[pair].p_holm for pair in once], expected)
    assert {pair.seeds_needed for pair in found.values()} == {8}


def test_one_loss_has_no_pairs():
    assert compare(a=[0.5, 0.6]) == {}


def test_differences_that_are_tied_but_for_rounding_are_tied():
    ours, theirs = np.array([0.84, 0.02, 0.07, 0.50]), np.array([0.83, 0.01, 0.06, 0.51])
    assert len(set(np.abs(ours - theirs))) > 1
    assert verdicts.paired_differences(ours, theirs, 0.0).tolist() == [0.01, 0.01, 0.01, -0.01]


# z for 80 % power is 0.841621, for 0.05 in two tails 1.959964, for 0.05 / 3 2.393980
@pytest.mark.parametrize(
    ("sd", "n_seeds", "n_pairs", "expected"),
    [
        (1, 30, 1, 2.801585 / math.sqrt(30 * 0.954930)),
        (0.5, 30, 3, 0.5 * 3.235601 / math.sqrt(30 * 0.954930)),
        (0, 30, 3, 0),
    ],
)
def test_the_detectable_difference_by_hand(sd, n_seeds, n_pairs, expected):
    assert verdicts.detectable(sd, n_seeds, n_pairs) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("difference", "sd", "margin", "n_pairs", "expected"),
    [
        (0.5, 1, 0, 1, 33),  # (2.801585 / 0.5)² / 0.954930 = 32.88
        (-0.5, 1, 0, 1, 33),
        (0.5, 1, 0, 3, 44),  # (3.235601 / 0.5)² / 0.954930 = 43.85
        (0.3, 1.5, 1, 1, 37),  # (2.801585 × 1.5 / 0.7)² = 36.04, before the 205.5 of the test
        (0, 1, 0.1, 3, 785),  # 28.01585² = 784.9
        (0.1, 1, 0.1, 1, 822),  # 784.9 / 0.954930 = 821.9; the margin will never hold it
        (0.001, 1, 0, 1, None),  # 8 million
        (0, 1, 0, 1, None),
    ],
)
def test_seeds_to_settle_by_hand(difference, sd, margin, n_pairs, expected):
    assert verdicts.seeds_to_settle(difference, sd, margin, n_pairs) == expected


def test_an_inconclusive_pair_is_told_what_settles_it_and_a_settled_one_is_not():
    generator = np.random.default_rng(0)
    theirs = np.zeros(30)
    ours = stats.zscore(generator.normal(size=30), ddof=1) + 0.25
    pair = compare(margin=0.01, ours=ours, theirs=theirs)["ours", "theirs"]
    assert (pair.verdict, pair.seeds_to_settle) == ("inconclusive", 132)  # (2.801585 / 0.25)² / 0.954930 = 131.5
    assert quickly(margin=0.01, ours=ours + 5, theirs=theirs)["ours", "theirs"].seeds_to_settle is None


def test_fewer_seeds_than_there_are_never_settle():
    # the mean is far from 0, the ranks are not: a normal sample would have been settled by 23 seeds
    ours = np.r_[-0.1 - np.arange(18) / 1000, 1 + np.arange(12) / 1000]
    pair = compare(margin=0.001, ours=ours, theirs=np.zeros(30))["ours", "theirs"]
    assert verdicts.seeds_to_settle(pair.difference, float(ours.std(ddof=1)), 0.001, 1) == 23
    assert (pair.verdict, pair.seeds_to_settle) == ("inconclusive", None)


# properties

GRID = st.integers(0, 20).map(lambda value: value / 20)
SCORE = GRID | st.just(NAN)
several = settings(max_examples=60, deadline=None)


def paired(element, fewest=1):
    """The scores of two losses on the same seeds; not on 8 to 13 of them, whose ties SciPy takes long to permute."""
    sizes = st.integers(fewest, 7) | st.integers(14, 30)
    pairs = sizes.flatmap(lambda n: st.lists(st.tuples(element, element), min_size=n, max_size=n))
    return pairs.map(lambda rows: [np.array(column) for column in zip(*rows, strict=True)])


@several
@given(paired(SCORE), st.booleans(), st.sampled_from([0, 0.01, 0.2]))
def test_swapping_two_losses_turns_everything_round(scores, higher_is_better, margin):
    (ours, theirs), turned = scores, {"better": "worse", "worse": "better"}
    one = quickly(higher_is_better, margin, ours=ours, theirs=theirs)["ours", "theirs"]
    for found in (
        quickly(higher_is_better, margin, ours=ours, theirs=theirs),
        quickly(higher_is_better, margin, theirs=theirs, ours=ours),
    ):
        other = found["theirs", "ours"]
        assert (other.loss, other.against, other.p, other.p_holm) == ("theirs", "ours", one.p, one.p_holm)
        assert (other.difference, other.low, other.high) == pytest.approx(
            (-one.difference, -one.high, -one.low), abs=1e-12, nan_ok=True
        )
        assert (other.beats, other.beats_low, other.beats_high) == pytest.approx(
            (1 - one.beats, 1 - one.beats_high, 1 - one.beats_low)
        )
        assert other.verdict == turned.get(one.verdict, one.verdict)


@several
@given(paired(SCORE), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_seeds_does_not_matter(scores, higher_is_better, random):
    order = list(range(len(scores[0])))
    random.shuffle(order)
    before, after = (
        quickly(higher_is_better, ours=ours, theirs=theirs)["ours", "theirs"]
        for ours, theirs in (scores, [column[order] for column in scores])
    )
    assert (after.p, after.beats) == (before.p, before.beats)
    assert after.difference == pytest.approx(before.difference, abs=1e-12)


def test_the_order_of_the_seeds_moves_the_interval_by_resampling_noise_alone():
    sample = np.random.default_rng(3).exponential(size=30)
    low, high = verdicts.interval(sample, np.random.default_rng(0))
    expected = pytest.approx((low, high), abs=0.05 * (high - low))
    assert verdicts.interval(np.sort(sample), np.random.default_rng(0)) == expected


@several
@given(paired(SCORE, fewest=2), st.booleans(), st.sampled_from([0, 0.01, 0.2]))
def test_the_difference_lies_in_its_interval_and_every_number_is_a_number(scores, higher_is_better, margin):
    ours, theirs = scores
    pair = quickly(higher_is_better, margin, ours=ours, theirs=theirs)["ours", "theirs"]
    assert pair.low - 1e-12 <= pair.difference <= pair.high + 1e-12
    assert 0 <= pair.p <= pair.p_holm <= 1
    assert 0 <= pair.beats_low <= pair.beats <= pair.beats_high + 1e-12
    assert pair.detectable >= 0
    assert pair.verdict in get_args(Verdict)


# errors differ by no more than a factor of two, so that none is worse than what a failed seed counts as
@several
@given(st.one_of(st.tuples(st.just(True), paired(SCORE)), st.tuples(st.just(False), paired(GRID.map(lambda x: 1 + x)))))
def test_a_failed_seed_never_improves_a_loss(given_scores):
    higher_is_better, (ours, theirs) = given_scores
    before = quickly(higher_is_better, ours=ours, theirs=theirs)["ours", "theirs"]
    for seed in {0, len(ours) - 1}:
        failed = np.where(np.arange(len(ours)) == seed, NAN, ours)
        after = quickly(higher_is_better, ours=failed, theirs=theirs)["ours", "theirs"]
        assert after.difference <= before.difference + 1e-12
        assert after.beats <= before.beats


@several
@given(paired(GRID, fewest=6), st.booleans())
def test_a_loss_that_always_fails_is_worse_than_one_that_never_does(scores, higher_is_better):
    theirs = scores[1] + 0.5
    pair = quickly(higher_is_better, ours=np.full(len(theirs), NAN), theirs=theirs)["ours", "theirs"]
    assert (pair.verdict, pair.beats) == ("worse", 0)


CONSTANT = np.random.default_rng(0).random(30)


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ([0.5] * 30, [0.5] * 30, "equivalent"),
        (CONSTANT, CONSTANT, "equivalent"),
        ([0.75] * 30, [0.5] * 30, "better"),
        # 0.25 but for rounding
        (CONSTANT + 0.25, CONSTANT, "better"),
        ([0.5] * 29 + [0.6], [0.5] * 30, "inconclusive"),
        ([0.6], [0.5], "too few seeds"),
        ([NAN], [0.5], "too few seeds"),
        ([0.5, 0.6], [0.6, 0.5], "too few seeds"),
        ([0.6, 0.6], [0.5, 0.5], "too few seeds"),
        ([0.6, NAN], [0.5, 0.5], "too few seeds"),
        ([NAN] * 30, CONSTANT + 1, "worse"),
        ([NAN] * 30, [1.0] * 30, "worse"),
        ([NAN] + [0.9] * 29, [0.9] * 30, "inconclusive"),
        ([NAN] * 30, [NAN] * 30, "equivalent"),
        ([NAN], [NAN], "too few seeds"),
        ([0.0] * 30, [0.0] * 30, "equivalent"),
    ],
    ids=str,
)
@pytest.mark.parametrize("higher_is_better", [True, False])
@pytest.mark.filterwarnings("error")
def test_degenerate_scores_get_a_verdict_without_a_warning(ours, theirs, verdict, higher_is_better):
    pair = compare(higher_is_better, ours=ours, theirs=theirs)["ours", "theirs"]
    failed = np.isnan(np.r_[ours, theirs]).any()
    turned = {"better": "worse", "worse": "better"}
    assert pair.verdict == (verdict if higher_is_better or failed else turned.get(verdict, verdict))
    assert np.isfinite([pair.difference, pair.p, pair.p_holm, pair.beats, pair.beats_low, pair.beats_high]).all()
    assert np.isfinite([pair.low, pair.high, pair.detectable]).all() == (len(ours) > 1)


# simulations, with seeds of their own

DRAWS, POWER_DRAWS = 600, 20_000


@pytest.mark.parametrize("skewed", [False, True], ids=["normal", "skewed"])
def test_the_interval_covers_the_true_difference_at_its_nominal_rate(skewed):
    generator = np.random.default_rng(0)
    covered = 0
    with resamples(999):
        for _ in range(DRAWS):
            noise = generator.gamma(4, size=30) / 2 - 2 if skewed else generator.normal(size=30)
            low, high = verdicts.interval(0.3 + noise, generator)
            covered += low <= 0.3 <= high
    # a bootstrap of 30 covers a little less than it says: one point in a hundred is allowed beside the binomial error
    if not skewed:
        assert covered / DRAWS == pytest.approx(verdicts.SIMULATED_COVERAGE, abs=0.005)
    assert 0.95 - 0.01 - standard_errors(0.95, DRAWS) <= covered / DRAWS <= 0.95 + standard_errors(0.95, DRAWS)


@pytest.mark.parametrize("decimals", [None, 2], ids=["continuous", "tied"])
def test_where_there_is_no_difference_one_draw_in_twenty_at_most_gets_a_winner(decimals):
    generator = np.random.default_rng(1)
    wrong = 0
    with resamples(999):
        for _ in range(DRAWS):
            seeds = generator.normal(0.8, 0.02, size=30)
            scores = {loss: seeds + generator.normal(0, 0.02, size=30) for loss in "abc"}
            if decimals:
                scores = {loss: values.round(decimals) for loss, values in scores.items()}
            found = compare(margin=1e-6, **scores).values()
            wrong += any(pair.verdict in ("better", "worse") for pair in found)
    if not decimals:
        assert wrong / DRAWS == pytest.approx(verdicts.SIMULATED_FALSE_VERDICTS, abs=0.005)
    assert wrong / DRAWS <= 0.05 + standard_errors(0.05, DRAWS)


def power(difference, sd, n, alpha):
    """The share of normal draws whose test finds a true difference."""
    samples = np.random.default_rng(2).normal(difference, sd, size=(POWER_DRAWS, n))
    return np.mean(stats.wilcoxon(samples, axis=1).pvalue <= alpha)


# the formulas are for many seeds: the fewer there are, the more is allowed beside the binomial error
@pytest.mark.parametrize(("n", "n_pairs", "allowed"), [(30, 1, 0.03), (30, 3, 0.05), (200, 1, 0.01), (200, 3, 0.01)])
def test_the_detectable_difference_is_found_in_four_of_five_draws(n, n_pairs, allowed):
    found = power(verdicts.detectable(2, n, n_pairs), 2, n, 0.05 / n_pairs)
    assert found == pytest.approx(0.8, abs=allowed + standard_errors(0.8, POWER_DRAWS))


@pytest.mark.parametrize(("difference", "n_pairs", "allowed"), [(0.5, 1, 0.03), (0.25, 1, 0.01), (0.25, 3, 0.01)])
def test_the_seeds_to_settle_find_the_difference_in_four_of_five_draws(difference, n_pairs, allowed):
    n = verdicts.seeds_to_settle(difference, 1, 0, n_pairs)
    found = power(difference, 1, n, 0.05 / n_pairs)
    assert found == pytest.approx(0.8, abs=allowed + standard_errors(0.8, POWER_DRAWS))


def test_the_seeds_to_settle_show_equivalence_in_four_of_five_draws():
    n, generator = verdicts.seeds_to_settle(0.3, 1.5, 1, 1), np.random.default_rng(4)
    with resamples(999):
        intervals = [verdicts.interval(generator.normal(0.3, 1.5, size=n), generator) for _ in range(DRAWS)]
    equivalent = np.mean([low >= -1 and high <= 1 for low, high in intervals])
    assert equivalent == pytest.approx(0.8, abs=0.02 + standard_errors(0.8, DRAWS))
