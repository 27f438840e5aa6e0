import numpy as np

from stages.verdicts.tuned import Tried, best_of_each_rate, best_of_schedule


def test_the_best_of_each_rate_is_at_its_best_epoch(make_tuning):
    assert best_of_each_rate(make_tuning("mse")) == [
        Tried(0.001, "constant", 3, 2),
        Tried(0.01, "constant", 1, 2),
        Tried(0.1, "constant", 8, 2),
    ]
    assert best_of_each_rate(make_tuning("loss"))[0] == Tried(0.001, "constant", 3, 2)
    # where more is better
    assert best_of_each_rate(make_tuning("accuracy"))[0] == Tried(0.001, "constant", 4, 1)


def test_of_a_rate_that_falls_the_last_epoch_counts_and_of_several_horizons_the_best(make_tuning):
    tuning = make_tuning(
        rates=np.array([0.01, 0.01, 0.1, 0.01]),
        schedules=np.array(["cosine", "cosine", "cosine", "constant"]),
        horizons=np.array([2, 4, 2, 4]),
        curves=np.array([[5, 3, np.nan, np.nan], [5, 1, 1, 2], [5, 4, np.nan, np.nan], [5, 0, 9, 9]]),
    )
    assert best_of_each_rate(tuning) == [Tried(0.01, "cosine", 2, 4), Tried(0.1, "cosine", 4, 2)]
    assert best_of_each_rate(tuning, "constant") == [Tried(0.01, "constant", 0, 2)]


def test_a_rate_at_which_seeds_failed_has_no_value(make_tuning):
    tuning = make_tuning()
    tuning.curves[2] = [np.nan, np.inf, np.nan, np.nan]
    tried = best_of_each_rate(tuning)
    assert np.isfinite([each.value for each in tried]).tolist() == [True, True, False]


def test_of_the_schedule_that_was_chosen_the_best_is_the_choice_where_another_rate_is_as_good(make_tuning):
    curves = np.array([[2.0, 1.0, 1.5, 1.5], [2.0, 1.0, 1.5, 1.5], [9.0, 1.0, 8.5, 8.5]])
    tuning = make_tuning(curves=curves, chosen=1)
    assert best_of_schedule(tuning, "constant") == Tried(0.01, "constant", 1, 2)
    tuning = make_tuning(curves=curves, chosen=2)
    assert best_of_schedule(tuning, "constant") == Tried(0.1, "constant", 1, 2)
    assert best_of_schedule(tuning, "cosine") is None
