"""The hash of data, and of code."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from stages.basics.digest import digest


@dataclass(frozen=True)
class Point:
    name: str
    place: np.ndarray


VALUES = [
    None,
    False,
    0,
    0.0,
    "",
    "0",
    [],
    {},
    ["a", "b"],
    ["ab"],
    ["a,b"],
    [["a"], "b"],
    {"a": 1},
    {"a": [1]},
    np.zeros(2),
    np.zeros(2, np.float32),
    np.zeros((1, 2)),
    np.array([0.0, 1.0]),
    np.array(["a", "b"], object),
    pd.DataFrame({"a": [1.0]}),
    pd.DataFrame({"b": [1.0]}),
    pd.DataFrame({"a": [2.0]}),
    Point("a", np.zeros(2)),
    Point("a", np.ones(2)),
]


def test_values_that_differ_have_hashes_that_differ():
    assert len({digest(value) for value in VALUES}) == len(VALUES)


def test_equal_values_have_equal_hashes_wherever_they_lie_in_memory():
    table = pd.DataFrame({"a": ["x", "y"], "b": np.arange(4.0)[::2]})
    assert digest(table) == digest(table.copy())
    assert digest(np.arange(6).reshape(2, 3).T) == digest(np.ascontiguousarray(np.arange(6).reshape(2, 3).T))
    assert digest(Point("a", np.zeros(2))) == digest(Point("a", np.zeros(2)))


def test_what_is_no_data_is_refused():
    with pytest.raises(TypeError, match="function is not plain data"):
        digest([1, lambda: None])
