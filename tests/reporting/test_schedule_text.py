from dataclasses import replace

import numpy as np
import pytest

from stages.reporting.sections import tuning as section
from stages.reporting.texts.schedule_text import what_it_did


@pytest.fixture
def compared(make_comparison, make_tuning):
    """A factory of a comparison by mse of losses, with what each comes to falling and constant."""

    def make(score="mse", **costs):
        comparison = make_comparison(*costs)
        runs = []
        for run in comparison.runs:
            falling, constant = costs[run.loss.name]
            tuning = make_tuning(
                score,
                rates=np.array([0.03, 0.01]),
                schedules=np.array(["cosine", "constant"]),
                horizons=np.array([2, 2]),
                curves=np.array([[9, falling], [9 + 0 * constant, constant]], float),
                chosen=int(constant < falling),
            )
            runs.append(replace(run, tuning=tuning))
        return replace(comparison, runs=runs, own_margin=0.1)

    return make


def test_a_loss_that_a_constant_rate_would_have_put_last_is_named_with_what_it_came_to(compared):
    assert what_it_did(compared(mse=(3, 2), mae=(1, 5), msle=(4, 4.05))) == (
        "With a constant learning rate `mae` would have been last, with a validation mse of 5; a falling one brings "
        "it to 1, ahead of `mse` and `msle`."
    )
    assert what_it_did(compared(mse=(3, 2), mae=(1, 5))) == (
        "With a constant learning rate `mae` would have been behind `mse`, with a validation mse of 5; a falling one "
        "brings it to 1, ahead of `mse`."
    )


def test_what_differs_by_less_than_matters_turns_nothing(compared):
    assert what_it_did(compared(mse=(3, 2), mae=(1.99, 2.05))) == (
        "A falling learning rate did better for `mae` (1.99 in place of 2.05), by validation mse. With a constant one "
        "no loss would have changed places."
    )
    assert "level with `mse`" in what_it_did(compared(mse=(3, 2), mae=(1.95, 2.5)))


def test_where_no_loss_does_better_by_falling_that_is_said(compared):
    assert what_it_did(compared(mse=(3, 2), mae=(3, 1))) == "A falling learning rate did better for no loss."


def test_losses_that_chose_by_themselves_are_not_put_in_an_order(compared):
    assert what_it_did(compared("loss", mse=(3, 2), mae=(1, 9))) == (
        "A falling learning rate did better for `mae`, by its own validation loss."
    )


def test_nothing_is_said_where_one_schedule_was_tried_or_failed(compared, make_comparison, make_tuning):
    assert what_it_did(make_comparison("mse", "mae", tuning=make_tuning())) == ""
    assert what_it_did(compared(mse=(3, 2), mae=(1, np.nan))) == ""


def test_the_table_of_choices_has_both_schedules_and_how_firm_the_choice_is(compared):
    comparison = compared(mse=(3, 2), mae=(1, 5))
    table = section.SECTION.content([comparison], None)["choices"]
    assert table.head == ("loss", "chosen", "epochs", "validation mse, falling rate", "constant rate", "came out")
    assert [tuple(map(str, row)) for row in table.rows] == [
        ("`mse`", "0.01", "2", "3 at 0.03", "2 at 0.01", "83 %"),
        ("`mae`", "0.01 → 0", "2", "1 at 0.03", "5 at 0.01", "83 %"),
    ]
