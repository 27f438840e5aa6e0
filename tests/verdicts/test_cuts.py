import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from stages.verdicts import cuts, pairs
from stages.verdicts.intervals import estimate, over_seeds
from tests.verdicts.designs import crossed, folds

NO_BOUND = np.empty(0)


def lowered(values, design, level):
    """Values whose seeds with a mean above `level` are lowered to it, all their rows evenly."""
    means = np.array([own[rows].mean() for own, rows in zip(values, design.tested, strict=True)])
    return values - np.maximum(means - level, 0)[:, None]


def plain(values, design, alpha):
    """The ends of the interval without any cut."""
    found = estimate(values, design)
    half_width = stats.t.isf(alpha / 2, found.df) * math.sqrt(found.variance)
    return found.mean - half_width, found.mean + half_width


@pytest.fixture
def freedom_stays(monkeypatch):
    """Degrees of freedom that do not depend on the values."""
    monkeypatch.setattr(cuts, "satterthwaite", lambda variance, _: np.full_like(variance, 12.0))


def test_over_seeds_alone_worked_by_hand():
    # nine seeds at -1, 0 and 1 about 3, and one far above
    seeds = np.array([2.0] * 3 + [3.0] * 3 + [4.0] * 3 + [1000.0])
    t = stats.t.isf(0.025, 9)
    # cut at c: mean (27 + c) / 10, sum of squares 87 + c² less 10 × mean²
    best = max(
        (27 + c) / 10 - t * math.sqrt((87 + c**2 - (27 + c) ** 2 / 10) / 90) for c in np.linspace(4, 10, 100_001)
    )
    low, high = over_seeds(seeds)
    assert low == pytest.approx(best, abs=1e-9)
    assert low == pytest.approx(2.476, abs=0.001)
    # from below there is nothing to cut
    assert high == pytest.approx(seeds.mean() + t * stats.sem(seeds))


@pytest.mark.parametrize("design", [crossed(12, 40), folds(12, 40, 4), folds(20, 60, 10)], ids=["crossed", "4", "10"])
@pytest.mark.parametrize("astray", [0.0, 3.0, 1e6])
@pytest.mark.usefixtures("freedom_stays")
def test_the_lower_end_is_the_largest_over_all_levels_of_what_the_lowered_values_give(design, astray):
    generator = np.random.default_rng(0)
    shape = design.tested.shape
    values = generator.normal(size=shape[1]) / 2 + generator.normal(size=(shape[0], 1)) + generator.normal(size=shape)
    values[3] += astray
    means = np.sort([own[rows].mean() for own, rows in zip(values, design.tested, strict=True)])
    n_between = 5 if astray else 15  # fine where the largest is to be met, and not only not to be passed
    levels = np.concatenate([np.linspace(*ends, n_between) for ends in itertools.pairwise(means)])
    for sign in (1, -1):
        every = [plain(lowered(sign * values, design, level), design, 0.05)[0] for level in levels]
        found = (estimate(sign * values, design)).interval()[0]
        assert found >= max(every) - 1e-9
        if not astray:  # no row is left out, so no other level can be better than those of a fine grid by much
            assert found == pytest.approx(max(every), abs=2e-3)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_seeds=st.sampled_from([10, 12, 30]),
    design=st.sampled_from(["crossed", "folds"]),
    worsened=st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0.01, 0.3, 2.0, 40.0, 1e6])), min_size=1),
    alpha=st.sampled_from([0.05, 0.01]),
)
def test_a_loss_is_never_judged_milder_because_seeds_of_it_got_worse(seed, n_seeds, design, worsened, alpha):
    generator = np.random.default_rng(seed)
    made = crossed(n_seeds, 20) if design == "crossed" else folds(n_seeds, 20, 5, seed)
    kind = generator.choice(["normal", "exponential", "standard_t"])
    drawn = (
        (lambda *size: generator.standard_t(3, size))
        if kind == "standard_t"
        else (lambda *size: getattr(generator, kind)(size=size))
    )
    shift, rows, seeds = (generator.choice([0, 0.1, 0.5, 2]) for _ in range(3))
    before = shift + rows * drawn(20) + seeds * drawn(n_seeds, 1) + drawn(n_seeds, 20) / 2
    after = before.copy()
    for which, by in worsened:
        after[which] += by
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "satterthwaite", lambda variance, _: np.full_like(variance, 12.0))
        was, became = estimate(before, made), estimate(after, made)
        ends, later = was.interval(alpha), became.interval(alpha)
        # of folds, a seed that is moved also changes a little what the others' rows have in common with its own
        nearly = 0.0 if made.is_crossed else 0.02
        rounding = 1e-9 * max(abs(ends[0]), 1.0) + nearly * (was.mean - ends[0])
        assert later[0] >= ends[0] - rounding
        for margin in (0.0, 0.1, 1.0):
            verdicts = [pairs.decide(*each, margin, enough=True) for each in (ends, later)]
            if verdicts[0] == "better":  # of the other loss, which this one is worse than
                assert verdicts[1] == "better" or later[0] <= rounding
            if verdicts[1] == "worse":
                assert verdicts[0] == "worse" or later[1] >= -rounding
        if was.mean > 0 and made.is_crossed:
            assert became.p <= max(was.p, 2 ** (1 - n_seeds)) * (1 + 1e-6)


@pytest.mark.parametrize("astray", [0.2, 0.5, 1.0, 2.0, 5.58, 50, 1e6, 1e9])
def test_a_loss_that_is_worse_on_every_seed_is_worse_however_far_one_of_them_went(astray):
    generator = np.random.default_rng(0)

    def rows(score):
        return np.abs(generator.normal(1, 0.3, (30, 200))) * score[:, None]

    good, score = rows(np.full(30, 1e-4)), generator.uniform(0.06, 0.23, 30)
    score[10] = astray
    found = estimate(rows(score) - good, crossed(30, 200))
    assert found.p <= 1e-6
    assert 0.1 < found.interval()[0] < 0.15


@pytest.mark.parametrize("pattern", ["evenly", "in proportion", "on one row", "on some rows"])
@pytest.mark.parametrize("design", [crossed(30, 100), folds(30, 100, 10)], ids=["crossed", "folds"])
def test_in_whatever_way_a_seed_got_worse_a_difference_stays_decided(pattern, design):
    for number in range(20):
        generator = np.random.default_rng(number)
        values = 0.8 + generator.normal(size=100) + generator.normal(size=(30, 1)) / 2
        values = values + generator.normal(size=(30, 100))
        assert estimate(values, design).interval()[0] > 0
        by = {
            "evenly": np.ones(100),
            "in proportion": np.abs(generator.normal(1, 0.5, 100)),
            "on one row": 100.0 * (np.arange(100) == np.flatnonzero(design.tested[4])[0]),
            "on some rows": 2.0 * (generator.random(100) < 0.5),
        }[pattern]
        for how_far in (1, 40, 1e6):
            worse = values.copy()
            worse[4] += how_far * by
            assert estimate(worse, design).interval()[0] > 0


def test_of_fewer_than_ten_seeds_none_is_cut():
    generator = np.random.default_rng(0)
    for n_seeds in (2, 3, 9):
        values, design = generator.normal(size=(n_seeds, 30)), crossed(n_seeds, 30)
        values[0] += 40
        assert estimate(values, design).interval() == pytest.approx(plain(values, design, 0.05))


def test_no_cut_says_more_than_that_all_seeds_lie_on_one_side():
    seeds = np.array([*np.linspace(1, 1.1, 9), 1000.0])
    assert cuts.over_seeds(seeds).p == 2**-9
    low, _ = over_seeds(seeds, alpha=2**-9)
    assert low > 0
    low, _ = over_seeds(seeds, alpha=2**-9 - 1e-6)
    assert low == pytest.approx(seeds.mean() + stats.t.ppf(2**-10, 9) * stats.sem(seeds), rel=1e-3)


@pytest.mark.thorough
@pytest.mark.parametrize(("n_seeds", "alpha", "more"), [(30, 0.05, 0.001), (10, 0.05, 0.004), (10, 0.0216, 0.004)])
def test_false_calls_over_all_cuts_are_about_as_rare_as_without(n_seeds, alpha, more):
    generator, draws = np.random.default_rng(0), 4000
    seeds = generator.normal(size=(draws, n_seeds))
    ours = np.mean([over_seeds(own, alpha)[0] > 0 for own in seeds])
    without = np.mean(stats.ttest_1samp(seeds, 0, axis=1, alternative="greater").pvalue < alpha / 2)
    assert without <= ours <= without + more


@pytest.mark.thorough
def test_with_one_seed_far_astray_thirty_seeds_decide_an_effect_of_one_deviation():
    generator, decided = np.random.default_rng(0), 0
    for _ in range(200):
        values = 1 + generator.normal(size=(30, 1)) + generator.normal(size=(30, 50)) / 10
        values[0] += 40
        decided += estimate(values, crossed(30, 50)).interval()[0] > 0
    assert decided == 200


@pytest.mark.thorough
@pytest.mark.parametrize("n_seeds", [10, 30])
@pytest.mark.parametrize("design", ["crossed", "folds"])
@pytest.mark.parametrize("rows", ["normal", "lognormal"])
def test_where_the_mean_is_0_the_ends_are_as_often_wrong_as_those_without_cuts(n_seeds, design, rows):
    generator, draws, wrong = np.random.default_rng(1), 300, np.zeros(2)
    for number in range(draws):
        made = crossed(n_seeds, 120) if design == "crossed" else folds(n_seeds, 120, 10, number)
        own = generator.normal(size=120) if rows == "normal" else generator.lognormal(0, 1, 120) - math.exp(0.5)
        values = own + generator.normal(size=(n_seeds, 1)) / 5 + generator.normal(size=(n_seeds, 120)) / 2
        for sign in (1, -1):
            found = estimate(sign * values, made)
            wrong += found.interval()[0] > 0, plain(sign * values, made, 0.05)[0] > 0
    ours, without = wrong / draws
    assert ours <= max(without, 0.025) + 0.01
