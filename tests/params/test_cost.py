"""What wrong decisions cost, under a comparison: what may stand there, and one line for what may not."""

import pytest

from stages.params.load import ParamsError, check_data
from stages.records.datasets import Description


def description_of(classes):
    task = {0: "regression", 2: "binary"}.get(len(classes), "multiclass")
    return Description(task, None, [], classes, ["y"], ["made up"], None, 10, [])


@pytest.mark.parametrize(
    "cost",
    [
        3,
        {},
        [1, 2],
        " ",
        {"missed": -1},
        {"missed": ""},
        {"missed": ["a"]},
        {"missed": 0, "false_alarm": 0},
        {"missed": True},
        {"no": 3},
    ],
    ids=str,
)
def test_what_is_no_cost_is_refused_with_what_is_allowed(mistakes, cost):
    [mistake] = mistakes({"comparisons.circles.cost": cost})
    assert (mistake.key, mistake.kind) == ("comparisons.circles.cost", "cost_type")
    assert "{missed: 100, false_alarm: 1}" in str(ParamsError([mistake], "params.yaml"))


@pytest.mark.parametrize(
    "cost", [{"missed": 100}, {"false_alarm": 2.5, "missed": 0}, {0: {1: 3}}, {"0": {"1": 3}}], ids=str
)
def test_costs_by_kind_of_error_and_by_class_are_taken(check, cost):
    params = check({"comparisons.circles.cost": cost})
    check_data(params, {"circles": description_of(["0", "1"])})


@pytest.mark.parametrize(
    ("cost", "classes", "kind", "value"),
    [
        ({"missed": 100}, [], "cost_without_classes", None),
        ({"missed": 100}, ["a", "b", "c"], "cost_by_kind", None),
        ({"ill": {"wel": 100}}, ["ill", "well"], "class_unknown", "wel"),
        ({"il": {"well": 100}}, ["ill", "well"], "class_unknown", "il"),
    ],
)
def test_costs_that_do_not_fit_the_classes_are_refused(check, cost, classes, kind, value):
    params = check({"comparisons.circles.cost": cost})
    with pytest.raises(ParamsError) as error:
        check_data(params, {"circles": description_of(classes)})
    [mistake] = [each for each in error.value.mistakes if "cost" in each.key]
    assert (mistake.key, mistake.kind, mistake.value) == ("comparisons.circles.cost", kind, value)


def test_costs_decide_and_no_other_score_beside_them(check):
    params = check({"comparisons.circles.cost": {"missed": 5}, "report.headline": {"circles": "f1"}})
    with pytest.raises(ParamsError, match="leave one of the two out"):
        check_data(params, {"circles": description_of(["0", "1"])})


@pytest.mark.parametrize(
    "cost", ["amount", {"missed": "amount", "false_alarm": 1}, {"ill": {"well": "amount"}, "well": {"ill": 2}}], ids=str
)
def test_columns_of_a_table_are_taken_and_what_a_generator_makes_has_none(check, mistakes, cost):
    source = {"file": "data/external/own.csv", "target": "y"}
    own = {"datasets.own": {"source": source}, "comparisons.own": {"losses": ["hinge"], "cost": cost}}
    check_data(check(own), {"own": description_of(["ill", "well"])})
    [mistake] = mistakes({"comparisons.circles.cost": cost})
    assert (mistake.key, mistake.kind, mistake.value) == ("comparisons.circles.cost", "cost_without_table", "amount")
