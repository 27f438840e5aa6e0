import json

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from stages import generate, scale
from stages.cli import UserError

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


@pytest.fixture
def table():
    return pd.DataFrame(np.random.default_rng(0).normal(3, 7, (20, 4)), columns=["x1", "x2", "x3", "target"])


def column(*values):
    return pd.DataFrame({"x1": values, "target": values})


@pytest.mark.parametrize("fit_on", ["train", "all"])
@pytest.mark.parametrize("method", SCALERS)
def test_scaled_values_are_those_of_scikit_learn(table, method, fit_on):
    fitted = table[:12] if fit_on == "train" else table
    expected = SCALERS[method]().fit(fitted.to_numpy()).transform(table.to_numpy())
    scaled, _ = scale.scale(table, features=method, target=method, fit_on=fit_on, train=12)
    np.testing.assert_allclose(scaled[table.columns], expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "fit_on", "expected", "scaling"),
    [
        ("standard", "all", [-1, -1, 1, 1], {"center": 3, "scale": 1}),
        ("standard", "train", [0, 0, 2, 2], {"center": 2, "scale": 1}),  # the train rows do not vary
        ("minmax", "all", [0, 0, 1, 1], {"center": 2, "scale": 2}),
        ("robust", "all", [-0.5, -0.5, 0.5, 0.5], {"center": 3, "scale": 2}),
    ],
)
def test_scaling_worked_by_hand(method, fit_on, expected, scaling):
    scaled, undo = scale.scale(column(2.0, 2.0, 4.0, 4.0), features=method, target=method, fit_on=fit_on, train=2)
    np.testing.assert_allclose(scaled["x1"], expected)
    np.testing.assert_allclose(scaled["target"], expected)
    assert undo == {"x1": pytest.approx(scaling), "target": pytest.approx(scaling)}


@pytest.mark.parametrize("method", SCALERS)
@given(
    values=npst.arrays(
        np.float64, npst.array_shapes(min_dims=2, max_dims=2, min_side=2), elements=st.floats(-1e3, 1e3)
    ),
    data=st.data(),
)
def test_undoing_the_scaling_gives_the_values_back(method, values, data):
    names = [*(f"x{i + 1}" for i in range(values.shape[1] - 1)), "target"]
    fit_on, train = data.draw(st.sampled_from(["train", "all"])), data.draw(st.integers(1, len(values) - 1))
    scaled, undo = scale.scale(
        pd.DataFrame(values, columns=names), features=method, target=method, fit_on=fit_on, train=train
    )
    for i, name in enumerate(names):
        restored = scaled[name] * undo[name]["scale"] + undo[name]["center"]
        np.testing.assert_allclose(restored, values[:, i], rtol=1e-9, atol=1e-9)


def test_a_scaling_fitted_on_the_train_rows_knows_nothing_of_the_test_rows(table):
    other = table.copy()
    other.iloc[12:] *= 1000
    arguments = {"features": "standard", "target": "minmax", "train": 12}
    assert scale.scale(table, fit_on="train", **arguments)[1] == scale.scale(other, fit_on="train", **arguments)[1]
    assert scale.scale(table, fit_on="all", **arguments)[1] != scale.scale(other, fit_on="all", **arguments)[1]


def test_what_is_not_scaled_stays_as_it_is(table):
    classes = table.assign(target=np.arange(20) % 3)
    scaled, undo = scale.scale(classes, features="none", target="none", fit_on="train", train=5)
    pd.testing.assert_frame_equal(scaled.drop(columns="split"), classes)
    assert undo == {}
    scaled, undo = scale.scale(classes, features="standard", target="none", fit_on="train", train=5)
    pd.testing.assert_series_equal(scaled["target"], classes["target"])
    assert list(undo) == ["x1", "x2", "x3"]


def test_the_first_rows_train_and_the_others_test(table):
    scaled, _ = scale.scale(table, features="none", target="none", fit_on="all", train=3)
    assert list(scaled["split"]) == ["train"] * 3 + ["test"] * 17


def test_the_table_given_is_not_changed(table):
    before = table.copy()
    scale.scale(table, features="standard", target="robust", fit_on="all", train=5)
    pd.testing.assert_frame_equal(table, before)


def test_the_stage_writes_each_dataset_scaled_and_how_to_undo_it(tmp_path, monkeypatch, defaults, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults))
    generate.main()
    scale.main()
    assert capsys.readouterr().out.endswith("scale: 3 datasets in data/scaled\n")
    undo = {path.stem: json.loads(path.read_text()) for path in (tmp_path / "data/scaled").glob("*.json")}
    assert (undo["circles"], undo["blobs"]) == ({}, {})
    raw, scaled = (pd.read_parquet(f"data/{folder}/regression.parquet") for folder in ("raw", "scaled"))
    assert list(scaled) == [*raw, "split"]
    for name, undone in undo["regression"].items():
        np.testing.assert_allclose(scaled[name] * undone["scale"] + undone["center"], raw[name], rtol=1e-9, atol=1e-9)
        # the defaults standardise over all rows
        assert (scaled[name].mean(), scaled[name].std(ddof=0)) == pytest.approx((0, 1))
    assert list(undo["regression"]) == list(raw)


def test_a_missing_dataset_names_the_stage_that_writes_it(tmp_path, monkeypatch, defaults):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(defaults))
    generate.main()
    (tmp_path / "data/raw/regression.parquet").unlink()
    with pytest.raises(UserError) as raised:
        scale.main()
    assert str(raised.value) == "data/raw/regression.parquet is missing; write it with: dvc repro --force generate"
