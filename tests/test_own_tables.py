"""All stages on real tables and on ugly ones: each gives a report, or one clear line."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient
from sklearn import datasets as shipped

from stages import train
from stages.basics.cli import UserError
from stages.features import pipelines
from stages.records import datasets, plans, runs
from stages.records.plans import Part
from stages.winners.predictor import Predictor
from stages.wording.datasets import inferred
from tests.winners_by_keras import by_keras, probabilities, the_file

pytestmark = pytest.mark.endurance

ROOT = Path(__file__).parents[1]
TRAIN = {"seeds": 3, "batch_size": 32, "optimizer": {"name": "SGD", "learning_rate": 0.01, "momentum": 0.9}}
PINBALL = """
from keras import ops

def pinball(y_true, y_pred):
    error = y_true - y_pred
    return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)
"""
ITALIAN = {"Größe": "number", "Stadt": "category", "gebaut": "date", "neu": "boolean", "Nr": "identifier"}


def houses(n_rows=90):
    """A table with all that real ones have: gaps, texts, dates, booleans, a constant, an identifier, other letters."""
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "Nr": np.arange(n_rows),
            "Größe": rng.normal(100, 20, n_rows),
            "Stadt": rng.choice(["Zürich", "Ærø", "北京|x", "<b>`$x$`"], n_rows, p=[0.5, 0.3, 0.1, 0.1]),
            "gebaut": pd.date_range("1990-01-01", periods=n_rows, freq="MS").strftime("%Y-%m-%d"),
            "neu": rng.random(n_rows) < 0.3,
            "Land": "CH",
            "target": rng.normal(size=n_rows),  # not what is predicted
        }
    )
    table["Preis"] = 5000 * table["Größe"] + 1e5 * (table["Stadt"] == "Zürich")
    table.loc[::9, "Größe"] = np.nan
    table.loc[::7, "Stadt"] = None
    table.loc[3, "Preis"] = np.nan
    return table


def write_tables(folder):
    """Write every table to `folder`."""
    for name in ("diabetes", "breast_cancer", "wine"):
        bunch = getattr(shipped, f"load_{name}")(as_frame=True)
        table = bunch.frame
        if name in ("breast_cancer", "wine"):
            table["target"] = bunch.target_names[table["target"]]
        table.to_csv(folder / f"{name}.csv", index=False)
    rng = np.random.default_rng(0)
    houses().to_csv(folder / "häuser.csv", index=False)
    houses().to_csv(folder / "komma.csv.gz", index=False, sep=";", decimal=",")
    for part in range(3):
        houses().iloc[30 * part : 30 * part + 30].to_csv(folder / f"teil-{part}.csv", index=False)
    numbers = pd.DataFrame(rng.normal(size=(1000, 3)), columns=list("abc"))
    numbers.assign(y=["yes" if row in (3, 500, 900) else "no" for row in range(1000)]).to_csv(folder / "rare.csv")
    classes = [f"class {row % 40}" for row in range(200)]
    numbers[:200].assign(kind=classes).to_parquet(folder / "forty.parquet")
    wide = pd.DataFrame(rng.normal(size=(60, 2000)), columns=[f"f{i}" for i in range(2000)])
    wide.assign(y=wide["f0"] + 0.1 * rng.normal(size=60)).to_parquet(folder / "wide.parquet")
    counts = numbers[:150].assign(n=rng.poisson(np.exp(1 + 0.5 * numbers["a"][:150])))
    counts.to_csv(folder / "counts.csv", index=False)
    patient = np.repeat(np.arange(30), 5)
    visits = numbers[:30].iloc[patient].reset_index(drop=True) + 0.1 * numbers[100:250].to_numpy()
    visits["patient"], visits["y"] = [f"P{each:02}" for each in patient], rng.normal(size=30)[patient]
    visits["y"] += 0.1 * rng.normal(size=150)
    visits.to_csv(folder / "visits.csv", index=False)
    leases = numbers[:60].assign(until=pd.date_range("2020-01-15", periods=60, freq="11D").strftime("%Y-%m-%d"))
    leases.loc[[7, 30], "until"] = ["9999-12-31", "0001-01-01"]
    leases.assign(y=numbers["a"] - numbers["b"]).to_csv(folder / "leases.csv", index=False)
    copied = pd.concat([numbers[:40].assign(kind=list("abbb") * 10)] * 4).sample(frac=1, random_state=0)
    copied.insert(0, "row", range(160))
    copied.to_csv(folder / "copied.csv", index=False)
    survey = numbers[:150].assign(w=np.where(np.arange(150) % 8 < 7, 0, np.arange(150)), y=numbers["a"] + numbers["b"])
    survey.to_csv(folder / "survey.csv", index=False)
    wind = numbers[:150].assign(east=numbers["a"] + numbers["b"], north=numbers["a"] - numbers["c"])
    wind.to_csv(folder / "wind.csv", index=False)
    in_time = numbers[:150].assign(y=numbers["a"].cumsum() + rng.normal(size=1000))
    in_time.to_csv(folder / "in_time.csv", index=False)


def source(file, target, **more):
    return {"source": {"file": f"data/external/{file}", "target": target, **more}}


DATASETS = {
    "diabetes": source("diabetes.csv", "target"),
    "breast_cancer": source("breast_cancer.csv", "target"),
    "wine": source("wine.csv", "target") | {"split": {"method": "kfold", "folds": 3}},
    "haeuser": source("häuser.csv", "Preis"),
    "komma": source("komma.csv.gz", "Preis", drop=["target"]),
    "teile": source("teil-*.csv", "Preis", features=["Größe", "Stadt"])
    | {"split": {"method": "group", "column": "neu", "train": 0.5}},
    "rare": source("rare.csv", "y"),
    "forty": source("forty.parquet", "kind"),
    "wide": source("wide.parquet", "y"),
    "counts": source("counts.csv", "n") | {"task": "regression", "scale": {"target": "none"}},
    "visits": source("visits.csv", "y"),
    "leases": source("leases.csv", "y"),
    "copied": source("copied.csv", "kind"),
    "survey": source("survey.csv", "y", weight="w"),
    "wind": source("wind.csv", ["east", "north"]),
    "in_time": source("in_time.csv", "y") | {"split": {"method": "first", "train": 0.6, "origins": 3}},
}
SMALL_HUBER = {"loss": "huber", "delta": 0.2, "as": "huber_small"}
OWN = {"loss": "my_losses:pinball", "as": "pinball90", "activation": "linear", "targets": "value"}
# what is compared; komma is read and scaled alone
LOSSES = {
    "diabetes": ["mse", "mae", SMALL_HUBER],
    "breast_cancer": ["binary_crossentropy", "hinge"],
    "wine": ["categorical_crossentropy", "kl_divergence"],
    "haeuser": ["msle", OWN],
    "teile": ["mae"],
    "rare": ["dice"],
    "forty": ["categorical_focal_crossentropy"],
    "wide": ["mse"],
    "counts": ["poisson"],
    "visits": ["mse"],
    "leases": ["mse"],
    "copied": ["binary_crossentropy"],
    "survey": ["mse", "mae"],
    "wind": ["cosine_similarity"],
    "in_time": ["mse", "mae"],
}
HEADLINE = {"rare": "balanced_accuracy", "wind": "cosine_similarity", "diabetes": "mae"}


@pytest.fixture(scope="module")
def project(tmp_path_factory, run_stages):
    """A project's folder in which every stage has run on every table; gives the folder and what was said."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "data/external").mkdir(parents=True)
    (folder / "stages/custom").mkdir(parents=True)
    (folder / "stages/custom/my_losses.py").write_text(PINBALL)
    (folder / "data/published.yaml").write_bytes((ROOT / "data/published.yaml").read_bytes())
    write_tables(folder / "data/external")
    comparisons = {name: {"epochs": 2, "hidden": [6], "losses": losses} for name, losses in LOSSES.items()}
    comparisons["haeuser"] |= {"dropout": 0.1, "batch_norm": True, "optimizer": {"name": "Adam"}}
    params = {
        "loss": "all",
        "datasets": DATASETS,
        "comparisons": comparisons,
        "train": TRAIN,
        "report": {"headline": HEADLINE},
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    run_stages(folder)
    return folder


@pytest.fixture
def inside(project, monkeypatch):
    """The project's folder, in which the test runs."""
    monkeypatch.chdir(project)
    return project


@pytest.fixture
def sections(project):
    """The report's text by dataset: its first screen, how sure that is, its details and its rows."""
    text = (project / "reports/report.md").read_text(encoding="utf-8")
    parts = re.split(r"^##+ (.+)$", text, flags=re.MULTILINE)
    found: dict[str, str] = {}
    for heading, part in zip(parts[1::2], parts[2::2], strict=True):
        for name in LOSSES:
            if heading.startswith(f"{name}: ") or heading.endswith(f": {name}"):
                found[name] = found.get(name, "") + part
    return found


@pytest.mark.parametrize("name", LOSSES)
def test_every_table_is_in_the_report_with_all_its_losses_and_figures(project, sections, name):
    for entry in LOSSES[name]:
        loss = entry if isinstance(entry, str) else entry.get("as", entry["loss"])
        assert f"| `{loss}`" in sections[name]
        assert (project / f"reports/figures/{name}-{loss}-curves.svg").exists()
    for figure in re.findall(r"\((figures/[^)]+)\)", sections[name]):
        assert (project / "reports" / figure).read_bytes().startswith(b"<?xml")


def test_every_table_of_the_report_has_as_many_cells_in_each_row_as_its_head(project):
    text = (project / "reports/report.md").read_text(encoding="utf-8")
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in table.splitlines()}) == 1, table


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("diabetes", "regression"),
        ("breast_cancer", "binary"),
        ("wine", "multiclass"),
        ("haeuser", "regression"),
        ("rare", "binary"),
        ("forty", "multiclass"),
        ("wind", "regression"),
    ],
)
@pytest.mark.usefixtures("inside")
def test_the_task_is_found_out_and_said(sections, name, task):
    description = datasets.read_encoded(name).description
    assert description.task == task
    assert f"a {task} task because of its {inferred(description.inferred)}" in sections[name]


def test_what_to_write_for_another_task_is_said(sections):
    assert "(for another: task: multiclass under datasets.rare in params.yaml)" in sections["rare"]


@pytest.mark.usefixtures("inside")
def test_kinds_of_columns_are_found_out_and_told(sections):
    treatments = datasets.read_encoded("haeuser").treatments
    kinds = {each.column: each.kind for each in treatments}
    assert kinds == ITALIAN | {"Land": "category", "target (2)": "number"}
    left_out = {each.column for each in treatments if not each.n_inputs}
    assert left_out == {"Nr", "Land"}
    told = sections["haeuser"]
    assert "| `Nr` | identifier | left out: it only tells rows apart |" in told
    assert "missing: the median; scaled (standard) |" in told
    assert "89 rows of `data/external/häuser.csv`" in told
    assert "1 without a target was left out" in told


@pytest.mark.usefixtures("inside")
def test_rows_that_weigh_0_are_left_out_before_the_split_and_that_is_said(sections):
    table, description = datasets.read_raw("survey")
    assert table["w"].tolist() == [*range(7, 150, 8)]
    assert (description.n_read, description.n_weightless) == (150, 132)
    assert plans.read_plan("survey").parts.shape == (3, 18)
    told = sections["survey"]
    assert re.search(r"18 rows of `data/external/survey.csv` \(.*\); 132 that weigh 0 were left out\. Target", told)
    assert "w: 0 in 132 rows (rows 1, 2, 3, …), left out, since what weighs 0 counts for nothing" in told


@pytest.mark.usefixtures("inside")
def test_copies_of_rows_are_counted_and_stand_on_one_side_of_every_split(sections):
    table, plan = datasets.read_raw("copied")[0], plans.read_plan("copied")
    different = pd.read_csv("data/external/copied.csv").groupby(["a", "b", "c"]).ngroup()
    assert (plan.n_folds, plan.clusters_are, different.nunique()) == (10, "copies", 40)
    for parts in (*plan.parts, table["different row"], plan.clusters):
        assert pd.Series(parts).groupby(different).nunique().max() == 1
    assert "120 rows of 160 are copies of those before (rows " in sections["copied"]
    assert "Divided into 10 folds (each class alike, copies of a row stay together): each seed" in sections["copied"]


def test_a_column_whose_values_group_rows_is_named_with_the_split_that_keeps_them_together(sections):
    [line] = [line for line in sections["visits"].splitlines() if "alike in the target" in line]
    assert "patient: rows of one value are alike in the target (30 values, about 5 rows each)" in line
    assert "split:" in line
    assert not any("alike in the target" in text for name, text in sections.items() if name != "visits")


def test_dates_far_from_all_others_end_no_stage_and_are_named(inside, sections):
    # as the report has it, where an underscore or a bracket would be Markdown
    assert re.search(r"until: 9999-12-31 in 1 row \(row 8\), far from all others .*missing: ", sections["leases"])
    assert re.search(r"until: 0001-01-01 in 1 row \(row 31\), far from all others .*missing: ", sections["leases"])
    rows = pd.read_csv(inside / "data/external/leases.csv", dtype="str").iloc[[7, 30, 0]]
    predicted = Predictor(the_file(inside, "leases")).predict(rows)
    assert np.isfinite(predicted.table["prediction"]).all()
    assert predicted.notes == []


@pytest.mark.usefixtures("inside")
def test_rows_in_the_order_of_time_are_learned_from_before_they_are_tested_at_each_origin(sections):
    plan = plans.read_plan("in_time")
    tested = [np.flatnonzero(own == Part.TEST) for own in plan.parts]
    assert [(rows[0], len(rows)) for rows in tested] == [(90, 20), (110, 20), (130, 20)]
    for own, rows in zip(plan.parts, tested, strict=True):
        assert (own[: rows[0]] <= Part.VALIDATION).all()
        assert (own[rows[-1] + 1 :] == Part.UNUSED).all()
    said = " ".join(sections["in_time"].split())
    assert "Seeds take turns on 3 origins in time: all that lies before one trains, from 90 to 130 rows" in said
    assert "10 blocks of 6 neighbours count." in said
    assert "Only 60 rows in the order of time are tested; below 150, intervals are a little too narrow." in said


@pytest.mark.usefixtures("inside")
def test_a_decimal_comma_and_a_semicolon_give_the_same_numbers():
    with_points, with_commas = (pd.read_parquet(f"data/raw/{name}.parquet") for name in ("haeuser", "komma"))
    np.testing.assert_allclose(with_commas["Größe"], with_points["Größe"])
    np.testing.assert_allclose(with_commas["target"], with_points["target"])


@pytest.mark.usefixtures("inside")
def test_several_files_are_one_table_and_a_group_stays_together():
    table, description = datasets.read_raw("teile")
    assert (len(table), len(description.files), description.groups) == (89, 3, {"neu": "neu"})
    for parts in plans.read_plan("teile").parts:
        # one of two groups tests; within the other, rows that validate are drawn from all alike
        assert pd.Series(parts == plans.Part.TEST).groupby(table["neu"]).nunique().max() == 1


@pytest.mark.usefixtures("inside")
def test_scores_are_in_the_targets_own_units():
    run, plan = runs.read("haeuser", "msle"), plans.read_plan("haeuser")
    every_price = datasets.read_raw("haeuser")[0]["target"].to_numpy()
    for seed, split in enumerate(plan.split_of):
        test, scaling = plan.rows(seed, Part.TEST), plan.to_train
        [center], [spread] = scaling.target_center[split], scaling.target_spread[split]
        predicted, prices = run.outputs[seed, test, 0].astype(float) * spread + center, every_price[test]
        np.testing.assert_allclose(run.values("mae", "test")[seed], np.abs(predicted - prices).mean())
        np.testing.assert_allclose(run.values("rmse", "test")[seed], np.sqrt(((predicted - prices) ** 2).mean()))
    assert run.values("mae", "test").min() > 1e3


@pytest.mark.usefixtures("inside")
def test_the_saved_pipeline_and_the_saved_model_predict_new_rows():
    from stages.training.backend import keras

    table, test = datasets.read_raw("haeuser")[0], plans.read_plan("haeuser").rows(0, Part.TEST)
    pipeline = pipelines.read("haeuser")
    model = keras.models.load_model("data/runs/haeuser/msle/model.keras")
    predicted = model.predict(pipeline.transform(table.iloc[test]).astype(np.float32), verbose=0)
    np.testing.assert_allclose(predicted, runs.read("haeuser", "msle").outputs[0, test], rtol=0, atol=1e-5)


def test_folds_are_told(sections):
    assert (
        "Divided into 3 folds (each class alike): each seed tests on one of them and trains on the others"
        in sections["wine"]
    )


def test_imbalance_is_named_and_the_headline_decides(sections):
    assert "- Classes are unequal: `yes` has 3 of 1,000 rows (0.3 %)" in sections["rare"]
    assert "test balanced_accuracy" in sections["rare"]
    assert "Classes are unequal" not in sections["wine"]
    assert "test mae |" in sections["diabetes"]


def test_class_names_stand_in_the_table_of_recalls(sections):
    assert "| `malignant` | 212 |" in sections["breast_cancer"]
    assert sections["forty"].count("| `class ") == 40
    assert "class 0 is `benign`, class 1, which scores are about, `malignant`" in sections["breast_cancer"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("haeuser", "- `msle` works, but: "),
        ("rare", "- `dice` works, but: it has one value for each batch of 32"),
        ("diabetes", "- `huber_small` fits: delta 0.2, in scaled units, is "),
        ("wind", "- `cosine_similarity` works, but: it learns the direction of the target, not its length"),
    ],
)
def test_what_the_losses_come_to_on_the_data_stands_in_the_report(sections, name, told):
    assert told in sections[name]


def test_a_variant_and_a_loss_of_ones_own_say_what_they_are(sections):
    for loss, name in (("`huber_small` = huber delta 0.2", "diabetes"), ("`pinball90` = my_losses:pinball", "haeuser")):
        [row] = [line for line in sections[name].splitlines() if line.startswith(f"| {loss} |")]
        assert row.endswith("| linear | value |")


def test_every_run_is_in_mlflow_sorted_by_its_headline(project):
    client = MlflowClient(f"sqlite:///{project / 'mlflow.db'}")
    for name, losses in LOSSES.items():
        experiment = client.get_experiment_by_name(f"losslab/{name}")
        runs = client.search_runs([experiment.experiment_id])
        assert len([run for run in runs if not run.info.run_name.startswith("reference ")]) == len(losses)
    tags = client.get_experiment_by_name("losslab/rare").tags
    assert tags["mlflow.experiment.primaryMetric.name"] == "decides/test_balanced_accuracy"
    wine = client.get_experiment_by_name("losslab/wine")
    assert len(client.search_runs([wine.experiment_id])[0].inputs.dataset_inputs) == 1


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"losses": ["mse", "poisson"]},
            "params.yaml: comparisons.diabetes.losses[1]: 'poisson' cannot learn from it: 56 % of the scaled targets "
            "are below 0, where it is not defined; target: ratio beside the loss divides it by its mean instead",
        ),
        (
            {"losses": ["mse", "hinge"]},
            "params.yaml: comparisons.diabetes.losses: losses of one task are compared; 'mse' for a regression task "
            "and 'hinge' for a binary task; for a binary task it is 'brier'",
        ),
        (
            {"losses": ["hinge"]},
            "params.yaml: comparisons.diabetes.losses[0]: 'hinge' is a loss for a binary task; losses for a regression "
            "task: mse, mae, msle, mape, huber, log_cosh, poisson, pinball, quantiles, cosine_similarity, "
            "share_crossentropy, gaussian, gamma, tweedie, hurdle, expectile, linex, circular_mse, circular_distance, "
            "von_mises",
        ),
        (
            {"losses": ["cosine_similarity"]},
            "params.yaml: comparisons.diabetes.losses[0]: 'cosine_similarity' cannot learn from it: the target is one "
            "column, of which it sees no more than the sign",
        ),
        (
            {"losses": [{"loss": "my_losses:pinbal", "targets": "value"}]},
            "stages/custom/my_losses.py: 'pinbal' is not a function here; did you mean 'pinball'? There are: pinball",
        ),
    ],
    ids=["poisson", "mixed", "task", "one-column", "own"],
)
def test_a_loss_that_cannot_learn_is_refused_before_training(project, tmp_path, monkeypatch, change, line):
    params = yaml.safe_load((project / "params.yaml").read_text(encoding="utf-8"))
    params["comparisons"] = {"diabetes": {"epochs": 1} | change}
    params["report"] = {}
    for name in ("data", "stages"):
        (tmp_path / name).symlink_to(project / name)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as raised:
        train.main()
    assert str(raised.value) == line


@pytest.mark.parametrize("name", ["diabetes", "breast_cancer", "wine"])
def test_the_winner_answers_for_the_rows_of_a_real_table_as_keras_does(inside, name):
    outputs, rows = by_keras(inside, name)
    as_written = pd.read_csv(inside / f"data/external/{name}.csv", dtype="str", keep_default_na=False)
    predictor = Predictor(the_file(inside, name))
    table, loss, classes = (
        predictor.predict(as_written).table,
        predictor.winner.settings.loss,
        predictor.winner.description.classes,
    )
    if name == "diabetes":
        values = outputs[..., 0] * rows["target"].std(ddof=0) + rows["target"].mean()
        np.testing.assert_allclose(table["prediction"], values.mean(axis=0), rtol=1e-5)
        return
    if predictor.winner.calibration or loss.outputs_probability:
        expected = probabilities(predictor.winner, outputs.mean(axis=0))
        columns = [f"p_{each}" for each in classes]
    else:
        expected, columns = (outputs >= loss.threshold).mean(axis=0), [f"votes_{classes[1]}"]
    np.testing.assert_allclose(table[columns], expected, atol=1e-5)
