import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from stages.verdicts.design import Design
from stages.verdicts.intervals import CONFIDENCE, estimate
from stages.verdicts.statistics import (
    Summary,
    astray,
    gain_over_constant,
    lacking,
    most_astray,
    summarise,
    summarise_for_new_rows,
)

NO_BOUND = np.empty(0)
NAN = pytest.approx(np.nan, nan_ok=True)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Student's t for two degrees of freedom is 4.3027; 4.3027 × 1 / √3
        ([1, 2, 3], Summary(2, 1, pytest.approx(2.48414, rel=1e-5), 3, 0)),
        # for one degree of freedom 12.7062; the standard deviation is √2, so 12.7062 × √2 / √2
        ([0, np.nan, 2, np.inf], Summary(1, pytest.approx(2**0.5), pytest.approx(12.7062, rel=1e-5), 2, 2)),
        ([5, 5, 5, 5], Summary(5, 0, 0, 4, 0)),
        ([3], Summary(3, NAN, NAN, 1, 0)),
        ([np.nan, 3, -np.inf], Summary(3, NAN, NAN, 1, 2)),
        ([np.nan, np.nan], Summary(NAN, NAN, NAN, 0, 2)),
    ],
    ids=["three", "two-of-four", "equal", "one", "one-of-three", "none"],
)
@pytest.mark.filterwarnings("error")
def test_a_summary_worked_by_hand(values, expected):
    assert summarise(np.array(values, float)) == expected


SCORES = npst.arrays(np.float64, st.integers(2, 40), elements=st.floats(-1e3, 1e3).map(lambda value: round(value, 3)))


@given(SCORES)
def test_the_interval_is_that_of_scipy(values):
    summary = summarise(values)
    expected = stats.sem(values) * stats.t.isf((1 - CONFIDENCE) / 2, len(values) - 1)
    assert summary.half_width == pytest.approx(expected, abs=1e-9)


@given(SCORES, st.floats(-1e3, 1e3), st.floats(0.01, 100))
def test_a_change_of_units_changes_the_summary_likewise(values, center, spread):
    before, after = summarise(values), summarise(values * spread + center)
    assert after.mean == pytest.approx(before.mean * spread + center, rel=1e-6, abs=1e-6)
    assert after.sd == pytest.approx(before.sd * spread, rel=1e-6, abs=1e-6)
    assert after.half_width == pytest.approx(before.half_width * spread, rel=1e-6, abs=1e-6)


@given(SCORES, st.data())
def test_failed_seeds_change_nothing_but_their_count(values, data):
    where = data.draw(st.lists(st.integers(0, len(values)), max_size=5))
    before, after = summarise(values), summarise(np.insert(values, where, np.nan))
    assert after == Summary(before.mean, before.sd, before.half_width, before.n, len(where))


def test_scores_that_are_all_one_vary_by_nothing():
    summary = summarise(np.full(12, 0.917))  # whose mean is not 0.917 in the last digit
    assert (summary.sd, summary.half_width) == (0, 0)


def test_for_new_rows_the_interval_is_that_of_the_seeds_that_did_not_fail():
    generator = np.random.default_rng(0)
    values, tested = generator.random((6, 40)), generator.random((6, 40)) < 0.7
    values[2] = np.nan
    finished = [0, 1, 3, 4, 5]
    whole, alone = (
        summarise_for_new_rows(values, Design(tested, NO_BOUND)),
        estimate(values[finished], Design(tested[finished], NO_BOUND)),
    )
    assert whole.mean == pytest.approx(alone.mean)
    assert whole.half_width == pytest.approx(alone.half_width)
    assert (whole.n, whole.n_failed) == (5, 1)
    assert whole.sd == pytest.approx(np.std([values[s, tested[s]].mean() for s in finished], ddof=1))
    none = summarise_for_new_rows(np.full((3, 4), np.nan), Design(np.ones((3, 4), bool), NO_BOUND))
    assert (none.n, none.n_failed) == (0, 3)


def test_a_perfect_score_is_as_sure_as_the_rows_are_many():
    summary = summarise_for_new_rows(np.ones((30, 100)), Design(np.ones((30, 100), bool), np.ones(1)))
    assert (summary.mean, summary.sd) == (1, 0)
    assert summary.half_width == pytest.approx(0.03, rel=0.02)


def test_the_gain_over_a_constant_prediction_is_positive_where_the_loss_does_better():
    values, constant = np.array([[0.5, 0.7], [0.6, 0.8], [np.nan] * 2]), np.array([[0.9, 0.9], [0.8, 1.0], [1, 1]])
    design, finished = Design(np.ones((3, 2), bool), NO_BOUND), Design(np.ones((2, 2), bool), NO_BOUND)
    gain = gain_over_constant(values, constant, design, higher_is_better=False)
    expected = estimate(np.array([[0.4, 0.2], [0.2, 0.2]]), finished)
    assert (gain.mean, gain.n_seeds) == (pytest.approx(0.25), 2)
    assert gain.interval() == pytest.approx(expected.interval())
    assert gain_over_constant(values, constant, design, higher_is_better=True).mean == pytest.approx(-0.25)
    one = Design(np.ones((1, 2), bool), NO_BOUND)
    assert gain_over_constant(values[2:], constant[2:], one, higher_is_better=True) is None


def test_a_seed_far_from_all_others_went_astray():
    scores = np.append(np.linspace(0.1, 0.2, 20), [np.nan, 5.0, -3.0])
    assert np.flatnonzero(astray(scores)).tolist() == [21, 22]


@pytest.mark.parametrize(
    "scores",
    [
        np.linspace(0, 1, 30),
        np.random.default_rng(0).standard_t(3, 30),
        [*np.linspace(0.1, 0.2, 5), 5.0],  # too few to tell
        [1.0] * 20 + [1.1],  # of equal ones nothing is far
        [np.nan] * 30,
    ],
    ids=["even", "heavy tails", "few", "equal", "failed"],
)
def test_seeds_that_vary_among_each_other_did_not(scores):
    assert not astray(np.array(scores)).any()


@pytest.mark.parametrize(
    ("n_astray", "n_seeds", "share"),
    [(0, 30, 1 - 0.05 ** (1 / 30)), (0, 30, 3 / 30 - 0.005), (1, 30, 0.1486), (10, 10, 1), (0, 1, 0.95)],
)
def test_how_many_seeds_go_astray_at_most(n_astray, n_seeds, share):
    assert most_astray(n_astray, n_seeds) == pytest.approx(share, abs=0.0006)
    # so many or fewer would be seen in one draw of twenty
    assert stats.binom.cdf(n_astray, n_seeds, most_astray(n_astray, n_seeds)) == pytest.approx(
        0.05 if n_astray < n_seeds else 1
    )


@pytest.mark.parametrize(
    ("mean", "higher_is_better", "expected"),
    [(0.25, False, 0.25), (0.25, True, 0.75), (-2.0, True, 3.0), (np.nan, False, np.inf), (np.nan, True, np.inf)],
)
def test_what_a_loss_lacks_is_how_far_its_mean_is_from_a_perfect_score(mean, higher_is_better, expected):
    assert lacking(mean, higher_is_better=higher_is_better) == expected
