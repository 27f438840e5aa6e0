import numpy as np
import pandas as pd
import pytest

from stages.basics.cli import UserError
from stages.features import encoded
from stages.params.load import check_data, check_params
from stages.params.schema import Dataset
from stages.records import datasets
from stages.records.features import read_columns
from stages.records.findings import Finding
from stages.sources import describe
from stages.wording.datasets import rows_read
from stages.wording.findings import in_words

KEY = "params.yaml: datasets.houses.source.weight"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Read a table of some weights; a row without a target stands first."""
    monkeypatch.chdir(tmp_path)

    def make(weights, **more):
        rows = pd.DataFrame({"x": [7, 1.5, 2, 4.5], "w": weights, "y": [None, 1.5, 2.5, 3.25]})
        rows.to_csv("houses.csv", index=False)
        source = {"file": "houses.csv", "target": "y", "weight": "w", **more}
        return describe.load("houses", Dataset.model_validate({"source": source}), {})

    return make


def described(target, weights):
    """What a table of these targets and weights is, read in the folder that the test is in."""
    pd.DataFrame({"x": np.arange(len(target)) / 3, "w": weights, "y": target}).to_csv("houses.csv", index=False)
    source = {"file": "houses.csv", "target": "y", "weight": "w"}
    table, description = describe.load("houses", Dataset.model_validate({"source": source}), {})
    return table["target"].tolist(), description


def test_the_column_that_says_what_rows_count_is_no_feature(load):
    table, description = load(["", 2, 1, 0.5])
    assert (description.weight, [column.name for column in description.columns]) == ("w", ["x"])
    assert table["w"].tolist() == [2, 1, 0.5]
    assert description.findings == []


def test_rows_that_weigh_0_are_left_out_and_told_from_those_without_a_target(load):
    table, description = load([1, 0, 3, 2])
    assert table.to_dict("list") == {"x": [2, 4.5], "w": [3, 2], "target": [0, 1]}
    assert (description.n_read, description.n_weightless, description.n_without_target(len(table))) == (4, 1, 1)
    [finding] = description.findings
    assert finding == Finding("weightless", "w", ["1.5"], rows=[2], n_rows=1)
    assert in_words(finding) == (
        "w: 0 in 1 row (row 2), left out, since what weighs 0 counts for nothing; no other row is of the class '1.5'"
    )
    assert "; 1 without a target left out; 1 that weigh 0 left out; " in rows_read("houses", len(table), description)


def test_a_class_that_only_rows_have_which_weigh_0_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    labels, description = described(["a", "c", "b", "a", " c", "b"], [1, 0, 3, 2, 0, 5])
    assert (description.classes, labels) == (["a", "b"], [0, 1, 0, 1])
    [finding] = [each for each in description.findings if each.kind == "weightless"]
    assert in_words(finding).endswith("counts for nothing; no other row is of the class 'c'")


def test_a_number_that_only_rows_have_which_weigh_0_is_no_class(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, description = described([0.5, 1.5, 2.5, 3.5], [1, 0, 3, 2])
    [finding] = [each for each in description.findings if each.kind == "weightless"]
    assert finding.examples == []


@pytest.mark.parametrize("target", [["no", "yes", "no", "no"], [1.5, 2.5, 1.5, 1.5], [True, False, True, True]])
def test_a_target_with_one_value_left_is_refused_with_the_reason(tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"'y' has a single value in the rows that weigh more than 0; there is nothing"):
        described(target, [1, 0, 3, 2])


def test_rows_of_a_table_in_files_that_weigh_0_are_named_by_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for part, weights in (("2", [1, 0]), ("10", [0, 2])):
        pd.DataFrame({"x": [1, 2], "w": weights, "y": [1.5, 2.5]}).to_csv(f"part-{part}.csv", index=False)
    source = {"file": "part-*.csv", "target": "y", "weight": "w"}
    table, description = describe.load("houses", Dataset.model_validate({"source": source}), {})
    assert table["w"].tolist() == [1, 2]
    assert in_words(description.findings[0]).startswith(
        "w: 0 in 2 rows (row 2 of part-2.csv, row 1 of part-10.csv), left out"
    )


def test_what_is_0_to_a_network_weighs_0(load):
    table, _ = load([1, 1e-300, 1e30, 2])
    assert table["w"].tolist() == [1e30, 2]
    assert load([1, 1e-9, 3, 2e-9])[0]["w"].tolist() == [1e-9, 3, 2e-9]


def test_a_class_of_rows_that_weigh_0_is_no_class(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pd.DataFrame({"x": np.arange(30) / 7, "w": [1, 2, 0] * 10, "y": list("abc") * 10})
    rows.to_csv("houses.csv", index=False)
    source = {"file": "houses.csv", "target": "y", "weight": "w"}
    table, description = describe.load("houses", Dataset.model_validate({"source": source}), {})
    assert (description.task, description.classes, len(table)) == ("binary", ["a", "b"], 20)


@pytest.mark.parametrize(
    ("weights", "line"),
    [
        (
            [1, 2, -1, 1],
            "row 3 holds -1 in 'w'; what a row counts is a number, 0 or more (to leave rows",
        ),
        ([1, 2, "", 1], "row 3 holds nothing in 'w'; what a row counts is a number, 0 or more"),
        ([1, "inf", 1, 1], "row 2 holds inf in 'w'; what a row counts is a number, 0 or more"),
        ([1, 2, 1e300, 1], "row 3 holds 1e+300 in 'w'; what a row counts is a number, 0 or more"),
        (["a", "b", "c", "d"], "'w' is no numbers, and what a row counts is a number, 0 or more"),
        ([1, 0, 0, 0], "'w' is 0 in every row; some must count for something"),
        ([1, 0, 0.5, 0], "'w' is 0 in all rows but 1, and at least 2 must count for something"),
    ],
)
def test_rows_that_count_nothing_known_are_told(load, weights, line):
    with pytest.raises(UserError, match="^" + KEY) as raised:
        load(weights)
    assert str(raised.value).startswith(f"{KEY}: {line}")


def test_a_column_that_is_not_there_is_told(load):
    with pytest.raises(UserError, match="'wt' is not a column; did you mean 'w'"):
        load([1, 2, 3, 4], weight="wt")


def test_weights_are_kept_with_a_mean_of_1_beside_a_feature_of_their_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = datasets.WEIGHT
    rows = pd.DataFrame({name: np.arange(20) / 3, "w": np.arange(20) % 4, "y": np.arange(20) * 1.5})
    folder = tmp_path / "data/external"
    folder.mkdir(parents=True)
    rows.to_csv(folder / "houses.csv", index=False)
    wanted = check_params(
        {
            "loss": "all",
            "datasets": {"houses": {"source": {"file": "data/external/houses.csv", "target": "y", "weight": "w"}}},
            "comparisons": {"houses": {"losses": ["mse"]}},
            "train": {"optimizer": {"name": "SGD"}},
        }
    )
    table, description = describe.load("houses", wanted.datasets["houses"], {})
    datasets.write_raw("houses", table, description)
    assert datasets.read_raw("houses")[1] == description
    encoded.write("houses", "standard")
    np.testing.assert_allclose(datasets.read_weights("houses", description), [0.5, 1, 1.5] * 5)
    assert list(read_columns("houses", description)) == [f"{name} (2)"]
    check_data(wanted, {"houses": description})


def test_the_target_is_no_weight():
    with pytest.raises(UserError, match=r"datasets\.houses\.source\.weight: 'y' is the target; allowed: other columns"):
        check_params(
            {
                "loss": "all",
                "datasets": {"houses": {"source": {"file": "data/external/h.csv", "target": "y", "weight": "y"}}},
                "comparisons": {"houses": {"losses": ["mse"]}},
                "train": {"optimizer": {"name": "SGD"}},
            }
        )
