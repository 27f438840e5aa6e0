"""Tables as people write them: what looks harmless and is easily read wrongly."""

import gzip
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import yaml

from stages import generate, scale
from stages.basics.cli import UserError
from stages.features import encoding, scaling, splits
from stages.features.scaling import KnownScaler
from stages.params.schema import Dataset, Scale, Split
from stages.params.source import Table
from stages.records import plans
from stages.records.datasets import Column
from stages.records.plans import Part
from stages.sources import describe
from tests.columns import tidy

KEY = "params.yaml: datasets.own"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def put(file, content):
    Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def load(content, *, file="own.parquet", target="y", task=None, split=None, **source):
    if isinstance(content, (str, bytes)):
        file = put(file if file != "own.parquet" else "own.csv", content)
    elif content is not None:
        pd.DataFrame(content).to_parquet(file)
    dataset = Dataset(source=Table(file=file, target=target, **source), task=task, split=split or Split())
    return describe.load("own", dataset, {"datasets.own.split": dataset.split})


def one_line(function, *arguments, **settings):
    with pytest.raises(UserError) as raised:
        function(*arguments, **settings)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("n_more", [0, 1])
def test_decimal_commas_do_not_outnumber_the_delimiter(n_more):
    heading, field = ";".join(["n"] * n_more + ["a", "y"]), "".join(["7;"] * n_more)
    table, description = load(heading + "\n" + "".join(f"{field}{i},5;{i},25\n" for i in range(20)))
    assert table["a"].tolist() == [i + 0.5 for i in range(20)]
    assert (description.csv.delimiter, description.csv.decimal) == (";", ",")


def test_commas_in_texts_do_not_outnumber_the_delimiter():
    assert list(load("t;y\n" + "".join(f"well, well;{i}\n" for i in range(20)))[0]) == ["t", "target"]


def test_a_byte_order_mark_before_a_quoted_heading():
    assert list(load('\ufeff"size; m2";"y"\n' + "".join(f"{i};{i * i}\n" for i in range(4)))[0]) == [
        "size; m2",
        "target",
    ]


def test_a_last_record_of_several_lines():
    assert load('t|y\nu|1\n"v\nw"|2\n')[0]["t"].tolist() == ["u", "v\nw"]


def test_the_last_row_tells_the_decimal_mark_too():
    assert load("name;size;y\nx;1;2\ny;1,5;3\n")[0]["size"].tolist() == [1, 1.5]


def test_a_decimal_comma_may_stand_before_an_exponent():
    assert load("name;size;y\n" + "x;1,5E-05;2\ny;2,5E-05;3\n" * 4)[0]["size"].iloc[0] == 1.5e-05


@pytest.mark.parametrize("rows", [["1,2,5,7", "3,4,5,8"], ["0,5,1,1", "1,6,2,1", "2,7,3,2"]])
def test_rows_with_more_fields_are_refused_whatever_is_in_the_first(rows):
    told = one_line(load, "\n".join(["a,y", *rows, ""]), delimiter=",")
    assert told.startswith(f"own.csv cannot be read as CSV: row 1 has 4 fields, and the heading 2: '{rows[0]}'; put ")


def test_a_delimiter_at_the_end_of_each_row_shifts_nothing():
    table, _ = load("a,y\n" + "".join(f"{i},{i * i},\n" for i in range(12)), task="regression")
    assert table["target"].tolist() == [i * i for i in range(12)]


@pytest.mark.parametrize("values", [["01/02/20", "13/02/20"], ["13/02/20", "01/02/20"], ["01-02-20", "13-02-20"]])
def test_day_and_month_stand_where_they_stand_in_every_row(values):
    made, kind = tidy(pd.Series(values))
    assert kind == "date"
    assert made.dt.day.tolist() == [int(value[:2]) for value in values]
    assert set(made.dt.month) == {2}


def test_dates_of_which_each_has_day_and_month_in_another_place_are_no_dates():
    assert tidy(pd.Series(["02/13/20", "13/02/20"]))[1] == "category"


def test_with_points_between_the_day_comes_first():
    assert tidy(pd.Series(["01.02.2020", "03.04.2020"]))[0].dt.month.tolist() == [2, 4]


def test_dates_far_away_are_days_too():
    rows = pd.DataFrame(
        {"a": pd.to_datetime(pd.Series(["2020-01-01", "9999-12-31"]), format="ISO8601").astype("datetime64[us]")}
    )
    assert encoding.fit(rows, [Column("a", "date", 0)], "none").pipeline.transform(rows)[1, 0] == 2932896


@pytest.mark.parametrize(
    "rows",
    [
        {"a": ["rare"] * 3 + ["x"] * 3 + ["y", "z"]},
        {"a": ["b=c"] * 4 + ["x"] * 4, "a=b": ["c"] * 4 + ["y"] * 4},
        {"a": ["b"] * 4 + ["x"] * 4, "a=b": [1.0, 2, 3, 4, 5, 6, 7, 9]},
    ],
)
def test_inputs_of_one_name_are_told_apart(rows):
    rows = pd.DataFrame(rows)
    kinds = {name: "number" if rows[name].dtype == float else "category" for name in rows}
    fitted = encoding.fit(rows, [Column(name, kind, 0) for name, kind in kinds.items()], "none")
    assert fitted.pipeline.transform(rows).shape[1] == len(fitted.names)


def test_a_text_called_missing_is_not_what_is_missing():
    rows = pd.DataFrame({"a": pd.Series(["missing"] * 3 + ["x"] * 3 + [None] * 3, dtype="str")})
    assert len(encoding.fit(rows, [Column("a", "category", 3)], "none").names) == 3


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["none", "standard", "minmax", "robust"])
def test_numbers_that_a_network_cannot_hold_are_missing(method):
    table, description = load({"a": [1.5, 1.7e308, -1e200, 2.5], "y": [1.5, 2.5, 3.5, 1.0]})
    encoder = encoding.fit(table, description.columns, method)
    made = encoder.pipeline.transform(table)
    assert np.isnan(made).sum() == 2
    fill, center, spread, *_ = scaling.fit(made, encoder.kinds, made[:, :0], np.arange(4), Scale(features=method))
    assert np.isfinite(KnownScaler(fill, center, spread).transform(made).astype(np.float32)).all()


@pytest.mark.filterwarnings("error")
def test_a_target_that_a_network_cannot_hold_is_refused():
    assert "'y'" in one_line(load, {"x": [1.5, 2.5, 1.0], "y": [1.7e308, -1.7e308, 1.0]})


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        ([[1], [2], [1], None], ["[1]", "[2]"]),
        ([b"\xff", b"a", b"a", b"a"], ["a", "\\xff"]),
    ],
    ids=["lists", "bytes"],
)
def test_lists_and_bytes_are_taken_for_texts(values, classes):
    assert load({"x": [1.5, 2.5, 3.5, 1.0], "y": values})[1].classes == classes
    assert load({"x": [1.5, 2.5, 3.5, 1.0], "y": values}, target="x")[1].columns[0].kind == "category"


def test_bytes_that_are_no_text_are_refused_as_one_of_several_targets():
    told = one_line(load, {"x": [1.5, 2.5, 3.5], "y": [b"\xe8", b"a", b"b"], "z": [1, 5, 2]}, target=["x", "y"])
    assert told.startswith(
        f"{KEY}.source.target: 'y' is neither numbers nor yes/no, and one of several targets must be; "
    )
    assert r"labels: {'y': {'\xe8': 0, a: 1, b: 2}} beside file: " in told


@pytest.mark.parametrize("others", [["x", "y"]])
def test_a_categorical_may_be_one_of_several_targets_or_all_missing_but_one(others):
    one_line(load, {"x": [1.5, 2.5, 3.5], "y": pd.Categorical(["a", None, "a"]), "z": [1, 5, 2]}, target=others)


@pytest.mark.parametrize("values", [[0.1, 0.1 + 2e-17, 0.1], [1234567890123456, 1234567890123457] * 2])
def test_two_classes_have_two_names(values):
    try:
        description = load({"x": range(len(values)), "y": values}, task="binary", features=["x"])[1]
    except UserError:
        return
    assert len(set(description.classes)) == 2


def test_whole_numbers_beyond_floats_are_not_merged():
    assert len(load({"x": [1, 2, 9], "y": [2**53, 2**53 + 1, 2**53]})[1].classes) == 2


def test_a_named_index_is_a_column():
    pd.DataFrame({"x": [1.5, 2.5, 2.0]}, index=pd.Index([5.5, 6.5, 9.5], name="y")).to_parquet("own.parquet")
    assert load(None)[0]["target"].tolist() == [5.5, 6.5, 9.5]


def test_two_parquet_columns_of_one_name_are_told():
    pa.parquet.write_table(pa.table([[1, 2], [3, 4], [5, 6]], names=["a", "a", "y"]), "own.parquet")
    assert one_line(load, None) == "own.parquet: column 'a' stands twice; rename one"


def test_two_csv_columns_of_one_name_are_told():
    assert one_line(load, "a,a,y\n1,2,3\n4,5,7\n5,6,7\n") == "own.csv: column 'a' stands twice; rename one"


def test_parquet_whose_notes_on_pandas_are_damaged_is_told():
    pa.parquet.write_table(
        pa.table({"x": [1, 2], "y": [3, 4]}).replace_schema_metadata({"pandas": "{}"}), "own.parquet"
    )
    assert one_line(load, None).startswith("own.parquet cannot be read as Parquet: ")


@pytest.mark.parametrize("ending", ["zip", "tar", "csv.zst", "csv.zip"])
def test_an_archive_that_is_damaged_is_told(ending):
    one_line(load, b"PK\3\4 garbage", file=f"own.{ending}")


def test_the_ending_may_be_in_capitals():
    assert load(gzip.compress(b"a;y\n1;2\n2;3\n3;5\n"), file="own.csv.GZ")[0]["target"].tolist() == [2, 3, 5]


def test_a_zip_is_refused_as_one():
    with zipfile.ZipFile("own.csv.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("own.csv", "straße;y\n" + "".join(f"{i},5;{i * i}\n" for i in range(30)))
    assert one_line(load, None, file="own.csv.zip") == (
        "own.csv.zip is no CSV file, but a zip or another archive; allowed: CSV, also as .gz, .bz2 or .xz, "
        "Excel, JSON (objects, one a line or in an array) and Parquet"
    )


def test_files_of_dvc_are_not_read_as_tables():
    put("own.csv.dvc", "outs:\n- md5: x\n")
    put("own.csv", "x,y\n1,1.5\n5,2.5\n")
    assert len(load(None, file="own*")[0]) == 2


def test_a_whole_number_is_the_same_text_whichever_file_it_is_in():
    put("a.csv", "x,y\n1.5,1.5\n2,2.5\n,3.5\n")
    put("b.csv", "x,y\n2,1.5\nfew,2.5\n")
    assert load(None, file="*.csv")[0]["x"].tolist()[1] == "2"


def test_a_class_called_none_is_a_class():
    _, description = load("a,y\n" + "1.5,None\n2.5,Mild\n3,Severe\n" * 4)
    assert (description.classes, description.n_read) == (["Mild", "None", "Severe"], 12)


def test_a_region_called_na_is_a_region():
    assert load("region,y\nNA,1.5\nEU,2.5\n,3.5\n")[1].columns == [Column("region", "category", missing=1)]


@pytest.mark.parametrize("missing", ["?", " ", "None"])
def test_numbers_stay_numbers_beside_a_word_for_nothing(missing):
    table, description = load(f"charges,y\n29.85,1.5\n{missing},2.5\n108.15,3.5\n")
    assert description.columns == [Column("charges", "number", missing=1)]
    assert table["charges"].sum() == 138


def test_a_row_whose_target_is_a_word_for_nothing_is_left_out():
    table, description = load("a,y\n1,1.5\n5,?\n2,2.5\n9,4\n", task="regression")
    assert (table["target"].tolist(), description.n_read) == ([1.5, 2.5, 4], 4)


def test_a_delimiter_at_the_end_of_each_row_shifts_no_word_for_nothing():
    assert load("a,y\n1,1.5,\n?,2.5,\n3,3.5,\n")[0]["a"].isna().tolist() == [False, True, False]


def test_a_postcode_is_a_category():
    table, description = load("code;y\n" + "01067;1,5\n80331;2,5\n" * 3)
    assert description.columns == [Column("code", "category", missing=0)]
    assert encoding.fit(table, description.columns, "standard").names == ["code=01067", "code=80331"]


def test_a_line_break_in_a_name_makes_no_second_line():
    one_line(load, {"two\nlines": [1.5, 1.5], "x": [1, 2]}, target="two\nlines")


def test_the_dataset_with_infinite_targets_is_named():
    assert one_line(load, {"x": [1, 5, 2], "y": [1.5, np.inf, 2.5]}).startswith(f"{KEY}.source.target: ")


def test_booleans_are_not_called_texts_or_dates():
    assert "text or dates" not in one_line(load, {"x": [1, 5, 2], "y": [True, False, True]}, task="regression")


def test_a_very_long_text_is_not_told_in_full():
    rows = pd.DataFrame({"a": pd.Series(["x" * 5000] * 3, dtype="str")})
    assert len(one_line(encoding.fit, rows, [Column("a", "category", 0)], "none")) < 500


def test_why_a_column_was_left_out_is_told_in_full(capsys):
    stage({"c": ["a: b"] * 6, "x": [1.5, 2, 3, 5, 8, 9], "y": [1.5, 2, 3, 5, 9, 8]}, {})
    assert "left out: c (always 'a: b')" in capsys.readouterr().out


def stage(table, dataset, compared="circles"):
    Path("data/external").mkdir(parents=True)
    pd.DataFrame(table).to_parquet("data/external/own.parquet")
    source = {"file": "data/external/own.parquet", "target": "y"}
    circles = {"source": {"generator": "make_circles", "n_samples": 10, "random_state": 0}}
    content = {
        "loss": "all",
        "datasets": {"own": {"source": source} | dataset, "circles": circles},
        "comparisons": {compared: {"losses": ["mse" if compared == "own" else "hinge"]}},
        "train": {"optimizer": {"name": "SGD"}},
    }
    Path("params.yaml").write_text(yaml.safe_dump(content))
    generate.main()
    scale.main()


@pytest.mark.parametrize(
    "dataset",
    [
        {"task": "regression", "split": {"method": "stratified"}},
        {"task": "multiclass", "scale": {"target": "standard"}},
    ],
)
def test_what_contradicts_a_dataset_is_told_though_no_comparison_uses_it(dataset):
    one_line(stage, {"x": [1.5, 2, 3, 5, 8, 9] * 2, "y": [1, 2, 3] * 4}, dataset)


def test_a_group_column_may_be_without_a_name():
    stage(
        {"": list("aabbcc"), "x": [1.5, 2, 3, 5, 8, 9], "y": [1.5, 2, 3, 5, 9, 8]},
        {"split": {"method": "group", "column": ""}},
        compared="own",
    )
    assert plans.read_plan("own").rows(0, Part.TEST).size == 2


def divide(split, labels, *, groups=None, classes=()):
    return splits.divide(split, labels, generated=False, classes=list(classes), groups=groups, n_seeds=1, key=KEY)


def test_a_share_that_leaves_no_group_takes_one():
    groups = pd.Series(list("aabbccddee"), name="g")
    split = Split(method="group", column="g", train=0.01)
    [parts] = divide(split, np.zeros((10, 1)), groups=groups).parts
    assert (parts != Part.TEST).sum() == 2


def test_a_share_that_leaves_no_row_for_a_class_speaks_of_rows():
    labels = np.array([0, 1] * 5)
    told = one_line(divide, Split(method="stratified", train=0.99), labels, classes=["a", "b"])
    assert "test_size" not in told
