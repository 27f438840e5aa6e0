"""Rows observed for unequal times: the rate is the target, and each row counts by its time."""

import numpy as np
import pytest

from stages.params.load import ParamsError, check_params
from tests.sources.test_describe import load, refusal

ROWS = {"x": [1.5, 2, 3, 4, 5], "claims": [0, 1, 4, 2, 3], "years": [0.5, 2, 1, 0, 4]}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_target_is_the_rate_and_the_time_is_what_a_row_counts_and_no_feature():
    table, description = load(ROWS, target="claims", exposure="years")
    np.testing.assert_allclose(table["target"], [0, 0.5, 4, 0.75])
    assert (description.task, description.weight) == ("regression", "years")
    assert [column.name for column in description.columns] == ["x"]
    assert table[description.weight].tolist() == [0.5, 2, 1, 4]
    assert description.n_weightless == 1  # observed for no time


def test_missing_counts_and_times_are_left_out_or_refused():
    missing = {**ROWS, "claims": [None, 1, 4, 2, 3]}
    assert load(missing, target="claims", exposure="years")[0]["target"].tolist() == [0.5, 4, 0.75]
    for years, held in (([0.5, 2, 1, None, 4], "nothing"), ([0.5, 2, 1, -1, 4], "-1")):
        told = refusal(load, {**ROWS, "years": years}, target="claims", exposure="years")
        assert told.startswith(f"params.yaml: datasets.own.source.exposure: row 4 holds {held} in 'years'")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"target": "color"}, "'color' is no numbers"),
        ({"target": "claims", "task": "multiclass"}, "task: multiclass is for classes"),
    ],
)
def test_classes_have_no_exposure(settings, why):
    told = refusal(load, {**ROWS, "color": list("abaab")}, exposure="years", **settings)
    assert told == (
        "params.yaml: datasets.own.source.exposure: what is observed for unequal times is a number, and "
        f"{why}; leave it out"
    )


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ({"exposure": "claims"}, "exposure: 'claims' is the target; allowed: other columns"),
        ({"exposure": "years", "weight": "n"}, "weight: rows count by exposure: already; leave one of the two out"),
    ],
)
def test_the_target_and_a_second_weight_are_refused(source, line):
    source = {"file": "data/external/own.csv", "target": "claims", **source}
    with pytest.raises(ParamsError) as error:
        check_params({"datasets": {"own": {"source": source}}, "comparisons": {"own": {"losses": ["mse"]}}})
    assert str(error.value) == f"params.yaml: datasets.own.source.{line}"
