"""Targets that begin anew, as hours of a day: what they must hold, and what may stand in the parameters beside them."""

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.load import ParamsError, check_params
from stages.sources.target import find_target

WIND = {"source": {"file": "data/external/wind.csv", "target": "degrees"}, "period": 360}


def find(values, period=24.0):
    return find_target(pd.DataFrame({"hour": values}), None, "datasets.calls", period=period)


def params(losses, dataset=WIND):
    return {"datasets": {"wind": dataset}, "comparisons": {"wind": {"losses": losses}}}


@pytest.mark.parametrize(
    ("values", "begins"),
    [([0, 23, 12, 0, 23, 12], 0), ([0, 24], 0), ([-11.5, 12], -12), ([30, 50], 30), ([-20, 3], -20)],
)
def test_whole_hours_are_values_too_and_are_predicted_in_the_turn_in_which_they_are_written(values, begins):
    target = find(values)
    assert (target.task, target.period, target.turn_begins) == ("regression", 24, begins)
    np.testing.assert_array_equal(target.labels[:, 0], values)


def test_more_than_a_turn_is_another_unit():
    with pytest.raises(UserError) as error:
        find([0, 1425])
    assert str(error.value) == (
        "datasets.calls.period: 'hour' goes from 0 to 1,425, which is more than a turn of 24; write in the unit of the "
        "target after how much it begins anew"
    )


def test_losses_on_the_circle_take_the_period_and_plain_ones_stand_beside():
    read = check_params(params(["mse", "circular_mse", {"loss": "von_mises", "period": 360}]))
    assert [loss.parameters.get("period") for loss in read.setup("wind").losses] == [None, 360, 360]
    hours = check_params({**params(["mse"], WIND | {"period": 24}), "loss": ["circular_distance"]})
    assert [loss.parameters for loss in hours.selected()["wind"]] == [{"period": 24}]


@pytest.mark.parametrize(
    ("losses", "changes", "line"),
    [
        ([{"loss": "von_mises", "period": 24}], {},
         "comparisons.wind.losses[0].period: 24 is not the period of the dataset, 360; leave it out here"),
        (["mse"], {"period": 0}, "datasets.wind.period: 0 given; allowed: above 0"),
        (["mse"], {"period": "day"}, "datasets.wind.period: 'day' given; allowed: a number"),
        (["mse"], {"task": "multiclass"}, "datasets.wind.period: is of values that begin anew, and the target is "
         "classes; leave one of the two out"),
        (["mse"], {"source": WIND["source"] | {"target": ["u", "v"]}},
         "datasets.wind.period: is of one target, and there are 2; add a dataset for each"),
        (["mse"], {"source": WIND["source"] | {"exposure": "days"}},
         "datasets.wind.period: is of values that begin anew, and exposure: makes rates of them; leave one of the two "
         "out"),
        (["mse"], {"source": {"generator": "make_regression", "random_state": 0}},
         "datasets.wind.period: goes with a table or arrays; nothing that make_regression makes begins anew"),
        (["mse"], {"source": WIND["source"] | {"period": 360}},
         "datasets.wind.source: 'period' is a key of the dataset; write it beside source:, not in it"),
        (["binary_crossentropy"], {}, "comparisons.wind.losses[0]: 'binary_crossentropy' is a loss for a binary task"),
    ],
)  # fmt: skip
def test_what_does_not_go_with_a_period_gets_a_line(losses, changes, line):
    with pytest.raises(ParamsError) as error:
        check_params(params(losses, WIND | changes))
    assert line in str(error.value)
    assert all(": " in each for each in str(error.value).splitlines())
