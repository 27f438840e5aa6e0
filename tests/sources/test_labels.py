"""Several yes/no columns as targets: what they are taken for, and how they are kept."""

import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.params.schema import Dataset
from stages.params.source import Table
from stages.records import datasets
from stages.sources import describe
from stages.sources.target import find_target


def described(folder, content, **keys):
    """The rows of a table with the targets a and b, and what they are."""
    pd.DataFrame(content).to_csv(folder / "own.csv", index=False)
    source = Table(file=(folder / "own.csv").as_posix(), target=["a", "b"], **keys)
    return describe.load("own", Dataset(source=source), {})


def test_columns_of_the_same_two_values_are_labels_and_come_back_as_they_were(tmp_path):
    a, b = ["yes", "no", "no", None, "yes"] * 6, ["no", "yes", "no", "yes", "yes"] * 6
    table, description = described(tmp_path, {"x": range(30), "target": range(30), "a": a, "b": b})
    assert (description.task, description.targets, description.classes) == ("binary", ["a", "b"], ["no", "yes"])
    assert (description.target_shape, description.has_positions == "labels") == ([2], True)
    assert description.inferred == datasets.Inference("yes/no columns", 2)
    assert description.other_tasks == []
    # a row without one of them is left out
    expected = [[1, 0], [0, 1], [0, 0], [1, 1]] * 6
    assert datasets.labels_of(table, description).tolist() == expected
    assert table.columns.tolist() == ["x", "target (2)", "target"]


@pytest.mark.parametrize(
    ("a", "b", "classes", "labels"),
    [
        ([0, 1, 1], [1, 0, 1], ["0", "1"], [[0, 1], [1, 0], [1, 1]]),
        ([True, False, True], [True, False, False], ["False", "True"], [[1, 1], [0, 0], [1, 0]]),
        (["ja", "nein", "ja"], ["nein", "nein", "ja"], ["ja", "nein"], [[0, 1], [1, 1], [0, 0]]),
    ],
)
def test_the_second_of_the_two_values_is_class_1(a, b, classes, labels):
    found = find_target(pd.DataFrame({"a": a, "b": b}), None, "datasets.own")
    assert (found.task, found.classes, found.labels.tolist()) == ("binary", classes, labels)
    assert found.labels.dtype == np.int8


def test_the_class_that_scores_are_about_is_the_one_that_is_said_or_the_rarer_of_all_labels():
    columns = pd.DataFrame({"a": ["ja", "nein", "ja"], "b": ["nein", "nein", "ja"]})
    found = find_target(columns, None, "datasets.own", positive="ja")
    assert (found.classes, found.labels.tolist()) == (["nein", "ja"], [[1, 0], [0, 0], [1, 1]])
    rare = pd.DataFrame({"a": [1] * 9 + [0], "b": [1] * 8 + [0] * 2})
    assert find_target(rare, None, "datasets.own").classes == ["1", "0"]


@pytest.mark.parametrize(
    "columns",
    [
        {"a": [0, 1, 2], "b": [0, 1, 0]},
        {"a": [0, 1, 1], "b": [5, 7, 5]},
        {"a": [0.5, 1.5, 2.5], "b": [0, 1, 0]},
    ],
)
def test_other_columns_of_numbers_are_values(columns):
    assert find_target(pd.DataFrame(columns), None, "datasets.own").task == "regression"


def test_labels_may_be_taken_for_values():
    found = find_target(pd.DataFrame({"a": [0, 1, 1], "b": [1, 0, 1]}), "regression", "datasets.own")
    assert (found.task, found.other_tasks, found.labels.dtype) == ("regression", ["binary"], np.float64)


def test_a_column_of_a_single_value_is_named():
    columns = pd.DataFrame({"a": [0, 1, 1], "b": [1, 1, 1]})
    with pytest.raises(UserError, match="'b' has a single value; there is nothing to learn"):
        find_target(columns, "binary", "datasets.own")
