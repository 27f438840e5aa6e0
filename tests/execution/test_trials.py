import numpy as np
import pytest

from stages.execution.trials import Trial, best_of
from stages.training.chunk import Candidate

# by seed and epoch; halves of the seeds, 0 and 2, 1 and 3, disagree on the best epoch
NOISY = np.array([[1.0, 3.0], [3.0, 1.0], [1.0, 3.0], [3.0, 1.0]])


def constant(curves, **changes):
    return Trial(Candidate(0.1), "linear", curves.shape[1], curves, **changes)


def falling(curves):
    return Trial(Candidate(0.1, "cosine"), "linear", curves.shape[1], curves)


def test_what_a_rate_that_stays_counts_is_measured_on_seeds_that_did_not_choose_its_epoch():
    trial = constant(NOISY)
    assert trial.epochs == 1
    assert trial.costs.tolist() == [3, 3, 3, 3]
    assert trial.cost == (0, 3)


def test_where_all_seeds_agree_it_is_that_of_the_epoch_itself():
    trial = constant(np.array([[3.0, 1.0, 2.0], [6.0, 4.0, 5.0], [5.0, 2.0, 3.0]]))
    assert (trial.epochs, trial.costs.tolist()) == (2, [1, 4, 2])


def test_a_rate_that_falls_is_measured_at_its_end_and_so_is_one_that_is_trained_whole():
    assert falling(NOISY).costs.tolist() == [3, 1, 3, 1]
    assert constant(NOISY, is_whole=True).costs.tolist() == [3, 1, 3, 1]


def test_noise_that_only_looks_better_does_not_go_before_a_rate_that_falls():
    fell = falling(np.full((4, 2), 2.5))
    assert constant(NOISY).mean.min() == 2
    assert best_of([constant(NOISY), fell]) is fell


@pytest.mark.parametrize("n_seeds", [1, 2, 5])
def test_a_seed_that_failed_chooses_nothing_and_counts_nothing(n_seeds):
    curves = np.tile([4.0, 2.0], (n_seeds, 1))
    lost = np.vstack([curves, [[np.nan, np.nan]]])
    trial = constant(lost)
    assert trial.cost == (1, 2)
    np.testing.assert_array_equal(trial.costs, [*[2.0] * n_seeds, np.nan])


def test_where_all_failed_the_cost_is_infinite():
    assert constant(np.full((2, 3), np.nan)).cost == (2, np.inf)
