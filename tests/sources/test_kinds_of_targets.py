"""Numbers and yes/no as targets of one network: what is read, and what is refused."""

import numpy as np
import pytest

from stages.records.datasets import Inference
from stages.wording import datasets as wording
from tests.sources.test_describe import load, refusal

ROWS = {"x": [1.5, 2, 3, 4], "price": [10, 20, 30, 45.5], "sold": ["no", "yes", "yes", "no"]}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_target_of_two_texts_beside_one_of_numbers_is_yes_or_no():
    table, description = load(ROWS, target=["price", "sold"])
    assert table[["target_1", "target_2"]].to_numpy().tolist() == [[10, 0], [20, 1], [30, 1], [45.5, 0]]
    assert (description.task, description.classes, description.other_tasks) == ("regression", [], [])
    assert description.yes_no == {"sold": ["no", "yes"]}
    assert description.inferred == Inference("both kinds", 2)
    assert wording.task("own", description) == (
        "price and sold: 2 columns of numbers and of yes/no; sold is 0 for no, 1 for yes, so the task is regression"
    )


@pytest.mark.parametrize(
    ("values", "names"),
    [([0, 1, 1, 0], ["0", "1"]), ([False, True, True, False], ["False", "True"]), (list("baab"), ["a", "b"])],
)
def test_so_are_0_and_1_booleans_and_whatever_two_texts(values, names):
    table, description = load({**ROWS, "sold": values}, target=["sold", "price"])
    assert description.yes_no == {"sold": names}
    assert table["target_1"].tolist() == [names.index(str(value)) for value in values]


def test_0_and_1_are_numbers_where_the_parameters_say_regression_and_two_other_numbers_always():
    assert load({**ROWS, "sold": [0, 1, 1, 0]}, target=["sold", "price"], task="regression")[1].yes_no == {}
    assert load({**ROWS, "sold": [2, 3, 3, 2]}, target=["sold", "price"])[1].yes_no == {}
    assert load(ROWS, target=["sold", "price"], task="regression")[1].yes_no == {"sold": ["no", "yes"]}


def test_rows_that_miss_one_of_the_targets_are_left_out():
    table, description = load({**ROWS, "sold": ["no", None, "yes", "no"]}, target=["price", "sold"])
    np.testing.assert_array_equal(table["target_1"], [10, 30, 45.5])
    assert description.yes_no == {"sold": ["no", "yes"]}


def test_three_texts_and_a_single_one_are_refused_in_one_line():
    told = refusal(load, {**ROWS, "sold": ["no", "yes", "later", "no"]}, target=["price", "sold"])
    assert "'sold' is neither numbers nor yes/no, and one of several targets must be" in told
    assert "\n" not in told
    assert "'sold' has a single value" in refusal(load, {**ROWS, "sold": ["no"] * 4}, target=["price", "sold"])
