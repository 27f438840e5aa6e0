import numpy as np

from stages.verdicts.tuned import Tried, best_of_each_rate


def test_the_best_of_each_rate_is_at_its_best_epoch(make_tuning):
    assert best_of_each_rate(make_tuning("mse")) == [Tried(0.001, 3, 2), Tried(0.01, 1, 2), Tried(0.1, 8, 2)]
    assert best_of_each_rate(make_tuning("loss"))[0] == Tried(0.001, 3, 2)
    # where more is better
    assert best_of_each_rate(make_tuning("accuracy"))[0] == Tried(0.001, 4, 1)


def test_a_rate_at_which_seeds_failed_has_no_value(make_tuning):
    tuning = make_tuning()
    tuning.curves[2] = [np.nan, np.inf, np.nan, np.nan]
    tried = best_of_each_rate(tuning)
    assert np.isfinite([each.value for each in tried]).tolist() == [True, True, False]
