"""Which of two classes scores are about."""

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.load import ParamsError, check_params
from stages.records.datasets import Description
from stages.sources.target import find_target
from stages.wording import datasets

KEY = "params.yaml: datasets.nets"
# attack is rare, and before normal by its letters
RARE = pd.DataFrame({"kind": ["normal", "attack", "normal", "normal"]})
EQUAL = pd.DataFrame({"kind": ["b", "a", "b", "a"]})


def labels_and_classes(target):
    return target.labels.tolist(), target.classes, target.positive


def test_of_unequal_classes_the_rarer_is_the_one():
    assert labels_and_classes(find_target(RARE, None, KEY)) == ([0, 1, 0, 0], ["normal", "attack"], "the rarer")
    numbers = pd.DataFrame({"ok": [1, 0, 1, 1]})
    assert labels_and_classes(find_target(numbers, None, KEY)) == ([0, 1, 0, 0], ["1", "0"], "the rarer")


def test_of_equal_classes_the_last_by_order_is_the_one():
    assert labels_and_classes(find_target(EQUAL, None, KEY)) == ([1, 0, 1, 0], ["a", "b"], None)
    rather = pd.DataFrame({"kind": ["a", "b"] * 3 + ["b"] * 2})
    assert find_target(rather, None, KEY).positive is None


@pytest.mark.parametrize(
    ("table", "positive", "labels"),
    [(RARE, "normal", [1, 0, 1, 1]), (RARE, "attack", [0, 1, 0, 0]), (EQUAL, "a", [0, 1, 0, 1])],
)
def test_the_class_that_is_said_is_the_one(table, positive, labels):
    target = find_target(table, None, KEY, positive=positive)
    assert labels_and_classes(target)[::2] == (labels, "as said")
    assert target.classes[1] == positive


def test_a_class_that_is_none_is_told():
    with pytest.raises(UserError, match=r"nets\.positive: 'atack' is not a class; did you mean 'attack'\?"):
        find_target(RARE, None, KEY, positive="atack")


@pytest.mark.parametrize("values", [["a", "b", "c"] * 3, np.arange(40) / 7])
def test_it_goes_with_two_classes(values):
    with pytest.raises(UserError, match=r"nets\.positive: goes with two classes, and the task is"):
        find_target(pd.DataFrame({"y": values}), None, KEY, positive="a")


def test_it_goes_with_a_table():
    circles = {"source": {"generator": "make_circles", "random_state": 1}, "positive": 1}
    with pytest.raises(ParamsError, match=r"datasets\.c\.positive: goes with a table; make_circles has no names of"):
        check_params(
            {
                "loss": "all",
                "datasets": {"c": circles},
                "comparisons": {"c": {"losses": ["hinge"]}},
                "train": {"optimizer": {"name": "SGD"}},
            }
        )


@pytest.mark.parametrize(
    ("positive", "words"),
    [
        (
            "the rarer",
            "scores are about attack (class 1), the rarer (for the other: positive: 'no' under datasets.nets in "
            "params.yaml)",
        ),
        (None, ""),
    ],
)
def test_which_it_is_is_said_with_the_key_for_the_other(positive, words):
    description = Description("binary", None, [], ["no", "attack"], ["y"], [], None, 4, [], positive=positive)
    assert datasets.positive("nets", description) == words
