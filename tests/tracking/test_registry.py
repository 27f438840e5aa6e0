"""A registered winner takes what a table holds, by every way that MLflow hands it on."""

import contextlib
import io
import json
import os
import subprocess
import sys

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from stages.records import winners
from stages.tracking import connection, registry
from stages.tracking.alike import FINGERPRINT, LOCK
from stages.winners.predictor import Predictor
from tests.winners.untrained import write_winners

pytestmark = pytest.mark.thorough
N_ROWS = 40
MODEL = "models:/losslab-mixed@winner"


def table():
    """Rows with a column of each kind, as texts."""
    rng = np.random.default_rng(0)
    whole = rng.integers(0, 90, N_ROWS).astype(str)
    rows = pd.DataFrame(
        {
            "whole": whole,
            "gaps": np.where(np.arange(N_ROWS) % 7, whole[::-1], ""),
            "size": rng.normal(100, 20, N_ROWS).round(2).astype(str),
            "new": rng.choice(["True", "False"], N_ROWS),
            "perhaps": rng.choice(["True", "False", ""], N_ROWS),
            "born": pd.date_range("1990-01-13", periods=N_ROWS, freq="41D").strftime("%d/%m/%Y"),
            "seen": pd.date_range("2020-01-01", periods=N_ROWS, freq="37h").strftime("%Y-%m-%d %H:%M:%S"),
            "town": rng.choice(["Zürich", "Bern", ""], N_ROWS),
            "code": rng.choice(["007", "01067", "0123"], N_ROWS),
        }
    )
    return rows.assign(y=rng.normal(size=N_ROWS).round(3))


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project's folder with a winner, which is registered in the MLflow store there."""
    folder = tmp_path_factory.mktemp("project")
    params = {
        "loss": "all",
        "datasets": {"mixed": {"source": {"file": "data/external/mixed.csv", "target": "y"}}},
        "comparisons": {"mixed": {"hidden": [], "epochs": 1, "losses": ["mse"]}},
        "train": {"seeds": 2, "optimizer": {"name": "SGD", "learning_rate": 0.1}},
        "report": {"headline": {"mixed": "rmse"}},
    }
    write_winners(folder, params, lambda place: table().to_csv(place / "mixed.csv", index=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        address = f"sqlite:///{folder}/mlflow.db"
        patch.setenv("MLFLOW_TRACKING_URI", address)
        client = MlflowClient(address)  # whatever store another test's stage has told MLflow of
        run = client.create_run(client.create_experiment("mixed", f"file://{folder}/mlartifacts"))
        winner = winners.read("mixed")
        assert registry.register_once(client, "losslab-mixed", run.info.run_id, winner, {})
        yield folder


@pytest.fixture(scope="module")
def model(project):
    """The registered model."""
    with contextlib.chdir(project):
        return mlflow.pyfunc.load_model(MODEL)


@pytest.fixture(scope="module")
def expected(project):
    """What the winner's own file predicts of the rows as texts."""
    return Predictor(project / "data/winners/mixed.pyz").predict(table().drop(columns="y")).table


def read(**how):
    return pd.read_csv(io.StringIO(table().drop(columns="y").to_csv(index=False)), **how)


def dated(rows):
    born, seen = pd.to_datetime(rows["born"], format="%d/%m/%Y"), pd.to_datetime(rows["seen"])
    return rows.assign(born=born, seen=seen)


FRAMES = {
    "as pandas reads a file": read,
    "texts": lambda: read(dtype=str, keep_default_na=False),
    "objects": lambda: read().astype(object),
    "dates": lambda: dated(read()),
    "dates with a zone": lambda: dated(read()).assign(seen=lambda rows: rows["seen"].dt.tz_localize("UTC")),
    "days": lambda: dated(read()).assign(born=lambda rows: rows["born"].dt.date),
    "types that know missing values": lambda: dated(read()).convert_dtypes(),
    "types of Arrow": lambda: dated(read()).convert_dtypes(dtype_backend="pyarrow"),
    "categoricals": lambda: read().astype("category"),
    "categoricals of whole numbers": lambda: read().astype({"gaps": "Int64"}).astype({"gaps": "category"}),
    "small types": lambda: read().astype({"whole": "int8", "gaps": "float32", "new": "uint8"}),
    "another order and further columns": lambda: read().iloc[:, ::-1].assign(note="x", y=0),
}


@pytest.mark.parametrize("frame", FRAMES)
def test_it_predicts_a_frame_of_any_types_as_it_does_texts(model, expected, frame):
    rows = FRAMES[frame]().set_index(np.arange(N_ROWS) + 100)
    pd.testing.assert_frame_equal(model.predict(rows), expected.set_index(rows.index))


@pytest.mark.parametrize("size", [0, 1])
def test_it_predicts_as_few_rows_as_there_are(model, expected, size):
    assert model.predict(read().head(size)).shape == (size, expected.shape[1])


def test_a_row_alone_is_predicted_as_among_others(model, expected):
    rows = read()
    alone = pd.concat([model.predict(rows.iloc[[row]]) for row in range(8)])
    np.testing.assert_allclose(alone, expected.head(8), rtol=1e-5)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(("kind", "name"), [("csv", "new.csv"), ("json", "new.json")])
def test_mlflow_predicts_a_file_in_a_terminal(expected, tmp_path, kind, name):
    rows = read()
    if kind == "csv":
        rows.to_csv(tmp_path / name, index=False)
    else:
        split = json.loads(rows.to_json(orient="split", index=False))
        (tmp_path / name).write_text(json.dumps({"dataframe_split": split}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *f"mlflow models predict -m {MODEL} -i {name} -t {kind} --env-manager local".split()],
        cwd=tmp_path,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=True,
    )
    pd.testing.assert_frame_equal(pd.DataFrame(json.loads(done.stdout)["predictions"]), expected)


def test_the_example_is_rows_as_the_table_holds_them(model, expected):
    rows = model.input_example
    assert rows["whole"].tolist() == [int(each) for each in table()["whole"].head(3)]
    assert rows["code"].tolist() == table()["code"].head(3).tolist()
    pd.testing.assert_frame_equal(model.predict(rows), expected.head(3))


def test_what_two_machines_registered_at_once_or_a_kill_left_is_one_version(project):
    client, winner = MlflowClient(f"sqlite:///{project}/mlflow.db"), winners.read("mixed")
    [first] = client.search_model_versions("name = 'losslab-mixed'")
    experiment = client.get_run(first.run_id).info.experiment_id
    # another machine has registered the same file in the same moment
    registry._register(client, "losslab-mixed", first.run_id, winner, dict(first.tags))
    of_it = {LOCK: connection.lock_name(), FINGERPRINT: first.tags[FINGERPRINT]}
    client.create_logged_model(experiment, "losslab-mixed", first.run_id, tags=of_it)
    assert len(client.search_model_versions("name = 'losslab-mixed'")) == 2
    assert not registry.register_once(client, "losslab-mixed", first.run_id, winner, {})
    assert [each.version for each in client.search_model_versions("name = 'losslab-mixed'")] == [first.version]
    assert client.get_model_version_by_alias("losslab-mixed", "winner").version == first.version
