from dataclasses import replace

import numpy as np

from stages.reporting.formats import rate_of
from stages.reporting.texts.tuning_text import doubts, how_chosen


def test_what_chose_is_named_with_the_rates_tried(make_comparison, make_tuning):
    assert how_chosen(make_comparison("mse", "mae", tuning=make_tuning())) == (
        "Learning rate and epochs were chosen by the mean validation mse over 10 seeds, at the rates 0.001, 0.01, 0.1, "
        "on a fifth of each seed's train rows; then each seed trained on all its train rows."
    )


def test_losses_that_were_chosen_by_themselves_are_named_where_not_all_were(make_comparison, make_tuning):
    comparison = make_comparison("mse", "mae", tuning=make_tuning())
    by_itself = replace(comparison.runs[1], tuning=make_tuning("loss"))
    mixed = replace(comparison, runs=[comparison.runs[0], by_itself])
    assert "by the mean validation mse and the validation loss itself (`mae`) over" in how_chosen(mixed)
    assert "by each loss's own validation loss over" in how_chosen(replace(comparison, runs=[by_itself]))


def test_there_is_no_doubt_about_a_best_that_lies_within(make_comparison, make_tuning):
    assert doubts(make_comparison("mse", tuning=make_tuning())) == []
    assert doubts(make_comparison("mse")) == []


def test_a_best_at_an_end_is_doubted(make_comparison, make_tuning):
    for rate, end in ((0.001, "smallest"), (0.1, "largest")):
        [doubt] = doubts(make_comparison("mse", tuning=make_tuning(at_edge=True, rate=rate)))
        assert doubt == f"`mse` is best at the {end} learning rate that was tried, {rate:g}."
    [doubt] = doubts(make_comparison("mse", tuning=make_tuning(at_last_epoch=True)))
    assert doubt == "`mse` is best at the last of 2 epochs; more may be better."


def test_rates_at_which_seeds_failed_are_named(make_comparison, make_tuning):
    [doubt] = doubts(make_comparison("mse", tuning=make_tuning(n_failed=np.array([0, 0, 5]))))
    assert doubt == "Seeds of `mse` failed at a learning rate of 0.1, which counts as worst."


def test_a_rate_that_falls_is_shown_with_where_it_ends(make_comparison, make_tuning):
    falling = make_comparison("mse", "mae", tuning=make_tuning(schedules=np.array(["constant", "cosine", "constant"])))
    assert rate_of(falling.runs[0]) == "0.01 → 0"
    assert how_chosen(falling).startswith("Learning rate, its schedule and epochs were chosen by ")
    assert how_chosen(falling).endswith("written `0.03 → 0` falls along half a cosine, to 0 at the last step.")
    assert rate_of(make_comparison("mse", tuning=make_tuning()).runs[0]) == "0.01"
