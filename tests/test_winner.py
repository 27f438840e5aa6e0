"""The winner to use: from a table to predictions of new rows, by a file that needs nothing of the project."""

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow import MlflowClient

from stages import generate, report, scale, track, train, winner
from stages.basics.cli import UserError
from stages.commands import predict
from stages.features import pipelines
from stages.params.load import load_params
from stages.records import datasets, runs, winners
from stages.training.networks import Network
from stages.winners import app
from stages.winners.predictor import Predictor
from tests.projects import run_all
from tests.winners_by_keras import by_keras, probabilities, the_file

pytestmark = pytest.mark.thorough
ROOT = Path(__file__).parents[1]
OWN = """import keras
from layers import wide


def deep(n_features, n_outputs, activation):
    inputs = keras.Input((n_features,))
    return keras.Model(inputs, keras.layers.Dense(n_outputs, activation=activation)(wide(inputs)))
"""
LAYERS = """import keras


class Wide(keras.layers.Layer):
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], 4))

    def call(self, inputs):
        return keras.ops.relu(keras.ops.matmul(inputs, self.kernel))


def wide(inputs):
    return Wide()(inputs)
"""
P90 = {"loss": "pinball", "quantile": 0.9, "as": "p90", "target": "log"}
SMALL = {"hidden": [4], "epochs": 3}
PARAMS = {
    "loss": "all",
    "datasets": {
        "houses": {"source": {"file": "data/external/houses.csv", "target": "price", "missing": {"size": ["--"]}}},
        "sick": {"source": {"file": "data/external/sick.csv", "target": "sick", "weight": "people"}},
        "kinds": {"source": {"file": "data/external/kinds.csv", "target": "kind"}},
        "wind": {"source": {"file": "data/external/wind.csv", "target": ["east", "north"]}},
        "circles": {"task": "binary", "source": {"generator": "make_circles", "n_samples": 60, "random_state": 1}},
    },
    "comparisons": {
        "houses": SMALL | {"losses": ["mse"], "optimizer": {"name": "SGD", "learning_rate": 0.1}},
        "high": SMALL | {"dataset": "houses", "losses": [P90], "batch_norm": True, "dropout": 0.1},
        "sick": SMALL | {"losses": ["binary_crossentropy", {"loss": "binary_crossentropy", "as": "two"}]},
        "kinds": SMALL | {"losses": ["categorical_crossentropy"]},
        "wind": SMALL | {"losses": [{"loss": "mse", "target": "robust"}]},
        "circles": {"model": "my_models:deep", "epochs": 3, "losses": ["hinge"]},
    },
    "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": [0.01, 0.1]}},
}


def write_tables(folder):
    rng = np.random.default_rng(0)
    size, n = rng.normal(100, 20, 90).round(1), 90
    houses = pd.DataFrame(
        {
            "nr": np.arange(1, n + 1),
            "size": size.astype(str),
            "Stadt": rng.choice(["Zürich", "Bern", "Genf"], n),
            "built": pd.date_range("1990-01-13", periods=n, freq="MS").strftime("%m/%d/%Y"),
            "new": rng.random(n) < 0.3,
            "cost": [f"${cost:,}" for cost in rng.integers(500, 5000, n)],
            "price": (5000 * size + rng.normal(0, 1e4, n)).round(),
        }
    )
    houses.loc[::9, "size"] = "--"
    houses.to_csv(folder / "houses.csv", index=False)
    age, people = rng.normal(50, 9, n).round(), rng.integers(1, 9, n)
    sick = np.where(age + rng.normal(0, 5, n) > 55, "yes", "no")
    pd.DataFrame({"age": age, "size": size, "people": people, "sick": sick}).to_csv(folder / "sick.csv", index=False)
    kinds = rng.choice(["a b", "c", "d"], n)
    pd.DataFrame({"age": age + 9 * (kinds == "c"), "kind": kinds}).to_csv(folder / "kinds.csv", index=False, sep=";")
    wind = pd.DataFrame({"a": rng.normal(size=n), "b": rng.normal(size=n)}).round(3)
    wind.assign(east=wind["a"] + wind["b"], north=wind["a"]).to_csv(folder / "wind.csv", index=False)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project's folder in which every stage but the tracking has run."""
    custom = {"my_models.py": OWN, "layers.py": LAYERS}
    folder = tmp_path_factory.mktemp("project")
    return run_all(folder, PARAMS, custom, write_tables, generate, scale, train, report, winner)


@pytest.fixture
def inside(project, monkeypatch):
    """The project, with the test running in it."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("DVC_ROOT", str(project))
    return project


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """A folder elsewhere, with the test running in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table_of(project, name):
    source = PARAMS["datasets"][PARAMS["comparisons"][name].get("dataset", name)]["source"]
    return pd.read_csv(project / source["file"], sep=None, engine="python", dtype=str, keep_default_na=False)


def test_values_are_those_of_plain_keras_in_target_units(inside):
    outputs, rows = by_keras(inside, "houses")
    values = outputs[..., 0] * rows["target"].std(ddof=0) + rows["target"].mean()
    made = Predictor(the_file(inside, "houses")).predict(table_of(inside, "houses"))
    assert made.notes == []
    np.testing.assert_allclose(made.table["prediction"], values.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(made.table["spread"], values.std(axis=0, ddof=1), rtol=1e-3)


def test_a_target_that_was_transformed_comes_back_in_its_own_units(inside):
    outputs, rows = by_keras(inside, "high")
    logs = np.log1p(rows["target"])
    values = np.expm1(outputs[..., 0] * logs.std(ddof=0) + logs.mean())
    made = Predictor(the_file(inside, "high")).predict(table_of(inside, "high"))
    np.testing.assert_allclose(made.table["prediction"], values.mean(axis=0), rtol=1e-5)


@pytest.mark.parametrize("name", ["sick", "kinds"])
def test_probabilities_of_classes(inside, name):
    outputs, _ = by_keras(inside, name)
    predictor = Predictor(the_file(inside, name))
    winner, table = predictor.winner, predictor.predict(table_of(inside, name)).table
    names, mean = winner.description.classes, outputs.mean(axis=0)
    assert list(table) == ["prediction", "spread", *(f"p_{each}" for each in names)]
    np.testing.assert_allclose(table[[f"p_{each}" for each in names]], probabilities(winner, mean), atol=1e-5)
    if name == "sick":
        decided = (mean[:, 0] >= (winner.threshold or [0.5])[0]).astype(int)
    else:
        decided = (np.log(mean) + (winner.threshold or [0.0])).argmax(axis=1)
    assert list(table["prediction"]) == [names[index] for index in decided]
    chosen = np.take_along_axis(probabilities(winner, outputs), decided[None, :, None], axis=2)[..., 0]
    np.testing.assert_allclose(table["spread"], chosen.std(axis=0, ddof=1), atol=1e-5)


def test_several_targets_have_a_prediction_and_a_spread_each(inside):
    table = Predictor(the_file(inside, "wind")).predict(table_of(inside, "wind")).table
    assert list(table) == ["prediction_east", "spread_east", "prediction_north", "spread_north"]
    assert table.notna().all(axis=None)


def test_a_loss_without_probabilities_has_calibrated_ones_or_the_votes_of_its_networks(inside):
    rows = pd.DataFrame({"x1": [0.0, 1.0], "x2": [0.0, 1.0]})
    predictor = Predictor(the_file(inside, "circles"))
    table = predictor.predict(rows).table
    if predictor.winner.calibration:
        np.testing.assert_allclose(table[["p_0", "p_1"]].sum(axis=1), 1, atol=1e-5)
    else:
        votes = table[["votes_0", "votes_1"]]
        assert (votes.sum(axis=1) == 1).all()
        assert ((10 * votes).round(9) % 1 == 0).all(axis=None)


def test_each_network_learns_from_all_rows_at_the_rate_and_for_the_epochs_of_its_run(inside):
    made, run = Predictor(the_file(inside, "sick")).winner, runs.read("sick", "binary_crossentropy")
    assert made.settings.optimizer.learning_rate == run.learning_rate
    assert made.settings.epochs == run.n_epochs
    assert made.n_rows == 90
    assert list(made.settings.seeds) == list(range(10))


def test_the_first_network_is_the_one_that_keras_fits_on_all_rows(inside):
    """Without tuning, dropout or weights: `model.fit` in the order of the engine's batches."""
    from stages.training.fitting import batch_orders

    made = Predictor(the_file(inside, "houses")).winner
    rows, _ = datasets.read_raw("houses")
    features = pipelines.read("houses")[0].transform(rows)
    scaling = Predictor(the_file(inside, "houses"))._scaling
    filled = np.where(np.isnan(features), scaling.fill[0], features)
    scaled = ((filled - scaling.center[0]) / scaling.spread[0]).astype(np.float32)
    target = ((rows["target"] - rows["target"].mean()) / rows["target"].std(ddof=0)).to_numpy(np.float32)[:, None]
    network = Network(scaled.shape[1], (4,), 1, "linear").build(0)
    network.compile(keras.optimizers.SGD(0.1), loss="mse")
    for epoch in range(made.settings.epochs):
        [order] = batch_orders([0], epoch, [len(scaled)])
        network.fit(scaled[order], target[order], batch_size=32, epochs=1, shuffle=False, verbose=0)
    with zipfile.ZipFile(the_file(inside, "houses")) as archive, archive.open("networks.npz") as file:
        arrays = dict(np.load(file))
    for number, variable in enumerate(network.variables):
        np.testing.assert_allclose(arrays[f"weight_{number}"][0], variable.numpy(), atol=1e-5)


def test_the_same_winner_is_the_same_file_and_needs_no_tensorflow(project, tmp_path):
    copy = shutil.copytree(project, tmp_path / "copy")
    own = yaml.safe_dump(PARAMS | {"compare": ["houses", "high", "sick", "kinds", "wind"]}, sort_keys=False)
    (copy / "params.yaml").write_text(own, encoding="utf-8")
    script = "import sys; from stages import winner; winner.main(); print('tensorflow' in sys.modules)"
    more = {"PYTHONPATH": str(ROOT), "DVC_ROOT": str(project)}  # where the store is
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=copy, capture_output=True, text=True, check=True, env=os.environ | more
    )
    assert done.stdout.endswith("False\n")
    made = sorted(path.name for path in (copy / "data/winners").iterdir())
    assert made == ["high.pyz", "houses.pyz", "kinds.pyz", "sick.pyz", "wind.pyz"]
    for name in made:
        assert (copy / "data/winners" / name).read_bytes() == (project / "data/winners" / name).read_bytes()


def test_the_report_says_which_loss_is_used_and_how(inside):
    text = (inside / "reports/report.md").read_text(encoding="utf-8")
    assert "`make predict COMPARISON=houses FILE=new.csv`, by the average of 10 networks that learn from all" in text
    recommended = json.loads((inside / "reports/recommended.json").read_text())["sick"]
    assert recommended["loss"] == "binary_crossentropy"  # of two that are the same, the first
    assert recommended["score"].endswith("accuracy")


def test_the_file_works_elsewhere_without_the_project(project, outside):
    shutil.copy(the_file(project, "circles"), outside / "a winner.pyz")
    pd.DataFrame({"x2": [0.5, 9.0], "x1": [0.0, 1.0]}).to_csv(outside / "new.csv", index=False)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "a winner.pyz", "new.csv"],
        capture_output=True,
        text=True,
        check=True,
        env=clean,
    )
    assert done.stderr == ""
    assert "predict: x2: 9 (row 2), out of the range of training, " in done.stdout
    answers = Predictor(outside / "a winner.pyz").winner.outputs
    assert list(pd.read_csv("new-predictions.csv")) == ["x2", "x1", *answers]


@pytest.mark.usefixtures("outside")
def test_python_code_takes_it_by_its_path(project):
    loaded = runpy.run_path(str(the_file(project, "sick")))["load"]()
    assert type(loaded).__module__.split(".")[0].startswith("losslab_")
    table = loaded.predict(pd.DataFrame({"age": [40, 70], "size": [100.0, None]})).table
    assert list(table["prediction"].isin(["yes", "no"])) == [True, True]


def predict_file(project, name, rows, capsys, **how):
    rows.to_csv("new.csv", index=False, **how)
    app.predict_file(Predictor(the_file(project, name)), Path("new.csv"), Path("out.csv"))
    return pd.read_csv("out.csv", **({"sep": how["sep"]} if "sep" in how else {})), capsys.readouterr().out.splitlines()


@pytest.mark.usefixtures("outside")
def test_new_rows_are_read_as_people_write_them_and_what_is_odd_is_told(project, capsys):
    rows = pd.DataFrame(
        {
            "built": ["02/03/1995", "2091-12-31", "31/31/1990"],
            "Stadt": ["Bern ", "Basel", ""],
            "new": ["TRUE", "false", "perhaps"],
            "cost": ["$1,200", "1.2k", "1'000"],
            "sise": [1, 2, 3],
            "price": ["500000", "", "x"],
        }
    )
    out, lines = predict_file(project, "houses", rows, capsys)
    surely = Predictor(the_file(project, "houses")).winner.recommended.beats_constant
    doubt = "" if surely else "; not surely better than a constant prediction"
    assert lines[0] == f"predict: houses: mse, the average of 10 networks trained on 90 rows{doubt}"
    assert lines[1:7] == [
        "predict: size: not among the columns, so missing in every row; did you mean 'sise'?",
        "predict: Stadt: missing in 1 row (row 3), in training in none",
        "predict: Stadt: 'Basel' (row 2), never in training",
        "predict: built: '31/31/1990' (row 3), no date: taken as missing",
        "predict: built: 2091-12-31 (row 2), out of the range of training, 1990-02-01 to 1997-07-01",
        "predict: new: 'perhaps' (row 3), no boolean: taken as missing",
    ]
    assert lines[7] == "predict: not used: sise"
    assert lines[8].startswith("predict: 1 row with price: rmse ")
    assert re.search(
        r" \(rows that it learned from say nothing of new ones; on test rows rmse [\d,.]+ for one network\)$", lines[8]
    )
    assert lines[9] == "predict: 3 rows in out.csv:"
    assert [line.split()[0] for line in lines[10:]] == ["row", "1", "2", "3"]
    assert list(out) == [*rows, "prediction", "spread"]
    assert list(out["cost"]) == list(rows["cost"])  # as they were written


@pytest.mark.usefixtures("outside")
def test_what_a_row_is_predicted_does_not_depend_on_how_it_is_written(project, capsys):
    plain = {"size": 100.5, "Stadt": "Bern", "built": "1995-02-03", "new": "True", "cost": "1200"}
    people = {"size": "100.50", "Stadt": " Bern", "built": "02/03/1995", "new": "true", "cost": "1,200 $"}
    out, _ = predict_file(project, "houses", pd.DataFrame([plain, people]), capsys)
    assert out["prediction"][0] == out["prediction"][1]
    typed = pd.DataFrame([plain | {"built": pd.Timestamp("1995-02-03"), "new": True, "cost": 1200}])
    alone = Predictor(the_file(project, "houses")).predict(typed).table["prediction"]
    assert alone[0] == pytest.approx(out["prediction"][0], rel=1e-6)


@pytest.mark.usefixtures("outside")
def test_another_delimiter_and_decimal_mark_come_back_as_they_came(project, capsys):
    rows = pd.DataFrame(
        {"size": ["100,5", "90,25"], "Stadt": "Bern", "built": "1995-02-03", "new": "True", "cost": "5"}
    )
    _, lines = predict_file(project, "houses", rows, capsys, sep=";")
    assert lines[1] == "predict: cost: 5 (row 1) and 1 more row, out of the range of training, 501 to 4973"
    text = Path("out.csv").read_text(encoding="utf-8")
    assert text.splitlines()[1].startswith("100,5;Bern;1995-02-03;True;5;")
    assert "." not in text.splitlines()[1].removeprefix("100,5;Bern;1995-02-03;True;5;")


@pytest.mark.usefixtures("outside")
def test_rows_that_have_the_class_are_scored(project, capsys):
    _, lines = predict_file(project, "kinds", table_of(project, "kinds").tail(7), capsys, sep=";")
    assert [line for line in lines if line.startswith("predict: 7 rows with kind: accuracy ")]


@pytest.mark.usefixtures("outside")
def test_a_column_called_prediction_keeps_its_name(project, capsys):
    out, _ = predict_file(project, "sick", pd.DataFrame({"age": [50], "size": [100], "prediction": ["me"]}), capsys)
    assert list(out)[2:4] == ["prediction", "prediction (2)"]
    assert out["prediction"][0] == "me"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n", "none of the columns is there that it predicts from: age, size"),
        ("age,size\n", "new.csv holds no rows below its heading"),
        ("age,size,age\n1,2,3\n", "new.csv: column 'age' stands twice; rename one"),
        ("", "new.csv cannot be read as CSV: "),
        (None, "new.csv is not there; did you mean 'nev.csv'?"),
    ],
)
@pytest.mark.usefixtures("outside")
def test_a_file_that_cannot_be_predicted_is_told_in_a_line(project, content, message):
    Path("nev.csv").touch()
    if content is not None:
        Path("new.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as error:
        app.predict_file(Predictor(the_file(project, "sick")), Path("new.csv"), Path("out.csv"))
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert not Path("out.csv").exists()


@pytest.mark.usefixtures("outside")
def test_predictions_do_not_take_the_place_of_the_rows(project):
    Path("new.csv").write_text("age,size\n1,2\n", encoding="utf-8")
    with pytest.raises(UserError, match="is the file of the rows"):
        app.predict_file(Predictor(the_file(project, "sick")), Path("new.csv"), Path("./new.csv"))


@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("new.csv", "new-predictions.csv"),
        ("a/new rows.csv.gz", "a/new rows-predictions.csv"),
        ("x.y.xlsx", "x.y-predictions.csv"),
    ],
)
def test_predictions_go_beside_the_rows(name, out):
    assert app.output_for(Path(name)) == Path(out)


@pytest.mark.usefixtures("inside")
def test_a_dataset_means_its_first_comparison_that_is_tuned():
    params = load_params()
    assert predict.comparison_of("houses", params) == "high"
    assert predict.comparison_of("high", params) == "high"
    assert predict.comparison_of("sick", params) == "sick"


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ([], "usage: make predict DATASET=houses FILE=new.csv"),
        (["houses", ""], "usage: make predict"),
        (["house", "new.csv"], "'house' is not a dataset of params.yaml; did you mean 'houses'? There are: houses, "),
        (["", "new.csv", "", "hihg"], "'hihg' is not a comparison of params.yaml; did you mean 'high'? There are: "),
        (["houses", "new.csv", "", "gone"], "is not a comparison of params.yaml"),
    ],
)
@pytest.mark.usefixtures("inside")
def test_mistakes_of_make_predict_are_told_in_a_line(monkeypatch, typed, message):
    monkeypatch.setattr(sys, "argv", ["predict", *typed])
    with pytest.raises(UserError, match=r"\w") as error:
        predict.main()
    assert message in str(error.value)


@pytest.mark.usefixtures("inside")
def test_what_was_not_trained_is_told_with_what_to_run(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["predict", "sick", "new.csv"])
    monkeypatch.setattr(winners.paths, "WINNERS", Path("nowhere"))
    with pytest.raises(
        UserError, match=r"^nowhere/sick.pyz is not there: nothing was trained for sick yet.*run: make$"
    ):
        predict.main()


@pytest.fixture(scope="module")
def tracked(project):
    """The address of the MLflow store of the project, in which its winners are registered."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("DVC_ROOT", str(project))
        patch.setenv("GIT_CEILING_DIRECTORIES", str(project.parent))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        track.main()
    return f"sqlite:///{project / 'mlflow.db'}"


@pytest.mark.thorough
def test_each_winner_is_registered_as_a_model_of_raw_rows(tracked, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracked)
    client = MlflowClient(tracked)
    assert {each.name for each in client.search_registered_models()} == {
        f"losslab-{name}" for name in PARAMS["comparisons"]
    }
    version = client.get_model_version_by_alias("losslab-houses", "winner")
    assert version.description.startswith("mse, the average of 10 networks trained on 90 rows")
    source = client.get_run(version.run_id)
    assert source.info.run_name == "mse"
    assert source.info.status == "FINISHED"
    signature = mlflow.models.get_model_info("models:/losslab-houses@winner").signature
    types = {each.name: str(each.type) for each in signature.inputs}
    assert types == dict.fromkeys(["size", "Stadt", "built", "new", "cost"], "Any")  # the winner reads what they hold
    assert signature.outputs.input_names() == ["prediction", "spread"]


@pytest.mark.thorough
def test_a_winner_is_registered_once(inside, tracked, monkeypatch, capsys):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(inside.parent))
    track.main()
    assert "new model" not in capsys.readouterr().out
    assert len(MlflowClient(tracked).search_model_versions("name = 'losslab-sick'")) == 1


@pytest.mark.thorough
@pytest.mark.usefixtures("outside")
def test_mlflow_predicts_new_rows_as_they_are_typed(project, tracked):
    rows = pd.DataFrame({"size": [100.5], "Stadt": "Bern", "built": "02/03/1995", "new": True, "cost": "$1,200"})
    rows.to_csv("new.csv", index=False)
    typed = "mlflow models predict -m models:/losslab-houses@winner -i new.csv -t csv --env-manager local"
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        typed.split(), capture_output=True, text=True, check=True, env=clean | {"MLFLOW_TRACKING_URI": tracked}
    )
    [predicted] = json.loads(done.stdout)["predictions"]
    alone = Predictor(the_file(project, "houses")).predict(rows).table
    assert predicted == pytest.approx(alone.iloc[0].to_dict(), rel=1e-5)
