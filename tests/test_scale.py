import json
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from stages import generate, scale
from stages.basics.cli import UserError
from stages.features import pipelines
from stages.records import datasets, plans
from stages.records.datasets import Column, CsvFormat, Description, Inference
from stages.records.features import read_columns
from stages.records.plans import Part, Scaling

TRAIN, VALIDATION, TEST, UNUSED = Part
HOUSES = "rooms,street,price\n" + "".join(f"{i % 7 or ''},{'abc'[i % 3]},{100 + 3.5 * i}\n" for i in range(60))


@pytest.fixture
def project(tmp_path, monkeypatch, defaults):
    """A project's folder and its parameters; gives a function that runs the first two stages."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/external").mkdir(parents=True)
    (tmp_path / "data/external/houses.csv").write_text(HOUSES, encoding="utf-8")

    def run(**changes):
        Path("params.yaml").write_text(yaml.safe_dump(defaults | changes), encoding="utf-8")
        generate.main()
        scale.main()

    return run


def on_houses(**comparison):
    """Parameters with a comparison on a table of one's own."""
    source = {"file": "data/external/houses.csv", "target": "price"}
    return {
        "datasets": {"houses": {"source": source}},
        "comparisons": {"houses": {"losses": ["mse"]} | comparison},
        "report": {},
    }


def everything(*folders):
    return {path: path.read_bytes() for folder in folders for path in sorted(Path("data", folder).rglob("*.*"))}


def scaled(features, scaling, split):
    return (np.where(np.isnan(features), scaling.fill[split], features) - scaling.center[split]) / scaling.spread[split]


def test_the_stage_writes_every_dataset_as_numbers_and_the_plan_of_every_comparison(project, defaults, capsys):
    project()
    assert capsys.readouterr().out.endswith("scale: 3 datasets in data/scaled\n")
    for name in defaults["datasets"]:
        raw, rows = (pd.read_parquet(f"data/{folder}/{name}.parquet") for folder in ("raw", "scaled"))
        pd.testing.assert_frame_equal(raw, rows)
        assert datasets.read_encoded(name).description == datasets.read_raw(name)[1]
    for name in defaults["datasets"]:
        fair = plans.read_plan(f"{name}_fair")
        assert (fair.method, fair.n_folds, fair.split_of.tolist()) == ("kfold", 10, list(range(30)))
        plan = plans.read_plan(name)
        assert (plan.method, plan.fixed, plan.split_of.tolist()) == ("first", True, [0] * 30)
        assert plan.parts.tolist() == [[TRAIN] * 400 + [VALIDATION] * 100 + [TEST] * 500]


def test_the_published_comparison_is_standardised_over_all_rows(project):
    project()
    features = read_columns("regression", datasets.read_encoded("regression").description)
    labels = datasets.read_labels("regression", datasets.read_encoded("regression").description)
    for scaling in (plans.read_plan("regression").to_tune, plans.read_plan("regression").to_train):
        made = scaled(features, scaling, 0)
        np.testing.assert_allclose(made.mean(), 0, atol=1e-12)
        np.testing.assert_allclose(made.std(ddof=0), 1)
        np.testing.assert_allclose(scaling.target_center, [labels.mean(axis=0)])
        np.testing.assert_allclose(scaling.target_spread, [labels.std(axis=0)])


def test_what_is_classes_or_not_to_be_scaled_has_no_scale(project):
    project()
    scaling = plans.read_plan("circles").to_train
    assert (scaling.center.tolist(), scaling.spread.tolist()) == ([[0, 0]], [[1, 1]])
    assert scaling.target_spread.shape == (1, 0)


def test_a_table_is_split_in_folds_and_each_is_scaled_by_its_own_train_rows(project, capsys):
    project(**on_houses())
    told = capsys.readouterr().out.splitlines()
    assert told[-3:] == [
        "scale: houses: 60 rows; 2 columns became 4 inputs",
        "scale: houses: 54 rows train, 6 test, in 10 folds",
        "scale: 1 datasets in data/scaled",
    ]
    encoded, plan = datasets.read_encoded("houses"), plans.read_plan("houses")
    features = read_columns("houses", encoded.description)
    assert list(features) == ["rooms", "street=a", "street=b", "street=c"]
    assert features["rooms"].isna().sum() == encoded.treatments[0].missing == 9
    tested = np.array([plan.parts[split] == TEST for split in plan.split_of])
    np.testing.assert_array_equal(tested.sum(axis=0), 3)
    for seed, split in enumerate(plan.split_of):
        for scaling, parts in ((plan.to_tune, [TRAIN]), (plan.to_train, [TRAIN, VALIDATION])):
            made = scaled(features["rooms"].to_numpy()[plan.rows(seed, *parts), None], scaled_first(scaling), split)
            assert (made.mean(), made.std()) == (pytest.approx(0, abs=1e-12), pytest.approx(1))


def scaled_first(scaling):
    """The numbers of the first feature."""
    return replace(scaling, fill=scaling.fill[:, :1], center=scaling.center[:, :1], spread=scaling.spread[:, :1])


def test_too_few_rows_of_a_class_make_fewer_folds_and_that_is_said(project, capsys):
    text = HOUSES + "".join(f"3,d,{price}\n" for price in range(7, 11))
    Path("data/external/houses.csv").write_text(text, encoding="utf-8")
    project(
        datasets={"streets": {"source": {"file": "data/external/houses.csv", "target": "street"}}},
        comparisons={"streets": {"losses": ["categorical_crossentropy"]}},
        report={},
    )
    told = capsys.readouterr().out
    assert "in 4 folds; 4 folds instead of 10, since the smallest class has 4 rows\n" in told
    assert (plans.read_plan("streets").n_folds, plans.read_plan("streets").wanted_folds) == (4, 10)


def test_comparisons_on_one_dataset_have_plans_of_their_own(project):
    changes = on_houses(split={"method": "shuffle", "train": 0.5})
    changes["comparisons"]["fair"] = {"dataset": "houses", "losses": ["mae"]}
    changes["comparisons"]["streets"] = {
        "dataset": "houses",
        "losses": ["mae"],
        "split": {"method": "group", "column": "street"},
    }
    project(**changes)
    assert sorted(path.name for path in Path("data/scaled").iterdir()) == ["houses.json", "houses.parquet"]
    methods = {name: plans.read_plan(name).method for name in ("houses", "fair", "streets")}
    assert methods == {"houses": "shuffle", "fair": "kfold", "streets": "group"}
    # what groups rows is no feature
    table, description = datasets.read_raw("houses")
    assert [column.name for column in description.columns] == ["rooms"]
    parts = pd.Series(plans.read_plan("streets").parts[0])
    assert parts.groupby(table[description.groups["street"]]).nunique().max() == 1


def test_the_pipeline_makes_the_inputs_of_the_first_seeds_model(project):
    project(**on_houses())
    table, description = datasets.read_raw("houses")
    features, plan = read_columns("houses", description), plans.read_plan("houses")
    made = pipelines.read("houses").transform(table)
    np.testing.assert_array_equal(made, scaled(features, plan.to_train, plan.split_of[0]))
    assert np.isfinite(made).all()


def test_an_input_may_be_called_as_the_target(project):
    Path("data/external/houses.csv").write_text(HOUSES.replace("rooms", "target"), encoding="utf-8")
    project(**on_houses())
    features = read_columns("houses", datasets.read_encoded("houses").description)
    assert next(iter(features)) == "target (2)"


def test_scaling_again_writes_the_same_bytes(project):
    kept = []
    for _ in range(2):
        project(**on_houses())
        kept.append(everything("scaled", "plans", "pipelines"))
    assert kept[0] == kept[1]
    assert len(kept[0]) == 2 + 2 + 2 + 1  # a plan of the comparison, and one of networks to use


def test_seeds_losses_and_columns_of_others_change_no_plan_of_the_first_seeds(project, defaults):
    project(**on_houses())
    before = plans.read_plan("houses")
    defaults["train"] |= {"seeds": 45}
    changes = on_houses(losses=["mae"], epochs=3)
    changes["datasets"]["houses"]["source"]["drop"] = ["street"]
    project(**changes)
    after = plans.read_plan("houses")
    assert (before.n_seeds, after.n_seeds) == (30, 45)
    np.testing.assert_array_equal(before.parts, after.parts[:30])
    for field in fields(Scaling):
        lines = getattr(before.to_train, field.name)
        np.testing.assert_array_equal(lines[:, :1], getattr(after.to_train, field.name)[:30, :1])


def test_a_column_that_no_row_tells_apart_is_left_out_and_said(project, capsys):
    text = "".join(f"{line},CH\n" if row else f"{line},land\n" for row, line in enumerate(HOUSES.splitlines()))
    Path("data/external/houses.csv").write_text(text, encoding="utf-8")
    project(**on_houses())
    assert "scale: houses: left out: land (always 'CH')" in capsys.readouterr().out.splitlines()
    one_column = on_houses()
    one_column["datasets"]["houses"]["source"]["features"] = ["land"]
    with pytest.raises(UserError) as raised:
        project(**one_column)
    assert str(raised.value) == (
        "params.yaml: datasets.houses: no column is left to learn from: land (left out: always 'CH'); which columns "
        "there are to learn from, features: and drop: beside file: say"
    )


def test_a_split_that_cannot_be_is_told_with_its_key(project):
    for changes, key in (
        (on_houses(split={"method": "kfold", "folds": 61}), "comparisons.houses.split"),
        (
            on_houses()
            | {"datasets": {"houses": on_houses()["datasets"]["houses"] | {"split": {"method": "kfold", "folds": 61}}}},
            "datasets.houses.split",
        ),
    ):
        with pytest.raises(UserError) as raised:
            project(**changes)
        assert str(raised.value) == f"params.yaml: {key}: there are 60 rows, fewer than the 61 folds"


def test_a_missing_dataset_names_the_stage_that_writes_it(project):
    project()
    Path("data/raw/regression.parquet").unlink()
    with pytest.raises(UserError) as raised:
        scale.main()
    assert str(raised.value) == "data/raw/regression.parquet is missing; write it with: dvc repro --force generate"


@pytest.mark.parametrize("name", ["raw/circles.json", "scaled/circles.json"])
@pytest.mark.parametrize("content", ["[]", "{", '{"task": "binary"}'])
def test_a_damaged_description_names_the_stage_that_writes_it(tmp_path, monkeypatch, name, content):
    monkeypatch.chdir(tmp_path)
    path = Path("data", name)
    path.parent.mkdir(parents=True)
    path.write_text(content)
    read = datasets.read_raw if name.startswith("raw") else datasets.read_encoded
    with pytest.raises(UserError) as raised:
        read("circles")
    stage = "generate" if name.startswith("raw") else "scale"
    assert str(raised.value) == (
        f"data/{name} cannot be read (damaged or cut short); write it again with: dvc repro --force {stage}"
    )


def test_a_description_comes_back_as_it_was_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame({"x": [1.5, 2.5], "target": [0, 1]})
    described = Description(
        task="binary",
        inferred=Inference("values", 2),
        other_tasks=["multiclass"],
        classes=["no", "yes"],
        targets=["y"],
        files=["data/external/ä.csv"],
        csv=CsvFormat(";", "utf-8", ",", skipped=1),
        n_read=2,
        columns=[Column("x", "number", 0)],
        groups={"street": "street (2)"},
    )
    datasets.write_raw("own", table, described)
    back, description = datasets.read_raw("own")
    assert description == described
    pd.testing.assert_frame_equal(back, table)
    assert "ä" in json.dumps(json.loads((tmp_path / "data/raw/own.json").read_text("utf-8")), ensure_ascii=False)


def test_what_stages_hand_each_other_is_facts_and_no_sentence(project):
    text = "".join(f"{line},CH,{row}\n" if row else f"{line},land,id\n" for row, line in enumerate(HOUSES.splitlines()))
    Path("data/external/houses.csv").write_text(text, encoding="utf-8")
    project(**on_houses())
    written = [path for path in everything("raw", "scaled", "plans") if path.suffix == ".json"]
    texts = {text for path in written for text in strings(json.loads(path.read_text("utf-8")))}
    assert {"always", "identifier", "median"} <= texts
    assert max(len(text.split()) for text in texts) <= 2


def strings(value):
    """Every string within a value of JSON."""
    if isinstance(value, dict | list):
        return [text for each in (value.values() if isinstance(value, dict) else value) for text in strings(each)]
    return [value] if isinstance(value, str) else []


def test_how_a_stage_puts_facts_decides_nothing_of_what_it_writes(project, monkeypatch, capsys):
    text = "id,rooms,land,price\n" + "".join(f"{i},{i % 7 or 'n.a.'},CH,{100 + 3.5 * (i % 50)}\n" for i in range(60))
    Path("data/external/houses.csv").write_text(text, encoding="utf-8")
    project(**on_houses())
    before, said = everything("raw", "scaled", "plans", "pipelines"), capsys.readouterr().out
    assert "(to keep it: columns: {id: number})" in said
    assert "land (always 'CH')" in said
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "stages":
            for called, function in list(vars(module).items()):
                if getattr(function, "__module__", "").startswith("stages.wording"):
                    monkeypatch.setattr(module, called, lambda *_, **__: ["in other words"])
    project(**on_houses())
    assert "houses: in other words" in capsys.readouterr().out
    assert everything("raw", "scaled", "plans", "pipelines") == before
