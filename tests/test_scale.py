import json
from dataclasses import replace

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages import generate, scale
from stages.basics.cli import UserError
from stages.params.schema import Scale
from stages.records import datasets
from stages.records.datasets import Column, CsvFormat, Description, Inference
from stages.tables import scaling

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


@pytest.fixture
def table():
    return pd.DataFrame(np.random.default_rng(0).normal(3, 7, (20, 4)), columns=["x1", "x2", "x3", "target"])


def column(*values):
    return pd.DataFrame({"x1": values, "target": values})


def describe(table, *, classes=()):
    """What a table of numbers is, whose columns but the target are features."""
    columns = [Column(name, "number", 0) for name in table.columns if not name.startswith("target")]
    targets = [name for name in table.columns if name.startswith("target")]
    task = "multiclass" if classes else "regression"
    return Description(
        task=task,
        inferred=None,
        other_tasks=[],
        classes=list(classes),
        targets=targets,
        files=[],
        csv=None,
        n_read=len(table),
        columns=columns,
    )


def first(table, n_train):
    return np.arange(len(table)) < n_train


def scaled(table, n_train, *, classes=(), **settings):
    """The scaled table and the fold."""
    made, fold, _ = scaling.scale(table, describe(table, classes=classes), Scale(**settings), first(table, n_train))
    return made, fold


def undo(fold):
    """For each scaled column, the target too, its center and scale."""
    return {each.column: (each.center, each.scale) for each in fold.treatments if each.scale is not None} | {
        "target": (fold.center[0], fold.spread[0])
    }


@pytest.mark.parametrize("fit_on", ["train", "all"])
@pytest.mark.parametrize("method", SCALERS)
def test_scaled_values_are_those_of_scikit_learn(table, method, fit_on):
    fitted = table[:12] if fit_on == "train" else table
    expected = SCALERS[method]().fit(fitted.to_numpy()).transform(table.to_numpy())
    made, _ = scaled(table, 12, features=method, target=method, fit_on=fit_on)
    np.testing.assert_allclose(made[table.columns], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "fit_on", "expected", "scaling"),
    [
        ("standard", "all", [-1, -3, 1, 3], (4, np.sqrt(5))),
        ("standard", "train", [1, -1, 3, 5], (2, 1)),
        ("minmax", "all", [1 / 3, 0, 2 / 3, 1], (1, 6)),
        ("robust", "all", [-1 / 3, -1, 1 / 3, 1], (4, 3)),
    ],
)
def test_scaling_worked_by_hand(method, fit_on, expected, scaling):
    values = column(3.0, 1.0, 5.0, 7.0)
    expected = np.array(expected) / (np.sqrt(5) if (method, fit_on) == ("standard", "all") else 1)
    made, fold = scaled(values, 2, features=method, target=method, fit_on=fit_on)
    np.testing.assert_allclose(made["x1"], expected)
    np.testing.assert_allclose(made["target"], expected)
    assert undo(fold) == {"x1": pytest.approx(scaling), "target": pytest.approx(scaling)}


@pytest.mark.parametrize("method", SCALERS)
@given(
    values=npst.arrays(
        np.float64, npst.array_shapes(min_dims=2, max_dims=2, min_side=2), elements=st.floats(-1e3, 1e3)
    ),
    data=st.data(),
)
def test_undoing_the_scaling_gives_the_values_back(method, values, data):
    names = [*(f"x{i + 1}" for i in range(values.shape[1] - 1)), "target"]
    fit_on, n_train = data.draw(st.sampled_from(["train", "all"])), data.draw(st.integers(1, len(values) - 1))
    table = pd.DataFrame(values, columns=names)
    fitted = values if fit_on == "all" else values[:n_train]
    if not np.ptp(fitted[:, :-1], axis=0).any():
        with pytest.raises(UserError, match="no column is left"):
            scaled(table, n_train, features=method, target=method, fit_on=fit_on)
        return
    made, fold = scaled(table, n_train, features=method, target=method, fit_on=fit_on)
    for name, (center, spread) in undo(fold).items():
        np.testing.assert_allclose(made[name] * spread + center, table[name], rtol=1e-9, atol=1e-9)
    left_out = {each.column for each in fold.treatments if not each.n_inputs}
    assert set(made) == {*names, "part"} - left_out


def test_a_scaling_fitted_on_the_train_rows_knows_nothing_of_the_test_rows(table):
    other = table.copy()
    other.iloc[12:] *= 1000
    arguments = {"features": "standard", "target": "minmax"}
    assert scaled(table, 12, fit_on="train", **arguments)[1] == scaled(other, 12, fit_on="train", **arguments)[1]
    assert scaled(table, 12, fit_on="all", **arguments)[1] != scaled(other, 12, fit_on="all", **arguments)[1]


def test_what_is_not_scaled_stays_as_it_is(table):
    classes = table.assign(target=np.arange(20) % 3)
    made, fold = scaled(classes, 5, classes="abc", features="none")
    pd.testing.assert_frame_equal(made.drop(columns="part"), classes)
    assert undo(fold) == {"target": (0, 1)}
    made, fold = scaled(classes, 5, classes="abc")
    pd.testing.assert_series_equal(made["target"], classes["target"])
    assert list(undo(fold)) == ["x1", "x2", "x3", "target"]


def test_values_are_standardised_unless_something_else_is_asked_for(table):
    assert scaled(table, 12)[1] == scaled(table, 12, target="standard")[1]
    assert scaled(table, 12)[1] != scaled(table, 12, target="none")[1]


def test_each_of_several_target_columns_has_a_scaling_of_its_own(table):
    several = table.rename(columns={"x3": "target_1", "target": "target_2"})
    made, fold = scaled(several, 12, target="minmax")
    assert (len(fold.center), fold.n_inputs) == (2, 2)
    train = made[made["part"] == "train"]
    assert (train["target_1"].min(), train["target_2"].max()) == (0, pytest.approx(1))


def test_the_rows_of_the_mask_train_and_the_others_test(table):
    train = np.isin(np.arange(20), [1, 5, 7])
    made, fold, _ = scaling.scale(table, describe(table), Scale(), train)
    assert list(np.flatnonzero(made["part"] == "train")) == [1, 5, 7]
    assert (fold.n_train, fold.n_test) == (3, 17)


def test_the_table_given_is_not_changed(table):
    before = table.copy()
    scaled(table, 5, target="robust")
    pd.testing.assert_frame_equal(table, before)


def test_an_input_may_be_called_as_what_stands_beside_it(table):
    named = table.rename(columns={"x1": "part"})
    made, fold = scaled(named, 5)
    assert list(made) == ["part (2)", "x2", "x3", "target", "part"]
    assert fold.treatments[0].column == "part"


def write(tmp_path, content):
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(content))
    generate.main()
    scale.main()


def test_the_stage_writes_each_dataset_scaled_and_how_to_undo_it(tmp_path, monkeypatch, defaults, capsys):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, defaults)
    assert capsys.readouterr().out.endswith("scale: 3 datasets in data/scaled\n")
    [fold] = datasets.read_scaled("circles").folds
    assert undo(fold) == {"target": (0, 1)}
    raw, made = (pd.read_parquet(f"data/{folder}/regression.parquet") for folder in ("raw", "scaled"))
    assert list(made) == [*raw, "part"]
    assert list(made["part"]) == ["train"] * 500 + ["test"] * 500
    described = datasets.read_scaled("regression")
    assert (described.method, described.description.task) == ("first", "regression")
    for name, (center, spread) in undo(described.folds[0]).items():
        np.testing.assert_allclose(made[name] * spread + center, raw[name], rtol=1e-9, atol=1e-9)
        # the defaults standardise over all rows
        assert (made[name].mean(), made[name].std(ddof=0)) == pytest.approx((0, 1))
    assert list(undo(described.folds[0])) == list(raw)


def test_the_fitted_pipeline_is_kept_and_scales_rows_as_the_stage_did(tmp_path, monkeypatch, defaults):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, defaults)
    raw, made = (pd.read_parquet(f"data/{folder}/regression.parquet") for folder in ("raw", "scaled"))
    pipeline = joblib.load("data/pipelines/regression.joblib")
    np.testing.assert_array_equal(pipeline.transform(raw), made.drop(columns=["target", "part"]))


def test_each_fold_is_scaled_by_its_own_train_rows(tmp_path, monkeypatch, defaults):
    monkeypatch.chdir(tmp_path)
    defaults["datasets"]["regression"] |= {"split": {"method": "kfold", "folds": 4}, "scale": {}}
    write(tmp_path, defaults)
    described = datasets.read_scaled("regression")
    folds = [datasets.read_fold("regression", described, fold) for fold in range(4)]
    assert len(described.folds) == 4
    tested = np.array([fold["part"] == "test" for fold in folds])
    np.testing.assert_array_equal(tested.sum(axis=0), 1)
    for fold in folds:
        train = fold[fold["part"] == "train"].drop(columns="part")
        np.testing.assert_allclose(train.mean(), 0, atol=1e-9)
        np.testing.assert_allclose(train.std(ddof=0), 1)
    for folder, ending in (("scaled", "parquet"), ("pipelines", "joblib")):
        names = sorted(path.name for path in (tmp_path / "data" / folder / "regression").iterdir())
        assert names == [f"fold_{i}.{ending}" for i in range(1, 5)]
        assert not (tmp_path / "data" / folder / f"regression.{ending}").exists()
    raw = pd.read_parquet("data/raw/regression.parquet")
    third = joblib.load("data/pipelines/regression/fold_3.joblib").transform(raw)
    np.testing.assert_array_equal(third, folds[2].drop(columns=["target", "part"]))


def test_scaling_again_writes_the_same_bytes(tmp_path, monkeypatch, defaults):
    monkeypatch.chdir(tmp_path)
    defaults["datasets"]["blobs"]["split"] = {"method": "kfold"}
    kept = []
    for _ in range(2):
        write(tmp_path, defaults)
        files = [path for folder in ("scaled", "pipelines") for path in (tmp_path / "data" / folder).rglob("*.*")]
        kept.append({path: path.read_bytes() for path in files})
    assert kept[0] == kept[1]
    assert len(kept[0]) == 3 + 2 * (1 + 1 + 5)


def test_a_missing_dataset_names_the_stage_that_writes_it(tmp_path, monkeypatch, defaults):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults))
    generate.main()
    (tmp_path / "data/raw/regression.parquet").unlink()
    with pytest.raises(UserError) as raised:
        scale.main()
    assert str(raised.value) == "data/raw/regression.parquet is missing; write it with: dvc repro --force generate"


@pytest.mark.parametrize("name", ["raw/circles.json", "scaled/circles.json"])
@pytest.mark.parametrize("content", ["[]", "{", '{"task": "binary"}'])
def test_a_damaged_description_names_the_stage_that_writes_it(tmp_path, monkeypatch, defaults, name, content):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, defaults)
    (tmp_path / "data" / name).write_text(content)
    read = datasets.read_raw if name.startswith("raw") else datasets.read_scaled
    with pytest.raises(UserError) as raised:
        read("circles")
    stage = "generate" if name.startswith("raw") else "scale"
    assert str(raised.value) == (
        f"data/{name} cannot be read (damaged or cut short); write it again with: dvc repro --force {stage}"
    )


def test_a_description_comes_back_as_it_was_written(tmp_path, monkeypatch, table):
    monkeypatch.chdir(tmp_path)
    described = replace(
        describe(table, classes=["no", "yes"]),
        inferred=Inference("values", 2),
        files=["data/external/ä.csv"],
        csv=CsvFormat(";", "utf-8", ",", skipped=1),
    )
    datasets.write_raw("own", table, described)
    back, description = datasets.read_raw("own")
    assert description == described
    pd.testing.assert_frame_equal(back, table)
    assert "ä" in json.dumps(json.loads((tmp_path / "data/raw/own.json").read_text("utf-8")), ensure_ascii=False)
