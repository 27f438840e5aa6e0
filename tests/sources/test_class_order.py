"""Classes in an order: what a target must hold, and what may stand in the parameters beside it."""

import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.load import check_params
from stages.sources.target import find_target

SIZES = ["small", "medium", "large"]
SHIRTS = {"source": {"file": "data/external/shirts.csv", "target": "size"}}


def find(values, order, task=None):
    return find_target(pd.DataFrame({"size": values}), task, "datasets.shirts", order=order)


def test_classes_are_numbered_in_their_order_whatever_letters_say():
    target = find(["large", "small", "medium", "small"], SIZES)
    assert (target.task, target.classes, target.labels.tolist()) == ("multiclass", SIZES, [2, 0, 1, 0])


def test_numbers_in_an_order_are_classes_however_few_rows_they_have():
    target = find([1.0, 2.0, 5.0, 3.0, 2.0], ["5", "3", "2", "1"])
    assert (target.task, target.classes, target.labels.tolist()) == (
        "multiclass",
        ["5", "3", "2", "1"],
        [3, 2, 0, 1, 2],
    )


@pytest.mark.parametrize(
    ("order", "message"),
    [
        (
            ["small", "medum", "large"],
            "datasets.shirts.order: 'medum' is not a class; did you mean 'medium'? Classes: large, medium, small",
        ),
        (
            ["small", "medium", "large", "huge"],
            "datasets.shirts.order: 'huge' is not a class. Classes: large, medium, small",
        ),
    ],
)
def test_an_order_names_classes_that_there_are(order, message):
    with pytest.raises(UserError) as error:
        find(["large", "small", "medium"], order)
    assert str(error.value) == message


def test_an_order_names_every_class():
    with pytest.raises(UserError) as error:
        find([*SIZES, "no", "huge"], SIZES)
    assert str(error.value) == (
        "datasets.shirts.order: it lacks huge, 'no'; name every class, from the lowest to the highest"
    )


@pytest.mark.parametrize("name", ["rank_mse", "cumulative_link"])
def test_a_loss_of_ranks_is_selected_where_a_dataset_has_an_order_and_nowhere_else(name):
    params = {"loss": name, "comparisons": {"shirts": {"losses": ["kl_divergence"]}}}
    ordered, plain = ({"datasets": {"shirts": SHIRTS | dataset}} for dataset in ({"order": SIZES}, {}))
    assert [loss.name for loss in check_params(params | ordered).selected()["shirts"]] == [name]
    with pytest.raises(UserError) as error:
        check_params(params | plain)
    assert str(error.value) == (
        f"params.yaml: loss: '{name}' is for classes in an order; write it, as in order: [low, medium, high] "
        "under datasets.shirts"
    )


def check(dataset, losses, headline=None):
    params = {"datasets": {"shirts": SHIRTS | dataset}, "comparisons": {"shirts": {"losses": losses}}}
    check_params(params | ({"report": {"headline": {"shirts": headline}}} if headline else {}))


@pytest.mark.parametrize("headline", [None, "rank_error", "quadratic_kappa", "accuracy"])
def test_losses_of_ranks_levels_and_classes_stand_in_one_comparison(headline):
    check({"order": SIZES}, ["categorical_crossentropy", "rank_mse", "cumulative_link"], headline)


@pytest.mark.parametrize(
    ("dataset", "losses", "headline", "line"),
    [
        (
            {},
            ["rank_mse"],
            None,
            "comparisons.shirts.losses[0]: 'rank_mse' is for classes in an order; write it, as in",
        ),
        ({}, ["kl_divergence"], "rank_error", "report.headline.shirts: 'rank_error' is for classes in an order; write"),
        ({"order": ["a", "b"]}, ["rank_mse"], None, "datasets.shirts.order: a list given; allowed: three classes or"),
        ({"order": "low"}, ["rank_mse"], None, "datasets.shirts.order: 'low' given; allowed: three classes or more"),
        ({"order": ["a", "b", "a"]}, ["rank_mse"], None, "datasets.shirts.order: 'a' stands twice"),
        ({"order": SIZES, "task": "regression"}, ["rank_mse"], None, "datasets.shirts.order: gives classes an order"),
        ({"order": SIZES}, ["mse"], None, "comparisons.shirts.losses[0]: 'mse' is a loss for a regression task"),
        (
            {"order": SIZES, "source": {"generator": "make_blobs", "random_state": 0}},
            ["rank_mse"],
            None,
            "datasets.shirts.order: goes with a table; make_blobs has no names of classes",
        ),
    ],
)
def test_what_does_not_go_with_an_order_is_said(dataset, losses, headline, line):
    with pytest.raises(UserError) as error:
        check(dataset, losses, headline)
    assert line in str(error.value)
    assert len(str(error.value).splitlines()) == 1
